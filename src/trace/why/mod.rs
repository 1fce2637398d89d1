//! Why an event happened: back along causes, through the changes that mattered.
//!
//! The whole past of an event is mostly heartbeats. What is kept is a chain: each link is the one earlier event that
//! explains the next best (a leader stands because a timer ended, which it did because of a silence, behind which there
//! is a crash), back to a root: a boot, something that was asked for, or a fault. Where there is room, what else was
//! needed stands beside it: the votes that were counted, the copies that were acknowledged.

mod all;
mod beside;
mod chain;
mod double;
mod facts;
mod not;
mod others;
mod violation;
mod words;

pub use all::{Past, TOLD, past_lines, whole_past};
pub use not::{Absence, Row, Wanted, why_not, why_not_lines};
pub use violation::{Violation, explain_violation, narrate_violation};

use super::record::Trace;
use super::story::survey::Survey;
use super::words::plain;
use super::{Change, Tree};
use crate::node::{EventId, Fault};

/// So many steps explain an event, at the most, unless more are asked for.
pub const STEPS: usize = 12;
const COLUMNS: usize = 80;
/// Notes begin here where the words leave room.
const NOTES: usize = 51;

/// What a trace does not hold, and running again tells.
pub trait Again {
    /// What an event, or the handler that brought it about, changed in the state of its node.
    fn changes(&mut self, event: EventId) -> Vec<Change>;

    /// What the message said that an event sent, delivered or lost.
    fn message(&mut self, event: EventId) -> Option<Tree>;
}

/// Nothing can be run again.
impl Again for () {
    fn changes(&mut self, _: EventId) -> Vec<Change> {
        Vec::new()
    }

    fn message(&mut self, _: EventId) -> Option<Tree> {
        None
    }
}

/// One step of an explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The event.
    pub event: EventId,
    /// What it was, in plain words.
    pub words: String,
    /// What it means for the rest, where that needs saying.
    pub note: Option<String>,
}

/// The steps that led to an event, oldest first and the event itself last: at most `most` of them, at least three.
///
/// The oldest is a root: an event that nothing in the run caused. No such event, no steps.
///
/// What a message said and what a handler changed in its node's state is not in a trace; `again` tells it for the events
/// that are asked of it. It may know nothing.
pub fn why(trace: &Trace, event: EventId, most: usize, again: &mut dyn Again) -> Vec<Step> {
    if trace.get(event).is_none() {
        return Vec::new();
    }
    let survey = Survey::of(trace);
    Explainer::new(&survey).steps(event, most.max(3), again)
}

/// An explanation as text: `WHY e41`, then a step a line.
pub fn why_lines(event: EventId, steps: &[Step]) -> Vec<String> {
    let mut lines = vec![format!("WHY {event}")];
    lines.extend(step_lines(steps));
    lines
}

fn step_lines(steps: &[Step]) -> Vec<String> {
    let width = steps.iter().map(|step| step.event.to_string().len()).max().unwrap_or(0);
    steps.iter().map(|step| step_line(step, width)).collect()
}

/// One line of at most 80 columns; a note that does not fit is cut short before the words are.
fn step_line(step: &Step, width: usize) -> String {
    let mut line = format!("  {:<width$}  {}", step.event.to_string(), plain(&step.words));
    if line.len() > COLUMNS {
        line.truncate(COLUMNS - 3);
        line += "...";
    }
    if let Some(note) = &step.note {
        let note = plain(note);
        let column = NOTES.max(line.len() + 2).min((COLUMNS.saturating_sub(note.len())).max(line.len() + 2));
        let room = COLUMNS.saturating_sub(column);
        if room >= 8 {
            line += &" ".repeat(column - line.len());
            line += &note[..note.len().min(room)];
        }
    }
    line.trim_end().to_owned()
}

struct Explainer<'a> {
    survey: &'a Survey<'a>,
    trace: &'a Trace,
    /// What was out of the ordinary from the start on.
    from_start: &'a [Fault],
}

/// What a step says beyond its event.
#[derive(Default)]
struct Extra {
    words: Option<String>,
    note: Option<String>,
    /// Whether something went wrong here that has no event of its own.
    fault: bool,
}

impl<'a> Explainer<'a> {
    fn new(survey: &'a Survey<'a>) -> Self {
        Explainer { survey, trace: survey.trace, from_start: &[] }
    }
}

#[cfg(test)]
mod tests;
