//! The public tests. Read them before you begin: each is a promise.

use pessimist::course::{assert_runs, snapshot, sweep};

#[test]
fn all_is_known_when_the_log_is_cut_short() {
    assert_runs!(lab::registry(), "scenarios/compact.ron");
}

#[test]
fn what_was_predicted_came_about() {
    snapshot!("compact", lab::registry(), "scenarios/compact.ron", [BecameLeader, Compacted, Installed]);
}

#[test]
fn whoever_was_away_gets_a_snapshot() {
    sweep!(lab::registry(), "scenarios/away.ron", seeds: 0..100);
}

#[test]
fn a_snapshot_is_read_back_from_the_disk() {
    sweep!(lab::registry(), "scenarios/restarts.ron", seeds: 0..100);
}
