//! One write as it travels, and what a leader holds of a key.

use super::Resolve;
use crate::node::{Datum, Key, LocalTime, OperationId, node_value};
use crate::protocols::versions::{Dot, DottedVersionVector, Siblings, VersionVector};

node_value! {
    /// A write that a leader took from a client, with all that others have to know of it.
    pub struct Write {
        /// Its name: the leader that took it, and which of that leader's writes it is. Writes of one leader are carried
        /// out everywhere in the order of these numbers, so that a version vector can say what a leader has.
        pub dot: Dot,
        /// The key.
        pub key: Key,
        /// The value; nothing where the key was deleted.
        pub value: Datum,
        /// What its writer had been shown of the key: that may give way to it, and nothing else.
        pub past: VersionVector,
        /// What its leader had carried out before, of all keys: what it may depend on.
        pub after: VersionVector,
        /// The wall clock of its leader.
        pub stamp: LocalTime,
        /// The client's operation, so that one that is asked for again is not done again.
        pub operation: OperationId,
    }

    /// A value, and when it was written as its leader's clock had it.
    pub struct Version {
        /// The wall clock of the leader that took it.
        pub stamp: LocalTime,
        /// The value; nothing where the key was deleted. It has to be kept: a write that it replaced may arrive later.
        pub value: Datum,
    }

    /// What a leader holds of a key.
    #[derive(Default)]
    #[serde(transparent)]
    pub struct Held {
        versions: Siblings<Version>,
    }
}

impl Write {
    fn clock(&self) -> DottedVersionVector {
        DottedVersionVector { dot: self.dot, past: self.past.clone() }
    }
}

impl Held {
    /// Carries out a write. Leaders that have carried out the same writes hold the same, in whatever order they came.
    pub fn apply(&mut self, resolve: Resolve, write: &Write) {
        let new = Siblings::one(write.clock(), Version { stamp: write.stamp, value: write.value.clone() });
        match resolve {
            // Dots tell equal timestamps apart, and are the same everywhere.
            Resolve::LastWriteWins if self.stamp() > Some((write.stamp, write.dot)) => {}
            Resolve::LastWriteWins => self.versions = new,
            // Of each side goes what the other has seen (Preguica and others, 2012, *sync*).
            Resolve::Siblings | Resolve::Merge => self.versions.sync(&new),
        }
    }

    /// The timestamp of what is held, under last write wins.
    fn stamp(&self) -> Option<(LocalTime, Dot)> {
        self.versions.values().zip(self.versions.clocks()).map(|(version, clock)| (version.stamp, clock.dot)).max()
    }

    /// The values held that a write clashes with: neither writer had seen the other (Parker and others, 1983).
    pub fn conflicts(&self, write: &Write) -> Vec<Datum> {
        let clock = write.clock();
        let pairs = self.versions.values().zip(self.versions.clocks());
        pairs.filter(|(_, held)| held.is_concurrent_with(&clock)).map(|(version, _)| version.value.clone()).collect()
    }

    /// What whoever is shown this has seen.
    pub fn context(&self) -> VersionVector {
        self.versions.join()
    }

    /// The values that stand side by side; under [`Resolve::Merge`] the elements of the set.
    pub fn values(&self, resolve: Resolve) -> Vec<Datum> {
        let values = self.versions.values().map(|version| version.value.clone());
        let values: Vec<Datum> = values.filter(|value| *value != Datum::Absent).collect();
        if resolve == Resolve::Merge { united(values) } else { values }
    }

    /// What a read returns: the value, where there are several all of them in a list, and a set always as a list.
    pub fn read(&self, resolve: Resolve) -> Datum {
        let values = self.values(resolve);
        match values.as_slice() {
            [] => Datum::Absent,
            [value] if resolve != Resolve::Merge => value.clone(),
            _ => Datum::List(values.into()),
        }
    }

    /// What an append leaves where lists are values: all that is held, united, with the new value at the end. None where
    /// something is held that is no list.
    pub fn appended(&self, value: Datum) -> Option<Datum> {
        let values = self.values(Resolve::Siblings);
        if values.iter().any(|held| !matches!(held, Datum::List(_))) {
            return None;
        }
        // One list keeps its order; several have none in common.
        let items = if let [Datum::List(items)] = values.as_slice() { items.to_vec() } else { united(values) };
        Some(Datum::List(items.into_iter().chain([value]).collect()))
    }
}

/// The elements of all values, each once, in an order that is the same everywhere.
fn united(values: Vec<Datum>) -> Vec<Datum> {
    let elements = values.into_iter().flat_map(|value| match value {
        Datum::List(items) => items.to_vec(),
        value => vec![value],
    });
    let mut elements: Vec<Datum> = elements.collect();
    elements.sort();
    elements.dedup();
    elements
}
