//! What clients asked for, what they were told, and what became of what they were not told.

use super::moment::Moment;
use super::survey::{Commit, End, Life, Survey, arrival_behind};
use crate::node::{EventId, LossReason, NodeId, OperationId};
use crate::trace::record::{EventKind, OperationRecord};
use crate::trace::words::{asked_words, count_of, listed, names, op_kind, shortened};
use std::collections::BTreeMap;

/// The most operations that one label may name for each of them to be told.
const FEW: usize = 3;

pub(super) fn tell(survey: &Survey<'_>, moments: &mut Vec<Moment>) {
    let records = survey.trace.operations();
    let mut labels: BTreeMap<&str, usize> = BTreeMap::new();
    for label in records.iter().filter_map(|record| record.label.as_deref()) {
        *labels.entry(label).or_default() += 1;
    }
    for (place, record) in records.iter().enumerate() {
        let few = record.label.as_deref().is_some_and(|label| labels[label] <= FEW);
        let rank = match () {
            () if few || records.len() <= FEW => Rank::Named,
            () if place == 0 => Rank::First,
            () => Rank::Usual,
        };
        one(survey, record, &survey.lives[place], rank, moments);
    }
    unknowns(survey, moments);
    commits(survey, moments);
    fates(survey, moments);
}

/// How much is told of an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rank {
    /// Everything: it has a name, or is one of few.
    Named,
    /// How it began and ended.
    First,
    /// Only what is unusual.
    Usual,
}

fn one(survey: &Survey<'_>, record: &OperationRecord, life: &Life, rank: Rank, moments: &mut Vec<Moment>) {
    if rank != Rank::Usual {
        asked(survey, record, life, rank, moments);
    }
    if rank == Rank::Named {
        stored(survey, record, life, moments);
    }
    ended(survey, record, life, rank, moments);
}

fn asked(survey: &Survey<'_>, record: &OperationRecord, life: &Life, rank: Rank, moments: &mut Vec<Moment>) {
    let client = name_at(survey, record.event);
    let mut text = format!("{client} asks {}", asked_words(record));
    let again: Vec<EventId> = life.asked.iter().skip(1).map(|asked| asked.0).collect();
    let nobody = |at: &EventId| survey.leads_at(*at).next().is_none();
    if again.first().is_some_and(nobody) && !survey.reigns.is_empty() {
        text += "; nobody leads yet; it asks again";
    } else if again.len() > 1 {
        text += &format!("; asks again {} times", again.len());
    }
    let weight = if rank == Rank::Named { 66 } else { 54 };
    moments.push(Moment::new(record.event, weight, "request", text));
}

/// Where a labelled operation was stored first, and whom it reached after the one who stored it first had crashed.
fn stored(survey: &Survey<'_>, record: &OperationRecord, life: &Life, moments: &mut Vec<Moment>) {
    let trace = survey.trace;
    let op = asked_words(record);
    let Some(&(first, node, index)) = life.appended.first() else { return };
    let name = trace.cluster().name(node);
    let to = receivers(survey, first, node);
    let text = match to.len() {
        0 => format!("{name} logs {op} as entry {index}"),
        count if count + 1 == survey.voters(node) => format!("{name} logs {op} as entry {index}, sends it to all"),
        _ => format!("{name} logs {op} as entry {index}, sends it to {}", names(trace, to)),
    };
    let heard = matches!(life.end, Some((_, End::Ok(_))));
    moments.push(Moment::new(first, if heard { 56 } else { 67 }, "entry stored", text));
    match survivors(survey, life, first, node, index) {
        Some(moment) => moments.push(moment),
        None if !heard => copies(survey, &op, life, moments),
        None => {}
    }
}

/// Whom an entry reached whose sender crashed, as far as its own messages carried it.
fn survivors(survey: &Survey<'_>, life: &Life, first: EventId, node: NodeId, index: u64) -> Option<Moment> {
    let trace = survey.trace;
    let faults = trace.faults().iter().filter(|record| record.event > first && record.fault.node() == Some(node));
    let crashed = faults.filter(|record| !record.fault.mends()).map(|record| record.event).next()?;
    let own = |at: &EventId| arrival_behind(trace, *at).and_then(|at| trace.peer(at)) == Some(node);
    let copied = life.appended.iter().filter(|it| it.1 != node && it.2 == index && own(&it.0));
    let reached: Vec<&(EventId, NodeId, u64)> = copied.collect();
    let last = reached.last().filter(|last| last.0 > crashed)?;
    let lost = reached.iter().all(|it| replies_are_lost(survey, it.0, node));
    let tail = match (lost, reached.len()) {
        (false, _) => "",
        (true, 1) => "; its reply is lost",
        (true, _) => "; their replies are lost",
    };
    let op = trace.fact(first).and_then(|fact| fact.operation()).map(|id| op_of(survey, id)).unwrap_or_default();
    let text = format!("{op} reached {}{tail}", names(trace, reached.iter().map(|it| it.1)));
    Some(Moment::new(last.0, 65, "entry stored", text).unnamed())
}

