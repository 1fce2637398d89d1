//! What calls tell of a store: which writes each read shows, and which write is certainly older than which.
//!
//! A value names its write: two writes of a key that store the same make it impossible to say whose effect was read, and
//! so do calls that mix what a key is (a list that is also put, a queue). Then nothing is judged, and the reason is told.
//!
//! # Which write is older
//!
//! A write *is older* than another of its key if it had certainly taken effect before the other began: because its
//! client was told so, or because a read had shown it. Writes that overlap are in no order. This is real time, and it is
//! all that is assumed of a register: a store in which a later write loses to an earlier one (a clock that is behind)
//! shows its clients old values, and that is what is said of it. A list that reads show is an order by itself.
//!
//! A read that shows nothing shows the beginning, or the work of any deletion that had begun: it is held against a store
//! only if it cannot be explained by any of them.

use super::{Call, Ending, Point};
use crate::node::{Datum, Key, Op};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Calls, and what each of their reads shows. Calls are named by their place.
pub(in super::super) struct Shown<'a> {
    pub calls: &'a [Call],
    keys: BTreeMap<&'a Key, Writes<'a>>,
    readings: Vec<Option<Reading>>,
    /// When each write is known to have taken effect.
    effective: Vec<Option<Point>>,
}

/// The writes of one key that may have taken effect.
#[derive(Default)]
struct Writes<'a> {
    by_value: BTreeMap<&'a Datum, usize>,
    deletions: Vec<usize>,
    is_list: bool,
    is_register: bool,
}

/// What a read shows.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Reading {
    /// The writes: one, several side by side, or the elements of a list in their order. None where it shows nothing.
    pub writes: Vec<usize>,
    /// Where it shows nothing: the deletions that may be why.
    pub deletions: Vec<usize>,
    /// A value that nobody wrote.
    pub foreign: Option<Datum>,
}

