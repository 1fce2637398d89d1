//! For each promise a history that keeps it and one that breaks it.

use super::super::{Claim, Judge, Promise, Violation};
use super::dsl::judge;
use crate::node::{EventId, SimTime};
use Promise::*;

/// The only promise that a history breaks, and how.
#[track_caller]
fn broken(promise: Promise, history: &str) -> Violation {
    let judge = judge(history);
    for other in RaftSafety.parts().iter().filter(|other| **other != promise) {
        assert_eq!(judge.violation(*other), None);
    }
    let violation = judge.violation(promise).unwrap_or_else(|| panic!("{promise} is kept by {history}"));
    assert!(violation.culprits.contains(&violation.event), "{violation:?}");
    assert!(violation.culprits.is_sorted() && !violation.seen.is_empty(), "{violation:?}");
    violation
}

/// A history breaks no promise of Raft, and declares nothing that cannot be.
#[track_caller]
fn kept(history: &str) -> Judge {
    let judge = judge(history);
    assert_eq!(judge.violation(RaftSafety), None, "{history}");
    assert_eq!(judge.contradictions(), [""; 0]);
    judge
}

#[track_caller]
fn text(judge: &Judge, promise: Promise) -> String {
    let verdict = judge.verdict(&Claim::Holds(promise), SimTime(1_000_000_000));
    assert!(verdict.holds);
    verdict.text
}

#[test]
fn election_safety() {
    let judge = kept(
        "n3 votes 1 n3 \n n1 votes 1 n3 \n n3 leads 1 \n n3 follows 2 \n n1 leads 2 \n n1 crashes \n n2 leads 3",
    );
    assert_eq!(text(&judge, ElectionSafety), "one leader a term (n3 in 1, n1 in 2, n2 in 3)");

    let history = "
        n1 votes 2 n1
        n2 votes 2 n1
        n1 leads 2
        n2 crashes
        n2 boots
        n3 votes 2 n3
        n2 votes 2 n3
        n3 leads 2";
    let violation = broken(ElectionSafety, history);
    assert_eq!(violation.headline, "two leaders in term 2");
    assert_eq!(violation.seen, ["n1 leads since e5, votes n1 n2", "n3 leads since e10, votes n3 n2"]);
    assert_eq!(violation.insight.as_deref(), Some("n2 is in both majorities: it voted twice."));
    // n2's two votes, the two elections, and the boot at which n2 forgot.
    assert_eq!(violation.culprits, [4, 5, 7, 9, 10].map(EventId));
}

#[test]
fn a_vote_that_was_never_declared_is_noticed() {
    let violation = broken(ElectionSafety, "n1 leads 1 \n n2 votes 1 n2 \n n2 leads 1");
    assert_eq!(violation.seen[0], "n1 leads since e3, no votes declared");
    assert!(violation.insight.unwrap().starts_with("No node says that it voted twice"));
}

#[test]
fn who_leads_a_term_again_is_one_leader() {
    kept("n1 leads 1 \n n1 follows 1 \n n1 leads 1");
}

#[test]
fn leader_append_only() {
    let judge = kept("n1 appends 1 1 a \n n1 truncates 1 \n n1 leads 1 \n n1 appends 1 1 a \n n1 appends 2 1 b");
    assert_eq!(text(&judge, LeaderAppendOnly), "no leader cut its log back");
    // Who no longer leads may.
    kept("n1 leads 1 \n n1 appends 1 1 a \n n1 follows 2 \n n1 truncates 1 \n n1 appends 1 2 b");
    kept("n1 leads 1 \n n1 appends 1 1 a \n n1 crashes \n n1 boots \n n1 restores 1 1 a \n n1 truncates 1");

    let violation = broken(LeaderAppendOnly, "n1 leads 3 \n n1 appends 1 3 a \n n1 truncates 1");
    assert_eq!(violation.headline, "n1, leading term 3, drops its log from place 1");
    assert_eq!(violation.culprits, [3, 5].map(EventId));
    let violation = broken(LeaderAppendOnly, "n1 leads 3 \n n1 appends 1 3 a \n n1 appends 1 3 a");
    assert_eq!(violation.headline, "n1, leading term 3, puts another entry in place 1");
}

#[test]
fn log_matching() {
    let good = "
        n1 appends 1 1 a
        n1 appends 2 2 b
        n2 appends 1 1 a
        n2 appends 2 1 c
        n2 truncates 2
        n2 appends 2 2 b
        n3 appends 1 1 a
        n3 appends 2 3 d";
    kept(good);
    // Another entry under the same place and term.
    let violation = broken(LogMatching, "n1 appends 1 1 a \n n2 appends 1 1 b");
    assert_eq!(violation.headline, "two logs with an entry 1 of term 1 differ");
    assert_eq!(violation.culprits, [3, 4].map(EventId));
    // The same entry, but another one before it. Overwriting without saying so is seen as well.
    let history = "
        n1 appends 1 1 a
        n1 appends 2 3 b
        n2 appends 1 2 x
        n2 appends 2 3 b";
    let violation = broken(LogMatching, history);
    assert_eq!(violation.headline, "two logs with an entry 2 of term 3 differ");
    assert_eq!(violation.seen[2], "the first difference is at 1: n1 term 1, n2 term 2");
}

