//! What replicas declare to hold, and what a lock's resource applies: histories that keep and that break each promise.

use super::dsl::judge;
use crate::check::{Claim, Measure, Promise, Violation};
use crate::node::SimTime;
use Promise::*;

#[track_caller]
fn broken(promise: Promise, history: &str) -> Violation {
    let violation = judge(history).violation(promise).unwrap_or_else(|| panic!("{promise} is kept by {history}"));
    assert!(violation.culprits.is_sorted() && !violation.seen.is_empty(), "{violation:?}");
    violation
}

#[track_caller]
fn kept(promise: Promise, history: &str) {
    let judge = judge(history);
    assert_eq!(judge.violation(promise), None, "{history}");
    assert!(judge.verdict(&Claim::Holds(promise), SimTime::ZERO).holds, "{history}");
}

/// c1 writes 1, then c2 writes 2; both are told so.
const TWO: &str = "c1 puts #0 1 \n c1 ok #0 \n c2 puts #1 2 \n c2 ok #1 \n";

#[test]
fn calls_of_a_run() {
    let back = broken(MonotonicReads, &format!("{TWO} c1 gets #2 \n c1 ok #2 2 \n c1 gets #3 \n c1 ok #3 1"));
    assert_eq!(back.headline, "c1 read x=2, then x=1: its reads went back in time");
    assert_eq!((back.event.0, back.seen[0].as_str()), (10, "c1 had been shown x=2 (e8)"));
    broken(ReadYourWrites, &format!("{TWO} c2 gets #2 \n c2 ok #2 1"));
    kept(CausallyConsistent, &format!("{TWO} c2 gets #2 \n c2 ok #2 2"));
    kept(ReadYourWrites, TWO);
    let unknown = judge(TWO).verdict(&Claim::Holds(MonotonicWrites), SimTime::ZERO);
    assert!(!unknown.holds && unknown.text.ends_with("nothing can be judged"), "{unknown:?}");
    let unknown = judge("c1 puts #0 1 \n c2 puts #1 1").verdict(&Claim::Violated(MonotonicReads), SimTime::ZERO);
    assert!(!unknown.holds && unknown.text.starts_with("two writes of x store 1"), "{unknown:?}");
}

#[test]
fn reads_are_counted() {
    let judge = judge(&format!("{TWO} c2 gets #2 \n c2 ok #2 1 \n c2 gets #3 \n c2 ok #3 2"));
    assert_eq!((judge.count(Measure::StaleReads), judge.count(Measure::FreshReads)), (1, 1));
    assert!(judge.verdict(&Claim::AtLeast(Measure::StaleReads, 1), SimTime::ZERO).holds);
}

#[test]
fn convergence() {
    kept(Convergence, &format!("{TWO} n1 holds 2 \n n2 holds 1 \n n3 holds 2 \n n2 holds 2"));
    let differ = broken(Convergence, &format!("{TWO} n1 holds 2 \n n2 holds 1 \n n3 holds 2"));
    assert_eq!(differ.headline, "n1 holds x=2 and n2 holds x=1 at the end");
    // Side by side in another order is the same; a list in another order is not.
    kept(Convergence, "n1 holds 1 2 \n n2 holds 2 1 \n n3 holds 1 2");
    broken(Convergence, "n1 lists 1 2 \n n2 lists 2 1 \n n3 lists 1 2");
    // Who never heard of it is not equal; who is down does not count.
    broken(Convergence, "n1 holds 1 \n n2 holds 1");
    kept(Convergence, "n1 holds 1 \n n2 holds 1 \n n3 crashes");
    broken(Convergence, "n1 holds 1 \n n2 holds 1 \n n3 holds 1 \n n3 crashes \n n3 boots");
    assert!(!judge(TWO).verdict(&Claim::Holds(Convergence), SimTime::ZERO).holds, "nobody declares anything");
    // Where owners are declared, they count and no others; one that never heard is an owner all the same.
    kept(Convergence, "c1 owners n1 n2 \n n1 holds 1 \n n2 holds 1 \n n3 holds 7");
    broken(Convergence, "c1 owners n1 n3 \n n1 holds 1 \n n2 holds 1");
    broken(Convergence, "c1 owners n1 n2 \n n1 holds-y 1 \n n2 holds-y 1");
}

