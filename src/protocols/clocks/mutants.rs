//! Mistakes that people make with clocks, made on purpose.
//!
//! A [`Mutant`] wraps a correct node and spoils it from outside: it changes messages on their way in or effects on their
//! way out. All nodes of a cluster have the same bug.

use crate::node::{Badge, Ctx, Effect, Node, NodeId, Operation};
use serde::Serialize;

/// A protocol with a known bug.
pub trait Spoiled: Node {
    /// Changes a message before its receiver sees it.
    fn spoil_message(_ctx: &Ctx<Mutant<Self>>, _msg: &mut Self::Msg) {}

    /// Changes what a node does.
    fn spoil_effect(_effect: &mut Effect<Self>) {}
}

/// A node with a bug. It looks like the node that it wraps.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Mutant<N>(N);

impl<N: Spoiled> Node for Mutant<N> {
    type Config = N::Config;
    type Msg = N::Msg;
    type Timer = N::Timer;
    type Disk = N::Disk;

    fn boot(ctx: &mut Ctx<Self>, config: &N::Config, disk: &N::Disk) -> Self {
        ctx.with(|ctx| Mutant(N::boot(ctx, config, disk)), let_out)
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, mut msg: N::Msg) {
        N::spoil_message(ctx, &mut msg);
        ctx.with(|ctx| self.0.on_message(ctx, from, msg), let_out);
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: N::Timer) {
        ctx.with(|ctx| self.0.on_timer(ctx, timer), let_out);
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        ctx.with(|ctx| self.0.on_operation(ctx, operation), let_out);
    }

    fn badge(&self) -> Badge {
        self.0.badge()
    }
}

/// Hands on what the node within does, spoiled.
fn let_out<N: Spoiled>(ctx: &mut Ctx<Mutant<N>>, mut effect: Effect<N>) {
    N::spoil_effect(&mut effect);
    ctx.effect(effect.retyped());
}
