//! Multi-leader replication: every leader takes writes at once, and ships them to the others afterwards.
//!
//! # The problem
//!
//! One leader is far from some of its clients, and out of reach where a link is cut. Several leaders can each answer the
//! clients beside them without waiting for anybody: in two data centres, or on two telephones without a network. The price
//! is that two of them may take writes of one key, neither of which has seen the other. Nobody can refuse such a conflict
//! when it happens, for nobody knows of it. It can only be found afterwards, and something has to be done about it.
//!
//! # The model
//!
//! Messages may be late, lost, doubled or overtaken; leaders crash and come back with their disks. Clients ask the leader
//! of their own place in their group, and no other.
//!
//! # What is guaranteed
//!
//! - An acknowledged write is on its leader's disk, and is carried out once, however often its client asks.
//! - Leaders that have carried out the same writes hold the same: see [`Resolve`]. Where each leader can reach each other
//!   along the [`Topology`], in the end they have: what a cut link lost is asked for again ([`Msg::Have`]).
//! - Under [`Resolve::Siblings`] and [`Resolve::Merge`] an acknowledged write stays until one replaces it whose client had
//!   been shown it. Under [`Resolve::LastWriteWins`] it does not (scenario `replication/cart`).
//! - With [`Config::causal`] no leader shows a write before what its leader had carried out when it took it. Without, only
//!   writes of one leader keep their order (scenario `replication/overtaken-insert`).
//!
//! An acknowledged write is on one disk, and readers elsewhere see it later. A rule on several writes, such as "one meeting
//! a room", can be checked by each leader and still be broken by all (scenario `replication/meeting-room`).
//!
//! # How conflicts are found
//!
//! Each leader numbers the writes that it takes; that is a write's [`Dot`](super::super::versions::Dot). A client is shown
//! a value with its context, a version vector, and hands it back with its next write of that key: the write replaces what
//! the context covers. Two writes neither of which covers the other are in conflict (Parker and others, 1983). The reply
//! to a write shows what is held then, as that to a read does.
//!
//! # The messages
//!
//! [`Msg::Request`] and [`Msg::Reply`] between a client and its leader; [`Msg::Update`], a write that is shipped. A leader
//! ships on what it had not seen, by the write's number; that ends every loop. [`Msg::Have`] goes now and then to whoever
//! ships to this leader, which answers with what is [`Msg::Missing`].
//!
//! # What is left out
//!
//! Logs are never truncated, and tombstones never forgotten: that takes knowing what every leader has. An answer to
//! [`Msg::Have`] is one message, however long. A leader that loses its disk gives numbers twice. No failover of clients to
//! another leader, so that session guarantees would need more. Conditional writes and taking from a queue are refused,
//! counters and texts are not merged. Leaders neither join nor leave.
//!
//! # References
//!
//! Martin Kleppmann, *Designing Data-Intensive Applications* (2017), chapter 5. Stott Parker and others, *Detection of
//! Mutual Inconsistency in Distributed Systems* (1983). Douglas Terry and others, *Managing Update Conflicts in Bayou*
//! (1995): writes that are logged, exchanged in pairs, and merged. Preguica and others (2012), at
//! [`versions`](super::super::versions). Marc Shapiro and others, *Conflict-free Replicated Data Types* (2011): the set
//! under [`Resolve::Merge`] is an observed-remove set.

mod client;
mod config;
mod held;
mod leader;
mod mutants;

#[cfg(test)]
mod tests;

pub use client::Client;
pub use config::{Config, Resolve, Topology};
pub use held::{Held, Version, Write};
pub use leader::Leader;
pub use mutants::{Bug, Config as MutantConfig, Mutant};

use crate::node::{Badge, Ctx, Datum, Disk, Log, Node, NodeId, Op, Operation, OperationId, Outcome, node_value};
use crate::protocols::versions::VersionVector;
use std::collections::BTreeMap;

/// The group whose nodes take writes.
pub(crate) const LEADERS: &str = "leader";

