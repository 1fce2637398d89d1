//! Mistakes that students make, made on purpose around the solution.

use super::solution::{Msg, Party};
use pessimist::node::{Ctx, Datum, Effect, Fact, Node, NodeId, Outcome, node_value};
use pessimist::protocols::mutant::{Mutant, Mutation};
use pessimist::scenario::Registry;

node_value! {
    pub struct TakesUnknownForFailed;
    pub struct TakesUnknownForDone;
    pub struct KnowsNothing { hears_stored: bool }
    pub struct LooksAtNoVersion;
    pub struct KeepsTheVersion;
    pub struct AsksOnce;
    pub struct AsksFiveTimes;
}

/// A mutation that needs no settings.
macro_rules! mutation {
    ($name:ident = $start:expr; $($methods:tt)*) => {
        impl Mutation for $name {
            type Protocol = Party;
            type Config = ();

            fn read((): &()) -> (Self, ()) {
                ($start, ())
            }

            $($methods)*
        }
    };
}

/// Says of what is unknown that it ended so.
fn ends(effects: Vec<Effect<Party>>, outcome: &Outcome) -> Vec<Effect<Party>> {
    let end = |effect| match effect {
        Effect::Observe(Fact::TimedOut { operation }) => {
            Effect::Observe(Fact::Returned { operation, outcome: outcome.clone() })
        }
        other => other,
    };
    effects.into_iter().map(end).collect()
}

mutation! { TakesUnknownForFailed = TakesUnknownForFailed;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Party>>) -> Vec<Effect<Party>> {
        ends(effects, &Outcome::Failed)
    }
}

mutation! { TakesUnknownForDone = TakesUnknownForDone;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Party>>) -> Vec<Effect<Party>> {
        ends(effects, &Outcome::Ok(Datum::Absent))
    }
}

mutation! { KnowsNothing = KnowsNothing { hears_stored: false };
    fn on_message(&mut self, node: &mut Party, ctx: &mut Ctx<Party>, from: NodeId, msg: Msg) {
        self.hears_stored = matches!(msg, Msg::Stored { .. });
        node.on_message(ctx, from, msg);
    }

    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Party>>) -> Vec<Effect<Party>> {
        let hears_stored = std::mem::take(&mut self.hears_stored);
        let doubt = |effect| match effect {
            Effect::Observe(Fact::Returned { operation, outcome: Outcome::Failed }) if hears_stored => {
                Effect::Observe(Fact::TimedOut { operation })
            }
            other => other,
        };
        effects.into_iter().map(doubt).collect()
    }
}

mutation! { LooksAtNoVersion = LooksAtNoVersion;
    fn on_message(&mut self, node: &mut Party, ctx: &mut Ctx<Party>, from: NodeId, msg: Msg) {
        let msg = match msg {
            Msg::Put { call, key, value, .. } => {
                let version = node.store.get(&key).map_or(0, |(_, version)| *version);
                Msg::Put { call, key, value, version }
            }
            other => other,
        };
        node.on_message(ctx, from, msg);
    }
}

mutation! { KeepsTheVersion = KeepsTheVersion;
    fn on_message(&mut self, node: &mut Party, ctx: &mut Ctx<Party>, from: NodeId, msg: Msg) {
        node.on_message(ctx, from, msg);
        node.store.values_mut().for_each(|(_, version)| *version = 0);
    }
}

mutation! { AsksOnce = AsksOnce;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Party>>) -> Vec<Effect<Party>> {
        effects.into_iter().filter(|effect| !matches!(effect, Effect::SetTimer { .. })).collect()
    }
}

mutation! { AsksFiveTimes = AsksFiveTimes;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Party>>) -> Vec<Effect<Party>> {
        let to_be_sure = |effect: Effect<Party>| {
            let times = if matches!(effect, Effect::Send { msg: Msg::Get { .. }, .. }) { 5 } else { 1 };
            vec![effect; times]
        };
        effects.into_iter().flat_map(to_be_sure).collect()
    }
}

/// Each mistake, with the protocols of whoever makes it.
pub fn registries() -> Vec<(&'static str, Registry)> {
    let standard = Registry::standard;
    vec![
        ("takes what is unknown for failed", standard().with::<Mutant<TakesUnknownForFailed>>("Versions")),
        ("takes what is unknown for done", standard().with::<Mutant<TakesUnknownForDone>>("Versions")),
        ("calls unknown what has failed", standard().with::<Mutant<KnowsNothing>>("Versions")),
        ("stores without a look at the version", standard().with::<Mutant<LooksAtNoVersion>>("Versions")),
        ("does not count the version on", standard().with::<Mutant<KeepsTheVersion>>("Versions")),
        ("asks once and never again", standard().with::<Mutant<AsksOnce>>("Versions")),
        ("asks five times, to be sure", standard().with::<Mutant<AsksFiveTimes>>("Versions")),
    ]
}