#[test]
fn no_resurrection() {
    let deleted = "c1 puts #0 1 \n n1 holds 1 \n n2 holds 1 \n c1 ok #0 \n c2 deletes #1 \n n1 holds \n c2 ok #1 \n";
    kept(NoResurrection, deleted);
    let back = broken(NoResurrection, &format!("{deleted} n1 holds 1"));
    assert_eq!(back.headline, "c1's x=1 comes back at n1, after c2's delete x");
    assert_eq!(judge(&format!("{deleted} n1 holds 1")).count(Measure::ResurrectedWrites), 1);
    // Who hears late has not given it up; neither has one that boots from an old disk.
    kept(NoResurrection, &format!("{deleted} n3 holds 1 \n n3 holds \n n2 holds"));
    kept(NoResurrection, &format!("{deleted} n1 crashes \n n1 boots \n n1 holds 1"));
    // A deletion that nobody was told of may be taken back.
    kept(
        NoResurrection,
        "c1 puts #0 1 \n n1 holds 1 \n c1 ok #0 \n c2 deletes #1 \n n1 holds \n n1 holds 1 \n c2 ok #1",
    );
    // Overwritten.
    let over = "c1 puts #0 1 \n n1 holds 1 \n c1 ok #0 \n c2 puts #1 2 \n n1 holds 2 \n c2 ok #1 \n";
    broken(NoResurrection, &format!("{over} n1 holds 1"));
    broken(NoResurrection, &format!("{over} n1 holds 1 2"));
    // Given up before the newer write began: a hint that was handed off.
    let handed = "c1 puts #0 1 \n c1 ok #0 \n n3 holds 1 \n n3 holds \n c2 puts #1 2 \n c2 ok #1 \n n3 holds 1";
    kept(NoResurrection, handed);
    // Of writes that overlap either may be the last.
    kept(
        NoResurrection,
        "c1 puts #0 1 \n n1 holds 1 \n c2 puts #1 2 \n n1 holds 2 \n c2 ok #1 \n c1 ok #0 \n n1 holds 1",
    );
}

#[test]
fn writes_in_order_at_replicas() {
    let own = "c1 puts #0 1 \n n1 holds 1 \n c1 ok #0 \n c1 puts #1 2 \n n1 holds 2 \n c1 ok #1 \n";
    kept(MonotonicWrites, &format!("{own} n2 holds 1 \n n2 holds 2"));
    let early = broken(MonotonicWrites, &format!("{own} n2 holds 2 \n n2 holds 1"));
    assert_eq!(early.headline, "n2 took c1's x=2 before c1's x=1");
    // What a replica never held may have been overwritten on its way; what it held before was there.
    kept(MonotonicWrites, &format!("{own} n2 holds 2"));
    kept(MonotonicWrites, &format!("{own} n1 holds 1"));
    let answer = "c1 puts #0 1 \n n1 holds 1 \n c1 ok #0 \n c2 gets #1 \n c2 ok #1 1 \n c2 puts #2 2 \n n1 holds 2 \n c2 ok #2 \n";
    kept(WritesFollowReads, &format!("{answer} n2 holds 1 \n n2 holds 2"));
    let early = broken(WritesFollowReads, &format!("{answer} n2 holds 2 \n n2 holds 1"));
    assert_eq!(early.headline, "n2 took c2's x=2 before c1's x=1");
    kept(MonotonicWrites, &format!("{answer} n2 holds 2 \n n2 holds 1"));
    // Side by side nothing has gone back, and of lists a quorum may join the parts.
    kept(MonotonicWrites, &format!("{own} n2 holds 2 \n n2 holds 2 1"));
    let list = "c1 adds #0 1 \n c1 ok #0 \n c1 adds #1 2 \n c1 ok #1 \n";
    kept(MonotonicWrites, &format!("{list} n2 lists 2 \n n2 lists 2 1"));
    // A snapshot is one step, in whatever order it is told: here each line takes a millisecond.
    kept(MonotonicWrites, &format!("{own} n2 holds 1 2"));
}

/// Of two keys: `y` is the answer to `x`.
#[test]
fn an_answer_before_its_question() {
    let asked = "c1 puts #0 1 \n n1 holds 1 \n c1 ok #0 \n c2 gets #1 \n c2 ok #1 1 \n c2 puts-y #2 2 \n n1 holds-y 2 \n c2 ok #2 \n";
    let early = format!("{asked} n2 holds-y 2 \n c1 gets-y #3 \n c1 ok #3 2 \n c1 gets #4 \n c1 ok #4 \n");
    let seen = broken(WritesFollowReads, &format!("{early} n2 holds 1"));
    assert_eq!(seen.headline, "n2 took c2's y=2 before c1's x=1");
    assert_eq!(seen.seen[2], "c1 read y=2 in e13, then x=nothing in e15");
    // All replicas took them in order, or no client missed anything.
    kept(WritesFollowReads, &early);
    kept(WritesFollowReads, &format!("{asked} n2 holds-y 2 \n n2 holds 1"));
    broken(CausallyConsistent, &early);
}

