//! A client: it writes at the head, reads at the tail, and asks the master when neither answers.

use super::{Config, Ctx, MASTER, Msg, Order, Timer};
use crate::node::{Fact, LocalSpan, Op, Operation, OperationId, Retry, node_value};
use crate::protocols::store::Store;
use std::collections::BTreeMap;

node_value! {
    /// A client.
    pub struct Client {
        order: Order,
        #[serde(skip)]
        patience: LocalSpan,
        /// What it awaits.
        pending: BTreeMap<OperationId, Pending>,
    }

    /// An operation that is awaited.
    pub struct Pending {
        op: Op,
        retry: Retry,
        /// Whether it was asked for before.
        again: bool,
    }
}

impl Client {
    pub(super) fn boot(ctx: &mut Ctx, config: &Config) -> Self {
        Client { order: Order::first(ctx), patience: config.patience, pending: BTreeMap::new() }
    }

    pub(super) fn on_operation(&mut self, ctx: &mut Ctx, operation: Operation) {
        let Operation { id, op, timeout, retry } = operation;
        if !Store::understands(&op) {
            return ctx.observe(Fact::refused(id));
        }
        if let Some(timeout) = timeout {
            ctx.set_timer(Timer::GiveUp(id), timeout);
        }
        self.pending.insert(id, Pending { op, retry, again: false });
        self.ask(ctx, id);
    }

    /// Asks, for the first time or after silence; then the master is asked as well, who may know why.
    pub(super) fn ask(&mut self, ctx: &mut Ctx, id: OperationId) {
        let Some(pending) = self.pending.get_mut(&id) else { return };
        let server = if pending.op.is_read() { self.order.tail() } else { self.order.head() };
        let Some(server) = server else { return };
        if pending.again {
            ctx.cluster().group(MASTER).iter().take(1).for_each(|&master| ctx.send(master, Msg::Which));
        }
        ctx.observe(Fact::Asked { operation: id, server });
        ctx.send(server, Msg::Request { operation: id, op: pending.op.clone(), again: pending.again });
        pending.again = true;
        if pending.retry == Retry::UntilTimeout {
            ctx.set_timer(Timer::AskAgain(id), self.patience);
        }
    }

    pub(super) fn on_message(&mut self, ctx: &mut Ctx, msg: Msg) {
        match msg {
            Msg::Reply { operation, outcome } if self.pending.remove(&operation).is_some() => {
                self.forget(ctx, operation);
                ctx.observe(Fact::Returned { operation, outcome });
            }
            // The server that was asked has done nothing, and the master knows whom to ask.
            Msg::NotMine { .. } => {
                ctx.cluster().group(MASTER).iter().take(1).for_each(|&master| ctx.send(master, Msg::Which));
            }
            Msg::Chain(order) if order.number > self.order.number => self.order = order,
            _ => {}
        }
    }

    /// Whether the operation took effect, or will, is unknown.
    pub(super) fn give_up(&mut self, ctx: &mut Ctx, operation: OperationId) {
        if self.pending.remove(&operation).is_some() {
            self.forget(ctx, operation);
            ctx.observe(Fact::TimedOut { operation });
        }
    }

    fn forget(&self, ctx: &mut Ctx, operation: OperationId) {
        ctx.cancel_timer(Timer::AskAgain(operation));
        ctx.cancel_timer(Timer::GiveUp(operation));
    }
}
