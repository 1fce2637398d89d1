//! What configurations are refused, and where two logs that part are mended. Runs are judged by the scenarios.

use super::config::{Ack, Config, Failover};
use super::messages::{Entry, Place};
use super::storage::{Kept, Write};
use crate::node::{Cluster, LocalSpan, Op, OperationId};
use std::sync::Arc;

fn cluster() -> Cluster {
    Cluster::new([("db", vec!["a", "b"]), ("monitor", vec!["m1", "m2", "m3"]), ("client", vec!["app"])]).unwrap()
}

/// What is said of the default configuration with one change.
fn refusal(change: impl FnOnce(&mut Config)) -> String {
    let mut config = Config::default();
    change(&mut config);
    config.check_within(&cluster()).unwrap_err()
}

#[test]
fn configurations_that_make_no_sense_are_refused() {
    assert_eq!(Config::default().check_within(&cluster()), Ok(()));
    assert!(refusal(|config| config.primary = Some("x".to_owned())).contains("the databases are a b"));
    assert!(refusal(|config| config.ack = Ack::Replicas(2)).contains("the 1 followers"));
    assert!(refusal(|config| config.ack = Ack::Replicas(0)).contains("ack: Async"));
    let majority = |of: &str, suspect| Failover::Majority { of: of.to_owned(), suspect, unclean: false };
    let second = LocalSpan::seconds(1);
    assert!(refusal(|config| config.failover = majority("watch", second)).contains("the cluster has none"));
    assert!(refusal(|config| config.failover = majority("db", second)).contains("a group of their own"));
    assert!(refusal(|config| config.failover = majority("monitor", second)).contains("too rare"));
    assert!(refusal(|config| config.heartbeat = LocalSpan::ZERO).contains("heartbeat is 0s"));
}

/// A disk whose entries are of these epochs.
fn disk(epochs: &[u64]) -> Kept {
    let client = cluster().group("client")[0];
    let mut kept = Kept::default();
    let entry = |(number, &epoch): (usize, &u64)| {
        Arc::new(Entry { epoch, client, operation: OperationId(number as u32), op: Op::Get("x".into()) })
    };
    kept.make(&Write::Entries { first: 1, entries: epochs.iter().enumerate().map(entry).collect() });
    kept
}

/// Primary and follower go back in turns, each to the last place that may be common, as they do by `Ship` and `Differs`.
fn meet(primary: &Kept, follower: &Kept) -> (u64, u32) {
    let (mut prev, mut rounds) = (primary.last(), 0);
    while prev.index > follower.last().index || follower.place(prev.index) != prev {
        prev = primary.last_up_to(follower.last_up_to(prev));
        rounds += 1;
        assert!(rounds < 20, "they do not meet");
    }
    (prev.index, rounds)
}

#[test]
fn a_whole_reign_is_passed_over_at_once() {
    let (old, new) = (disk(&[1; 5000]), disk(&[&[1; 1000][..], &[2; 3000]].concat()));
    assert_eq!(meet(&new, &old), (1000, 1), "entry 1001 is the first that the new primary does not share");
    assert_eq!(meet(&disk(&[1, 1, 2, 2, 4]), &disk(&[1, 1, 1, 3, 3, 3])), (2, 2));
    assert_eq!(meet(&disk(&[2, 2]), &disk(&[1, 1, 1])), (0, 1));
    assert_eq!(meet(&disk(&[1, 1]), &disk(&[])), (0, 1));
    assert_eq!(disk(&[1, 1, 3]).last_up_to(Place { epoch: 2, index: 9 }), Place { epoch: 1, index: 2 });
}
