//! Two runs side by side: where they part, what only one of them has, and what stayed the same.
//!
//! An event of one run is the same as an event of the other where both are of the same kind, at the same node, with the
//! same content, and as manieth of their like. Neither number nor time has a part in that: one message more early on
//! would make all later events others. The first difference is where the order of the events parts. What only one run
//! has is counted, and how much of it lies in the causal future of its first such event.
//!
//! A run is known by its event lines alone ([`History`]), so that a trace that was written by other code can be
//! compared with what today's does. Comparing sorts the events of each run once.

mod history;

#[cfg(test)]
mod tests;

pub use history::{Ended, History, NONE, Reader, Seen};

use crate::trace::EventKind;
use std::collections::BTreeMap;

/// How two runs differ.
#[derive(Clone, Debug)]
pub struct Difference {
    /// How many events are the same in both runs before their order parts.
    pub same_before: usize,
    /// How many events both runs have.
    pub matched: usize,
    /// How many of these happen at the same instant in both.
    pub at_same_instant: usize,
    /// The first event of the common order that happens at another instant, where there is one.
    pub first_moved: Option<u32>,
    /// What is to be said of each run.
    pub sides: [Side; 2],
}

/// What one of two runs has that the other has not.
#[derive(Clone, Debug)]
pub struct Side {
    /// For each event the same one in the other run; [`NONE`] where it has none.
    pub twins: Vec<u32>,
    /// The event at which the order parts; `None` where this run ends there, or where it does not part.
    pub parts_at: Option<u32>,
    /// The first event that only this run has.
    pub first_own: Option<u32>,
    /// How many events only this run has, by kind.
    pub own: BTreeMap<EventKind, usize>,
    /// How many of these lie in the causal future of the first of them.
    pub in_future: usize,
    /// The first few of these events and those that matter most, in order.
    pub telling: Vec<u32>,
}

impl Side {
    /// How many events only this run has.
    pub fn own_events(&self) -> usize {
        self.own.values().sum()
    }
}

impl Difference {
    /// Whether both runs have the same events in the same order; their times may differ.
    pub fn is_same_order(&self) -> bool {
        self.sides.iter().all(|side| side.parts_at.is_none())
    }
}

/// Compares two runs; of what only one of them has, `shown` events are picked out.
pub fn compare(a: &History, b: &History, shown: usize) -> Difference {
    let [of_a, of_b] = twins(a, b);
    let same = |(a, b): &(&Seen, &Seen)| a.key == b.key;
    let same_before = a.events.iter().zip(&b.events).take_while(same).count();
    let common = a.events.iter().zip(&b.events).take(same_before);
    let first_moved = common.enumerate().find(|(_, (a, b))| a.time != b.time).map(|(place, _)| place as u32);
    let pairs = of_a.iter().zip(&a.events).filter(|(twin, _)| **twin != NONE);
    let at_same_instant = pairs.filter(|(twin, event)| b.events[**twin as usize].time == event.time).count();
    Difference {
        same_before,
        matched: of_a.iter().filter(|twin| **twin != NONE).count(),
        at_same_instant,
        first_moved,
        sides: [side(a, of_a, same_before, shown), side(b, of_b, same_before, shown)],
    }
}

/// For each event of each run the same one in the other: the nth of a kind with the nth.
fn twins(a: &History, b: &History) -> [Vec<u32>; 2] {
    let sorted = |history: &History| {
        let mut keys: Vec<(u64, u32)> =
            history.events.iter().enumerate().map(|(place, event)| (event.key, place as u32)).collect();
        keys.sort_unstable();
        keys
    };
    let (of_a, of_b) = (sorted(a), sorted(b));
    let mut twins = [vec![NONE; of_a.len()], vec![NONE; of_b.len()]];
    let (mut in_a, mut in_b) = (of_a.iter().peekable(), of_b.iter().peekable());
    while let (Some((key_a, event_a)), Some((key_b, event_b))) = (in_a.peek(), in_b.peek()) {
        match key_a.cmp(key_b) {
            std::cmp::Ordering::Less => drop(in_a.next()),
            std::cmp::Ordering::Greater => drop(in_b.next()),
            std::cmp::Ordering::Equal => {
                twins[0][*event_a as usize] = *event_b;
                twins[1][*event_b as usize] = *event_a;
                in_a.next();
                in_b.next();
            }
        }
    }
    twins
}

