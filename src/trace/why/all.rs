//! `why --all`: everything that an event can have depended on, what happens all the time counted.

use super::COLUMNS;
use crate::node::EventId;
use crate::trace::record::{EventKind, Trace};
use crate::trace::story::wrap;
use crate::trace::words::{count_of, fact_words, plain, spaced};
use std::collections::{BTreeMap, BTreeSet};

/// So many events of a past are told, at the most; what is frequent is counted.
pub const TOLD: usize = 40;

/// All that happened before an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The event.
    pub tip: EventId,
    /// Its past in order, without itself.
    pub events: Vec<EventId>,
    /// How many events the longest causal chain to it has, itself included.
    pub chain: usize,
    /// How many events neither influenced it nor were influenced by it.
    pub concurrent: usize,
}

/// The whole past of an event. It looks at every event of the run once.
pub fn whole_past(trace: &Trace, tip: EventId) -> Past {
    let (past, future) = (trace.past(tip), trace.future(tip));
    let events: Vec<EventId> = trace.ids().filter(|id| past.contains(trace, *id)).collect();
    let later = trace.ids().filter(|id| future.contains(trace, *id)).count();
    let concurrent = trace.len() - 1 - events.len() - later;
    Past { tip, chain: trace.longest_chain_to(tip).len(), concurrent, events }
}

/// A past as text: its size, then an event a line; kinds of events that come often are counted between them.
pub fn past_lines(trace: &Trace, past: &Past) -> Vec<String> {
    let before = count_of(past.events.len(), "event");
    let mut lines = vec![
        format!("WHY {}  all of its past: {before}; the longest causal chain has {}", past.tip, past.chain),
        format!("  {} concurrent with it: neither could influence the other", are(past.concurrent)),
    ];
    let counted = counted(trace, &past.events);
    let width = past.tip.to_string().len();
    let mut folded: BTreeMap<Kind, usize> = BTreeMap::new();
    for &id in past.events.iter().chain([&past.tip]) {
        let kind = kind(trace, id);
        if id != past.tip && counted.contains(&kind) {
            *folded.entry(kind).or_default() += 1;
            continue;
        }
        lines.extend(fold_lines(&std::mem::take(&mut folded)));
        let time = trace.record(id).time().to_string();
        let mut line = format!("  {time:>8}  {:<width$}  {}", id.to_string(), plain(&fact_words(trace, id)));
        line.truncate(COLUMNS);
        lines.push(line);
    }
    lines
}

fn are(count: usize) -> String {
    format!("{} {}", count_of(count, "event"), if count == 1 { "is" } else { "are" })
}

/// What an event is, as it is counted.
type Kind = (EventKind, &'static str);

fn kind(trace: &Trace, id: EventId) -> Kind {
    let name = trace.fact(id).map_or(trace.name(id), |fact| fact.kind().name());
    match trace.record(id).kind() {
        // What was sent and what arrived are counted together.
        EventKind::Send => (EventKind::Deliver, name),
        kind => (kind, name),
    }
}

/// The kinds that are counted: the most frequent, until the rest fits. Faults and what was asked for are always told
/// before what protocols do by themselves is.
fn counted(trace: &Trace, events: &[EventId]) -> BTreeSet<Kind> {
    let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
    for id in events {
        *kinds.entry(kind(trace, *id)).or_default() += 1;
    }
    let mut kinds: Vec<(Kind, usize)> = kinds.into_iter().collect();
    kinds.sort_by_key(|(kind, count)| (kind.0 == EventKind::Fault, std::cmp::Reverse(*count)));
    let (mut left, mut counted) = (events.len(), BTreeSet::new());
    for (kind, count) in kinds {
        if left <= TOLD {
            break;
        }
        left -= count;
        counted.insert(kind);
    }
    counted
}

/// `:  16 x AppendEntries, 4 syncs`: of messages the sendings and the arrivals.
fn fold_lines(folded: &BTreeMap<Kind, usize>) -> Vec<String> {
    if folded.is_empty() {
        return Vec::new();
    }
    let parts: Vec<String> = folded.iter().map(|(kind, count)| kind_words(*kind, *count)).collect();
    let start = "         :  ";
    let room = COLUMNS - start.len();
    let lines = wrap(&parts.join(", "), room, room);
    let line = |(place, part): (usize, &String)| format!("{}{part}", if place == 0 { start } else { "            " });
    lines.iter().enumerate().map(line).collect()
}

fn kind_words((kind, name): Kind, count: usize) -> String {
    match kind {
        EventKind::Boot => count_of(count, "boot"),
        EventKind::Deliver | EventKind::Send => format!("{count} x {name}"),
        EventKind::TimerFired => count_of(count, &format!("{} timer", spaced(name))),
        EventKind::SyncDone => count_of(count, "sync"),
        EventKind::Operation => count_of(count, "new operation"),
        EventKind::Lost => format!("{count} {name} lost"),
        EventKind::Fact => format!("{count} x {}", spaced(name)),
        EventKind::Fault => count_of(count, "fault"),
    }
}
