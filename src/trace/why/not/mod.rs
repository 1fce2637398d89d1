//! `why-not`: what is missing for something to happen, and what became of each message that would have brought it.
//!
//! It is answered from facts and records alone, as they stood at one event, so that it serves every protocol that declares
//! the facts in question. What happens after that event is not looked at; whether a message on its way will arrive is.

mod committed;
mod delivered;
mod fate;
mod leader;
mod returned;
mod standing;

use super::COLUMNS;
use crate::node::{EventId, NodeId, OperationId};
use crate::trace::record::Trace;
use crate::trace::story::survey::Survey;
use crate::trace::story::wrap;
use crate::trace::words::{fact_words, operation_words, plain};

/// Something that may not have happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// An entry of this place is known to be committed.
    Committed(u64),
    /// Somebody leads, or this node does.
    Leader(Option<NodeId>),
    /// All have delivered what was broadcast, or this node has.
    Delivered(String, Option<NodeId>),
    /// A client knows how this operation ended.
    Returned(OperationId),
}

/// What may be asked for, as it is written.
const ACCEPTED: &str = "accepted: committed 5; leader; leader n2; delivered VALUE; delivered VALUE NODE;\n\
    \x20         returned OPERATION (its label, or its words, such as y=7)";

impl Wanted {
    /// Reads `committed 5`, `leader n2`, `delivered Lunch? c`, `returned y=7`. The error says what is accepted.
    pub fn parse(words: &[String], trace: &Trace) -> Result<Wanted, String> {
        let words: Vec<&str> =
            words.iter().flat_map(|word| word.split(' ')).filter(|word| !word.is_empty()).collect();
        let node = |name: &str| {
            let names: Vec<&str> = trace.cluster().ids().map(|id| trace.cluster().name(id)).collect();
            let unknown = || format!("{name:?} is not a node here\naccepted: {}", names.join(" "));
            trace.cluster().find(name).ok_or_else(unknown)
        };
        match words.as_slice() {
            ["committed", index] => match index.parse() {
                Ok(index) if index > 0 => Ok(Wanted::Committed(index)),
                _ => Err(format!("{index:?} is no place in a log; places are counted from 1\n{ACCEPTED}")),
            },
            ["leader"] => Ok(Wanted::Leader(None)),
            ["leader", name] => Ok(Wanted::Leader(Some(node(name)?))),
            ["delivered", value @ ..] if !value.is_empty() => {
                let (last, rest) = (value[value.len() - 1], &value[..value.len() - 1]);
                let whom = trace.cluster().find(last).filter(|_| !rest.is_empty());
                let value = if whom.is_some() { rest.join(" ") } else { value.join(" ") };
                delivered::find(trace, &value).map(|value| Wanted::Delivered(value, whom))
            }
            ["returned", operation @ ..] if !operation.is_empty() => {
                returned::find(trace, &operation.join(" ")).map(Wanted::Returned)
            }
            [] => Err(format!("what has not happened?\n{ACCEPTED}")),
            words => Err(format!("{:?} is nothing that can be asked for\n{ACCEPTED}", words.join(" "))),
        }
    }

    /// As it is written.
    pub fn words(&self, trace: &Trace) -> String {
        let name = |node: &NodeId| trace.cluster().name(*node);
        match self {
            Wanted::Committed(index) => format!("committed {index}"),
            Wanted::Leader(None) => "leader".to_owned(),
            Wanted::Leader(Some(node)) => format!("leader {}", name(node)),
            Wanted::Delivered(value, None) => format!("delivered {value}"),
            Wanted::Delivered(value, Some(node)) => format!("delivered {value} {}", name(node)),
            Wanted::Returned(operation) => format!("returned {}", operation_words(trace, *operation)),
        }
    }
}

/// Why something has not happened, or that it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Absence {
    /// The event in which it did happen.
    pub happened: Option<EventId>,
    /// What there is and what is missing: a name, an event, what became of it.
    pub found: Vec<Row>,
    /// What it would take.
    pub takes: String,
    /// What to ask next, where this only moves the question.
    pub ask: Option<Wanted>,
}

/// One line of an answer: a few columns, and text that may go on beneath itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// What it is about: a node's name, or a word.
    pub head: String,
    /// The event that shows it.
    pub event: Option<EventId>,
    /// What is to be said.
    pub text: String,
}

impl Absence {
    fn has(event: EventId) -> Self {
        Absence { happened: Some(event), ..Absence::default() }
    }

    fn say(&mut self, head: &str, event: Option<EventId>, text: impl Into<String>) {
        self.found.push(Row { head: head.to_owned(), event, text: text.into() });
    }
}

/// Why something had not happened when an event and all before it had.
pub fn why_not(trace: &Trace, wanted: &Wanted, at: EventId) -> Absence {
    let asker = Asker { trace, at, survey: Survey::of(trace) };
    match wanted {
        Wanted::Committed(index) => asker.committed(*index),
        Wanted::Leader(None) => asker.leader(),
        Wanted::Leader(Some(node)) => asker.leader_node(*node),
        Wanted::Delivered(value, node) => asker.delivered(value, *node),
        Wanted::Returned(operation) => asker.returned(*operation),
    }
}

/// An answer as text: `WHY NOT  committed 5, at 1.200 (e801)`, then what there is and what is missing.
pub fn why_not_lines(trace: &Trace, wanted: &Wanted, at: EventId, absence: &Absence) -> Vec<String> {
    let what = plain(&wanted.words(trace));
    if let Some(event) = absence.happened {
        return vec![
            format!("WHY NOT  {what}"),
            format!("  it has: {event}, at {}: {}", trace.record(event).time(), plain(&fact_words(trace, event))),
        ];
    }
    let mut lines = vec![format!("WHY NOT  {what}, at {} ({at})", trace.record(at).time())];
    let head = absence.found.iter().map(|row| row.head.len()).max().unwrap_or(0);
    let named = absence.found.iter().filter_map(|row| row.event);
    let width = named.map(|event| event.to_string().len()).max().unwrap_or(0);
    for row in &absence.found {
        let event = row.event.map(|event| event.to_string()).unwrap_or_default();
        let start = format!("  {:<head$}  {event:<width$}{}", row.head, if width > 0 { "  " } else { "" });
        let room = COLUMNS - start.len();
        for (place, part) in wrap(&plain(&row.text), room, room).iter().enumerate() {
            let start = if place == 0 { start.clone() } else { " ".repeat(start.len()) };
            lines.push(format!("{start}{part}").trim_end().to_owned());
        }
    }
    let room = COLUMNS - 10;
    for (place, part) in wrap(&plain(&absence.takes), room, room).iter().enumerate().filter(|part| !part.1.is_empty())
    {
        lines.push(format!("{}{part}", if place == 0 { "IT TAKES  " } else { "          " }));
    }
    lines
}

/// What is asked of: a run up to an event.
struct Asker<'a> {
    trace: &'a Trace,
    at: EventId,
    survey: Survey<'a>,
}

impl Asker<'_> {
    fn name(&self, node: NodeId) -> &str {
        self.trace.cluster().name(node)
    }

    /// What happened at a node so far, the last first.
    fn back_from_now(&self, node: NodeId) -> impl Iterator<Item = EventId> {
        self.trace.events_of(node).rev().skip_while(|id| *id > self.at)
    }

    /// Whether a node knows by now that something happened.
    fn knows(&self, node: NodeId, event: EventId) -> bool {
        self.back_from_now(node).next().is_some_and(|last| last == event || self.trace.before(event, last))
    }
}

#[cfg(test)]
mod tests;
