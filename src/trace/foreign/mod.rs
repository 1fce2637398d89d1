//! Logs of other systems: events with vector clocks, in the form that ShiViz reads.
//!
//! A regular expression finds the events in the text; its groups `host`, `clock` and `event` say where each happened,
//! its vector clock (a JSON object: of each host the number of its events that are known, itself included) and what
//! it was. A clock tells the order of all events, so such a log can be counted and walked through like a run of our
//! own. What it does not tell is unknown: true time, states, which message told whom.
//!
//! A file may hold several executions, parted by an expression of their own; each is a log by itself.
//!
//! The rules are ShiViz's (Beschastnikh and others, CACM 2016): a host's clock starts at 1 and counts each of its
//! events; a clock names no host and no event that the log does not hold.

mod clocks;
mod pattern;

#[cfg(test)]
mod tests;

pub use pattern::DEFAULT_PATTERN;

use crate::node::{Cluster, Fact};
use crate::trace::record::{EventKind, Record, Trace};
use pattern::{Header, Pattern};
use std::collections::BTreeMap;
use std::fmt;

/// The log of another system, its clocks checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignLog {
    /// The hosts in the order in which they first appear.
    pub hosts: Vec<String>,
    /// Every event after all that came before it; otherwise in the order of the log.
    pub events: Vec<ForeignEvent>,
    /// How many lines that are not empty belong to no event.
    pub passed_over: usize,
    /// Where a clock forgot what it had known.
    pub forgotten: Vec<LogMistake>,
}

/// One event of such a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignEvent {
    /// Its host's place among the hosts.
    pub host: usize,
    /// What it was, in the log's words.
    pub text: String,
    /// Its vector clock, by the hosts' places.
    pub clock: Vec<u32>,
    /// The length of the longest causal chain that ends in it.
    pub lamport: u32,
    /// The line on which it begins, from 1.
    pub line: usize,
}

/// What is wrong with a log, and on which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogMistake {
    /// The line, from 1; `None` where it is about the whole.
    pub line: Option<usize>,
    /// What is wrong.
    pub text: String,
    /// What would be right.
    pub accepted: &'static str,
}

/// What an expression must find.
const ACCEPTED_PATTERN: &str = "accepted: lines that an expression finds, with the groups host, clock and event:  --regex R\n\
    (JavaScript's notation, without look-ahead, look-behind and back references)";
/// What the clocks must be.
const ACCEPTED_CLOCKS: &str = "accepted: each host's own number is 1, 2, 3.., without a gap and none of them twice;\n\
    a clock names its own host, and of others only hosts and events that the log holds";
/// What a clock must look like.
const ACCEPTED_JSON: &str = "accepted: a clock is JSON, of each host a number of events: {\"a\":1,\"b\":2}";
/// What a file must be.
const ACCEPTED_TEXT: &str = "accepted: text in UTF-8";

impl LogMistake {
    fn at(line: usize, text: impl Into<String>) -> Self {
        LogMistake { line: Some(line), text: text.into(), accepted: ACCEPTED_CLOCKS }
    }

    fn of_pattern(text: impl Into<String>) -> Self {
        LogMistake { line: None, text: text.into(), accepted: ACCEPTED_PATTERN }
    }
}

impl fmt::Display for LogMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// How many pairs of events are in an order, and how many are in none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pairs {
    /// One came before the other.
    pub ordered: u64,
    /// Neither can have had any influence on the other.
    pub concurrent: u64,
}

/// The event as it stands in the log: nothing is checked yet.
struct Found {
    host: String,
    clock: BTreeMap<String, u32>,
    text: String,
    line: usize,
}

impl ForeignLog {
    /// Reads a log of one execution, or the first of several. See [`executions`].
    pub fn parse(text: &str, expression: Option<&str>) -> Result<Self, LogMistake> {
        let first = executions(text, expression, None)?.into_iter().next();
        first.map(|execution| execution.log).ok_or_else(|| LogMistake::of_pattern("it holds no execution"))
    }

    /// Reads the events of a text that begins after so many lines.
    fn of_part(text: &str, skipped: usize, pattern: &Pattern) -> Result<Self, LogMistake> {
        let (found, passed_over) = pattern.find(text, skipped)?;
        if found.is_empty() {
            let first = text.lines().position(|line| !line.trim().is_empty()).map(|line| line + skipped + 1);
            let text = format!("no event is found by {:?}", pattern.expression);
            return Err(LogMistake { line: first, ..LogMistake::of_pattern(text) });
        }
        let (hosts, events) = clocks::check(found)?;
        let forgotten = clocks::forgotten(&hosts, &events);
        Ok(ForeignLog { hosts, events, passed_over, forgotten })
    }

    /// The pairs of events by their order. A clock holds of each host how many of its events came before, so the sum
    /// of all clocks, each without its own event, is the number of ordered pairs.
    pub fn pairs(&self) -> Pairs {
        let known = |event: &ForeignEvent| event.clock.iter().map(|known| u64::from(*known)).sum::<u64>() - 1;
        let ordered = self.events.iter().map(known).sum();
        let events = self.events.len() as u64;
        Pairs { ordered, concurrent: events * (events - 1) / 2 - ordered }
    }

