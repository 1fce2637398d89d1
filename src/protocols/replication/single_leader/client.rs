//! A client: it asks the primary that it knows of, and looks for another when that one is silent.

use super::config::{Config, Failover, Fence, Reads};
use super::messages::{Epoch, Msg};
use super::{Ctx, DATABASES, Timer};
use crate::node::{Fact, LocalSpan, NodeId, Op, Operation, OperationId, Outcome, Retry, node_value};
use crate::protocols::store::Store;
use std::collections::BTreeMap;
use std::sync::Arc;

node_value! {
    /// A client.
    pub struct Client {
        #[serde(skip)]
        config: Arc<Config>,
        /// The newest epoch that it has heard of.
        epoch: Epoch,
        /// Who leads it, as far as it knows.
        primary: Option<NodeId>,
        /// How many reads it has begun.
        reads: usize,
        /// What it awaits.
        pending: BTreeMap<OperationId, Pending>,
    }

    /// An operation that is awaited.
    pub struct Pending {
        op: Op,
        retry: Retry,
        /// Whose answer is awaited; `None` while the client pauses.
        asked: Option<NodeId>,
        /// Whether somebody was asked and never answered: that one may have done it.
        again: bool,
    }
}

impl Client {
    pub(super) fn boot(ctx: &mut Ctx, config: &Config) -> Self {
        let primary = config.first_primary(ctx.cluster());
        Client { config: Arc::new(config.clone()), epoch: 1, primary, reads: 0, pending: BTreeMap::new() }
    }

    pub(super) fn on_operation(&mut self, ctx: &mut Ctx, operation: Operation) {
        let Operation { id, op, timeout, retry } = operation;
        if !Store::understands(&op) {
            return ctx.observe(Fact::refused(id));
        }
        if let Some(timeout) = timeout {
            ctx.set_timer(Timer::GiveUp(id), timeout);
        }
        self.pending.insert(id, Pending { op, retry, asked: None, again: false });
        self.ask(ctx, id);
    }

    /// Whether any database may answer.
    fn is_local(&self, op: &Op) -> bool {
        op.is_read() && self.config.reads != Reads::Leader
    }

    /// The database to read at, where any will do.
    fn place_to_read(&mut self, ctx: &Ctx) -> Option<NodeId> {
        let databases = ctx.cluster().group(DATABASES);
        let place = ctx.peers().iter().position(|peer| *peer == ctx.me()).unwrap_or(0);
        let begun = if self.config.reads == Reads::InTurn { self.reads } else { 0 };
        self.reads += 1;
        databases.get((place + begun) % databases.len()).copied()
    }

    fn ask(&mut self, ctx: &mut Ctx, id: OperationId) {
        let Some(op) = self.pending.get(&id).map(|pending| pending.op.clone()) else { return };
        let server = if self.is_local(&op) { self.place_to_read(ctx) } else { self.primary };
        let (Some(server), Some(pending)) = (server, self.pending.get_mut(&id)) else { return };
        pending.asked = Some(server);
        let (epoch, again) = (self.epoch, pending.again);
        ctx.observe(Fact::Asked { operation: id, server });
        ctx.send(server, Msg::Request { epoch, operation: id, op, again });
        if pending.retry == Retry::UntilTimeout {
            ctx.set_timer(Timer::AskAgain(id), self.config.patience);
        }
    }

    pub(super) fn on_message(&mut self, ctx: &mut Ctx, from: NodeId, msg: Msg) {
        match msg {
            Msg::Reply { epoch, operation, outcome } => self.on_reply(ctx, from, epoch, operation, outcome),
            Msg::NotPrimary { epoch, operation, primary } => {
                self.on_not_primary(ctx, from, epoch, operation, primary);
            }
            Msg::Primary { epoch, primary } => self.learn(epoch, primary),
            _ => {} // For databases and monitors.
        }
    }

    /// Follows the newest epoch.
    fn learn(&mut self, epoch: Epoch, primary: Option<NodeId>) {
        if epoch >= self.epoch {
            self.epoch = epoch;
            self.primary = primary.or(self.primary);
        }
    }

    /// The operation has ended; unless it is fenced, and who says so was replaced.
    fn on_reply(&mut self, ctx: &mut Ctx, from: NodeId, epoch: Epoch, operation: OperationId, outcome: Outcome) {
        let Some(pending) = self.pending.get(&operation) else { return };
        let is_local = self.is_local(&pending.op);
        if self.config.fence == Fence::Epoch && epoch < self.epoch && !is_local {
            return;
        }
        if !is_local {
            self.learn(epoch, Some(from));
        }
        self.forget(ctx, operation);
        ctx.observe(Fact::Returned { operation, outcome });
    }

    /// The one that was asked has done nothing: another is asked after a pause.
    fn on_not_primary(
        &mut self,
        ctx: &mut Ctx,
        from: NodeId,
        epoch: Epoch,
        operation: OperationId,
        primary: Option<NodeId>,
    ) {
        self.learn(epoch, primary);
        if primary.is_none() {
            self.look_for_primary(ctx);
        }
        let pending = self.pending.get_mut(&operation).filter(|pending| pending.asked == Some(from));
        if let Some(pending) = pending {
            pending.asked = None;
            // Where nobody is known to lead, there is no hurry.
            let pause = if primary.is_some() { self.config.patience.0 / 10 } else { self.config.patience.0 };
            ctx.set_timer(Timer::AskAgain(operation), LocalSpan(pause.max(1)));
        }
    }

    pub(super) fn on_timer(&mut self, ctx: &mut Ctx, timer: Timer) {
        match timer {
            Timer::AskAgain(operation) => self.on_ask_again(ctx, operation),
            Timer::GiveUp(operation) => self.on_give_up(ctx, operation),
            _ => {} // Of databases and monitors.
        }
    }

    fn on_ask_again(&mut self, ctx: &mut Ctx, operation: OperationId) {
        let Some(pending) = self.pending.get_mut(&operation) else { return };
        if let Some(silent) = pending.asked {
            pending.again = true;
            self.turn_away_from(ctx, silent);
        }
        self.ask(ctx, operation);
    }

    /// Whether the operation took effect, or will, is unknown.
    fn on_give_up(&mut self, ctx: &mut Ctx, operation: OperationId) {
        let Some(pending) = self.forget(ctx, operation) else { return };
        ctx.observe(Fact::TimedOut { operation });
        if let Some(silent) = pending.asked {
            self.turn_away_from(ctx, silent);
        }
    }

    fn forget(&mut self, ctx: &mut Ctx, operation: OperationId) -> Option<Pending> {
        ctx.cancel_timer(Timer::AskAgain(operation));
        ctx.cancel_timer(Timer::GiveUp(operation));
        self.pending.remove(&operation)
    }

    /// Somebody was silent: the monitors may know why. One of a pair has nobody to ask, and tries the other.
    fn turn_away_from(&mut self, ctx: &mut Ctx, silent: NodeId) {
        self.look_for_primary(ctx);
        let is_pair = matches!(self.config.failover, Failover::Pair { .. });
        if is_pair && self.primary == Some(silent) {
            self.primary = ctx.cluster().group(DATABASES).iter().copied().find(|other| *other != silent);
        }
    }

    fn look_for_primary(&self, ctx: &mut Ctx) {
        for &monitor in self.config.monitors(ctx.cluster()) {
            ctx.send(monitor, Msg::Where);
        }
    }
}
