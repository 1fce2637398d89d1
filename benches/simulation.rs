//! How fast worlds run: ping-pong and Raft, with and without a trace; sweeps with one thread and two.
//!
//! `cargo bench --bench simulation`. Ratios against a peer in the same run: `benches/peers`.

#[path = "workloads/mod.rs"]
mod workloads;

use divan::Bencher;
use divan::counter::ItemsCount;
use pessimist::check::Judge;
use pessimist::kernel::World;
use pessimist::scenario::{Registry, Scenario, library};
use pessimist::trace::{Lines, Recorder};
use rayon::prelude::*;
use workloads::{Ping, idle_raft_of_twelve, raft_of_five};

fn main() {
    divan::main();
}

const EVENTS: u32 = 200_000;

#[divan::bench(args = [1, 64])]
fn ping_pong_untraced(bencher: Bencher<'_, '_>, in_flight: u32) {
    let plan = workloads::ping_pong(EVENTS);
    bencher.counter(ItemsCount::new(EVENTS)).bench(|| World::<Ping>::new(plan.clone(), in_flight).run(&mut ()));
}

#[divan::bench(args = [1, 64])]
fn ping_pong_traced(bencher: Bencher<'_, '_>, in_flight: u32) {
    let plan = workloads::ping_pong(EVENTS);
    bencher.counter(ItemsCount::new(EVENTS)).bench(|| {
        let mut recorder = Recorder::new(plan.cluster.clone(), Lines::None);
        World::<Ping>::new(plan.clone(), in_flight).run(&mut recorder);
        recorder.trace
    });
}

#[divan::bench]
fn raft_of_five_untraced(bencher: Bencher<'_, '_>) {
    let (plan, config) = raft_of_five(EVENTS);
    bencher
        .counter(ItemsCount::new(EVENTS))
        .bench(|| World::<pessimist::protocols::raft::Raft>::new(plan.clone(), config.clone()).run(&mut ()));
}

#[divan::bench]
fn raft_of_five_traced(bencher: Bencher<'_, '_>) {
    let (plan, config) = raft_of_five(EVENTS);
    bencher.counter(ItemsCount::new(EVENTS)).bench(|| {
        let mut recorder = Recorder::new(plan.cluster.clone(), Lines::None);
        World::<pessimist::protocols::raft::Raft>::new(plan.clone(), config.clone()).run(&mut recorder);
        recorder.trace
    });
}

#[divan::bench]
fn idle_raft_of_twelve_untraced(bencher: Bencher<'_, '_>) {
    let (plan, config) = idle_raft_of_twelve(EVENTS);
    bencher
        .counter(ItemsCount::new(EVENTS))
        .bench(|| World::<pessimist::protocols::raft::Raft>::new(plan.clone(), config.clone()).run(&mut ()));
}

#[divan::bench]
fn idle_raft_of_twelve_traced(bencher: Bencher<'_, '_>) {
    let (plan, config) = idle_raft_of_twelve(EVENTS);
    bencher.counter(ItemsCount::new(EVENTS)).bench(|| {
        let mut recorder = Recorder::new(plan.cluster.clone(), Lines::None);
        World::<pessimist::protocols::raft::Raft>::new(plan.clone(), config.clone()).run(&mut recorder);
        recorder.trace
    });
}

#[divan::bench]
fn raft_of_five_judged(bencher: Bencher<'_, '_>) {
    let (plan, config) = raft_of_five(EVENTS);
    bencher.counter(ItemsCount::new(EVENTS)).bench(|| {
        let mut judge = Judge::new(plan.cluster.clone());
        World::<pessimist::protocols::raft::Raft>::new(plan.clone(), config.clone()).run(&mut judge);
        judge
    });
}

#[divan::bench(args = [1, 2], sample_count = 10, sample_size = 1)]
fn sweep_with_threads(bencher: Bencher<'_, '_>, threads: usize) {
    const SEEDS: u64 = 200;
    let text = library::find("raft/nemesis").expect("the nemesis is built in");
    let scenario = Scenario::parse("raft/nemesis", text, None).expect("it is well-formed");
    let runner = Registry::standard().prepare(&scenario).expect("it can be run");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
    bencher.counter(ItemsCount::new(SEEDS)).bench_local(|| {
        pool.install(|| {
            let events = |seed| runner.judge(seed).map_or(0, |judged| u64::from(judged.events));
            (0..SEEDS).into_par_iter().map(events).sum::<u64>()
        })
    });
}
