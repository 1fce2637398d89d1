//! Broadcast: one node tells all, and what is promised about it.
//!
//! # The problem
//!
//! A network carries a message from one node to one other. To tell a group is to send many messages, of which some may be
//! lost, and between which the sender may crash. Each protocol here promises more than the one before it, and costs more:
//!
//! | protocol | promises, besides integrity | cost |
//! |---|---|---|
//! | [`best_effort`] | all get it, if the sender does not crash | n messages |
//! | [`reliable`] | all or none of those that do not crash | n^2 messages |
//! | [`uniform`] | the same, and those that crash deliver nothing else; stops when half are silent | n^2 messages |
//! | [`gossip`] | all, probably | some messages a round, for everyone |
//! | [`fifo`] | each sender's messages in order | a number |
//! | [`causal`] | no answer before its question | a vector |
//! | [`total`] | one order for all; stops when one node is silent | n^2 messages |
//! | [`by_leader`] | one order for all; goes on with a majority | consensus |
//!
//! # What is left out
//!
//! Lost messages are not sent again, but by gossip and by Raft: links are taken to be reliable while both ends run.
//!
//! # References
//!
//! Hadzilacos and Toueg, "A modular approach to fault-tolerant broadcasts and related problems" (1994); Cachin, Guerraoui
//! and Rodrigues, "Introduction to Reliable and Secure Distributed Programming" (2011).

pub mod best_effort;
pub mod by_leader;
pub mod causal;
pub mod fifo;
pub mod gossip;
pub mod member;
pub mod mutants;
pub mod reliable;
pub mod total;
pub mod uniform;

#[cfg(test)]
mod tests;

pub use best_effort::BestEffort;
pub use by_leader::ByLeader;
pub use causal::Causal;
pub use fifo::Fifo;
pub use gossip::Gossip;
pub use member::Member;
pub use mutants::Mutant;
pub use reliable::Reliable;
pub use total::Total;
pub use uniform::Uniform;

use crate::node::{Ctx, Datum, Fact, Node, NodeId, Op, Operation, Outcome, node_value};

node_value! {
    /// A message that is broadcast.
    pub struct Message {
        /// Who broadcast it.
        pub from: NodeId,
        /// How many its sender had broadcast before.
        pub number: u64,
        /// What it says.
        pub value: Datum,
    }
}

impl Message {
    /// Hands this message to the application.
    fn deliver<N: Node>(&self, ctx: &mut Ctx<N>) {
        ctx.observe(Fact::Delivered { from: self.from, value: self.value.clone() });
    }
}

/// What an operation asks to be broadcast, if it does. Its client is told at once: that the message is on its way is all
/// that a sender knows.
fn asked<N: Node>(ctx: &mut Ctx<N>, operation: Operation) -> Option<Datum> {
    let Operation { id, op, .. } = operation;
    let Op::Broadcast(value) = op else {
        ctx.observe(Fact::refused(id));
        return None;
    };
    ctx.observe(Fact::Broadcast { value: value.clone() });
    ctx.observe(Fact::Returned { operation: id, outcome: Outcome::Ok(Datum::Absent) });
    Some(value)
}
