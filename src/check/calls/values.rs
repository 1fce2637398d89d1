//! What calls find and store: by this the search knows which values are still wanted, and who can still bring them about.

use super::models::{Model, Told};
use super::search::{Item, Problem};
use crate::node::{Datum, Op};
use std::collections::{BTreeMap, BTreeSet};

/// A value that a key may hold, and who still wants it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Calls to come that must find it.
    pub by_certain: u32,
    /// Calls to come to which it matters whether they find it.
    pub by_any: u32,
    /// Changes to come that store it.
    pub producers: u32,
}

/// What an item means for the values that a key may hold.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// What it finds, or of which it matters whether it does.
    pub finds: Option<usize>,
    /// Whether it has to.
    pub must_find: bool,
    /// What it may leave: one value if it overwrites; if it appends, any that ends so.
    pub stores: Vec<usize>,
}

/// The value that a call finds if it takes effect, or of which it matters whether it does.
pub fn finds(model: Model, op: &Op, told: &Told) -> Option<Datum> {
    match (op, told) {
        (Op::Get(_), Told::Value(value)) => Some(value.clone()),
        (Op::Cas { expected, .. }, _) => Some(model.plain(expected)),
        _ => None,
    }
}

/// The value that a call stores, whatever was there.
pub fn stores(model: Model, op: &Op, told: &Told) -> Option<Datum> {
    match op {
        Op::Put(_, value) => Some(model.plain(value)),
        Op::Delete(_) => Some(Datum::Absent),
        Op::Cas { new, .. } if *told != Told::Mismatch => Some(model.plain(new)),
        _ => None,
    }
}

/// Where nothing but a queue is used and no value is added twice: for each that adds one, when it is taken for certain.
pub fn taken(items: &[Item]) -> Option<Vec<Option<(u32, u32)>>> {
    let mut takes = BTreeMap::new();
    let mut added = BTreeSet::new();
    for item in items {
        match (&item.op, &item.told) {
            (Op::Append(_, value), _) if *value == Datum::Absent || !added.insert(value) => return None,
            (Op::Take(_), Told::Value(value)) => {
                takes.extend(item.ended.map(|ended| (value, (item.invoked, ended))));
            }
            (Op::Append(..) | Op::Take(_), _) => {}
            _ => return None,
        }
    }
    let of_item = |item: &Item| if let Op::Append(_, value) = &item.op { takes.get(value).copied() } else { None };
    Some(items.iter().map(of_item).collect())
}

/// Counts what an item wants and stores: one more of each, or one less.
pub fn count(wanted: &mut [Wanted], values: &Values, by: i32) {
    let add = |count: &mut u32, counts: bool| *count = count.wrapping_add_signed(if counts { by } else { 0 });
    if let Some(value) = values.finds {
        add(&mut wanted[value].by_any, true);
        add(&mut wanted[value].by_certain, values.must_find);
    }
    for value in &values.stores {
        add(&mut wanted[*value].producers, true);
    }
}

/// How much a read shows.
pub fn size(told: &Told) -> usize {
    match told {
        Told::Value(Datum::Text(text)) => text.len(),
        Told::Value(Datum::List(items)) => items.len(),
        _ => 0,
    }
}

/// Numbers calls so that those which are the same but for their times have the same number, the late ones apart.
pub fn groups(problem: &Problem) -> Vec<u32> {
    let mut known = BTreeMap::new();
    let number = |item: &Item| {
        let told = match (&item.op, &item.told) {
            // What these return says nothing.
            (Op::Put(..) | Op::Delete(_) | Op::Append(..) | Op::Cas { .. }, Told::Value(_) | Told::Nothing) => None,
            (_, Told::Value(value)) => Some(Some(value.clone())),
            (_, Told::Mismatch) => Some(None),
            (_, Told::Nothing) => None,
        };
        let is_lock = matches!(item.op, Op::Acquire(_) | Op::Release(_));
        let whose = is_lock.then(|| item.client.clone());
        let next = known.len() as u32;
        *known.entry((item.op.clone(), told, whose, item.invoked >= problem.late)).or_insert(next)
    };
    problem.items.iter().map(number).collect()
}
