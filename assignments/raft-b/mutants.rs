//! Mistakes that students make, made on purpose around the solution.

use super::solution::{Config, Msg, Replicated};
use pessimist::node::{Ctx, Datum, Effect, Fact, Node, NodeId, Outcome, node_value};
use pessimist::protocols::mutant::{Mutant, Mutation};
use pessimist::scenario::Registry;

node_value! {
    pub struct CountsOldTerms;
    pub struct VotesWithoutLooking;
    pub struct TakesAnything;
    pub struct CommitsBeyond;
    pub struct AnswersTooEarly;
    pub struct NeverGoesBack;
    pub struct DropsTheTail;
}

/// A mutation that needs no settings of its own.
macro_rules! mutation {
    ($name:ident; $($methods:tt)*) => {
        impl Mutation for $name {
            type Protocol = Replicated;
            type Config = Config;

            fn read(config: &Config) -> (Self, Config) {
                ($name, config.clone())
            }

            $($methods)*
        }
    };
}

mutation! { CountsOldTerms;
    fn on_message(&mut self, node: &mut Replicated, ctx: &mut Ctx<Replicated>, from: NodeId, msg: Msg) {
        node.on_message(ctx, from, msg);
        if let Replicated::Server(server) = node {
            server.commit(ctx, server.stored_by_majority());
        }
    }
}

mutation! { VotesWithoutLooking;
    fn on_message(&mut self, node: &mut Replicated, ctx: &mut Ctx<Replicated>, from: NodeId, msg: Msg) {
        let msg = match msg {
            Msg::RequestVote { term, .. } => {
                Msg::RequestVote { term, last_log_index: u64::MAX, last_log_term: u64::MAX }
            }
            other => other,
        };
        node.on_message(ctx, from, msg);
    }
}

mutation! { TakesAnything;
    fn on_message(&mut self, node: &mut Replicated, ctx: &mut Ctx<Replicated>, from: NodeId, mut msg: Msg) {
        // The log must be long enough; what it holds is not looked at.
        if let (Replicated::Server(server), Msg::AppendEntries { prev_log_index, prev_log_term, .. }) = (&*node, &mut msg)
            && let Some(term) = server.term_at(*prev_log_index)
        {
            *prev_log_term = term;
        }
        node.on_message(ctx, from, msg);
    }
}

mutation! { CommitsBeyond;
    fn on_message(&mut self, node: &mut Replicated, ctx: &mut Ctx<Replicated>, from: NodeId, msg: Msg) {
        let leader_commit = match &msg {
            Msg::AppendEntries { leader_commit, .. } => *leader_commit,
            _ => 0,
        };
        node.on_message(ctx, from, msg);
        if let Replicated::Server(server) = node {
            server.commit(ctx, leader_commit.min(server.last_index()));
        }
    }
}

mutation! { AnswersTooEarly;
    fn on_message(&mut self, node: &mut Replicated, ctx: &mut Ctx<Replicated>, from: NodeId, msg: Msg) {
        let before = match &*node {
            Replicated::Server(server) => server.last_index(),
            Replicated::Client(_) => 0,
        };
        let asked = match &msg {
            Msg::Request { operation, .. } => Some(*operation),
            _ => None,
        };
        node.on_message(ctx, from, msg);
        if let (Replicated::Server(server), Some(operation)) = (&*node, asked)
            && server.last_index() > before
        {
            ctx.send(from, Msg::Response { operation, outcome: Outcome::Ok(Datum::Absent) });
        }
    }
}

mutation! { NeverGoesBack;
    fn on_message(&mut self, node: &mut Replicated, ctx: &mut Ctx<Replicated>, from: NodeId, msg: Msg) {
        if !matches!(msg, Msg::AppendReply { success: false, .. }) {
            node.on_message(ctx, from, msg);
        }
    }
}

mutation! { DropsTheTail;
    fn on_message(&mut self, node: &mut Replicated, ctx: &mut Ctx<Replicated>, from: NodeId, msg: Msg) {
        // Whatever comes after the last entry of a message is dropped, wrong or not.
        let end = match &msg {
            Msg::AppendEntries { prev_log_index, entries, .. } => Some(prev_log_index + entries.len() as u64),
            _ => None,
        };
        let mut agreed = false;
        ctx.with(|ctx| node.on_message(ctx, from, msg), |ctx, effect: Effect<Replicated>| {
            agreed |= matches!(effect, Effect::Send { msg: Msg::AppendReply { success: true, .. }, .. });
            ctx.effect(effect);
        });
        if let (Replicated::Server(server), Some(end), true) = (node, end, agreed)
            && end < server.last_index()
        {
            server.truncate(end);
            ctx.observe(Fact::Truncated { index: end + 1 });
        }
    }
}

/// Each mistake, with the protocols of whoever makes it.
pub fn registries() -> Vec<(&'static str, Registry)> {
    let standard = Registry::standard;
    vec![
        ("counts copies of entries of older terms", standard().with::<Mutant<CountsOldTerms>>("Replicated")),
        ("votes without looking at the log", standard().with::<Mutant<VotesWithoutLooking>>("Replicated")),
        ("does not look at the term before what it appends", standard().with::<Mutant<TakesAnything>>("Replicated")),
        ("commits beyond what the leader vouched for", standard().with::<Mutant<CommitsBeyond>>("Replicated")),
        ("answers before a majority has the entry", standard().with::<Mutant<AnswersTooEarly>>("Replicated")),
        ("does not go back when it is refused", standard().with::<Mutant<NeverGoesBack>>("Replicated")),
        ("drops what follows an old message", standard().with::<Mutant<DropsTheTail>>("Replicated")),
    ]
}
