//! `sweep`: many seeds on all cores; the failing ones with the promise that they broke.

use super::Exit;
use super::arguments::{Plain, Sweep};
use super::run::{refuse_endless, unexpected};
use super::shared::{Stop, interrupted, invocation, load_by_name, pool, print, progress_bar, words_of};
use crate::scenario::{Failure, Judged, Registry, Runner, Scenario};
use rayon::prelude::*;
use serde_json::json;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// Seeds that are handed out together: small enough that an interrupt is soon heeded.
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
    let events = AtomicU64::new(0);
    let mut failing = Vec::new();
    let mut next = sweep.seeds.start;
    while next < sweep.seeds.end && !interrupted() {
        let chunk = next..(next + CHUNK * pool.current_num_threads() as u64).min(sweep.seeds.end);
        next = chunk.end;
        failing.extend(pool.install(|| one_chunk(&scenario, runner.as_ref(), chunk.clone(), &events))?);
        bar.inc(chunk.end - chunk.start);
    }
    bar.finish_and_clear();
    let seconds = started.elapsed().as_secs_f64().max(1e-9);
    let done = sweep.seeds.start..next;
    tell(sweep, &failing, &done, events.load(Ordering::Relaxed))?;
    let speed = events.load(Ordering::Relaxed) as f64 / seconds / 1e6;
    eprintln!("{seconds:.1} s, {speed:.2} million events a second, {} at a time", pool.current_num_threads());
    if next < sweep.seeds.end {
        eprintln!("interrupted: seeds {next}..{} were not run", sweep.seeds.end);
        return Ok(Exit::Interrupted);
    }
    Ok(if failing.is_empty() { Exit::Met } else { Exit::Broken })
}

/// Runs some seeds on the pool; gives the failing ones in order.
fn one_chunk(
    scenario: &Scenario,
    runner: &dyn Runner,
    seeds: Range<u64>,
    events: &AtomicU64,
) -> Result<Vec<Failing>, Stop> {
    let one = |seed: u64| match runner.judge(seed) {
        Ok(judged) => {
            events.fetch_add(u64::from(judged.events), Ordering::Relaxed);
            refuse_endless(scenario, judged.over, judged.end)?;
            Ok(failure_of(scenario, &judged).map(|what| Failing { seed, what }))
        }
        Err(Failure::Panicked(text)) => {
            Ok(Some(Failing { seed, what: format!("the protocol's own code panicked: {text}") }))
        }
        Err(failure) => Err(Stop::from_failure(failure, "")),
    };
    let results: Result<Vec<Option<Failing>>, Stop> = seeds.into_par_iter().map(one).collect();
    Ok(results?.into_iter().flatten().collect())
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
