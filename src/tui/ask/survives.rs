//! Does an acknowledged write survive the crash that came after it?
//!
//! It does if the leader that is there at the end holds its entry and somebody has applied it; it does not if that
//! leader's log holds it nowhere. Where nobody leads at the end, or a snapshot hides the place, nothing is asked.

use super::survey::Survey;
use super::{Own, spread};
use crate::node::{EventId, Fault, NodeId, OperationId, Outcome};
use crate::tui::{Question, Topic};
use std::collections::BTreeMap;

struct Spot {
    write: OperationId,
    acknowledged: EventId,
    crash: EventId,
    node: NodeId,
    survives: bool,
    /// Its place in the log.
    index: u64,
}

pub fn questions(survey: &Survey<'_>) -> Vec<Own> {
    let Some(leader) = survivor(survey).filter(|_| survey.has_one_log()) else { return Vec::new() };
    let mut places: BTreeMap<OperationId, Vec<u64>> = BTreeMap::new();
    for (index, held) in &survey.held {
        for operation in held.iter().filter_map(|(_, _, operation)| *operation) {
            let places = places.entry(operation).or_default();
            if places.last() != Some(index) {
                places.push(*index);
            }
        }
    }
    let mut acknowledged: Vec<(EventId, OperationId)> = Vec::new();
    for (id, (event, outcome)) in &survey.returned {
        let is_read = survey.trace.operation_by_id(*id).is_none_or(|record| record.operation.op.is_read());
        if !is_read && matches!(outcome, Outcome::Ok(_)) && places.contains_key(id) {
            acknowledged.push((*event, *id));
        }
    }
    acknowledged.sort();
    let group = survey.trace.cluster().group_of(leader);
    let mut spots: Vec<(u32, EventId, Spot)> = Vec::new();
    let mut since = EventId(0);
    for record in survey.trace.faults() {
        let Fault::Crash(node) = record.fault else { continue };
        let until = acknowledged.partition_point(|(event, _)| *event < record.event);
        let last = until.checked_sub(1).map(|place| acknowledged[place]).filter(|(event, _)| *event >= since);
        since = record.event;
        let Some((event, write)) = last.filter(|_| group.members.contains(&node)) else { continue };
        // In two places it was logged twice: more than one story.
        let [index] = places[&write][..] else { continue };
        if let Some(survives) = survives(survey, leader, write, index) {
            let spot = Spot { write, acknowledged: event, crash: record.event, node, survives, index };
            spots.push((u32::from(!survives), record.event, spot));
        }
    }
    spread(spots).into_iter().map(|spot| own(survey, &spot)).collect()
}

/// The running leader of the highest term at the end.
fn survivor(survey: &Survey<'_>) -> Option<NodeId> {
    let leads = survey.leads.iter().enumerate().filter_map(|(place, term)| Some(((*term)?, place)));
    leads.max().map(|(_, place)| survey.trace.cluster().id(place))
}

fn survives(survey: &Survey<'_>, leader: NodeId, write: OperationId, index: u64) -> Option<bool> {
    let applied = survey.applied.get(&index).map_or(&[][..], Vec::as_slice);
    let is_applied = applied.iter().any(|(_, _, operation)| *operation == Some(write));
    match survey.logs[leader.index()].holds(index, write)? {
        true => is_applied.then_some(true),
        false => Some(false),
    }
}

fn own(survey: &Survey<'_>, spot: &Spot) -> Own {
    let what = survey.operation(spot.write);
    let client = survey.trace.node(spot.acknowledged).map_or("A client", |node| survey.name(node));
    let node = survey.name(spot.node);
    let holders = survey.holders(spot.index, spot.write, spot.acknowledged);
    let end = match spot.survives {
        true => "The leader at the end holds it.",
        false => "The leader at the end does not hold it.",
    };
    let question = Question {
        topic: Topic::Survives,
        text: format!(
            "{client} was told that {what} is done ({}). Then {node} crashes. Does {what} survive to the \
             end of the run?",
            spot.acknowledged
        ),
        options: ["yes", "no"].map(str::to_owned).to_vec(),
        answer: Some(if spot.survives { "yes" } else { "no" }.to_owned()),
        because: format!(
            "When {client} was told, entry {} was in the log of {holders}. {end} What was acknowledged is as safe \
             as the copies that there were.",
            spot.index
        ),
        before: EventId(spot.crash.0 + 1),
        shown: Some(survey.end),
    };
    let from = survey.trace.operation_by_id(spot.write).map_or(spot.acknowledged, |record| record.event);
    Own { question, from, tells: EventId(spot.crash.0 + 1) }
}
