//! What a student predicted of a run, compared with what came about: fact by fact, in words.

use super::finding::Finding;
use super::lab::Ran;
use crate::node::{EventId, FactKind};
use crate::trace::fact_words;
use std::path::Path;

/// The facts of a run that are predicted: each with its event, in order.
pub struct Kinds(Vec<(EventId, String)>);

impl Kinds {
    /// A line a fact, as a snapshot holds them.
    pub fn text(&self) -> String {
        self.0.iter().map(|(_, words)| words.as_str()).collect::<Vec<_>>().join("\n")
    }
}

/// The facts of some kinds. Their events' numbers and instants are no part of it: a right variant may have others.
pub fn facts(ran: &Ran, kinds: &[FactKind]) -> Kinds {
    let trace = ran.opened.session.trace();
    let chosen = trace.facts().filter(|(_, _, fact)| kinds.contains(&fact.kind()));
    Kinds(chosen.map(|(id, _, _)| (id, fact_words(trace, id))).collect())
}

/// Compares with the prediction in `tests/snapshots/NAME.snap`; where there is none yet, insta will say so.
pub fn compare(folder: &str, name: &str, ran: &Ran, facts: &Kinds) -> Result<(), Box<Finding>> {
    let path = format!("tests/snapshots/{name}.snap");
    let Ok(text) = std::fs::read_to_string(Path::new(folder).join(&path)) else { return Ok(()) };
    let predicted: Vec<&str> = body(&text).lines().map(str::trim_end).collect();
    let boxed = |headline: String, details: Vec<String>| {
        Box::new(Finding { run: format!("{path}, of {}", ran.name), headline, details, ..Finding::default() })
    };
    if let Some(place) = predicted.iter().position(|line| line.split_whitespace().any(|word| word.contains('?'))) {
        let details = vec![
            format!("it says: {}", predicted[place]),
            "Write there what you think will happen, then run it.".to_owned(),
        ];
        return Err(boxed(format!("line {} is not predicted yet", place + 1), details));
    }
    let differs = (0..predicted.len().max(facts.0.len()))
        .find(|&place| predicted.get(place).copied() != facts.0.get(place).map(|(_, words)| words.as_str()));
    let Some(place) = differs else { return Ok(()) };
    let said = predicted.get(place).map_or("nothing more".to_owned(), |line| format!("\"{line}\""));
    Err(match facts.0.get(place) {
        Some((event, words)) => {
            boxed(format!("event {}: {words}", event.0), vec![format!("predicted there, line {}: {said}", place + 1)])
        }
        None => boxed(
            "the run has no more such facts".to_owned(),
            vec![format!("predicted next, line {}: {said}", place + 1)],
        ),
    })
}

/// A snapshot without its head.
fn body(text: &str) -> &str {
    let rest = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).map_or(text, |(_, body)| body);
    rest.trim_end()
}
