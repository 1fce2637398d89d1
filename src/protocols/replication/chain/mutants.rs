//! A chain whose servers do not send again what was with a server that failed (against section 3.2): each takes its
//! new successor to have all that it had handed on. That one waits for ever for what it lacks, and no write ends any more.

use super::{Chain, Config, Kept, Msg, Timer};
use crate::node::{Badge, Ctx, Effect, Node, NodeId, Operation, node_value};

node_value! {
    /// A node with the bug. It looks like the node that it wraps.
    #[serde(transparent)]
    pub struct Mutant {
        node: Chain,
        /// Up to which place its successor is taken to have all.
        #[serde(skip)]
        handed_on: u64,
    }
}

impl Node for Mutant {
    type Config = Config;
    type Msg = Msg;
    type Timer = Timer;
    type Disk = Kept;

    fn boot(ctx: &mut Ctx<Self>, config: &Config, disk: &Kept) -> Self {
        let mut effects = Vec::new();
        let node = ctx.with(|ctx| Chain::boot(ctx, config, disk), |_, effect| effects.push(effect));
        let mut mutant = Mutant { node, handed_on: 0 };
        mutant.let_out(ctx, effects);
        mutant
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Msg) {
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
    fn handle(&mut self, ctx: &mut Ctx<Self>, handler: impl FnOnce(&mut Chain, &mut Ctx<Chain>)) {
        let mut effects = Vec::new();
        ctx.with(|ctx| handler(&mut self.node, ctx), |_, effect| effects.push(effect));
        self.let_out(ctx, effects);
    }

    /// Lets effects take place, but for sending anything for the second time.
    fn let_out(&mut self, ctx: &mut Ctx<Self>, effects: Vec<Effect<Chain>>) {
        for effect in effects {
            if let Effect::Send { msg: Msg::Update { first, entries }, .. } = &effect {
                if *first <= self.handed_on {
                    continue;
                }
                self.handed_on = first + entries.len() as u64 - 1;
            }
            ctx.effect(effect.retyped());
        }
    }
}
