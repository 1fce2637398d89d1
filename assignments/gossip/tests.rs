//! The public tests. Read them before you begin: each is a promise.

use pessimist::course::{assert_runs, snapshot, sweep};

#[test]
fn everybody_hears_in_a_calm_network() {
    assert_runs!(lab::registry(), "scenarios/calm.ron");
}

#[test]
fn what_was_predicted_came_about() {
    snapshot!("calm", lab::registry(), "scenarios/calm.ron", [Delivered]);
}

#[test]
fn everybody_hears_in_a_network_that_loses() {
    sweep!(lab::registry(), "scenarios/lossy.ron", seeds: 0..200);
}

#[test]
fn everybody_hears_after_a_cut() {
    sweep!(lab::registry(), "scenarios/cut.ron", seeds: 0..100);
}

#[test]
fn nobody_speaks_when_all_is_said() {
    sweep!(lab::registry(), "scenarios/modest.ron", seeds: 0..20);
}
