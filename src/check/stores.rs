//! What clients of stores were promised, judged at the end of a run: by their calls alone, or by what replicas declare
//! besides.

use super::calls::{Breach, Call, Point, causal, sessions, staleness};
use super::claim::{Measure, Promise};
use super::history::Moment;
use super::judge::Judge;
use super::measures::Measures;
use super::violation::Violation;
use crate::node::{EventId, SimTime};

impl Judge {
    /// How a promise to the clients of a store is broken, were this the end of the run. An error says why that cannot be
    /// judged; none is found for promises of another kind.
    pub(super) fn broken_to_clients(&self, promise: Promise) -> Result<Option<Violation>, String> {
        let by_calls = match promise {
            Promise::ReadYourWrites => sessions::read_your_writes,
            Promise::MonotonicReads => sessions::monotonic_reads,
            Promise::MonotonicWrites => sessions::monotonic_writes,
            Promise::WritesFollowReads => sessions::writes_follow_reads,
            Promise::CausallyConsistent => causal::causally_consistent,
            Promise::Convergence | Promise::NoResurrection | Promise::WritesKept if !self.knows_stores() => {
                return Err("no node declares what it stores: nothing can be judged".to_owned());
            }
            Promise::Convergence => return Ok(self.unequal_replicas()),
            Promise::NoResurrection => return Ok(self.resurrected(&self.calls())?.0),
            Promise::WritesKept => return Ok(self.lost_write()),
            _ => return Ok(None),
        };
        let calls = self.calls();
        let breach = by_calls(&calls)?;
        if let Some(breach) = breach {
            return Ok(Some(self.violation_of(promise, &calls, breach)));
        }
        if !matches!(promise, Promise::MonotonicWrites | Promise::WritesFollowReads) {
            return Ok(None);
        }
        if !self.knows_stores() && !sessions::show_lists(&calls) {
            return Err("no node declares what it stores, and no list is read: nothing can be judged".to_owned());
        }
        self.early_write(promise, &calls)
    }

    /// A breach that calls show, as a violation at the event at which it shows.
    fn violation_of(&self, promise: Promise, calls: &[Call], breach: Breach) -> Violation {
        let shows = &calls[breach.shows];
        let node = self.cluster.find(&shows.client).expect("a client is a node of the run");
        let mut violation =
            Violation::new(promise, moment(shows.ended.unwrap_or(shows.invoked)), node, breach.headline);
        for (line, at) in breach.seen {
            let event = at.map(|at| format!(" ({})", moment(at).event)).unwrap_or_default();
            violation = violation.saw(format!("{line}{event}")).blame(at.map(|at| moment(at).event));
        }
        let others = breach.others.iter().map(|call| calls[*call].ended.unwrap_or(calls[*call].invoked));
        violation.blame(others.map(|at| moment(at).event))
    }

    /// Why a promise to clients was kept, in a few words.
    pub(super) fn tell_kept_to_clients(&self, promise: Promise) -> String {
        let reads = || self.history.operations().filter(|operation| operation.op.is_read()).count();
        match promise {
            Promise::ReadYourWrites => format!("none of {} reads missed its client's own write", reads()),
            Promise::MonotonicReads => format!("none of {} reads went back in time", reads()),
            Promise::MonotonicWrites => "no client's writes came in another order".to_owned(),
            Promise::WritesFollowReads => "no write came before what its writer had read".to_owned(),
            Promise::CausallyConsistent => format!("none of {} reads missed what it may depend on", reads()),
            Promise::Convergence => "all running replicas hold the same".to_owned(),
            Promise::NoResurrection => "nothing that was given up came back".to_owned(),
            Promise::FencingOrder => "no write came with an older token than the one before".to_owned(),
            Promise::WritesKept => match self.acknowledged_writes().count() {
                1 => "1 acknowledged write, not gone".to_owned(),
                count => format!("{count} acknowledged writes, none gone"),
            },
            _ => "kept".to_owned(),
        }
    }

    /// A count at the end of the run. What cannot be judged counts as none.
    pub fn count(&self, measure: Measure) -> u64 {
        self.measured(measure, self.history.now().time).unwrap_or_default()
    }

    /// A count, or a measure, of a run that ended at `end`; `None` where nothing was asked, or answered, that could be
    /// measured. See [`measures`](super::measures) for what each means.
    pub(super) fn measured(&self, measure: Measure, end: SimTime) -> Option<u64> {
        let reads = |is_stale: bool| {
            let reads = staleness::staleness(&self.calls()).unwrap_or_default();
            reads.iter().filter(|read| (read.versions_behind > 0) == is_stale).count() as u64
        };
        let of_calls = || Measures::of_calls(&self.calls(), end);
        Some(match measure {
            Measure::StaleReads => reads(true),
            Measure::FreshReads => reads(false),
            Measure::LostWrites => self.lost_writes().len() as u64,
            Measure::ResurrectedWrites => self.resurrected(&self.calls()).map_or(0, |(_, count)| count),
            Measure::AvailablePercent => {
                let Measures { answered, due, .. } = of_calls();
                (answered * 100).checked_div(due)?
            }
            Measure::WriteP50Ms => of_calls().writes.latencies.whole_millis(500)?,
            Measure::WriteP99Ms => of_calls().writes.latencies.whole_millis(990)?,
            Measure::ReadP50Ms => of_calls().reads.latencies.whole_millis(500)?,
            Measure::ReadP99Ms => of_calls().reads.latencies.whole_millis(990)?,
            _ => self.history.count(measure),
        })
    }
}

fn moment(point: Point) -> Moment {
    Moment { event: EventId(point.place), time: point.time.unwrap_or(SimTime::ZERO) }
}
