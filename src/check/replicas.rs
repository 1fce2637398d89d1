//! What replicas hold, as they declare it: whether they become equal, what comes back, and in which order writes arrive.
//!
//! - *Convergence* (Shapiro and others, 2011), judged at the end of a run, whatever is still on its way: all running owners
//!   of a key hold the same of it. Its owners are those that were declared ([`Fact::Owners`](crate::node::Fact)), and
//!   otherwise all nodes of a group of which one declares what it stores. One that has never heard of the key is an owner
//!   like the others: that it never heard is what this is to find.
//! - *NoResurrection*: a replica that has given up a value takes it up again, although a newer write or deletion of the
//!   key was acknowledged; it had begun before the replica gave the value up, and after the value's own write had taken
//!   effect. What a replica holds when it boots has not come back: it was never given up there. A read that shows an old
//!   value is stale and no more. A value comes back as well if those who had acknowledged the newer write lose it.
//! - *MonotonicWrites* and *WritesFollowReads*, of registers: a replica comes to hold a write, and only later one that its
//!   writer had made, or been shown, before it. Where both are of one key, the replica has gone back. Where they are of
//!   two, a quorum may make up for it: it counts if some client was shown the first and then missed the other. A write
//!   that a replica never holds may have been overwritten on its way, and is not missed. What changes at one moment is
//!   one step: a snapshot, a disk at boot. Who reads now here and now there may miss a write at replicas that all took
//!   the two in order: that breaks *MonotonicReads* or causality, and neither of these.

