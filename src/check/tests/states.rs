//! Claims other than promises, each true of one history and false of another.

use super::super::{Claim, Measure, Since, State};
use super::dsl::judge;
use crate::node::{Datum, SimSpan, SimTime};

const END: SimTime = SimTime(100_000_000);

/// Whether a claim is true of a history, and what is said of it.
#[track_caller]
fn says(history: &str, claim: Claim) -> (bool, String) {
    let judge = judge(history);
    let verdict = judge.verdict(&claim, END);
    let not = judge.verdict(&Claim::Not(Box::new(claim)), END);
    let how = if verdict.holds { "which was not to be" } else { "as expected" };
    assert_eq!((not.holds, not.text), (!verdict.holds, format!("{}, {how}", verdict.text)));
    (verdict.holds, verdict.text)
}

fn eventually(that: State, after: Option<&str>, within_ms: Option<u64>) -> Claim {
    since(that, after.map(|label| Since::Beginning(label.to_owned())), within_ms)
}

fn since(that: State, after: Option<Since>, within_ms: Option<u64>) -> Claim {
    Claim::Eventually { that, after, within: within_ms.map(SimSpan::millis) }
}

fn yes(text: &str) -> (bool, String) {
    (true, text.to_owned())
}

fn no(text: &str) -> (bool, String) {
    (false, text.to_owned())
}

#[test]
fn has_leader() {
    let silence = "n1 leads 1 \n n1 crashes \n mark silence \n n2 stands 2 \n n2 leads 2";
    let claim = |ms| eventually(State::HasLeader, Some("silence"), Some(ms));
    assert_eq!(says(silence, claim(2)), yes("leader within 2 ms after \"silence\": 2 ms"));
    assert_eq!(says(silence, claim(1)), no("leader within 1 ms after \"silence\": took 2 ms"));
    // A leader that is there already will do; one that fell with the mark will not.
    assert_eq!(says("n1 leads 1 \n mark silence", claim(2)), yes("leader within 2 ms after \"silence\": at once"));
    let never = "n1 leads 1 \n mark silence \n n1 follows 2 \n mark silence";
    assert_eq!(says(never, claim(2)), no("leader within 2 ms after \"silence\": not in the 94 ms that were left"));
    assert_eq!(says("n1 leads 1", claim(2)), no("\"silence\" never happened"));
    assert_eq!(says("n1 leads 1", eventually(State::HasLeader, None, None)), yes("leader: 3 ms"));
    let after = eventually(State::HasLeader, Some("silence"), None);
    assert_eq!(says(silence, after), yes("leader after \"silence\": 2 ms"));
}

/// Time counts from the end of a fault that lasted, or of an operation, where the claim says so.
#[test]
fn counted_from_an_end() {
    let claim = |label: &str, ms| since(State::HasLeader, Some(Since::End(label.to_owned())), Some(ms));
    let healed = "mark cut \n n2 stands 2 \n ends cut \n n2 sends \n n2 leads 2";
    assert_eq!(says(healed, claim("cut", 2)), yes("leader within 2 ms after the end of \"cut\": 2 ms"));
    assert_eq!(says(healed, claim("cut", 1)), no("leader within 1 ms after the end of \"cut\": took 2 ms"));
    // From its beginning it took longer.
    let begun = eventually(State::HasLeader, Some("cut"), Some(2));
    assert_eq!(says(healed, begun), no("leader within 2 ms after \"cut\": took 4 ms"));
    assert_eq!(says("mark cut \n n2 leads 2", claim("cut", 2)), no("the end of \"cut\" never happened"));
    // An operation ends when it returns, or when its client gives up.
    let given_up = "c1 puts #0 w \n c1 gives-up #0 \n n2 leads 2";
    assert_eq!(says(given_up, claim("w", 1)), yes("leader within 1 ms after the end of \"w\": 1 ms"));
    assert_eq!(says("c1 puts #0 w \n n2 leads 2", claim("w", 1)), no("the end of \"w\" never happened"));
}

