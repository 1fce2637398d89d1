//! What a scenario may set: who ships writes to whom, and what becomes of writes that clash.

use super::LEADERS;
use crate::node::{Cluster, LocalSpan, NodeId};
use serde::{Deserialize, Serialize};

/// The settings. All are optional.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Who ships writes to whom.
    pub topology: Topology,
    /// What becomes of two writes of a key neither of which had seen the other.
    pub resolve: Resolve,
    /// Whether a leader holds a write back until it has all that the write may depend on.
    pub causal: bool,
    /// How often a leader asks those that ship to it for what it lacks.
    pub anti_entropy: LocalSpan,
    /// How long a client waits in silence before it asks again, if it does.
    pub patience: LocalSpan,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            topology: Topology::AllToAll,
            resolve: Resolve::Siblings,
            causal: true,
            anti_entropy: LocalSpan::millis(100), // Our choice.
            patience: LocalSpan::millis(100),
        }
    }
}

/// Who ships writes to whom.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Topology {
    /// Each leader to every other.
    AllToAll,
    /// Each leader to the next of its group, the last to the first.
    Ring,
    /// The named leader to all others, and they to it.
    Star(String),
    /// As they are listed: from, to.
    Links(Vec<(String, String)>),
}

/// What becomes of two writes of a key neither of which had seen the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Resolve {
    /// The one with the later timestamp stays, the other is dropped. What either had seen does not count.
    LastWriteWins,
    /// Both stay side by side, until a client that was shown both writes again.
    #[default]
    Siblings,
    /// A key is a set. An append adds an element, a put replaces the elements that its client was shown; elements that
    /// met without that are united. Numbers are elements like any other: whether 5 and 7 are to be added up, or the
    /// larger is right, a store cannot know.
    Merge,
}

impl Topology {
    /// Whether one leader ships to another.
    fn ships(&self, cluster: &Cluster, from: NodeId, to: NodeId) -> bool {
        let leaders = cluster.group(LEADERS);
        let place = |leader: NodeId| leaders.iter().position(|&other| other == leader).unwrap_or_default();
        let is = |node: NodeId, name: &str| cluster.name(node) == name;
        from != to
            && match self {
                Topology::AllToAll => true,
                Topology::Ring => (place(from) + 1) % leaders.len() == place(to),
                Topology::Star(hub) => is(from, hub) || is(to, hub),
                Topology::Links(links) => links.iter().any(|(a, b)| is(from, a) && is(to, b)),
            }
    }

    /// Whether a leader ships on what others took. Where each ships to all, there is no need.
    pub fn hands_on(&self) -> bool {
        *self != Topology::AllToAll
    }

    /// To whom a leader ships.
    pub fn targets(&self, cluster: &Cluster, me: NodeId) -> Vec<NodeId> {
        cluster.group(LEADERS).iter().copied().filter(|&other| self.ships(cluster, me, other)).collect()
    }

    /// Who ships to a leader.
    pub fn sources(&self, cluster: &Cluster, me: NodeId) -> Vec<NodeId> {
        cluster.group(LEADERS).iter().copied().filter(|&other| self.ships(cluster, other, me)).collect()
    }
}

impl Config {
    /// Refuses settings under which no cluster could work, and says what would do.
    pub fn check_within(&self, cluster: &Cluster) -> Result<(), String> {
        if self.anti_entropy == LocalSpan::ZERO {
            return Err("anti_entropy every 0s would never let time pass; 100ms is usual".to_owned());
        }
        if self.patience == LocalSpan::ZERO {
            return Err("a client with a patience of 0s would never let time pass; 100ms is usual".to_owned());
        }
        let leaders: Vec<&str> = cluster.group(LEADERS).iter().map(|id| cluster.name(*id)).collect();
        if leaders.is_empty() {
            return Err(format!("the cluster has no group {LEADERS:?}, and nobody else takes writes"));
        }
        let named: Vec<&String> = match &self.topology {
            Topology::AllToAll | Topology::Ring => vec![],
            Topology::Star(hub) => vec![hub],
            Topology::Links(links) => links.iter().flat_map(|(from, to)| [from, to]).collect(),
        };
        match named.into_iter().find(|name| !leaders.contains(&name.as_str())) {
            Some(name) => Err(format!("topology names {name:?}, and the leaders are {}", leaders.join(" "))),
            None => Ok(()),
        }
    }
}
