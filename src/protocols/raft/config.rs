//! What a scenario may set.

use super::REPLICAS;
use crate::node::{Cluster, LocalSpan};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The settings of a cluster. All are optional.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How often a leader makes itself heard, and how soon a candidate asks again who has not answered.
    pub heartbeat: LocalSpan,
    /// The shortest and the longest election timeout (§5.2). The default is the paper's (§9.3).
    pub election: (LocalSpan, LocalSpan),
    /// Whether a server asks if it could win before it starts an election (dissertation §9.6).
    pub pre_vote: bool,
    /// Whether a leader that cannot reach a majority steps down (dissertation §6.2).
    pub check_quorum: bool,
    /// Entries applied from one snapshot to the next (§7); absent, none is ever taken.
    pub snapshot_every: Option<u64>,
    /// The most entries that one AppendEntries carries.
    pub max_batch: usize,
    /// By name of a replica: the terms of the entries that its empty disk is given when it starts. Its current term is
    /// then the highest of all that are given to anyone, for the leader of that term asked everyone for a vote. For
    /// situations such as the paper's Figure 7.
    pub logs: BTreeMap<String, Vec<u64>>,
    /// How a leader answers reads.
    pub read: ReadMode,
    /// How long a client waits in silence before it asks another server; absent, the longest election timeout.
    pub patience: Option<LocalSpan>,
}

/// How a leader answers a request that changes nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ReadMode {
    /// After a majority has confirmed that it still leads (§8; dissertation §6.4): reads are linearizable.
    #[default]
    ReadIndex,
    /// At once, from its own state. A leader that was replaced and does not know it gives stale answers.
    Local,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            heartbeat: LocalSpan::millis(50),
            election: (LocalSpan::millis(150), LocalSpan::millis(300)),
            pre_vote: false,
            check_quorum: false,
            snapshot_every: None,
            max_batch: 64, // Our choice.
            logs: BTreeMap::new(),
            read: ReadMode::default(),
            patience: None,
        }
    }
}

impl Config {
    /// Refuses settings under which no cluster could work, and says what would do.
    pub fn check(&self) -> Result<(), String> {
        let (least, most) = self.election;
        if least > most {
            return Err(format!("the election timeout runs from {least} to {most}; write the shorter span first"));
        }
        if self.heartbeat == LocalSpan::ZERO {
            return Err("a heartbeat of 0s would never let time pass; 50ms is usual".to_owned());
        }
        if self.heartbeat >= least {
            return Err(format!(
                "a heartbeat every {} comes too late for an election timeout of {least}; a third of it is usual",
                self.heartbeat
            ));
        }
        if self.max_batch == 0 {
            return Err("max_batch is 0, so nothing could be replicated; 64 is usual".to_owned());
        }
        if self.snapshot_every == Some(0) {
            return Err("snapshot_every is 0; leave it out to take no snapshots".to_owned());
        }
        if self.patience == Some(LocalSpan::ZERO) {
            return Err("a client with a patience of 0s would never let time pass; leave it out".to_owned());
        }
        match self.logs.iter().find(|(_, terms)| terms.first() == Some(&0) || !terms.is_sorted()) {
            Some((name, terms)) => Err(format!(
                "the log of {name:?} has the terms {terms:?}; terms start at 1 and never fall from entry to entry"
            )),
            None => Ok(()),
        }
    }

    /// As [`check`](Self::check), and refuses logs of servers that there are not.
    pub fn check_within(&self, cluster: &Cluster) -> Result<(), String> {
        self.check()?;
        let replicas: Vec<&str> = cluster.group(REPLICAS).iter().map(|id| cluster.name(*id)).collect();
        match self.logs.keys().find(|name| !replicas.contains(&name.as_str())) {
            Some(name) => Err(format!("logs names {name:?}, and the replicas are {}", replicas.join(" "))),
            None => Ok(()),
        }
    }

    /// How long a client waits in silence before it asks another server.
    ///
    /// Our choice: after the longest election timeout a leader that fell silent has usually been replaced.
    pub fn patience(&self) -> LocalSpan {
        self.patience.unwrap_or(self.election.1)
    }

    /// How long a client rests before it asks again after it was told "I do not lead". Our choice.
    pub fn pause(&self) -> LocalSpan {
        LocalSpan((self.heartbeat.0 / 5).max(1))
    }

    /// Whether servers stand by a leader that they hear, whoever else asks for their vote (dissertation §4.2.3).
    pub fn sticky(&self) -> bool {
        self.pre_vote || self.check_quorum
    }
}
