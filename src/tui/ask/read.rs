//! Which value does this read return?

use super::survey::Survey;
use super::{Own, spread};
use crate::node::{Datum, EventId, Key, Op, OperationId, Outcome};
use crate::trace::OperationRecord;
use crate::tui::{Question, Topic};
use std::collections::BTreeMap;

/// As many values are offered, beside none at all.
const VALUES: usize = 4;

/// The writes of a key, in the order in which clients were asked for them.
#[derive(Default)]
struct Writes<'a> {
    puts: Vec<(EventId, OperationId, &'a Datum)>,
    /// Of the first so many puts, the last event in which one of them was acknowledged, and which.
    acknowledged: Vec<(EventId, OperationId)>,
    /// Something else than to put a value was done to it: what is there then is more than one write.
    is_mixed: bool,
}

struct Spot<'a> {
    read: &'a OperationRecord,
    key: &'a Key,
    value: &'a Datum,
    returned: EventId,
    /// The write that stored the value; none where nothing was there.
    write: Option<(EventId, OperationId)>,
    /// A later write that had been acknowledged before the read began.
    missed: Option<(EventId, OperationId)>,
    /// How many of the key's writes had begun before the read ended.
    begun: usize,
}

pub fn questions(survey: &Survey<'_>) -> Vec<Own> {
    let mut keys: BTreeMap<&Key, Writes<'_>> = BTreeMap::new();
    for record in survey.trace.operations() {
        let Some(key) = record.operation.op.key() else { continue };
        let writes = keys.entry(key).or_default();
        match &record.operation.op {
            Op::Put(_, value) => writes.puts.push((record.event, record.operation.id, value)),
            Op::Get(_) => {}
            _ => writes.is_mixed = true,
        }
    }
    for writes in keys.values_mut() {
        writes.puts.sort_by_key(|(event, _, _)| *event);
        let told = writes.puts.iter().filter_map(|(_, id, _)| match survey.returned.get(id)? {
            (event, Outcome::Ok(_)) => Some((*event, *id)),
            _ => None,
        });
        writes.acknowledged = told.collect();
        writes.acknowledged.sort();
    }
    let reads = survey.trace.operations().iter().filter(|record| record.operation.op.is_read());
    let spots = reads.filter_map(|read| {
        let key = read.operation.op.key()?;
        let spot = spot(survey, read, key, &keys[key])?;
        Some((weight(survey, &spot), read.event, spot))
    });
    let spots: Vec<_> = spots.collect();
    spread(spots).into_iter().map(|spot| own(survey, &keys[spot.key], &spot)).collect()
}

/// What is stale says most, then what goes on beside a write.
fn weight(survey: &Survey<'_>, spot: &Spot<'_>) -> u32 {
    let is_beside = spot.write.is_some_and(|(_, id)| {
        survey.returned.get(&id).is_none_or(|(acknowledged, _)| *acknowledged > spot.read.event)
    });
    if spot.missed.is_some() { 2 } else { u32::from(is_beside) }
}

fn spot<'a>(survey: &Survey<'a>, read: &'a OperationRecord, key: &'a Key, writes: &Writes<'a>) -> Option<Spot<'a>> {
    let (returned, outcome) = survey.returned.get(&read.operation.id)?;
    let Outcome::Ok(value) = outcome else { return None };
    let begun = writes.puts.partition_point(|(event, _, _)| event < returned);
    if writes.is_mixed || begun == 0 {
        return None;
    }
    let mut same = writes.puts.iter().filter(|(_, _, written)| *written == value);
    let write = match (value, same.next(), same.next()) {
        (Datum::Absent, None, _) => None,
        // Of two writes of one value nobody can tell which it was.
        (_, Some((event, id, _)), None) if event < returned => Some((*event, *id)),
        _ => return None,
    };
    // A write misses another if that one began after it had been acknowledged, or if it was never acknowledged itself
    // and began before.
    let done = write.map(|(event, id)| survey.returned.get(&id).map_or(event, |(done, _)| *done));
    let known = writes.acknowledged.partition_point(|(event, _)| *event < read.event);
    let later = writes.acknowledged[..known].iter().rev().find(|(_, id)| {
        let began = survey.trace.operation_by_id(*id).map(|record| record.event);
        write.is_none_or(|(_, own)| own != *id) && done.is_none_or(|done| began.is_some_and(|began| began > done))
    });
    let is_told = write.is_none_or(|(_, id)| survey.returned.contains_key(&id));
    let missed = later.copied().filter(|_| is_told);
    Some(Spot { read, key, value, returned: *returned, write, missed, begun })
}

fn own(survey: &Survey<'_>, writes: &Writes<'_>, spot: &Spot<'_>) -> Own {
    let client = survey.trace.node(spot.read.event).map_or("a client", |node| survey.name(node));
    let mut options = vec![Datum::Absent.to_string()];
    let recent = writes.puts[..spot.begun].iter().map(|(_, _, value)| *value).rev().take(VALUES);
    let mut values: Vec<&Datum> = recent.collect();
    if *spot.value != Datum::Absent && !values.contains(&spot.value) {
        values.truncate(VALUES - 1);
        values.push(spot.value);
    }
    for value in values.into_iter().rev() {
        if !options.contains(&value.to_string()) {
            options.push(value.to_string());
        }
    }
    let question = Question {
        topic: Topic::Read,
        text: format!("{client} asks for {} ({}). What is it told?", spot.key, spot.read.event),
        options,
        answer: Some(spot.value.to_string()),
        because: because(survey, client, spot),
        before: EventId(spot.read.event.0 + 1),
        shown: Some(spot.returned),
    };
    Own { question, from: spot.read.event, tells: spot.returned }
}

fn because(survey: &Survey<'_>, client: &str, spot: &Spot<'_>) -> String {
    let place = survey.place(spot.returned);
    let told = match spot.write {
        Some((event, id)) => {
            let writer = survey.trace.node(event).map_or("a client", |node| survey.name(node));
            format!(
                "{client} is told {} {place}: {writer} was asked for {} in {event}.",
                spot.value,
                survey.operation(id)
            )
        }
        None => format!("{client} is told that nothing is there, {place}."),
    };
    let judged = match spot.missed {
        Some((done, id)) => format!(
            " That is stale: {} had been acknowledged in {done}, before the read began.",
            survey.operation(id)
        ),
        // Of a write that nobody was told of it is not known when it took effect.
        None if spot.write.is_some_and(|(_, id)| !survey.returned.contains_key(&id)) => String::new(),
        None => " No write that was acknowledged before the read began is newer.".to_owned(),
    };
    told + &judged
}
