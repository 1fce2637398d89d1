//! Mistakes that people make when they write Raft, made on purpose.
//!
//! A [`Mutant`] wraps a correct [`Raft`] and spoils it from outside: it changes messages on their way in, effects on
//! their way out, or what the server believes afterwards. So the code of the protocol stays clean, and every promise can
//! be shown to notice when it is broken. All nodes of a cluster have the same bug.

use super::messages::{AppendEntries, Msg};
use super::storage::{Persistent, Write};
use super::{Config as RaftConfig, Raft, Replica, Timer};
use crate::node::{Badge, Ctx, Effect, LocalSpan, Node, NodeId, Operation, node_value};
use serde::{Deserialize, Serialize};

/// Which bug, and the settings of the cluster that has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The bug.
    pub bug: Bug,
    /// All else, as for the correct protocol.
    #[serde(default)]
    pub raft: RaftConfig,
}

/// A known bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Bug {
    /// The term is written to disk, but not the vote (against Figure 2, persistent state). A server that crashes and
    /// comes back within a term votes twice in it, and two servers may lead it.
    VoteNotPersisted,
    /// A leader takes an entry of any term for committed once a majority has it (against §5.4.2). The next leader may
    /// overwrite it: Figure 8. Entries travel one by one, so that an old one can be on a majority alone.
    CommitsOldTerm,
    /// A follower waits anew after every message, not only after those that Figure 2 names (against §5.2). While
    /// clients keep asking, nobody's election timer ever runs out: no promise is broken, and nothing happens.
    TimerResetByAnyMessage,
    /// A vote goes to whoever asks first, whatever the candidate's log lacks (against §5.4.1). A leader may be elected
    /// that makes the others drop what was committed.
    VotesWithoutUpToDateCheck,
    /// Votes and acknowledgements leave while what they promise is still in the disk's cache (against Figure 2,
    /// "updated on stable storage before responding"). A crash makes liars of them: a majority that counted is none.
    RepliesBeforeSync,
    /// Heartbeats travel apart from entries, and a follower takes them for mere signs of life: it says yes without
    /// looking whether its log holds the entry before them (against Figure 2, AppendEntries, rule 2), and takes its own
    /// log to be committed as far as the leader's is. It applies entries that the leader never had.
    HeartbeatSkipsConsistencyCheck,
}

node_value! {
    /// A node with a bug. It looks like the node that it wraps.
    #[serde(transparent)]
    pub struct Mutant {
        raft: Raft,
        #[serde(skip)]
        bug: Bug,
        #[serde(skip)]
        election: (LocalSpan, LocalSpan),
    }
}

impl Node for Mutant {
    type Config = Config;
    type Msg = Msg;
    type Timer = Timer;
    type Disk = Persistent;

    fn boot(ctx: &mut Ctx<Self>, config: &Config, disk: &Persistent) -> Self {
        let Config { bug, raft: mut config } = config.clone();
        if bug == Bug::CommitsOldTerm {
            config.max_batch = 1;
        }
        let mut effects = Vec::new();
        let raft = ctx.with(|ctx| Raft::boot(ctx, &config, disk), |_, effect| effects.push(effect));
        let mutant = Mutant { raft, bug, election: config.election };
        mutant.let_out(ctx, effects);
        mutant
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, mut msg: Msg) {
        if let Raft::Replica(replica) = &self.raft {
            self.bug.spoil_message(replica, &mut msg);
        }
        self.handle(ctx, |raft, ctx| raft.on_message(ctx, from, msg));
        if self.bug == Bug::TimerResetByAnyMessage && self.replica().is_some_and(|replica| replica.leader().is_none())
        {
            let (least, most) = self.election;
            ctx.set_timer_between(Timer::Election, least..=most);
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: Timer) {
        self.handle(ctx, |raft, ctx| raft.on_timer(ctx, timer));
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        self.handle(ctx, |raft, ctx| raft.on_operation(ctx, operation));
    }

    fn badge(&self) -> Badge {
        self.raft.badge()
    }
}

impl Mutant {
    /// The server within, if it is one.
    pub fn replica(&self) -> Option<&Replica> {
        match &self.raft {
            Raft::Replica(replica) => Some(replica),
            Raft::Client(_) => None,
        }
    }

