//! What a scenario may set.

use super::{CLIENTS, DATABASES};
use crate::node::{Cluster, LocalSpan, NodeId};
use serde::{Deserialize, Serialize};

/// The settings. All are optional.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// When the primary tells a client that its write is done.
    pub ack: Ack,
    /// The first primary; absent, the first node of the group `db`.
    pub primary: Option<String>,
    /// Whether an epoch keeps a primary out that has been replaced.
    pub fence: Fence,
    /// Who replaces a primary that has fallen silent.
    pub failover: Failover,
    /// Where clients read.
    pub reads: Reads,
    /// How often the primary makes itself heard, by followers and monitors, and repeats what they have not confirmed.
    pub heartbeat: LocalSpan,
    /// How long a client waits in silence before it asks again.
    pub patience: LocalSpan,
}

/// When a write is acknowledged. The primary's own disk has it in any case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Ack {
    /// At once: asynchronous replication.
    Async,
    /// When so many followers have it: semi-synchronous.
    Replicas(usize),
    /// When every follower has it: synchronous. One that is down stops all writes.
    All,
    /// When every follower that keeps up has it. Which ones these are, the monitors are told.
    InSync {
        /// How far behind a follower may be before it is left out.
        lag_max: LocalSpan,
        /// How many must keep up, the primary counted; with fewer, no write is acknowledged.
        #[serde(default = "one")]
        least: usize,
    },
}

fn one() -> usize {
    1
}

/// Whether epochs fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Fence {
    /// A primary leads until it is told that another does.
    Never,
    /// Whoever has heard of an epoch refuses older ones, and a primary that cannot reach a majority of the monitors
    /// stops before they can replace it.
    Epoch,
}

/// Who replaces the primary.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Failover {
    /// Nobody.
    Never,
    /// Monitors, by the votes of a majority.
    Majority {
        /// The group that the monitors are.
        of: String,
        /// How long the primary may be silent.
        suspect: LocalSpan,
        /// Whether, with `ack: InSync`, a follower may be promoted that was left out.
        #[serde(default)]
        unclean: bool,
    },
    /// The follower, by itself, when it has not heard the primary: a pair without anyone to ask.
    Pair {
        /// How long the other may be silent.
        suspect: LocalSpan,
        /// Whether each switches off the other that it does not hear: "shoot the other node in the head".
        #[serde(default)]
        shoot: bool,
    },
}

/// Where clients read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Reads {
    /// At the primary.
    Leader,
    /// At the database of the client's own place in its group.
    Local,
    /// At one database after another, from the client's own place on.
    InTurn,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            ack: Ack::Async,
            primary: None,
            fence: Fence::Never,
            failover: Failover::Never,
            reads: Reads::Leader,
            heartbeat: LocalSpan::seconds(1),
            patience: LocalSpan::millis(500),
        }
    }
}

impl Config {
    /// Refuses settings that make no sense for a cluster, and says what would do.
    pub fn check_within(&self, cluster: &Cluster) -> Result<(), String> {
        let databases: Vec<&str> = cluster.group(DATABASES).iter().map(|id| cluster.name(*id)).collect();
        if databases.is_empty() {
            return Err(format!("the cluster needs a group {DATABASES:?}: the nodes that hold the data"));
        }
        if let Some(primary) = self.primary.as_deref().filter(|primary| !databases.contains(primary)) {
            return Err(format!("primary is {primary:?}, and the databases are {}", databases.join(" ")));
        }
        for (name, span) in [("heartbeat", self.heartbeat), ("patience", self.patience)] {
            if span == LocalSpan::ZERO {
                return Err(format!("{name} is 0s, which would never let time pass; 100ms is usual"));
            }
        }
        let followers = databases.len() - 1;
        match self.ack {
            Ack::Replicas(0) => Err("ack: Replicas(0) waits for nobody; write ack: Async".to_owned()),
            Ack::Replicas(count) if count > followers => {
                Err(format!("ack: Replicas({count}) waits for more than the {followers} followers that there are"))
            }
            Ack::InSync { least, .. } if least > followers + 1 => {
                Err(format!("ack: InSync(least: {least}) asks for more than the {} databases", followers + 1))
            }
            _ => Ok(()),
        }?;
        let suspect = match &self.failover {
            Failover::Never => return Ok(()),
            Failover::Majority { of, .. } if of == DATABASES || of == CLIENTS => {
                return Err(format!("failover asks the group {of:?}; monitors are a group of their own"));
            }
            Failover::Majority { of, .. } if cluster.group(of).is_empty() => {
                return Err(format!("failover asks the group {of:?}, and the cluster has none"));
            }
            Failover::Pair { .. } if followers != 1 => {
                return Err(format!("failover: Pair is for two databases, and there are {}", followers + 1));
            }
            Failover::Majority { suspect, .. } | Failover::Pair { suspect, .. } => *suspect,
        };
        match self.heartbeat.0.saturating_mul(2) > suspect.0 {
            true => Err(format!(
                "a heartbeat every {} is too rare where {suspect} of silence are suspect; a tenth is usual",
                self.heartbeat
            )),
            false => Ok(()),
        }
    }

    /// The first primary.
    pub(super) fn first_primary(&self, cluster: &Cluster) -> Option<NodeId> {
        let databases = cluster.group(DATABASES);
        let named = databases.iter().find(|id| Some(cluster.name(**id)) == self.primary.as_deref());
        named.or(databases.first()).copied()
    }

    /// The monitors, where there are any.
    pub(super) fn monitors<'a>(&self, cluster: &'a Cluster) -> &'a [NodeId] {
        match &self.failover {
            Failover::Majority { of, .. } => cluster.group(of),
            Failover::Never | Failover::Pair { .. } => &[],
        }
    }

    /// How long another may be silent, where silence matters.
    pub(super) fn suspect(&self) -> Option<LocalSpan> {
        match self.failover {
            Failover::Never => None,
            Failover::Majority { suspect, .. } | Failover::Pair { suspect, .. } => Some(suspect),
        }
    }

    /// How long a primary may lead after it sent a heartbeat that a majority of the monitors has confirmed, where it may
    /// not lead for ever. A tenth less than the monitors wait, for clocks that run unlike.
    pub(super) fn lease(&self) -> Option<LocalSpan> {
        match self.failover {
            Failover::Majority { suspect, .. } if self.fence == Fence::Epoch => Some(LocalSpan(suspect.0 / 10 * 9)),
            _ => None,
        }
    }
}
