//! What is searched for: terms that must all hold of an event, such as `kind:deliver node:n2 msg:Vote term>3 text~timeout`.
//!
//! Most of it the trace tells. What a message says is not in the trace: it is had by running again, so it is asked last.

use super::words;
use crate::node::{EventId, FactKind, NodeId, SimSpan};
use crate::scenario::nearest;
use crate::trace::{EventKind, Trace, Tree};

/// What may stand before a colon.
const FIELDS: [&str; 7] = ["kind", "node", "msg", "from", "to", "fact", "fault"];

/// What may be compared with a number.
const NUMBERS: [&str; 3] = ["term", "time", "event"];

/// The forms, for those who wrote another.
pub const FORMS: &str = "accepted: kind:deliver node:n2 msg:Vote from:n1 to:n3 fact:Voted fault:crash term>3 .field=5 time<1.25s event>=40 text~word word !term";

/// A search.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query(Vec<Term>);

#[derive(Clone, Debug, PartialEq)]
struct Term {
    /// Whether it must not hold.
    negated: bool,
    test: Test,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Kind(EventKind),
    Node(NodeId),
    From(NodeId),
    To(NodeId),
    Message(String),
    Fact(FactKind),
    Fault(String),
    Text(String),
    Number(usize, Relation, f64),
    /// A field of what a message says.
    Field(String, Relation, String),
}

/// How two numbers are to stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Less,
    LessOrEqual,
    Equal,
    Unequal,
    MoreOrEqual,
    More,
}

impl Relation {
    /// The longer signs come first.
    pub const ALL: [(&'static str, Relation); 6] = [
        ("<=", Relation::LessOrEqual),
        (">=", Relation::MoreOrEqual),
        ("!=", Relation::Unequal),
        ("<", Relation::Less),
        (">", Relation::More),
        ("=", Relation::Equal),
    ];

    pub fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Relation::Less => a < b,
            Relation::LessOrEqual => a <= b,
            Relation::Equal => a == b,
            Relation::Unequal => a != b,
            Relation::MoreOrEqual => a >= b,
            Relation::More => a > b,
        }
    }

    /// How two values stand: as numbers where they are some, else as words, which are only equal or not.
    pub fn compares(self, value: &str, wanted: &str) -> bool {
        match (value.parse(), wanted.trim_end_matches('s').parse()) {
            (Ok(value), Ok(wanted)) => self.holds(value, wanted),
            _ => match self {
                Relation::Equal => value.eq_ignore_ascii_case(wanted),
                Relation::Unequal => !value.eq_ignore_ascii_case(wanted),
                _ => false,
            },
        }
    }

    /// The first sign in a text: what stands before it, which it is, and what follows.
    pub fn split(text: &str) -> Option<(&str, Relation, &str)> {
        let found = Relation::ALL.iter().filter_map(|(sign, relation)| Some((text.find(sign)?, sign, *relation)));
        let (at, sign, relation) = found.min_by_key(|(at, sign, _)| (*at, std::cmp::Reverse(sign.len())))?;
        Some((text[..at].trim(), relation, text[at + sign.len()..].trim()))
    }
}

