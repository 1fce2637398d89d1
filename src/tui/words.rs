//! What a row says: what happened, in a few words.

use super::model::Model;
use super::rows::Row;
use crate::node::{EventId, Fact, LossReason, NodeId, OperationId, Outcome};
use crate::trace::{EventKind, Trace};
use std::cmp::Reverse;

/// How loudly a row speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// As things go.
    Plain,
    /// A turn of the story: marked `*`.
    Turn,
    /// Something broke: marked `!`.
    Alarm,
}

/// A row's weight.
pub fn weight(trace: &Trace, id: EventId) -> Weight {
    match trace.record(id).kind() {
        EventKind::Fault => match trace.fault(id) {
            Some(record) if record.fault.mends() || record.ends => Weight::Turn,
            _ => Weight::Alarm,
        },
        EventKind::Fact => match trace.fact(id) {
            Some(Fact::BecameLeader { .. } | Fact::Acquired { .. } | Fact::Decided { .. }) => Weight::Turn,
            _ => Weight::Plain,
        },
        _ => Weight::Plain,
    }
}

/// What the trace calls a kind without a name.
const NAMELESS: &str = "-";

/// What happened on a row.
pub fn words(trace: &Trace, row: Row) -> String {
    let (id, cluster) = (row.first, trace.cluster());
    let name = |node: Option<NodeId>| node.map_or("?", |node| cluster.name(node));
    let (me, peer) = (name(trace.node(id)), name(trace.peer(id)));
    // Messages and timers need not have names.
    let (kind, timer) = match trace.name(id) {
        NAMELESS => ("message", "timer".to_owned()),
        kind => (kind, format!("{kind} timer")),
    };
    match trace.record(id).kind() {
        EventKind::Boot => match trace.incarnation(id) {
            Some(0) | None => format!("{me} starts"),
            Some(_) => format!("{me} boots from its disk"),
        },
        EventKind::Deliver => format!("{me} gets {peer}'s {kind}"),
        EventKind::TimerFired => format!("{me}'s {timer} fires"),
        EventKind::SyncDone => format!("{me}'s writes are durable"),
        EventKind::Operation => {
            let asked = trace.operation(id).map(|record| record.operation.op.to_string()).unwrap_or_default();
            format!("{me}'s task: {asked}")
        }
        EventKind::Send if row.count() > 1 => format!("{me} sends {kind} ×{}", row.count()),
        EventKind::Send => format!("{me} sends {peer} {kind}"),
        EventKind::Lost => {
            let to = name(trace.record(id).cause().and_then(|send| trace.peer(send)));
            format!("lost: {kind} {peer}>{to}{}", trace.loss(id).map_or(String::new(), |reason| why(reason, to)))
        }
        EventKind::Fact => trace.fact(id).map_or(String::new(), |fact| fact_words(trace, me, fact, row)),
        EventKind::Fault => trace.fault(id).map_or(String::new(), |record| {
            // A label that begins with ~ was made by the reader of the scenario, not by its writer.
            let label = record.label.as_ref().filter(|label| !label.starts_with('~'));
            let label = label.map_or(String::new(), |label| format!(" ({label})"));
            format!("{}{label}", record.fault.describe(cluster))
        }),
    }
}

/// Turns of a slice that are looked at: whoever wants more looks closer.
const TURNS_WITHIN: usize = 512;

/// What a slice of the run says in so many letters: its gravest turns first, and how loudly it speaks.
pub fn of_slice(model: &Model, row: Row, room: usize) -> (String, Weight) {
    let trace = model.trace();
    let weighed = |id: EventId| match model.violations_at(id).next() {
        Some(mark) => (Weight::Alarm, format!("BROKEN {}", mark.headline)),
        None => (weight(trace, id), words(trace, Row { first: id, last: id })),
    };
    let mut turns: Vec<(Weight, String)> = model.zoom.turns(row).take(TURNS_WITHIN).map(weighed).collect();
    turns.sort_by_key(|(weight, _)| Reverse(*weight));
    let weight = turns.first().map_or(Weight::Plain, |(weight, _)| *weight);
    let mut text = String::new();
    for (place, (_, turn)) in turns.iter().enumerate() {
        let more = format!("{}{turn}", if place > 0 { "; " } else { "" });
        let rest = turns.len() - place;
        if place > 0 && text.chars().count() + more.chars().count() + 5 > room {
            return (format!("{text} +{rest}"), weight);
        }
        text += &more;
    }
    (text, weight)
}

