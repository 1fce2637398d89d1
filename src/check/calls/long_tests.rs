//! Histories of thousands of calls are judged within a few states for each of them, whether in order or not.

use super::{Budget, Call, Judgement, Meaning, Model, Point, linearizable};
use crate::check::history::Ending;
use crate::node::{Datum, Key, Op};
use std::collections::BTreeMap;

const CALLS: usize = 5_000;
const CLIENTS: usize = 15;

/// Chance that is the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count
    }
}

/// What clients ask of some keys, and are told.
fn history(model: Model, op: fn(&mut Chance, Key, usize, &Datum) -> Op, keys: usize) -> Vec<Call> {
    let mut chance = Chance(42);
    let mut keys_of: BTreeMap<Key, Datum> = BTreeMap::new();
    // A call may last until its client's next begins, and takes effect in between.
    let mut span = |_| {
        let lasts = chance.below(CLIENTS);
        (lasts, chance.below(lasts + 1))
    };
    let lasts: Vec<(usize, usize)> = (0..CALLS).map(&mut span).collect();
    let mut order: Vec<usize> = (0..CALLS).collect();
    order.sort_by_key(|call| (call + lasts[*call].1, *call));
    let mut calls: Vec<Option<Call>> = vec![None; CALLS];
    for place in order {
        let key: Key = format!("k{}", chance.below(keys)).as_str().into();
        let client: std::sync::Arc<str> = format!("c{}", place % CLIENTS).into();
        let held = keys_of.entry(key.clone()).or_default();
        let op = match op(&mut chance, key, place, held) {
            Op::Acquire(key) if *held == Datum::Text(client.clone()) => Op::Release(key),
            op => op,
        };
        let told = match (&op, &*held) {
            (Op::Get(_), held) => held.clone(),
            (Op::Take(_), Datum::List(items)) => items[0].clone(),
            _ => Datum::Absent,
        };
        let after = model.step(held, &client, &op, &super::models::Told::Value(told.clone()));
        let ending = if after.is_some() { Ending::Ok(told) } else { Ending::Failed };
        *held = after.unwrap_or_else(|| held.clone());
        let at = |place: usize| Point { place: place as u32, time: None };
        let ended = Some(at(2 * CLIENTS * (place + lasts[place].0) + CLIENTS + place % CLIENTS));
        calls[place] = Some(Call { client, label: None, op, invoked: at(2 * place * CLIENTS), ended, ending });
    }
    calls.into_iter().flatten().collect()
}

/// Judges a history as it is, and with one answer changed: what was told and how many states it took.
fn judges(model: Model, calls: &mut [Call], change: fn(&[Call], usize) -> Option<Ending>) {
    let meaning = Meaning { model, failed_cas_is_mismatch: true };
    let judged = |calls: &[Call]| {
        let mut budget = Budget { states: 20 * CALLS as u64, go_on: &mut || true };
        linearizable(calls, meaning, &mut budget)
    };
    let good = judged(calls);
    assert!(matches!(good, Judgement::Explained { .. }), "{good:?}");
    let (place, ending) = (CALLS * 3 / 5..CALLS)
        .find_map(|place| change(calls, place).map(|ending| (place, ending)))
        .expect("there is something to change");
    calls[place].ending = ending;
    match judged(calls) {
        Judgement::Unexplained(conflict) => {
            assert!(conflict.is_smallest && conflict.needed.len() <= 6, "{conflict:?}");
            // What a take took before it was changed is now never taken, which may be seen first.
            let is_shown = conflict.shown.contains(&place) || matches!(calls[place].op, Op::Take(_));
            assert!(is_shown, "{conflict:?}");
        }
        other => panic!("{other:?}"),
    }
}

/// What a read of the same key was told long before.
fn stale(calls: &[Call], place: usize) -> Option<Ending> {
    let Ending::Ok(now) = &calls[place].ending else { return None };
    let is_one = |call: &&Call| call.op == calls[place].op && call.op.is_read() && call.is_before(&calls[place]);
    let mut told = calls.iter().rev().filter(is_one).map(|call| &call.ending);
    told.nth(20).filter(|ending| **ending != Ending::Ok(now.clone())).cloned()
}

#[test]
fn registers() {
    let op = |chance: &mut Chance, key: Key, place: usize, held: &Datum| match chance.below(10) {
        0..5 => Op::Get(key),
        5..8 => Op::Put(key, Datum::Int(place as i64)),
        _ => Op::Cas { key, expected: held.clone(), new: Datum::Int(place as i64) },
    };
    judges(Model::Store, &mut history(Model::Store, op, 10), stale);
}

#[test]
fn stores_with_appends() {
    let op = |chance: &mut Chance, key: Key, place: usize, _: &Datum| match chance.below(10) {
        0..5 => Op::Get(key),
        5..7 => Op::Put(key, Datum::Text(format!("{place}.").into())),
        _ => Op::Append(key, Datum::Text(format!("{place};").into())),
    };
    judges(Model::Text, &mut history(Model::Text, op, 10), stale);
}

#[test]
fn queues() {
    let op = |chance: &mut Chance, key: Key, place: usize, _: &Datum| match chance.below(2) {
        0 => Op::Append(key, Datum::Int(place as i64)),
        _ => Op::Take(key),
    };
    // What was taken long before is taken again.
    let change = |calls: &[Call], place: usize| {
        let is_taken = |call: &&Call| matches!((&call.op, &call.ending), (Op::Take(_), Ending::Ok(Datum::Int(_))));
        let before = calls[..place - 100].iter().rev().find(is_taken)?;
        is_taken(&&calls[place]).then(|| before.ending.clone())
    };
    judges(Model::Store, &mut history(Model::Store, op, 1), change);
}

#[test]
fn sets() {
    let op = |chance: &mut Chance, key: Key, place: usize, _: &Datum| match chance.below(20) {
        0 => Op::Get(key),
        _ => Op::Append(key, Datum::Int(place as i64)),
    };
    judges(Model::Set, &mut history(Model::Set, op, 1), stale);
}

#[test]
fn locks() {
    let op = |_: &mut Chance, key: Key, _: usize, _: &Datum| Op::Acquire(key);
    // Who was refused is told that the lock is its own.
    let change =
        |calls: &[Call], place: usize| (calls[place].ending == Ending::Failed).then_some(Ending::Ok(Datum::Absent));
    judges(Model::Lock, &mut history(Model::Lock, op, 10), change);
}
