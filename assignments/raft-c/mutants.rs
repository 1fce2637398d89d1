//! Mistakes that students make, made on purpose around the solution.

use super::solution::{Answer, Config, Durable, Msg, Write};
use pessimist::node::{Ctx, Effect, Fact, Node, NodeId, node_value};
use pessimist::protocols::mutant::{Mutant, Mutation};
use pessimist::scenario::Registry;

node_value! {
    pub struct KeepsTheLogInMemory;
    pub struct SpeaksBeforeItWrites;
    pub struct ForgetsItsVote;
    pub struct TakesTheDiskForCommitted { begun: bool }
    pub struct GoesBackOneByOne;
    pub struct SaysNothingOfItsDisk;
}

/// A mutation that needs no settings of its own.
macro_rules! mutation {
    ($name:ident = $start:expr; $($methods:tt)*) => {
        impl Mutation for $name {
            type Protocol = Durable;
            type Config = Config;

            fn read(config: &Config) -> (Self, Config) {
                ($start, config.clone())
            }

            $($methods)*
        }
    };
}

mutation! { KeepsTheLogInMemory = KeepsTheLogInMemory;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Durable>>) -> Vec<Effect<Durable>> {
        let is_log = |effect: &Effect<Durable>| matches!(effect, Effect::Write(Write::Entries { .. }));
        effects.into_iter().filter(|effect| !is_log(effect)).collect()
    }
}

mutation! { SpeaksBeforeItWrites = SpeaksBeforeItWrites;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Durable>>) -> Vec<Effect<Durable>> {
        let is_said = |effect: &Effect<Durable>| matches!(effect, Effect::Send { .. } | Effect::Observe(_));
        let (said, rest): (Vec<_>, Vec<_>) = effects.into_iter().partition(is_said);
        said.into_iter().chain(rest).collect()
    }
}

mutation! { ForgetsItsVote = ForgetsItsVote;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Durable>>) -> Vec<Effect<Durable>> {
        let forget = |effect| match effect {
            Effect::Write(Write::Vote { term, .. }) => Effect::Write(Write::Vote { term, voted_for: None }),
            other => other,
        };
        effects.into_iter().map(forget).collect()
    }
}

mutation! { TakesTheDiskForCommitted = TakesTheDiskForCommitted { begun: false };
    fn on_message(&mut self, node: &mut Durable, ctx: &mut Ctx<Durable>, from: NodeId, msg: Msg) {
        if let (Durable::Server(server), false) = (&mut *node, self.begun) {
            server.commit(ctx, server.last_index());
        }
        self.begun = true;
        node.on_message(ctx, from, msg);
    }
}

mutation! { GoesBackOneByOne = GoesBackOneByOne;
    fn on_message(&mut self, node: &mut Durable, ctx: &mut Ctx<Durable>, from: NodeId, msg: Msg) {
        let msg = match msg {
            Msg::AppendReply { term, answer: Answer::Differs { prev_log_index, .. } } => {
                let answer = Answer::Differs { prev_log_index, term: None, first: prev_log_index };
                Msg::AppendReply { term, answer }
            }
            other => other,
        };
        node.on_message(ctx, from, msg);
    }
}

mutation! { SaysNothingOfItsDisk = SaysNothingOfItsDisk;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Durable>>) -> Vec<Effect<Durable>> {
        // It begins its log anew in what it declares, though not in what it does.
        let is_restored = |effect: &Effect<Durable>| matches!(effect, Effect::Observe(Fact::Restored { .. }));
        effects.into_iter().filter(|effect| !is_restored(effect)).collect()
    }
}

/// Each mistake, with the protocols of whoever makes it.
pub fn registries() -> Vec<(&'static str, Registry)> {
    let standard = Registry::standard;
    vec![
        ("keeps its log in memory", standard().with::<Mutant<KeepsTheLogInMemory>>("Durable")),
        ("speaks before its disk is done", standard().with::<Mutant<SpeaksBeforeItWrites>>("Durable")),
        ("does not write down its vote", standard().with::<Mutant<ForgetsItsVote>>("Durable")),
        ("takes what its disk holds for committed", standard().with::<Mutant<TakesTheDiskForCommitted>>("Durable")),
        ("goes back one by one", standard().with::<Mutant<GoesBackOneByOne>>("Durable")),
        ("does not say what its disk held", standard().with::<Mutant<SaysNothingOfItsDisk>>("Durable")),
    ]
}
