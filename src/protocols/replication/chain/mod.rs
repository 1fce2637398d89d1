//! Chain replication: writes enter at the head, run down a chain of servers, and are done at the tail.
//!
//! # The problem
//!
//! With one primary and many followers the primary does all the work, and who reads elsewhere reads the past. A chain
//! parts the work: the *head* takes writes and puts them in order, each server hands them to the next, and the *tail*
//! answers. What the tail has, all have; so what it shows is what is done.
//!
//! # The model
//!
//! Servers (group `replica`, in the order of the first chain) are fail-stop: one that crashed stays out, and does not come
//! back. Links may lose, delay and double. A *master* (group `master`, one node) is taken not to fail, as in the paper,
//! where it is itself replicated. It takes a server for failed that it has not heard for `suspect`. The paper asks that
//! this be never wrong; over a network it can be, and then a tail that was left out while it lives goes on answering reads
//! from what it knows.
//!
//! # What is guaranteed
//!
//! While suspicions are right and one server lives: operations are linearizable, and an acknowledged write is on every
//! server of the chain. *Update Propagation Invariant*: what a server has is a prefix of what those before it have
//! (section 3.1).
//!
//! # How it goes
//!
//! A server keeps what it has handed on and the tail has not confirmed: its `sent` list ([`Msg::Update`], [`Msg::Ack`]).
//! The master names a new chain ([`Msg::Chain`]) when (section 3.2)
//!
//! - the *head* fails: the next is the head. What the old one had not handed on is lost, and its clients heard nothing.
//! - the *tail* fails: the one before it is the tail, and what it had handed on is thereby done.
//! - one *between* fails: the next says what it has received ([`Msg::Received`]), and is sent the rest of `sent` before
//!   anything new. Without that rule, what was with the failed one would be missing from there on.
//!
//! # What is left out
//!
//! A new server at the end of the chain; many chains; queries at other servers (CRAQ). The master's own replication. Disks:
//! a fail-stop server has no use for one, but to know that it has run before.
//!
//! # References
//!
//! Robbert van Renesse and Fred Schneider, *Chain Replication for Supporting High Throughput and Availability*, OSDI 2004.

mod client;
mod master;
mod mutants;
mod server;

pub use client::Client;
pub use master::Master;
pub use mutants::Mutant;
pub use server::Server;

use crate::node::{
    self, Badge, Cluster, Disk, Fact, LocalSpan, Node, NodeId, Op, Operation, OperationId, Outcome, node_value,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The group of the cluster that the chain is made of.
pub const SERVERS: &str = "replica";

/// The group of the cluster whose first node is the master.
pub const MASTER: &str = "master";

/// The settings. All are optional.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How often servers make themselves heard by the master, and repeat what was not confirmed.
    pub heartbeat: LocalSpan,
    /// How long a server may be silent before the master takes it for failed.
    pub suspect: LocalSpan,
    /// How long a client waits in silence before it asks again.
    pub patience: LocalSpan,
}

impl Default for Config {
    fn default() -> Self {
        Config { heartbeat: LocalSpan::millis(50), suspect: LocalSpan::millis(250), patience: LocalSpan::millis(200) }
    }
}

impl Config {
    /// Refuses settings that make no sense for a cluster, and says what would do.
    pub fn check_within(&self, cluster: &Cluster) -> Result<(), String> {
        for (group, role) in [(SERVERS, "the servers of the chain, head first"), (MASTER, "one node, the master")] {
            if cluster.group(group).is_empty() {
                return Err(format!("the cluster needs a group {group:?}: {role}"));
            }
        }
        for (name, span) in [("heartbeat", self.heartbeat), ("patience", self.patience)] {
            if span == LocalSpan::ZERO {
                return Err(format!("{name} is 0s, which would never let time pass; 50ms is usual"));
            }
        }
        match self.heartbeat.0.saturating_mul(2) > self.suspect.0 {
            true => Err(format!(
                "a heartbeat every {} is too rare where {} of silence are suspect; a fifth is usual",
                self.heartbeat, self.suspect
            )),
            false => Ok(()),
        }
    }
}

type Ctx<'a> = node::Ctx<'a, Chain>;