#[test]
fn operations_end() {
    let history =
        "c1 puts #0 w \n c1 gets #1 r \n c1 ok #0 \n c1 ok #1 7 \n c1 gets #2 u \n c1 gives-up #2 \n c1 ok #2";
    let label = str::to_owned;
    assert_eq!(says(history, Claim::Ok(label("w"))), yes("w: ok"));
    assert_eq!(says(history, Claim::Failed(label("w"))), no("w: ok, failed expected"));
    assert_eq!(says(history, Claim::Unknown(label("u"))), yes("u: unknown"));
    assert_eq!(says(history, Claim::Unknown(label("x"))), no("x never happened"));
    assert_eq!(says("c1 gets #0 p", Claim::Unknown(label("p"))), yes("p: unknown"));
    assert_eq!(says(history, Claim::Got(label("r"), Datum::Int(7))), yes("r got 7"));
    assert_eq!(says(history, Claim::Got(label("r"), Datum::Absent)), no("r got 7, not nothing"));
    assert_eq!(says(history, Claim::Got(label("u"), Datum::Int(7))), no("u got no answer: unknown"));
    assert_eq!(
        says(history, eventually(State::Ok(label("r")), Some("w"), Some(5))),
        yes("r ok within 5 ms after \"w\": 3 ms")
    );
    assert!(!says(history, eventually(State::Ok(label("u")), None, None)).0);
    assert!(says(history, eventually(State::Done(label("u")), None, None)).0);
    // A label of many speaks of all.
    let many = "c1 puts #0 w \n c1 puts #1 w \n c1 ok #0 \n c1 failed #1";
    assert_eq!(says(many, Claim::Ok(label("w"))), no("w: 1 ok, 1 failed, ok expected"));
}

#[test]
fn durable() {
    let durable = || Claim::Durable("w".to_owned());
    let written = "c1 puts #0 w \n n1 appends 1 1 a #0 \n n2 appends 1 1 a #0 \n";
    assert_eq!(says(written, durable()), no("x=1 never took effect"));
    let applied = format!("{written} n1 applies 1 a #0 \n");
    assert_eq!(says(&applied, durable()), yes("x=1 survived"));
    assert_eq!(says(&format!("{applied} n2 leads 2"), durable()), yes("x=1 survived"));
    assert_eq!(says(&format!("{applied} n3 leads 2"), durable()), no("x=1 was applied and lost"));
    // In a log and known to be committed, though not yet applied.
    let committed = format!("{written} n3 applies 1 z #9 \n n1 commits 1 \n n2 leads 2");
    assert_eq!(says(&committed, durable()), yes("x=1 survived"));
    // A snapshot that was taken over holds it.
    let snapshot = format!("{applied} n3 installs 1 1 \n n3 leads 2");
    assert_eq!(says(&snapshot, durable()), yes("x=1 survived"));
}

#[test]
fn applied_by_one_and_by_all() {
    let history = "c1 puts #0 w \n n1 applies 1 a #0 \n n2 applies 1 a #0 \n mark heal \n";
    let one = || eventually(State::Applied("w".to_owned()), None, None);
    let all = || eventually(State::AllHave("w".to_owned()), Some("heal"), None);
    assert_eq!(says(history, one()), yes("w applied: 4 ms"));
    assert!(!says("c1 puts #0 w", one()).0);
    assert!(!says(history, all()).0);
    assert_eq!(says(&format!("{history} n3 applies 1 a #0"), all()), yes("w on every node after \"heal\": 1 ms"));
    // Those who are down do not count; those who boot must apply again; a snapshot will do.
    assert_eq!(says(&format!("{history} n3 crashes"), all()), yes("w on every node after \"heal\": 1 ms"));
    assert!(!says(&format!("{history} n1 boots \n n3 applies 1 a #0"), all()).0);
    let snapshot = "n1 appends 1 1 a #0 \n".to_owned() + history + "n3 installs 1 1";
    assert!(says(&snapshot, all()).0);
    // What is cut back is no longer had.
    let cut = "n2 appends 1 1 a #0 \n".to_owned() + history + "n2 truncates 1 \n n3 applies 1 a #0";
    assert!(!says(&cut, all()).0);
}

