//! The scenarios that are built into the program: the same files as in the folder `scenarios`.

/// Declares the built-in scenarios in the order in which people are shown them.
macro_rules! library {
    ($($name:literal),* $(,)?) => {
        const LIBRARY: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../scenarios/", $name, ".ron")))),*];
    };
}

library! {
    "start/no-shared-now",
    "start/silence-means-unknown",
    "start/two-generals",
    "time/drift",
    "time/asymmetric-path",
    "time/daemons-path",
    "time/stepped-back",
    "time/leap-second",
    "time/negative-time",
    "time/skewed-writes",
    "time/perfect-clocks",
    "time/hybrid-bound",
    "time/sawtooth",
    "time/commit-wait",
    "time/pause",
    "time/lease-and-pause",
    "time/redlock",
    "order/lamport",
    "order/siblings",
    "order/snapshot",
    "broadcast/crash-midway",
    "broadcast/uniform",
    "broadcast/fifo",
    "broadcast/causal",
    "broadcast/causal-not-total",
    "broadcast/total-order",
    "broadcast/gossip",
    "raft/happy-path",
    "raft/leader-crash",
    "raft/split-vote",
    "raft/minority-partition",
    "raft/majority-partition",
    "raft/retried-command",
    "raft/rough-network",
    "raft/stale-read",
    "raft/figure-7",
    "raft/figure-8",
    "raft/forgotten-vote",
    "raft/search-forgotten-vote",
    "raft/overtaken-disk",
    "raft/torn-tail",
    "raft/slow-disk",
    "raft/paused-leader",
    "raft/fast-clock",
    "raft/timer-reset",
    "raft/cow-on-the-cable",
    "raft/cloudflare-2020",
    "raft/full-omission",
    "raft/snapshot-catch-up",
    "raft/nemesis",
    "raft/hunt",
    "replication/async-failover",
    "replication/forgotten-copy",
    "replication/forgotten-monitor",
    "replication/lag-read-your-writes",
    "replication/lag-monotonic-reads",
    "replication/lag-monotonic-writes",
    "replication/lag-writes-follow-reads",
    "replication/mongodb-rollback",
    "replication/redis-2013",
    "replication/kafka-isr",
    "replication/elasticsearch-bridge",
    "replication/github-2012",
    "replication/github-2018",
    "replication/three-regions",
    "replication/pagerduty-2013",
    "replication/chain",
    "replication/chain-reconfigured",
    "replication/cart",
    "replication/ring-broken",
    "replication/star-hub",
    "replication/overtaken-insert",
    "replication/meeting-room",
    "replication/offline-list",
    "replication/split-brain-merge",
    "replication/quorum",
    "replication/abd",
    "replication/dynamo",
    "replication/sloppy-quorum",
    "replication/read-repair",
    "replication/hinted-handoff",
    "replication/anti-entropy",
    "replication/riak-lww",
    "replication/pbs",
    "replication/hot-key",
    "replication/leaders-nemesis",
}

/// The text of a built-in scenario.
pub fn find(name: &str) -> Option<&'static str> {
    LIBRARY.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The names of all built-in scenarios, in order.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    LIBRARY.iter().map(|(name, _)| *name)
}
