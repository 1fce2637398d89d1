//! The public tests. Read them before you begin: each is a promise.

use pessimist::course::{assert_runs, snapshot, sweep};

#[test]
fn a_chain_of_causes_has_growing_numbers() {
    assert_runs!(lab::registry(), "scenarios/chain.ron");
}

#[test]
fn what_was_predicted_came_about() {
    snapshot!("chain", lab::registry(), "scenarios/chain.ron", [Stamped]);
}

#[test]
fn no_cause_has_a_larger_number() {
    sweep!(lab::registry(), "scenarios/busy.ron", seeds: 0..100);
}

#[test]
fn vectors_tell_what_happened_before_what() {
    sweep!(lab::registry(), "scenarios/vectors.ron", seeds: 0..100);
}

#[test]
fn the_question_comes_before_the_answer() {
    assert_runs!(lab::registry(), "scenarios/answer.ron");
}

#[test]
fn nothing_comes_before_its_cause_and_everything_comes() {
    sweep!(lab::registry(), "scenarios/talk.ron", seeds: 0..100);
}
