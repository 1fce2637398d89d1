//! Sequential consistency: one order explains all results and keeps each client's own, whatever the time (Lamport, "How to
//! make a multiprocessor computer that correctly executes multiprocess programs", 1979).
//!
//! Unlike linearizability it is not a matter of each key by itself: one order is sought for all. To find it is NP-complete even
//! for registers (Gibbons and Korach, "Testing shared memories", 1997), so that a limit is part of the judge.

use super::Call;
use super::entries::{Entry, Meaning, by_key};
use super::models::{Model, Told};
use super::search::{Budget, Found, overwrites, print};
use super::smallest::{found, stored};
use crate::node::{Datum, Key, Op};
use std::collections::BTreeMap;

/// What is to be put into an order.
struct Problem {
    models: Vec<Model>,
    /// For each client, its calls in its order: the key's number, and the call.
    clients: Vec<Vec<(usize, Entry)>>,
    /// Changes that may happen at any time, as often as wanted.
    free: Vec<(usize, Op)>,
}

/// Calls that no one order explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disorder {
    /// The calls, by their places, with the writes that explain what they read.
    pub shown: Vec<usize>,
    /// Whether with any of the reads left out the rest is known to have an order.
    pub is_smallest: bool,
}

/// The limit came before a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not judged within the limit")]
pub struct Undecided;

/// Judges a history: whether there is an order, and if not, the smallest set of calls that has none.
pub fn sequential(calls: &[Call], meaning: Meaning, budget: &mut Budget<'_>) -> Result<Option<Disorder>, Undecided> {
    match search(&problem(calls, meaning, &|_| true), budget) {
        Found::Order => Ok(None),
        Found::Undecided => Err(Undecided),
        Found::None(_) => Ok(Some(smallest(calls, meaning))),
    }
}

/// The calls of which `is_kept` says so; the writes among the others may have happened at any time.
fn problem(calls: &[Call], meaning: Meaning, is_kept: &dyn Fn(usize) -> bool) -> Problem {
    let keyed = by_key(calls, meaning);
    let models = keyed.iter().map(|keyed| keyed.model).collect();
    let mut clients: BTreeMap<&str, Vec<(usize, Entry)>> = BTreeMap::new();
    let mut free = Vec::new();
    for (key, keyed) in keyed.iter().enumerate() {
        for entry in &keyed.entries {
            if is_kept(entry.call) {
                clients.entry(&calls[entry.call].client).or_default().push((key, entry.clone()));
            } else if !entry.is_reading() {
                free.push((key, entry.op.clone()));
            }
        }
    }
    free.sort();
    free.dedup();
    let clients = clients.into_values().flat_map(in_turn).collect();
    Problem { models, clients, free }
}

/// A client's calls, as processes that do one thing after the other: what a client asks while it still waits has no order
/// with what it waits for. It does not wait for what it gave up; that may take effect later, which is seen to in the search.
fn in_turn(mut calls: Vec<(usize, Entry)>) -> Vec<Vec<(usize, Entry)>> {
    calls.sort_by_key(|(_, entry)| entry.invoked);
    let mut processes: Vec<Vec<(usize, Entry)>> = Vec::new();
    for call in calls {
        let is_free = |process: &&mut Vec<(usize, Entry)>| {
            process.last().is_some_and(|(_, last)| last.ended.is_none_or(|ended| ended < call.1.invoked))
        };
        match processes.iter_mut().find(is_free) {
            Some(process) => process.push(call),
            None => processes.push(vec![call]),
        }
    }
    processes
}

/// Leaves out calls, one after the other, as long as the rest has no order. Only keys whose every change overwrites can be
/// treated so: of an append, as often as one likes is too much.
fn smallest(calls: &[Call], meaning: Meaning) -> Disorder {
    let mut kept: Vec<bool> = vec![true; calls.len()];
    let mut is_smallest = true;
    let can_be_freed = |place: usize| overwrites(&calls[place].op);
    let mut size = calls.len().div_ceil(2).max(1);
    let mut left: u64 = 2_000_000;
    loop {
        let places: Vec<usize> = (0..calls.len()).filter(|place| kept[*place] && can_be_freed(*place)).collect();
        for chunk in places.chunks(size) {
            let mut fewer = kept.clone();
            chunk.iter().for_each(|place| fewer[*place] = false);
            let allowed = left.min(50_000);
            let mut budget = Budget { states: allowed, go_on: &mut || true };
            let found = search(&problem(calls, meaning, &|place| fewer[place]), &mut budget);
            left -= allowed - budget.states;
            is_smallest &= found != Found::Undecided;
            if matches!(found, Found::None(_)) {
                kept = fewer;
            }
        }
        let now = (0..calls.len()).filter(|place| kept[*place] && can_be_freed(*place)).count();
        if size == 1 && now == places.len() {
            break;
        }
        size = size.div_ceil(2).min(now.max(1));
    }
    Disorder { shown: with_sources(calls, meaning, &kept), is_smallest }
}