    /// How many events the longest causal chain has.
    pub fn longest_chain(&self) -> u32 {
        self.events.iter().map(|event| event.lamport).max().unwrap_or(0)
    }

    /// How many events each host has.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.hosts.len()];
        self.events.iter().for_each(|event| counts[event.host] += 1);
        counts
    }

    /// The log as a trace, for all that walks through traces. Every event is a remark of its host; all instants are
    /// zero, for none is known.
    pub fn trace(&self) -> Result<Trace, LogMistake> {
        let names = short_names(&self.hosts);
        let cluster = Cluster::new([("host", names)]).map_err(|error| LogMistake {
            line: None,
            text: error.to_string(),
            accepted: ACCEPTED_CLOCKS,
        })?;
        let mut trace = Trace::new(cluster);
        let mut known = vec![vec![0; self.hosts.len()]; self.hosts.len()];
        for event in &self.events {
            let mut record = Record::new(EventKind::Fact, Default::default(), Default::default());
            (record.node, record.own) = (event.host as u16, trace.stamps.count(event.host));
            (record.lamport, record.detail) = (event.lamport, trace.facts.len() as u32);
            let news = |other: &usize| *other != event.host && event.clock[*other] > known[event.host][*other];
            let told =
                (0..self.hosts.len()).filter(news).map(|other| trace.by_node[other][event.clock[other] as usize - 1]);
            let teller = told.max_by_key(|id| trace.records[*id as usize].lamport);
            record.set_cause(teller.map(crate::node::EventId));
            trace.stamps.learn_all(event.host, record.own, &event.clock);
            known[event.host].clone_from(&event.clock);
            trace.by_node[event.host].push(trace.records.len() as u32);
            trace.records.push(record);
            trace.facts.push(Fact::note(super::words::plain(&event.text)));
        }
        trace.shrink();
        Ok(trace)
    }
}

/// One of the executions that a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// What the delimiter calls it, else its number from 1.
    pub name: String,
    /// What happened in it.
    pub log: ForeignLog,
}

/// Whether a text brings the expression by which it is read on its first line, as our export and ShiViz's own logs do.
pub fn brings_expression(text: &str) -> bool {
    Header::of(text.trim_start_matches(MARK)).is_some()
}

/// The mark of UTF-8 that some editors put before a text.
const MARK: char = '\u{feff}';

/// Reads the executions of a file, one at least.
///
/// Without an expression the file's own first line is taken where it is one, else [`DEFAULT_PATTERN`]; without a
/// delimiter the line after it, where it is not empty. A delimiter may call what follows it by its group `trace`.
pub fn executions(
    text: &str,
    expression: Option<&str>,
    delimiter: Option<&str>,
) -> Result<Vec<Execution>, LogMistake> {
    let text = text.trim_start_matches(MARK).replace("\r\n", "\n");
    if text.trim().is_empty() {
        return Err(LogMistake::of_pattern("the file is empty"));
    }
    if let Some(zero) = text.find('\0') {
        let line = 1 + text[..zero].matches('\n').count();
        let told = "this is no text: it holds a byte of zero".to_owned();
        return Err(LogMistake { line: Some(line), text: told, accepted: ACCEPTED_TEXT });
    }
    // Who gives an expression of their own may leave the file's line for it in place.
    let header = Header::of(&text);
    let (body, skipped) = header.as_ref().map_or((&*text, 0), |header| (&text[header.bytes..], header.lines));
    let own = |part: fn(&Header) -> &str| header.as_ref().map(part);
    let pattern = expression.or(own(|header| &header.expression)).unwrap_or(DEFAULT_PATTERN);
    let pattern = Pattern::new(pattern).map_err(LogMistake::of_pattern)?;
    let delimiter = delimiter.or(own(|header| &header.delimiter)).filter(|delimiter| !delimiter.is_empty());
    let parts = match delimiter {
        None => vec![pattern::Part { name: None, text: body, skipped }],
        Some(delimiter) => pattern::parts(body, skipped, delimiter).map_err(LogMistake::of_pattern)?,
    };
    let mut executions: Vec<Execution> = Vec::new();
    for part in parts {
        let number = executions.len() + 1;
        let mut name = part.name.unwrap_or_else(|| number.to_string());
        if executions.iter().any(|other| other.name == name) {
            name = format!("{name} ({number})");
        }
        executions.push(Execution { name, log: ForeignLog::of_part(part.text, part.skipped, &pattern)? });
    }
    match executions.is_empty() {
        true => Err(LogMistake::of_pattern("it holds no execution: nothing stands between its delimiters")),
        false => Ok(executions),
    }
}

/// Names that fit a lane: other characters than letters, digits, `-` and `_` become `-`, of long names the end is kept,
/// and what would then be the same is numbered.
fn short_names(hosts: &[String]) -> Vec<String> {
    const LONGEST: usize = 12;
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
    let mut names: Vec<String> = Vec::new();
    for (place, host) in hosts.iter().enumerate() {
        let letters: Vec<char> = host.chars().map(plain).collect();
        let short: String = letters[letters.len().saturating_sub(LONGEST)..].iter().collect();
        let taken = short.is_empty() || names.contains(&short);
        names.push(if taken { format!("host-{}", place + 1) } else { short });
    }
    names
}
