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
