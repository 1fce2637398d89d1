//! What can be read beside the run: promises, the scenario, the lesson, why something happened, branches.

use super::{Said, Tone};
use crate::node::EventId;
use crate::scenario::syntax;
use crate::trace::Step;
use crate::tui::model::Model;
use crate::tui::panels::{Standing, verdict};

/// Each promise that is judged: how it stands as far as the run may be seen, and at the cursor.
pub fn promises(model: &Model) -> Vec<Said> {
    let mut lines = Vec::new();
    for (name, promise) in &model.show.promises {
        let broken = model
            .violations
            .iter()
            .find(|mark| mark.headline.split(':').next() == Some(name) && mark.event.0 < model.limit());
        let (standing, tone) = match broken {
            Some(mark) if mark.event <= model.cursor => (format!("! BROKEN at {}", mark.event), Tone::Bad),
            Some(mark) => (format!("  holds so far; broken later, at {}", mark.event), Tone::Bold),
            None => ("  holds so far".to_owned(), Tone::Good),
        };
        lines.push((format!("{standing:<18} {name}: {promise}"), tone));
    }
    for mark in model.violations.iter().filter(|mark| mark.event <= model.cursor) {
        lines.push((format!("! {} {}", mark.event, mark.headline), Tone::Bad));
        lines.extend(mark.lines.iter().map(|line| (format!("    {line}"), Tone::Plain)));
    }
    if lines.is_empty() {
        lines.push((
            "Nobody has promised anything here: the scenario expects no promise to hold.".to_owned(),
            Tone::Plain,
        ));
    }
    lines
}

/// The scenario's text, with the line marked that something comes of next.
pub fn source(model: &Model) -> Vec<Said> {
    if model.show.source.is_empty() {
        return vec![("This run has no scenario.".to_owned(), Tone::Plain)];
    }
    let marked = next_line(model);
    let line = |(place, text): (usize, &str)| match Some(place) == marked {
        true => (format!("> {text}"), Tone::Bold),
        false => (format!("  {text}"), Tone::Plain),
    };
    model.show.source.lines().enumerate().map(line).collect()
}

/// The line of the entry of `faults` or `workload` that fires next after the cursor, found by its label; where it has none,
/// by its instant. None where that is not certain.
pub fn next_line(model: &Model) -> Option<usize> {
    let trace = model.trace();
    if model.quiz.waiting().is_some() {
        return None;
    }
    let fault = trace.faults().iter().find(|record| record.event > model.cursor && !record.ends);
    let place = trace.operations().partition_point(|record| record.event <= model.cursor);
    let operation = trace.operations().get(place);
    let is_fault = match (fault, operation) {
        (Some(fault), Some(operation)) => fault.event < operation.event,
        (fault, _) => fault.is_some(),
    };
    let (list, label, event) = match is_fault {
        true => ("faults", fault?.label.as_deref(), fault?.event),
        false => ("workload", operation?.label.as_deref(), operation?.event),
    };
    let tree = syntax::parse(&model.show.source).ok()?;
    let syntax::Kind::List(entries) = &tree.field(list)?.value.kind else { return None };
    let text = |node: &syntax::Node| model.show.source.get(node.span.clone()).unwrap_or_default();
    let labelled =
        label.and_then(|label| entries.iter().find(|entry| text(entry).contains(&format!("label: {label:?}"))));
    let at = crate::node::SimSpan(trace.record(event).time().0);
    let timed = entries.iter().find(|entry| text(entry).contains(&format!("at: \"{at}\"")));
    let only = (entries.len() == 1).then(|| &entries[0]);
    let entry = labelled.or(timed).or(only)?;
    Some(model.show.source[..entry.span.start].matches('\n').count())
}

/// The lesson's text, and the questions that were put, with what was said.
pub fn lesson(model: &Model) -> Vec<Said> {
    let mut lines: Vec<Said> = Vec::new();
    for (place, text) in model.show.lesson.iter().enumerate() {
        lines.push((text.clone(), if place == 0 { Tone::Bold } else { Tone::Plain }));
    }
    for (question, standing) in model.quiz.put() {
        if let Some(verdict) = verdict(question, standing) {
            lines.push((format!("? {} {verdict}", question.text), Tone::Bold));
            lines.push((format!("  {}", question.because), Tone::Plain));
        } else if standing == Standing::Skipped {
            lines.push((format!("? {} (passed over)", question.text), Tone::Faint));
        }
    }
    if lines.is_empty() {
        lines.push(("This run comes without a lesson.".to_owned(), Tone::Plain));
    }
    lines
}

/// The causal story of the event that was asked for.
pub fn why(model: &Model) -> Vec<Said> {
    let Some((event, told)) = &model.why else {
        let told = "w asks why the event at the cursor happened, W why something has not.";
        return vec![(told.to_owned(), Tone::Plain)];
    };
    let mut lines = told.clone();
    if *event != model.cursor {
        lines.push((format!("the cursor is on {} now: w asks again", model.cursor), Tone::Faint));
    }
    lines
}

/// A causal story.
pub fn story(event: EventId, steps: &[Step]) -> Vec<Said> {
    let mut lines = vec![(format!("WHY {event}"), Tone::Bold)];
    for step in steps {
        let note = step.note.as_ref().map_or(String::new(), |note| format!("   ({note})"));
        let tone = if step.event == event { Tone::Bold } else { Tone::Plain };
        lines.push((format!("  {:<7} {}{note}", step.event.to_string(), step.words), tone));
    }
    lines
}

/// The tree of branches.
pub fn branches(model: &Model) -> Vec<Said> {
    let branches = &model.branches;
    let row = |(number, depth): (usize, usize)| {
        let branch = branches.get(number);
        let mark = if number == branches.here() { '›' } else { ' ' };
        let own = branch.deeds.last().map_or(String::new(), |deed| format!("  {}: {}", deed.after, deed.words));
        let tone = if number == branches.here() { Tone::Bold } else { Tone::Plain };
        (format!("{mark}{}{} {}{own}", "  ".repeat(depth), number, branch.name), tone)
    };
    let mut lines: Vec<Said> = branches.tree().into_iter().map(row).collect();
    let help = match lines.len() {
        1 => "b does something to this run, and makes a branch of it",
        _ => "b then: 0-9 goes to a branch, = compares, s saves, n names, D deletes; u undoes, U does again",
    };
    lines.push((help.to_owned(), Tone::Faint));
    if let Some(file) = &branches.get(branches.here()).file {
        lines.push((format!("kept in {file}"), Tone::Faint));
    }
    lines
}
