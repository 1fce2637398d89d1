//! Pessimist beside its peers: how many messages per second each of them delivers in the same game of ping-pong.
//!
//! `cargo run --release` in this folder prints a table, and `cargo run --release -- --json` the same for machines.
//! It takes well under a minute, and wants a quiet machine.
//!
//! # What is measured
//!
//! Two nodes send balls to and fro. One node serves all of them at the start; a node that receives a ball sends it
//! back. Each ball carries its number, a message takes 1 to 2 ms of simulated time, drawn uniformly for each message,
//! and none is lost. The load is the number of balls, that is, of messages in flight. A figure is the number of
//! messages delivered divided by the wall-clock time, which includes building each system and taking it down.
//!
//! All contenders run in this one process on one thread, compiled by the same compiler with the same settings and
//! served by the same allocator. They take turns, A B C A B C and so on, so that a machine that becomes slower or
//! faster does so for all of them. A ratio is formed within each round, between neighbours in time, and only then is
//! the median of the rounds taken; so a ratio is worth more than the quotient of two figures in the table. The
//! smallest and the largest value are shown beside each median, because the spread says how quiet the machine was.
//!
//! # What is not measured
//!
//! Ping-pong does next to nothing in its handlers, so the figures tell the cost of a message, not the speed of a real
//! test, in which the protocol's own work is added on all sides. Timers, disks, faults, checkers and searches play no
//! part. The contenders do not do equal work for a message either: what each of them does and leaves out, tracing
//! above all, is said at the head of its file.
//!
//! The lengths of the runs differ as well, because a contender that keeps a trace becomes slower as its memory grows.
//! A measurement fills its time with as many fresh runs as fit, and each contender has the run length at which it does
//! best; `--run-length N` gives all of them the same.
//!
//! # Searches
//!
//! `--search` compares searches of all states instead, with stateright's: see `search.rs`.

mod anysystem_pingpong;
mod bare_heap;
mod pessimist_runs;
mod search;

use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How often each contender is measured under each load. An odd number has a median.
const ROUNDS: usize = 7;
/// About how long one measurement takes.
const MEASUREMENT: Duration = Duration::from_millis(600);
/// How long runs must take together before their number for a whole measurement is extrapolated. This warms up, too.
const CALIBRATION: Duration = Duration::from_millis(60);

/// One who plays.
struct Contender {
    name: &'static str,
    /// What is counted for each second.
    unit: &'static str,
    /// The loads under which it plays.
    in_flight: &'static [u32],
    /// How many messages one run has at which this contender does best.
    run_length: u64,
    /// Plays once, from nothing, with so many balls and until so many messages have been delivered; tells how many
    /// there were, which may be a few more.
    run: fn(in_flight: u32, messages: u64) -> u64,
}

/// The loads of the ping-pong.
const PING_PONG: &[u32] = &[1, 64];

/// All who play, in the order in which they take turns.
const CONTENDERS: &[Contender] = &[
    Contender {
        name: "pessimist",
        unit: "messages/s",
        in_flight: PING_PONG,
        run_length: 1_000_000,
        run: pessimist_runs::unwatched,
    },
    Contender {
        name: "pessimist, traced",
        unit: "messages/s",
        in_flight: PING_PONG,
        run_length: 100_000,
        run: pessimist_runs::traced,
    },
    Contender {
        name: "Raft of five",
        unit: "events/s",
        in_flight: PING_PONG,
        run_length: 300_000,
        run: pessimist_runs::raft_unwatched,
    },
    Contender {
        name: "Raft, traced",
        unit: "events/s",
        in_flight: PING_PONG,
        run_length: 300_000,
        run: pessimist_runs::raft_traced,
    },
    Contender {
        name: "anysystem",
        unit: "messages/s",
        in_flight: PING_PONG,
        run_length: 1_000,
        run: anysystem_pingpong::run,
    },
    Contender {
        name: "bare heap",
        unit: "events/s",
        in_flight: &[1, 64, 100, 10_000],
        run_length: 1_000_000,
        run: bare_heap::run,
    },
];

