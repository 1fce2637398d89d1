//! What a run was worth to those who used it, in numbers: how often they were answered, how fast, at what price, and
//! what was lost.
//!
//! - *Answered*: told ok. A compare-and-set and a lock may also be refused by their very meaning: for these a refusal is
//!   an answer. Any other refusal is none (Gilbert and Lynch, "Brewer's conjecture ...", 2002: an error is no response).
//! - *Due*: what was asked and had time to be answered: it ended, or it waited, to the run's end, as long as the slowest
//!   that was answered. So what was asked in the last instant counts against nobody.
//! - *Available*: what was answered, of what was due.
//! - *Longest silence*: the longest time from when somebody asked until anybody was answered, or until the last who
//!   waited had stopped waiting. Where few ask, it is no shorter than their patience: nobody knows of a service that
//!   nobody calls.
//! - *Latency*: from asking to being told ok, by true time. Who gave up has none, so that a service which answers only
//!   what is easy looks fast: read it beside availability.
//! - *Percentile*: by the nearest rank. The p-th of n values in order is the one at place p/100 n, rounded up: always one
//!   of the values.
//! - *Messages* and *bytes*: all that nodes sent each other, heartbeats too, for each operation asked. A message's size is
//!   that of [`wire_size`].
//! - *Lost*: writes that were acknowledged and are gone at the end, by whichever promise can tell: see
//!   [`Promise::AcksDurable`](super::Promise::AcksDurable) and [`Promise::WritesKept`](super::Promise::WritesKept).
//! - *Stale*: reads that missed a newer write which was acknowledged before they began: see [`staleness`].

mod figures;
mod interval;

#[cfg(test)]
mod tests;

pub use figures::{FIGURES, Figure, Summary, short, summaries};
pub use interval::{Bounds, Interval, mean, share};

use super::calls::{Call, staleness};
use super::claim::Measure;
use super::history::Ending;
use super::judge::Judge;
use crate::node::{Event, Node, Op, OperationId, SimSpan, SimTime, Sink, What, wire_size};
use std::collections::BTreeSet;

/// What operations of one sort came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many took effect, as their clients were told.
    pub ok: u64,
    /// How many were refused.
    pub failed: u64,
    /// How many were given up.
    pub unknown: u64,
    /// How many clients still waited, or had died, at the end of the run.
    pub open: u64,
    /// How long those took that were told ok.
    pub latencies: Latencies,
}

impl Tally {
    /// How many were asked for.
    pub fn asked(&self) -> u64 {
        self.ok + self.failed + self.unknown + self.open
    }

    fn add(&mut self, call: &Call) {
        match call.ending {
            Ending::Ok(_) => self.ok += 1,
            Ending::Failed => self.failed += 1,
            Ending::Unknown => self.unknown += 1,
            Ending::Pending => self.open += 1,
        }
        self.latencies.0.extend(latency(call));
    }
}

/// Spans in order, the shortest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latencies(Vec<SimSpan>);

impl Latencies {
    /// The spans, in any order.
    pub fn new(spans: impl IntoIterator<Item = SimSpan>) -> Self {
        let mut spans: Vec<SimSpan> = spans.into_iter().collect();
        spans.sort();
        Latencies(spans)
    }

    /// The percentile by the nearest rank, in thousandths: 500 is the median, 999 what one of a thousand exceeds, 1000
    /// the longest. `None` where there is nothing.
    pub fn percentile(&self, thousandths: u64) -> Option<SimSpan> {
        let rank = (self.0.len() as u64 * thousandths.min(1000)).div_ceil(1000);
        self.0.get((rank as usize).saturating_sub(1)).copied()
    }

    /// The percentile in milliseconds, rounded up.
    pub(super) fn whole_millis(&self, thousandths: u64) -> Option<u64> {
        self.percentile(thousandths).map(|span| span.0.div_ceil(1_000_000))
    }
}

/// The measures of one run. See the [module](self) for what each means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// Operations that change nothing.
    pub reads: Tally,
    /// All others.
    pub writes: Tally,
    /// How many were due.
    pub due: u64,
    /// How many of those were answered.
    pub answered: u64,
    /// The longest silence; absent where nobody asked, or where times are not known.
    pub silence: Option<SimSpan>,
    /// How many messages were sent.
    pub messages: u64,
    /// How long they were together; absent where that was not measured.
    pub bytes: Option<u64>,
    /// How many acknowledged writes are gone; absent where no node declares what would tell.
    pub lost: Option<u64>,
    /// How many answered reads were stale, and of how many; absent where no read could be judged.
    pub stale: Option<(u64, u64)>,
}

