//! The public tests. Read them before you begin: each is a promise.

use pessimist::course::{assert_runs, snapshot, sweep};

#[test]
fn of_two_at_once_one_succeeds() {
    assert_runs!(lab::registry(), "scenarios/race.ron");
}

#[test]
fn what_was_predicted_came_about() {
    snapshot!("race", lab::registry(), "scenarios/race.ron", [Returned, TimedOut]);
}

#[test]
fn what_is_unknown_is_called_unknown() {
    assert_runs!(lab::registry(), "scenarios/answer-lost.ron");
}

#[test]
fn where_nothing_is_lost_everything_is_known() {
    sweep!(lab::registry(), "scenarios/contended.ron", seeds: 0..100);
}

#[test]
fn nobody_is_told_what_is_not_so() {
    sweep!(lab::registry(), "scenarios/lossy.ron", seeds: 0..100);
}