/// Who else stored what its client never heard of: where such an entry goes is the story.
fn copies(survey: &Survey<'_>, op: &str, life: &Life, moments: &mut Vec<Moment>) {
    let mut held: Vec<NodeId> = life.appended.iter().take(1).map(|it| it.1).collect();
    for &(event, node, index) in life.appended.iter().skip(1) {
        if !held.contains(&node) {
            held.push(node);
            let text = format!("{} has {op} as entry {index} too", names(survey.trace, [node]));
            moments.push(Moment::new(event, 61, "entry stored", text));
        }
    }
}

/// The others of a node's group to whom it sends, in the handler that logged an entry, what comes after that.
fn receivers(survey: &Survey<'_>, logged: EventId, node: NodeId) -> Vec<NodeId> {
    let trace = survey.trace;
    let sends = effects(survey, trace.handler_of(logged)).filter(|id| *id > logged);
    let sends = sends.filter(|id| trace.record(*id).kind() == EventKind::Send);
    let mut to: Vec<NodeId> = sends.filter_map(|id| trace.peer(id)).collect();
    to.retain(|peer| survey.group(*peer) == survey.group(node));
    to.sort();
    to.dedup();
    to
}

/// The events that a handler brought about, which stand right behind it.
fn effects<'a>(survey: &'a Survey<'_>, handler: EventId) -> impl Iterator<Item = EventId> + 'a {
    let trace = survey.trace;
    (handler.0 + 1..trace.len() as u32).map(EventId).take_while(move |id| trace.record(*id).cause() == Some(handler))
}

/// Whether what a node sent back to another when it declared a fact was lost because the other was down.
fn replies_are_lost(survey: &Survey<'_>, fact: EventId, to: NodeId) -> bool {
    let trace = survey.trace;
    let handler = trace.handler_of(fact);
    let mut sends = effects(survey, handler).filter(|id| trace.record(*id).kind() == EventKind::Send);
    sends.any(|send| {
        let end = trace.end_of(send);
        trace.peer(send) == Some(to) && end.is_some_and(|end| trace.loss(end) == Some(LossReason::Down))
    })
}

fn ended(survey: &Survey<'_>, record: &OperationRecord, life: &Life, rank: Rank, moments: &mut Vec<Moment>) {
    let Some((event, end)) = &life.end else {
        if rank == Rank::Named {
            let (client, op) = (name_at(survey, record.event), asked_words(record));
            let text = format!("{client} still waits for {op} when the run ends: UNKNOWN");
            let last = EventId(survey.trace.len() as u32 - 1);
            moments.push(Moment::new(last, 64, "unknown outcome", text).untimed());
        }
        return;
    };
    let (client, op) = (name_at(survey, *event), asked_words(record));
    let moment = match end {
        End::GaveUp => return,
        End::Failed => Moment::new(*event, 42, "refusal", format!("{client} is told: {op} FAILED, without effect")),
        End::Ok(value) => {
            if rank == Rank::Usual {
                return;
            }
            let told = match value {
                crate::node::Datum::Absent if record.operation.op.is_read() => format!("{op}: nothing there"),
                crate::node::Datum::Absent => "ok".to_owned(),
                value => format!("{op}: {value}"),
            };
            let weight = if rank == Rank::Named { 64 } else { 53 };
            let text = match holders(survey, life) {
                Some(holders) if !record.operation.op.is_read() => {
                    format!("{op} is on {holders}: committed, {client} told {told}")
                }
                _ if told == "ok" => format!("{client} is told: {op} ok"),
                _ => format!("{client} is told {told}"),
            };
            Moment::new(*event, weight, count_name(record), text)
        }
    };
    moments.push(moment.ending([record.operation.id]));
}

fn count_name(record: &OperationRecord) -> &'static str {
    match op_kind(&record.operation.op) {
        "get" => "get ok",
        "put" => "put ok",
        _ => "operation ok",
    }
}

/// Who was known to hold an operation when it was first known to be committed.
fn holders(survey: &Survey<'_>, life: &Life) -> Option<String> {
    let committed = life.committed?;
    let trace = survey.trace;
    let mut held: Vec<NodeId> = Vec::new();
    for &(event, node, _) in &life.appended {
        if trace.before(event, committed) && !held.contains(&node) {
            held.push(node);
        }
    }
    (!held.is_empty()).then(|| names(trace, held))
}

