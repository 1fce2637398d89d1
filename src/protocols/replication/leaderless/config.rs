//! What a scenario may set.

use super::{CLIENTS, REPLICAS};
use crate::node::{Cluster, LocalSpan};
use serde::{Deserialize, Serialize};

/// The settings of a store. All are optional.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How many replicas hold a key: its owners.
    pub n: usize,
    /// How many of them must have stored a write before its client takes it for done.
    pub w: usize,
    /// How many must have answered a read.
    pub r: usize,
    /// Which of two writes of a key stays.
    pub versions: Versions,
    /// Whom a client asks.
    pub fan_out: FanOut,
    /// Whether a client that was told old values by some replicas sends them the new one, once it has its answer.
    pub read_repair: bool,
    /// Whether a read waits until `w` replicas hold what it is about to return.
    pub write_back: bool,
    /// Whether the next replicas on the ring stand in for owners that are silent.
    pub sloppy: bool,
    /// How often a replica that stands in for another tries to hand over what it keeps for it.
    pub hand_off: LocalSpan,
    /// How often a replica compares all that it holds with another's; never where absent.
    pub anti_entropy: Option<LocalSpan>,
    /// Whether a replica remembers that a value was deleted.
    pub tombstones: bool,
    /// How long a client waits for replicas before it asks the silent ones again, or others.
    pub patience: LocalSpan,
}

/// Which of two writes of a key stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Versions {
    /// The one with the higher timestamp, by the clock of the client that writes.
    #[default]
    LastWriteWins,
    /// The one with the higher number: a write first asks `r` replicas for theirs, and takes the next (Lynch and
    /// Shvartsman 1997).
    Counted,
    /// Both, unless the writer of one had been shown the other.
    Siblings,
}

/// Whom a client asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FanOut {
    /// Every owner of the key; the first answers count.
    #[default]
    All,
    /// Only as many owners as must answer, chosen anew for each operation. The others never hear of it.
    Quorum,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            n: 3, // (3, 2, 2) is Dynamo's common choice (§6).
            w: 2,
            r: 2,
            versions: Versions::default(),
            fan_out: FanOut::default(),
            read_repair: true,
            write_back: false,
            sloppy: false,
            hand_off: LocalSpan::millis(100), // Our choice, as are the next two.
            anti_entropy: None,
            tombstones: true,
            patience: LocalSpan::millis(50),
        }
    }
}

impl Config {
    /// Refuses settings under which nothing could ever be answered, and says what would do.
    pub fn check_within(&self, cluster: &Cluster) -> Result<(), String> {
        let replicas = cluster.group(REPLICAS).len();
        if cluster.group(CLIENTS).is_empty() {
            return Err(format!("nobody asks: the cluster has no group {CLIENTS:?}"));
        }
        if self.n == 0 || self.n > replicas {
            return Err(format!(
                "n is {}, and the group {REPLICAS:?} has {replicas} nodes; n is from 1 to that",
                self.n
            ));
        }
        for (name, count) in [("w", self.w), ("r", self.r)] {
            if count == 0 || count > self.n {
                return Err(format!(
                    "{name} is {count}, and {} replicas hold a key; {name} is from 1 to that",
                    self.n
                ));
            }
        }
        let spans = [("patience", Some(self.patience)), ("hand_off", Some(self.hand_off))];
        for (name, span) in spans.into_iter().chain([("anti_entropy", self.anti_entropy)]) {
            if span == Some(LocalSpan::ZERO) {
                return Err(format!("{name} is 0s, which would never let time pass; 50ms will do"));
            }
        }
        Ok(())
    }
}
