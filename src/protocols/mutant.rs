//! Mistakes that people make, made on purpose.
//!
//! A [`Mutant`] wraps a correct node and spoils it from outside, where its [`Mutation`] says: the settings it starts with,
//! what it makes of a message, what it asks for. So the code of the protocol stays clean, and every promise can be shown
//! to notice when it is broken. All nodes of a cluster have the same bug.

use crate::node::{Badge, Ctx, Effect, Node, NodeId, Operation, Value};
use serde::{Serialize, de::DeserializeOwned};

/// What is wrong with a protocol. Whatever it does not say is as in the correct one.
pub trait Mutation: Value {
    /// The correct protocol.
    type Protocol: Node;
    /// What a scenario may set.
    type Config: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// What is wrong, and the settings of the correct protocol beneath.
    fn read(config: &Self::Config) -> (Self, <Self::Protocol as Node>::Config);

    /// A message has arrived.
    fn on_message(
        &mut self,
        node: &mut Self::Protocol,
        ctx: &mut Ctx<Self::Protocol>,
        from: NodeId,
        msg: <Self::Protocol as Node>::Msg,
    ) {
        node.on_message(ctx, from, msg);
    }

    /// A handler has asked for these effects: what takes place instead.
    fn spoil(
        &mut self,
        _ctx: &Ctx<Mutant<Self>>,
        effects: Vec<Effect<Self::Protocol>>,
    ) -> Vec<Effect<Self::Protocol>> {
        effects
    }
}

/// A node with a bug. It looks like the node that it wraps.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Mutant<M: Mutation> {
    node: M::Protocol,
    #[serde(skip)]
    mutation: M,
}

impl<M: Mutation> Mutant<M> {
    /// The node within.
    pub fn node(&self) -> &M::Protocol {
        &self.node
    }
}

impl<M: Mutation> Node for Mutant<M> {
    type Config = M::Config;
    type Msg = <M::Protocol as Node>::Msg;
    type Timer = <M::Protocol as Node>::Timer;
    type Disk = <M::Protocol as Node>::Disk;

    fn boot(ctx: &mut Ctx<Self>, config: &M::Config, disk: &Self::Disk) -> Self {
        let (mut mutation, config) = M::read(config);
        let node = run(&mut mutation, ctx, |_, ctx| M::Protocol::boot(ctx, &config, disk));
        Mutant { node, mutation }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Self::Msg) {
        run(&mut self.mutation, ctx, |mutation, ctx| mutation.on_message(&mut self.node, ctx, from, msg));
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: Self::Timer) {
        run(&mut self.mutation, ctx, |_, ctx| self.node.on_timer(ctx, timer));
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        run(&mut self.mutation, ctx, |_, ctx| self.node.on_operation(ctx, operation));
    }

    fn badge(&self) -> Badge {
        self.node.badge()
    }
}

/// Runs a handler of the correct node, and lets take place what the mutation makes of its effects.
fn run<M: Mutation, R>(
    mutation: &mut M,
    ctx: &mut Ctx<Mutant<M>>,
    handler: impl FnOnce(&mut M, &mut Ctx<M::Protocol>) -> R,
) -> R {
    let mut effects = Vec::new();
    let result = ctx.with(|ctx| handler(mutation, ctx), |_, effect| effects.push(effect));
    mutation.spoil(ctx, effects).into_iter().for_each(|effect| ctx.effect(effect.retyped()));
    result
}

/// What is sent leaves before all else, and so before the disk holds what it promises.
pub(super) fn speak_first<N: Node>(effects: Vec<Effect<N>>) -> Vec<Effect<N>> {
    let is_said = |effect: &Effect<N>| matches!(effect, Effect::Send { .. });
    let (said, rest): (Vec<_>, Vec<_>) = effects.into_iter().partition(is_said);
    said.into_iter().chain(rest).collect()
}