impl Query {
    /// Reads a search in a run; says what is wrong with it.
    pub fn parse(text: &str, trace: &Trace) -> Result<Query, String> {
        words_of(text).into_iter().map(|word| Term::parse(&word, trace)).collect::<Result<Vec<_>, _>>().map(Query)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all of it holds of an event; `None` where that is for its message to say.
    pub fn holds(&self, trace: &Trace, id: EventId) -> Option<bool> {
        let mut whole = Some(true);
        for term in &self.0 {
            match term.test.holds(trace, id) {
                Some(holds) if holds == term.negated => return Some(false),
                Some(_) => {}
                None => whole = None,
            }
        }
        whole
    }

    /// The same, given what the event's message says.
    pub fn holds_of_message(&self, trace: &Trace, id: EventId, message: &Tree) -> bool {
        let holds = |term: &Term| term.test.holds(trace, id).unwrap_or_else(|| term.test.holds_of_message(message));
        self.0.iter().all(|term| holds(term) != term.negated)
    }
}

/// The words of a line; what stands in quotes is one.
fn words_of(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for letter in text.chars() {
        match letter {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            letter => word.push(letter),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

impl Term {
    fn parse(word: &str, trace: &Trace) -> Result<Term, String> {
        let (negated, rest) = match word.strip_prefix('!') {
            Some(rest) if !rest.is_empty() => (true, rest),
            _ => (false, word),
        };
        Ok(Term { negated, test: Test::parse(rest, trace)? })
    }
}

impl Test {
    fn parse(word: &str, trace: &Trace) -> Result<Test, String> {
        if let Some(text) = word.strip_prefix("text~") {
            return Ok(Test::Text(text.to_lowercase()));
        }
        if let Some((field, value)) = word.split_once(':') {
            return Test::named(field, value, trace);
        }
        match Relation::split(word) {
            Some((field, relation, value)) if field.len() > 1 && field.starts_with('.') => {
                Ok(Test::Field(field[1..].to_owned(), relation, value.to_owned()))
            }
            Some((field, relation, value)) if !field.is_empty() => {
                let place = NUMBERS.iter().position(|known| *known == field);
                let place = place.ok_or_else(|| unknown("field", field, NUMBERS.iter().copied()))?;
                let number = match place {
                    1 => seconds(value),
                    2 => value.trim_start_matches('e').parse().ok(),
                    _ => value.parse().ok(),
                };
                let number = number.ok_or_else(|| format!("{value:?} is no {field}; {FORMS}"))?;
                Ok(Test::Number(place, relation, number))
            }
            _ => Ok(Test::Text(word.to_lowercase())),
        }
    }

    fn named(field: &str, value: &str, trace: &Trace) -> Result<Test, String> {
        let cluster = trace.cluster();
        let node = |value: &str| {
            cluster.find(value).ok_or_else(|| unknown("node", value, cluster.names().iter().map(String::as_str)))
        };
        match field {
            "kind" => {
                let kind = EventKind::ALL.into_iter().find(|kind| kind.name() == value);
                kind.map(Test::Kind)
                    .ok_or_else(|| unknown("kind", value, EventKind::ALL.iter().map(|kind| kind.name())))
            }
            "node" => node(value).map(Test::Node),
            "from" => node(value).map(Test::From),
            "to" => node(value).map(Test::To),
            "msg" => {
                let known = trace.names().iter().copied().find(|name| name.eq_ignore_ascii_case(value));
                let known = known.ok_or_else(|| unknown("message", value, trace.names().iter().copied()))?;
                Ok(Test::Message(known.to_owned()))
            }
            "fact" => {
                let kind = FactKind::ALL.iter().find(|kind| kind.name().eq_ignore_ascii_case(value));
                kind.map(|kind| Test::Fact(*kind))
                    .ok_or_else(|| unknown("fact", value, FactKind::ALL.iter().map(|kind| kind.name())))
            }
            "fault" => Ok(Test::Fault(value.to_lowercase())),
            _ => Err(unknown("field", field, FIELDS.into_iter().chain(["text"]))),
        }
    }

    /// Whether it holds of an event; `None` where that is for its message to say.
    fn holds(&self, trace: &Trace, id: EventId) -> Option<bool> {
        let kind = trace.record(id).kind();
        // A message's ends: of what is sent and received the node and its peer, of what is lost what its sending says.
        let ends = match kind {
            EventKind::Send => (trace.node(id), trace.peer(id)),
            EventKind::Deliver => (trace.peer(id), trace.node(id)),
            EventKind::Lost => (trace.peer(id), trace.record(id).cause().and_then(|send| trace.peer(send))),
            _ => (None, None),
        };
        let is_message = ends.0.is_some();
        Some(match self {
            Test::Kind(wanted) => kind == *wanted,
            Test::Node(node) => {
                trace.node(id) == Some(*node)
                    || trace.fault(id).is_some_and(|record| record.fault.node() == Some(*node))
            }
            Test::From(node) => ends.0 == Some(*node),
            Test::To(node) => ends.1 == Some(*node),
            Test::Message(name) => is_message && trace.name(id) == name,
            Test::Fact(wanted) => trace.fact(id).is_some_and(|fact| fact.kind() == *wanted),
            Test::Fault(word) => trace
                .fault(id)
                .is_some_and(|record| record.fault.describe(trace.cluster()).to_lowercase().contains(word)),
            Test::Text(text) => words::holds(trace, id, text),
            Test::Number(0, ..) | Test::Field(..) if is_message => return None,
            Test::Field(..) => false,
            Test::Number(0, relation, number) => {
                trace.fact(id).and_then(|fact| fact.term()).is_some_and(|term| relation.holds(term as f64, *number))
            }
            Test::Number(1, relation, number) => relation.holds(trace.record(id).time().0 as f64 / 1e9, *number),
            Test::Number(_, relation, number) => relation.holds(f64::from(id.0), *number),
        })
    }

    /// Whether it holds of what a message says.
    fn holds_of_message(&self, message: &Tree) -> bool {
        match self {
            Test::Field(name, relation, wanted) => {
                message.named(name).is_some_and(|value| relation.compares(&value, wanted))
            }
            Test::Number(_, relation, number) => {
                let term = message.named("term").and_then(|term| term.parse().ok());
                term.is_some_and(|term: f64| relation.holds(term, *number))
            }
            _ => false,
        }
    }
}

/// `1.25s`, `250ms` or a number of seconds.
fn seconds(text: &str) -> Option<f64> {
    text.parse().ok().or_else(|| text.parse::<SimSpan>().ok().map(|span| span.0 as f64 / 1e9))
}

fn unknown<'a>(what: &str, word: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(word, known.clone()) {
        Some(nearest) => format!("no {what} is called {word:?}; nearest: {nearest}"),
        None => format!("no {what} is called {word:?}; accepted: {}", known.take(12).collect::<Vec<_>>().join(" ")),
    }
}

/// What the last word of a line could become.
pub fn completions(text: &str, trace: &Trace) -> Vec<String> {
    let last = text.rsplit(' ').next().unwrap_or_default().trim_start_matches('!');
    let nodes = || trace.cluster().names().iter().map(String::as_str).collect::<Vec<_>>();
    let (head, known, begun) = match last.split_once(':') {
        None => {
            let fields = FIELDS.iter().map(|field| format!("{field}:"));
            let all = fields.chain(["term>", "time>", "event>", "text~"].map(str::to_owned));
            return all.filter(|field| field.starts_with(last)).collect();
        }
        Some(("kind", begun)) => ("kind", EventKind::ALL.iter().map(|kind| kind.name()).collect(), begun),
        Some((field @ ("node" | "from" | "to"), begun)) => (field, nodes(), begun),
        Some(("msg", begun)) => ("msg", trace.names().to_vec(), begun),
        Some(("fact", begun)) => ("fact", FactKind::ALL.iter().map(|kind| kind.name()).collect(), begun),
        Some(("fault", begun)) => ("fault", vec!["crash", "restart", "pause", "cut", "heal", "clock", "disk"], begun),
        Some(_) => return Vec::new(),
    };
    let begun = begun.to_lowercase();
    let fits = known.into_iter().filter(|name| name.to_lowercase().starts_with(&begun));
    fits.map(|name| format!("{head}:{name}")).collect()
}

/// The line with its last word completed as far as all that it could become agree.
pub fn completed(text: &str, candidates: &[String]) -> String {
    let Some(first) = candidates.first() else { return text.to_owned() };
    let is_shared = |length: &usize| {
        candidates.iter().all(|other| other.is_char_boundary(*length) && other.starts_with(&first[..*length]))
    };
    let shared =
        (0..=first.len()).filter(|length| first.is_char_boundary(*length)).filter(is_shared).max().unwrap_or(0);
    let start = text.rfind(' ').map_or(0, |blank| blank + 1);
    let start = start + usize::from(text[start..].starts_with('!'));
    let end = if candidates.len() == 1 && !first.ends_with([':', '>', '~']) { " " } else { "" };
    format!("{}{}{end}", &text[..start], &first[..shared])
}
