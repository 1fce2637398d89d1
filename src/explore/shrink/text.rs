//! The smallest run as a scenario that a person can read.

use super::case::Case;
use super::{Extent, Goal, extent, open, tree};
use crate::check::{Promise, Violation};
use crate::kernel::{Question, Schedule};
use crate::node::{Datum, Fact, Op, Retry};
use crate::scenario::{Failure, Opened, Registry, step_written};
use crate::trace::{EventKind, Trace, fact_words};

/// How many things that a step brings about are told beside it. Our choice: one line.
const TOLD: usize = 2;

/// A script as a scenario with a schedule, its steps, and how large its run is.
pub fn of_case(
    registry: &Registry,
    case: &Case<'_>,
    promise: Promise,
) -> Result<(String, Vec<String>, Extent), Failure> {
    let cluster = &case.scenario().plan.cluster;
    let schedule =
        Schedule { steps: case.steps.clone(), tick: case.script.tick, syncs_at_once: case.script.syncs_at_once };
    let questions = case.script.cues.iter().filter_map(|cue| cue.act.question());
    let entries: Vec<String> = questions.map(|question| entry(question, cluster.name(question.client))).collect();
    let mut scenario = case.scenario().clone();
    if !entries.is_empty() {
        tree::set(&mut scenario.tree, "workload", &format!("[{}]", entries.join(", ")));
    }
    let title = format!("\"{}: {promise} broken\"", scenario.title.replace(['"', '\\'], "'"));
    tree::set(&mut scenario.tree, "title", &title);
    scenario.tree = tree::ordered(&scenario.tree);
    let expect = [format!("Violated({promise})")];
    let opened = open(registry, &scenario.laid_down(&schedule, &expect, &[]))?;
    let broken = opened.judge.violation(promise);
    let notes: Vec<String> = (1..=schedule.steps.len()).map(|step| note(&opened, step, broken.as_ref())).collect();
    let words = schedule.steps.iter().zip(&notes).map(|(step, note)| {
        let step = step_written(step, cluster);
        if note.is_empty() { step } else { format!("{step}  // {note}") }
    });
    let steps = words.collect();
    Ok((scenario.laid_down(&schedule, &expect, &notes), steps, extent(opened.session.trace())))
}

impl Goal {
    /// In a few words, after the word that says that it goes wrong.
    pub fn words(self, scenario: &crate::scenario::Scenario) -> String {
        match self {
            Goal::Broken(promise) => format!("{promise} is broken"),
            Goal::Missed(place) => format!("{} is missed", scenario.expect[place].text),
        }
    }
}

/// What a step brings about, in a few words.
fn note(opened: &Opened, step: usize, broken: Option<&Violation>) -> String {
    let trace = opened.session.trace();
    // A schedule's steps are a millisecond apart.
    let of_step = |event: &crate::node::EventId| trace.record(*event).time().0 == step as u64 * 1_000_000;
    let events: Vec<_> = trace.ids().filter(of_step).collect();
    if let Some(violation) = broken.filter(|violation| events.contains(&violation.event)) {
        return format!("BROKEN: {}", violation.headline);
    }
    let facts =
        events.iter().filter(|event| trace.record(**event).kind() == EventKind::Fact && is_news(trace, **event));
    let mut told: Vec<String> = facts.map(|event| fact_words(trace, *event)).collect();
    let more = told.len().saturating_sub(TOLD);
    told.truncate(TOLD);
    if more > 0 {
        told.push(format!("{more} more"));
    }
    told.join("; ")
}

/// Whether a fact says more than its step does: that a candidate votes for itself, everyone knows.
fn is_news(trace: &Trace, event: crate::node::EventId) -> bool {
    match trace.fact(event) {
        Some(Fact::Voted { candidate, .. }) => trace.node(event) != Some(*candidate),
        _ => true,
    }
}

/// What a client is asked for, as an entry of the workload. Its instant means nothing in a schedule.
pub fn entry(question: &Question, client: &str) -> String {
    let Question { op, timeout, retry, .. } = question;
    let mut text = format!("(at: \"0s\", by: {client:?}, op: {}", op_written(op));
    text.extend(timeout.map(|span| format!(", timeout: \"{}\"", crate::node::SimSpan(span.0))));
    if *retry != Retry::default() {
        text += &format!(", retry: {retry:?}");
    }
    text + ")"
}

fn op_written(op: &Op) -> String {
    let value = datum_written;
    match op {
        Op::Get(key) => format!("Get({key:?})"),
        Op::Put(key, new) => format!("Put({key:?}, {})", value(new)),
        Op::Append(key, new) => format!("Append({key:?}, {})", value(new)),
        Op::Cas { key, expected, new } => {
            format!("Cas(key: {key:?}, expected: {}, new: {})", value(expected), value(new))
        }
        Op::Delete(key) => format!("Delete({key:?})"),
        Op::Take(key) => format!("Take({key:?})"),
        Op::Acquire(key) => format!("Acquire({key:?})"),
        Op::Release(key) => format!("Release({key:?})"),
        Op::Broadcast(new) => format!("Broadcast({})", value(new)),
        Op::Do(name, Datum::Absent) => format!("Do({name:?})"),
        Op::Do(name, new) => format!("Do({name:?}, {})", value(new)),
    }
}

fn datum_written(datum: &Datum) -> String {
    match datum {
        Datum::Absent => "Absent".to_owned(),
        Datum::Int(number) => number.to_string(),
        Datum::Text(text) => format!("{text:?}"),
        Datum::List(items) => format!("[{}]", items.iter().map(datum_written).collect::<Vec<_>>().join(", ")),
    }
}
