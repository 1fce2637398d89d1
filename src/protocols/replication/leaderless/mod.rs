//! A store without a leader: every replica takes writes, and clients count answers.
//!
//! # The problem
//!
//! A store is to take every write, also while replicas are down or cut off and no leader can be agreed on. So nobody
//! orders writes: a client sends each to all `n` owners of the key, and takes it for done when `w` have stored it; it
//! reads from all, and takes the first `r` answers (Gifford 1979; DeCandia and others 2007: *Dynamo*). Where `w + r > n`,
//! whoever reads asks at least one replica that holds the last finished write. Replicas that missed it are behind, until
//! somebody mends them.
//!
//! # The model
//!
//! Messages may be late, lost or doubled. Replicas crash and come back with their disk. Clients do not crash; they are
//! the coordinators (§6.4), and a write is named by the one who makes it.
//!
//! # What is guaranteed
//!
//! Whatever replicas hold, they come to the same, once they have heard of each other: merging does not depend on order.
//! What survives a merge, [`Versions`] says. [`LastWriteWins`](Versions::LastWriteWins) drops one of two writes that did
//! not know of each other, with all quorums strict and all clocks right. [`Siblings`](Versions::Siblings) keeps both.
//!
//! Overlapping quorums alone are *not* linearizable: a write that is on its way has reached some replicas, one read
//! sees it, and the next one, of other replicas, does not. With [`write_back`](Config::write_back) a read first
//! brings what it saw to `w` replicas (Attiya, Bar-Noy and Dolev 1995), and with [`Counted`](Versions::Counted)
//! versions a write takes a number higher than that of any write before it (Lynch and Shvartsman 1997). The two
//! together, with `w + r > n`, are linearizable; neither is without the other, where clocks are not perfect.
//!
//! A [`sloppy`](Config::sloppy) quorum lets others stand in for owners. It answers more, and gives up the overlap.
//!
//! # Four ways to mend
//!
//! - *Read repair* (§5): a client that was told old values sends the new one to who told them.
//! - *Hinted hand-off* (§4.6): who stands in for an owner keeps what it was sent apart, and hands it over in the end.
//! - *Anti-entropy* (§4.7): two replicas compare hashes of all that they share, and go down to what differs.
//! - *Tombstones*: a deletion is a write. Without them a replica that missed it brings the value back, by any of these.
//!
//! # The messages
//!
//! See [`Msg`]. Clients say `Store`, `Fetch` and `Repair`; replicas answer `Stored` and `Fetched`, and say `HandOff`,
//! `HandedOff`, `Hashes` and `Items` to each other.
//!
//! # What is left out
//!
//! Virtual nodes, and replicas that join or leave (§4.2, §4.8): the ring is the order of the group. Servers as
//! coordinators: here the client gives a write its dot, so a version vector has an entry for each client that wrote and
//! not for each server. A client that forgot what it wrote would give a dot twice. Conditional writes, which need
//! consensus. The collection of tombstones that everybody has. Trees that are kept up to date: a hash is computed when it is
//! asked for. A memory of who is down: each operation finds out anew.
//!
//! # References
//!
//! Plain section numbers are those of DeCandia and others, *Dynamo: Amazon's Highly Available Key-value Store* (2007).
//! Gifford, *Weighted Voting for Replicated Data* (1979). Attiya, Bar-Noy and Dolev, *Sharing Memory Robustly in
//! Message-Passing Systems* (1995). Lynch and Shvartsman, *Robust Emulation of Shared Memory Using Dynamic
//! Quorum-Acknowledged Broadcasts* (1997). Bailis and others, *Probabilistically Bounded Staleness for Practical Partial
//! Quorums* (2012). Merkle, *A Digital Signature Based on a Conventional Encryption Function* (1987).

mod client;
mod config;
mod held;
mod merkle;
mod messages;
mod mutants;
mod replica;
mod ring;

#[cfg(test)]
mod tests;

pub use client::{Client, Pending, Phase, Seen};
pub use config::{Config, FanOut, Versions};
pub use held::{Held, Tag};
pub use merkle::Part;
pub use messages::{Msg, Timer};
pub use mutants::{Bug, Mutant, MutantConfig};
pub use replica::{Kept, Replica, Write};

use crate::node::{Badge, Ctx, Node, NodeId, Operation, node_value};

/// The group of the nodes that hold values.
pub const REPLICAS: &str = "replica";
/// The group of the nodes that read and write.
pub const CLIENTS: &str = "client";

node_value! {
    /// A node: those of the group `replica` hold values, all others are clients.
    pub enum Leaderless {
        /// Holds values.
        Replica(Replica),
        /// Reads and writes.
        Client(Client),
    }
}

impl Node for Leaderless {
    type Config = Config;
    type Msg = Msg;
    type Timer = Timer;
    type Disk = Kept;

    fn boot(ctx: &mut Ctx<Self>, config: &Config, disk: &Kept) -> Self {
        match ctx.cluster().group(REPLICAS).contains(&ctx.me()) {
            true => Leaderless::Replica(Replica::boot(ctx, config, disk)),
            false => Leaderless::Client(Client::new(config)),
        }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Msg) {
        match self {
            Leaderless::Replica(replica) => replica.on_message(ctx, from, msg),
            Leaderless::Client(client) => client.on_message(ctx, from, msg),
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: Timer) {
        match self {
            Leaderless::Replica(replica) => replica.on_timer(ctx, timer),
            Leaderless::Client(client) => client.on_timer(ctx, timer),
        }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        if let Leaderless::Client(client) = self {
            client.on_operation(ctx, operation);
        }
    }

    fn badge(&self) -> Badge {
        Badge::role(match self {
            Leaderless::Replica(_) => "replica",
            Leaderless::Client(_) => "client",
        })
    }
}