/// Those against whom the others are set, by name.
const BASELINES: [&str; 2] = ["anysystem", "bare heap"];

/// The middle of some values, with the smallest and the largest.
#[derive(Clone, Copy)]
struct Spread {
    median: f64,
    min: f64,
    max: f64,
}

impl Spread {
    fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Spread { median: values[values.len() / 2], min: values[0], max: values[values.len() - 1] }
    }

    fn json(self) -> Value {
        json!({ "median": self.median, "min": self.min, "max": self.max })
    }
}

/// What one contender achieved under one load.
struct Score {
    contender: &'static Contender,
    run_length: u64,
    /// Messages per second, round by round.
    rates: Vec<f64>,
}

impl Score {
    /// The rate as a multiple of that of the baseline, where the baseline played under this load.
    fn against(&self, baseline: &str, scores: &[Score]) -> Option<Spread> {
        let other = scores.iter().find(|score| score.contender.name == baseline)?;
        Some(Spread::of(self.rates.iter().zip(&other.rates).map(|(mine, theirs)| mine / theirs)))
    }
}

/// Plays `runs` times: how many messages were delivered, and in which time.
fn measure(contender: &Contender, in_flight: u32, run_length: u64, runs: u64) -> (u64, Duration) {
    let start = Instant::now();
    let mut delivered = 0;
    for _ in 0..runs {
        let count = (contender.run)(in_flight, run_length);
        assert!(count >= run_length, "{} stopped after {count} of {run_length} messages", contender.name);
        delivered += count;
    }
    (delivered, start.elapsed())
}

/// How many runs fill a measurement.
fn calibrate(contender: &Contender, in_flight: u32, run_length: u64) -> u64 {
    let mut runs = 1;
    loop {
        let (_, taken) = measure(contender, in_flight, run_length, runs);
        if taken >= CALIBRATION {
            let share = MEASUREMENT.as_secs_f64() / taken.as_secs_f64();
            return ((runs as f64 * share).round() as u64).max(1);
        }
        runs *= 2;
    }
}

/// Lets all who play under this load take turns.
fn compete(in_flight: u32, flags: &Flags) -> Vec<Score> {
    let run_length = flags.run_length;
    let plays = |contender: &&Contender| contender.in_flight.contains(&in_flight) && flags.allow(contender);
    let mut scores: Vec<(Score, u64)> = CONTENDERS
        .iter()
        .filter(plays)
        .map(|contender| {
            let run_length = run_length.unwrap_or(contender.run_length);
            let runs = calibrate(contender, in_flight, run_length);
            (Score { contender, run_length, rates: Vec::new() }, runs)
        })
        .collect();
    for _ in 0..ROUNDS {
        for (score, runs) in &mut scores {
            let (delivered, taken) = measure(score.contender, in_flight, score.run_length, *runs);
            score.rates.push(delivered as f64 / taken.as_secs_f64());
        }
    }
    scores.into_iter().map(|(score, _)| score).collect()
}

/// Three digits or so of a rate, such as `431 k` or `35.2 M`.
fn rate(value: f64) -> String {
    match value {
        v if v >= 1e8 => format!("{:.0} M", v / 1e6),
        v if v >= 1e6 => format!("{:.1} M", v / 1e6),
        v => format!("{:.0} k", v / 1e3),
    }
}

/// Three digits or so of a ratio.
fn ratio(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v if v >= 0.1 => format!("{v:.2}"),
        v => format!("{v:.4}"),
    }
}

/// A median, with the extremes in brackets.
fn cell(spread: Spread, show: fn(f64) -> String) -> String {
    format!("{} [{} to {}]", show(spread.median), show(spread.min), show(spread.max))
}

/// Prints rows under their headings, each column as wide as it must be.
fn print_table(rows: &[Vec<String>]) {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    for row in rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
        println!("{}", cells.join("   ").trim_end());
    }
}

