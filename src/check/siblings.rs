//! Values that stand side by side because their writers did not know of each other (Preguica and others, 2012), and
//! acknowledged writes that are gone.
//!
//! What a writer had been shown is what its client declares; from that the judge knows which write overwrote which. A
//! value stands for the one write that stored it. What a node holds ends with its boot, and not with its crash: it may
//! come back.
//!
//! # Which write is lost
//!
//! An acknowledged write that no node holds at the end of the run was replaced, or it is lost. What may replace it depends
//! on what its store promises, and clients declare that with each write ([`Fact::Replaces`](crate::node::Fact)):
//!
//! - *Siblings*: a write that some node has held and whose writer had been shown it, itself or through others. Nothing
//!   else may, however much later: who writes with an old context writes beside, and not over.
//! - *The last write wins* (`overwrites`): such a write, and besides a later one that some node has held, if it began when
//!   the replaced one had returned and was still there. "Later" is meant in true time, whatever clocks say. So who writes
//!   without having read overwrites what was finished, as a register does. But of two writes that overlapped, one is
//!   dropped and no one was shown it: that is a loss, though no read could prove it (Kingsbury on Riak, 2013). A third
//!   write that comes later does not heal it: then the dropped one was no longer there to be overwritten. And a write that
//!   gave way to an earlier one, by a clock that is wrong, is lost.
//! - *One order* (nothing declared): a later write may overwrite an earlier one unseen, and one of two that overlapped may,
//!   for all replicas carry out both. A write is lost if all that is held of its key was written by calls that had ended
//!   before it began. What is appended must be in some node's list, unless the key is put, deleted or taken from.
//!   Where no node has ever said what it holds of the key, nothing is said of what was appended.
//!
//! "Still there" means at some node: where two overlapped and a third began while the one was left on a replica that had
//! not heard of the other, the third has overwritten both.

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
    /// When a node last ceased to hold a value.
    gone: BTreeMap<Value, Moment>,
    /// Who is to hold a key, where that was said.
    pub owners: BTreeMap<Key, Arc<[NodeId]>>,
    /// Of each key the writes that may replace all that was done before them.
    overwriting: BTreeMap<Key, Vec<OperationId>>,
    /// All that nodes came to hold, in order.
    pub stored: Log<Storing>,
}

impl Writes {
    pub fn boot(&mut self, at: Moment, node: NodeId) {
        let forgotten: Vec<Key> =
            self.held.keys().filter(|(holder, _)| *holder == node).map(|(_, key)| key.clone()).collect();
        forgotten.into_iter().for_each(|key| self.hold(at, node, key, Vec::new()));
        self.held.retain(|(holder, _), _| *holder != node);
    }

    /// A node holds these values of a key from now on, in place of others.
    fn hold(&mut self, at: Moment, node: NodeId, key: Key, values: Vec<Datum>) {
        self.held_once.extend(values.iter().map(|value| (key.clone(), value.clone())));
        let (_, before) = self.held.insert((node, key.clone()), (at, values.clone())).unwrap_or((at, Vec::new()));
        let gone = before.into_iter().filter(|value| !values.contains(value));
        self.gone.extend(gone.map(|value| ((key.clone(), value), at)));
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
    pub(super) fn replaces(&mut self, operation: OperationId, values: &[Datum], overwrites: bool) {
        let (key, value) = match self.history.operation(operation).map(|operation| operation.op.clone()) {
            Some(Op::Put(key, value)) => (key, value),
            Some(Op::Delete(key)) => (key, Datum::Absent),
            _ => return,
        };
        if overwrites {
            self.writes.overwriting.entry(key.clone()).or_default().push(operation);
        }
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
        self.writes.hold(at, node, key.clone(), values.to_vec());
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
            Op::Put(key, _) if self.writes.overwriting.get(key).is_some_and(|writes| writes.contains(&first.id)) => {
                "no node holds it at the end, nor gave it up for one that was asked for after it"
            }
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
        let declared: BTreeSet<&Key> = writes.stored.iter().map(|storing| &storing.key).collect();
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
                Op::Append(..) if !declared.contains(key) => true,
                Op::Append(..) => {
                    let has_it = |held: &Datum| matches!(held, Datum::List(items) if items.contains(value));
                    here.iter().any(|held| *held == value || has_it(held)) || may_follow()
                }
                _ if here.contains(value) => true,
                _ if declares => self.is_replaced(write, key, value),
                _ => may_follow(),
            }
        };
        let is_store = self.knows_stores();
        self.acknowledged_writes().filter(|write| is_store && !is_kept(write)).collect()
    }

    /// Whether a write that is gone gave way to one whose writer had been shown it, or to one that overwrites and began
    /// when this one was finished and still there. A deletion leaves no value by which to know that some node has held it.
    fn is_replaced(&self, write: &OperationHistory, key: &Key, value: &Datum) -> bool {
        let writes = &self.writes;
        let has_seen = |later: &Datum| writes.has_seen(key, later, value);
        let held = writes.held_once.range((key.clone(), Datum::Absent)..).take_while(|(of, _)| of == key);
        if has_seen(&Datum::Absent) || held.map(|(_, later)| later).any(has_seen) {
            return true;
        }
        let Some(gone) = writes.gone.get(&(key.clone(), value.clone())) else { return false };
        let later = writes.overwriting.get(key).into_iter().flatten();
        later.filter_map(|later| self.history.operation(*later)).any(|later| {
            let took_effect = match &later.op {
                Op::Put(_, value) if *value != Datum::Absent => {
                    writes.held_once.contains(&(key.clone(), value.clone()))
                }
                _ => later.ending != Ending::Failed,
            };
            took_effect && has_ended_before(write, later) && later.invoked < *gone
        })
    }
}

/// Whether a call was over, for certain, before another began.
fn has_ended_before(one: &OperationHistory, other: &OperationHistory) -> bool {
    matches!(one.ending, Ending::Ok(_)) && one.ended.is_some_and(|ended| ended < other.invoked)
}
