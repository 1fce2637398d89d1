//! Locks with a lease: who holds the lock may be the last to learn that it no longer does.
//!
//! # The problem
//!
//! Only one client at a time is to write to a storage. It takes a lock first. Should it die, the lock must not stay taken
//! for ever: so it is only lent, for a time. The client works, writes, and gives the lock back.
//!
//! # The model
//!
//! Messages may be late without bound, and a client may stand still at any moment and not notice. A lock node measures the
//! lease by one of its clocks ([`Config::expiry`]). With several lock nodes (Redlock) a client needs a majority of them.
//!
//! # What is guaranteed
//!
//! As it stands: nothing. Two clients may both take themselves for the holder, and the write of one that has lost the lock
//! may arrive after the next one's. To look at the lease before writing ([`Config::check`]) does not help: the time
//! between the look and the arrival has no bound. With [`Config::fencing`] the storage helps: each lending has a larger
//! *token*, each write carries it, and the storage refuses one that is smaller than what it has seen. Late writes are
//! refused, whoever believes what.
//!
//! # The messages
//!
//! [`Msg::Lock`], [`Msg::Granted`], [`Msg::Denied`] and [`Msg::Unlock`] between a client and the lock nodes;
//! [`Msg::Write`] and [`Msg::Read`] to the storage, [`Msg::Done`] back.
//!
//! # What is left out
//!
//! Renewal of a lease, restarts of lock nodes, clients with two operations at once: the second fails.
//!
//! # References
//!
//! Cary Gray and David Cheriton, *Leases*, 1989. Martin Kleppmann, *How to do distributed locking*, 2016.

use crate::node::{
    Badge, Ctx, Datum, Fact, Key, LocalSpan, LocalTime, Node, NodeId, Op, Operation, OperationId, Outcome, digest,
    node_value,
};
use crate::protocols::clocks::own::Clock;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How long the lock is lent.
    pub lease: LocalSpan,
    /// How long a client works between taking the lock and writing.
    pub work: LocalSpan,
    /// How long a client that was denied the lock waits before it asks again.
    pub again: LocalSpan,
    /// By which clock a lock node knows that a lease is over.
    pub expiry: Clock,
    /// Whether a client looks at its lease before it writes.
    pub check: bool,
    /// Whether the storage refuses old tokens.
    pub fencing: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            lease: LocalSpan::millis(100),
            work: LocalSpan::millis(20),
            again: LocalSpan::millis(20),
            expiry: Clock::Monotonic,
            check: false,
            fencing: false,
        }
    }
}

node_value! {
    /// A node: of the group `lock`, of the group `storage`, or a client.
    pub enum Lease {
        /// Lends the lock.
        Lock(Lock),
        /// Keeps what is written.
        Storage(Storage),
        /// Wants to write.
        Client(Client),
    }

    /// One who lends the lock.
    pub struct Lock {
        /// Who has it, and until when.
        lent: Option<(NodeId, LocalTime)>,
        /// How often it was lent: the last token.
        token: u64,
        lease: LocalSpan,
        expiry: Clock,
    }

    /// The storage.
    #[derive(Default)]
    pub struct Storage {
        values: BTreeMap<Key, Datum>,
        /// How many writes were done.
        writes: u64,
        /// The largest token that came with a write.
        token: u64,
        fencing: bool,
    }

    /// A client.
    pub struct Client {
        /// What it wants to write, and what it has of the lock.
        task: Option<Task>,
        lease: LocalSpan,
        work: LocalSpan,
        again: LocalSpan,
        check: bool,
    }

    /// A write that needs the lock.
    pub struct Task {
        operation: OperationId,
        key: Key,
        value: Datum,
        /// Its uptime when it asked last.
        asked: LocalSpan,
        /// Which lock nodes have lent it the lock.
        granted: BTreeSet<NodeId>,
        /// The largest token of those.
        token: u64,
        /// Whether it has a majority.
        holds: bool,
    }

    /// What is said.
    pub enum Msg {
        /// Lend me the lock.
        Lock(OperationId),
        /// It is yours, with this token.
        Granted(OperationId, u64),
        /// Another has it.
        Denied,
        /// I do not need it any more.
        Unlock,
        /// Keep this.
        Write {
            /// The operation.
            operation: OperationId,
            /// The token of the lock under which it is written.
            token: u64,
            /// Where.
            key: Key,
            /// What.
            value: Datum,
        },
        /// What is there?
        Read(OperationId, Key),
        /// So it ended.
        Done(OperationId, Outcome),
    }

    /// What a client waits for.
    #[derive(Copy)]
    pub enum Timer {
        /// Time to ask for the lock again.
        Again,
        /// The work is done.
        Write,
    }
}

impl Node for Lease {
    type Config = Config;
    type Msg = Msg;
    type Timer = Timer;
    type Disk = ();

