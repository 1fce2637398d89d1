//! What happens all the time, counted: heartbeats, operations that went well, messages that were lost.

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
    let ended = operations(survey, from, to, told);
    let mut parts: Vec<String> = counts.rounds.iter().map(|(name, count)| round(name, *count)).collect();
    let mut operations: Vec<String> = ended.ok.iter().map(|(kind, count)| count_of(*count, kind)).collect();
    if let Some(last) = operations.last_mut() {
        *last += if ended.all_ok { ", all ok" } else { " ok" };
    }
    parts.extend(operations);
    let others = [(ended.failed, "refused"), (ended.unknown, "unknown")];
    parts.extend(others.iter().filter(|it| it.0 > 0).map(|(count, how)| format!("{count} {how}")));
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

/// Operations that ended in a part of the run and are not told of.
struct Ended {
    /// Those that went well, by kind.
    ok: BTreeMap<&'static str, usize>,
    failed: usize,
    unknown: usize,
    /// Whether all that ended here went well, those included that are told of.
    all_ok: bool,
}

fn operations(survey: &Survey<'_>, from: EventId, to: EventId, told: &BTreeSet<OperationId>) -> Ended {
    let mut ended = Ended { ok: BTreeMap::new(), failed: 0, unknown: 0, all_ok: true };
    for (record, life) in survey.trace.operations().iter().zip(&survey.lives) {
        let Some((_, end)) = life.end.as_ref().filter(|end| (from..to).contains(&end.0)) else { continue };
        ended.all_ok &= matches!(end, End::Ok(_));
        if told.contains(&record.operation.id) {
            continue;
        }
        match end {
            End::Ok(_) => *ended.ok.entry(op_kind(&record.operation.op)).or_default() += 1,
            End::Failed => ended.failed += 1,
            End::GaveUp => ended.unknown += 1,
        }
    }
    ended
}