node_value! {
    /// A node: those of the group `leader` hold values, all others are clients.
    pub enum MultiLeader {
        /// Holds values.
        Leader(Leader),
        /// Reads and writes.
        Client(Client),
    }

    /// All writes that a leader has carried out, by the leader that took them, in their order.
    #[derive(Default)]
    pub struct Durable {
        logs: BTreeMap<NodeId, Log<Write>>,
    }

    /// What a client is shown: values, and the context that stands for them.
    #[derive(Default)]
    pub struct Shown {
        /// The values that stood side by side.
        pub values: Vec<Datum>,
        /// What whoever has seen them has seen.
        pub context: VersionVector,
    }

    /// What a client asks for.
    pub struct Request {
        /// The operation.
        pub operation: OperationId,
        /// What is to be done.
        pub op: Op,
        /// What the client was last shown of the key.
        pub context: VersionVector,
    }

    /// What is said.
    pub enum Msg {
        /// A client asks.
        Request(Request),
        /// The leader has done it, or refuses.
        Reply {
            /// The operation.
            operation: OperationId,
            /// How it ended.
            outcome: Outcome,
            /// What is held of its key now.
            shown: Shown,
        },
        /// A write, shipped as soon as it is carried out.
        Update(Write),
        /// All that the sender has carried out.
        Have(VersionVector),
        /// Writes that the receiver lacks.
        Missing(Vec<Write>),
    }

    /// What is waited for.
    #[derive(Copy)]
    pub enum Timer {
        /// A leader: time to compare with those that ship to it.
        Compare,
        /// A client: time to ask again.
        AskAgain(OperationId),
        /// A client: time to give up.
        GiveUp(OperationId),
    }
}

impl Durable {
    /// The writes, those of one leader in their order.
    pub fn writes(&self) -> impl Iterator<Item = &Write> {
        self.logs.values().flat_map(Log::iter)
    }
}

impl Disk for Durable {
    type Write = Write;

    fn apply(&mut self, write: Write) {
        let log = self.logs.entry(write.dot.server).or_default();
        // A disk that lied or tore may lack what a write follows: there it cannot be read back.
        if write.dot.number == log.len() as u64 + 1 {
            log.push(write);
        }
    }
}

impl Node for MultiLeader {
    type Config = Config;
    type Msg = Msg;
    type Timer = Timer;
    type Disk = Durable;

    fn boot(ctx: &mut Ctx<Self>, config: &Config, disk: &Durable) -> Self {
        if ctx.cluster().group(LEADERS).contains(&ctx.me()) {
            return MultiLeader::Leader(Leader::boot(ctx, config, disk));
        }
        MultiLeader::Client(Client::new(config))
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Msg) {
        match (self, msg) {
            (MultiLeader::Leader(leader), Msg::Request(request)) => leader.on_request(ctx, from, request),
            (MultiLeader::Leader(leader), Msg::Update(write)) => leader.receive(ctx, from, vec![write]),
            (MultiLeader::Leader(leader), Msg::Missing(writes)) => leader.receive(ctx, from, writes),
            (MultiLeader::Leader(leader), Msg::Have(has)) => leader.on_have(ctx, from, &has),
            (MultiLeader::Client(client), Msg::Reply { operation, outcome, shown }) => {
                client.on_reply(ctx, operation, outcome, shown);
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: Timer) {
        match (self, timer) {
            (MultiLeader::Leader(leader), Timer::Compare) => leader.compare(ctx),
            (MultiLeader::Client(client), Timer::AskAgain(operation)) => client.ask(ctx, operation),
            (MultiLeader::Client(client), Timer::GiveUp(operation)) => client.give_up(ctx, operation),
            _ => {}
        }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        if let MultiLeader::Client(client) = self {
            client.on_operation(ctx, operation);
        }
    }

    fn badge(&self) -> Badge {
        Badge::role(match self {
            MultiLeader::Leader(_) => "leader",
            MultiLeader::Client(_) => "client",
        })
    }
}