/// What a call does to its key, where it writes.
enum Effect<'a> {
    Put(&'a Datum),
    Append(&'a Datum),
    Delete,
}

fn effect(op: &Op) -> Option<(&Key, Effect<'_>)> {
    match op {
        Op::Put(key, Datum::Absent) | Op::Delete(key) | Op::Cas { key, new: Datum::Absent, .. } => {
            Some((key, Effect::Delete))
        }
        Op::Put(key, value) | Op::Cas { key, new: value, .. } => Some((key, Effect::Put(value))),
        Op::Append(key, value) => Some((key, Effect::Append(value))),
        _ => None,
    }
}

impl<'a> Shown<'a> {
    /// What the calls tell, or why that cannot be said.
    pub fn new(calls: &'a [Call]) -> Result<Self, String> {
        let mut keys: BTreeMap<&Key, Writes<'a>> = BTreeMap::new();
        for (place, call) in calls.iter().enumerate().filter(|(_, call)| call.ending != Ending::Failed) {
            if let Op::Take(key) = &call.op {
                return Err(format!("values are taken from {key}: it is a queue and no store"));
            }
            let Some((key, effect)) = effect(&call.op) else { continue };
            let writes = keys.entry(key).or_default();
            let (Effect::Put(value) | Effect::Append(value)) = effect else {
                (writes.is_register, _) = (true, writes.deletions.push(place));
                continue;
            };
            let is_append = matches!(effect, Effect::Append(_));
            (writes.is_list, writes.is_register) = (writes.is_list | is_append, writes.is_register | !is_append);
            if writes.by_value.insert(value, place).is_some() {
                return Err(format!("two writes of {key} store {value}: whose effect a read shows cannot be said"));
            }
        }
        if let Some((key, _)) = keys.iter().find(|(_, writes)| writes.is_list && writes.is_register) {
            return Err(format!("{key} is appended to, and put or deleted as well"));
        }
        let mut shown = Shown { calls, keys, readings: vec![None; calls.len()], effective: vec![None; calls.len()] };
        shown.readings = calls.iter().map(|call| shown.reading_of(call)).collect();
        shown.effective = shown.effects();
        Ok(shown)
    }

    /// What a call that read was shown: a read that ended, or a comparison that came out equal.
    fn reading_of(&self, call: &Call) -> Option<Reading> {
        let (key, value) = match (&call.op, &call.ending) {
            (Op::Get(key), Ending::Ok(value)) => (key, value),
            (Op::Cas { key, expected, .. }, Ending::Ok(_)) => (key, expected),
            _ => return None,
        };
        let nothing = Writes::default();
        let writes = self.keys.get(key).unwrap_or(&nothing);
        if let Some(write) = writes.by_value.get(value).filter(|_| !writes.is_list) {
            return Some(Reading { writes: vec![*write], ..Reading::default() });
        }
        let items: &[Datum] = match value {
            Datum::Absent => &[],
            // A list of registers' values is what stands side by side.
            Datum::List(items) => items,
            single => std::slice::from_ref(single),
        };
        let mut reading = Reading::default();
        let mut once = BTreeSet::new();
        for item in items {
            match writes.by_value.get(item) {
                Some(write) if once.insert(*write) => reading.writes.push(*write),
                Some(_) => {}
                None => reading.foreign = Some(item.clone()),
            }
        }
        if items.is_empty() {
            let begun = |place: &&usize| call.ended.is_none_or(|end| self.calls[**place].invoked < end);
            reading.deletions = writes.deletions.iter().filter(begun).copied().collect();
        }
        Some(reading)
    }

    fn effects(&self) -> Vec<Option<Point>> {
        let acknowledged = |call: &Call| matches!(call.ending, Ending::Ok(_)).then_some(call.ended).flatten();
        let mut effective: Vec<Option<Point>> = self.calls.iter().map(acknowledged).collect();
        for (call, reading) in self.calls.iter().zip(&self.readings) {
            for write in reading.iter().flat_map(|reading| &reading.writes) {
                let seen = effective[*write].into_iter().chain(call.ended).min();
                effective[*write] = seen;
            }
        }
        effective
    }

    /// What a call was shown, where it read.
    pub fn reading(&self, place: usize) -> Option<&Reading> {
        self.readings[place].as_ref()
    }

    /// The reads that were answered, in the order of their beginnings.
    pub fn reads(&self) -> impl Iterator<Item = (usize, &Reading)> {
        self.readings.iter().enumerate().filter_map(|(place, reading)| Some((place, reading.as_ref()?)))
    }

    /// Whether a call may have changed its key.
    pub fn is_write(&self, place: usize) -> bool {
        self.calls[place].ending != Ending::Failed && effect(&self.calls[place].op).is_some()
    }

    /// Whether a call changed its key, and its client was told.
    pub fn is_acknowledged(&self, place: usize) -> bool {
        self.is_write(place) && matches!(self.calls[place].ending, Ending::Ok(_))
    }

    /// The key of a call.
    pub fn key(&self, place: usize) -> Option<&'a Key> {
        self.calls[place].op.key()
    }

    /// Whether a key is a list that is appended to.
    pub fn is_list(&self, key: &Key) -> bool {
        self.keys.get(key).is_some_and(|writes| writes.is_list)
    }

    /// Each key that is written, with all its writes in the order of their beginnings.
    pub fn keys(&self) -> impl Iterator<Item = (&'a Key, Vec<usize>)> {
        self.keys.iter().map(|(key, writes)| {
            let mut all: Vec<usize> = writes.by_value.values().chain(&writes.deletions).copied().collect();
            all.sort_by_key(|place| self.calls[*place].invoked);
            (*key, all)
        })
    }

    /// The write that stores this.
    pub fn writer(&self, key: &Key, value: &Datum) -> Option<usize> {
        self.keys.get(key)?.by_value.get(value).copied()
    }

    /// Whether one write of a key is certainly older than another.
    pub fn is_older(&self, one: usize, other: usize) -> bool {
        self.effective[one].is_some_and(|effective| effective < self.calls[other].invoked)
    }

    /// The acknowledged writes of its key that a write is certainly older than.
    pub fn newer_acknowledged(&self, write: usize) -> impl Iterator<Item = usize> {
        let writes = self.key(write).and_then(|key| self.keys.get(key)).into_iter();
        let all = writes.flat_map(|writes| writes.by_value.values().chain(&writes.deletions).copied());
        all.filter(move |other| self.is_acknowledged(*other) && self.is_older(write, *other))
    }

    /// Whether a register's reading can only show what was there before that write.
    pub fn is_behind(&self, reading: &Reading, write: usize) -> bool {
        let mut candidates = reading.writes.iter().chain(&reading.deletions);
        reading.foreign.is_none() && candidates.all(|one| *one != write && self.is_older(*one, write))
    }

    /// Reads of lists, but for those whose list begins that of another: what they show, the other shows.
    pub fn longest_lists(&self) -> Vec<(usize, &Reading)> {
        let mut lists: Vec<(usize, &Reading)> =
            self.reads().filter(|(read, _)| self.key(*read).is_some_and(|key| self.is_list(key))).collect();
        lists.sort_by_key(|(read, reading)| (std::cmp::Reverse(reading.writes.len()), *read));
        let mut longest: Vec<(usize, &Reading)> = Vec::new();
        for (read, reading) in lists {
            let is_part = |(other, it): &(usize, &Reading)| {
                self.key(*other) == self.key(read) && it.writes.starts_with(&reading.writes)
            };
            if !longest.iter().any(is_part) {
                longest.push((read, reading));
            }
        }
        longest
    }

    /// Of the reads whose list begins the one of this read, the first that shows these writes, where the read does.
    pub fn first_to_show(&self, read: usize, whole: &Reading, writes: [usize; 2]) -> usize {
        let place = |write: &usize| whole.writes.iter().position(|one| one == write);
        let needed = writes.iter().filter_map(place).max().unwrap_or(0);
        let shows = |(other, it): &(usize, &Reading)| {
            self.key(*other) == self.key(read) && it.writes.len() > needed && whole.writes.starts_with(&it.writes)
        };
        let first = self.reads().filter(shows).min_by_key(|(other, _)| self.calls[*other].ended);
        first.map_or(read, |(other, _)| other)
    }

    // How calls are told.

    /// `c1's x=1`.
    pub fn tell(&self, place: usize) -> String {
        let call = &self.calls[place];
        format!("{}'s {}", call.client, call.op)
    }

    /// `x=1`, of a read: what it was shown.
    pub fn tell_read(&self, place: usize) -> String {
        match (&self.calls[place].op, &self.calls[place].ending) {
            (Op::Get(key), Ending::Ok(value)) => format!("{key}={value}"),
            (op, _) => op.to_string(),
        }
    }

    /// Who made a call.
    pub fn client(&self, place: usize) -> &Arc<str> {
        &self.calls[place].client
    }
}

