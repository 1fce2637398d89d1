//! The public tests. Read them before you begin: each is a promise.

use pessimist::course::{assert_runs, snapshot, sweep};

#[test]
fn whoever_is_back_knows_what_it_knew() {
    assert_runs!(lab::registry(), "scenarios/restart.ron");
}

#[test]
fn what_was_predicted_came_about() {
    snapshot!("restart", lab::registry(), "scenarios/restart.ron", [Restored, Recovered, Truncated, BecameLeader]);
}

#[test]
fn what_is_acknowledged_outlives_a_power_failure() {
    sweep!(lab::registry(), "scenarios/all-down.ron", seeds: 0..100);
}

#[test]
fn all_promises_are_kept_amid_restarts() {
    sweep!(lab::registry(), "scenarios/restarts.ron", seeds: 0..100);
}

#[test]
fn a_log_that_is_far_behind_is_mended_in_few_messages() {
    sweep!(lab::registry(), "scenarios/far-behind.ron", seeds: 0..50);
}
