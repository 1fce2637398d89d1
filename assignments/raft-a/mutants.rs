//! Mistakes that students make, made on purpose around the solution.

use super::solution::{Msg, Server, Stable};
use pessimist::node::{Ctx, Effect, Fact, Node, NodeId, node_value};
use pessimist::protocols::mutant::{Mutant, Mutation};
use pessimist::scenario::Registry;

node_value! {
    pub struct VotesTwice;
    pub struct ForgetsItsVote;
    pub struct SpeaksBeforeItWrites;
    pub struct NeverStepsDown { led: Option<u64> }
    pub struct LeadsInSilence;
    pub struct WaitsNoLonger;
    pub struct CountsRefusals;
}

/// A mutation that needs no settings.
macro_rules! mutation {
    ($name:ident = $start:expr; $($methods:tt)*) => {
        impl Mutation for $name {
            type Protocol = Server;
            type Config = ();

            fn read((): &()) -> (Self, ()) {
                ($start, ())
            }

            $($methods)*
        }
    };
}

mutation! { VotesTwice = VotesTwice;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Server>>) -> Vec<Effect<Server>> {
        let grant = |effect| match effect {
            Effect::Send { to, msg: Msg::Vote { term, .. } } => Effect::Send { to, msg: Msg::Vote { term, granted: true } },
            other => other,
        };
        effects.into_iter().map(grant).collect()
    }
}

mutation! { ForgetsItsVote = ForgetsItsVote;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Server>>) -> Vec<Effect<Server>> {
        let forget = |effect| match effect {
            Effect::Write(Stable { current_term, .. }) => Effect::Write(Stable { current_term, voted_for: None }),
            other => other,
        };
        effects.into_iter().map(forget).collect()
    }
}

mutation! { SpeaksBeforeItWrites = SpeaksBeforeItWrites;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Server>>) -> Vec<Effect<Server>> {
        let is_said = |effect: &Effect<Server>| matches!(effect, Effect::Send { .. } | Effect::Observe(_));
        let (said, rest): (Vec<_>, Vec<_>) = effects.into_iter().partition(is_said);
        said.into_iter().chain(rest).collect()
    }
}

mutation! { NeverStepsDown = NeverStepsDown { led: None };
    fn on_message(&mut self, node: &mut Server, ctx: &mut Ctx<Server>, from: NodeId, msg: Msg) {
        // Once a leader, it takes no notice of a higher term.
        if self.led.is_none_or(|term| msg.term() <= term) {
            node.on_message(ctx, from, msg);
        }
    }

    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Server>>) -> Vec<Effect<Server>> {
        for effect in &effects {
            if let Effect::Observe(Fact::BecameLeader { term }) = effect {
                self.led = Some(*term);
            }
        }
        effects
    }
}

mutation! { LeadsInSilence = LeadsInSilence;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Server>>) -> Vec<Effect<Server>> {
        let is_heartbeat = |effect: &Effect<Server>| matches!(effect, Effect::Send { msg: Msg::AppendEntries { .. }, .. });
        effects.into_iter().filter(|effect| !is_heartbeat(effect)).collect()
    }
}

mutation! { WaitsNoLonger = WaitsNoLonger;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Server>>) -> Vec<Effect<Server>> {
        let fixed = |effect| match effect {
            Effect::SetTimerBetween { timer, least, .. } => Effect::SetTimer { timer, after: least },
            other => other,
        };
        effects.into_iter().map(fixed).collect()
    }
}

mutation! { CountsRefusals = CountsRefusals;
    fn on_message(&mut self, node: &mut Server, ctx: &mut Ctx<Server>, from: NodeId, msg: Msg) {
        let msg = match msg {
            Msg::Vote { term, .. } => Msg::Vote { term, granted: true },
            other => other,
        };
        node.on_message(ctx, from, msg);
    }
}

/// Each mistake, with the protocols of whoever makes it.
pub fn registries() -> Vec<(&'static str, Registry)> {
    let standard = Registry::standard;
    vec![
        ("votes for everyone who asks", standard().with::<Mutant<VotesTwice>>("Elections")),
        ("does not write down its vote", standard().with::<Mutant<ForgetsItsVote>>("Elections")),
        ("speaks before its disk has the vote", standard().with::<Mutant<SpeaksBeforeItWrites>>("Elections")),
        ("does not step down for a higher term", standard().with::<Mutant<NeverStepsDown>>("Elections")),
        ("leads, and tells nobody", standard().with::<Mutant<LeadsInSilence>>("Elections")),
        ("waits for the same time, each time", standard().with::<Mutant<WaitsNoLonger>>("Elections")),
        ("counts refusals as votes", standard().with::<Mutant<CountsRefusals>>("Elections")),
    ]
}
