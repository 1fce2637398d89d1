//! How quickly the debugger answers keys on a run of a million events, and whether its memory grows.
//!
//! `cargo bench --bench debugger`. A session of keys is played on a screen of 120 by 40: browsing in all ways, jumps, every
//! panel, searches that go through the whole run; then 10,000 steps forth and back. A key's time is that from the press to
//! the drawn frame; a long search is many frames, each of which counts. The named baseline is the mere running of the same
//! world without a trace.

#![expect(clippy::disallowed_types, reason = "a benchmark measures by the wall clock")]

#[path = "workloads/mod.rs"]
mod workloads;

use pessimist::kernel::World;
use pessimist::protocols::raft::Raft;
use pessimist::scenario::Run;
use pessimist::trace::Lines;
use pessimist::tui::{Show, rehearse};
use std::time::{Duration, Instant};

const SIZE: (u16, u16) = (120, 40);

/// Browsing, jumps, panels and searches.
const SESSION: &str = ":e0\n→→→→→→→→→→↓↓↓↓⇟⇟⇟⇞←←←←:e900000\n→→→→←←←←↓↓↑↑⇟⇞G⇞⇞←←:e500000\n1→→2→→nnnNNN0ccee\
    pp→→p:e123456\nocOll→→←←om→→oo→→op→ot→→os→ox→ob→ow→→oeiiizz→→z/no such thing\n/votes\nssSS\u{1b}fFvV?jjj\u{1b}xcrash\u{1b}";

fn main() {
    let (plan, config) = workloads::long_logs();
    let before = resident();
    let started = Instant::now();
    World::<Raft>::new(plan.clone(), config.clone()).run(&mut ());
    let bare = started.elapsed();
    let show = || {
        let run = Run::<Raft>::new(plan.clone(), config.clone(), Lines::None, &mut (), &mut |_, _| true);
        let session = Box::new(run.expect("nothing is written").expect("nobody interrupts"));
        Show::of(session, "raft/long")
    };
    let shown = show();
    println!("events                        {}", shown.session.trace().len());
    println!("running it bare (baseline)    {bare:.1?}");
    let opened = Instant::now();
    let mut first = None;
    rehearse(shown, SIZE, "?", &mut |_| first = Some(opened.elapsed()));
    report_one("opened, after the run", first.unwrap_or_default(), bare);
    let mut times = Vec::new();
    let mut last = Instant::now();
    rehearse(show(), SIZE, SESSION, &mut |_| {
        times.push(last.elapsed());
        last = Instant::now();
    });
    // The first frame is that after opening.
    times.remove(0);
    report("a key, or a part of a search", &mut times, bare);
    let steps: String = [":e400000\n", &"→".repeat(5000), &"←".repeat(5000)].concat();
    let (mut times, mut last, mut memory) = (Vec::new(), Instant::now(), Vec::new());
    rehearse(show(), SIZE, &steps, &mut |_| {
        times.push(last.elapsed());
        if times.len() % 2500 == 0 {
            memory.push(resident() - before);
        }
        last = Instant::now();
    });
    times.remove(0);
    report("10,000 steps forth and back", &mut times, bare);
    let memory: Vec<String> = memory.iter().map(|megabytes| format!("{megabytes:.1}")).collect();
    println!("resident on the way           {} MB more than before the first run", memory.join(", "));
}

fn report(what: &str, times: &mut [Duration], bare: Duration) {
    times.sort();
    let at = |per_mille: usize| times[(times.len() - 1) * per_mille / 1000];
    let (p50, p99, most) = (at(500), at(990), at(1000));
    println!(
        "{what:<28}  p50 {p50:.2?}  p99 {p99:.2?}  most {most:.2?}; p99 is 1/{:.0} of the baseline",
        ratio(bare, p99)
    );
}

fn report_one(what: &str, time: Duration, bare: Duration) {
    println!("{what:<28}  {time:.2?}, {:.2} times the baseline", ratio(time, bare));
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64().max(1e-9)
}

/// Megabytes that the process holds.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kilobytes.map_or(0.0, |kilobytes| kilobytes / 1000.0)
}
