//! What a run's facts say of logs and operations, put together once, so that no frame has to walk the run.

use crate::node::{EventId, Fact, NodeId, OperationId, Outcome};
use crate::trace::{EventKind, Trace};

/// A change of a node's log.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// An entry of that term at that place.
    Entry {
        index: u64,
        term: u64,
    },
    /// What stood from there on is gone.
    Truncated(u64),
    /// What stood up to there is a snapshot.
    Snapshot {
        index: u64,
        installed: bool,
    },
    Committed(u64),
    /// The log that was in memory is forgotten.
    Boot,
}

/// The end of an operation, as its client knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Returned(Outcome),
    TimedOut,
}

/// A log at some moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// The last place that a snapshot stands for.
    pub base: u64,
    /// The terms of the entries after it.
    pub terms: Vec<u64>,
    pub commit: u64,
}

impl Log {
    pub fn last(&self) -> u64 {
        self.base + self.terms.len() as u64
    }

    /// The term of the entry at a place.
    pub fn term(&self, index: u64) -> Option<u64> {
        let place = index.checked_sub(self.base + 1)?;
        self.terms.get(usize::try_from(place).ok()?).copied()
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Entry { index, term } => {
                if self.terms.is_empty() {
                    self.base = index.saturating_sub(1);
                }
                self.terms.truncate(index.saturating_sub(self.base + 1) as usize);
                self.terms.push(term);
            }
            Step::Truncated(index) => self.terms.truncate(index.saturating_sub(self.base + 1) as usize),
            Step::Snapshot { index, installed } => {
                let gone = (index.saturating_sub(self.base) as usize).min(self.terms.len());
                if installed {
                    self.terms.clear();
                } else {
                    self.terms.drain(..gone);
                }
                self.base = self.base.max(index);
            }
            Step::Committed(index) => self.commit = self.commit.max(index),
            Step::Boot => *self = Log::default(),
        }
    }
}

/// What the facts of a run come to.
#[derive(Debug, Default)]
pub struct Ledger {
    steps: Vec<Vec<(EventId, Step)>>,
    /// For each operation, in order: its number, and the event and the way in which it ended.
    ends: Vec<(OperationId, EventId, End)>,
}

impl Ledger {
    /// One pass over the trace.
    pub fn new(trace: &Trace) -> Self {
        let mut ledger = Ledger { steps: vec![Vec::new(); trace.cluster().len()], ends: Vec::new() };
        for id in trace.ids() {
            let Some(node) = trace.node(id) else { continue };
            let step = match (trace.record(id).kind(), trace.fact(id)) {
                (EventKind::Boot, _) => Step::Boot,
                (_, Some(Fact::Appended { index, term, .. } | Fact::Restored { index, term, .. })) => {
                    Step::Entry { index: *index, term: *term }
                }
                (_, Some(Fact::Truncated { index })) => Step::Truncated(*index),
                (_, Some(Fact::Compacted { index, .. })) => Step::Snapshot { index: *index, installed: false },
                (_, Some(Fact::Installed { index, .. })) => Step::Snapshot { index: *index, installed: true },
                (_, Some(Fact::Committed { index, .. })) => Step::Committed(*index),
                (_, Some(Fact::Returned { operation, outcome })) => {
                    ledger.ends.push((*operation, id, End::Returned(outcome.clone())));
                    continue;
                }
                (_, Some(Fact::TimedOut { operation })) => {
                    ledger.ends.push((*operation, id, End::TimedOut));
                    continue;
                }
                _ => continue,
            };
            ledger.steps[node.index()].push((id, step));
        }
        ledger.ends.sort_by_key(|end| end.0);
        ledger
    }

    /// A node's log after an event; `None` where the node never declares one.
    pub fn log(&self, node: NodeId, at: EventId) -> Option<Log> {
        let steps = &self.steps[node.index()];
        steps.iter().any(|(_, step)| !matches!(step, Step::Boot)).then_some(())?;
        let mut log = Log::default();
        let until = steps.partition_point(|(id, _)| *id <= at);
        steps[..until].iter().for_each(|(_, step)| log.take(*step));
        Some(log)
    }

    /// How an operation ended for its client.
    pub fn end(&self, operation: OperationId) -> Option<(EventId, &End)> {
        let place = self.ends.binary_search_by_key(&operation, |end| end.0).ok()?;
        Some((self.ends[place].1, &self.ends[place].2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(steps: &[Step]) -> Log {
        let mut log = Log::default();
        steps.iter().for_each(|step| log.take(*step));
        log
    }

    #[test]
    fn a_log_is_what_its_steps_make_of_it() {
        let entry = |index, term| Step::Entry { index, term };
        let grown = [entry(1, 1), entry(2, 1), entry(3, 2), Step::Committed(2)];
        assert_eq!(log(&grown), Log { base: 0, terms: vec![1, 1, 2], commit: 2 });
        let cut = log(&[&grown[..], &[Step::Truncated(3), entry(3, 4)]].concat());
        assert_eq!((cut.terms.clone(), cut.term(3), cut.last()), (vec![1, 1, 4], Some(4), 3));
        let short = log(&[&grown[..], &[Step::Snapshot { index: 2, installed: false }]].concat());
        assert_eq!((short.base, short.terms.clone(), short.term(2), short.term(3)), (2, vec![2], None, Some(2)));
        let taken = log(&[&grown[..], &[Step::Snapshot { index: 9, installed: true }]].concat());
        assert_eq!((taken.base, taken.last()), (9, 9));
        let restored = log(&[&grown[..], &[Step::Boot, entry(5, 3), entry(6, 3)]].concat());
        assert_eq!(restored, Log { base: 4, terms: vec![3, 3], commit: 0 });
    }
}
