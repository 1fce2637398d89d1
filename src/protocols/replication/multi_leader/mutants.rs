//! Mistakes that people make with several leaders, made on purpose: see [`Bug`].

use super::{Config as Settings, Leader, Msg, MultiLeader};
use crate::node::{Ctx, Effect, Node, NodeId};
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
    pub multi_leader: Settings,
}

/// A known bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Bug {
    /// A leader takes each write to have seen all that it holds itself, and finds no conflict between two clients of its
    /// own (against Preguica and others, 2012). What the second had not seen is lost.
    OverwritesUnseen,
    /// A write is stamped anew where it arrives. Each leader keeps what came last to itself, and they do not converge.
    StampsOnArrival,
    /// A leader ships its own writes only. In a ring they go no further than the next.
    DropsForwarded,
    /// A leader answers and ships what is still in the cache of its disk (scenario `replication/star-hub`). After
    /// a crash it gives the same numbers to other writes, and whoever has one of two takes the other for known.
    NeverSyncs,
    /// A leader ships on whatever comes, whether it has seen it or not. In a ring every write goes round for ever.
    ForwardsForever,
}

impl Mutation for Bug {
    type Protocol = MultiLeader;
    type Config = Config;

    fn read(config: &Config) -> (Self, Settings) {
        (config.bug, config.multi_leader.clone())
    }

    fn on_message(&mut self, node: &mut MultiLeader, ctx: &mut Ctx<MultiLeader>, from: NodeId, mut msg: Msg) {
        if let MultiLeader::Leader(leader) = node {
            self.spoil_message(ctx, leader, &mut msg);
        }
        node.on_message(ctx, from, msg);
    }

    fn spoil(&mut self, ctx: &Ctx<Mutant>, effects: Vec<Effect<MultiLeader>>) -> Vec<Effect<MultiLeader>> {
        effects.into_iter().filter_map(|effect| self.spoil_effect(ctx.me(), effect)).collect()
    }
}

impl Bug {
    /// Changes a message that a leader receives, or hands it on.
    fn spoil_message(self, ctx: &mut Ctx<MultiLeader>, leader: &Leader, msg: &mut Msg) {
        match (self, msg) {
            (Bug::OverwritesUnseen, Msg::Request(request)) => request.context = leader.applied().clone(),
            (Bug::StampsOnArrival, Msg::Update(write)) => write.stamp = ctx.now(),
            (Bug::StampsOnArrival, Msg::Missing(writes)) => {
                writes.iter_mut().for_each(|write| write.stamp = ctx.now());
            }
            (Bug::ForwardsForever, msg @ Msg::Update(_)) => {
                leader.targets(ctx).into_iter().for_each(|target| ctx.send(target, msg.clone()));
            }
            _ => {}
        }
    }

    /// Changes what a leader asked for, or lets it not happen.
    fn spoil_effect(self, me: NodeId, effect: Effect<MultiLeader>) -> Option<Effect<MultiLeader>> {
        match (self, effect) {
            (Bug::DropsForwarded, Effect::Send { msg: Msg::Update(write), .. }) if write.dot.server != me => None,
            (Bug::DropsForwarded, Effect::Send { to, msg: Msg::Missing(mut writes) }) => {
                writes.retain(|write| write.dot.server == me);
                Some(Effect::Send { to, msg: Msg::Missing(writes) })
            }
            (Bug::NeverSyncs, Effect::Sync) => None,
            (_, effect) => Some(effect),
        }
    }
}
