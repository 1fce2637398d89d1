//! One event in a few plain words, for people.

use super::record::{EventKind, OperationRecord, Trace};
use crate::node::{ClockChange, Datum, EventId, Fact, Fault, NodeId, Op, OperationId, Outcome};

/// What one event is, as one would say it aloud: `n3 votes for n1 in term 2`, `c1 gives up on y=7: UNKNOWN`.
pub fn fact_words(trace: &Trace, id: EventId) -> String {
    let who = trace.node(id).map_or("the network", |node| trace.cluster().name(node));
    let peer = trace.peer(id).map_or("?", |peer| trace.cluster().name(peer));
    let name = trace.name(id);
    match trace.record(id).kind() {
        EventKind::Boot if trace.incarnation(id).is_some_and(|times| times > 0) => format!("{who} boots again"),
        EventKind::Boot => format!("{who} boots"),
        EventKind::Deliver => format!("{who} receives {name} from {peer}"),
        EventKind::TimerFired => format!("{who}'s {} timer ends", spaced(name)),
        EventKind::SyncDone => format!("{who}'s disk says: synced"),
        EventKind::Operation => {
            let op = trace.operation(id).map(|record| record.operation.op.to_string()).unwrap_or_default();
            format!("{who} is asked for {op}")
        }
        EventKind::Send => format!("{who} sends {name} to {peer}"),
        EventKind::Lost => {
            let to = trace.record(id).cause().and_then(|send| trace.peer(send));
            let to = to.map_or("?", |to| trace.cluster().name(to));
            let reason = trace.loss(id).map_or("", |reason| reason.describe());
            let colon = if reason.starts_with("lost ") { "" } else { "lost: " };
            format!("{name} from {peer} to {to} is {colon}{reason}")
        }
        EventKind::Fact => trace.fact(id).map_or_else(String::new, |fact| of_fact(trace, who, fact)),
        EventKind::Fault => trace.fault(id).map_or_else(String::new, |record| fault_words(trace, &record.fault)),
    }
}

/// A fault in words. An ordinary crash is told to nobody, which is the whole difficulty.
pub fn fault_words(trace: &Trace, fault: &Fault) -> String {
    match fault {
        Fault::Crash(_) => format!("{}. Nobody is told.", fault.describe(trace.cluster())),
        Fault::Cut(links) if is_all(trace, links) => "CUT: every link".to_owned(),
        Fault::Heal(links) if is_all(trace, links) => "every link is healed".to_owned(),
        Fault::Mark => "this moment has a name; nothing goes wrong".to_owned(),
        Fault::Clock(node, ClockChange::Rate(ppb)) if *ppb != 0 => {
            let how = if *ppb < 0 { "SLOW" } else { "FAST" };
            format!("{}'s clock runs {how} by {}", trace.cluster().name(*node), share_words(ppb.unsigned_abs()))
        }
        Fault::Clock(node, ClockChange::Step(ns)) => {
            spaced_units(&Fault::Clock(*node, ClockChange::Step(rounded(*ns))).describe(trace.cluster()))
        }
        _ => spaced_units(&fault.describe(trace.cluster())),
    }
}

/// A step without what nobody reads: seconds to milliseconds, milliseconds to microseconds.
fn rounded(ns: i64) -> i64 {
    let unit = match ns.unsigned_abs() {
        1_000_000_000.. => 1_000_000,
        1_000_000.. => 1_000,
        _ => 1,
    };
    ns / unit * unit
}

