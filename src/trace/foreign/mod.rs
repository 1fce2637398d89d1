//! Logs of other systems: events with vector clocks, in the form that ShiViz reads.
//!
//! A regular expression finds the events in the text; its groups `host`, `clock` and `event` say where each happened,
//! its vector clock (a JSON object: of each host the number of its events that are known, itself included) and what
//! it was. A clock tells the order of all events, so such a log can be counted and walked through like a run of our
//! own. What it does not tell is unknown: true time, states, which message told whom.
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
}

impl LogMistake {
    fn at(line: usize, text: impl Into<String>) -> Self {
        LogMistake { line: Some(line), text: text.into() }
    }

    fn of_all(text: impl Into<String>) -> Self {
        LogMistake { line: None, text: text.into() }
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
    /// Reads a log. Without an expression its own first line is taken where it is one (as our export writes it), else
    /// [`DEFAULT_PATTERN`].
    pub fn parse(text: &str, expression: Option<&str>) -> Result<Self, LogMistake> {
        let text = text.replace("\r\n", "\n");
        let header = if expression.is_none() { Header::of(&text) } else { None };
        let (body, skipped) = header.as_ref().map_or((&*text, 0), |header| (&text[header.bytes..], header.lines));
        let expression = expression.or(header.as_ref().map(|header| &*header.expression));
        let pattern = Pattern::new(expression.unwrap_or(DEFAULT_PATTERN)).map_err(LogMistake::of_all)?;
        let (found, passed_over) = pattern.find(body, skipped)?;
        if found.is_empty() {
            let first = body.lines().position(|line| !line.trim().is_empty()).map(|line| line + skipped + 1);
            let text = format!("no event is found by {:?}", pattern.expression);
            return Err(LogMistake { line: first, text });
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
        let cluster = Cluster::new([("host", names)]).map_err(|error| LogMistake::of_all(error.to_string()))?;
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
