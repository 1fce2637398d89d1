//! What happens all the time, counted: heartbeats, operations that went well, messages that were lost.

use super::moment::Moment;
use super::survey::{End, Survey};
use crate::node::{EventId, Fact, LossReason, OperationId};
use crate::trace::record::EventKind;
use crate::trace::words::{count_of, op_kind, spaced};
use std::collections::{BTreeMap, BTreeSet};

/// What of a part of a run is not told line by line.
pub(super) fn fold(survey: &Survey<'_>, from: EventId, to: EventId, told: &BTreeSet<OperationId>) -> Vec<String> {
    let mut counts = Counts::default();
    for id in (from.0..to.0).map(EventId) {
        counts.event(survey, id);
    }
    let done = operations(survey, from, to, told);
    let mut parts: Vec<String> = counts.rounds.iter().map(|(name, count)| round(name, *count)).collect();
    let quiet = counts.lost.is_empty();
    let mut operations: Vec<String> = done.iter().map(|(kind, count)| count_of(*count, kind)).collect();
    if let Some(last) = operations.last_mut() {
        *last += if quiet { ", all ok" } else { " ok" };
    }
    parts.extend(operations);
    parts.extend(counts.lost.iter().map(|(reason, count)| lost(*reason, *count)));
    if parts.is_empty() && counts.messages > 0 {
        parts.push(count_of(counts.messages, "message"));
    }
    parts
}

fn round(name: &str, count: usize) -> String {
    count_of(count, &format!("{} round", spaced(name)))
}

fn lost(reason: LossReason, count: usize) -> String {
    let what = count_of(count, "message");
    match reason {
        LossReason::Chance => format!("{what} lost by chance"),
        LossReason::Dropped => format!("{what} dropped"),
        LossReason::Cut => format!("{what} lost to the cut"),
        LossReason::Down => format!("{what} to the dead"),
        LossReason::Full => format!("{what} lost at full inboxes"),
    }
}

#[derive(Default)]
struct Counts {
    rounds: BTreeMap<&'static str, usize>,
    lost: BTreeMap<LossReason, usize>,
    messages: usize,
}

impl Counts {
    fn event(&mut self, survey: &Survey<'_>, id: EventId) {
        let trace = survey.trace;
        match trace.record(id).kind() {
            EventKind::TimerFired if is_quiet_round(survey, id) => {
                *self.rounds.entry(trace.name(id)).or_default() += 1
            }
            EventKind::Lost => {
                if let Some(reason) = trace.loss(id) {
                    *self.lost.entry(reason).or_default() += 1;
                }
            }
            EventKind::Send => self.messages += 1,
            _ => {}
        }
    }
}

/// A timer that ended, sent messages and decided nothing: a heartbeat, a round of gossip.
fn is_quiet_round(survey: &Survey<'_>, id: EventId) -> bool {
    let trace = survey.trace;
    let effects = (id.0 + 1..trace.len() as u32).map(EventId).take_while(|e| trace.record(*e).cause() == Some(id));
    let mut sends = 0;
    for effect in effects {
        match trace.fact(effect) {
            None => sends += 1,
            Some(Fact::Note(_)) => {}
            Some(_) => return false,
        }
    }
    sends > 0
}

/// Operations that ended well here and are not told of, by kind.
fn operations(
    survey: &Survey<'_>,
    from: EventId,
    to: EventId,
    told: &BTreeSet<OperationId>,
) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for (record, life) in survey.trace.operations().iter().zip(&survey.lives) {
        if let Some((event, End::Ok(_))) = &life.end
            && (from..to).contains(event)
            && !told.contains(&record.operation.id)
        {
            *counts.entry(op_kind(&record.operation.op)).or_default() += 1;
        }
    }
    counts
}

/// What was worth telling, but not as much as the rest: counted by what it was.
pub(super) fn untold<'a>(moments: impl Iterator<Item = &'a Moment>) -> Vec<String> {
    let mut counts: Vec<(&'static str, usize, u32)> = Vec::new();
    for moment in moments {
        match counts.iter_mut().find(|count| count.0 == moment.class) {
            Some(count) => (count.1, count.2) = (count.1 + moment.count, count.2.max(moment.weight)),
            None => counts.push((moment.class, moment.count, moment.weight)),
        }
    }
    counts.sort_by_key(|count| std::cmp::Reverse(count.2));
    counts.iter().map(|&(class, count, _)| plural(count, class)).collect()
}

/// `3 elections won`: the noun is the first word of the class.
fn plural(count: usize, class: &str) -> String {
    match class {
        "put ok"
        | "get ok"
        | "operation ok"
        | "election won"
        | "entry stored"
        | "lock taken"
        | "lock given back"
        | "snapshot made"
        | "snapshot taken over"
        | "first commit of a term"
        | "node caught up" => {
            let (noun, rest) = class.split_once(' ').unwrap_or((class, ""));
            match (noun, count) {
                ("first", 1) => class.to_owned(),
                ("first", _) => format!("{count} first commits of a term"),
                ("entry", 2..) => format!("{count} entries {rest}"),
                _ => format!("{} {rest}", count_of(count, noun)),
            }
        }
        "candidacy" if count > 1 => format!("{count} candidacies"),
        "delivery" if count > 1 => format!("{count} deliveries"),
        _ if class.starts_with("change of ") && count > 1 => class.replacen("change", &format!("{count} changes"), 1),
        "committed entry dropped" => format!("{} of committed entries", count_of(count, "drop")),
        _ => count_of(count, class),
    }
}
