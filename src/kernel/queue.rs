//! What is going to happen, in order.

use crate::node::SimTime;
use slab::Slab;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Which of the things at one instant come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Faults, operations and questions.
    Intervention = 0,
    /// All else.
    Ordinary = 1,
}

/// An instant, a class and a sequence number, in 128 bits that compare as those three do: 64, 1 and 39 bits. The last
/// 24 bits are the queue's: they say where the job is kept, and never decide, since no two sequence numbers are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due(u128);

const SLOT_BITS: u32 = 24;
const SEQUENCE_BITS: u32 = 39;

impl Due {
    /// The instant.
    pub fn time(self) -> SimTime {
        SimTime((self.0 >> 64) as u64)
    }

    fn slot(self) -> usize {
        (self.0 & ((1 << SLOT_BITS) - 1)) as usize
    }

    fn with_slot(self, slot: usize) -> Due {
        Due(self.0 | slot as u128)
    }

    fn without_slot(self) -> Due {
        Due(self.0 >> SLOT_BITS << SLOT_BITS)
    }

    /// The same class and sequence at another instant.
    pub fn at(self, time: SimTime) -> Due {
        Due(u128::from(time.0) << 64 | self.0 & u128::from(u64::MAX))
    }
}

/// A queue of jobs. Ties break by class, then by the order in which jobs were added.
#[derive(Clone, Debug)]
pub struct Queue<J> {
    heap: BinaryHeap<Reverse<Due>>,
    jobs: Slab<J>,
    sequence: u64,
}

impl<J> Queue<J> {
    pub fn new() -> Self {
        Queue { heap: BinaryHeap::new(), jobs: Slab::new(), sequence: 0 }
    }

    /// The place in the order for something that is to happen at `time`.
    #[inline]
    pub fn due(&mut self, time: SimTime, class: Class) -> Due {
        self.sequence += 1;
        let order = (class as u64) << SEQUENCE_BITS | self.sequence;
        Due(u128::from(time.0) << 64 | u128::from(order) << SLOT_BITS)
    }

    /// Adds a job at a place that [`Queue::due`] gave.
    #[inline]
    pub fn push(&mut self, due: Due, job: J) {
        let slot = self.jobs.insert(job);
        assert!(slot < 1 << SLOT_BITS, "more than 16 million things under way at once");
        self.heap.push(Reverse(due.with_slot(slot)));
    }

    /// Adds a job.
    #[inline]
    pub fn add(&mut self, time: SimTime, class: Class, job: J) {
        let due = self.due(time, class);
        self.push(due, job);
    }

    /// How many jobs there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// When the next job is due.
    #[inline]
    pub fn next(&self) -> Option<SimTime> {
        self.heap.peek().map(|Reverse(due)| due.time())
    }

    /// Takes the next job.
    #[inline]
    pub fn pop(&mut self) -> Option<(Due, J)> {
        let Reverse(due) = self.heap.pop()?;
        Some((due.without_slot(), self.jobs.remove(due.slot())))
    }

    /// The jobs in the queue, in no order, each with the instant at which it is due.
    pub fn iter(&self) -> impl Iterator<Item = (Due, &J)> {
        self.heap.iter().map(|Reverse(due)| (due.without_slot(), &self.jobs[due.slot()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn jobs_come_by_time_then_class_then_order(jobs in proptest::collection::vec((0u64..4, any::<bool>()), 0..40)) {
            let mut queue = Queue::new();
            let mut expected = Vec::new();
            for (number, (time, intervenes)) in jobs.into_iter().enumerate() {
                let class = if intervenes { Class::Intervention } else { Class::Ordinary };
                queue.add(SimTime(time), class, number);
                expected.push((time, class, number));
            }
            expected.sort();
            for (time, _, number) in expected {
                prop_assert_eq!(queue.next(), Some(SimTime(time)));
                let (due, popped) = queue.pop().unwrap();
                prop_assert_eq!((due.time(), popped), (SimTime(time), number));
            }
            prop_assert!(queue.pop().is_none());
        }
    }
}
