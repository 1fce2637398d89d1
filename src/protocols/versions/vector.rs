//! Version vectors: sets of writes, each server's from the first on.

use crate::node::{NodeId, node_value};
use std::collections::BTreeMap;

node_value! {
    /// The name of one write.
    #[derive(Copy)]
    pub struct Dot {
        /// The server that took it.
        pub server: NodeId,
        /// Which of that server's writes it is, from 1.
        pub number: u64,
    }

    /// A set of writes: of each server the first so many.
    #[derive(Default)]
    #[serde(transparent)]
    pub struct VersionVector {
        /// Servers of which there is no write do not stand here, so that equal sets are equal vectors.
        counts: BTreeMap<NodeId, u64>,
    }
}

impl VersionVector {
    /// How many writes of a server are in the set.
    pub fn count(&self, server: NodeId) -> u64 {
        self.counts.get(&server).copied().unwrap_or_default()
    }

    /// Whether a write is in the set.
    pub fn contains(&self, dot: Dot) -> bool {
        dot.number <= self.count(dot.server)
    }

    /// Adds a server's next write; says which it is.
    pub fn increment(&mut self, server: NodeId) -> Dot {
        let number = self.counts.entry(server).or_default();
        *number += 1;
        Dot { server, number: *number }
    }

    /// Adds a write, and all of its server before it.
    pub fn add(&mut self, dot: Dot) {
        let count = self.counts.entry(dot.server).or_default();
        *count = (*count).max(dot.number);
    }

    /// Adds all writes of another set.
    pub fn join(&mut self, other: &VersionVector) {
        other.counts.iter().for_each(|(&server, &number)| self.add(Dot { server, number }));
    }

    /// Whether all writes of another set are in this one: it is the same, or comes after it.
    pub fn descends(&self, other: &VersionVector) -> bool {
        other.counts.iter().all(|(&server, &count)| self.count(server) >= count)
    }

    /// Whether each set has a write that the other lacks.
    pub fn is_concurrent_with(&self, other: &VersionVector) -> bool {
        !self.descends(other) && !other.descends(self)
    }
}
