//! Promises of time and of locks: what breaks them, and what does not.

use super::dsl::judge;
use crate::check::Promise;

/// The promises of time that a history breaks. That stamps tell concurrency is none of theirs.
fn broken(history: &str) -> Vec<Promise> {
    let promises = judge(history).violations().map(|violation| violation.promise).collect::<Vec<_>>();
    promises.into_iter().filter(|promise| *promise != Promise::StrongClockCondition).collect()
}

#[test]
fn two_holders_of_a_lock() {
    assert_eq!(broken("n1 takes-lock 1\n n2 takes-lock 2"), [Promise::MutualExclusion]);
    assert_eq!(broken("n1 takes-lock 1\n n1 gives-lock 1\n n2 takes-lock 2"), []);
    assert_eq!(broken("n1 takes-lock 1\n n1 crashes\n n2 takes-lock 2"), [], "the dead hold nothing");
    assert_eq!(broken("n1 takes-lock 1\n n1 takes-lock 2"), [], "a lock is taken anew");
}

#[test]
fn an_effect_with_a_smaller_timestamp_than_its_cause() {
    assert_eq!(broken("n1 stamps 9 0\n n1 stamps 8 0"), [Promise::ClockCondition]);
    assert_eq!(broken("n1 stamps 9 0\n n1 stamps 9 1"), []);
    assert_eq!(broken("n1 stamps 9 0\n n1 sends\n n2 hears e4\n n2 stamps 9 0"), [Promise::ClockCondition]);
    assert_eq!(broken("n1 stamps 9 0\n n2 stamps 8 0"), [], "nothing joins the two");
    assert_eq!(broken("n1 sends\n n1 stamps 9 0\n n2 hears e3\n n2 stamps 8 0"), [], "it was sent before");
}

#[test]
fn a_timestamp_far_from_its_clock() {
    assert_eq!(broken("n1 stamps 7 0 near 5"), [Promise::TimestampBound]);
    assert_eq!(broken("n1 stamps 5 0 near 5"), []);
}

#[test]
fn a_clock_that_is_further_off_than_stated() {
    // The first event of a history happens at 3 ms.
    assert_eq!(broken("n1 estimates 3000006 5"), [Promise::ClockError]);
    assert_eq!(broken("n1 estimates 2999995 5"), []);
}

#[test]
fn a_later_operation_with_a_smaller_timestamp() {
    let first = "c1 puts #0\n n1 stamps 9 0 #0\n c1 ok #0\n";
    assert_eq!(broken(&format!("{first} c1 puts #1\n n2 stamps 8 0 #1")), [Promise::ExternalConsistency]);
    assert_eq!(broken(&format!("{first} c1 puts #1\n n2 stamps 10 0 #1")), []);
    let overlapping = "c1 puts #0\n n1 stamps 9 0 #0\n c1 puts #1\n c1 ok #0\n n2 stamps 8 0 #1";
    assert_eq!(broken(overlapping), [], "the second began before the first had returned");
}
