//! Dotted version vectors, and values that stand side by side.

use super::vector::{Dot, VersionVector};
use crate::node::{NodeId, Value, node_value};
use serde::Serialize;
use std::collections::BTreeMap;

node_value! {
    /// The clock of one write: its own name, and what its writer had seen.
    pub struct DottedVersionVector {
        /// The write itself.
        pub dot: Dot,
        /// All that its writer had seen. It may end well before the dot: what lies between was made by others.
        pub past: VersionVector,
    }
}

impl DottedVersionVector {
    /// Whether the other's writer had seen this write. One look-up, however long the vectors are.
    pub fn is_before(&self, other: &DottedVersionVector) -> bool {
        other.past.contains(self.dot)
    }

    /// Whether neither writer had seen the other's write.
    pub fn is_concurrent_with(&self, other: &DottedVersionVector) -> bool {
        self.dot != other.dot && !self.is_before(other) && !other.is_before(self)
    }
}

/// The values of one key of which none replaces another, each with its clock.
///
/// Servers hand on all that they hold of a key, never a part of it. So what a set names is without gaps, all clocks taken
/// together, and [`Siblings::join`] says no more than was seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Siblings<T> {
    versions: BTreeMap<Dot, (VersionVector, T)>,
}

impl<T> Default for Siblings<T> {
    fn default() -> Self {
        Siblings { versions: BTreeMap::new() }
    }
}

impl<T: Value> Siblings<T> {
    /// One value alone.
    pub fn one(clock: DottedVersionVector, value: T) -> Self {
        Siblings { versions: BTreeMap::from([(clock.dot, (clock.past, value))]) }
    }

    /// The values, in the order of their dots.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &T> {
        self.versions.values().map(|(_, value)| value)
    }

    /// The clocks, in the order of their dots.
    pub fn clocks(&self) -> impl Iterator<Item = DottedVersionVector> {
        self.versions.iter().map(|(&dot, (past, _))| DottedVersionVector { dot, past: past.clone() })
    }

    /// *Join*: all that is seen by whoever sees these values. A client gets it with them, and hands it back when it
    /// writes: its *context*.
    pub fn join(&self) -> VersionVector {
        let mut context = VersionVector::default();
        for (dot, (past, _)) in &self.versions {
            context.join(past);
            context.add(*dot);
        }
        context
    }

    /// *Sync*: what is left when two servers compare. A value goes where the other side holds one that replaces it.
    pub fn sync(&mut self, other: &Siblings<T>) {
        let is_replaced = |dot: Dot, by: &Siblings<T>| by.versions.values().any(|(past, _)| past.contains(dot));
        let new = other.versions.iter().filter(|(dot, _)| !is_replaced(**dot, self));
        let new: Vec<(Dot, (VersionVector, T))> = new.map(|(dot, version)| (*dot, version.clone())).collect();
        self.versions.retain(|dot, _| !is_replaced(*dot, other));
        self.versions.extend(new);
    }

    /// *Discard*: drops the values that a context has seen.
    pub fn discard(&mut self, context: &VersionVector) {
        self.versions.retain(|dot, _| !context.contains(*dot));
    }

    /// *Event*: adds a value that a client writes at this server, knowing that context, under the server's next dot.
    /// `known` is all that the server has ever held of the key.
    pub fn event(&mut self, known: &VersionVector, context: &VersionVector, server: NodeId, value: T) {
        let dot = Dot { server, number: known.count(server).max(context.count(server)) + 1 };
        self.versions.insert(dot, (context.clone(), value));
    }

    /// *Update*: a client writes at this server. What it has seen goes; what it has not seen stays beside its value.
    pub fn update(&mut self, context: &VersionVector, server: NodeId, value: T) {
        let known = self.join();
        self.discard(context);
        self.event(&known, context, server, value);
    }
}
