//! Mistakes that people make with logical clocks, made on purpose.

use super::process::Clock;
use super::{Lamport, Vector};
use crate::node::{Stamp, node_value};

node_value! {
    /// A Lamport clock that does not look at the stamps of what it receives: it counts its own steps only, and a receipt
    /// may have a smaller stamp than its sending.
    #[serde(transparent)]
    pub struct Deaf {
        clock: Lamport,
    }

    /// A vector clock for which a receipt is not a step: the receipt may have the same stamp as the sending.
    #[serde(transparent)]
    pub struct Still {
        clock: Vector,
    }
}

impl Clock for Deaf {
    fn new(place: usize, count: usize) -> Self {
        Deaf { clock: Lamport::new(place, count) }
    }

    fn tick(&mut self) {
        self.clock.tick();
    }

    fn receive(&mut self, _: &Stamp) {
        self.clock.tick();
    }

    fn stamp(&self) -> Stamp {
        self.clock.stamp()
    }
}

impl Clock for Still {
    fn new(place: usize, count: usize) -> Self {
        Still { clock: Vector::new(place, count) }
    }

    fn tick(&mut self) {
        self.clock.tick();
    }

    fn receive(&mut self, stamp: &Stamp) {
        self.clock.join(stamp);
    }

    fn stamp(&self) -> Stamp {
        self.clock.stamp()
    }
}
