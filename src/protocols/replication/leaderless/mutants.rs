//! Mistakes that people make in such a store, made on purpose: see [`Bug`].

use super::{Config, Held, Leaderless, Msg, Replica};
use crate::node::{Ctx, Datum, Effect, Node, NodeId};
use crate::protocols::mutant::{self, Mutation};
use crate::protocols::versions::Siblings;
use serde::{Deserialize, Serialize};

/// A node with a bug.
pub type Mutant = mutant::Mutant<Bug>;

/// Which bug, and the settings of the store that has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MutantConfig {
    /// The bug.
    pub bug: Bug,
    /// All else, as for the correct store.
    #[serde(default)]
    pub store: Config,
}

/// A known bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Bug {
    /// A client counts one answer too few: a write is called done when `w - 1` replicas have it.
    AcknowledgesEarly,
    /// A replica takes whatever arrives last for the newest, without comparing versions: a late or repeated message, or a
    /// repair, puts an old value over a new one.
    StoresBlindly,
    /// A replica keeps only one of two values that stand side by side.
    DropsSiblings,
    /// What is kept for others is kept in memory alone: a crash of the substitute forgets it.
    ForgetsHints,
}

impl Mutation for Bug {
    type Protocol = Leaderless;
    type Config = MutantConfig;

    fn read(config: &MutantConfig) -> (Self, Config) {
        let MutantConfig { bug, mut store } = config.clone();
        if bug == Bug::AcknowledgesEarly {
            store.w = store.w.saturating_sub(1);
        }
        (bug, store)
    }

    fn on_message(&mut self, node: &mut Leaderless, ctx: &mut Ctx<Leaderless>, from: NodeId, mut msg: Msg) {
        if let Leaderless::Replica(replica) = node {
            self.spoil_message(replica, &mut msg);
        }
        node.on_message(ctx, from, msg);
    }

    fn spoil(&mut self, _: &Ctx<Mutant>, mut effects: Vec<Effect<Leaderless>>) -> Vec<Effect<Leaderless>> {
        effects.retain(|effect| *self != Bug::ForgetsHints || !is_hint(effect));
        effects
    }
}

impl Bug {
    /// Changes what a replica holds, or what it hears, before it compares the two.
    fn spoil_message(self, replica: &mut Replica, msg: &mut Msg) {
        let (Msg::Store { key, held, .. } | Msg::Repair { key, held }) = msg else { return };
        match self {
            Bug::StoresBlindly => drop(replica.kept.held.remove(key)),
            Bug::DropsSiblings => {
                let slot = replica.kept.held.entry(key.clone()).or_insert(Held::Siblings(Siblings::default()));
                if let (Held::Siblings(mine), Held::Siblings(theirs)) = (slot, held) {
                    let mut both = mine.clone();
                    both.sync(theirs);
                    let last = |siblings: &Siblings<Datum>| siblings.clocks().last().map(|clock| clock.dot);
                    // What comes first by its dot is forgotten, as if it had never been.
                    match both.values().len() > 1 {
                        true if last(&both) == last(theirs) => *mine = Siblings::default(),
                        true => *theirs = Siblings::default(),
                        false => {}
                    }
                }
            }
            _ => {}
        }
    }
}

fn is_hint(effect: &Effect<Leaderless>) -> bool {
    matches!(effect, Effect::Write(write) if write.hint.is_some())
}