    /// Runs a handler of the correct node, then spoils what it believes and what it does.
    fn handle(&mut self, ctx: &mut Ctx<Self>, handler: impl FnOnce(&mut Raft, &mut Ctx<Raft>)) {
        let mut effects = Vec::new();
        let body = |ctx: &mut Ctx<Raft>| {
            handler(&mut self.raft, ctx);
            if let (Raft::Replica(replica), Bug::CommitsOldTerm) = (&mut self.raft, self.bug) {
                replica.commit(ctx, replica.stored_by_majority(ctx));
            }
        };
        ctx.with(body, |_, effect| effects.push(effect));
        self.let_out(ctx, effects);
    }

    /// Spoils effects, and lets them take place.
    fn let_out(&self, ctx: &mut Ctx<Self>, effects: Vec<Effect<Raft>>) {
        self.bug.spoil_effects(effects).into_iter().for_each(|effect| ctx.effect(effect.retyped()));
    }
}

impl Bug {
    /// Changes a message that arrives.
    fn spoil_message(self, replica: &Replica, msg: &mut Msg) {
        match (self, msg) {
            (Bug::VotesWithoutUpToDateCheck, Msg::RequestVote(request)) => {
                (request.last_log_index, request.last_log_term) = (u64::MAX, u64::MAX);
            }
            (Bug::VotesWithoutUpToDateCheck, Msg::PreVote(request)) => {
                (request.last_log_index, request.last_log_term) = (u64::MAX, u64::MAX);
            }
            (Bug::HeartbeatSkipsConsistencyCheck, Msg::AppendEntries(append)) if append.entries.is_empty() => {
                append.prev_log_index = replica.persistent.last_index();
                append.prev_log_term = replica.persistent.last_term();
            }
            _ => {}
        }
    }

    /// Changes what a handler asked for.
    fn spoil_effects(self, effects: Vec<Effect<Raft>>) -> Vec<Effect<Raft>> {
        match self {
            Bug::VoteNotPersisted => effects.into_iter().map(forget_vote).collect(),
            Bug::RepliesBeforeSync => {
                let is_send = |effect: &Effect<Raft>| matches!(effect, Effect::Send { .. });
                let (sends, rest): (Vec<_>, Vec<_>) = effects.into_iter().partition(is_send);
                sends.into_iter().chain(rest).collect()
            }
            // What the heartbeat timer sets off is known by the timer that it sets again.
            Bug::HeartbeatSkipsConsistencyCheck if effects.iter().any(sets_heartbeat) => {
                effects.into_iter().flat_map(|effect| [bare_heartbeat(&effect), Some(effect)]).flatten().collect()
            }
            _ => effects,
        }
    }
}

/// A write of the vote, without the vote.
fn forget_vote(effect: Effect<Raft>) -> Effect<Raft> {
    match effect {
        Effect::Write(Write::Vote { term, .. }) => Effect::Write(Write::Vote { term, voted_for: None }),
        other => other,
    }
}

fn sets_heartbeat(effect: &Effect<Raft>) -> bool {
    matches!(effect, Effect::SetTimer { timer: Timer::Heartbeat, .. })
}

/// For an AppendEntries with entries, the same without.
fn bare_heartbeat(effect: &Effect<Raft>) -> Option<Effect<Raft>> {
    match effect {
        Effect::Send { to, msg: Msg::AppendEntries(append) } if !append.entries.is_empty() => {
            let msg = Msg::AppendEntries(AppendEntries { entries: Vec::new(), ..*append });
            Some(Effect::Send { to: *to, msg })
        }
        _ => None,
    }
}
