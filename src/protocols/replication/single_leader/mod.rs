//! One leader, and what may go wrong when another takes its place.
//!
//! # The problem
//!
//! A database is copied, so that the loss of one node loses neither data nor service. The simplest way is that one node,
//! the *primary*, takes all writes in an order that it chooses, and hands that order, its log, to the others. Two
//! questions remain. When is a write done? And who takes over when the primary falls silent, which from outside looks the
//! same whether it crashed, or is slow, or is cut off and goes on by itself?
//!
//! # The model
//!
//! Databases (group `db`), monitors (a group that the configuration names) and clients (group `client`) crash and may
//! restart; what they synced to disk survives. The network may do anything to a message but change it. Without fencing
//! nothing depends on clocks but when to try. With fencing one thing does: that no two lead at once rests on monotonic
//! clocks whose rates differ by less than a tenth.
//!
//! # What is acknowledged, and what that is worth
//!
//! A write is in the primary's log and on its disk in any case, and then, by [`Ack`]:
//!
//! - `Async`: acknowledged at once. What was acknowledged and not yet handed on is lost when another is promoted: always,
//!   whatever fences or votes there are.
//! - `Replicas(n)`: acknowledged when n followers' disks have it. It survives a fail-over if one of these n is among the
//!   followers that answer whoever names the next primary, as the one whose log goes furthest is named; so where all but
//!   n - 1 followers answer. It is not enough that they *had* answered: without fencing a follower that has said how far it
//!   is goes on confirming to the old primary, and what it confirms then was not counted.
//! - `All`: when every follower has it. Survives whichever is named; one follower that is down stops all writes.
//! - `InSync`: when every follower has it that keeps up. A follower that lags is left out, once a majority of the monitors
//!   knows; only one that is not left out may be promoted, unless that is called unclean and done all the same. With nobody
//!   left but the primary itself (`least: 1`) this is `Async` by another name.
//!
//! # Who leads
//!
//! The primary makes itself heard every [`heartbeat`](Config::heartbeat) ([`Msg::Beat`]). A monitor that has not heard it
//! for `suspect` asks the others for their votes ([`Msg::Elect`], [`Msg::Vote`]): who hears the primary gives none, and a
//! monitor votes once an epoch, which its disk remembers. Who has a majority asks the databases how far they are
//! ([`Msg::Survey`], [`Msg::Position`]) and names the one furthest on ([`Msg::Promote`]). *Election Safety* follows: at
//! most one primary an epoch. It says nothing of the primary before.
//!
//! `fence: Never`: that one leads on until somebody tells it, and nobody can while it is cut off. Its clients are told
//! "done" all the while: *split brain*. When it hears of the newer epoch it follows, and drops what the new log lacks.
//!
//! `fence: Epoch`, three rules together; none of them would do alone:
//!
//! - A *lease*: a primary leads only for nine tenths of `suspect` from when it sent a heartbeat that a majority of the
//!   monitors has confirmed. Each of those waits for all of `suspect` after it confirmed, and a majority of monitors that
//!   suspect has one of them in it: so the lease has run out before a next primary can be elected. This gives *Single
//!   Primary*, while clocks run and processes do not stand still. (One that stands still leads, on paper; when it wakes,
//!   it looks at its lease before it does anything.)
//! - Databases refuse what is of an older epoch, from their answer to `Survey` on. This makes `Replicas(n)` safe as above.
//! - Clients refuse an acknowledgement older than an epoch that they have heard of. It cannot save what they were told
//!   before.
//!
//! What fencing does not cure: with `Async` the suffix that was acknowledged and not handed on. The old primary's word
//! rests on nobody who could have seen the new epoch, and while its lease lasts it goes on giving it.
//!
//! `failover: Pair`: no monitors. A follower that hears nothing takes over by itself; with `shoot` each first has the other
//! switched off. A cut, or a network that stands still for long enough, makes both do it.
//!
//! # Reads
//!
//! `Leader`: at the primary, what it has acknowledged. With fencing that is linearizable; without, an old primary answers
//! what it knows. `Local` and `InTurn`: at any database, from what it has applied; a follower applies what it receives at
//! once. So a client may miss its own write, or see a write vanish again, when it reads elsewhere: replication lag.
//!
//! # What is left out
//!
//! Snapshots and the copying of a whole database; statement and row formats; transactions; chained followers; a lease for
//! followers' reads; changes of the set of databases. A client's operation that was repeated is looked for in the log, so
//! that it is done once by each primary that has it; the log is never shortened. What a database holds of a key is declared
//! where it is a value, and not where it is a list: whether appends last is judged by the log alone.
//!
//! # References
//!
//! Jim Gray, *Notes on Data Base Operating Systems*, 1978. Jim Gray and others, *The Dangers of Replication and a
//! Solution*, SIGMOD 1996. Martin Kleppmann and Chris Riccomini, *Designing Data-Intensive Applications*, second edition,
//! the chapter on replication. GitHub, *October 21 post-incident analysis*, 2018, of Orchestrator and MySQL. Apache Kafka,
//! the documentation on replication, and KIP-101. Cary Gray and David Cheriton, *Leases*, SOSP 1989.
//!
//! [`database`] and [`primary`] are the two roles, [`monitor`] and [`client`] the others, [`storage`] what survives a crash.

