//! Who holds the lock: *MutualExclusion* (Dijkstra, 1965). Whose writes count: *FencingOrder* (Kleppmann, 2016).
//!
//! A node holds the lock from the fact that says so to the fact that it has given it back, or to its crash. A lease that
//! runs out while its holder stands still is not given back: the holder does not know.
//!
//! A write is made under the last token that its client acquired for it: before it is over, or, where it needed none of
//! its own, before it was asked for. A resource has heard of a token when it applies a write that was made under it.

use super::claim::Promise;
use super::history::{Ending, Moment, OperationHistory};
use super::judge::Judge;
use super::violation::Violation;
use crate::node::{EventId, NodeId, OperationId};
use std::collections::BTreeMap;

/// One who holds the lock.
#[derive(Clone, Debug)]
pub(super) struct Holder {
    node: NodeId,
    token: u64,
    since: EventId,
}

/// Under which token each write is made, and which tokens resources have heard of.
#[derive(Clone, Debug, Default)]
pub(super) struct Fencing {
    /// What each client acquired last.
    last: BTreeMap<NodeId, u64>,
    /// The token of each write that was begun or was waiting when its client acquired one.
    tokens: BTreeMap<OperationId, u64>,
    /// The largest that each resource has heard of, with which write.
    heard: BTreeMap<NodeId, (u64, OperationId, EventId)>,
}

impl Fencing {
    /// A client begins an operation, with what it has.
    pub fn invoked(&mut self, client: NodeId, operation: OperationId) {
        self.tokens.extend(self.last.get(&client).map(|token| (operation, *token)));
    }
}

impl Judge {
    /// *FencingOrder*: a resource applies no write under a token that is older than one it has heard of.
    pub(super) fn judge_fencing(&mut self, at: Moment, node: NodeId, operation: Option<OperationId>) {
        let Some((operation, token)) = operation.and_then(|id| Some((id, *self.fencing.tokens.get(&id)?))) else {
            return;
        };
        match self.fencing.heard.get(&node).copied() {
            Some((newest, before, event)) if newest > token => self.report(Promise::FencingOrder, |judge| {
                let (me, what, first) =
                    (judge.name(node), judge.tell_operation(Some(operation)), judge.tell_operation(Some(before)));
                let headline = format!("{me} takes {what} with token {token} after token {newest}");
                Violation::new(Promise::FencingOrder, at, node, headline)
                    .saw(format!("{me} took {first} with token {newest} in {event}"))
                    .saw(format!("{me} took {what} with token {token} in {}", at.event))
                    .blame([event])
            }),
            _ => {
                self.fencing.heard.insert(node, (token, operation, at.event));
            }
        }
    }

    pub(super) fn acquired(&mut self, at: Moment, node: NodeId, token: u64) {
        let is_waiting = |it: &&OperationHistory| it.client == node && it.ending == Ending::Pending;
        let waiting: Vec<OperationId> = self.history.operations().filter(is_waiting).map(|it| it.id).collect();
        self.fencing.last.insert(node, token);
        self.fencing.tokens.extend(waiting.into_iter().map(|id| (id, token)));
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
