//! Walks through the spaces of real protocols, run again: see [`walks_agree`].

use super::scenario;
use crate::kernel::search::tests::walks_agree;
use crate::kernel::search::{Bounds, Network};
use crate::kernel::{Plan, SyncHolds};
use crate::node::{DiskMode, LocalSpan};
use crate::protocols::raft::{self, Raft};
use crate::protocols::replication::leaderless::{self, Leaderless};
use crate::protocols::{lease, two_generals};

/// All that may go wrong, a little of each.
fn bounds() -> Bounds {
    Bounds {
        drops: Some(1),
        duplicates: Some(2),
        crashes: Some(2),
        timeouts: Some(6),
        ticks: Some(1),
        ..Bounds::default()
    }
}

fn raft() -> Plan {
    scenario("raft/search", None).plan
}

fn raft_agrees(plan: &Plan, bounds: &Bounds, kinds: &[&str]) {
    let taken = walks_agree::<Raft>(plan, raft::Config::default(), bounds, 80);
    assert_eq!(taken.into_iter().collect::<Vec<_>>(), kinds);
}

#[test]
fn raft_with_disks_that_lose() {
    let kinds = ["Ask", "Crash", "Deliver", "Drop", "Duplicate", "Expire", "Restart", "Synced", "Tick"];
    raft_agrees(&raft(), &bounds(), &kinds);
}

#[test]
fn raft_with_disks_that_tear_keep_or_lie() {
    for mode in [DiskMode::Tears, DiskMode::Keeps, DiskMode::Lies] {
        let mut plan = raft();
        plan.disk.mode = mode;
        let taken = walks_agree::<Raft>(&plan, raft::Config::default(), &bounds(), 80);
        assert_eq!(taken.contains("Tear"), mode != DiskMode::Lies, "{mode:?}: {taken:?}");
    }
}

#[test]
fn raft_with_syncs_that_take_no_time() {
    for mode in [DiskMode::Loses, DiskMode::Lies] {
        let mut plan = raft();
        plan.disk.mode = mode;
        let kinds = ["Ask", "Crash", "Deliver", "Drop", "Duplicate", "Expire", "Restart", "Tick"];
        raft_agrees(&plan, &Bounds { syncs_at_once: true, ..bounds() }, &kinds);
    }
}

#[test]
fn raft_where_a_sync_holds_its_own_handler_alone() {
    let plan = Plan { sync_holds: SyncHolds::Handler, ..raft() };
    let taken = walks_agree::<Raft>(&plan, raft::Config::default(), &bounds(), 80);
    assert!(taken.contains("Synced"), "{taken:?}");
}

#[test]
fn raft_in_order_and_again_and_again() {
    for network in [Network::Ordered, Network::Duplicating] {
        // What is lost of many copies is one of them, in a run; in a search all.
        let drops = Some(u16::from(network == Network::Ordered));
        let taken = walks_agree::<Raft>(&raft(), raft::Config::default(), &Bounds { network, drops, ..bounds() }, 80);
        assert_eq!(taken.contains("Drop"), network == Network::Ordered, "{taken:?}");
    }
}

#[test]
fn two_generals() {
    let plan = scenario("start/search-two-generals", None).plan;
    for network in [Network::Unordered, Network::Ordered, Network::Duplicating] {
        let bounds = Bounds { network, crashes: Some(1), ..Bounds::default() };
        let taken = walks_agree::<two_generals::General>(&plan, two_generals::Config::default(), &bounds, 50);
        assert!(taken.contains("Expire") && taken.contains("Restart"), "{taken:?}");
    }
}

#[test]
fn clients_of_a_quorum_and_of_a_lock() {
    let plan = scenario("replication/search-quorum", None).plan;
    for network in [Network::Unordered, Network::Ordered] {
        let bounds = Bounds { network, ..bounds() };
        let taken = walks_agree::<Leaderless>(&plan, leaderless::Config::default(), &bounds, 50);
        assert!(taken.contains("Ask") && taken.contains("Synced"), "{taken:?}");
    }
    let plan = scenario("time/search-lease", None).plan;
    let bounds = Bounds { ticks: Some(3), tick: LocalSpan::millis(70), ..bounds() };
    let taken = walks_agree::<lease::Lease>(&plan, lease::Config::default(), &bounds, 80);
    assert!(taken.contains("Ask") && taken.contains("Tick"), "{taken:?}");
}