    fn boot(ctx: &mut Ctx<Self>, config: &Config, (): &()) -> Self {
        let Config { lease, work, again, expiry, check, fencing } = *config;
        let is_in = |group| ctx.cluster().group(group).contains(&ctx.me());
        if is_in("lock") {
            Lease::Lock(Lock { lent: None, token: 0, lease, expiry })
        } else if is_in("storage") {
            Lease::Storage(Storage { fencing, ..Storage::default() })
        } else {
            Lease::Client(Client { task: None, lease, work, again, check })
        }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Msg) {
        match self {
            Lease::Lock(lock) => lock.on_message(ctx, from, msg),
            Lease::Storage(storage) => storage.on_message(ctx, from, msg),
            Lease::Client(client) => client.on_message(ctx, from, msg),
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: Timer) {
        let Lease::Client(client) = self else { return };
        match timer {
            Timer::Again => client.ask(ctx),
            Timer::Write => client.write(ctx),
        }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, Operation { id, op, .. }: Operation) {
        let Lease::Client(client) = self else { return };
        match op {
            Op::Get(key) => to_storage(ctx, Msg::Read(id, key)),
            Op::Put(key, value) if client.task.is_none() => {
                let (asked, granted) = (ctx.uptime(), BTreeSet::new());
                client.task = Some(Task { operation: id, key, value, asked, granted, token: 0, holds: false });
                client.ask(ctx);
            }
            _ => ctx.observe(Fact::refused(id)),
        }
    }

    fn badge(&self) -> Badge {
        match self {
            Lease::Lock(_) => Badge::role("lock"),
            Lease::Storage(_) => Badge::role("storage"),
            Lease::Client(client) => {
                let holds = client.task.as_ref().filter(|task| task.holds);
                Badge { role: "client", term: holds.map(|task| task.token), leads: holds.is_some() }
            }
        }
    }
}

impl Lock {
    fn on_message(&mut self, ctx: &mut Ctx<Lease>, from: NodeId, msg: Msg) {
        let now = self.expiry.now(ctx);
        match msg {
            Msg::Lock(operation) => {
                if self.lent.is_some_and(|(holder, until)| holder != from && now < until) {
                    ctx.send(from, Msg::Denied);
                    return;
                }
                self.token += 1;
                self.lent = Some((from, now + self.lease));
                ctx.send(from, Msg::Granted(operation, self.token));
            }
            Msg::Unlock if self.lent.is_some_and(|(holder, _)| holder == from) => self.lent = None,
            _ => {}
        }
    }
}

impl Storage {
    fn on_message(&mut self, ctx: &mut Ctx<Lease>, from: NodeId, msg: Msg) {
        match msg {
            Msg::Write { operation, token, key, value } => {
                let outcome = if self.fencing && token < self.token {
                    Outcome::Failed
                } else {
                    self.token = self.token.max(token);
                    self.writes += 1;
                    let entry = digest(&(operation, &key, &value));
                    ctx.observe(Fact::Applied { index: self.writes, entry, operation: Some(operation) });
                    self.values.insert(key, value);
                    Outcome::Ok(Datum::Absent)
                };
                ctx.send(from, Msg::Done(operation, outcome));
            }
            Msg::Read(operation, key) => {
                let value = self.values.get(&key).cloned().unwrap_or_default();
                ctx.send(from, Msg::Done(operation, Outcome::Ok(value)));
            }
            _ => {}
        }
    }
}

impl Client {
    /// Asks every lock node, and again after a while as long as there is no majority.
    fn ask(&mut self, ctx: &mut Ctx<Lease>) {
        let Some(task) = self.task.as_mut().filter(|task| !task.holds) else { return };
        task.asked = ctx.uptime();
        task.granted.clear();
        let operation = task.operation;
        to_locks(ctx, || Msg::Lock(operation));
        ctx.set_timer(Timer::Again, self.again);
    }

    fn on_message(&mut self, ctx: &mut Ctx<Lease>, from: NodeId, msg: Msg) {
        match msg {
            Msg::Granted(operation, token) => self.on_granted(ctx, from, operation, token),
            Msg::Done(operation, outcome) => self.on_done(ctx, operation, outcome),
            _ => {}
        }
    }

    fn on_granted(&mut self, ctx: &mut Ctx<Lease>, from: NodeId, operation: OperationId, token: u64) {
        let Some(task) = self.task.as_mut().filter(|task| task.operation == operation && !task.holds) else { return };
        task.granted.insert(from);
        task.token = task.token.max(token);
        if task.granted.len() > ctx.cluster().group("lock").len() / 2 {
            task.holds = true;
            ctx.cancel_timer(Timer::Again);
            ctx.observe(Fact::Acquired { token: task.token });
            ctx.set_timer(Timer::Write, self.work);
        }
    }

    /// The work is done. The lease may be over, and this client may or may not have looked.
    fn write(&mut self, ctx: &mut Ctx<Lease>) {
        let Some(task) = &self.task else { return };
        let held = ctx.uptime().0.saturating_sub(task.asked.0);
        if self.check && held >= self.lease.0 {
            let operation = task.operation;
            self.on_done(ctx, operation, Outcome::Failed);
            return;
        }
        let Task { operation, token, key, value, .. } = task.clone();
        to_storage(ctx, Msg::Write { operation, token, key, value });
    }

    /// A read has ended, or the write: then the lock is given back.
    fn on_done(&mut self, ctx: &mut Ctx<Lease>, operation: OperationId, outcome: Outcome) {
        if let Some(task) = self.task.take_if(|task| task.operation == operation) {
            ctx.observe(Fact::Released { token: task.token });
            to_locks(ctx, || Msg::Unlock);
        }
        ctx.observe(Fact::Returned { operation, outcome });
    }
}

fn to_locks(ctx: &mut Ctx<Lease>, msg: impl Fn() -> Msg) {
    for &lock in ctx.cluster().group("lock") {
        ctx.send(lock, msg());
    }
}

fn to_storage(ctx: &mut Ctx<Lease>, msg: Msg) {
    if let Some(&storage) = ctx.cluster().group("storage").first() {
        ctx.send(storage, msg);
    }
}
