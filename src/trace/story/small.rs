//! Runs of a few events, told handler by handler.

use super::moment::Moment;
use super::survey::Survey;
use crate::node::{EventId, Fact};
use crate::trace::record::EventKind;
use crate::trace::words::{fact_words, listed, names};

pub(super) fn tell(survey: &Survey<'_>, moments: &mut Vec<Moment>) {
    let trace = survey.trace;
    let mut boots = Vec::new();
    for id in trace.ids() {
        let weight = match trace.record(id).kind() {
            EventKind::Boot if effects(survey, id).is_empty() && trace.incarnation(id) == Some(0) => {
                boots.push(id);
                continue;
            }
            // An effect is told with its handler.
            EventKind::Send | EventKind::Fact => continue,
            EventKind::Fault => 100,
            EventKind::SyncDone => 30,
            EventKind::TimerFired if effects(survey, id).is_empty() => 35,
            _ => 60,
        };
        let mut text = fact_words(trace, id);
        let does = told_effects(survey, id);
        if !does.is_empty() {
            text += &format!("; {}", does.join("; "));
        }
        let weight = weight + if does.iter().any(|text| !text.starts_with("sends ")) { 20 } else { 0 };
        let mark = match trace.record(id).kind() {
            EventKind::Fault | EventKind::Lost => '!',
            _ => ' ',
        };
        moments.push(Moment::new(id, weight, "other step", text).mark(mark));
    }
    if let Some(first) = boots.first() {
        let nodes = names(trace, boots.iter().filter_map(|id| trace.node(*id)));
        let verb = if boots.len() == 1 { "boots" } else { "boot" };
        moments.push(Moment::new(*first, 40, "boot", format!("{nodes} {verb}")).unnamed());
    }
}

fn effects(survey: &Survey<'_>, handler: EventId) -> Vec<EventId> {
    let trace = survey.trace;
    let caused = (handler.0 + 1..trace.len() as u32).map(EventId);
    caused
        .filter(|id| trace.record(*id).cause() == Some(handler))
        .filter(|id| matches!(trace.record(*id).kind(), EventKind::Send | EventKind::Fact))
        .collect()
}

/// What a handler did, without saying again who: `sends Vote to n1 and n2`, `votes for n1 in term 2`.
fn told_effects(survey: &Survey<'_>, handler: EventId) -> Vec<String> {
    let trace = survey.trace;
    let who = trace.node(handler).map_or("", |node| trace.cluster().name(node)).to_owned() + " ";
    let mut told = Vec::new();
    let mut sends: Vec<(&'static str, Vec<String>)> = Vec::new();
    for id in effects(survey, handler) {
        match trace.fact(id) {
            Some(Fact::Asked { .. }) => {}
            Some(Fact::Note(text)) => told.push(text.to_string()),
            Some(_) => {
                let words = fact_words(trace, id);
                told.push(words.strip_prefix(&who).map_or(words.clone(), str::to_owned));
            }
            None => {
                let to = trace.peer(id).map_or("?", |peer| trace.cluster().name(peer)).to_owned();
                match sends.last_mut().filter(|last| last.0 == trace.name(id)) {
                    Some(last) => last.1.push(to),
                    None => sends.push((trace.name(id), vec![to])),
                }
            }
        }
    }
    told.extend(sends.into_iter().map(|(name, to)| format!("sends {name} to {}", listed(&to))));
    told
}
