//! What logs hold, in a search: *Leader Append-Only*, *Log Matching* and *Leader Completeness* (Raft, Figure 3). The same
//! rules as [`raft`](super::super::raft), and no more memory than the promise in question asks for.

use super::super::claim::Promise;
use super::super::model::Chain;
use crate::node::{Fact, NodeId, Seen};
use serde::Serialize;
use std::collections::BTreeMap;

/// What is known of the logs of all groups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Logs {
    logs: BTreeMap<NodeId, Chain>,
    /// Who leads which term.
    leading: BTreeMap<NodeId, u64>,
    /// The digest of the first log that was seen with an entry of each place and term; for *Log Matching*.
    firsts: BTreeMap<(u16, u64, u64), u64>,
    /// How far each term's leader has committed, and the digest there; for *Leader Completeness*.
    commits: BTreeMap<(u16, u64), (u64, u64)>,
    /// The log of each term's leader when it was elected; for *Leader Completeness*.
    elected: BTreeMap<(u16, u64), Chain>,
}

impl Logs {
    /// Whether what is seen breaks the promise.
    pub fn breaks(&mut self, promise: Promise, group: u16, node: NodeId, seen: &Seen) -> bool {
        let last = self.logs.get(&node).map_or(0, Chain::last);
        match seen {
            Seen::Boot | Seen::Crash => {
                self.logs.remove(&node);
                self.leading.remove(&node);
                false
            }
            Seen::Operation(_) => false,
            Seen::Fact(fact) => match *fact {
                Fact::Appended { index, term, entry, .. } => {
                    let overwrites = index <= last && self.leads(node);
                    let differs = self.push(promise, group, node, (index, term, entry));
                    match promise {
                        Promise::LeaderAppendOnly => overwrites,
                        _ => differs,
                    }
                }
                Fact::Restored { index, term, entry, .. } => self.push(promise, group, node, (index, term, entry)),
                Fact::Truncated { index } => {
                    self.log(node).truncate(index);
                    promise == Promise::LeaderAppendOnly && index <= last && self.leads(node)
                }
                Fact::Installed { index, term } => {
                    self.install(node, index, term);
                    false
                }
                Fact::BecameCandidate { .. } | Fact::BecameFollower { .. } => {
                    self.leading.remove(&node);
                    false
                }
                Fact::BecameLeader { term } => {
                    self.leading.insert(node, term);
                    promise == Promise::LeaderCompleteness && self.lacks_what_was_committed(group, node, term)
                }
                Fact::Committed { index, .. } if promise == Promise::LeaderCompleteness => {
                    self.committed(group, node, index)
                }
                _ => false,
            },
        }
    }

    fn leads(&self, node: NodeId) -> bool {
        self.leading.contains_key(&node)
    }

    fn log(&mut self, node: NodeId) -> &mut Chain {
        self.logs.entry(node).or_default()
    }

    /// Adds an entry; says whether it makes two logs differ that must not.
    fn push(&mut self, promise: Promise, group: u16, node: NodeId, (index, term, entry): (u64, u64, u64)) -> bool {
        let log = self.log(node);
        if index <= log.last() {
            log.truncate(index);
        } else if index > log.last() + 1 {
            *log = Chain::after(index - 1, 0, None);
        }
        let digest = log.push(term, entry);
        match (promise, digest) {
            (Promise::LogMatching, Some(digest)) => {
                *self.firsts.entry((group, index, term)).or_insert(digest) != digest
            }
            _ => false,
        }
    }

    /// A snapshot stands for the log up to a place, as some other log has it.
    fn install(&mut self, node: NodeId, index: u64, term: u64) {
        let has_it = |log: &&Chain| log.term_at(index) == Some(term);
        let known = self.logs.get(&node).filter(has_it).or_else(|| self.logs.values().find(has_it));
        let known = known.or_else(|| self.elected.values().find(has_it));
        let log = match known {
            Some(log) if self.logs.get(&node) == Some(log) => log.clone(),
            Some(log) => log.up_to(index),
            None => Chain::after(index, term, None),
        };
        self.logs.insert(node, log);
    }

    fn lacks_what_was_committed(&mut self, group: u16, node: NodeId, term: u64) -> bool {
        let log = self.logs.get(&node).cloned().unwrap_or_default();
        let earlier = self.commits.range((group, 0)..(group, term));
        let lacks_any = earlier.into_iter().any(|(_, commit)| lacks(&log, *commit));
        self.elected.entry((group, term)).or_insert(log);
        lacks_any
    }

    /// A leader learns what is committed; says whether a later leader was elected without that.
    fn committed(&mut self, group: u16, node: NodeId, index: u64) -> bool {
        let Some(term) = self.leading.get(&node).copied() else { return false };
        let Some(digest) = self.logs.get(&node).and_then(|log| log.digest_at(index)) else { return false };
        let commit = self.commits.entry((group, term)).or_default();
        *commit = (*commit).max((index, digest));
        let later = self.elected.range((group, term + 1)..(group + 1, 0));
        later.into_iter().any(|(_, log)| lacks(log, (index, digest)))
    }
}

/// Whether a log lacks what was committed. What is not known of it is not held against it.
fn lacks(log: &Chain, (index, digest): (u64, u64)) -> bool {
    log.digest_at(index).map_or(log.last() < index, |held| held != digest)
}
