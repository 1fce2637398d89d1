//! How fast questions about the causal order of a run of a million events are answered.
//!
//! `cargo bench --bench order`. Our bars: an order under a microsecond, both cones under fifty.

#[path = "workloads/mod.rs"]
mod workloads;

use divan::Bencher;
use divan::counter::ItemsCount;
use pessimist::kernel::World;
use pessimist::node::EventId;
use pessimist::protocols::raft::Raft;
use pessimist::trace::{Lines, Recorder, Trace};
use std::sync::LazyLock;
use workloads::raft_of_five;

fn main() {
    divan::main();
}

const EVENTS: u32 = 1_000_000;

static TRACE: LazyLock<Trace> = LazyLock::new(|| {
    let (plan, config) = raft_of_five(EVENTS);
    let mut recorder = Recorder::new(plan.cluster.clone(), Lines::None);
    World::<Raft>::new(plan, config).run(&mut recorder);
    recorder.trace.shrink();
    recorder.trace
});

/// Events all over the run, one after the other.
fn events() -> impl FnMut() -> EventId {
    let mut number = 0u32;
    move || {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        EventId(number % TRACE.len() as u32)
    }
}

/// A thousand pairs at a time, since a clock is too coarse for one.
#[divan::bench]
fn orders_of_two(bencher: Bencher<'_, '_>) {
    const PAIRS: u32 = 1000;
    let mut next = events();
    let pairs =
        bencher.counter(ItemsCount::new(PAIRS)).with_inputs(|| (0..PAIRS).map(|_| (next(), next())).collect());
    pairs.bench_local_values(|pairs: Vec<_>| pairs.iter().filter(|(a, b)| TRACE.before(*a, *b)).count());
}

#[divan::bench]
fn both_cones(bencher: Bencher<'_, '_>) {
    let next = events();
    bencher.with_inputs(next).bench_local_values(|tip| (TRACE.past(tip), TRACE.future(tip)));
}

#[divan::bench]
fn longest_chain(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| TRACE.longest_chain());
}
