//! The floor: nothing but a queue of events.
//!
//! What is measured: `std`'s binary heap of pairs of a time and a sequence number, both of 64 bits, as any simulator
//! that keeps its events in a heap must have in some form. Each step takes the earliest pair out, draws a delay of
//! 1 to 2 ms, and puts a new pair in, so the number of pending events stays the same. The delay comes from a xorshift
//! generator, which is as good as free.
//!
//! What is not measured: everything that makes a simulator. There are no nodes, no messages, no handlers, no network
//! and no trace; an event carries nothing. So this is no rival but a scale: the distance to it is what a contender
//! spends on being more than a queue. It is not a strict lower bound either, because there are queues that are faster
//! than a binary heap, above all where many events are pending. With a single pending event the heap has nothing to
//! compare, and what remains is little more than the arithmetic of the delay.
//!
//! Besides the loads of the ping-pong, it runs with 100 and with 10,000 pending events, to show how far the depth of
//! the queue matters at all.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;

/// Delays in nanoseconds.
const LEAST_DELAY: u64 = 1_000_000;
const DELAYS: u64 = 1_000_000;

/// Marsaglia's xorshift with 64 bits of state.
struct XorShift(u64);

impl XorShift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A delay of 1 to 2 ms, by a multiplication instead of a division.
    fn delay(&mut self) -> u64 {
        LEAST_DELAY + (((self.next() >> 32) * DELAYS) >> 32)
    }
}

/// Keeps `in_flight` events pending until `messages` of them have been taken out.
pub fn run(in_flight: u32, messages: u64) -> u64 {
    let mut random = XorShift(black_box(42));
    let mut heap = BinaryHeap::with_capacity(in_flight as usize);
    let mut sequence = 0;
    for _ in 0..in_flight {
        heap.push(Reverse((random.delay(), sequence)));
        sequence += 1;
    }
    let mut delivered = 0;
    while delivered < messages {
        let Some(Reverse((time, _))) = heap.pop() else { break };
        delivered += 1;
        heap.push(Reverse((time + random.delay(), sequence)));
        sequence += 1;
    }
    black_box(heap);
    delivered
}