#[test]
fn writes_lost_where_nobody_says_what_it_has_seen() {
    kept(WritesKept, &format!("{TWO} n1 holds 1 \n n1 holds 2"));
    let gone = broken(WritesKept, &format!("{TWO} n1 holds 2 \n n1 holds 1"));
    assert_eq!(gone.headline, "c2's x=2 was acknowledged and is gone");
    assert_eq!(judge(&format!("{TWO} n1 holds 1")).count(Measure::LostWrites), 1);
    broken(WritesKept, &format!("{TWO} n1 holds"));
    broken(WritesKept, &format!("{TWO} n1 holds 2 \n n1 crashes \n n1 boots"));
    // Of two that overlap one is overwritten; a deletion may follow; another replica has it.
    kept(WritesKept, "c1 puts #0 1 \n c2 puts #1 2 \n c1 ok #0 \n c2 ok #1 \n n1 holds 1");
    kept(WritesKept, &format!("{TWO} c1 deletes #2 \n n1 holds"));
    kept(WritesKept, &format!("{TWO} n1 holds 1 \n n2 holds 2"));
    // Where it is said what was seen, a deletion removes that and no more.
    let one = "c1 puts #0 1 \n c1 replaces #0 \n c1 ok #0 \n n1 holds 1 \n c2 deletes #1 \n";
    kept(WritesKept, &format!("{one} c2 replaces #1 1 \n n1 holds \n c2 ok #1"));
    broken(WritesKept, &format!("{one} c2 replaces #1 \n n1 holds \n c2 ok #1"));
    let list = "c1 adds #0 1 \n c1 ok #0 \n c1 adds #1 2 \n c1 ok #1 \n";
    kept(WritesKept, &format!("{list} n1 lists 1 2"));
    broken(WritesKept, &format!("{list} n1 lists 2"));
    kept(WritesKept, "c1 adds #0 1 \n n1 lists 2");
}

/// c1 has written 1, which n1 and n2 hold; c2 writes 2 and has seen nothing.
const BLIND: &str =
    "c1 puts #0 1 \n c1 overwrites #0 \n n1 holds 1 \n n2 holds 1 \n c1 ok #0 \n c2 puts #1 2 \n c2 overwrites #1 \n";

#[test]
fn the_last_write_overwrites_what_was_finished() {
    kept(WritesKept, &format!("{BLIND} n1 holds 2 \n n2 holds 2 \n c2 ok #1"));
    // Where writes stand side by side, who has seen nothing replaces nothing.
    broken(WritesKept, &format!("{BLIND} n1 holds 2 \n n2 holds 2 \n c2 ok #1").replace("overwrites", "replaces"));
    // A deletion overwrites as well.
    let deleted = BLIND.replace("c2 puts #1 2", "c2 deletes #1");
    kept(WritesKept, &format!("{deleted} n1 holds \n n2 holds \n c2 ok #1"));
    broken(WritesKept, &format!("{deleted} c2 failed #1 \n n1 holds \n n2 holds"));
    // Which of two lasts does not matter to a third that came after both: the second was there, the first had given way.
    let third = "c2 ok #1 \n c1 puts #2 3 \n c1 overwrites #2 1 \n n1 holds 3 \n n2 holds 3 \n c1 ok #2";
    kept(WritesKept, &format!("{BLIND} n1 holds 2 \n n2 holds 2 \n {third}"));
}

#[test]
fn the_last_write_loses_what_it_overlapped() {
    let both = "c1 puts #0 1 \n c1 overwrites #0 \n c2 puts #1 2 \n c2 overwrites #1 \n n1 holds 1 \n n2 holds 1 \n n1 holds 2 \n c1 ok #0 \n c2 ok #1 \n";
    let gone = broken(WritesKept, &format!("{both} n2 holds 2"));
    assert_eq!(gone.headline, "c1's x=1 was acknowledged and is gone");
    assert_eq!(gone.seen[1], "no node holds it at the end, nor gave it up for one that was asked for after it");
    kept(WritesKept, &format!("{both} n2 holds 1"));
    // Who merges what is left does not bring back what is not.
    let merged = "c1 puts #2 3 \n c1 overwrites #2 2 \n n1 holds 3 \n n2 holds 3 \n c1 ok #2";
    broken(WritesKept, &format!("{both} n2 holds 2 \n {merged}"));
    // Where one of the two was left somewhere, it was there to be overwritten.
    kept(WritesKept, &format!("{both} {merged}"));
    // A later write gives way to an earlier one, by its clock: at once, or where both meet.
    let early = broken(WritesKept, &format!("{BLIND} c2 ok #1"));
    assert_eq!(early.headline, "c2's x=2 was acknowledged and is gone");
    broken(WritesKept, &format!("{BLIND} n2 holds 2 \n c2 ok #1 \n n2 holds 1"));
    // What nobody has held has replaced nothing: one that is wiped, and not overwritten.
    let wiped = format!("{BLIND} n1 crashes \n n1 boots \n n2 crashes \n n2 boots");
    assert_eq!(judge(&format!("{wiped} \n c2 ok #1")).count(Measure::LostWrites), 2);
}

#[test]
fn fencing_order() {
    let first =
        "c1 puts #0 1 \n c1 takes-lock 1 \n c2 puts #1 2 \n c2 takes-lock 2 \n n1 applies 1 b #1 \n c2 ok #1 \n";
    let old = broken(FencingOrder, &format!("{first} n1 applies 2 a #0"));
    assert_eq!(old.headline, "n1 takes c1's x=1 with token 1 after token 2");
    kept(FencingOrder, &format!("{first} c1 failed #0"));
    // Another resource has not heard of the newer token; a lock that is taken anew has a newer one.
    kept(FencingOrder, &format!("{first} n2 applies 1 a #0"));
    kept(FencingOrder, &format!("{first} c1 takes-lock 3 \n n1 applies 2 a #0"));
    // Writes that need no lock.
    kept(FencingOrder, "c1 puts #0 1 \n n1 applies 1 a #0");
}