fn side(history: &History, twins: Vec<u32>, same_before: usize, shown: usize) -> Side {
    let own_ids = || (0..twins.len() as u32).filter(|id| twins[*id as usize] == NONE);
    let mut own = BTreeMap::new();
    for id in own_ids() {
        *own.entry(history.events[id as usize].kind).or_insert(0) += 1;
    }
    let first_own = own_ids().next();
    let future = first_own.map(|tip| future(history, tip)).unwrap_or_default();
    Side {
        parts_at: (same_before < twins.len()).then_some(same_before as u32),
        first_own,
        in_future: own_ids().filter(|id| future.get(*id as usize) == Some(&true)).count(),
        telling: telling(history, own_ids(), shown),
        own,
        twins,
    }
}

/// Which events an event can have influenced, in one pass: causes come before what they cause. It is not among them.
fn future(history: &History, tip: u32) -> Vec<bool> {
    let mut within = vec![false; history.events.len()];
    for (place, event) in history.events.iter().enumerate() {
        let follows = |cause: &u32| *cause == tip || within.get(*cause as usize) == Some(&true);
        within[place] = event.causes.iter().any(follows);
    }
    within
}

/// How many of the events that only one run has are shown because they are the first.
const FIRST: usize = 3;
/// How many events that are much alike are shown, unless each matters by itself.
const ALIKE: usize = 2;

/// The first few of some events and those that matter most, in order.
fn telling(history: &History, ids: impl Iterator<Item = u32>, shown: usize) -> Vec<u32> {
    let ids: Vec<u32> = ids.collect();
    let mut picked: Vec<u32> = ids.iter().copied().take(FIRST.min(shown)).collect();
    let weigh = |id: &u32| (std::cmp::Reverse(weight(history, *id)), *id);
    let mut rest: Vec<_> = ids.iter().skip(picked.len()).map(weigh).filter(|(weight, _)| weight.0 > 0).collect();
    rest.sort_unstable();
    let mut alike = BTreeMap::new();
    for (weight, id) in rest {
        let event = &history.events[id as usize];
        let count = alike.entry((event.kind, event.name)).or_insert(0);
        *count += 1;
        if picked.len() < shown && (*count <= ALIKE || weight.0 >= MATTERS_BY_ITSELF) {
            picked.push(id);
        }
    }
    picked.sort_unstable();
    picked
}

/// An event of this weight is worth a line each time.
const MATTERS_BY_ITSELF: u8 = 8;

/// How much an event matters to people.
pub fn weight(history: &History, id: u32) -> u8 {
    match (history.events[id as usize].kind, history.name_of(id)) {
        (EventKind::Fault, _) => 9,
        (EventKind::Fact, "BecameLeader" | "Decided") => 8,
        (EventKind::Fact, "TimedOut" | "Acquired") => 7,
        (EventKind::Fact, "Truncated" | "Installed" | "Recovered") => 6,
        (EventKind::Fact, "BecameCandidate" | "Delivered") => 5,
        (EventKind::Fact, "Returned") => 4,
        (EventKind::Fact, "Committed") => 3,
        (EventKind::Operation | EventKind::Lost, _) => 2,
        (EventKind::Boot, _) | (EventKind::Fact, "Applied" | "Stored") => 1,
        _ => 0,
    }
}

/// Operations of two runs, matched by client, by what was asked and by how often that was asked before: how many end
/// alike by how they end, and those that end otherwise, each with how it ends in both; `None` where a run has it not.
pub fn operations(a: &History, b: &History) -> (BTreeMap<String, usize>, Vec<[Option<Ended>; 2]>) {
    type Name<'a> = (&'a str, &'a str, usize);
    fn named(history: &History) -> Vec<(Name<'_>, &Ended)> {
        let mut times = BTreeMap::new();
        let name = |ended| {
            let Ended { client, asked, .. }: &Ended = ended;
            let count = times.entry((client.as_str(), asked.as_str())).or_insert(0);
            *count += 1;
            ((client.as_str(), asked.as_str(), *count), ended)
        };
        history.operations.iter().map(name).collect()
    }
    let (of_a, of_b) = (named(a), named(b));
    let in_a: BTreeMap<Name<'_>, &Ended> = of_a.iter().copied().collect();
    let in_b: BTreeMap<Name<'_>, &Ended> = of_b.iter().copied().collect();
    let (mut alike, mut otherwise) = (BTreeMap::new(), Vec::new());
    for (name, ended) in &of_a {
        match in_b.get(name) {
            Some(other) if other.told == ended.told => {
                let how = if ended.is_ok { "ok" } else { ended.told.as_str() };
                *alike.entry(how.to_owned()).or_insert(0) += 1;
            }
            other => otherwise.push([Some((*ended).clone()), other.map(|other| (*other).clone())]),
        }
    }
    let only_in_b = of_b.iter().filter(|(name, _)| !in_a.contains_key(name));
    otherwise.extend(only_in_b.map(|(_, ended)| [None, Some((*ended).clone())]));
    (alike, otherwise)
}