impl Measures {
    /// What calls tell, which went on until `end`.
    pub fn of_calls(calls: &[Call], end: SimTime) -> Self {
        let mut measures = Measures::default();
        for call in calls {
            if call.op.is_read() { measures.reads.add(call) } else { measures.writes.add(call) }
        }
        measures.reads.latencies.0.sort();
        measures.writes.latencies.0.sort();
        let slowest = calls.iter().filter(|call| is_answered(call)).filter_map(span).max();
        let had_time = |call: &&Call| {
            let waited = call.invoked.time.map(|asked| end.since(asked));
            call.ended.is_some() || slowest.is_none() || waited >= slowest
        };
        measures.due = calls.iter().filter(had_time).count() as u64;
        measures.answered = calls.iter().filter(|call| is_answered(call)).count() as u64;
        measures.silence = longest_silence(calls, end);
        measures
    }

    /// What a judge saw of a run that ended at `end`, and what a meter measured of it.
    pub fn of_run(judge: &Judge, meter: &Meter, end: SimTime) -> Self {
        let calls = judge.calls();
        let reads = staleness::staleness(&calls).unwrap_or_default();
        let stale = reads.iter().filter(|read| read.versions_behind > 0).count();
        Measures {
            messages: judge.history().count(Measure::Sent),
            bytes: Some(meter.bytes),
            lost: judge.lost_operations().map(|lost| lost.len() as u64),
            stale: (!reads.is_empty()).then_some((stale as u64, reads.len() as u64)),
            ..Measures::of_calls(&calls, end)
        }
    }

    /// How many operations were asked for.
    pub fn asked(&self) -> u64 {
        self.reads.asked() + self.writes.asked()
    }
}

impl Judge {
    /// The acknowledged writes that are gone, were this the end of the run: what the survivor of a log lacks, or where there
    /// is none what replicas no longer hold. Absent where no node declares what would tell.
    pub fn lost_operations(&self) -> Option<BTreeSet<OperationId>> {
        let survivors = self.survivors();
        if !survivors.is_empty() {
            let lost = self.acknowledged_writes().filter(|write| !self.survives(&survivors, write));
            return Some(lost.map(|write| write.id).collect());
        }
        self.knows_stores().then(|| self.lost_writes().iter().map(|write| write.id).collect())
    }
}

/// Measures the messages of a run. It serializes each, so that it is for runs whose bytes somebody wants to know.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    bytes: u64,
}

/// There is a meter only where one is wanted.
impl<N: Node> Sink<N> for Meter {
    fn event(&mut self, event: &Event<'_, N>) {
        if let What::Send { msg, .. } = &event.what {
            self.bytes += wire_size(*msg);
        }
    }
}

fn is_answered(call: &Call) -> bool {
    match call.ending {
        Ending::Ok(_) => true,
        Ending::Failed => matches!(call.op, Op::Cas { .. } | Op::Acquire(_)),
        Ending::Unknown | Ending::Pending => false,
    }
}

/// How long a call took to end.
fn span(call: &Call) -> Option<SimSpan> {
    Some(call.ended?.time?.since(call.invoked.time?))
}

fn latency(call: &Call) -> Option<SimSpan> {
    if matches!(call.ending, Ending::Ok(_)) { span(call) } else { None }
}

fn longest_silence(calls: &[Call], end: SimTime) -> Option<SimSpan> {
    let mut answers: Vec<SimTime> =
        calls.iter().filter(|call| is_answered(call)).filter_map(|call| call.ended?.time).collect();
    answers.sort();
    let next_answer = |asked: SimTime| answers.get(answers.partition_point(|answer| *answer < asked)).copied();
    let asked = |call: &Call| call.invoked.time;
    let in_vain = calls.iter().filter(|call| asked(call).is_some_and(|asked| next_answer(asked).is_none()));
    let patience = in_vain.filter_map(|call| call.ended.map_or(Some(end), |ended| ended.time)).max();
    let wait = |asked: SimTime| next_answer(asked).or(patience).map(|until| until.since(asked));
    calls.iter().filter_map(asked).filter_map(wait).max()
}
