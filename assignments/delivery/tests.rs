//! The public tests. Read them before you begin: each is a promise.

use pessimist::course::{assert_runs, snapshot, sweep};

#[test]
fn what_is_asked_is_done_and_answered() {
    assert_runs!(lab::registry(), "scenarios/calm.ron");
}

#[test]
fn what_was_predicted_came_about() {
    snapshot!("calm", lab::registry(), "scenarios/calm.ron", [Returned]);
}

#[test]
fn every_call_is_answered_in_a_network_that_loses() {
    sweep!(lab::registry(), "scenarios/lossy.ron", seeds: 0..100);
}

#[test]
fn nothing_is_done_twice_that_comes_twice() {
    sweep!(lab::registry(), "scenarios/doubles.ron", seeds: 0..100);
}

#[test]
fn a_crash_of_the_server_changes_nothing() {
    sweep!(lab::registry(), "scenarios/server-falls.ron", seeds: 0..100);
}
