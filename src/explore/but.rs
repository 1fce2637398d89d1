//! One changed fact: a run as it would have been, but for one message or one fault.
//!
//! A change is written as an entry of the scenario's faults, so that whoever wants to keep it can paste it there. One
//! message is named by its kind, its way and its place among its like: the 17th `AppendEntries` from n1 to n2. Up to the
//! change both runs are the same, and after it every draw is still the same draw, as each is keyed by what it is for:
//! what differs follows from the change.

use crate::node::{EventId, SimSpan};
use crate::scenario::nearest;
use crate::trace::{EventKind, Trace, describe};

/// How changes are written, for those who wrote one otherwise.
pub const FORMS: &str = "accepted: drop EVENT; delay EVENT +SPAN; arrive EVENT +SPAN; duplicate EVENT;\n\
    \x20         crash, restart, pause, resume, wipe, isolate NODE at TIME;\n\
    \x20         cut, heal NODE NODE at TIME; ... at 3s for 500ms  where it may last;\n\
    \x20         or an entry of a scenario's faults in parentheses";

/// A change that a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// To one message: a word, and the event that sends it.
    Message(MessageWord, EventId),
    /// Anything else, as an entry of a scenario's faults.
    Entry(String),
}

/// What is done to one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageWord {
    /// It is lost.
    Drop,
    /// It takes that much longer.
    Delay(SimSpan),
    /// It arrives so long after its sending.
    Arrive(SimSpan),
    /// It arrives twice.
    Duplicate,
}

/// Words for faults of one node, and what a scenario calls them.
const OF_NODE: &[(&str, &str)] = &[
    ("crash", "Crash"),
    ("restart", "Restart"),
    ("pause", "Pause"),
    ("resume", "Resume"),
    ("wipe", "Wipe"),
    ("isolate", "Isolate"),
];
/// Words for faults of the link between two nodes.
const OF_LINK: &[(&str, &str)] = &[("cut", "Cut"), ("heal", "Heal")];
const OF_MESSAGE: &[&str] = &["drop", "delay", "arrive", "duplicate"];

