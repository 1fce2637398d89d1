//! Promises about what clients saw, judged at the end of a run from its calls alone.

use super::calls::{Budget, Call, Judgement, Meaning, Places, Undecided, linearizable, of_run, pages};
use super::claim::Promise;
use super::history::Moment;
use super::judge::Judge;
use super::violation::Violation;
use crate::node::{EventId, SimTime};
use std::sync::OnceLock;

/// How many states are tried before a run counts as not judged. Our choice: some seconds, far more than a scenario needs.
const STATES: u64 = 1_000_000;

/// What was found of a promise.
#[derive(Clone, Debug)]
pub(super) enum Finding {
    /// Why it is kept.
    Kept(String),
    /// How it is broken.
    Broken(Box<Violation>),
    /// Why it is not known.
    Unknown(String),
}

/// What was found of the run up to its last event: verdicts and pages ask more than once.
#[derive(Clone, Debug, Default)]
pub(super) struct Consistency {
    linearizable: OnceLock<Finding>,
    sequential: OnceLock<Finding>,
}

impl Consistency {
    /// The run goes on.
    #[inline]
    pub fn forget(&mut self) {
        if self.linearizable.get().is_some() || self.sequential.get().is_some() {
            *self = Consistency::default();
        }
    }
}

impl Judge {
    /// What is found of a promise about calls, were this the end of the run; nothing of other promises.
    pub(super) fn consistency(&self, promise: Promise) -> Option<&Finding> {
        match promise {
            Promise::Linearizable => Some(self.consistency.linearizable.get_or_init(|| self.judge_linearizable())),
            Promise::SequentiallyConsistent => {
                Some(self.consistency.sequential.get_or_init(|| self.judge_sequential()))
            }
            _ => None,
        }
    }

    fn judge_linearizable(&self) -> Finding {
        let calls = of_run(&self.history, &self.cluster);
        let mut budget = Budget { states: STATES, go_on: &mut || true };
        match linearizable(&calls, Meaning::RUN, &mut budget) {
            Judgement::Explained { calls: 0, .. } => Finding::Kept("no client learned anything".to_owned()),
            Judgement::Explained { calls, keys: 1 } => Finding::Kept(format!("one order explains all {calls} calls")),
            Judgement::Explained { calls, keys } => {
                Finding::Kept(format!("one order explains all {calls} calls, key by key ({keys})"))
            }
            Judgement::Undecided { states, .. } => Finding::Unknown(format!("not judged within {states} states")),
            Judgement::Unexplained(conflict) => {
                let told = pages::of_conflict(&calls, &conflict, Meaning::RUN, Places::Events);
                self.broken(Promise::Linearizable, &calls, &conflict.shown, told)
            }
        }
    }

    fn judge_sequential(&self) -> Finding {
        // One order for each key that heeds real time makes one for all.
        if let Some(Finding::Kept(text)) = self.consistency(Promise::Linearizable) {
            return Finding::Kept(text.clone());
        }
        let calls = of_run(&self.history, &self.cluster);
        let mut budget = Budget { states: STATES, go_on: &mut || true };
        match super::calls::sequential(&calls, Meaning::RUN, &mut budget) {
            Ok(None) => Finding::Kept("one order explains all calls, though not their times".to_owned()),
            Err(Undecided) => Finding::Unknown(format!("not judged within {STATES} states")),
            Ok(Some(disorder)) => {
                let told = pages::of_disorder(&calls, &disorder, Meaning::RUN, Places::Events);
                self.broken(Promise::SequentiallyConsistent, &calls, &disorder.shown, told)
            }
        }
    }

    /// The violation that some calls show.
    fn broken(&self, promise: Promise, calls: &[Call], shown: &[usize], told: pages::Told) -> Finding {
        let shown: Vec<&Call> = shown.iter().map(|place| &calls[*place]).collect();
        let end = |call: &&&Call| call.certain_end().map(|end| end.place).unwrap_or(call.invoked.place);
        let last = shown.iter().max_by_key(end).expect("a conflict has calls");
        let point = last.certain_end().unwrap_or(last.invoked);
        let at = Moment { event: EventId(point.place), time: point.time.unwrap_or(SimTime::ZERO) };
        let node = self.cluster.ids().find(|id| self.name(*id) == &*last.client).or(self.cluster.ids().next());
        let node = node.expect("a cluster has nodes");
        let events = shown.iter().flat_map(|call| [Some(call.invoked), call.certain_end()]).flatten();
        let violation = Violation::new(promise, at, node, told.headline)
            .saw(told.hence)
            .blame(events.map(|point| EventId(point.place)).collect::<Vec<_>>())
            .draw(told.about, told.lines);
        Finding::Broken(Box::new(violation))
    }
}