/// So many parts of a thousand million, as people say them: `5 %`, `200 ppm`.
fn share_words(ppb: u64) -> String {
    let (number, thousandths, unit) = match ppb {
        1_000_000.. => (ppb / 10_000_000, ppb / 10_000 % 1000, "%"),
        _ => (ppb / 1000, ppb % 1000, "ppm"),
    };
    let text = format!("{number}.{thousandths:03}");
    format!("{} {unit}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Spans in a text with a space before their units: `400 ms` for `400ms`.
pub fn spaced_units(text: &str) -> String {
    let spaced = text.split(' ').map(|word| {
        let digits = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
        let (number, unit) = word.split_at(digits);
        let is_span = !number.is_empty() && matches!(unit, "ns" | "us" | "ms" | "s" | "m" | "h");
        if is_span { format!("{number} {unit}") } else { word.to_owned() }
    });
    spaced.collect::<Vec<_>>().join(" ")
}

/// Whether these are the links between all pairs of nodes.
fn is_all(trace: &Trace, links: &[(NodeId, NodeId)]) -> bool {
    let nodes = trace.cluster().len();
    links.len() == nodes * (nodes - 1)
}

pub(crate) fn of_fact(trace: &Trace, who: &str, fact: &Fact) -> String {
    let op = |id: &OperationId| operation_words(trace, *id);
    let what =
        |id: &Option<OperationId>| id.map(|id| format!(" ({})", operation_words(trace, id))).unwrap_or_default();
    match fact {
        Fact::BecameCandidate { term } => format!("{who} is a candidate for term {term}"),
        Fact::BecameLeader { term } => format!("{who} LEADS term {term}"),
        Fact::BecameFollower { term } => format!("{who} follows, term {term}"),
        Fact::Voted { term, candidate } => {
            let candidate = trace.cluster().name(*candidate);
            let whom = if candidate == who { "itself" } else { candidate };
            format!("{who} votes for {whom} in term {term}")
        }
        Fact::Appended { index, operation, .. } => format!("{who} logs entry {index}{}", what(operation)),
        Fact::Truncated { index } => format!("{who} drops its entries from {index} on"),
        Fact::Compacted { index, .. } => format!("{who} keeps a snapshot in place of its log to {index}"),
        Fact::Installed { index, .. } => format!("{who} takes over a snapshot up to {index}"),
        Fact::Restored { index, operation, .. } => {
            format!("{who}'s disk still holds entry {index}{}", what(operation))
        }
        Fact::Recovered { index, term } => format!("{who} is back; its disk: term {term}, log to {index}"),
        Fact::Committed { index, .. } => format!("{who} knows: committed to {index}"),
        Fact::Applied { index, operation, .. } => format!("{who} applies entry {index}{}", what(operation)),
        Fact::Asked { operation, server } => {
            format!("{who} asks {} for {}", trace.cluster().name(*server), op(operation))
        }
        Fact::Returned { operation, outcome } => {
            format!("{who} is told: {}", outcome_words(trace, *operation, outcome))
        }
        Fact::TimedOut { operation } => format!("{who} gives up on {}: UNKNOWN", op(operation)),
        Fact::Delivered { from, value } => format!("{who} delivers {value} of {}", trace.cluster().name(*from)),
        Fact::Acquired { token } => format!("{who} holds the lock, token {token}"),
        Fact::Released { token } => format!("{who} gives the lock back, token {token}"),
        Fact::Decided { value } => format!("{who} DECIDES {value}"),
        Fact::Note(text) => format!("{who}: {text}"),
        Fact::ClockEstimated { time, error } => {
            format!("{who} takes it to be {}, {} ms off at the most", clock_words(*time), fine_millis(error.0))
        }
        Fact::Broadcast { value } => format!("{who} broadcasts {value}"),
        Fact::Stamped { stamp, operation: Some(id), .. } => {
            format!("{who} stamps {} {stamp}", operation_words(trace, *id))
        }
        Fact::Stamped { stamp, .. } => format!("{who} stamps {stamp}"),
        Fact::Deposited { amount } => format!("{who} starts with {amount}"),
        Fact::Recorded { amount } => format!("{who} records its state: {amount}"),
        Fact::ChannelRecorded { from, amount } => {
            format!("{who} records on its way from {}: {amount}", trace.cluster().name(*from))
        }
        Fact::Replaces { operation, values, .. } if values.is_empty() => {
            format!("{who} writes {}, having seen nothing", op(operation))
        }
        Fact::Replaces { operation, values, .. } => {
            format!("{who} writes {} in place of {}", op(operation), side_by_side(values))
        }
        Fact::Stored { key, values } => format!("{who} holds {key}: {}", side_by_side(values)),
        Fact::Owners { key, nodes } => {
            let nodes: Vec<&str> = nodes.iter().map(|node| trace.cluster().name(*node)).collect();
            format!("{key} belongs to {}", nodes.join(" "))
        }
    }
}

/// Values that are held together: `1 | 2`; of many, the first and the last: `1 | 2 .. 9 (8 values)`.
pub(crate) fn side_by_side(values: &[Datum]) -> String {
    match values {
        [] => "nothing".to_owned(),
        [first, second, .., last] if values.len() > 4 => {
            format!("{first} | {second} .. {last} ({} values)", values.len())
        }
        _ => values.iter().map(Datum::to_string).collect::<Vec<_>>().join(" | "),
    }
}

/// What a clock shows, in seconds: `1.250`, `-5.000`.
pub(crate) fn clock_words(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let millis = nanos.unsigned_abs() / 1_000_000;
    format!("{sign}{}.{:03}", millis / 1000, millis % 1000)
}

/// Milliseconds with one decimal, rounded up: an error is not made smaller.
pub(crate) fn fine_millis(nanos: u64) -> String {
    let tenths = nanos.div_ceil(100_000);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// How an operation ended: `x=1 ok`, `get x: 7`, `lock FAILED`.
pub fn outcome_words(trace: &Trace, id: OperationId, outcome: &Outcome) -> String {
    let op = operation_words(trace, id);
    match outcome {
        Outcome::Ok(Datum::Absent)
            if trace.operation_by_id(id).is_some_and(|record| record.operation.op.is_read()) =>
        {
            format!("{op}: nothing there")
        }
        Outcome::Ok(Datum::Absent) => format!("{op} ok"),
        Outcome::Ok(value) => format!("{op}: {value}"),
        Outcome::Failed => format!("{op} FAILED, without effect"),
    }
}

/// What was asked for, as stories say it: `x=1`.
pub fn operation_words(trace: &Trace, id: OperationId) -> String {
    trace.operation_by_id(id).map_or_else(|| format!("operation {}", id.0), asked_words)
}

pub(super) fn asked_words(record: &OperationRecord) -> String {
    record.operation.op.to_string()
}

/// The kind of an operation as a word that can be counted: `put`.
pub(super) fn op_kind(op: &Op) -> &'static str {
    match op {
        Op::Get(_) => "get",
        Op::Put(..) => "put",
        Op::Append(..) => "append",
        Op::Take(_) => "take",
        Op::Cas { .. } => "conditional put",
        Op::Delete(_) => "delete",
        Op::Acquire(_) => "acquire",
        Op::Release(_) => "release",
        Op::Broadcast(_) => "broadcast",
        Op::Do(..) => "command",
    }
}

/// `AskAgain` as `ask again`.
pub(super) fn spaced(name: &str) -> String {
    let mut text = String::new();
    for (place, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && place > 0 {
            text.push(' ');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// `1 put`, `2 puts`.
pub(super) fn count_of(count: usize, thing: &str) -> String {
    let ending = match thing {
        _ if count == 1 => "",
        _ if thing.ends_with("sh") || thing.ends_with('s') || thing.ends_with("ch") => "es",
        _ => "s",
    };
    format!("{} {thing}{ending}", grouped(count as u64))
}

/// A number in groups of three digits: `2,271`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Names in a row: `n1 n2 n4`.
pub(super) fn names(trace: &Trace, nodes: impl IntoIterator<Item = NodeId>) -> String {
    nodes.into_iter().map(|node| trace.cluster().name(node)).collect::<Vec<_>>().join(" ")
}

/// Names in running text: `n1`, `n1 and n2`, `n1, n2 and n4`.
pub(super) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The first few of many: `x=1`, `x=2`, `x=3`, `7 more`.
pub(super) fn shortened(mut items: Vec<String>) -> Vec<String> {
    if items.len() > 4 {
        let rest = items.len() - 3;
        items.truncate(3);
        items.push(format!("{rest} more"));
    }
    items
}

/// Only printable ASCII: what others wrote (notes, questions) may hold anything.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '\u{2018}' | '\u{2019}' => out.push('\''),
            '\u{201c}' | '\u{201d}' => out.push('"'),
            '\u{2013}' | '\u{2014}' => out.push('-'),
            ' '..='~' => out.push(letter),
            _ if letter.is_whitespace() => out.push(' '),
            _ => out.push('?'),
        }
    }
    out
}
