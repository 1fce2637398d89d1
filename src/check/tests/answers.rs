//! What a run answers to questions.

use super::super::{Answer, Claim, Measure, Promise};
use super::dsl::judge;
use crate::node::{EventId, SimTime};

const HISTORY: &str = "
    n1 leads 1
    c1 puts #0 w
    n1 crashes
    n3 leads 2
    c1 ok #0 7";

fn ask(answer: Answer, next: u32) -> (Option<String>, Vec<String>) {
    let (judge, asked_at) = (judge(HISTORY), (SimTime(u64::from(next) * 1_000_000), EventId(next)));
    (judge.answer(&answer, asked_at), judge.options(&answer, asked_at))
}

fn told(answer: &str, options: &[&str]) -> (Option<String>, Vec<String>) {
    let answer = (!answer.is_empty()).then(|| answer.to_owned());
    (answer, options.iter().map(|option| (*option).to_owned()).collect())
}

#[test]
fn who_leads_next() {
    assert_eq!(ask(Answer::NextLeader, 3), told("n1", &["n1", "n2", "n3"]));
    assert_eq!(ask(Answer::NextLeader, 6), told("n3", &["n2", "n3"]));
    assert_eq!(ask(Answer::NextLeader, 7), told("", &["n2", "n3"]));
}

#[test]
fn what_becomes_of_an_operation() {
    assert_eq!(ask(Answer::Result("w".into()), 5), told("7", &[]));
    assert_eq!(ask(Answer::Outcome("w".into()), 5), told("ok", &["ok", "failed", "unknown"]));
    assert_eq!(ask(Answer::Outcome("v".into()), 5), told("", &["ok", "failed", "unknown"]));
}

#[test]
fn counts_and_claims() {
    assert_eq!(ask(Answer::Count(Measure::Leaders), 5), told("2", &[]));
    let whether = |promise| Answer::Whether(Claim::Violated(promise));
    assert_eq!(ask(whether(Promise::ElectionSafety), 5), told("no", &["yes", "no"]));
    assert_eq!(ask(whether(Promise::Convergence), 5), told("", &["yes", "no"]));
}
