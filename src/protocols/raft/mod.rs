//! Raft: a log that a majority agrees on, and a store of keys and values that is built from it.
//!
//! # The problem
//!
//! Several servers are to behave as one that does not fail. If all of them apply the same commands in the same order
//! to the same state machine, any of them can stand in for any other. So they must agree on a log of commands, while
//! some of them crash and come back, and while messages between them are lost, late, doubled or out of order.
//!
//! # The model
//!
//! Servers crash and may restart; what they synced to disk survives, the rest does not. A disk that forgets what it
//! said to be durable is outside the model. The network may do anything to a message but change it. Clocks are used to
//! decide when to try, never what is true: whatever they show, safety holds. The servers, the nodes of the group
//! `replica`, are fixed and known. Clients are the nodes of the group `client`.
//!
//! # What is guaranteed
//!
//! Always (Figure 3): *Election Safety*, at most one leader in a term; *Leader Append-Only*, a leader never changes what
//! its log holds; *Log Matching*, logs that hold an entry of the same place and term are the same up to it; *Leader
//! Completeness*, what was committed in a term is in the logs of the leaders of all later terms; *State Machine Safety*,
//! no two servers apply different commands at one place. To clients the store is linearizable, and a command that is
//! sent many times takes effect once.
//!
//! When a majority is up and hears each other soon enough: a leader is elected, and operations end.
//!
//! # How it goes
//!
//! A follower that hears from no leader for a randomly drawn election timeout becomes a *candidate* of the next term and
//! asks for votes ([`RequestVote`](messages::RequestVote), [`Vote`](messages::Vote)); with a majority it leads
//! ([`election`]). A *leader* appends clients' commands to its log and hands the entries to the others
//! ([`AppendEntries`](messages::AppendEntries), [`AppendReply`](messages::AppendReply)), repairing logs that differ from
//! its own; what a majority has stored is committed, and then applied ([`replication`]). A snapshot takes the place of
//! the applied part of the log, and reaches those who fell far behind whole
//! ([`InstallSnapshot`](messages::InstallSnapshot), [`snapshots`]). A read is answered when a majority has confirmed that
//! the leader still leads ([`reads`]). A [`client`] looks for the leader, and asks again under the same number.
//!
//! Where to read on: [`storage`] is what survives a crash, [`replica`] the roles and what is common to all of them,
//! [`machine`] the store. [`mutants`] are the mistakes that people make when they write this.
//!
//! # Where this differs from the paper
//!
//! - A request and its answer are two messages, and an answer names what it answers. At most one AppendEntries with
//!   entries is on its way to a follower at a time; a heartbeat repeats what was not acknowledged.
//! - A leader brings an entry to its own disk before it sends it. (Both at once is safe as well: dissertation §10.2.1.)
//! - The client's node is its session, so that none is opened and none expires (dissertation §6.3).
//! - A snapshot travels whole (Figure 13 has chunks). A follower that has the last entry that a snapshot covers ignores
//!   its content and keeps its log, but learns that this much is committed.
//! - Given logs ([`Config::logs`]) make the paper's Figure 7 a scenario.
//!
//! # What is left out
//!
//! Changes of membership (§6), transfer of leadership (dissertation §3.10), reads by followers and by lease
//! (dissertation §6.4), a leader that overlaps its own disk with the network and pipelining (dissertation §10.2).
//!
//! # References
//!
//! Diego Ongaro and John Ousterhout, *In Search of an Understandable Consensus Algorithm (Extended Version)*, 2014: cited
//! by section (§5.2) and figure (Fig. 2). Diego Ongaro, *Consensus: Bridging Theory and Practice*, 2014: cited as
//! dissertation.

pub mod client;
pub mod config;
pub mod election;
pub mod machine;
pub mod messages;
pub mod mutants;
pub mod reads;
pub mod replica;
pub mod replication;
pub mod snapshots;
pub mod storage;
#[cfg(test)]
mod tests;

pub use client::Client;
pub use config::{Config, ReadMode};
pub use messages::Msg;
pub use mutants::{Bug, Mutant};
pub use replica::Replica;

use crate::node::{self, Badge, Fact, Node, NodeId, Operation, OperationId, node_value};
use storage::Persistent;

/// The group of the cluster whose nodes are servers.
pub const REPLICAS: &str = "replica";

/// The group of the cluster whose nodes are clients.
pub const CLIENTS: &str = "client";

type Ctx<'a> = node::Ctx<'a, Raft>;

node_value! {
    /// A node: which of the two it is, its group says.
    pub enum Raft {
        /// A server.
        Replica(Replica),
        /// A client.
        Client(Client),
    }

    /// The timers. A timer that fires after the role that set it is over does nothing.
    #[derive(Copy)]
    pub enum Timer {
        /// No leader was heard, or no election won, for too long (§5.2).
        Election,
        /// A leader makes itself heard (§5.2).
        Heartbeat,
        /// A candidate asks again who has not answered (§5.1).
        Retry,
        /// A leader looks whether it still reaches a majority (dissertation §6.2).
        CheckQuorum,
        /// The leader was last heard the shortest election timeout ago (dissertation §4.2.3).
        Loyalty,
        /// A client asks again about this operation.
        AskAgain(OperationId),
        /// A client gives up on this operation.
        GiveUp(OperationId),
    }
}

impl Node for Raft {
    type Config = Config;
    type Msg = Msg;
    type Timer = Timer;
    type Disk = Persistent;

    fn boot(ctx: &mut Ctx, config: &Config, disk: &Persistent) -> Self {
        match ctx.cluster().group_of(ctx.me()).name.as_str() {
            CLIENTS => Raft::Client(Client::boot(ctx, config)),
            _ => Raft::Replica(Replica::boot(ctx, config, disk)),
        }
    }

    fn on_message(&mut self, ctx: &mut Ctx, from: NodeId, msg: Msg) {
        match self {
            Raft::Replica(replica) => replica.on_message(ctx, from, msg),
            Raft::Client(client) => client.on_message(ctx, from, msg),
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx, timer: Timer) {
        match self {
            Raft::Replica(replica) => replica.on_timer(ctx, timer),
            Raft::Client(client) => client.on_timer(ctx, timer),
        }
    }

    fn on_operation(&mut self, ctx: &mut Ctx, operation: Operation) {
        match self {
            Raft::Client(client) => client.on_operation(ctx, operation),
            // A server is nobody's client: what is asked of it this way has certainly no effect.
            Raft::Replica(_) => ctx.observe(Fact::refused(operation.id)),
        }
    }

    fn badge(&self) -> Badge {
        match self {
            Raft::Replica(replica) => replica.badge(),
            Raft::Client(_) => Badge::role("client"),
        }
    }
}
