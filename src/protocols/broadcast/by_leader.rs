//! Total order by a leader: Raft, used as a broadcast.
//!
//! What Raft agrees on is a log: the next entry, over and over. To broadcast is to append to it, to deliver is to apply.
//! The other way round, nodes that deliver one order agree on whatever is delivered first. So total order broadcast and
//! consensus are the same problem (Chandra and Toueg, "Unreliable failure detectors for reliable distributed systems",
//! 1996); no protocol can promise that it goes on without any timing, and Raft goes on with a majority.
//!
//! A node here is a node of [`Raft`], unchanged. Clients broadcast, replicas deliver.

use crate::node::{Badge, Ctx, Effect, Fact, Key, Node, NodeId, Op, Operation, OperationId, node_value};
use crate::protocols::raft::storage::Persistent;
use crate::protocols::raft::{Config, Msg, Raft, Timer};
use std::collections::BTreeSet;

/// The key to which everything is appended.
const BROADCASTS: &str = "broadcasts";

node_value! {
    /// A replica or a client.
    pub struct ByLeader {
        raft: Raft,
        /// What was delivered here: a client that asks twice may have two entries in the log.
        delivered: BTreeSet<OperationId>,
    }
}

impl Node for ByLeader {
    type Config = Config;
    type Msg = Msg;
    type Timer = Timer;
    type Disk = Persistent;

    fn boot(ctx: &mut Ctx<Self>, config: &Config, disk: &Persistent) -> Self {
        let raft = ctx.with(|ctx| Raft::boot(ctx, config, disk), |ctx, effect| ctx.effect(effect.retyped()));
        ByLeader { raft, delivered: BTreeSet::new() }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Msg) {
        self.handle(ctx, |raft, ctx| raft.on_message(ctx, from, msg));
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: Timer) {
        self.handle(ctx, |raft, ctx| raft.on_timer(ctx, timer));
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, mut operation: Operation) {
        if let Op::Broadcast(value) = operation.op {
            ctx.observe(Fact::Broadcast { value: value.clone() });
            operation.op = Op::Append(Key::from(BROADCASTS), value);
        }
        self.handle(ctx, |raft, ctx| raft.on_operation(ctx, operation));
    }

    fn badge(&self) -> Badge {
        self.raft.badge()
    }
}

impl ByLeader {
    /// Runs a handler of Raft, and delivers what it applies.
    fn handle(&mut self, ctx: &mut Ctx<Self>, handler: impl FnOnce(&mut Raft, &mut Ctx<Raft>)) {
        let mut effects = Vec::new();
        ctx.with(|ctx| handler(&mut self.raft, ctx), |_, effect| effects.push(effect));
        for effect in effects {
            let applied = match &effect {
                Effect::Observe(Fact::Applied { index, .. }) => Some(*index),
                _ => None,
            };
            ctx.effect(effect.retyped());
            if let Some(index) = applied {
                self.deliver(ctx, index);
            }
        }
    }

    /// Delivers what an entry broadcasts, if it does and for the first time.
    fn deliver(&mut self, ctx: &mut Ctx<Self>, index: u64) {
        let Raft::Replica(replica) = &self.raft else { return };
        let Some(call) = replica.entry(index).and_then(|entry| entry.command.call()) else { return };
        let Op::Append(_, value) = &call.op else { return };
        if self.delivered.insert(call.serial) {
            ctx.observe(Fact::Delivered { from: call.client, value: value.clone() });
        }
    }
}
