//! The five promises of Raft (Ongaro and Ousterhout 2014, Figure 3), and one that Raft does not make.

mod elections;
mod logs;
mod machine;

use super::model::{Chain, Firsts};
use crate::node::{EventId, NodeId};
use std::collections::BTreeMap;

/// What the promises remember of one group of nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    /// Who became leader first in each term.
    pub leaders: BTreeMap<u64, Elected>,
    /// The votes of each term, as their givers declared them.
    votes: BTreeMap<u64, Vec<Vote>>,
    /// How many lead now.
    leading: u64,
    /// The log up to each place and term, as it was seen first.
    logs: Firsts,
    /// What leaders have committed: by term, the last place.
    commits: BTreeMap<u64, Commit>,
    /// What was applied first at each place.
    applied: Firsts,
}

/// The first leader of a term.
#[derive(Clone, Debug)]
pub(super) struct Elected {
    pub node: NodeId,
    pub event: EventId,
    /// Its log at that moment.
    log: Chain,
}

/// A vote.
#[derive(Clone, Copy, Debug)]
struct Vote {
    voter: NodeId,
    candidate: NodeId,
    event: EventId,
}

/// How far the leader of a term has committed its log.
#[derive(Clone, Copy, Debug)]
struct Commit {
    index: u64,
    /// The digest of the log up to there.
    digest: u64,
    /// The term of the entry there.
    entry_term: u64,
    node: NodeId,
    event: EventId,
}
