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
use ratatui::buffer::Buffer;
use std::time::Instant;
use workloads::{ratio, report, resident};

const SIZE: (u16, u16) = (120, 40);

/// Browsing, jumps, panels, zooms and searches.
const SESSION: &str = ":e0\n→→→→→→→→→→↓↓↓↓⇟⇟⇟⇞←←←←:e900000\n→→→→←←←←↓↓↑↑⇟⇞G⇞⇞←←:e500000\n1\n→→2\n→→nnnNNN0ccee\
    pp→→p:e123456\nocOll→→←←om→→oo→→op→ot→→os→ox→ob→ow→→oeiii→z→→↓↓z→→↓⇟⇞z→→⇟⇞nz→→⇟⇞z→←z→←ZZZZZZZ/no such thing\n/votes\nssSS\u{1b}fFvV?jjj\u{1b}xcrash\u{1b}";

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
    let first = first.unwrap_or_default();
    println!("{:<28}  {first:.2?}, {:.2} times the baseline", "opened, after the run", ratio(first, bare));
    let mut times = Vec::new();
    let mut last = Instant::now();
    rehearse(show(), SIZE, SESSION, &mut |frame| {
        times.push((last.elapsed(), footer(frame)));
        last = Instant::now();
    });
    // The first frame is that after opening.
    times.remove(0);
    let mut slowest = times.clone();
    slowest.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    for (time, footer) in slowest.iter().take(5) {
        println!("  {time:.1?} until the screen said: {footer}");
    }
    let mut times: Vec<_> = times.into_iter().map(|(time, _)| time).collect();
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

/// The last line of a frame: it tells what the key did.
fn footer(frame: &Buffer) -> String {
    let y = frame.area.height - 1;
    (0..frame.area.width).map(|x| frame[(x, y)].symbol()).collect::<String>().trim().chars().take(70).collect()
}
