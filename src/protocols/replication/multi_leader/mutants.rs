//! Mistakes that people make with several leaders, made on purpose.
//!
//! A [`Mutant`] wraps a correct [`MultiLeader`] and spoils messages on their way in and effects on their way out. All
//! nodes of a cluster have the same bug.

use super::{Config as Settings, Durable, Leader, Msg, MultiLeader, Timer};
use crate::node::{Badge, Ctx, Effect, Node, NodeId, Operation, node_value};
use serde::{Deserialize, Serialize};

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

node_value! {
    /// A node with a bug. It looks like the node that it wraps.
    #[serde(transparent)]
    pub struct Mutant {
        inner: MultiLeader,
        #[serde(skip)]
        bug: Bug,
        #[serde(skip)]
        settings: Settings,
    }
}

impl Node for Mutant {
    type Config = Config;
    type Msg = Msg;
    type Timer = Timer;
    type Disk = Durable;

    fn boot(ctx: &mut Ctx<Self>, config: &Config, disk: &Durable) -> Self {
        let Config { bug, multi_leader: settings } = config.clone();
        let adopt = |ctx: &mut Ctx<Self>, effect: Effect<MultiLeader>| ctx.effect(effect.retyped());
        let inner = ctx.with(|ctx| MultiLeader::boot(ctx, &settings, disk), adopt);
        Mutant { inner, bug, settings }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, mut msg: Msg) {
        if let MultiLeader::Leader(leader) = &self.inner {
            self.bug.spoil_message(ctx, leader, &mut msg);
        }
        if let (Bug::ForwardsForever, Msg::Update(_)) = (self.bug, &msg) {
            let targets = self.settings.topology.targets(ctx.cluster(), ctx.me());
            targets.into_iter().for_each(|target| ctx.send(target, msg.clone()));
        }
        self.handle(ctx, |inner, ctx| inner.on_message(ctx, from, msg));
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: Timer) {
        self.handle(ctx, |inner, ctx| inner.on_timer(ctx, timer));
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        self.handle(ctx, |inner, ctx| inner.on_operation(ctx, operation));
    }

    fn badge(&self) -> Badge {
        self.inner.badge()
    }
}

impl Mutant {
    /// Runs a handler of the correct node, and spoils what it asked for.
    fn handle(&mut self, ctx: &mut Ctx<Self>, handler: impl FnOnce(&mut MultiLeader, &mut Ctx<MultiLeader>)) {
        let bug = self.bug;
        ctx.with(
            |ctx| handler(&mut self.inner, ctx),
            |ctx, effect| {
                let me = ctx.me();
                if let Some(effect) = bug.spoil_effect(me, effect) {
                    ctx.effect(effect.retyped());
                }
            },
        );
    }
}

impl Bug {
    /// Changes a message that a leader receives.
    fn spoil_message(self, ctx: &Ctx<Mutant>, leader: &Leader, msg: &mut Msg) {
        match (self, msg) {
            (Bug::OverwritesUnseen, Msg::Request(request)) => request.context = leader.applied().clone(),
            (Bug::StampsOnArrival, Msg::Update(write)) => write.stamp = ctx.now(),
            (Bug::StampsOnArrival, Msg::Missing(writes)) => {
                writes.iter_mut().for_each(|write| write.stamp = ctx.now());
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
