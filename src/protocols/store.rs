//! What many protocols keep: keys with their values, and the operations that read and change them.

use crate::node::{Datum, Fact, Key, Log, Op, Outcome};
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// Keys with their values.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Store(BTreeMap<Key, Held>);

/// What a key holds. A list is a [`Log`], so that to append costs the same however long it has become.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Held {
    One(Datum),
    List(Log<Datum>),
}

impl Held {
    fn datum(&self) -> Datum {
        match self {
            Held::One(datum) => datum.clone(),
            Held::List(items) => Datum::List(items.iter().cloned().collect()),
        }
    }
}

/// As the [`Datum`] that it is.
impl Serialize for Held {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Held::One(datum) => datum.serialize(serializer),
            Held::List(items) => serializer.serialize_newtype_variant("Datum", 3, "List", items),
        }
    }
}

/// What a client is told of an operation that is carried out and returns nothing.
pub const DONE: Outcome = Outcome::Ok(Datum::Absent);

impl Store {
    /// What a key holds.
    pub fn get(&self, key: &Key) -> Datum {
        self.0.get(key).map(Held::datum).unwrap_or_default()
    }

    /// Stores a value; to store nothing is to delete.
    pub fn put(&mut self, key: &Key, value: Datum) -> Outcome {
        match value {
            Datum::Absent => self.0.remove(key),
            Datum::List(items) => self.0.insert(key.clone(), Held::List(items.iter().cloned().collect())),
            value => self.0.insert(key.clone(), Held::One(value)),
        };
        DONE
    }

    /// What a node declares to hold of a key.
    pub fn stored(&self, key: &Key) -> Fact {
        let value = Some(self.get(key)).filter(|value| *value != Datum::Absent);
        Fact::Stored { key: key.clone(), values: value.into_iter().collect() }
    }

    /// Carries out an operation, and says of which key a node is to declare what it holds now. Lists are not declared: they
    /// grow without end, and each append would declare all that came before it.
    pub fn execute_declared(&mut self, op: &Op) -> (Outcome, Option<Key>) {
        let key = op.key().filter(|key| !op.is_read() && !self.holds_list(key));
        let outcome = self.execute(op);
        (outcome, key.filter(|key| !self.holds_list(key)).cloned())
    }

    /// The keys that do not hold the same in another store, but for those of which either holds a list.
    pub fn differing(&self, other: &Store) -> BTreeSet<Key> {
        let differs = |key: &&Key| self.0.get(*key) != other.0.get(*key);
        let keys = self.0.keys().chain(other.0.keys()).filter(differs);
        keys.filter(|key| !self.holds_list(key) && !other.holds_list(key)).cloned().collect()
    }

    fn holds_list(&self, key: &Key) -> bool {
        matches!(self.0.get(key), Some(Held::List(_)))
    }

    /// The keys that hold something, with what they hold.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, Datum)> {
        self.0.iter().map(|(key, held)| (key, held.datum()))
    }

    /// Whether a store knows such an operation.
    pub fn understands(op: &Op) -> bool {
        matches!(op, Op::Get(_) | Op::Put(..) | Op::Append(..) | Op::Cas { .. } | Op::Delete(_) | Op::Take(_))
    }

    /// Carries out an operation. What changes nothing because it cannot be done has failed.
    pub fn execute(&mut self, op: &Op) -> Outcome {
        match op {
            Op::Get(key) => Outcome::Ok(self.get(key)),
            Op::Put(key, value) => self.put(key, value.clone()),
            Op::Delete(key) => self.put(key, Datum::Absent),
            Op::Cas { key, expected, new } if self.get(key) == *expected => self.put(key, new.clone()),
            Op::Append(key, value) => match self.0.entry(key.clone()).or_insert_with(|| Held::List(Log::new())) {
                Held::List(items) => {
                    items.push(value.clone());
                    DONE
                }
                Held::One(_) => Outcome::Failed,
            },
            Op::Take(key) => match self.get(key) {
                Datum::List(items) => {
                    let rest = if items.len() > 1 { Datum::List(items[1..].into()) } else { Datum::Absent };
                    self.put(key, rest);
                    Outcome::Ok(items.first().cloned().unwrap_or_default())
                }
                Datum::Absent => DONE,
                Datum::Int(_) | Datum::Text(_) => Outcome::Failed,
            },
            Op::Cas { .. } | Op::Acquire(_) | Op::Release(_) | Op::Broadcast(_) | Op::Do(..) => Outcome::Failed,
        }
    }
}
