//! Who holds the lock: *MutualExclusion* (Dijkstra, 1965).
//!
//! A node holds the lock from the fact that says so to the fact that it has given it back, or to its crash. A lease that
//! runs out while its holder stands still is not given back: the holder does not know.

use super::claim::Promise;
use super::history::Moment;
use super::judge::Judge;
use super::violation::Violation;
use crate::node::{EventId, NodeId};

/// One who holds the lock.
#[derive(Clone, Debug)]
pub(super) struct Holder {
    node: NodeId,
    token: u64,
    since: EventId,
}

impl Judge {
    pub(super) fn acquired(&mut self, at: Moment, node: NodeId, token: u64) {
        self.released(node);
        if let Some(first) = self.holders.first().cloned() {
            self.report(Promise::MutualExclusion, |judge| {
                let (one, other) = (judge.name(first.node), judge.name(node));
                Violation::new(Promise::MutualExclusion, at, node, "two hold the lock".to_owned())
                    .saw(format!("{one} holds it since {}, token {}", first.since, first.token))
                    .saw(format!("{other} holds it since {}, token {token}", at.event))
                    .blame([first.since])
            });
        }
        self.holders.push(Holder { node, token, since: at.event });
    }

    /// A node holds the lock no more, if it did.
    pub(super) fn released(&mut self, node: NodeId) {
        self.holders.retain(|holder| holder.node != node);
    }
}
