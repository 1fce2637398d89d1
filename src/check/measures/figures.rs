//! The figures by which runs are compared, one list for tables, plots and the card of one run.

use super::interval::{self, Interval};
use super::{Measures, Tally};
use crate::node::SimSpan;

/// A figure of a run.
pub struct Figure {
    /// Its name for programs.
    pub name: &'static str,
    /// Its name and unit for people.
    pub words: &'static str,
    kind: Kind,
    /// Its value for one run; `None` where the run does not tell. Of a share, whether it happened: one or zero.
    pub value: fn(&Measures) -> Option<f64>,
}

enum Kind {
    /// The mean over runs is of interest, of values no larger than this.
    Mean(f64),
    /// So is that of a latency, which may be another's that came before: where few are answered, p99 is the longest.
    Latency,
    /// How many runs of a hundred is of interest.
    Share,
}

const NO_LIMIT: f64 = f64::INFINITY;

/// Every figure, in the order in which people are shown them.
pub const FIGURES: &[Figure] = &[
    Figure {
        name: "operations",
        words: "operations asked",
        kind: Kind::Mean(NO_LIMIT),
        value: |run| Some(run.asked() as f64),
    },
    Figure {
        name: "available_percent",
        words: "available %",
        kind: Kind::Mean(100.0),
        value: |run| percent(run.answered, run.due),
    },
    Figure {
        name: "unknown_percent",
        words: "given up %",
        kind: Kind::Mean(100.0),
        value: |run| percent(run.reads.unknown + run.writes.unknown, run.asked()),
    },
    Figure {
        name: "longest_silence_ms",
        words: "longest silence ms",
        kind: Kind::Mean(NO_LIMIT),
        value: |run| run.silence.map(millis),
    },
    Figure {
        name: "write_p50_ms",
        words: "write p50 ms",
        kind: Kind::Latency,
        value: |run| latency(&run.writes, 500),
    },
    Figure {
        name: "write_p99_ms",
        words: "write p99 ms",
        kind: Kind::Latency,
        value: |run| latency(&run.writes, 990),
    },
    Figure {
        name: "write_max_ms",
        words: "write max ms",
        kind: Kind::Latency,
        value: |run| latency(&run.writes, 1000),
    },
    Figure { name: "read_p50_ms", words: "read p50 ms", kind: Kind::Latency, value: |run| latency(&run.reads, 500) },
    Figure { name: "read_p99_ms", words: "read p99 ms", kind: Kind::Latency, value: |run| latency(&run.reads, 990) },
    Figure { name: "read_max_ms", words: "read max ms", kind: Kind::Latency, value: |run| latency(&run.reads, 1000) },
    Figure {
        name: "messages_per_operation",
        words: "messages/operation",
        kind: Kind::Mean(NO_LIMIT),
        value: |run| ratio(run.messages, run.asked()),
    },
    Figure {
        name: "bytes_per_operation",
        words: "bytes/operation",
        kind: Kind::Mean(NO_LIMIT),
        value: |run| ratio(run.bytes?, run.asked()),
    },
    Figure {
        name: "writes_acknowledged",
        words: "writes told ok",
        kind: Kind::Mean(NO_LIMIT),
        value: |run| asked(&run.writes).map(|writes| writes.ok as f64),
    },
    Figure {
        name: "writes_lost",
        words: "of these lost",
        kind: Kind::Mean(NO_LIMIT),
        value: |run| run.lost.map(|lost| lost as f64),
    },
    Figure {
        name: "runs_that_lost_percent",
        words: "runs that lost one %",
        kind: Kind::Share,
        value: |run| run.lost.map(happened),
    },
    Figure {
        name: "stale_reads_percent",
        words: "stale reads %",
        kind: Kind::Mean(100.0),
        value: |run| run.stale.and_then(|(stale, reads)| percent(stale, reads)),
    },
    Figure {
        name: "runs_with_stale_reads_percent",
        words: "runs with a stale %",
        kind: Kind::Share,
        value: |run| run.stale.map(|(stale, _)| happened(stale)),
    },
];

