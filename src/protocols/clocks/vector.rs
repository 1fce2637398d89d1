//! Vector clocks: a number for each process, which tells causality exactly (Fidge, "Timestamps in message-passing systems
//! that preserve the partial ordering", 1988; Mattern, "Virtual time and global states of distributed systems", 1989).
//!
//! # What is guaranteed
//!
//! The strong clock condition: V(a) < V(b) if and only if a happened before b. Two vectors of which neither is smaller
//! belong to concurrent events (scenario `order/lamport`, variant `vector`).
//!
//! # What it costs
//!
//! A number for each process in each message; fewer cannot do in general (Charron-Bost, 1991).

use super::process::Clock;
use crate::node::{Stamp, node_value};

node_value! {
    /// A clock that counts the steps of every process which are in its past.
    pub struct Vector {
        /// Whose clock it is.
        place: usize,
        known: Vec<u64>,
    }
}

impl Clock for Vector {
    fn new(place: usize, count: usize) -> Self {
        Vector { place, known: vec![0; count] }
    }

    fn tick(&mut self) {
        self.known[self.place] += 1;
    }

    /// Takes over what the sender knew. The receipt is a step of its own.
    fn receive(&mut self, stamp: &Stamp) {
        self.join(stamp);
        self.tick();
    }

    fn stamp(&self) -> Stamp {
        Stamp::Vector(self.known.as_slice().into())
    }
}

impl Vector {
    /// Of each process the larger number.
    pub(super) fn join(&mut self, stamp: &Stamp) {
        let Stamp::Vector(sent) = stamp else { return };
        for (mine, theirs) in self.known.iter_mut().zip(sent.iter()) {
            *mine = (*mine).max(*theirs);
        }
    }
}