#[test]
fn logs_are_compared_beyond_snapshots_and_boots() {
    let log = "n1 appends 1 1 a \n n1 appends 2 1 b \n n1 appends 3 1 c \n";
    kept(&format!("{log} n2 installs 2 1 \n n2 appends 3 1 c"));
    broken(LogMatching, &format!("{log} n2 installs 2 1 \n n2 appends 3 1 d"));
    kept(&format!("{log} n1 crashes \n n1 boots \n n1 installs 2 1 \n n1 restores 3 1 c"));
    broken(LogMatching, &format!("{log} n1 crashes \n n1 boots \n n1 installs 2 1 \n n1 restores 3 1 d"));
    // Of a snapshot that nobody's log is known to reach, nothing is said; but what follows is compared again.
    kept("n2 installs 7 1 \n n2 appends 8 2 c \n n3 installs 7 1 \n n3 appends 8 2 c");
    kept(&format!("{log} n2 installs 1 9 \n n2 appends 2 1 b \n n2 appends 3 1 c"));
    broken(LogMatching, &format!("{log} n2 installs 1 9 \n n2 appends 2 1 b \n n2 appends 3 1 d"));
}

#[test]
fn leader_completeness() {
    let commit = "
        n1 leads 1
        n1 appends 1 1 a
        n2 appends 1 1 a
        n1 commits 1
        n1 crashes\n";
    kept(&format!("{commit} n2 leads 2"));
    // What only a follower takes for committed binds nobody; neither does what a later term commits.
    kept("n1 appends 1 1 a \n n1 commits 1 \n n3 leads 2");
    kept("n1 leads 3 \n n1 appends 1 3 a \n n1 commits 1 \n n3 leads 2");

    let violation = broken(LeaderCompleteness, &format!("{commit} n2 votes 2 n3 \n n3 leads 2"));
    assert_eq!(violation.headline, "n3 leads term 2 without entry 1, which term 1 committed");
    assert_eq!(violation.seen[2], "n3 leads term 2 since e9; its log ends at 0");
    assert_eq!(violation.culprits, [6, 9].map(EventId));
    let insight = "n2 voted for n3 though its own log held more (Raft, 5.4.1).";
    assert_eq!(violation.insight.as_deref(), Some(insight));
}

#[test]
fn a_leader_that_lacks_what_is_committed_late_is_noticed() {
    let history = "n1 leads 1 \n n1 appends 1 1 a \n n2 appends 1 1 a \n {} leads 2 \n n1 commits 1";
    kept(&history.replace("{}", "n2"));
    let violation = broken(LeaderCompleteness, &history.replace("{}", "n3"));
    assert_eq!(violation.culprits, [6, 7].map(EventId));
}

/// Figure 8, (a) to (e): an old entry on a majority is committed in term 4, and overwritten by the leader of term 5.
#[test]
fn leader_completeness_figure_8() {
    let history = "
        n1 appends 1 1 a
        n2 appends 1 1 a
        n3 appends 1 1 a
        n1 leads 2
        n1 appends 2 2 b
        n1 crashes
        n3 leads 3
        n3 appends 2 3 c
        n3 crashes
        n1 boots
        n1 restores 1 1 a
        n1 restores 2 2 b
        n1 leads 4
        n2 appends 2 2 b
        n1 commits 2
        n1 crashes
        n3 boots
        n3 restores 1 1 a
        n3 restores 2 3 c
        n3 leads 5";
    let violation = broken(LeaderCompleteness, history);
    assert_eq!(violation.headline, "n3 leads term 5 without entry 2, which term 4 committed");
    assert!(violation.seen[2].ends_with("at 2 it has an entry of term 3 instead"), "{violation:?}");
    assert!(violation.insight.unwrap().contains("of an entry of term 2; only an entry of its own term 4"));
}

#[test]
fn state_machine_safety() {
    let judge =
        kept("n1 applies 1 a \n n2 applies 1 a \n n2 applies 2 b \n n1 crashes \n n1 boots \n n1 applies 1 a");
    assert_eq!(text(&judge, StateMachineSafety), "all applied the same, up to entry 2");
    kept("n1 applies 1 a \n n1 applies 2 b \n n2 installs 2 1 \n n2 applies 3 c");

    let history = "c1 puts #0 \n n1 applies 1 a #0 \n n2 applies 1 b";
    let violation = broken(StateMachineSafety, history);
    assert_eq!(violation.headline, "two different entries applied at 1");
    let seen = ["n1 applied c1's x=1 at 1 in e4", "n2 applied an entry without an operation at 1 in e5"];
    assert_eq!(violation.seen, seen);
    assert_eq!(violation.culprits, [4, 5].map(EventId));
}