/// The calls that are kept, and for each value that they found a write of it.
fn with_sources(calls: &[Call], meaning: Meaning, kept: &[bool]) -> Vec<usize> {
    let keyed = by_key(calls, meaning);
    let mut shown: Vec<usize> = Vec::new();
    for keyed in &keyed {
        let own: Vec<&Entry> = keyed.entries.iter().filter(|entry| kept[entry.call]).collect();
        shown.extend(own.iter().map(|entry| entry.call));
        for value in own.iter().filter_map(|entry| found(keyed.model, entry)) {
            let stores = |entry: &&Entry| stored(keyed.model, &entry.op).as_ref() == Some(&value);
            let mut sources = keyed.entries.iter().filter(stores);
            let is_shown = |entry: &Entry| shown.contains(&entry.call);
            if value != Datum::Absent && !sources.clone().any(is_shown) {
                shown.extend(sources.next().map(|entry| entry.call));
            }
        }
    }
    shown.sort_by_key(|place| calls[*place].invoked);
    shown.dedup();
    shown
}

/// Where the search is.
struct Place {
    /// What each key holds.
    states: Vec<Datum>,
    /// How many calls of each client are passed.
    passed: Vec<usize>,
    /// Unknown calls that were passed over and have not taken effect.
    open: Vec<(usize, usize)>,
}

fn search(problem: &Problem, budget: &mut Budget<'_>) -> Found {
    #[expect(clippy::disallowed_types, reason = "only asked whether it holds something; its order is never seen")]
    let mut tried = std::collections::HashSet::<u128>::new();
    let first = Place {
        states: vec![Datum::Absent; problem.models.len()],
        passed: vec![0; problem.clients.len()],
        open: Vec::new(),
    };
    let mut places = vec![first];
    while let Some(mut place) = places.pop() {
        settle(problem, &mut place);
        if place.passed.iter().zip(&problem.clients).all(|(passed, calls)| *passed == calls.len()) {
            return Found::Order;
        }
        if is_hopeless(problem, &place) || !tried.insert(print(&(&place.states, &place.passed, &place.open))) {
            continue;
        }
        if !budget.spend() {
            return Found::Undecided;
        }
        places.extend(next(problem, &place));
    }
    Found::None(0)
}

/// Takes what needs no choice: unknown calls are passed over, to take effect later or never; reads that fit come at once.
fn settle(problem: &Problem, place: &mut Place) {
    let mut goes_on = true;
    while goes_on {
        goes_on = false;
        for (client, calls) in problem.clients.iter().enumerate() {
            while let Some((key, entry)) = calls.get(place.passed[client]) {
                let fits = || step(problem, place, *key, entry).is_some();
                if !entry.is_certain() {
                    place.open.push((client, place.passed[client]));
                } else if !(entry.is_reading() && fits()) {
                    break;
                }
                place.passed[client] += 1;
                goes_on = true;
            }
        }
    }
    place.open.sort_unstable();
}

fn step(problem: &Problem, place: &Place, key: usize, entry: &Entry) -> Option<Datum> {
    problem.models[key].step(&place.states[key], &entry.client, &entry.op, &entry.told)
}

/// All that can come next and changes something.
fn next(problem: &Problem, place: &Place) -> Vec<Place> {
    let after = |key: usize, state: Datum| {
        let mut states = place.states.clone();
        states[key] = state;
        Place { states, passed: place.passed.clone(), open: place.open.clone() }
    };
    let mut places = Vec::new();
    for (key, op) in &problem.free {
        let state = problem.models[*key].step(&place.states[*key], &"".into(), op, &Told::Nothing);
        places.extend(state.filter(|state| *state != place.states[*key]).map(|state| after(*key, state)));
    }
    for (rank, (client, number)) in place.open.iter().enumerate() {
        let (key, entry) = &problem.clients[*client][*number];
        if let Some(state) = step(problem, place, *key, entry).filter(|state| *state != place.states[*key]) {
            let mut then = after(*key, state);
            then.open.remove(rank);
            places.push(then);
        }
    }
    for (client, calls) in problem.clients.iter().enumerate() {
        if let Some((key, entry)) = calls.get(place.passed[client])
            && let Some(state) = step(problem, place, *key, entry)
        {
            let mut then = after(*key, state);
            then.passed[client] += 1;
            places.push(then);
        }
    }
    places
}

/// Whether some client's next read wants a value that nothing to come will store.
fn is_hopeless(problem: &Problem, place: &Place) -> bool {
    let wants = |(client, calls): (usize, &Vec<(usize, Entry)>)| {
        let (key, entry) = calls.get(place.passed[client])?;
        found(problem.models[*key], entry).map(|value| (*key, value))
    };
    problem.clients.iter().enumerate().filter_map(wants).any(|(key, value)| {
        let model = problem.models[key];
        let keyed_ops = || {
            let coming = problem.clients.iter().zip(&place.passed).flat_map(|(calls, passed)| &calls[*passed..]);
            let open = place.open.iter().map(|(client, number)| &problem.clients[*client][*number]);
            let known = coming.chain(open).map(|(of, entry)| (*of, &entry.op));
            known.chain(problem.free.iter().map(|(of, op)| (*of, op))).filter(|(of, _)| *of == key)
        };
        place.states[key] != value
            && keyed_ops().all(|(_, op)| overwrites(op))
            && !keyed_ops().any(|(_, op)| stored(model, op).as_ref() == Some(&value))
    })
}

/// The keys of some calls.
pub fn keys_of(calls: &[Call], places: &[usize]) -> Vec<Key> {
    let mut keys: Vec<Key> = places.iter().filter_map(|place| calls[*place].op.key().cloned()).collect();
    keys.sort();
    keys.dedup();
    keys
}