fn print_report(in_flight: u32, scores: &[Score]) {
    println!("{in_flight} in flight, median of {ROUNDS} rounds [smallest to largest]\n");
    let mut head = vec!["contender".to_owned(), "per second".to_owned(), "unit".to_owned()];
    head.extend(BASELINES.map(|baseline| format!("against {baseline}")));
    head.push("run length".to_owned());
    let rows = scores.iter().map(|score| {
        let rates = cell(Spread::of(score.rates.iter().copied()), rate);
        let mut row = vec![score.contender.name.to_owned(), rates, score.contender.unit.to_owned()];
        row.extend(BASELINES.map(|baseline| match score.against(baseline, scores) {
            Some(_) if score.contender.name == baseline => "1".to_owned(),
            Some(spread) => cell(spread, ratio),
            None => "-".to_owned(),
        }));
        row.push(score.run_length.to_string());
        row
    });
    print_table(&[head].into_iter().chain(rows).collect::<Vec<_>>());
    println!();
}

fn json_report(in_flight: u32, scores: &[Score]) -> Value {
    let of = |score: &Score| {
        let against = |baseline| score.against(baseline, scores).map(Spread::json);
        json!({
            "name": score.contender.name,
            "unit": score.contender.unit,
            "run_length": score.run_length,
            "rate": Spread::of(score.rates.iter().copied()).json(),
            "rates": score.rates,
            "against_anysystem": against(BASELINES[0]),
            "against_bare_heap": against(BASELINES[1]),
        })
    };
    json!({ "in_flight": in_flight, "contenders": scores.iter().map(of).collect::<Vec<_>>() })
}

/// What was asked for.
#[derive(Default)]
struct Flags {
    json: bool,
    run_length: Option<u64>,
    only: Option<String>,
    search: bool,
}

impl Flags {
    fn allow(&self, contender: &Contender) -> bool {
        self.only.as_deref().is_none_or(|only| contender.name == only)
    }
}

const USAGE: &str = "usage: cargo run --release -- [--json] [--search] [--only NAME] [--run-length N]

  --json           print the figures as JSON
  --search         compare searches of all states instead of runs
  --only NAME      let one contender play alone, or search one model alone, to look at it with a profiler
  --run-length N   let a run of each contender have N messages, instead of as many as suit it best";

/// What the command line asks for. An empty problem asks for the usage alone.
fn flags() -> Result<Flags, String> {
    let mut flags = Flags::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => flags.json = true,
            "--search" => flags.search = true,
            "--help" | "-h" => return Err(String::new()),
            "--only" => {
                let players = CONTENDERS.iter().map(|contender| contender.name);
                let names: Vec<_> = players.chain(search::MODELS.iter().map(|model| model.name)).collect();
                let name = arguments.next().filter(|name| names.contains(&name.as_str()));
                flags.only = Some(name.ok_or(format!("--only needs one of: {}", names.join("; ")))?);
            }
            "--run-length" => {
                let number = arguments.next().and_then(|n| n.parse().ok()).filter(|&n| n > 0);
                flags.run_length = Some(number.ok_or("--run-length needs a number of messages above zero")?);
            }
            other => return Err(format!("{other:?} is not a flag of this command")),
        }
    }
    Ok(flags)
}

fn main() -> ExitCode {
    let flags = match flags() {
        Ok(flags) => flags,
        Err(problem) if problem.is_empty() => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("{problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if cfg!(debug_assertions) {
        eprintln!("This is not a release build; its figures say nothing.");
    }
    if flags.search {
        search::compare(flags.only.as_deref(), flags.json);
        return ExitCode::SUCCESS;
    }
    let playing = CONTENDERS.iter().filter(|contender| flags.allow(contender));
    let mut loads: Vec<u32> = playing.flat_map(|contender| contender.in_flight).copied().collect();
    loads.sort_unstable();
    loads.dedup();
    let mut reports = Vec::new();
    for in_flight in loads {
        let scores = compete(in_flight, &flags);
        if flags.json {
            reports.push(json_report(in_flight, &scores));
        } else {
            print_report(in_flight, &scores);
        }
    }
    if flags.json {
        println!("{:#}", json!({ "rounds": ROUNDS, "loads": reports }));
    }
    ExitCode::SUCCESS
}
