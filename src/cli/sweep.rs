//! `sweep`: many seeds on all cores; the failing ones with the promise that they broke.

use super::Exit;
use super::arguments::{Plain, Sweep};
use super::run::{refuse_endless, unexpected};
use super::shared::{Stop, heeding, interrupted, invocation, load_by_name, pool, print, progress_bar, words_of};
use crate::scenario::{Failure, Judged, Registry, Runner, Scenario};
use indicatif::ProgressBar;
use rayon::prelude::*;
use serde_json::json;
use std::ops::Range;

/// Seeds that are handed out together.
const CHUNK: u64 = 256;

/// A seed that did not do what the scenario expects.
struct Failing {
    seed: u64,
    what: String,
}

pub fn sweep(registry: &Registry, sweep: &Sweep) -> Result<Exit, Stop> {
    let scenario = load_by_name(&sweep.scenario, sweep.variant.as_deref())?;
    let runner = registry.prepare(&scenario)?;
    let pool = pool(sweep.jobs)?;
    let bar = progress_bar(sweep.seeds.end - sweep.seeds.start);
    #[expect(clippy::disallowed_types, reason = "people are told how fast it went, on standard error")]
    let started = std::time::Instant::now();
    let (mut events, mut failing) = (0, Vec::new());
    let mut next = sweep.seeds.start;
    while next < sweep.seeds.end && !interrupted() {
        let chunk = next..(next + CHUNK * pool.current_num_threads() as u64).min(sweep.seeds.end);
        let swept = heeding(|| pool.install(|| one_chunk(&scenario, runner.as_ref(), chunk, &bar)))?;
        next += swept.seeds;
        events += swept.events;
        failing.extend(swept.failing);
    }
    bar.finish_and_clear();
    let seconds = started.elapsed().as_secs_f64().max(1e-9);
    tell(sweep, &failing, &(sweep.seeds.start..next), events)?;
    let speed = events as f64 / seconds / 1e6;
    eprintln!("{seconds:.1} s, {speed:.2} million events a second, {} at a time", pool.current_num_threads());
    if next < sweep.seeds.end {
        return Err(Stop::interrupted(&format!("nothing is told of the seeds {next}..{}", sweep.seeds.end)));
    }
    Ok(if failing.is_empty() { Exit::Met } else { Exit::Broken })
}

/// What some seeds came to.
#[derive(Default)]
struct Swept {
    seeds: u64,
    events: u64,
    /// In order.
    failing: Vec<Failing>,
}

/// Runs some seeds on the pool. Where the person interrupts it, those count that come before the first that was not run.
fn one_chunk(scenario: &Scenario, runner: &dyn Runner, seeds: Range<u64>, bar: &ProgressBar) -> Result<Swept, Stop> {
    let one = |seed: u64| {
        let (events, what) = match runner.judge(seed) {
            Ok(judged) => {
                refuse_endless(scenario, judged.over, judged.end)?;
                (judged.events, failure_of(scenario, &judged))
            }
            Err(Failure::Panicked(text)) => (0, Some(format!("the protocol's own code panicked: {text}"))),
            Err(failure) => return Err(Stop::from_failure(failure, "")),
        };
        bar.inc(1);
        Ok((events, what.map(|what| Failing { seed, what })))
    };
    let unless_interrupted = |seed| (!interrupted()).then(|| one(seed));
    let results: Vec<Option<Result<_, Stop>>> = seeds.into_par_iter().map(unless_interrupted).collect();
    let mut swept = Swept::default();
    for result in results.into_iter().map_while(|result| result) {
        let (events, failing) = result?;
        swept.seeds += 1;
        swept.events += u64::from(events);
        swept.failing.extend(failing);
    }
    Ok(swept)
}

/// What a run did that its scenario does not expect; `None` where all is as expected.
fn failure_of(scenario: &Scenario, judged: &Judged) -> Option<String> {
    if let Some(violation) = unexpected(scenario, &judged.judge).min_by_key(|violation| violation.event) {
        return Some(format!("BROKEN {} at {}: {}", violation.promise, violation.event, violation.headline));
    }
    scenario.expect.iter().find_map(|expectation| {
        let verdict = judged.judge.verdict(&expectation.claim, judged.end);
        (!verdict.holds).then(|| format!("MISSED {}: {}", expectation.text, verdict.text))
    })
}

fn tell(sweep: &Sweep, failing: &[Failing], done: &Range<u64>, events: u64) -> Result<(), Stop> {
    let command =
        |seed: u64| invocation(&words_of("run", &sweep.scenario, sweep.variant.as_deref(), &seed.to_string()));
    let runs = done.end - done.start;
    if sweep.format == Plain::Json {
        for Failing { seed, what } in failing {
            print(&json!({"seed": seed, "failure": what, "command": command(*seed)}).to_string())?;
        }
        return print(
            &json!({"seeds": [done.start, done.end], "runs": runs, "failing": failing.len(), "events": events})
                .to_string(),
        );
    }
    for Failing { seed, what } in failing {
        print(&format!("seed {seed}  {what}\n  {}", command(*seed)))?;
    }
    let failed = failing.len() as u64;
    print(&format!(
        "{runs} seeds ({}..{}): {} as expected, {failed} not; {events} events",
        done.start,
        done.end,
        runs - failed
    ))
}
