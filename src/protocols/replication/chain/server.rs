//! A server of the chain: head, tail, or between.

use super::{Config, Ctx, Entry, MASTER, Msg, Order, Timer};
use crate::node::{Badge, Fact, LocalSpan, Log, NodeId, Op, OperationId, Outcome, digest, node_value};
use crate::protocols::store::Store;
use std::sync::Arc;

node_value! {
    /// A server.
    pub struct Server {
        me: NodeId,
        #[serde(skip)]
        heartbeat: LocalSpan,
        /// The chain, as far as this server knows.
        order: Order,
        /// The writes that it has, in order: the paper's Hist.
        log: Log<Arc<Entry>>,
        /// What they have built, and how each ended.
        store: Store,
        outcomes: Log<Outcome>,
        /// The tail is known to have all up to here. What comes after is the paper's Sent list.
        done: u64,
    }
}

impl Server {
    pub(super) fn boot(ctx: &mut Ctx, config: &Config, has_run: bool) -> Self {
        let me = ctx.me();
        let mut order = Order::first(ctx);
        if has_run {
            order.servers.clear(); // It failed once, and stays out.
        } else {
            ctx.write(());
            ctx.sync();
        }
        let (log, store, outcomes) = (Log::new(), Store::default(), Log::new());
        let server = Server { me, heartbeat: config.heartbeat, order, log, store, outcomes, done: 0 };
        if server.order.head() == Some(me) {
            ctx.observe(Fact::BecameLeader { term: server.order.number });
        }
        server.on_beat(ctx);
        server
    }

    pub(super) fn badge(&self) -> Badge {
        let is_head = self.order.head() == Some(self.me);
        let role = match (is_head, self.order.tail() == Some(self.me)) {
            (true, true) => "alone",
            (true, false) => "head",
            (false, true) => "tail",
            (false, false) if self.order.servers.contains(&self.me) => "between",
            (false, false) => "out",
        };
        Badge { role, term: Some(self.order.number), leads: is_head }
    }

    fn is_tail(&self) -> bool {
        self.order.tail() == Some(self.me)
    }

    fn last(&self) -> u64 {
        self.log.len() as u64
    }

    pub(super) fn on_message(&mut self, ctx: &mut Ctx, from: NodeId, msg: Msg) {
        match msg {
            Msg::Request { operation, op, again } => self.on_request(ctx, from, operation, op, again),
            Msg::Update { first, entries } if self.order.before(self.me) == Some(from) => {
                self.on_update(ctx, from, first, entries);
            }
            Msg::Ack { index } if self.order.next(self.me) == Some(from) => self.finish(ctx, index),
            Msg::Received { number, index, done } if number == self.order.number => {
                self.finish(ctx, done);
                self.hand_on(ctx, index.max(self.done) + 1);
            }
            Msg::Chain(order) if order.number > self.order.number => self.on_chain(ctx, order),
            _ => {}
        }
    }

    /// Makes itself heard, and repeats what the tail has not confirmed.
    pub(super) fn on_beat(&self, ctx: &mut Ctx) {
        if self.order.servers.contains(&self.me) {
            ctx.cluster().group(MASTER).iter().take(1).for_each(|&master| ctx.send(master, Msg::Alive));
            self.hand_on(ctx, self.done + 1);
            ctx.set_timer(Timer::Beat, self.heartbeat);
        }
    }

    fn on_request(&mut self, ctx: &mut Ctx, from: NodeId, operation: OperationId, op: Op, again: bool) {
        if op.is_read() && self.is_tail() {
            let outcome = self.store.execute(&op);
            return ctx.send(from, Msg::Reply { operation, outcome });
        }
        if op.is_read() || self.order.head() != Some(self.me) {
            return ctx.send(from, Msg::NotMine { operation });
        }
        let held = || self.log.iter().position(|held| held.operation == operation);
        match again.then(held).flatten() {
            Some(position) if (position as u64) < self.done => {
                let outcome = self.outcomes.get(position).cloned().unwrap_or(Outcome::Failed);
                ctx.send(from, Msg::Reply { operation, outcome });
            }
            Some(_) => {} // It is on its way, and the tail will answer.
            None => {
                let entry = Entry { number: self.order.number, client: from, operation, op };
                self.add(ctx, Arc::new(entry));
                self.hand_on(ctx, self.last());
            }
        }
    }

    /// The one before hands on writes. Those that are here already were sent again; one that is too early waits to be.
    fn on_update(&mut self, ctx: &mut Ctx, from: NodeId, first: u64, entries: Vec<Arc<Entry>>) {
        let before = self.last();
        for (index, entry) in (first..).zip(entries) {
            if index == self.last() + 1 {
                self.add(ctx, entry);
            }
        }
        if self.last() == before {
            return ctx.send(from, Msg::Ack { index: self.done });
        }
        self.hand_on(ctx, before + 1);
    }

    /// Adds a write, and applies it. At the tail that is the end of its way.
    fn add(&mut self, ctx: &mut Ctx, entry: Arc<Entry>) {
        let (index, content) = (self.last() + 1, digest(&(entry.operation, &entry.op)));
        let operation = Some(entry.operation);
        ctx.observe(Fact::Appended { index, term: entry.number, entry: content, operation });
        ctx.observe(Fact::Applied { index, entry: content, operation });
        let (outcome, changed) = self.store.execute_declared(&entry.op);
        changed.into_iter().for_each(|key| ctx.observe(self.store.stored(&key)));
        self.outcomes.push(outcome);
        self.log.push(entry);
        if self.is_tail() {
            self.answer(ctx);
        }
    }

    /// The tail has all that it has: it answers the clients, and tells those before it.
    fn answer(&mut self, ctx: &mut Ctx) {
        let answers = self.log.iter_from(self.done as usize).zip(self.outcomes.iter_from(self.done as usize));
        for (entry, outcome) in answers {
            ctx.send(entry.client, Msg::Reply { operation: entry.operation, outcome: outcome.clone() });
        }
        self.finish(ctx, self.last());
    }

    /// The tail has all up to there: that much is taken off the sent list, here and before.
    fn finish(&mut self, ctx: &mut Ctx, index: u64) {
        if index > self.done && index <= self.last() {
            self.done = index;
            ctx.observe(Fact::Committed { index, term: self.order.number });
            if let Some(before) = self.order.before(self.me) {
                ctx.send(before, Msg::Ack { index });
            }
        }
    }

    /// Sends the next server what this one has from a place on.
    fn hand_on(&self, ctx: &mut Ctx, first: u64) {
        if let Some(next) = self.order.next(self.me)
            && first <= self.last()
        {
            let entries = self.log.iter_from(first as usize - 1).cloned().collect();
            ctx.send(next, Msg::Update { first, entries });
        }
    }

    /// The chain has changed (section 3.2).
    fn on_chain(&mut self, ctx: &mut Ctx, order: Order) {
        let old = std::mem::replace(&mut self.order, order);
        if self.order.head() == Some(self.me) {
            ctx.observe(Fact::BecameLeader { term: self.order.number });
        } else if old.head() == Some(self.me) {
            ctx.observe(Fact::BecameFollower { term: self.order.number });
        }
        if !self.order.servers.contains(&self.me) {
            return;
        }
        if let Some(before) = self.order.before(self.me)
            && old.before(self.me) != Some(before)
        {
            let (number, index, done) = (self.order.number, self.last(), self.done);
            ctx.send(before, Msg::Received { number, index, done });
        }
        if self.is_tail() {
            self.answer(ctx);
        }
    }
}
