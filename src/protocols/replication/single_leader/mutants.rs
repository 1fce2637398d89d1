//! Mistakes that are made where leaders are replaced, made on purpose.
//!
//! A [`Mutant`] wraps a correct node and spoils it from outside: what reaches it, or what it asks for. All nodes of a
//! cluster have the same bug.

use super::messages::{Msg, Place};
use super::storage::{Kept, Write};
use super::{Config as LeaderConfig, SingleLeader, Timer};
use crate::node::{Badge, Cluster, Ctx, Effect, Node, NodeId, Operation, node_value};
use serde::{Deserialize, Serialize};

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

node_value! {
    /// A node with a bug. It looks like the node that it wraps.
    #[serde(transparent)]
    pub struct Mutant {
        node: SingleLeader,
        #[serde(skip)]
        bug: Bug,
    }
}

impl Node for Mutant {
    type Config = Config;
    type Msg = Msg;
    type Timer = Timer;
    type Disk = Kept;

    fn boot(ctx: &mut Ctx<Self>, config: &Config, disk: &Kept) -> Self {
        let bug = config.bug;
        let mut effects = Vec::new();
        let body = |ctx: &mut Ctx<SingleLeader>| SingleLeader::boot(ctx, &config.leader, disk);
        let node = ctx.with(body, |_, effect| effects.push(effect));
        bug.let_out(ctx, effects);
        Mutant { node, bug }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, mut msg: Msg) {
        match (self.bug, &mut msg, &mut self.node) {
            (Bug::PromotesAny, Msg::Position { place, .. }, _) => *place = Place::default(),
            (Bug::VotesThoughItHears, Msg::Elect { .. }, SingleLeader::Monitor(monitor)) => monitor.suspect(),
            _ => {}
        }
        self.handle(ctx, |node, ctx| node.on_message(ctx, from, msg));
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: Timer) {
        self.handle(ctx, |node, ctx| node.on_timer(ctx, timer));
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        self.handle(ctx, |node, ctx| node.on_operation(ctx, operation));
    }

    fn badge(&self) -> Badge {
        self.node.badge()
    }
}

impl Mutant {
    fn handle(&mut self, ctx: &mut Ctx<Self>, handler: impl FnOnce(&mut SingleLeader, &mut Ctx<SingleLeader>)) {
        let mut effects = Vec::new();
        ctx.with(|ctx| handler(&mut self.node, ctx), |_, effect| effects.push(effect));
        self.bug.let_out(ctx, effects);
    }
}

impl Bug {
    /// Spoils what a handler asked for, and lets it take place.
    fn let_out(self, ctx: &mut Ctx<Mutant>, effects: Vec<Effect<SingleLeader>>) {
        let effects = match self {
            Bug::SpeaksBeforeSync => {
                let is_said = |effect: &Effect<SingleLeader>| matches!(effect, Effect::Send { .. });
                let (said, rest): (Vec<_>, Vec<_>) = effects.into_iter().partition(is_said);
                said.into_iter().chain(rest).collect()
            }
            _ => effects,
        };
        let is_vote = |effect: &Effect<SingleLeader>| matches!(effect, Effect::Write(Write::Vote { .. }));
        let kept = effects.into_iter().filter(|effect| self != Bug::VoteNotPersisted || !is_vote(effect));
        kept.for_each(|effect| ctx.effect(effect.retyped()));
    }
}