impl Change {
    /// Reads what a person wrote, for a run among these nodes that ends at `until`.
    pub fn parse(text: &str, nodes: &[String], until: SimSpan) -> Result<Change, String> {
        if text.trim_start().starts_with('(') {
            return Ok(Change::Entry(text.trim().to_owned()));
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let unclear = || format!("--but {text:?} is not understood\n{FORMS}");
        let event = |word: &str| {
            let number = word.strip_prefix('e').and_then(|number| number.parse().ok());
            number.map(EventId).ok_or_else(|| format!("{word:?} is no event; events are written like e131\n{FORMS}"))
        };
        match words[..] {
            ["drop", sent] => return Ok(Change::Message(MessageWord::Drop, event(sent)?)),
            ["duplicate", sent] => return Ok(Change::Message(MessageWord::Duplicate, event(sent)?)),
            ["delay", sent, by] => {
                let span = span(by.trim_start_matches('+'))?;
                return Ok(Change::Message(MessageWord::Delay(span), event(sent)?));
            }
            ["arrive", sent, after] => {
                let span = span(after.trim_start_matches('+'))?;
                return Ok(Change::Message(MessageWord::Arrive(span), event(sent)?));
            }
            _ => {}
        }
        let word = words.first().copied().unwrap_or_default();
        let find =
            |table: &[(&str, &'static str)]| table.iter().find(|(known, _)| *known == word).map(|found| found.1);
        let node = |name: &str| match nodes.iter().any(|node| node == name) {
            true => Ok(format!("{name:?}")),
            false => Err(format!("{name:?} is not a node here\naccepted: {}", nodes.join(" "))),
        };
        let (does, when) = match (find(OF_NODE), find(OF_LINK), &words[..]) {
            (Some(fault), _, [_, name, when @ ..]) => (format!("{fault}({})", node(name)?), when),
            (_, Some(fault), [_, one, other, when @ ..]) if *other != "at" => {
                (format!("{fault}(Between({}, {}))", node(one)?, node(other)?), when)
            }
            (None, None, _) if !OF_MESSAGE.contains(&word) => {
                let known = OF_NODE.iter().chain(OF_LINK).map(|(known, _)| *known).chain(OF_MESSAGE.iter().copied());
                let nearest = nearest(word, known).map(|known| format!("\nnearest: {known}")).unwrap_or_default();
                return Err(format!("--but {text:?}: nothing is called {word:?}{nearest}\n{FORMS}"));
            }
            _ => return Err(unclear()),
        };
        let (at, lasting) = match when {
            ["at", at] => (*at, None),
            ["at", at, "for", lasting] => (*at, Some(*lasting)),
            _ => return Err(unclear()),
        };
        if span(at)? > until {
            return Err(format!("--but {text:?}: the run ends at {until}, before that"));
        }
        let lasting = match lasting {
            None => String::new(),
            Some(lasting) => span(lasting).map(|_| format!(", lasting: {lasting:?}"))?,
        };
        Ok(Change::Entry(format!("(at: {at:?}, do: {does}{lasting})")))
    }

    /// The change as an entry of a scenario's faults, given the run without it.
    pub fn entry(&self, trace: &Trace) -> Result<String, String> {
        let (word, event) = match self {
            Change::Entry(entry) => return Ok(entry.clone()),
            Change::Message(word, event) => (word, *event),
        };
        let send = sending(trace, event)?;
        let (kind, from, to) = (trace.name(send), name(trace, trace.node(send)), name(trace, trace.peer(send)));
        let nth = match nth(trace, send) {
            1 => String::new(),
            nth => format!(", nth: {nth}"),
        };
        let does = match word {
            MessageWord::Drop => "Drop".to_owned(),
            MessageWord::Duplicate => "Duplicate".to_owned(),
            MessageWord::Delay(span) => format!("Delay(\"{span}\")"),
            MessageWord::Arrive(span) => format!("Arrive(\"{span}\")"),
        };
        Ok(format!("(on: Message(kind: {kind:?}, from: {from:?}, to: {to:?}){nth}, do: {does})"))
    }
}

fn span(text: &str) -> Result<SimSpan, String> {
    text.parse()
}

fn name(trace: &Trace, node: Option<crate::node::NodeId>) -> &str {
    node.map_or("?", |node| trace.cluster().name(node))
}

/// The sending that an event is, or the end of.
pub fn sending(trace: &Trace, event: EventId) -> Result<EventId, String> {
    let Some(record) = trace.get(event) else {
        return Err(format!("the run has no {event}; its last event is e{}", trace.len().saturating_sub(1)));
    };
    match record.kind() {
        EventKind::Send => Ok(event),
        EventKind::Deliver | EventKind::Lost => record.cause().ok_or_else(|| format!("nobody sent {event}")),
        _ => {
            let is_send = |id: &EventId| trace.record(*id).kind() == EventKind::Send;
            let before = (0..event.0).rev().map(EventId).filter(is_send).take(2);
            let after = trace.ids().skip(event.0 as usize).filter(is_send).take(2);
            let mut nearby: Vec<EventId> = before.chain(after).collect();
            nearby.sort_unstable();
            let nearby = nearby.iter().map(|id| format!("\n  {id}  {}", describe(trace, *id))).collect::<String>();
            let nearby = if nearby.is_empty() { " none in this run".to_owned() } else { nearby };
            Err(format!("{event} is no message: it is \"{}\"\nmessages sent nearby:{nearby}", describe(trace, event)))
        }
    }
}

/// The place of a sending among those of its kind on its way, from 1.
pub fn nth(trace: &Trace, send: EventId) -> usize {
    let of = |id: EventId| (trace.node(id), trace.peer(id), trace.name(id));
    let is_like = |id: &EventId| trace.record(*id).kind() == EventKind::Send && of(*id) == of(send);
    trace.ids().take(send.0 as usize + 1).filter(is_like).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Change, String> {
        Change::parse(text, &["n1".to_owned(), "n2".to_owned()], SimSpan::seconds(10))
    }

    #[test]
    fn what_people_write() {
        assert_eq!(read("drop e131"), Ok(Change::Message(MessageWord::Drop, EventId(131))));
        let delay = MessageWord::Delay(SimSpan::millis(5));
        assert_eq!(read("delay e131 +5ms"), Ok(Change::Message(delay.clone(), EventId(131))));
        assert_eq!(read("delay e131 5ms"), Ok(Change::Message(delay, EventId(131))));
        let arrive = MessageWord::Arrive(SimSpan::millis(5));
        assert_eq!(read("arrive e131 +5ms"), Ok(Change::Message(arrive, EventId(131))));
        let entry = |text: &str| Ok(Change::Entry(text.to_owned()));
        assert_eq!(read("crash n2 at 3s"), entry(r#"(at: "3s", do: Crash("n2"))"#));
        assert_eq!(read("pause n2 at 3s for 40ms"), entry(r#"(at: "3s", do: Pause("n2"), lasting: "40ms")"#));
        assert_eq!(read("cut n1 n2 at 3s"), entry(r#"(at: "3s", do: Cut(Between("n1", "n2")))"#));
        assert_eq!(read(r#" (at: "1s", do: Crash(Leader))"#), entry(r#"(at: "1s", do: Crash(Leader))"#));
    }

    #[test]
    fn what_people_write_otherwise() {
        let wrong = [
            "drop",
            "drop it",
            "delay e3",
            "delay e3 long",
            "dorp e3",
            "crash n2",
            "crash n9 at 3s",
            "crash n2 at 11s",
            "cut n1 at 3s",
            "cut n1 n2 after 3s",
            "pause n2 at 3s for ever",
            "",
        ];
        let told = wrong.map(|text| format!("{text}\n{}\n", read(text).unwrap_err()));
        insta::assert_snapshot!(told.join("\n"));
    }
}
