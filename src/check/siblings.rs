//! Values that stand side by side because their writers did not know of each other (Preguica and others, 2012), and
//! acknowledged writes that are gone.
//!
//! What a writer had been shown is what its client declares; from that the judge knows which write overwrote which. A
//! value stands for the one write that stored it. What a node holds ends with its boot, and not with its crash: it may
//! come back.
//!
//! # Which write is lost
//!
//! A write whose client declares what it had been shown must be held by some node at the end of the run, or have given
//! way to a write that some node has held and whose writer had seen it. Where clients declare nothing, a later write may
//! overwrite an earlier one unseen, and one of two that overlap may: such a write is lost if no node holds it and all
//! that is held of its key was written by calls that had ended before it began. What is appended must be in some node's
//! list, unless the key is put, deleted or taken from.

use super::claim::Promise;
use super::history::{Ending, Moment, OperationHistory};
use super::judge::Judge;
use super::replicas::Storing;
use super::violation::Violation;
use crate::node::{Datum, Key, Log, NodeId, Op, OperationId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

type Value = (Key, Datum);

/// Who has written, knowing what, and who holds what.
#[derive(Clone, Debug, Default)]
pub(super) struct Writes {
    /// For each value that was written: all that its writer had been shown, and all that *their* writers had.
    seen: BTreeMap<Value, BTreeSet<Datum>>,
    /// Which values any node has ever held.
    held_once: BTreeSet<Value>,
    /// What each node holds of each key, and since when.
    held: BTreeMap<(NodeId, Key), (Moment, Vec<Datum>)>,
    /// All that nodes came to hold, in order.
    pub stored: Log<Storing>,
}

impl Writes {
    pub fn boot(&mut self, node: NodeId) {
        self.held.retain(|(holder, _), _| *holder != node);
    }

    /// What a node holds of a key, and since when.
    pub fn held(&self, node: NodeId, key: &Key) -> Option<(Moment, &[Datum])> {
        self.held.get(&(node, key.clone())).map(|(at, values)| (*at, values.as_slice()))
    }

    fn has_seen(&self, key: &Key, later: &Datum, earlier: &Datum) -> bool {
        self.seen.get(&(key.clone(), later.clone())).is_some_and(|seen| seen.contains(earlier))
    }
}

impl Judge {
    /// A client writes or deletes, knowing these values.
    pub(super) fn replaces(&mut self, operation: OperationId, values: &[Datum]) {
        let (key, value) = match self.history.operation(operation).map(|operation| operation.op.clone()) {
            Some(Op::Put(key, value)) => (key, value),
            Some(Op::Delete(key)) => (key, Datum::Absent),
            _ => return,
        };
        let before = values.iter().filter_map(|known| self.writes.seen.get(&(key.clone(), known.clone())));
        let all: BTreeSet<Datum> = before.flatten().chain(values).cloned().collect();
        self.writes.seen.entry((key, value)).or_default().extend(all);
    }

    /// *Siblings are concurrent*: of two values that a node holds, neither's writer had been shown the other.
    pub(super) fn holds_siblings(&mut self, at: Moment, node: NodeId, key: &Key, values: &Arc<[Datum]>) {
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
        self.writes.held.insert((node, key.clone()), (at, values.to_vec()));
        self.writes.stored.push(Storing { at, node, key: key.clone(), values: values.clone() });
    }

    /// *Writes kept*, were this the end of the run: no acknowledged write is lost. Nothing is said where no node declares
    /// what it holds.
    pub(super) fn lost_write(&self) -> Option<Violation> {
        let lost = self.lost_writes();
        let first = lost.first()?;
        let (told, what) = (first.ended?, self.tell_operation(Some(first.id)));
        let headline = match lost.len() {
            1 => format!("{what} was acknowledged and is gone"),
            count => format!("{count} acknowledged writes are gone, the first {what}"),
        };
        let why = match &first.op {
            Op::Append(..) => "no node has it in its list at the end",
            Op::Put(key, value) if self.writes.seen.contains_key(&(key.clone(), value.clone())) => {
                "no node holds it at the end, and nobody who wrote later had been shown it"
            }
            _ => "no node holds it at the end, nor anything that was written later",
        };
        Some(
            Violation::new(Promise::WritesKept, told, first.client, headline)
                .saw(format!("{} was told ok in {}", self.name(first.client), told.event))
                .saw(why.to_owned())
                .blame([first.invoked.event]),
        )
    }

    /// The acknowledged writes that are lost, were this the end of the run.
    pub(super) fn lost_writes(&self) -> Vec<&OperationHistory> {
        let writes = &self.writes;
        let mut held: BTreeMap<&Key, BTreeSet<&Datum>> = BTreeMap::new();
        for ((_, key), (_, values)) in &writes.held {
            held.entry(key).or_default().extend(values);
        }
        // Of each key: who may have written what is there, and who may have removed what is not.
        let mut later: BTreeMap<&Key, Vec<&OperationHistory>> = BTreeMap::new();
        for operation in self.history.operations().filter(|operation| operation.ending != Ending::Failed) {
            let Some(key) = operation.op.key() else { continue };
            let is_there = |value| held.get(key).is_some_and(|values| values.contains(value));
            let counts = match &operation.op {
                Op::Put(_, Datum::Absent) | Op::Delete(_) | Op::Take(_) => true,
                Op::Put(_, value) | Op::Cas { new: value, .. } => is_there(value),
                _ => false,
            };
            if counts {
                later.entry(key).or_default().push(operation);
            }
        }
        let is_replaced = |key: &Key, value: &Datum| {
            let by_write = |(of, later): &Value| of == key && writes.has_seen(key, later, value);
            writes.held_once.iter().any(by_write) || writes.has_seen(key, &Datum::Absent, value)
        };
        let nothing = BTreeSet::new();
        let is_kept = |write: &&OperationHistory| {
            let (Op::Put(key, value) | Op::Append(key, value) | Op::Cas { key, new: value, .. }) = &write.op else {
                return true;
            };
            let here = held.get(key).unwrap_or(&nothing);
            let declares = writes.seen.contains_key(&(key.clone(), value.clone()));
            let may_follow = || later.get(key).into_iter().flatten().any(|other| !has_ended_before(other, write));
            match &write.op {
                _ if *value == Datum::Absent => true,
                Op::Append(..) => {
                    let has_it = |held: &Datum| matches!(held, Datum::List(items) if items.contains(value));
                    here.iter().any(|held| *held == value || has_it(held)) || may_follow()
                }
                _ if here.contains(value) => true,
                _ if declares => is_replaced(key, value),
                _ => may_follow(),
            }
        };
        let is_store = self.knows_stores();
        self.acknowledged_writes().filter(|write| is_store && !is_kept(write)).collect()
    }
}

/// Whether a call was over, for certain, before another began.
fn has_ended_before(one: &OperationHistory, other: &OperationHistory) -> bool {
    matches!(one.ending, Ending::Ok(_)) && one.ended.is_some_and(|ended| ended < other.invoked)
}
