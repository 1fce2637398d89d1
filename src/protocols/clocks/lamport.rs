//! Lamport clocks: one number, which respects causality (Lamport, "Time, clocks, and the ordering of events in a
//! distributed system", 1978).
//!
//! # What is guaranteed
//!
//! The clock condition: if a happened before b, then L(a) < L(b).
//!
//! # What is not
//!
//! The reverse. L(a) < L(b) says only that b did not happen before a: the two may be concurrent. No single number can
//! tell, for numbers are always ordered and events are not (scenario `order/lamport`).

use super::process::Clock;
use crate::node::{Stamp, node_value};

node_value! {
    /// A clock that is one number.
    pub struct Lamport {
        time: u64,
    }
}

impl Clock for Lamport {
    fn new(_: usize, _: usize) -> Self {
        Lamport { time: 0 }
    }

    /// Implementation rule 1: a clock is increased between any two events of its process.
    fn tick(&mut self) {
        self.time += 1;
    }

    /// Implementation rule 2: the receiver sets its clock past the stamp, and no lower than it is.
    fn receive(&mut self, stamp: &Stamp) {
        if let Stamp::Number(sent) = stamp {
            self.time = self.time.max(*sent);
        }
        self.tick();
    }

    fn stamp(&self) -> Stamp {
        Stamp::Number(self.time)
    }
}