fn name_at<'a>(survey: &Survey<'a>, event: EventId) -> &'a str {
    survey.trace.node(event).map_or("?", |node| survey.trace.cluster().name(node))
}

/// Operations whose client gave up. Many in a row are one line.
fn unknowns(survey: &Survey<'_>, moments: &mut Vec<Moment>) {
    let records = survey.trace.operations();
    let mut ends: Vec<(EventId, usize)> = Vec::new();
    for (place, life) in survey.lives.iter().enumerate() {
        if let Some((event, _)) = life.end {
            ends.push((event, place));
        }
    }
    ends.sort();
    ends.retain(|end| matches!(survey.lives[end.1].end, Some((_, End::GaveUp))));
    // One that stands alone under its label is told alone; faults part the others.
    let lone = |end: &(EventId, usize)| {
        let label = records[end.1].label.as_deref();
        label.is_some() && records.iter().filter(|other| other.label.as_deref() == label).count() <= FEW
    };
    let (alone, together): (Vec<_>, Vec<_>) = ends.into_iter().partition(|end| lone(end));
    moments.extend(alone.into_iter().map(|end| unknown(survey, &[end])));
    let faults = |id: EventId| survey.trace.faults().partition_point(|fault| fault.event < id);
    let rows: Vec<_> = together.chunk_by(|a, b| faults(a.0) == faults(b.0)).collect();
    let told = rows.iter().flat_map(|row| match row.len() {
        ..=2 => row.iter().map(|end| unknown(survey, &[*end])).collect(),
        _ => vec![unknown(survey, row)],
    });
    let many = rows.len() > FEW;
    moments.extend(told.map(|moment| Moment { weight: if many { 47 } else { moment.weight }, ..moment }));
}

/// One line for those whose clients gave up, one or many.
fn unknown(survey: &Survey<'_>, ends: &[(EventId, usize)]) -> Moment {
    let trace = survey.trace;
    let records = trace.operations();
    let (event, place) = ends[0];
    let client = name_at(survey, event);
    if ends.len() == 1 {
        let text = format!("{client} gives up on {}: UNKNOWN", asked_words(&records[place]));
        let weight = if records[place].label.is_none() { 57 } else { 61 };
        let mut moment = Moment::new(event, weight, "unknown outcome", text).ending([records[place].operation.id]);
        moment.below.extend(whole_row_lost(survey, ends).filter(|_| records[place].label.is_some()));
        return moment;
    }
    let same = ends.iter().all(|end| trace.node(end.0) == trace.node(event));
    let (who, verb) = if same { (client, "gives") } else { ("clients", "give") };
    let until = trace.record(ends[ends.len() - 1].0).time();
    let row: Vec<String> = ends.iter().map(|end| asked_words(&records[end.1])).collect();
    let adjacent = ends.windows(2).all(|pair| pair[1].1 == pair[0].1 + 1);
    let row = match row.as_slice() {
        [first, .., last] if adjacent => format!("{first} to {last}"),
        _ => listed(&shortened(row)),
    };
    let text = format!("{who} {verb} up on {row}, until {until}: {} UNKNOWN", ends.len());
    let spoken = format!("{who} {verb} up on {row}, until {until} s, and {} outcomes are unknown", ends.len());
    let mut moment = Moment::new(event, 61, "unknown outcome", text)
        .spoken(spoken)
        .unnamed()
        .ending(ends.iter().map(|end| records[end.1].operation.id));
    moment.below.extend(whole_row_lost(survey, ends));
    moment
}

/// Whether all requests of these operations were lost on the way to one server that was down.
fn whole_row_lost(survey: &Survey<'_>, ends: &[(EventId, usize)]) -> Option<String> {
    let trace = survey.trace;
    let mut servers = ends.iter().flat_map(|end| &survey.lives[end.1].asked);
    let server = servers.next()?.1;
    if servers.any(|asked| asked.1 != server) {
        return None;
    }
    let lost = |asked: &(EventId, NodeId)| {
        let sends = effects(survey, trace.handler_of(asked.0)).filter(|id| trace.peer(*id) == Some(server));
        sends.filter_map(|send| trace.end_of(send)).any(|end| trace.loss(end) == Some(LossReason::Down))
    };
    let all = ends.iter().flat_map(|end| &survey.lives[end.1].asked).all(lost);
    let what = if ends.len() == 1 { "it was sent" } else { "each was sent" };
    all.then(|| format!("{what} to {} alone, which is down", trace.cluster().name(server)))
}

