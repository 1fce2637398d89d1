//! The public tests. Read them before you begin: each is a promise.

use pessimist::course::{assert_runs, explore, snapshot, sweep};

#[test]
fn one_server_is_elected_and_stays() {
    assert_runs!(lab::registry(), "scenarios/first.ron");
}

#[test]
fn what_was_predicted_came_about() {
    snapshot!("first", lab::registry(), "scenarios/first.ron", [BecameCandidate, Voted, BecameLeader]);
}

#[test]
fn another_is_elected_when_the_leader_falls() {
    sweep!(lab::registry(), "scenarios/leader-falls.ron", seeds: 0..100);
}

#[test]
fn a_split_vote_is_settled() {
    sweep!(lab::registry(), "scenarios/split-vote.ron", seeds: 0..100);
}

#[test]
fn a_vote_is_not_forgotten() {
    sweep!(lab::registry(), "scenarios/restart.ron", seeds: 0..200);
}

#[test]
fn no_term_has_two_leaders_in_any_order() {
    explore!(lab::registry(), "scenarios/small.ron");
}
