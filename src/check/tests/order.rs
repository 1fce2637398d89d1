//! Broadcast, logical clocks and snapshots: for each promise a history that keeps it and one that breaks it.

use super::super::{Promise, Violation};
use super::dsl::judge;
use Promise::*;

#[track_caller]
fn broken(promise: Promise, history: &str) -> Violation {
    let violation = judge(history).violation(promise).unwrap_or_else(|| panic!("{promise} is kept by {history}"));
    assert!(violation.culprits.is_sorted() && !violation.seen.is_empty(), "{violation:?}");
    violation
}

#[track_caller]
fn kept(promises: &[Promise], history: &str) {
    let judge = judge(history);
    for promise in promises {
        assert_eq!(judge.violation(*promise), None, "{history}");
    }
}

#[test]
fn integrity() {
    kept(&[Integrity], "n1 broadcasts 7 \n n1 delivers 7 n1 \n n2 delivers 7 n1");
    kept(&[Integrity], "n1 broadcasts 7 \n n2 delivers 7 n1 \n n2 crashes \n n2 boots \n n2 delivers 7 n1");
    let twice = broken(Integrity, "n1 broadcasts 7 \n n2 delivers 7 n1 \n n2 delivers 7 n1");
    assert_eq!(twice.headline, "n2 delivers 7 of n1 twice");
    let invented = broken(Integrity, "n1 broadcasts 7 \n n2 delivers 8 n1");
    assert_eq!(invented.headline, "n2 delivers 8 of n1 which nobody broadcast");
}

const ALL_DELIVER_ONE: &str = "n1 broadcasts 1 \n n1 delivers 1 n1 \n n2 delivers 1 n1 \n n3 delivers 1 n1 \n";

#[test]
fn validity_and_reliable_delivery() {
    kept(&[BroadcastValidity, ReliableDelivery], ALL_DELIVER_ONE);
    let partly = "n1 broadcasts 1 \n n1 delivers 1 n1 \n n2 delivers 1 n1";
    assert_eq!(broken(BroadcastValidity, partly).headline, "n3 never delivers 1 of n1");
    broken(ReliableDelivery, partly);
    // A sender that crashed has promised nothing, but what one delivered, all do; those that crashed need not.
    kept(&[BroadcastValidity], &format!("{partly} \n n1 crashes"));
    broken(ReliableDelivery, &format!("{partly} \n n1 crashes"));
    kept(&[BroadcastValidity, ReliableDelivery], &format!("{partly} \n n3 crashes"));
    kept(&[ReliableDelivery], "n1 broadcasts 1 \n n1 delivers 1 n1 \n n1 crashes");
    broken(BroadcastValidity, "n1 broadcasts 1");
}

#[test]
fn uniform_agreement() {
    kept(&[UniformAgreement], ALL_DELIVER_ONE);
    // It need not be delivered by those that crash, and nobody has delivered what nobody delivered.
    kept(&[UniformAgreement], "n1 broadcasts 1 \n n1 delivers 1 n1 \n n2 delivers 1 n1 \n n3 crashes");
    kept(&[UniformAgreement], "n1 broadcasts 1 \n n1 crashes");
    let alone = "n1 broadcasts 1 \n n1 delivers 1 n1 \n n1 crashes";
    kept(&[ReliableDelivery], alone);
    let violation = broken(UniformAgreement, alone);
    assert_eq!(violation.seen, ["n1, which crashed, delivered it in e4; n2 did not by the end"]);
    // What it delivered before the crash counts after it has come back.
    broken(UniformAgreement, &format!("{alone} \n n1 boots"));
}

/// c1 writes 1 and has seen nothing; then #1 writes 2.
const WROTE: &str = "c1 puts #0 1 \n c1 replaces #0 \n n1 holds 1 \n c1 ok #0 \n c1 puts #1 2 \n";

#[test]
fn writes_kept() {
    kept(&[WritesKept, SiblingsConcurrent], &format!("{WROTE} c1 replaces #1 \n n1 holds 1 2 \n c1 ok #1"));
    kept(&[WritesKept, SiblingsConcurrent], &format!("{WROTE} c1 replaces #1 1 \n n1 holds 2 \n c1 ok #1"));
    let gone = broken(WritesKept, &format!("{WROTE} c1 replaces #1 \n n1 holds 2 \n c1 ok #1"));
    assert_eq!(gone.headline, "c1's x=1 was acknowledged and is gone");
    // The write that replaced it has to be held by someone, once.
    broken(WritesKept, &format!("{WROTE} c1 replaces #1 1 \n n1 holds"));
    // Another node has it; one that was never acknowledged may go.
    kept(&[WritesKept], &format!("{WROTE} c1 replaces #1 \n n2 holds 1 \n n1 holds 2 \n c1 ok #1"));
    kept(&[WritesKept], "c1 puts #0 1 \n c1 replaces #0 \n n1 holds 1 \n n1 holds");
    // A node that forgets at its boot holds nothing; one that is down may come back.
    kept(&[WritesKept], &format!("{WROTE} n1 crashes"));
    broken(WritesKept, &format!("{WROTE} n2 holds 7 \n n1 crashes \n n1 boots"));
}

