//! Who becomes leader next?

use super::survey::{Reign, Survey};
use super::{Own, spread};
use crate::node::{EventId, NodeId};
use crate::trace::fault_words;
use crate::tui::panels::OPTIONS_AT_MOST;
use crate::tui::{Question, Topic};

const NOBODY: &str = "nobody, in this run";

/// An election, from the first sign of it.
struct Vacancy {
    before: EventId,
    last: Option<Reign>,
    next: Option<Reign>,
    /// What happened to the last leader, in words.
    fault: Option<String>,
    /// Who stood, in order.
    stood: Vec<NodeId>,
}

pub fn questions(survey: &Survey<'_>) -> Vec<Own> {
    let vacancies = (0..=survey.reigns.len()).filter_map(|place| vacancy(survey, place));
    let weighed = vacancies.map(|vacancy| (weight(&vacancy), vacancy.before, vacancy));
    spread(weighed.collect()).into_iter().filter_map(|vacancy| own(survey, &vacancy)).collect()
}

/// A leader's fall says more than a beginning; that nobody follows is asked where a leader fell.
fn weight(vacancy: &Vacancy) -> u32 {
    u32::from(vacancy.fault.is_some()) * 2 + u32::from(vacancy.next.is_some())
}

fn vacancy(survey: &Survey<'_>, place: usize) -> Option<Vacancy> {
    let trace = survey.trace;
    let last = place.checked_sub(1).map(|place| survey.reigns[place]);
    let next = survey.reigns.get(place).copied();
    let from = last.map_or(EventId(0), |last| last.event);
    let to = next.map_or(survey.end, |next| next.event);
    let first = survey.candidates.partition_point(|(event, _)| *event <= from);
    let candidates = || survey.candidates[first..].iter().take_while(|(event, _)| *event < to);
    let mut faults = last.into_iter().flat_map(|last| survey.hits(last.node));
    let fault = faults.find(|(event, _)| (from..to).contains(event));
    // Before the first candidate acts at all; a fault that came before is told.
    let stands = candidates().next().map(|(event, _)| trace.handler_of(*event)).filter(|event| *event > from);
    let (before, fault) = match (stands, fault) {
        (Some(stands), Some((event, fault))) if event < stands => (EventId(event.0 + 1), Some(fault)),
        (None, Some((event, fault))) => (EventId(event.0 + 1), Some(fault)),
        (Some(stands), _) => (stands, None),
        (None, None) => return None,
    };
    let mut stood: Vec<NodeId> = Vec::new();
    for (_, node) in candidates() {
        if !stood.contains(node) {
            stood.push(*node);
        }
    }
    let fault = fault.map(|fault| fault_words(trace, fault));
    Some(Vacancy { before, last, next, fault, stood })
}

fn own(survey: &Survey<'_>, vacancy: &Vacancy) -> Option<Own> {
    let leads = vacancy.last.or(vacancy.next).map(|reign| reign.node).or(vacancy.stood.first().copied())?;
    let members = &survey.trace.cluster().group_of(leads).members;
    if !(2..OPTIONS_AT_MOST).contains(&members.len()) {
        return None;
    }
    let mut options: Vec<String> = members.iter().map(|node| survey.name(*node).to_owned()).collect();
    options.push(NOBODY.to_owned());
    let text = match (vacancy.last, &vacancy.fault) {
        (None, _) => "Nobody leads yet. Who becomes the first leader?".to_owned(),
        (Some(last), None) => {
            format!("{} became leader of term {}. Who becomes leader next?", survey.name(last.node), last.term)
        }
        (Some(last), Some(fault)) => {
            let fault = fault.trim_end_matches('.');
            format!("{} leads term {}. {fault}. Who becomes leader next?", survey.name(last.node), last.term)
        }
    };
    let answer = vacancy.next.map_or(NOBODY, |next| survey.name(next.node));
    let shown = vacancy.next.map_or(survey.end, |next| next.event);
    let question = Question {
        topic: Topic::Leader,
        text,
        options,
        answer: Some(answer.to_owned()),
        because: because(survey, vacancy),
        before: vacancy.before,
        shown: Some(shown),
    };
    let from = vacancy.last.map_or(EventId(0), |last| last.event);
    Some(Own { question, from, tells: shown })
}

fn because(survey: &Survey<'_>, vacancy: &Vacancy) -> String {
    let Some(next) = vacancy.next else {
        return match vacancy.stood.len() {
            0 => "Until the end of the run nobody stands for election.".to_owned(),
            _ => format!("{} stood for election in vain.", survey.names(vacancy.stood.iter().copied())),
        };
    };
    let name = survey.name(next.node);
    let votes = survey.votes.get(&(next.term, next.node)).into_iter().flatten();
    let voters: Vec<NodeId> = votes.filter(|(event, _)| *event <= next.event).map(|(_, voter)| *voter).collect();
    let place = survey.place(next.event);
    let told = format!("{name} became leader of term {} {place}.", next.term);
    let voted = match voters.is_empty() {
        true => String::new(),
        false => format!(" {} voted for it.", survey.names(voters)),
    };
    let stood = match vacancy.stood.iter().position(|node| *node == next.node) {
        Some(0) => format!(" {name} stood first: whose timeout ends first is drawn by lot."),
        Some(_) => format!(" {} stood before it; to stand first is not to win.", survey.name(vacancy.stood[0])),
        None => String::new(),
    };
    told + &voted + &stood
}