/// How calls break a promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// What is wrong, in a few words.
    pub headline: String,
    /// What was seen, a line each, with the moment at which it was.
    pub seen: Vec<(String, Option<Point>)>,
    /// The call in whose answer it shows, by its place.
    pub shows: usize,
    /// The calls that take part in it.
    pub others: Vec<usize>,
}

impl Breach {
    pub(in super::super) fn new(shows: usize, headline: String) -> Self {
        Breach { headline, seen: vec![], shows, others: vec![] }
    }

    pub(in super::super) fn saw(mut self, line: String, at: Option<Point>) -> Self {
        self.seen.push((line, at));
        self
    }

    pub(in super::super) fn with(mut self, others: impl IntoIterator<Item = usize>) -> Self {
        self.others.extend(others);
        self
    }
}

/// What each client knew when it began each of its calls.
pub(in super::super) struct Known {
    group: Vec<usize>,
    groups: Vec<Trail>,
    lengths: Vec<(usize, usize)>,
}

/// What a client has done and seen, in the order in which it came to know.
#[derive(Default)]
struct Trail {
    own: Vec<usize>,
    seen: Vec<(usize, usize)>,
    once: BTreeSet<usize>,
}

impl Known {
    /// What is known of each key, or of all keys together.
    pub fn new(shown: &Shown<'_>, by_key: bool) -> Self {
        let calls = shown.calls;
        let mut names = BTreeMap::new();
        let group: Vec<usize> = (0..calls.len())
            .map(|place| {
                let key = shown.key(place).filter(|_| by_key);
                let next = names.len();
                *names.entry((&calls[place].client, key)).or_insert(next)
            })
            .collect();
        let mut groups: Vec<Trail> = (0..names.len()).map(|_| Trail::default()).collect();
        let mut lengths = vec![(0, 0); calls.len()];
        for (is_end, place) in moments(calls) {
            let trail = &mut groups[group[place]];
            if !is_end {
                lengths[place] = (trail.own.len(), trail.seen.len());
                continue;
            }
            if shown.is_acknowledged(place) {
                trail.own.push(place);
            }
            for write in shown.reading(place).into_iter().flat_map(|reading| &reading.writes) {
                if trail.once.insert(*write) {
                    trail.seen.push((*write, place));
                }
            }
        }
        Known { group, groups, lengths }
    }

    /// The client's own writes that had been acknowledged before the call began.
    pub fn own(&self, place: usize) -> &[usize] {
        &self.groups[self.group[place]].own[..self.lengths[place].0]
    }

    /// The writes that the client had been shown before the call began, each with the read that showed it first.
    pub fn seen(&self, place: usize) -> &[(usize, usize)] {
        &self.groups[self.group[place]].seen[..self.lengths[place].1]
    }
}

/// Beginnings and certain ends of calls, in the order in which they happened.
pub(in super::super) fn moments(calls: &[Call]) -> Vec<(bool, usize)> {
    let begins = calls.iter().enumerate().map(|(place, call)| (call.invoked.place, false, place));
    let ends = calls.iter().enumerate().filter_map(|(place, call)| Some((call.certain_end()?.place, true, place)));
    let mut moments: Vec<(u32, bool, usize)> = begins.chain(ends).collect();
    moments.sort_unstable();
    moments.into_iter().map(|(_, is_end, place)| (is_end, place)).collect()
}
