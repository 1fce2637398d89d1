//! Will this entry be committed?

use super::survey::{Entry, Survey};
use super::{Own, spread};
use crate::node::{EventId, NodeId, OperationId};
use crate::trace::fault_words;
use crate::tui::{Question, Topic};
use std::collections::BTreeMap;

const YES: &str = "yes";
const REPLACED: &str = "no: another entry takes its place";
const NEVER: &str = "no: by the end of the run nothing is known to be committed there";

/// What becomes of an entry.
enum Fate {
    /// This node is the first to know that the place is committed, and it was this entry that was applied there.
    Committed(EventId, NodeId),
    /// Another operation is applied there.
    Replaced(EventId, NodeId, Option<OperationId>),
    Never,
}

/// An entry, and the event before which it is asked about.
struct Spot {
    entry: Entry,
    fate: Fate,
    before: EventId,
    /// What happened to its leader meanwhile.
    fault: Option<String>,
}

pub fn questions(survey: &Survey<'_>) -> Vec<Own> {
    if !survey.has_one_log() || survey.committed.is_empty() {
        return Vec::new();
    }
    // Of several entries at one moment the last is asked about.
    let mut spots: BTreeMap<EventId, (u32, Spot)> = BTreeMap::new();
    for spot in survey.entries.iter().filter_map(|entry| spot(survey, *entry)) {
        let weight = u32::from(spot.fault.is_some()) + u32::from(!matches!(spot.fate, Fate::Committed(..)));
        spots.insert(spot.before, (weight, spot));
    }
    let spots = spots.into_iter().map(|(before, (weight, spot))| (weight, before, spot)).collect();
    spread(spots).into_iter().map(|spot| own(survey, &spot)).collect()
}

/// `None` where the run does not settle what becomes of the entry, or shows it at once.
fn spot(survey: &Survey<'_>, entry: Entry) -> Option<Spot> {
    let fate = fate(survey, &entry)?;
    let shown = match fate {
        Fate::Committed(event, _) | Fate::Replaced(event, _, _) => event,
        Fate::Never => survey.end,
    };
    let trace = survey.trace;
    let fault = survey.hits(entry.leader).find(|(event, _)| *event > entry.event && *event < shown);
    let before = EventId(fault.map_or(entry.event, |(event, _)| event).0 + 1);
    let is_later = shown > before && trace.handler_of(shown) != trace.handler_of(entry.event);
    let fault = fault.map(|(_, fault)| fault_words(trace, fault));
    is_later.then_some(Spot { entry, fate, before, fault })
}

fn fate(survey: &Survey<'_>, entry: &Entry) -> Option<Fate> {
    // The same operation in the same place, logged in two terms, is two entries: which of them was applied is not told.
    if survey.terms.get(&(entry.index, entry.operation)).is_some_and(|terms| terms.len() > 1) {
        return None;
    }
    let known = survey.committed.partition_point(|(index, _, _)| *index < entry.index);
    let known = survey.committed.get(known).copied();
    match (survey.applied.get(&entry.index).map(Vec::as_slice), known) {
        (None, None) => Some(Fate::Never),
        (Some([(first, who, applied)]), _) if *applied == Some(entry.operation) => {
            let (event, who) = match known {
                Some((_, event, node)) if event < *first => (event, node),
                _ => (*first, *who),
            };
            (event > entry.event).then_some(Fate::Committed(event, who))
        }
        (Some([(event, node, other)]), _) if *event > entry.event => Some(Fate::Replaced(*event, *node, *other)),
        _ => None,
    }
}

fn own(survey: &Survey<'_>, spot: &Spot) -> Own {
    let Spot { entry, fate, before, fault } = spot;
    let Entry { index, term, operation, .. } = *entry;
    let (leader, what) = (survey.name(entry.leader), survey.operation(operation));
    let text = match fault {
        None => format!("{leader} has just logged entry {index} of term {term}: {what}. Will it be committed?"),
        Some(fault) => {
            let fault = fault.trim_end_matches('.');
            format!("{leader} logged entry {index} of term {term}: {what}. {fault}. Will the entry be committed?")
        }
    };
    let holders = |until| survey.holders(index, operation, until);
    let (answer, because, shown, tells) = match *fate {
        Fate::Committed(event, node) => {
            let because = format!(
                "{} is the first to know, {}. Until then {} had logged it: those count, and not \
                 whether its leader lives.",
                survey.name(node),
                survey.place(event),
                holders(event)
            );
            (YES, because, event, event)
        }
        Fate::Replaced(event, node, other) => {
            let other = other.map_or("a leader's own entry".to_owned(), |other| survey.operation(other));
            let because = format!(
                "{} applies another entry {index}, {}: {other}. The one that was asked about had \
                 reached {} and nobody else.",
                survey.name(node),
                survey.place(event),
                holders(event)
            );
            (REPLACED, because, event, event)
        }
        Fate::Never => {
            let because = format!(
                "Until the run ends no node knows entry {index} to be committed; when this was asked, {} had it.",
                holders(*before)
            );
            (NEVER, because, survey.end, *before)
        }
    };
    let question = Question {
        topic: Topic::Committed,
        text,
        options: [YES, REPLACED, NEVER].map(str::to_owned).to_vec(),
        answer: Some(answer.to_owned()),
        because,
        before: *before,
        shown: Some(shown),
    };
    Own { question, from: entry.event, tells }
}
