//! A client: it asks the leader of its own place, and remembers what it was last shown of each key.

use super::{Config, LEADERS, Msg, MultiLeader, Request, Shown, Timer};
use crate::node::{Ctx, Fact, Key, LocalSpan, Op, Operation, OperationId, Outcome, Retry, node_value};
use std::collections::BTreeMap;

node_value! {
    /// A client, and what it waits for.
    pub struct Client {
        shown: BTreeMap<Key, Shown>,
        waiting: BTreeMap<OperationId, Waiting>,
        #[serde(skip)]
        patience: LocalSpan,
    }

    /// What a client has asked for.
    pub struct Waiting {
        request: Request,
        retry: Retry,
    }
}

impl Client {
    /// A client that was shown nothing yet.
    pub fn new(config: &Config) -> Self {
        Client { shown: BTreeMap::new(), waiting: BTreeMap::new(), patience: config.patience }
    }

    /// Declares what its write may replace, and asks.
    pub fn on_operation(&mut self, ctx: &mut Ctx<MultiLeader>, operation: Operation) {
        let Operation { id, op, timeout, retry } = operation;
        let shown = op.key().and_then(|key| self.shown.get(key)).cloned().unwrap_or_default();
        if matches!(op, Op::Put(..) | Op::Delete(_)) {
            ctx.observe(Fact::Replaces { operation: id, values: shown.values.into(), overwrites: false });
        }
        if let Some(timeout) = timeout {
            ctx.set_timer(Timer::GiveUp(id), timeout);
        }
        let request = Request { operation: id, op, context: shown.context };
        self.waiting.insert(id, Waiting { request, retry });
        self.ask(ctx, id);
    }

    /// Asks, and asks again if it may.
    pub fn ask(&self, ctx: &mut Ctx<MultiLeader>, id: OperationId) {
        let Some(Waiting { request, retry }) = self.waiting.get(&id) else { return };
        let (leaders, me) = (ctx.cluster().group(LEADERS), ctx.me());
        let place = ctx.peers().iter().position(|&peer| peer == me).unwrap_or_default();
        let Some(&server) = leaders.get(place % leaders.len().max(1)) else { return };
        ctx.observe(Fact::Asked { operation: id, server });
        ctx.send(server, Msg::Request(request.clone()));
        if *retry == Retry::UntilTimeout {
            ctx.set_timer(Timer::AskAgain(id), self.patience);
        }
    }

    /// The answer shows what is held of the key now: its next write may replace that.
    pub fn on_reply(&mut self, ctx: &mut Ctx<MultiLeader>, id: OperationId, outcome: Outcome, shown: Shown) {
        let Some(Waiting { request, .. }) = self.waiting.remove(&id) else { return };
        ctx.cancel_timer(Timer::AskAgain(id));
        ctx.cancel_timer(Timer::GiveUp(id));
        if let (Some(key), Outcome::Ok(_)) = (request.op.key(), &outcome) {
            self.shown.insert(key.clone(), shown);
        }
        ctx.observe(Fact::Returned { operation: id, outcome });
    }

    /// Gives up: the write may have been carried out, or may be yet.
    pub fn give_up(&mut self, ctx: &mut Ctx<MultiLeader>, id: OperationId) {
        if self.waiting.remove(&id).is_some() {
            ctx.cancel_timer(Timer::AskAgain(id));
            ctx.observe(Fact::TimedOut { operation: id });
        }
    }
}
