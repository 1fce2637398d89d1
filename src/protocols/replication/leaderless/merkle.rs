//! Merkle trees: two replicas find what they differ in by comparing few hashes (§4.7; Merkle 1987).
//!
//! The keys of one place of the ring form one tree. A leaf's hash is that of its keys and what is held of them; an inner
//! node's is that of its two children's hashes. Where two hashes agree, all beneath them does, and nothing of it is sent.

use super::held::Held;
use super::ring::place;
use crate::node::{Key, digest, node_value};
use std::collections::BTreeMap;

/// How many levels of children a tree has: sixteen leaves, our choice.
pub const DEPTH: u8 = 4;

node_value! {
    /// A node of a tree: the keys of one place of the ring whose hashes begin with some bits.
    #[derive(Copy)]
    pub struct Part {
        /// The place of the ring.
        pub place: u16,
        /// How many bits: 0 at the root.
        pub depth: u8,
        /// The bits.
        pub bits: u16,
    }
}

impl Part {
    /// All keys of a place.
    pub fn root(place: usize) -> Self {
        Part { place: place as u16, depth: 0, bits: 0 }
    }

    /// Whether its keys themselves are hashed.
    pub fn is_leaf(self) -> bool {
        self.depth >= DEPTH
    }

    /// Its two halves.
    pub fn children(self) -> [Part; 2] {
        [0, 1].map(|bit| Part { depth: self.depth + 1, bits: self.bits << 1 | bit, ..self })
    }

    /// What a replica holds of the part.
    pub fn items(self, held: &BTreeMap<Key, Held>, replicas: usize) -> Vec<(Key, Held)> {
        let is_inside = |key: &Key| {
            let bits = digest::<str>(key) >> 32 & 0xffff;
            place(key, replicas) == usize::from(self.place) && bits >> (16 - self.depth) == u64::from(self.bits)
        };
        held.iter().filter(|(key, _)| is_inside(key)).map(|(key, held)| (key.clone(), held.clone())).collect()
    }

    /// The hash of what a replica holds of the part.
    pub fn hash(self, held: &BTreeMap<Key, Held>, replicas: usize) -> u64 {
        match self.is_leaf() {
            true => digest(&self.items(held, replicas)),
            false => digest(&self.children().map(|child| child.hash(held, replicas))),
        }
    }
}
