//! Did one of these events happen before the other, or are they concurrent?

use super::survey::Survey;
use super::{Own, spread};
use crate::node::EventId;
use crate::trace::{EventKind, fact_words};
use crate::tui::{Question, Topic};

const CONCURRENT: &str = "neither: they are concurrent";

/// As many notable events before one are looked at for its other half.
const BACK: usize = 6;
/// As many events after the second one are looked at for where to ask.
const ON: u32 = 12;
/// A way that takes more messages is not told step by step.
const TOLD: usize = 3;

struct Spot {
    first: EventId,
    second: EventId,
    before: EventId,
}

pub fn questions(survey: &Survey<'_>) -> Vec<Own> {
    let (mut ordered, mut concurrent) = (Vec::new(), Vec::new());
    for place in 0..survey.notable.len() {
        for back in 1..=BACK.min(place) {
            let Some(spot) = spot(survey, survey.notable[place - back], survey.notable[place]) else { continue };
            let is_concurrent = survey.trace.concurrent(spot.first, spot.second);
            // Next to each other in the run, and yet in no order; or in order although on their way.
            let list = if is_concurrent { &mut concurrent } else { &mut ordered };
            list.push((1, spot.before, spot));
            break;
        }
    }
    let (mut ordered, mut concurrent) = (spread(ordered).into_iter(), spread(concurrent).into_iter());
    let mut own_ones = Vec::new();
    while let (Some(one), Some(other)) = (concurrent.next(), ordered.next()) {
        own_ones.extend([own(survey, &one), own(survey, &other)]);
    }
    own_ones.extend(concurrent.chain(ordered).map(|spot| own(survey, &spot)));
    own_ones
}

fn spot(survey: &Survey<'_>, first: EventId, second: EventId) -> Option<Spot> {
    let trace = survey.trace;
    let nodes = [trace.node(first)?, trace.node(second)?];
    if nodes[0] == nodes[1] {
        return None;
    }
    // The rows mark what is in the past of the event at the cursor. Asked at the second event itself, they would tell.
    let stands = (second.0 + 1..second.0 + ON).map(EventId).take_while(|id| *id < survey.end).find(|&id| {
        let is_other = trace.node(id).is_some_and(|node| !nodes.contains(&node));
        is_other && trace.before(first, id) >= trace.before(second, id)
    });
    Some(Spot { first, second, before: EventId(stands?.0 + 1) })
}

fn own(survey: &Survey<'_>, spot: &Spot) -> Own {
    let Spot { first, second, before } = *spot;
    let words = |id| fact_words(survey.trace, id);
    let is_concurrent = survey.trace.concurrent(first, second);
    let options = [
        format!("{first} happened before {second}"),
        format!("{second} happened before {first}"),
        CONCURRENT.to_owned(),
    ];
    let question = Question {
        topic: Topic::Concurrent,
        text: format!("{first}: {}. {second}: {}. How do they stand to each other?", words(first), words(second)),
        answer: Some(options[if is_concurrent { 2 } else { 0 }].clone()),
        options: options.to_vec(),
        because: if is_concurrent { apart(survey, first, second) } else { way(survey, first, second) },
        before,
        shown: None,
    };
    Own { question, from: before, tells: before }
}

fn apart(survey: &Survey<'_>, first: EventId, second: EventId) -> String {
    let time = |id| survey.trace.record(id).time();
    let later = match survey.knows_time {
        true => format!("{second} came {} later, in a time that no node sees. ", span(time(first).0, time(second).0)),
        false => String::new(),
    };
    format!("{later}No chain of messages leads from one to the other: neither can have known of the other.")
}

fn span(from: u64, to: u64) -> String {
    match to.saturating_sub(from) as f64 / 1e6 {
        span if span < 0.1 => "less than 0.1 ms".to_owned(),
        span => format!("{span:.1} ms"),
    }
}

/// The messages by which the second can know of the first.
fn way(survey: &Survey<'_>, first: EventId, second: EventId) -> String {
    let trace = survey.trace;
    let is_after = |id: &EventId| *id == first || trace.before(first, *id);
    let mut messages = Vec::new();
    let mut here = second;
    while here != first {
        // By a message where one leads there, else by the node's own past.
        let by_message = trace.record(here).cause().filter(|_| trace.record(here).kind() == EventKind::Deliver);
        let next = by_message.filter(is_after).inspect(|_| messages.push(here));
        let Some(next) = next.or_else(|| trace.previous(here).filter(is_after)) else { break };
        here = next;
        if messages.len() > TOLD {
            return "A chain of several messages leads from one to the other.".to_owned();
        }
    }
    let told: Vec<String> = messages.iter().rev().map(|id| format!("{} ({id})", fact_words(trace, *id))).collect();
    format!("What the second could know: {}.", told.join(", then "))
}
