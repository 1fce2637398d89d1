//! The public tests. Read them before you begin: each is a promise.

use pessimist::course::{assert_runs, snapshot, sweep};

#[test]
fn the_time_is_known_and_no_better_than_it_can_be() {
    assert_runs!(lab::registry(), "scenarios/calm.ron");
}

#[test]
fn what_was_predicted_came_about() {
    snapshot!("calm", lab::registry(), "scenarios/calm.ron", [Returned]);
}

#[test]
fn the_error_is_honest_when_one_way_is_slow() {
    sweep!(lab::registry(), "scenarios/asymmetric.ron", seeds: 0..50);
}

#[test]
fn a_good_answer_is_kept() {
    sweep!(lab::registry(), "scenarios/jitter.ron", seeds: 0..50);
}

#[test]
fn the_error_grows_when_no_answer_comes() {
    sweep!(lab::registry(), "scenarios/cut.ron", seeds: 0..50);
}
