//! How quickly any event of a long run can be looked at, and what memory that takes.
//!
//! `cargo bench --bench stepping`. The run has a million events and logs of 10^5 entries. Measured are opening it, single
//! steps forth and back from random places, and jumps to random places, each with the state's diff, and the state of the
//! node with the longest log as the debugger shows it; the named baseline is the mere running of the same world without a
//! trace.

#![expect(clippy::disallowed_types, reason = "a benchmark measures by the wall clock")]

#[path = "workloads/mod.rs"]
mod workloads;

use pessimist::kernel::World;
use pessimist::node::EventId;
use pessimist::protocols::raft::Raft;
use pessimist::scenario::{Run, Session};
use pessimist::trace::Lines;
use rand::{RngExt, SeedableRng};
use std::time::{Duration, Instant};
use workloads::{ratio, report, resident};

fn main() {
    let (plan, config) = workloads::long_logs();
    let before = resident();
    let started = Instant::now();
    World::<Raft>::new(plan.clone(), config.clone()).run(&mut ());
    let bare = started.elapsed();
    let started = Instant::now();
    let mut run = Run::<Raft>::new(plan, config, Lines::None, &mut (), &mut |_, _| true)
        .expect("nothing is written")
        .expect("nobody interrupts");
    let opened = started.elapsed();
    let events = run.trace().len() as u32;
    println!("events                        {events}");
    println!("longest log                   {} entries", longest_log(&mut run, events));
    println!("running it bare (baseline)    {bare:.1?}");
    println!("opening it                    {opened:.1?}, {:.2} times the baseline", ratio(opened, bare));
    println!("trace and records             {:.1} MB", run.bytes() as f64 / 1e6);
    let rounds = std::env::args().filter_map(|word| word.parse().ok()).next().unwrap_or(300);
    let mut chance = rand_chacha::ChaCha8Rng::seed_from_u64(1);
    let (mut forth, mut back, mut jump, mut state) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let place = chance.random_range(10..events - 30);
        jump.push(look(&mut run, place));
        state.push(look_at_state(&mut run, place));
        (1..=10).for_each(|step| forth.push(look(&mut run, place + step)));
        (1..=20).for_each(|step| back.push(look(&mut run, place + 10 - step)));
    }
    report("a step forth with its diff", &mut forth, bare);
    report("a step back with its diff", &mut back, bare);
    report("a jump with its diff", &mut jump, bare);
    report("the state for people", &mut state, bare);
    println!("resident after all that       {:.1} MB more than before the first run", resident() - before);
}

fn look(run: &mut Run<Raft>, event: u32) -> Duration {
    let started = Instant::now();
    std::hint::black_box(run.changes(EventId(event)));
    started.elapsed()
}

/// What the debugger shows of the node with the long log, at the event that was looked at last.
fn look_at_state(run: &mut Run<Raft>, event: u32) -> Duration {
    let started = Instant::now();
    let node = run.trace().cluster().id(0);
    std::hint::black_box(run.state(EventId(event), node).map(|tree| tree.lines()));
    started.elapsed()
}

fn longest_log(run: &mut Run<Raft>, events: u32) -> usize {
    let nodes: Vec<_> = run.trace().cluster().ids().collect();
    let len = |tree: pessimist::trace::Tree| tree.longest_sequence();
    nodes.into_iter().filter_map(|node| run.state(EventId(events - 1), node)).map(len).max().unwrap_or(0)
}
