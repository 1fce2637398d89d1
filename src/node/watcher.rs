//! What can be seen of nodes in a search, where runs are not told event by event, and who watches.

use super::{Fact, NodeId, Operation};
use serde::Serialize;
use std::fmt::Debug;
use std::hash::Hash;

/// What can be seen of a node from outside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Seen {
    /// It starts.
    Boot,
    /// It dies.
    Crash,
    /// It is given an operation.
    Operation(Operation),
    /// It declares something.
    Fact(Fact),
}

/// Who watches a search: told what can be seen of nodes, it remembers what it needs, and that is part of each state.
///
/// So its memory is best kept small, and the same for all pasts that make no difference to what it will say.
pub trait Watcher: Clone + Eq + Hash + Debug + Serialize + Send + Sync + 'static {
    /// Sees something; gives the marks that this sets, a bit each.
    fn see(&mut self, node: NodeId, seen: &Seen) -> u64;

    /// The marks that have been set for good: what was to come about at some time, and did.
    fn achieved(&self) -> u64 {
        0
    }
}

impl Watcher for () {
    fn see(&mut self, _: NodeId, _: &Seen) -> u64 {
        0
    }
}