node_value! {
    /// A node: which of the three it is, its group says.
    pub enum Chain {
        /// A server.
        Server(Server),
        /// The master.
        Master(Master),
        /// A client.
        Client(Client),
    }

    /// The servers that take part, the head first and the tail last.
    pub struct Order {
        /// How many orders there were before, and one.
        pub number: u64,
        /// The servers.
        pub servers: Vec<NodeId>,
    }

    /// A write.
    pub struct Entry {
        /// The number of the order in which a head took it.
        pub number: u64,
        /// Who asked for it.
        pub client: NodeId,
        /// Under which number.
        pub operation: OperationId,
        /// What is to be done.
        pub op: Op,
    }

    /// What is said.
    pub enum Msg {
        /// A client asks the head for a write, the tail for a read. `again` where it has asked before.
        Request {
            /// The operation's number.
            operation: OperationId,
            /// What is to be done.
            op: Op,
            /// Whether it was asked for before.
            again: bool,
        },
        /// The tail answers.
        Reply {
            /// The operation's number.
            operation: OperationId,
            /// How it ended.
            outcome: Outcome,
        },
        /// This server is not the one to ask, and has done nothing.
        NotMine {
            /// The operation's number.
            operation: OperationId,
        },
        /// Writes for the next server.
        Update {
            /// The place of the first.
            first: u64,
            /// The writes.
            entries: Vec<Arc<Entry>>,
        },
        /// The tail has all up to there, and so has everyone.
        Ack {
            /// The place.
            index: u64,
        },
        /// A server has a new predecessor, and says what it has.
        Received {
            /// The number of the order.
            number: u64,
            /// It has all up to there.
            index: u64,
            /// It knows that the tail has all up to there.
            done: u64,
        },
        /// A server lives.
        Alive,
        /// A client asks the master for the chain.
        Which,
        /// The master says what the chain is now.
        Chain(Order),
    }

    /// The timers.
    #[derive(Copy)]
    pub enum Timer {
        /// A server makes itself heard.
        Beat,
        /// A server was silent for too long.
        Suspect(NodeId),
        /// A client asks again about this operation.
        AskAgain(OperationId),
        /// A client gives up on this operation.
        GiveUp(OperationId),
    }

    /// Whether a server has run before.
    #[derive(Default)]
    pub struct Kept {
        has_run: bool,
    }
}

impl Disk for Kept {
    type Write = ();

    fn apply(&mut self, (): ()) {
        self.has_run = true;
    }
}

impl Order {
    /// The first order: all servers.
    fn first(ctx: &Ctx) -> Self {
        Order { number: 1, servers: ctx.cluster().group(SERVERS).to_vec() }
    }

    fn head(&self) -> Option<NodeId> {
        self.servers.first().copied()
    }

    fn tail(&self) -> Option<NodeId> {
        self.servers.last().copied()
    }

    /// The one after a server.
    fn next(&self, server: NodeId) -> Option<NodeId> {
        self.servers.iter().copied().skip_while(|other| *other != server).nth(1)
    }

    /// The one before a server.
    fn before(&self, server: NodeId) -> Option<NodeId> {
        self.servers.iter().copied().take_while(|other| *other != server).last()
    }
}

impl Node for Chain {
    type Config = Config;
    type Msg = Msg;
    type Timer = Timer;
    type Disk = Kept;

    fn boot(ctx: &mut Ctx, config: &Config, disk: &Kept) -> Self {
        match ctx.cluster().group_of(ctx.me()).name.as_str() {
            SERVERS => Chain::Server(Server::boot(ctx, config, disk.has_run)),
            MASTER => Chain::Master(Master::boot(ctx, config)),
            _ => Chain::Client(Client::boot(ctx, config)),
        }
    }

    fn on_message(&mut self, ctx: &mut Ctx, from: NodeId, msg: Msg) {
        match self {
            Chain::Server(server) => server.on_message(ctx, from, msg),
            Chain::Master(master) => master.on_message(ctx, from, msg),
            Chain::Client(client) => client.on_message(ctx, msg),
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx, timer: Timer) {
        match (self, timer) {
            (Chain::Server(server), Timer::Beat) => server.on_beat(ctx),
            (Chain::Master(master), Timer::Suspect(server)) => master.on_silence(ctx, server),
            (Chain::Client(client), Timer::AskAgain(operation)) => client.ask(ctx, operation),
            (Chain::Client(client), Timer::GiveUp(operation)) => client.give_up(ctx, operation),
            _ => {}
        }
    }

    fn on_operation(&mut self, ctx: &mut Ctx, operation: Operation) {
        match self {
            Chain::Client(client) => client.on_operation(ctx, operation),
            // No other node is anyone's client: what is asked of it this way has certainly no effect.
            Chain::Server(_) | Chain::Master(_) => ctx.observe(Fact::refused(operation.id)),
        }
    }

    fn badge(&self) -> Badge {
        match self {
            Chain::Server(server) => server.badge(),
            Chain::Master(_) => Badge::role("master"),
            Chain::Client(_) => Badge::role("client"),
        }
    }
}