pub mod client;
pub mod config;
pub mod database;
pub mod messages;
pub mod monitor;
pub mod mutants;
pub mod primary;
pub mod storage;
#[cfg(test)]
mod tests;

pub use client::Client;
pub use config::{Ack, Config, Failover, Fence, Reads};
pub use database::Database;
pub use messages::Msg;
pub use monitor::Monitor;
pub use mutants::{Bug, Mutant};

use crate::node::{self, Badge, Fact, Node, NodeId, Operation, OperationId, node_value};
use storage::Kept;

/// The group of the cluster whose nodes hold the data.
pub const DATABASES: &str = "db";

/// The group of the cluster whose nodes are clients.
pub const CLIENTS: &str = "client";

/// The most entries that one message carries. Our choice.
const MAX_BATCH: usize = 256;

type Ctx<'a> = node::Ctx<'a, SingleLeader>;

node_value! {
    /// A node: which of the three it is, its group says.
    pub enum SingleLeader {
        /// A database.
        Database(Database),
        /// A monitor.
        Monitor(Monitor),
        /// A client.
        Client(Client),
    }

    /// The timers.
    #[derive(Copy)]
    pub enum Timer {
        /// A primary makes itself heard.
        Beat,
        /// A primary's lease runs out.
        Lease,
        /// The primary, or the other of a pair, was silent for too long; or an attempt to replace it came to nothing.
        Suspect,
        /// A monitor waits no longer for databases to answer.
        Survey,
        /// A client asks again about this operation.
        AskAgain(OperationId),
        /// A client gives up on this operation.
        GiveUp(OperationId),
    }
}

impl Node for SingleLeader {
    type Config = Config;
    type Msg = Msg;
    type Timer = Timer;
    type Disk = Kept;

    fn boot(ctx: &mut Ctx, config: &Config, disk: &Kept) -> Self {
        match ctx.cluster().group_of(ctx.me()).name.as_str() {
            DATABASES => SingleLeader::Database(Database::boot(ctx, config, disk)),
            CLIENTS => SingleLeader::Client(Client::boot(ctx, config)),
            _ => SingleLeader::Monitor(Monitor::boot(ctx, config, disk)),
        }
    }

    fn on_message(&mut self, ctx: &mut Ctx, from: NodeId, msg: Msg) {
        match self {
            SingleLeader::Database(database) => database.on_message(ctx, from, msg),
            SingleLeader::Monitor(monitor) => monitor.on_message(ctx, from, msg),
            SingleLeader::Client(client) => client.on_message(ctx, from, msg),
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx, timer: Timer) {
        match self {
            SingleLeader::Database(database) => database.on_timer(ctx, timer),
            SingleLeader::Monitor(monitor) => monitor.on_timer(ctx, timer),
            SingleLeader::Client(client) => client.on_timer(ctx, timer),
        }
    }

    fn on_operation(&mut self, ctx: &mut Ctx, operation: Operation) {
        match self {
            SingleLeader::Client(client) => client.on_operation(ctx, operation),
            // No other node is anyone's client: what is asked of it this way has certainly no effect.
            SingleLeader::Database(_) | SingleLeader::Monitor(_) => ctx.observe(Fact::refused(operation.id)),
        }
    }

    fn badge(&self) -> Badge {
        match self {
            SingleLeader::Database(database) => database.badge(),
            SingleLeader::Monitor(monitor) => monitor.badge(),
            SingleLeader::Client(_) => Badge::role("client"),
        }
    }
}