#[test]
fn siblings_concurrent() {
    let both = format!("{WROTE} c1 replaces #1 1 \n n1 holds 1 2");
    assert_eq!(broken(SiblingsConcurrent, &both).headline, "n1 holds x=1 beside 2, which replaced it");
    // Through a third value.
    let third = format!("{WROTE} c1 replaces #1 1 \n n1 holds 2 \n c1 puts #2 3 \n c1 replaces #2 2 \n n1 holds 1 3");
    broken(SiblingsConcurrent, &third);
    kept(&[SiblingsConcurrent], &format!("{WROTE} c1 replaces #1 \n n1 holds 1 2"));
}

#[test]
fn fifo_delivery() {
    let two = "n1 broadcasts 1 \n n1 broadcasts 2 \n";
    kept(&[FifoDelivery, CausalDelivery], &format!("{two} n2 delivers 1 n1 \n n2 delivers 2 n1"));
    let violation = broken(FifoDelivery, &format!("{two} n2 delivers 2 n1"));
    assert_eq!(violation.headline, "n2 delivers 2 of n1 before 1 of n1");
}

#[test]
fn causal_delivery() {
    let answer = "n1 broadcasts 1 \n n2 delivers 1 n1 \n n2 broadcasts 2 \n";
    kept(&[CausalDelivery], &format!("{answer} n3 delivers 1 n1 \n n3 delivers 2 n2"));
    let early = format!("{answer} n3 delivers 2 n2 \n n3 delivers 1 n1");
    assert_eq!(broken(CausalDelivery, &early).headline, "n3 delivers 2 of n2 before 1 of n1");
    kept(&[FifoDelivery], &early);
    // What n2 had not delivered is concurrent.
    kept(&[CausalDelivery], "n1 broadcasts 1 \n n2 broadcasts 2 \n n3 delivers 2 n2 \n n3 delivers 1 n1");
}

#[test]
fn total_order() {
    let two = "n1 broadcasts 1 \n n2 broadcasts 2 \n";
    kept(
        &[TotalOrder],
        &format!("{two} n1 delivers 1 n1 \n n1 delivers 2 n2 \n n2 delivers 1 n1 \n n2 delivers 2 n2"),
    );
    // A gap is no other order.
    kept(&[TotalOrder], &format!("{two} n1 delivers 1 n1 \n n1 delivers 2 n2 \n n2 delivers 2 n2"));
    broken(
        TotalOrder,
        &format!("{two} n1 delivers 1 n1 \n n2 delivers 2 n2 \n n1 delivers 2 n2 \n n2 delivers 1 n1"),
    );
    broken(
        TotalOrder,
        &format!("{two} n1 delivers 1 n1 \n n1 delivers 2 n2 \n n2 delivers 2 n2 \n n2 delivers 1 n1"),
    );
}

#[test]
fn clock_condition() {
    kept(&[ClockCondition, StrongClockCondition], "n2 ticks 1 \n n2 sends \n n1 hears e4 \n n1 ticks 2");
    broken(ClockCondition, "n2 ticks 5 \n n2 sends \n n1 hears e4 \n n1 ticks 2");
    broken(ClockCondition, "n2 ticks 1 \n n2 ticks 1");
    // Numbers of concurrent events are in order, which says nothing.
    kept(&[ClockCondition], "n2 ticks 1 \n n1 ticks 2");
    broken(StrongClockCondition, "n2 ticks 1 \n n1 ticks 2");
    broken(StrongClockCondition, "n2 ticks 2 \n n1 ticks 1");
}

#[test]
fn strong_clock_condition() {
    let both = [ClockCondition, StrongClockCondition];
    kept(&both, "n2 ticks 0 1 0 \n n3 ticks 0 0 1 \n n2 sends \n n1 hears e5 \n n1 ticks 1 1 0");
    broken(ClockCondition, "n2 ticks 0 1 0 \n n2 sends \n n1 hears e4 \n n1 ticks 0 1 0");
    // A vector that knows of what it cannot have heard of.
    broken(StrongClockCondition, "n2 ticks 0 1 0 \n n1 ticks 1 1 0");
}

#[test]
fn consistent_cut() {
    let money = "n1 deposits 100 \n n2 deposits 100 \n";
    // n2 sends 10, which arrives before n1 records itself; n2 has recorded itself after the sending, or before.
    let after = format!("{money} n2 sends \n n2 records 90 \n n1 hears e5 \n n1 boots \n n1 records 110");
    kept(&[ConsistentCut, MoneyConserved], &after);
    let before = format!("{money} n2 records 100 \n n2 sends \n n1 hears e6 \n n1 boots \n n1 records 110");
    let violation = broken(ConsistentCut, &before);
    assert_eq!(violation.headline, "n1 shows what n2 did after its own part was recorded");
    assert_eq!(broken(MoneyConserved, &before).headline, "the snapshot shows 210 of 200");
    // On its way, and recorded with the channel.
    kept(
        &[ConsistentCut, MoneyConserved],
        &format!("{money} n1 records 100 \n n2 sends \n n2 records 90 \n n1 found 10 n2"),
    );
}
