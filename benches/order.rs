//! How fast questions about the causal order of a run of a million events are answered.
//!
//! `cargo bench --bench order`. Our bars: an order under a microsecond, both cones under fifty. Asked are a busy Raft of five
//! with four clients, and an idle one of twelve, whose stamps are the densest that we know of a protocol.

#[path = "workloads/mod.rs"]
mod workloads;

use divan::Bencher;
use divan::counter::ItemsCount;
use pessimist::kernel::{Plan, World};
use pessimist::node::{EventId, Node};
use pessimist::protocols::raft::Raft;
use pessimist::trace::{Lines, Recorder, Trace};
use std::sync::{Arc, LazyLock};
use workloads::{Ping, idle_raft_of_twelve, raft_of_five};

fn main() {
    let ping_pong = record::<Ping>(workloads::ping_pong(EVENTS), 1);
    for (what, trace) in [("busy", Run::Busy.trace()), ("idle", Run::Idle.trace()), ("ping-pong", &ping_pong)] {
        let each = trace.stamps().bytes() as f64 / trace.len() as f64;
        println!("{what}: stamps take {each:.2} bytes an event");
    }
    divan::main();
}

const EVENTS: u32 = 1_000_000;

#[derive(Clone, Copy, Debug)]
enum Run {
    Busy,
    Idle,
}

impl Run {
    fn trace(self) -> &'static Trace {
        static BUSY: LazyLock<Trace> = LazyLock::new(|| {
            let (plan, config) = raft_of_five(EVENTS);
            record::<Raft>(plan, config)
        });
        static IDLE: LazyLock<Trace> = LazyLock::new(|| {
            let (plan, config) = idle_raft_of_twelve(EVENTS);
            record::<Raft>(plan, config)
        });
        match self {
            Run::Busy => &BUSY,
            Run::Idle => &IDLE,
        }
    }

    /// Events all over the run, one after the other.
    fn events(self) -> impl FnMut() -> EventId {
        let mut number = 0u32;
        let len = self.trace().len() as u32;
        move || {
            number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            EventId(number % len)
        }
    }
}

fn record<N: Node>(plan: Arc<Plan>, config: N::Config) -> Trace {
    let mut recorder = Recorder::new(plan.cluster.clone(), Lines::None);
    World::<N>::new(plan, config).run(&mut recorder);
    recorder.trace.shrink();
    recorder.trace
}

/// A thousand pairs at a time, since a clock is too coarse for one.
#[divan::bench(args = [Run::Busy, Run::Idle])]
fn orders_of_two(bencher: Bencher<'_, '_>, run: Run) {
    const PAIRS: u32 = 1000;
    let (mut next, trace) = (run.events(), run.trace());
    let pairs =
        bencher.counter(ItemsCount::new(PAIRS)).with_inputs(|| (0..PAIRS).map(|_| (next(), next())).collect());
    pairs.bench_local_values(|pairs: Vec<_>| pairs.iter().filter(|(a, b)| trace.before(*a, *b)).count());
}

#[divan::bench(args = [Run::Busy, Run::Idle])]
fn both_cones(bencher: Bencher<'_, '_>, run: Run) {
    let trace = run.trace();
    bencher.with_inputs(run.events()).bench_local_values(|tip| (trace.past(tip), trace.future(tip)));
}

#[divan::bench(args = [Run::Busy, Run::Idle])]
fn longest_chain(bencher: Bencher<'_, '_>, run: Run) {
    bencher.bench_local(|| run.trace().longest_chain());
}
