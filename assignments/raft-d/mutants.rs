//! Mistakes that students make, made on purpose around the solution.

use super::solution::{Compacted, Config, Msg, Snapshot, Write};
use pessimist::node::{Ctx, Effect, Node, NodeId, node_value};
use pessimist::protocols::mutant::{Mutant, Mutation};
use pessimist::protocols::store::Store;
use pessimist::scenario::Registry;

node_value! {
    pub struct NeverCompacts;
    pub struct InstallsNoState;
    pub struct TakesOldSnapshots;
    pub struct KeepsTheSnapshotInMemory;
    pub struct StartsWithNothing { begun: bool }
    pub struct SpeaksBeforeItWrites;
}

/// A mutation that needs no settings of its own.
macro_rules! mutation {
    ($name:ident = $start:expr; $($methods:tt)*) => {
        impl Mutation for $name {
            type Protocol = Compacted;
            type Config = Config;

            fn read(config: &Config) -> (Self, Config) {
                ($start, config.clone())
            }

            $($methods)*
        }
    };
}

impl Mutation for NeverCompacts {
    type Protocol = Compacted;
    type Config = Config;

    fn read(config: &Config) -> (Self, Config) {
        (NeverCompacts, Config { snapshot_every: u64::MAX, ..config.clone() })
    }
}

mutation! { InstallsNoState = InstallsNoState;
    fn on_message(&mut self, node: &mut Compacted, ctx: &mut Ctx<Compacted>, from: NodeId, msg: Msg) {
        let msg = match msg {
            Msg::InstallSnapshot { term, snapshot } => {
                Msg::InstallSnapshot { term, snapshot: Snapshot { store: Store::default(), ..snapshot } }
            }
            other => other,
        };
        node.on_message(ctx, from, msg);
    }
}

mutation! { TakesOldSnapshots = TakesOldSnapshots;
    fn on_message(&mut self, node: &mut Compacted, ctx: &mut Ctx<Compacted>, from: NodeId, msg: Msg) {
        let old = match &msg {
            Msg::InstallSnapshot { snapshot, .. } => Some(snapshot.clone()),
            _ => None,
        };
        node.on_message(ctx, from, msg);
        if let (Compacted::Server(server), Some(snapshot)) = (node, old) {
            server.install(ctx, snapshot);
        }
    }
}

mutation! { KeepsTheSnapshotInMemory = KeepsTheSnapshotInMemory;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Compacted>>) -> Vec<Effect<Compacted>> {
        // The disk drops the entries, and has nothing in their place.
        let spoil = |effect| match effect {
            Effect::Write(Write::Snapshot { snapshot }) => {
                Effect::Write(Write::Snapshot { snapshot: Snapshot { store: Store::default(), ..snapshot } })
            }
            other => other,
        };
        effects.into_iter().map(spoil).collect()
    }
}

mutation! { StartsWithNothing = StartsWithNothing { begun: false };
    fn on_message(&mut self, node: &mut Compacted, ctx: &mut Ctx<Compacted>, from: NodeId, msg: Msg) {
        if let (Compacted::Server(server), false) = (&mut *node, self.begun) {
            server.store = Store::default();
        }
        self.begun = true;
        node.on_message(ctx, from, msg);
    }
}

mutation! { SpeaksBeforeItWrites = SpeaksBeforeItWrites;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Compacted>>) -> Vec<Effect<Compacted>> {
        let is_said = |effect: &Effect<Compacted>| matches!(effect, Effect::Send { .. } | Effect::Observe(_));
        let (said, rest): (Vec<_>, Vec<_>) = effects.into_iter().partition(is_said);
        said.into_iter().chain(rest).collect()
    }
}

/// Each mistake, with the protocols of whoever makes it.
pub fn registries() -> Vec<(&'static str, Registry)> {
    let standard = Registry::standard;
    vec![
        ("takes no snapshots", standard().with::<Mutant<NeverCompacts>>("Compacted")),
        ("installs a snapshot's place, and not its state", standard().with::<Mutant<InstallsNoState>>("Compacted")),
        ("takes over old snapshots", standard().with::<Mutant<TakesOldSnapshots>>("Compacted")),
        ("keeps the state in memory", standard().with::<Mutant<KeepsTheSnapshotInMemory>>("Compacted")),
        ("starts at a snapshot without its state", standard().with::<Mutant<StartsWithNothing>>("Compacted")),
        ("speaks before its disk is done", standard().with::<Mutant<SpeaksBeforeItWrites>>("Compacted")),
    ]
}