use super::calls::{self, Call, Known, Shown};
use super::claim::Promise;
use super::history::Moment;
use super::judge::Judge;
use super::violation::Violation;
use crate::node::{Datum, EventId, Key, NodeId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// That a node came to hold these values of a key.
#[derive(Clone, Debug)]
pub(super) struct Storing {
    pub at: Moment,
    pub node: NodeId,
    pub key: Key,
    pub values: Arc<[Datum]>,
}

/// A value that came back.
struct Return {
    at: Moment,
    node: NodeId,
    given_up: Moment,
    write: usize,
    newer: usize,
}

/// A write that came to a replica before one that was due before it.
struct Early {
    at: Moment,
    node: NodeId,
    write: usize,
    cause: usize,
    late: Moment,
    /// Where they are of two keys: a read that shows the first, and a later one that misses the other.
    missed: Option<(usize, usize)>,
}

impl Judge {
    /// Whether any node declares what it stores.
    pub(super) fn knows_stores(&self) -> bool {
        !self.writes.stored.is_empty()
    }

    /// *Convergence*, were this the end of the run.
    pub(super) fn unequal_replicas(&self) -> Option<Violation> {
        let keys: BTreeSet<&Key> = self.writes.stored.iter().map(|storing| &storing.key).collect();
        let storing: BTreeSet<usize> =
            self.writes.stored.iter().map(|storing| self.group_place(storing.node)).collect();
        for group in storing {
            let members = self.cluster.groups()[group].members.iter().copied();
            let running: Vec<NodeId> = members.filter(|node| self.models[node.index()].runs).collect();
            for &key in &keys {
                let is_owner =
                    |node: &&NodeId| self.writes.owners.get(key).is_none_or(|owners| owners.contains(node));
                let owners: Vec<&NodeId> = running.iter().filter(is_owner).collect();
                let held = |node: &NodeId| self.writes.held(*node, key).map_or(&[][..], |(_, values)| values);
                let set = |node: &NodeId| held(node).iter().collect::<BTreeSet<&Datum>>();
                let Some(&one) = owners.first() else { continue };
                let Some(&other) = owners.iter().find(|other| set(other) != set(one)) else { continue };
                let since = |node: &NodeId| self.writes.held(*node, key).map(|(at, _)| at);
                let (last, node) = since(one).max(since(other)).zip(Some(*one).max(Some(*other)))?;
                let tell = |node: &NodeId| format!("{} holds {key}={}", self.name(*node), tell_values(held(node)));
                let tell_since = |node: &NodeId| match since(node) {
                    Some(at) => format!("{} since {}", tell(node), at.event),
                    None => format!("{}, and never held anything else", tell(node)),
                };
                let headline = format!("{} and {} at the end", tell(one), tell(other));
                let violation = Violation::new(Promise::Convergence, last, node, headline);
                let violation = violation.saw(tell_since(one)).saw(tell_since(other));
                return Some(violation.blame(since(one).into_iter().chain(since(other)).map(|at| at.event)));
            }
        }
        None
    }

    /// *NoResurrection*: the first value that came back, and how many different ones did.
    pub(super) fn resurrected(&self, calls: &[Call]) -> Result<(Option<Violation>, u64), String> {
        let shown = Shown::new(calls)?;
        let returns = self.returns(&shown);
        let count = returns.iter().map(|back| back.write).collect::<BTreeSet<usize>>().len() as u64;
        let Some(back) = returns.into_iter().next() else { return Ok((None, 0)) };
        let (me, write, newer) = (self.name(back.node), &calls[back.write], &calls[back.newer]);
        let headline = format!("{} comes back at {me}, after {}", shown.tell(back.write), shown.tell(back.newer));
        let mut violation = Violation::new(Promise::NoResurrection, back.at, back.node, headline)
            .saw(format!("{} began when {} had taken effect", newer.op, write.op))
            .saw(format!("{me} gave {} up in {}", write.op, back.given_up.event))
            .blame([back.given_up.event]);
        if let Some(told) = newer.ended {
            violation =
                violation.saw(format!("{} was told that {} is done in e{}", newer.client, newer.op, told.place));
        }
        Ok((Some(violation.saw(format!("{me} took {} up again in {}", write.op, back.at.event))), count))
    }

    fn returns(&self, shown: &Shown<'_>) -> Vec<Return> {
        let mut held: BTreeMap<(NodeId, &Key), (Moment, &[Datum])> = BTreeMap::new();
        let mut given_up: BTreeMap<(NodeId, &Key), BTreeMap<&Datum, Moment>> = BTreeMap::new();
        let mut returns = Vec::new();
        for Storing { at, node, key, values } in self.writes.stored.iter() {
            let place = (*node, key);
            let before = held.insert(place, (*at, values));
            let gone = given_up.entry(place).or_default();
            let has_booted = before.is_none_or(|(since, _)| self.has_booted(*node, since, *at));
            if has_booted {
                gone.clear();
                continue;
            }
            let before = before.map_or(&[][..], |(_, before)| before);
            for value in values.iter().filter(|value| !before.contains(value)) {
                let Some((given_up, write)) = gone.remove(value).zip(shown.writer(key, value)) else { continue };
                let newer = shown.newer_acknowledged(write).find(|newer| {
                    let newer = &shown.calls[*newer];
                    let is_told = newer.ended.is_some_and(|end| end.place < at.event.0);
                    is_told && newer.invoked.place < given_up.event.0
                });
                returns.extend(newer.map(|newer| Return { at: *at, node: *node, given_up, write, newer }));
            }
            gone.extend(before.iter().filter(|value| !values.contains(value)).map(|value| (value, *at)));
        }
        returns
    }

    /// Whether a node has booted between two moments.
    fn has_booted(&self, node: NodeId, from: Moment, to: Moment) -> bool {
        let changes = self.history.uptimes(node);
        let next = changes.partition_point(|(moment, _)| *moment <= from);
        changes[next..].iter().take_while(|(moment, _)| *moment <= to).any(|(_, runs)| *runs)
    }

    /// *MonotonicWrites* or *WritesFollowReads* at replicas: the first write that came to a replica before one that was
    /// due before it.
    pub(super) fn early_write(&self, promise: Promise, calls: &[Call]) -> Result<Option<Violation>, String> {
        let shown = Shown::new(calls)?;
        let known = Known::new(&shown, false);
        let due = |write: usize| -> Vec<usize> {
            match promise {
                Promise::MonotonicWrites => known.own(write).to_vec(),
                _ => known.seen(write).iter().map(|(seen, _)| *seen).collect(),
            }
        };
        let mut found: Option<Early> = None;
        for (node, since) in self.arrivals(&shown) {
            let latest = since.values().map(|at| at.time).max();
            for (&write, &at) in since.iter().filter(|(_, at)| Some(at.time) < latest) {
                for cause in due(write) {
                    let Some(late) = since.get(&cause).copied().filter(|late| late.time > at.time) else { continue };
                    let is_first = found.as_ref().is_none_or(|first| at < first.at);
                    let early = Early { at, node, write, cause, late, missed: None };
                    if is_first && let Some(early) = self.is_visible(&shown, early) {
                        found = Some(early);
                    }
                }
            }
        }
        Ok(found.map(|early| self.tell_early(promise, &shown, &early)))
    }

    /// Whether a write that came too early shows: the replica goes back, or a client was shown it and missed the other.
    fn is_visible(&self, shown: &Shown<'_>, early: Early) -> Option<Early> {
        let (key, other) = (shown.key(early.write)?, shown.key(early.cause)?);
        if key == other {
            // Of lists their reads tell, and what stands side by side has not gone back.
            let value =
                |storing: &&Storing| (storing.at, storing.node, &storing.key) == (early.late, early.node, key);
            let values = &self.writes.stored.iter().find(value)?.values;
            let is_gone = !values.iter().any(|value| shown.writer(key, value) == Some(early.write));
            return (is_gone && !shown.is_list(key)).then_some(early);
        }
        let showed = shown.reads().filter(|(_, reading)| reading.writes.contains(&early.write));
        let missed = showed.flat_map(|(first, _)| {
            let later = move |(read, _): &(usize, &_)| {
                shown.key(*read) == Some(other)
                    && shown.client(*read) == shown.client(first)
                    && shown.calls[first].is_before(&shown.calls[*read])
            };
            shown.reads().filter(later).map(move |(read, reading)| (first, read, reading))
        });
        let mut missed =
            missed.filter(|(_, read, it)| shown.missing(*read, it, std::iter::once(early.cause)).is_some());
        missed.next().map(|(first, read, _)| Early { missed: Some((first, read)), ..early })
    }

    fn tell_early(&self, promise: Promise, shown: &Shown<'_>, early: &Early) -> Violation {
        let (me, writer) = (self.name(early.node), shown.client(early.write));
        let [write, cause] = [early.write, early.cause].map(|call| shown.calls[call].op.to_string());
        let why = match promise {
            Promise::MonotonicWrites => format!("{writer} had been told that {cause} is done"),
            _ => format!("{writer} had been shown {}", shown.tell(early.cause)),
        };
        let headline = format!("{me} took {writer}'s {write} before {}", shown.tell(early.cause));
        let violation = Violation::new(promise, early.at, early.node, headline)
            .saw(format!("{why} when it asked for {write} in e{}", shown.calls[early.write].invoked.place))
            .saw(format!("{me} took {write} in {}, and {cause} in {}", early.at.event, early.late.event))
            .blame([early.late.event]);
        let Some((first, read)) = early.missed else { return violation };
        let who = shown.client(read);
        let ends = [first, read].map(|read| shown.calls[read].ended.map_or(0, |end| end.place));
        let (before, after) = (shown.tell_read(first), shown.tell_read(read));
        violation
            .saw(format!("{who} read {before} in e{}, then {after} in e{}", ends[0], ends[1]))
            .blame(ends.map(EventId))
    }

    /// When each node came to hold each write first.
    fn arrivals(&self, shown: &Shown<'_>) -> BTreeMap<NodeId, BTreeMap<usize, Moment>> {
        let mut arrivals: BTreeMap<NodeId, BTreeMap<usize, Moment>> = BTreeMap::new();
        for Storing { at, node, key, values } in self.writes.stored.iter() {
            let since = arrivals.entry(*node).or_default();
            for value in values.iter() {
                let items =
                    if let (true, Datum::List(items)) = (shown.is_list(key), value) { items } else { &[][..] };
                let whole = std::iter::once(value).filter(|_| items.is_empty());
                for write in whole.chain(items).filter_map(|item| shown.writer(key, item)) {
                    since.entry(write).or_insert(*at);
                }
            }
        }
        arrivals
    }

    /// The calls of the run.
    pub(super) fn calls(&self) -> Vec<Call> {
        calls::of_run(&self.history, &self.cluster)
    }
}

/// `1`, `1 2` side by side, or `nothing`.
fn tell_values(values: &[Datum]) -> String {
    match values {
        [] => "nothing".to_owned(),
        values => values.iter().map(Datum::to_string).collect::<Vec<_>>().join(" and "),
    }
}