#[test]
fn entries_are_applied_in_order() {
    let violation = broken(StateMachineSafety, "n1 applies 1 a \n n1 applies 3 c");
    assert_eq!(violation.headline, "n1 applies entry 3 after entry 1");
    broken(StateMachineSafety, "n1 applies 2 a");
    broken(StateMachineSafety, "n1 applies 1 a \n n1 applies 2 b \n n1 applies 1 a");
}

#[test]
fn single_primary() {
    let judge =
        judge("n1 leads 1 \n n1 follows 2 \n n2 leads 2 \n n2 crashes \n n3 leads 3 \n n3 boots \n n1 leads 4");
    assert_eq!(judge.violation(SinglePrimary), None);
    let violation = broken(SinglePrimary, "n1 leads 1 \n n2 leads 2 \n n3 leads 3");
    assert_eq!(violation.headline, "2 nodes lead at once");
    assert_eq!(violation.seen, ["n1 leads term 1 since e3", "n2 leads term 2 since e4"]);
}

#[test]
fn acks_durable() {
    let acked = "
        c1 puts #0
        n1 leads 1
        n1 appends 1 1 a #0
        n1 applies 1 a #0
        c1 ok #0\n";
    assert_eq!(text(&kept(acked), AcksDurable), "1 acknowledged write, not missing");
    // A node that is down may come back, if nobody leads without it.
    assert_eq!(kept(&format!("{acked} n1 crashes")).violation(AcksDurable), None);
    // The next leader has it in its log, and need not have applied it.
    assert_eq!(
        kept(&format!("n2 appends 1 1 a #0 \n {acked} n1 crashes \n n2 leads 2")).violation(AcksDurable),
        None
    );

    let lost = format!("{acked} n1 crashes \n n2 leads 2");
    let violation = judge(&lost).violation(AcksDurable).unwrap();
    assert_eq!(violation.headline, "c1's x=1 was acknowledged and is missing");
    assert_eq!(violation.seen[2], "n2, which leads term 2, does not have it at the end");
    assert_eq!(violation.culprits, [6, 7, 9].map(EventId));
    // A disk that was wiped gives nothing back.
    assert!(judge(&format!("{acked} n2 applies 1 b \n n1 wiped \n n1 crashes")).violation(AcksDurable).is_some());
    // Two writes, one of them lost with its place in the log.
    let overwritten =
        format!("{acked} n1 crashes \n n2 leads 2 \n c1 puts #1 \n n2 appends 1 2 b #1 \n n2 applies 1 b #1");
    let violation = judge(&format!("{overwritten} \n c1 ok #1")).violation(AcksDurable).unwrap();
    assert_eq!(violation.headline, "c1's x=1 was acknowledged and is missing");
    // Reads and what nobody acknowledged cannot be lost.
    assert_eq!(judge("c1 puts #0 \n n1 applies 1 a #0 \n c1 gives-up #0 \n n2 leads 2").violation(AcksDurable), None);
    assert_eq!(judge("n1 applies 1 a #7 \n c1 gets #0 \n c1 ok #0").violation(AcksDurable), None);
}

#[test]
fn agreement() {
    assert_eq!(text(&kept("n1 decides 7 \n n2 decides 7"), Agreement), "all who decided chose 7");
    let violation = broken(Agreement, "n1 decides 7 \n n2 decides 8");
    assert_eq!(violation.seen, ["n1 decides 7 in e3", "n2 decides 8 in e4"]);
}

#[test]
fn the_first_violation_is_kept_and_all_are_counted() {
    let judge = judge("n1 leads 1 \n n2 leads 1 \n n3 leads 1");
    assert_eq!(judge.violation(ElectionSafety).unwrap().event, EventId(4));
    assert_eq!(judge.violation_count(ElectionSafety), 2);
    assert_eq!(judge.violations().count(), 2, "and of SinglePrimary");
    let verdict = judge.verdict(&Claim::Holds(RaftSafety), SimTime(0));
    assert_eq!((verdict.holds, verdict.text.as_str()), (false, "ElectionSafety: two leaders in term 1 at e4"));
    assert!(judge.verdict(&Claim::Violated(RaftSafety), SimTime(0)).holds);
}

#[test]
fn what_cannot_be_judged_is_never_held() {
    let run = judge("n1 leads 1");
    let claim = Claim::Holds(Convergence);
    for claim in [claim.clone(), Claim::Violated(Convergence), Claim::Not(Box::new(claim))] {
        let verdict = run.verdict(&claim, SimTime(0));
        assert!(!verdict.holds && verdict.text.contains("no node declares what it stores"));
    }
    // Nor is it held that nothing was lost where no node says what it applies.
    let unsaid = judge("c1 puts #0 \n c1 ok #0");
    assert!(!unsaid.verdict(&Claim::Holds(AcksDurable), SimTime(0)).holds);
}

#[test]
fn facts_that_contradict_each_other_are_told() {
    let judge = judge("n1 appends 3 1 a");
    assert_eq!(judge.contradictions(), ["e3: n1 adds entry 3 to a log that ends at 0"]);
}
