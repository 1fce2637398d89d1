//! The page of a broken promise: promised, seen, why, and where to look.

use super::{COLUMNS, Explainer, why_lines};
use crate::node::{EventId, Fault};
use crate::trace::aloud::sentence;
use crate::trace::record::Trace;
use crate::trace::story::survey::Survey;
use crate::trace::story::wrap;
use crate::trace::words::plain;

/// What a broken promise is shown with; the checker that saw it supplies the words.
#[derive(Clone, Debug, Default)]
pub struct Violation {
    /// The promise's name: `ElectionSafety`.
    pub name: String,
    /// Where it broke.
    pub at: Option<EventId>,
    /// What broke it, in a few words: `two leaders in term 2`.
    pub headline: String,
    /// The promise in full.
    pub promised: String,
    /// What was seen instead.
    pub seen: Vec<String>,
    /// A page that shows and explains it: it takes the place of what was seen, and why.
    pub picture: Vec<String>,
    /// The events that together break the promise.
    pub culprits: Vec<EventId>,
    /// What there is to learn.
    pub insight: Vec<String>,
    /// What was out of the ordinary from the start on: a disk that lies.
    pub from_start: Vec<Fault>,
    /// Commands to go on with, as they can be pasted.
    pub next: Vec<String>,
}

/// A broken promise with its explanation: promised, seen, why, and where to look.
pub fn explain_violation(trace: &Trace, violation: &Violation) -> Vec<String> {
    if !violation.picture.is_empty() {
        let mut lines = headed("BROKEN  ", &format!("{}: {}", violation.name, violation.headline));
        lines.extend(headed("  promised  ", &violation.promised));
        lines.extend(violation.picture.iter().cloned());
        lines.extend(commands(violation));
        return lines;
    }
    let at = violation.at.map(|at| format!(" at {at}")).unwrap_or_default();
    let mut lines = headed("BROKEN  ", &format!("{}{at}: {}", violation.name, violation.headline));
    lines.extend(headed("  promised  ", &violation.promised));
    for (place, seen) in violation.seen.iter().enumerate() {
        lines.extend(headed(if place == 0 { "  seen      " } else { "            " }, seen));
    }
    let survey = Survey::of(trace);
    let explainer = Explainer { from_start: &violation.from_start, ..Explainer::new(&survey) };
    let doubles = explainer.double_votes(&violation.culprits);
    for double in &doubles {
        let voter = trace.cluster().name(double.voter);
        lines.push(format!("  {voter} is in both majorities: it voted twice."));
    }
    let steps = explainer.steps_of_all(&violation.culprits, &doubles);
    if let Some(last) = violation.at.or_else(|| violation.culprits.iter().max().copied()) {
        lines.extend(why_lines(last, &steps));
    }
    if !doubles.is_empty() && !violation.insight.iter().any(|text| text == MAJORITIES) {
        lines.push(MAJORITIES.to_owned());
    }
    violation.insight.iter().for_each(|text| lines.extend(headed("", text)));
    lines.extend(commands(violation));
    lines
}

/// The same for the ear: whole sentences, one a line, and commands on lines of their own. A picture is not told; what
/// was seen is.
pub fn narrate_violation(trace: &Trace, violation: &Violation) -> Vec<String> {
    let at = violation.at.map(|at| format!(" at {at}")).unwrap_or_default();
    let mut lines = vec![sentence(&format!("The promise {} was broken{at}: {}", violation.name, violation.headline))];
    lines.push(sentence(&format!("What was promised: {}", violation.promised)));
    lines.extend(violation.seen.iter().map(|seen| sentence(&format!("What was seen: {seen}"))));
    let survey = Survey::of(trace);
    let explainer = Explainer { from_start: &violation.from_start, ..Explainer::new(&survey) };
    let doubles = explainer.double_votes(&violation.culprits);
    for double in &doubles {
        let voter = trace.cluster().name(double.voter);
        lines.push(format!("{voter} is in both majorities: it voted twice."));
    }
    let steps = explainer.steps_of_all(&violation.culprits, &doubles);
    if !steps.is_empty() {
        lines.push("How it came about, step by step.".to_owned());
    }
    for step in &steps {
        let note = step.note.as_ref().map_or(String::new(), |note| format!(", {note}"));
        lines.push(sentence(&format!("{}: {}{note}", step.event, step.words.trim_end_matches('.'))));
    }
    if !doubles.is_empty() && !violation.insight.iter().any(|text| text == MAJORITIES) {
        lines.push(MAJORITIES.to_owned());
    }
    lines.extend(violation.insight.iter().map(|text| sentence(text)));
    if !violation.next.is_empty() {
        lines.push("To look at it, run:".to_owned());
        lines.extend(violation.next.iter().map(|command| plain(command)));
    }
    lines
}

/// Where to look.
fn commands(violation: &Violation) -> impl Iterator<Item = String> {
    let line = |(place, command): (usize, &String)| {
        format!("{}{}", if place == 0 { "AT  " } else { "    " }, plain(command))
    };
    violation.next.iter().enumerate().map(line)
}

/// What a vote that was given twice teaches.
const MAJORITIES: &str = "Majorities share a node; safety rests on its memory.";

fn headed(head: &str, text: &str) -> Vec<String> {
    let room = COLUMNS - head.len();
    let parts = wrap(&plain(text), room, room);
    let start = |place| if place == 0 { head.to_owned() } else { " ".repeat(head.len()) };
    parts.iter().enumerate().map(|(place, part)| format!("{}{part}", start(place)).trim_end().to_owned()).collect()
}
