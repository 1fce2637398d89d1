//! Mistakes that are made where leaders are replaced, made on purpose: see [`Bug`].

use super::messages::{Msg, Place};
use super::storage::Write;
use super::{Config as LeaderConfig, SingleLeader};
use crate::node::{Cluster, Ctx, Effect, Node, NodeId};
use crate::protocols::mutant::{self, Mutation};
use serde::{Deserialize, Serialize};

/// A node with a bug.
pub type Mutant = mutant::Mutant<Bug>;

/// Which bug, and the settings of the cluster that has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The bug.
    pub bug: Bug,
    /// All else, as for the correct protocol.
    #[serde(default)]
    pub leader: LeaderConfig,
}

impl Config {
    /// As for the correct protocol.
    pub fn check_within(&self, cluster: &Cluster) -> Result<(), String> {
        self.leader.check_within(cluster)
    }
}

/// A known bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Bug {
    /// A monitor does not ask how far logs go, and names the first database that answers. It may lack what another has
    /// confirmed.
    PromotesAny,
    /// A database speaks while what it says is still in its disk's cache. A crash makes a liar of it.
    SpeaksBeforeSync,
    /// A monitor's vote is not written to its disk. One that crashes and comes back votes twice in an epoch.
    VoteNotPersisted,
    /// A monitor gives its vote though it hears the primary, as Elasticsearch did before 1.4: whoever asks it may count it,
    /// and two who do not hear each other both do.
    VotesThoughItHears,
}

impl Mutation for Bug {
    type Protocol = SingleLeader;
    type Config = Config;

    fn read(config: &Config) -> (Self, LeaderConfig) {
        (config.bug, config.leader.clone())
    }

    fn on_message(&mut self, node: &mut SingleLeader, ctx: &mut Ctx<SingleLeader>, from: NodeId, mut msg: Msg) {
        match (self, &mut msg, &mut *node) {
            (Bug::PromotesAny, Msg::Position { place, .. }, _) => *place = Place::default(),
            (Bug::VotesThoughItHears, Msg::Elect { .. }, SingleLeader::Monitor(monitor)) => monitor.suspect(),
            _ => {}
        }
        node.on_message(ctx, from, msg);
    }

    fn spoil(&mut self, _: &Ctx<Mutant>, mut effects: Vec<Effect<SingleLeader>>) -> Vec<Effect<SingleLeader>> {
        match self {
            Bug::SpeaksBeforeSync => effects = mutant::speak_first(effects),
            Bug::VoteNotPersisted => {
                effects.retain(|effect| !matches!(effect, Effect::Write(Write::Vote { .. })));
            }
            _ => {}
        }
        effects
    }
}
