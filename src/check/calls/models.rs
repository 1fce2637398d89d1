//! What the things that calls are about may do when calls come one after another: their sequential specifications.
//!
//! What a key holds is one [`Datum`] in every model: a register's value, a queue's list, a set's sorted list, the holder of a
//! lock. Each key is judged by itself (Herlihy and Wing, 1990, theorem 1: a history is linearizable if it is for each object).

use crate::node::{Datum, Op};
use std::sync::Arc;

/// What a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// A value that is read, written and compared; a list once something is appended to it, and its first may be taken. So it
    /// is a register, a queue, and what our own stores keep. It starts as nothing.
    Store,
    /// A text to whose end texts are appended. That of a key that was never written is empty, which is the same as nothing.
    Text,
    /// A set to which values are added; a read shows all of them, in any order.
    Set,
    /// A lock: only who holds it can give it back.
    Lock,
}

/// What is known of what a call returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// It took effect and returned this, as the model keeps it.
    Value(Datum),
    /// A compare-and-set found another value than it expected.
    Mismatch,
    /// Nothing: it may have taken effect, or may yet, or never.
    Nothing,
}

impl Model {
    /// What a key holds after an operation, if it held `state` before: nothing where the operation cannot have taken effect
    /// there and have returned what it did.
    pub fn step(self, state: &Datum, client: &Arc<str>, op: &Op, told: &Told) -> Option<Datum> {
        match op {
            Op::Get(_) => self.shows(state, told).then(|| state.clone()),
            Op::Put(_, value) => Some(self.plain(value)),
            Op::Delete(_) => Some(Datum::Absent),
            Op::Cas { expected, new, .. } => {
                let matches = *state == self.plain(expected);
                match told {
                    Told::Mismatch => (!matches).then(|| state.clone()),
                    Told::Value(_) | Told::Nothing => matches.then(|| self.plain(new)),
                }
            }
            Op::Append(_, value) => self.append(state, value),
            Op::Take(_) => take(state, told),
            Op::Acquire(_) => (*state == Datum::Absent).then(|| Datum::Text(client.clone())),
            Op::Release(_) => (*state == Datum::Text(client.clone())).then_some(Datum::Absent),
            Op::Broadcast(_) | Op::Do(..) => None,
        }
    }

    /// A value as the model keeps it.
    pub fn plain(self, value: &Datum) -> Datum {
        match (self, value) {
            (Model::Text, Datum::Text(text)) if text.is_empty() => Datum::Absent,
            (Model::Set, Datum::List(items)) => sorted(items.to_vec()),
            _ => value.clone(),
        }
    }

    fn shows(self, state: &Datum, told: &Told) -> bool {
        match told {
            Told::Value(value) => state == value,
            Told::Mismatch => false,
            Told::Nothing => true,
        }
    }

    fn append(self, state: &Datum, value: &Datum) -> Option<Datum> {
        match (self, state) {
            (Model::Text, Datum::Absent) => Some(self.plain(value)),
            (Model::Text, _) => Some(Datum::Text(format!("{}{}", bare(state), bare(value)).into())),
            (Model::Set, Datum::List(items)) => Some(with(items, state, value)),
            (Model::Store, Datum::List(items)) => Some(Datum::List(items.iter().chain([value]).cloned().collect())),
            (Model::Store | Model::Set, Datum::Absent) => Some(Datum::List([value.clone()].into())),
            _ => None,
        }
    }

    /// Whether what a key holds once can lead to what it holds later where it only ever grows by appends.
    pub fn leads_to(self, state: &Datum, later: &Datum) -> bool {
        match (state, later) {
            (Datum::Absent, _) => true,
            (Datum::Text(now), Datum::Text(then)) => then.starts_with(&**now),
            (Datum::List(now), Datum::List(then)) if self == Model::Set => {
                let mut then = then.iter();
                now.iter().all(|item| then.any(|other| other == item))
            }
            (Datum::List(now), Datum::List(then)) => then.starts_with(now),
            _ => false,
        }
    }

    /// Whether what a key holds can have come about with this being added at some time.
    pub fn has_part(self, state: &Datum, added: &Datum) -> bool {
        match (state, added) {
            (_, Datum::Absent) => true,
            (Datum::List(all), one) => all.contains(one),
            (Datum::Text(all), one) => all.contains(&bare(one)),
            _ => false,
        }
    }

    /// Whether what a key holds can have come about by adding this last.
    pub fn ends_with(self, state: &Datum, added: &Datum) -> bool {
        match (state, added) {
            (_, Datum::Absent) => true,
            (Datum::Text(all), Datum::Text(last)) => all.ends_with(&**last),
            (Datum::List(all), Datum::List(last)) if self == Model::Set => {
                last.iter().all(|item| all.binary_search(item).is_ok())
            }
            (Datum::List(all), Datum::List(last)) => all.ends_with(last),
            // A number that was stored, or added to nothing.
            (all, last) => all == last,
        }
    }
}

/// A set as it is kept: each value once, in order. The empty set is nothing.
fn sorted(mut items: Vec<Datum>) -> Datum {
    items.sort();
    items.dedup();
    if items.is_empty() { Datum::Absent } else { Datum::List(items.into()) }
}

/// The items of a set and one more.
fn with(items: &[Datum], set: &Datum, value: &Datum) -> Datum {
    match items.binary_search(value) {
        Ok(_) => set.clone(),
        Err(place) => {
            let (before, after) = items.split_at(place);
            Datum::List([before, std::slice::from_ref(value), after].concat().into())
        }
    }
}

/// A value without the quotes of a text.
fn bare(value: &Datum) -> String {
    match value {
        Datum::Text(text) => text.to_string(),
        Datum::Absent => String::new(),
        other => other.to_string(),
    }
}

/// The first of a list is taken; from an empty one, nothing.
fn take(state: &Datum, told: &Told) -> Option<Datum> {
    let (first, rest) = match state {
        Datum::List(items) if items.len() > 1 => (items[0].clone(), Datum::List(items[1..].into())),
        Datum::List(items) => (items.first().cloned().unwrap_or_default(), Datum::Absent),
        Datum::Absent => (Datum::Absent, Datum::Absent),
        Datum::Int(_) | Datum::Text(_) => return None,
    };
    (!matches!(told, Told::Value(value) if *value != first)).then_some(rest)
}