/// The first thing that each leader commits, and what lies beneath it.
fn commits(survey: &Survey<'_>, moments: &mut Vec<Moment>) {
    for reign in &survey.reigns {
        let within = |commit: &&Commit| {
            commit.node == reign.node
                && commit.event > reign.from
                && reign.until.is_none_or(|until| commit.event < until)
        };
        let Some(commit) = survey.commits.iter().find(within) else { continue };
        let Some(own) = commit.entries.iter().find(|entry| entry.1 == reign.term) else { continue };
        let name = survey.trace.cluster().name(commit.node);
        let beneath: Vec<String> = commit
            .entries
            .iter()
            .filter(|entry| entry.1 < reign.term)
            .filter_map(|entry| entry.2)
            .map(|id| op_of(survey, id))
            .collect();
        let mut text = match own.2 {
            None => format!("{name} commits its own entry {}", own.0),
            Some(id) => format!("{name} commits entry {}, {}", own.0, op_of(survey, id)),
        };
        if !beneath.is_empty() {
            text += &format!(" and, beneath it, {}", listed(&shortened(beneath.clone())));
        }
        let weight = match (beneath.is_empty(), survey.reigns.len() <= FEW) {
            (false, _) => 72,
            (true, true) => 53,
            (true, false) => 41,
        };
        moments.push(Moment::new(commit.event, weight, "first commit of a term", text).mark(if beneath.is_empty() {
            ' '
        } else {
            '*'
        }));
    }
}

fn op_of(survey: &Survey<'_>, id: OperationId) -> String {
    crate::trace::words::operation_words(survey.trace, id)
}

/// What became of that about which clients know nothing: told once, where the last of it is decided.
fn fates(survey: &Survey<'_>, moments: &mut Vec<Moment>) {
    let records = survey.trace.operations();
    let unknown = |place: &usize| {
        matches!(survey.lives[*place].end, Some((_, End::GaveUp))) && !records[*place].operation.op.is_read()
    };
    let places: Vec<usize> = (0..records.len()).filter(unknown).collect();
    let happened = |place: &&usize| survey.lives[**place].happened();
    let never = |place: &&usize| survey.lives[**place].never();
    let (kept, gone): (Vec<usize>, Vec<usize>) =
        (places.iter().filter(happened).copied().collect(), places.iter().filter(never).copied().collect());
    if kept.is_empty() || !survey.applies {
        return lost_for_good(survey, &gone, moments);
    }
    let when = |place: &usize| {
        let life = &survey.lives[*place];
        let applied = life.applied.iter().map(|it| it.0).min();
        applied.max(life.end.as_ref().map(|end| end.0))
    };
    let Some(at) = kept.iter().filter_map(when).max() else { return };
    let row =
        |places: &[usize]| listed(&shortened(places.iter().map(|&place| asked_words(&records[place])).collect()));
    let mut text = format!("{} happened", row(&kept));
    if !gone.is_empty() {
        text += &format!(", {} never did", row(&gone));
    }
    text +=
        if gone.is_empty() { " after all: silence did not mean no" } else { "; their clients saw the same silence" };
    if kept.len() + gone.len() > 8 {
        text = format!(
            "of {}, {} happened, {} never did; their clients saw the same silence",
            count_of(places.len(), "unknown outcome"),
            kept.len(),
            gone.len()
        );
    }
    moments.push(Moment::new(at, 74, "fate", text).untimed());
}

/// A labelled operation that never happened, where there is no other to compare it with.
fn lost_for_good(survey: &Survey<'_>, gone: &[usize], moments: &mut Vec<Moment>) {
    let records = survey.trace.operations();
    if !survey.applies {
        return;
    }
    for &place in gone.iter().filter(|place| records[**place].label.is_some()).take(FEW) {
        let life = &survey.lives[place];
        let Some((ended, _)) = life.end else { continue };
        let op = asked_words(&records[place]);
        let dropped = survey.truncations.iter().filter(|cut| cut.operations.contains(&records[place].operation.id));
        let last = dropped.map(|cut| cut.event).chain(life.overwritten).max();
        // Of what was never stored, nobody knows before others are.
        let next = || survey.commits.iter().map(|commit| commit.event).find(|event| *event > ended);
        let last = last.or_else(next);
        let text = match (life.appended.is_empty(), life.overwritten) {
            (true, _) => format!("{op} never happened: no server ever stored it"),
            (false, Some(_)) => format!("{op} was overwritten: it never happened"),
            (false, None) => format!("{op} never happened: every log that held it dropped it"),
        };
        moments.push(Moment::new(last.max(Some(ended)).unwrap_or(ended), 62, "fate", text).unnamed());
    }
}