#[test]
fn converged() {
    let claim = || eventually(State::Converged, Some("heal"), None);
    assert!(!says("mark heal", claim()).0, "to have applied nothing is not enough");
    let history = "c1 puts #0 \n n1 applies 1 a #0 \n n2 applies 1 a #0 \n mark heal \n";
    assert!(!says(history, claim()).0);
    assert_eq!(says(&format!("{history} n3 applies 1 a #0"), claim()), yes("all nodes equal after \"heal\": 1 ms"));
    assert_eq!(says(&format!("{history} n3 crashes"), claim()), yes("all nodes equal after \"heal\": 1 ms"));
    assert!(!says(&format!("{history} n3 applies 1 b #1"), claim()).0);
    // It counts that they were equal at some moment, not that they still are.
    assert!(says(&format!("{history} n3 crashes \n n3 boots"), claim()).0);
}

#[test]
fn remarks() {
    let noted = |words: &str| Claim::Noted(words.to_owned());
    assert_eq!(says("n1 notes it is late", noted("late")), yes("noted: it is late"));
    assert_eq!(says("n1 notes it is late", noted("early")), no("nobody noted \"early\""));
}

#[test]
fn counts() {
    let history = "
        n1 stands 1
        n1 leads 1
        n2 stands 2
        n2 stands 2
        n2 leads 2
        n1 crashes
        n1 commits 3
        n1 sends
        n1 hears e10
        n1 hears e10
        c1 puts #0
        c1 ok #0
        mark now";
    let judge = judge(history);
    let counted = Measure::ALL.iter().map(|measure| (*measure, judge.count(*measure)));
    let counted: Vec<String> = counted.map(|(measure, count)| format!("{measure} {count}")).collect();
    assert_eq!(
        counted.join(", "),
        "Elections 2, Leaders 2, Terms 2, Primaries 2, LeaderlessMs 4, Sent 1, Delivered 2, Lost 0, Duplicated 1, Invoked 1, Returned 1, \
         TimedOut 0, Committed 3, Faults 1, Crashes 1, Siblings 0, Events 16, \
         StaleReads 0, FreshReads 0, LostWrites 0, ResurrectedWrites 0, \
         AvailablePercent 100, WriteP50Ms 1, WriteP99Ms 1, ReadP50Ms 0, ReadP99Ms 0"
    );
    assert_eq!(says(history, Claim::AtLeast(Measure::Leaders, 2)), yes("leaders: 2, at least 2 expected"));
    // Before the first leader, and between the first and the second.
    let gaps = "n1 leads 1 \n n1 crashes \n n2 stands 2 \n n2 leads 2 \n n2 sends";
    assert_eq!(
        says(gaps, Claim::AtMost(Measure::LeaderlessMs, 4)),
        no("milliseconds without a leader: 5, at most 4 expected")
    );
    assert_eq!(says(history, Claim::AtMost(Measure::Leaders, 1)), no("leaders: 2, at most 1 expected"));
    // What was never answered was not answered quickly.
    let silent = judge.verdict(&Claim::AtMost(Measure::ReadP99Ms, 5), END);
    assert_eq!(
        (silent.holds, silent.text.as_str()),
        (false, "read p99 ms: no answer to measure, at most 5 expected")
    );
    let two_of_three = "c1 puts #0 \n c1 ok #0 \n c1 puts #1 \n c1 gives-up #1 \n c1 puts #2 \n mark now \n c1 ok #2";
    assert_eq!(
        says(two_of_three, Claim::AtLeast(Measure::AvailablePercent, 67)),
        no("available %: 66, at least 67 expected")
    );
    assert_eq!(says(two_of_three, Claim::AtMost(Measure::WriteP50Ms, 1)), yes("write p50 ms: 1, at most 1 expected"));
}
