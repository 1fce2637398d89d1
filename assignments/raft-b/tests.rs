//! The public tests. Read them before you begin: each is a promise.

use pessimist::course::{assert_runs, snapshot, sweep};

#[test]
fn what_is_asked_for_is_on_all_logs() {
    assert_runs!(lab::registry(), "scenarios/calm.ron");
}

#[test]
fn what_was_predicted_came_about() {
    snapshot!("calm", lab::registry(), "scenarios/calm.ron", [Appended, Committed, Applied]);
}

#[test]
fn what_is_acknowledged_outlives_the_leader() {
    sweep!(lab::registry(), "scenarios/leader-falls.ron", seeds: 0..100);
}

#[test]
fn a_log_that_went_astray_is_mended() {
    sweep!(lab::registry(), "scenarios/two-logs.ron", seeds: 0..100);
}

#[test]
fn an_old_entry_is_not_committed_by_counting() {
    sweep!(lab::registry(), "scenarios/figure-8.ron", seeds: 0..50);
}