fn percent(part: u64, whole: u64) -> Option<f64> {
    ratio(part, whole).map(|share| 100.0 * share)
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn happened(count: u64) -> f64 {
    if count > 0 { 1.0 } else { 0.0 }
}

fn asked(tally: &Tally) -> Option<&Tally> {
    (tally.asked() > 0).then_some(tally)
}

fn latency(tally: &Tally, thousandths: u64) -> Option<f64> {
    tally.latencies.percentile(thousandths).map(millis)
}

fn millis(span: SimSpan) -> f64 {
    span.0 as f64 / 1e6
}

impl Figure {
    /// What the runs came to that have a value.
    fn over(&self, values: &[Option<f64>]) -> Option<Interval> {
        let known: Vec<f64> = values.iter().flatten().copied().collect();
        match self.kind {
            Kind::Mean(most) => interval::mean(&known, most),
            Kind::Latency => interval::mean(&known, NO_LIMIT),
            Kind::Share => {
                let hits = known.iter().filter(|value| **value > 0.0).count();
                interval::share(hits as u64, known.len() as u64)
            }
        }
    }
}

/// A figure over the runs of one world.
pub struct Summary {
    /// Which.
    pub figure: &'static Figure,
    /// Its value for each run, in order.
    pub values: Vec<Option<f64>>,
    /// What they come to; absent where no run has a value.
    pub interval: Option<Interval>,
}

impl Summary {
    /// Whether this says of a latency what an earlier one said in every run.
    pub fn repeats(&self, earlier: &Summary) -> bool {
        let are_latencies = [self, earlier].iter().all(|one| matches!(one.figure.kind, Kind::Latency));
        are_latencies && self.values == earlier.values
    }
}

/// Every figure over runs, each of which is given by the values of [`FIGURES`] in order.
pub fn summaries(runs: &[Vec<Option<f64>>]) -> Vec<Summary> {
    let one = |(place, figure): (usize, &'static Figure)| {
        let values: Vec<Option<f64>> = runs.iter().map(|run| run[place]).collect();
        let interval = figure.over(&values);
        Summary { figure, values, interval }
    };
    FIGURES.iter().enumerate().map(one).collect()
}

/// A number that is not negative, for people: three digits, all of a larger whole.
pub fn short(number: f64) -> String {
    let decimals = match number {
        _ if number >= 99.95 => 0,
        _ if number >= 9.995 => 1,
        _ if number >= 0.1 || number == 0.0 => 2,
        _ => 3,
    };
    let text = format!("{number:.decimals$}");
    if text.contains('.') && text.trim_end_matches('0').ends_with('.') {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text
}

impl Measures {
    /// The values of [`FIGURES`] in order.
    pub fn figures(&self) -> Vec<Option<f64>> {
        FIGURES.iter().map(|figure| (figure.value)(self)).collect()
    }

    /// One run's measures in a few words: its decision card, which stands beneath the counts of its operations. Empty where
    /// nothing was asked.
    pub fn card(&self) -> String {
        let Some(available) = percent(self.answered, self.due) else { return String::new() };
        let silence =
            self.silence.map(|span| format!(", silent up to {} ms", short(millis(span)))).unwrap_or_default();
        let mut parts = vec![format!("available {} %{silence}", short(available))];
        for (what, tally) in [("writes", &self.writes), ("reads", &self.reads)] {
            let at = |thousandths| latency(tally, thousandths).map(short);
            if let (Some(p50), Some(p99), Some(most)) = (at(500), at(990), at(1000)) {
                let longest = if most == p99 { String::new() } else { format!(", longest {most}") };
                parts.push(format!("{what} p50 {p50} ms, p99 {p99}{longest}"));
            }
        }
        let messages = ratio(self.messages, self.asked()).unwrap_or_default();
        let bytes = self.bytes.and_then(|bytes| ratio(bytes, self.asked()));
        let bytes = bytes.map(|bytes| format!(", {} bytes", short(bytes))).unwrap_or_default();
        parts.push(format!("{} messages{bytes} an operation", short(messages)));
        if let Some(lost) = self.lost.filter(|_| self.writes.ok > 0) {
            parts.push(format!("{lost} acknowledged and lost"));
        }
        if let Some((stale, reads)) = self.stale {
            parts.push(format!("{stale} stale of {reads} reads"));
        }
        parts.join("; ")
    }
}
