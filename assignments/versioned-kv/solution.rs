//! Assignment 2, solved: a key-value server whose values have versions, and a client that is honest about what it
//! cannot know (after the first lab of MIT's course 6.5840; versions as in Kung and Robinson, "On optimistic
//! methods for concurrency control", 1981).

use pessimist::node::{Badge, Ctx, Datum, Fact, Key, LocalSpan, Node, NodeId, Op, Operation, Outcome, node_value};
use pessimist::scenario::Registry;
use std::collections::BTreeMap;

/// How long a client waits in silence before it asks again.
const PATIENCE: LocalSpan = LocalSpan::millis(50);

node_value! {
    /// The server, or a client of it.
    pub struct Party {
        /// Of the server: each key's value and version.
        pub store: BTreeMap<Key, (Datum, u64)>,
        /// Of a client: how many calls it has made.
        calls: u64,
        /// Of a client: those that are under way, by their number.
        pending: BTreeMap<u64, Call>,
    }

    /// What a client has been asked for, and how far it is with that.
    pub struct Call {
        operation: Operation,
        /// What it asks the server now.
        request: Msg,
        /// How often it has asked that.
        tries: u32,
    }

    /// What is said.
    pub enum Msg {
        Get { call: u64, key: Key },
        Value { call: u64, value: Datum, version: u64 },
        /// Store this where the version is still that.
        Put { call: u64, key: Key, value: Datum, version: u64 },
        /// It was stored; or the version is another.
        Stored { call: u64, done: bool },
    }

    /// Time to ask again.
    #[derive(Copy)]
    pub struct AskAgain(pub u64);
}

impl Node for Party {
    type Config = ();
    type Msg = Msg;
    type Timer = AskAgain;
    type Disk = ();

    fn boot(_: &mut Ctx<Self>, (): &(), (): &()) -> Self {
        Party { store: BTreeMap::new(), calls: 0, pending: BTreeMap::new() }
    }

    /// Whatever is wanted, what the key holds is read first.
    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        let Some(key) = operation.op.key().cloned() else { return };
        self.calls += 1;
        let request = Msg::Get { call: self.calls, key };
        self.pending.insert(self.calls, Call { operation, request, tries: 0 });
        self.ask(ctx, self.calls);
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Msg) {
        match msg {
            Msg::Get { call, key } => {
                let (value, version) = self.store.get(&key).cloned().unwrap_or_default();
                ctx.send(from, Msg::Value { call, value, version });
            }
            Msg::Put { call, key, value, version } => {
                let held = self.store.entry(key).or_default();
                let done = held.1 == version;
                if done {
                    *held = (value, version + 1);
                }
                ctx.send(from, Msg::Stored { call, done });
            }
            Msg::Value { call, value, version } => self.on_value(ctx, call, value, version),
            Msg::Stored { call, done } => self.on_stored(ctx, call, done),
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, AskAgain(call): AskAgain) {
        self.ask(ctx, call);
    }

    fn badge(&self) -> Badge {
        Badge::role("party")
    }
}

impl Party {
    fn ask(&mut self, ctx: &mut Ctx<Self>, number: u64) {
        let Some(&server) = ctx.cluster().group("server").first() else { return };
        let Some(call) = self.pending.get_mut(&number) else { return };
        call.tries += 1;
        ctx.observe(Fact::Asked { operation: call.operation.id, server });
        ctx.send(server, call.request.clone());
        ctx.set_timer(AskAgain(number), PATIENCE);
    }

    /// The client knows what the key holds. Whoever wants it changed says from which version.
    fn on_value(&mut self, ctx: &mut Ctx<Self>, number: u64, value: Datum, version: u64) {
        let Some(call) = self.pending.get_mut(&number).filter(|call| matches!(call.request, Msg::Get { .. })) else {
            return;
        };
        match &call.operation.op {
            Op::Cas { key, expected, new } if *expected == value => {
                call.request = Msg::Put { call: number, key: key.clone(), value: new.clone(), version };
                call.tries = 0;
                self.ask(ctx, number);
            }
            Op::Cas { .. } => self.end(ctx, number, Some(Outcome::Failed)),
            _ => self.end(ctx, number, Some(Outcome::Ok(value))),
        }
    }

    /// Another version, where the client has asked more than once: the first try may be what made it so.
    fn on_stored(&mut self, ctx: &mut Ctx<Self>, number: u64, done: bool) {
        let Some(call) = self.pending.get(&number).filter(|call| matches!(call.request, Msg::Put { .. })) else {
            return;
        };
        let outcome = match (done, call.tries) {
            (true, _) => Some(Outcome::Ok(Datum::Absent)),
            (false, 1) => Some(Outcome::Failed),
            (false, _) => None,
        };
        self.end(ctx, number, outcome);
    }

    /// The call is over; without an outcome it is unknown whether it took effect.
    fn end(&mut self, ctx: &mut Ctx<Self>, number: u64, outcome: Option<Outcome>) {
        let Some(Call { operation, .. }) = self.pending.remove(&number) else { return };
        ctx.cancel_timer(AskAgain(number));
        ctx.observe(match outcome {
            Some(outcome) => Fact::Returned { operation: operation.id, outcome },
            None => Fact::TimedOut { operation: operation.id },
        });
    }
}

/// The protocols that scenarios may name.
pub fn registry() -> Registry {
    Registry::standard().with::<Party>("Versions")
}
