//! Calls made ready to be judged: sorted by key, rid of those that say nothing.

use super::Call;
use super::models::{Model, Told};
use crate::check::history::Ending;
use crate::node::{Datum, Key, Op};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How recorded calls are to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// What the keys are; a [`Model::Text`] to which other things than texts are appended is a [`Model::Store`].
    pub model: Model,
    /// Whether a compare-and-set that failed had found another value. Otherwise it may have been refused for any reason.
    pub failed_cas_is_mismatch: bool,
}

impl Meaning {
    /// That of a run of ours: a server may refuse what it likes.
    pub const RUN: Meaning = Meaning { model: Model::Store, failed_cas_is_mismatch: false };
}

/// A call as far as it constrains an order.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its place among the calls.
    pub call: usize,
    /// Whose.
    pub client: Arc<str>,
    /// What was asked for.
    pub op: Op,
    /// What was told.
    pub told: Told,
    /// Where it began.
    pub invoked: u32,
    /// Where it ended, if it is known to have taken effect by then. Otherwise it may at any later time, or never.
    pub ended: Option<u32>,
}

/// The calls of one key.
#[derive(Clone, Debug)]
pub struct Keyed {
    /// The key.
    pub key: Key,
    /// What it is.
    pub model: Model,
    /// Its calls, in the order in which they began.
    pub entries: Vec<Entry>,
}

impl Entry {
    /// A call that constrains something. An unknown read does not, nor what certainly took no effect.
    pub fn of(place: usize, call: &Call, meaning: Meaning) -> Option<Self> {
        let told = match &call.ending {
            Ending::Ok(value) => Told::Value(value.clone()),
            Ending::Failed if meaning.failed_cas_is_mismatch && matches!(call.op, Op::Cas { .. }) => Told::Mismatch,
            Ending::Failed => return None,
            Ending::Unknown | Ending::Pending if call.op.is_read() => return None,
            Ending::Unknown | Ending::Pending => Told::Nothing,
        };
        Some(Entry {
            call: place,
            client: call.client.clone(),
            op: call.op.clone(),
            told,
            invoked: call.invoked.place,
            ended: call.certain_end().map(|end| end.place),
        })
    }

    /// The same, with what it was told as the model keeps it.
    pub fn plain(mut self, model: Model) -> Self {
        if let Told::Value(value) = &self.told {
            self.told = Told::Value(model.plain(value));
        }
        self
    }

    /// Whether it must have taken effect.
    pub fn is_certain(&self) -> bool {
        self.told != Told::Nothing
    }

    /// Whether what is known of it is only what its key held then.
    pub fn is_reading(&self) -> bool {
        self.op.is_read() || self.told == Told::Mismatch
    }
}

/// Sorts calls by their keys. Calls about no key are left out: no model says what they do.
pub fn by_key(calls: &[Call], meaning: Meaning) -> Vec<Keyed> {
    let mut keys: BTreeMap<Key, Vec<Entry>> = BTreeMap::new();
    for (place, call) in calls.iter().enumerate() {
        if let (Some(key), Some(entry)) = (call.op.key(), Entry::of(place, call, meaning)) {
            keys.entry(key.clone()).or_default().push(entry);
        }
    }
    let keyed = |(key, mut entries): (Key, Vec<Entry>)| {
        entries.sort_by_key(|entry| entry.invoked);
        let model = model_of(&entries, meaning.model);
        Keyed { key, model, entries: entries.into_iter().map(|entry| entry.plain(model)).collect() }
    };
    keys.into_iter().map(keyed).collect()
}

/// A history tells by its values whether appends make a list or a text; by its operations, whether a key is a lock.
pub fn model_of(entries: &[Entry], model: Model) -> Model {
    let is_list = |value: &Datum| matches!(value, Datum::List(_));
    let of_lists = |entry: &Entry| match (&entry.op, &entry.told) {
        (Op::Append(_, value), _) if !matches!(value, Datum::Text(_)) => true,
        (Op::Cas { expected, new, .. }, _) if is_list(expected) || is_list(new) => true,
        (Op::Take(_), _) => true,
        (_, Told::Value(value)) => is_list(value),
        _ => false,
    };
    match model {
        Model::Text if entries.iter().any(of_lists) => Model::Store,
        Model::Store if entries.iter().all(|entry| matches!(entry.op, Op::Acquire(_) | Op::Release(_))) => {
            Model::Lock
        }
        model => model,
    }
}
