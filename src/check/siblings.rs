//! Values that stand side by side because their writers did not know of each other (Preguica and others, 2012).
//!
//! What a writer had been shown is what its client declares; from that the judge knows which write overwrote which. A
//! value stands for the one write that stored it. What a node holds ends with its boot, and not with its crash: it may
//! come back.

use super::claim::Promise;
use super::history::Moment;
use super::judge::Judge;
use super::violation::Violation;
use crate::node::{Datum, EventId, Key, NodeId, Op, OperationId};
use std::collections::{BTreeMap, BTreeSet};

type Value = (Key, Datum);

/// Who has written, knowing what, and who holds what.
#[derive(Clone, Debug, Default)]
pub(super) struct Writes {
    /// For each value that was written: all that its writer had been shown, and all that *their* writers had.
    seen: BTreeMap<Value, BTreeSet<Datum>>,
    /// Which values any node has ever held.
    held_once: BTreeSet<Value>,
    /// What each node holds of each key, and since which event.
    held: BTreeMap<(NodeId, Key), (EventId, Vec<Datum>)>,
}

impl Writes {
    pub fn boot(&mut self, node: NodeId) {
        self.held.retain(|(holder, _), _| *holder != node);
    }

    fn has_seen(&self, key: &Key, later: &Datum, earlier: &Datum) -> bool {
        self.seen.get(&(key.clone(), later.clone())).is_some_and(|seen| seen.contains(earlier))
    }
}

impl Judge {
    /// A client writes, knowing these values.
    pub(super) fn replaces(&mut self, operation: OperationId, values: &[Datum]) {
        let Some(Op::Put(key, value)) = self.history.operation(operation).map(|operation| operation.op.clone())
        else {
            return;
        };
        let before = values.iter().filter_map(|known| self.writes.seen.get(&(key.clone(), known.clone())));
        let all: BTreeSet<Datum> = before.flatten().chain(values).cloned().collect();
        self.writes.seen.entry((key, value)).or_default().extend(all);
    }

    /// *Siblings are concurrent*: of two values that a node holds, neither's writer had been shown the other.
    pub(super) fn holds_siblings(&mut self, at: Moment, node: NodeId, key: &Key, values: &[Datum]) {
        self.history.counts.siblings = self.history.counts.siblings.max(values.len() as u64);
        let pairs = values.iter().flat_map(|later| values.iter().map(move |earlier| (later, earlier)));
        let mut stale = pairs.filter(|(later, earlier)| self.writes.has_seen(key, later, earlier));
        if let Some((later, earlier)) = stale.next().map(|(later, earlier)| (later.clone(), earlier.clone())) {
            self.report(Promise::SiblingsConcurrent, |judge| {
                let me = judge.name(node);
                let headline = format!("{me} holds {key}={earlier} beside {later}, which replaced it");
                Violation::new(Promise::SiblingsConcurrent, at, node, headline)
                    .saw(format!("the writer of {later} had been shown {earlier}"))
                    .saw(format!("{me} holds {} values of {key} in {}", values.len(), at.event))
            });
        }
        self.writes.held_once.extend(values.iter().map(|value| (key.clone(), value.clone())));
        self.writes.held.insert((node, key.clone()), (at.event, values.to_vec()));
    }

    /// *Writes kept*, were this the end of the run: each acknowledged write is held by some node, or gave way to a write
    /// that some node has held and whose writer had seen it. Nothing is said where no node declares what it holds.
    pub(super) fn lost_write(&self) -> Option<Violation> {
        let writes = &self.writes;
        if writes.held.is_empty() {
            return None;
        }
        let is_kept = |key: &Key, value: &Datum| {
            let holds = |((_, of), (_, values)): (&(NodeId, Key), &(EventId, Vec<Datum>))| {
                of == key && values.contains(value)
            };
            let replaced = |(of, later): &Value| of == key && writes.has_seen(key, later, value);
            writes.held.iter().any(holds) || writes.held_once.iter().any(replaced)
        };
        let mut lost = self.acknowledged_writes().filter(|write| match &write.op {
            Op::Put(key, value) => !is_kept(key, value),
            _ => false,
        });
        let first = lost.next()?;
        let (told, what) = (first.ended?, self.tell_operation(Some(first.id)));
        let headline = match lost.count() {
            0 => format!("{what} was acknowledged and is gone"),
            more => format!("{} acknowledged writes are gone, the first {what}", more + 1),
        };
        Some(
            Violation::new(Promise::WritesKept, told, first.client, headline)
                .saw(format!("{} was told ok in {}", self.name(first.client), told.event))
                .saw("no node holds it at the end, and nobody who wrote later had been shown it".to_owned())
                .blame([first.invoked.event]),
        )
    }
}
