//! Last write wins: a register on several nodes that keeps the value with the highest timestamp.
//!
//! # The problem
//!
//! Several nodes hold the same register, and each of them takes writes. Two writes may meet in either order. If every
//! write carries a timestamp and the higher one wins everywhere, all nodes come to the same value.
//!
//! # The model
//!
//! Messages may be late, lost or doubled. Timestamps are readings of the wall clock of the node that takes the write.
//!
//! # What is guaranteed
//!
//! Nodes that have seen the same writes hold the same value. Nothing else: *last* means highest timestamp, not latest. A
//! write with an older timestamp is acknowledged and dropped, by a clock that is behind or, with perfect clocks, because
//! somebody else wrote at the same time. Majorities of writers and readers do not help: the merge itself loses.
//!
//! # The messages
//!
//! A client asks the replica of its place in its group ([`Msg::Request`], [`Msg::Reply`]). That replica tells a write to
//! all ([`Msg::Store`]), or asks all for a read ([`Msg::Fetch`]), and answers when a majority has, itself among them
//! ([`Msg::Held`]).
//!
//! # What is left out
//!
//! Retries, repair of replicas that missed a write, deletion, clients that give timestamps themselves.
//!
//! # References
//!
//! Robert Thomas, *A majority consensus approach to concurrency control*, 1979 (the rule). Kyle Kingsbury, *The trouble
//! with timestamps*, 2013 (the trouble).

use crate::node::{
    Badge, Ctx, Datum, Fact, Key, LocalTime, Node, NodeId, Op, Operation, OperationId, Outcome, Stamp, node_value,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// There is nothing to be set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {}

node_value! {
    /// A node: those of the group `replica` hold the registers, all others are clients.
    pub enum LastWriteWins {
        /// Holds the registers.
        Replica(Replica),
        /// Asks.
        Client,
    }

    /// A replica, and what it has begun for clients.
    #[derive(Default)]
    pub struct Replica {
        registers: BTreeMap<Key, Version>,
        begun: BTreeMap<OperationId, Begun>,
    }

    /// A value and its timestamp: the larger one wins. Nodes tell equal readings apart.
    #[derive(Default)]
    pub struct Version {
        /// The wall clock of the node that took the write, and that node's place.
        pub stamp: (LocalTime, u64),
        /// The value.
        pub value: Datum,
    }

    /// An operation that waits for a majority.
    pub struct Begun {
        client: NodeId,
        is_read: bool,
        newest: Version,
        answered: BTreeSet<NodeId>,
    }

    /// What is said.
    pub enum Msg {
        /// A client asks for this.
        Request(OperationId, Op),
        /// It is done.
        Reply(OperationId, Outcome),
        /// Keep this, if it is newer.
        Store(OperationId, Key, Version),
        /// What do you hold?
        Fetch(OperationId, Key),
        /// This.
        Held(OperationId, Version),
    }
}

impl Node for LastWriteWins {
    type Config = Config;
    type Msg = Msg;
    type Timer = ();
    type Disk = ();

    fn boot(ctx: &mut Ctx<Self>, _: &Config, (): &()) -> Self {
        let holds = ctx.cluster().group("replica").contains(&ctx.me());
        if holds { LastWriteWins::Replica(Replica::default()) } else { LastWriteWins::Client }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Msg) {
        match (self, msg) {
            (LastWriteWins::Replica(replica), msg) => replica.on_message(ctx, from, msg),
            (LastWriteWins::Client, Msg::Reply(operation, outcome)) => {
                ctx.observe(Fact::Returned { operation, outcome });
            }
            (LastWriteWins::Client, _) => {}
        }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        let replicas = ctx.cluster().group("replica");
        let place = ctx.peers().iter().position(|&peer| peer == ctx.me()).unwrap_or(0);
        if let (LastWriteWins::Client, false) = (&self, replicas.is_empty()) {
            ctx.send(replicas[place % replicas.len()], Msg::Request(operation.id, operation.op));
        }
    }

    fn badge(&self) -> Badge {
        Badge::role(match self {
            LastWriteWins::Replica(_) => "replica",
            LastWriteWins::Client => "client",
        })
    }
}

impl Replica {
    fn on_message(&mut self, ctx: &mut Ctx<LastWriteWins>, from: NodeId, msg: Msg) {
        match msg {
            Msg::Request(operation, op) => self.on_request(ctx, from, operation, op),
            Msg::Store(operation, key, version) => {
                self.merge(ctx, &key, version);
                ctx.send(from, Msg::Held(operation, self.held(&key)));
            }
            Msg::Fetch(operation, key) => ctx.send(from, Msg::Held(operation, self.held(&key))),
            Msg::Held(operation, version) => self.on_held(ctx, from, operation, version),
            Msg::Reply(..) => {}
        }
    }

    fn on_request(&mut self, ctx: &mut Ctx<LastWriteWins>, client: NodeId, operation: OperationId, op: Op) {
        let me = ctx.me();
        let (key, is_read) = match op {
            Op::Get(key) => (key, true),
            Op::Put(key, value) => {
                let stamp = (ctx.now(), me.index() as u64);
                let shown = Stamp::Time { time: stamp.0.0, count: stamp.1 };
                ctx.observe(Fact::Stamped { stamp: shown, bound: None, operation: Some(operation) });
                let version = Version { stamp, value };
                for other in ctx.others() {
                    ctx.send(other, Msg::Store(operation, key.clone(), version.clone()));
                }
                self.merge(ctx, &key, version);
                (key, false)
            }
            _ => {
                ctx.send(client, Msg::Reply(operation, Outcome::Failed));
                return;
            }
        };
        if is_read {
            ctx.others().for_each(|other| ctx.send(other, Msg::Fetch(operation, key.clone())));
        }
        let newest = self.held(&key);
        self.begun.insert(operation, Begun { client, is_read, newest: newest.clone(), answered: BTreeSet::new() });
        self.on_held(ctx, me, operation, newest);
    }

    /// A majority settles it: for a read, the newest of what was heard.
    fn on_held(&mut self, ctx: &mut Ctx<LastWriteWins>, from: NodeId, operation: OperationId, version: Version) {
        let Some(begun) = self.begun.get_mut(&operation) else { return };
        begun.answered.insert(from);
        begun.newest = begun.newest.clone().max(version);
        if begun.answered.len() <= ctx.peers().len() / 2 {
            return;
        }
        let value = if begun.is_read { begun.newest.value.clone() } else { Datum::Absent };
        let client = begun.client;
        self.begun.remove(&operation);
        ctx.send(client, Msg::Reply(operation, Outcome::Ok(value)));
    }

    /// The whole rule: the higher timestamp wins.
    fn merge(&mut self, ctx: &mut Ctx<LastWriteWins>, key: &Key, version: Version) {
        if version.stamp > self.held(key).stamp {
            ctx.observe(Fact::Stored { key: key.clone(), values: [version.value.clone()].into() });
            self.registers.insert(key.clone(), version);
        }
    }

    fn held(&self, key: &Key) -> Version {
        self.registers.get(key).cloned().unwrap_or(Version { stamp: (LocalTime(i64::MIN), 0), value: Datum::Absent })
    }
}