fn why(reason: LossReason, to: &str) -> String {
    match reason {
        LossReason::Chance => ", by chance".to_owned(),
        LossReason::Dropped => ", by a fault".to_owned(),
        LossReason::Cut => ", link cut".to_owned(),
        LossReason::Down => format!(", {to} is down"),
        LossReason::Full => format!(", {to}'s inbox full"),
    }
}

fn fact_words(trace: &Trace, me: &str, fact: &Fact, row: Row) -> String {
    let name = |node: NodeId| trace.cluster().name(node);
    let span = |index: u64| match row.count() {
        1 => index.to_string(),
        count => format!("{index}-{}", index + u64::from(count) - 1),
    };
    match fact {
        Fact::BecameCandidate { term } => format!("{me} stands for term {term}"),
        Fact::BecameLeader { term } => format!("{me} LEADS term {term}"),
        Fact::BecameFollower { term } => format!("{me} follows in term {term}"),
        Fact::Voted { term, candidate } if name(*candidate) == me => format!("{me} votes for itself, term {term}"),
        Fact::Voted { term, candidate } => format!("{me} votes {}, term {term}", name(*candidate)),
        Fact::Appended { index, term, .. } => format!("{me} logs {}, term {term}", span(*index)),
        Fact::Truncated { index } => format!("{me} drops its log from {index} on"),
        Fact::Compacted { index, .. } => format!("{me} snapshots up to {index}"),
        Fact::Installed { index, .. } => format!("{me} takes a snapshot up to {index}"),
        Fact::Restored { index, .. } => format!("{me} finds {} on its disk", span(*index)),
        Fact::Recovered { index, term } => format!("{me} back: term {term}, log to {index}"),
        Fact::Committed { index, .. } => format!("{me} knows {index} committed"),
        Fact::Applied { index, .. } => format!("{me} applies {}", span(*index)),
        Fact::Asked { operation, server } => format!("{me} asks {}: {}", name(*server), what(trace, *operation)),
        Fact::Returned { operation, outcome } => {
            let ended = match outcome {
                Outcome::Ok(value) if is_read(trace, *operation) => format!("is {value}"),
                Outcome::Ok(_) => "ok".to_owned(),
                Outcome::Failed => "FAILED".to_owned(),
            };
            format!("{me} is told: {} {ended}", what(trace, *operation))
        }
        Fact::TimedOut { operation } => format!("{me} gives up {}: UNKNOWN", what(trace, *operation)),
        Fact::Delivered { from, value } => format!("{me} delivers {value} of {}", name(*from)),
        Fact::Acquired { token } => format!("{me} HOLDS the lock, token {token}"),
        Fact::Released { token } => format!("{me} lets go, token {token}"),
        Fact::Decided { value } => format!("{me} DECIDES {value}"),
        Fact::Note(text) => format!("{me}: {text}"),
        Fact::Stamped { .. } | Fact::ClockEstimated { .. } => crate::trace::words::of_fact(trace, me, fact),
        Fact::Replaces { .. } | Fact::Stored { .. } | Fact::Owners { .. } => {
            crate::trace::words::of_fact(trace, me, fact)
        }
        Fact::Broadcast { value } => format!("{me} broadcasts {value}"),
        Fact::Deposited { amount } => format!("{me} starts with {amount}"),
        Fact::Recorded { amount } => format!("{me} records {amount}"),
        Fact::ChannelRecorded { from, amount } => format!("{me} records from {}: {amount}", name(*from)),
    }
}

fn what(trace: &Trace, operation: OperationId) -> String {
    trace.operation_by_id(operation).map(|record| record.operation.op.to_string()).unwrap_or_default()
}

fn is_read(trace: &Trace, operation: OperationId) -> bool {
    trace.operation_by_id(operation).is_some_and(|record| record.operation.op.is_read())
}

/// Whether the words of an event or its names hold a text, letters of either case alike.
pub fn holds(trace: &Trace, id: EventId, lower_case_text: &str) -> bool {
    let row = Row { first: id, last: id };
    let kind = trace.record(id).kind().name();
    let fact = trace.fact(id).map_or("", |fact| fact.kind().name());
    words(trace, row).to_lowercase().contains(lower_case_text)
        || kind.contains(lower_case_text)
        || fact.to_lowercase().contains(lower_case_text)
}
