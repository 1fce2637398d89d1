//! Questions that the tool makes itself, each put before the run reveals its answer.
//!
//! An answer is computed from the trace of the whole run, and where that does not settle it, nothing is asked. No
//! question is put where its answer could be seen already, neither in the run nor in what another question has told:
//! when an answer is given the truth is told at once, so between a question and what shows its answer no other is put.
//! A lesson has the first word: where it asks about the same stretch of the run, the tool does not.
//!
//! One pass over the trace, made when somebody wants to be asked; texts are made of the few questions that are chosen.

mod committed;
mod concurrent;
mod leader;
mod log;
mod read;
mod survey;
mod survives;

use super::{Question, Topic};
use crate::node::EventId;
use crate::trace::Trace;
use survey::Survey;

/// As many questions a run: our choice. More are a chore.
const QUESTIONS: usize = 12;
/// As many of one topic.
const OF_A_TOPIC: usize = 3;
/// As many of one topic are looked at to find those.
const CONSIDERED: usize = 12;

/// A question that could be put.
struct Own {
    question: Question,
    /// Where what it is about begins.
    from: EventId,
    /// Its explanation tells of what happens until there.
    tells: EventId,
}

/// The tool's own questions about a run, in the order in which they are put. `lesson` are those that are put anyway.
pub fn questions(trace: &Trace, knows_time: bool, lesson: &[Question]) -> Vec<Question> {
    let Some(survey) = Survey::of(trace, knows_time) else { return Vec::new() };
    let mut waiting = [
        survives::questions(&survey),
        leader::questions(&survey),
        read::questions(&survey),
        committed::questions(&survey),
        concurrent::questions(&survey),
    ];
    for own in &mut waiting {
        own.retain(|own| own.is_sound(&survey) && !own.is_spoilt(lesson));
    }
    let mut chosen: Vec<Own> = Vec::new();
    // In turns, so that each topic has its share.
    for _ in 0..OF_A_TOPIC {
        for own in &mut waiting {
            let place = own.iter().position(|own| chosen.iter().all(|other| own.goes_with(other)));
            if let Some(place) = place.filter(|_| chosen.len() < QUESTIONS) {
                chosen.push(own.remove(place));
            }
        }
    }
    chosen.sort_by_key(|own| own.question.before);
    chosen.into_iter().map(|own| own.question).collect()
}

impl Own {
    /// Whether it can be put at all: something is there before it, its answer can be chosen, and comes later.
    fn is_sound(&self, survey: &Survey<'_>) -> bool {
        let Question { before, shown, options, answer, .. } = &self.question;
        let is_option = answer.as_ref().is_some_and(|answer| options.contains(answer));
        is_option && before.0 > 0 && *before <= survey.end && shown.is_none_or(|shown| shown >= *before)
    }

    /// Whether a lesson's question tells the answer, or would be told by it.
    fn is_spoilt(&self, lesson: &[Question]) -> bool {
        let Some(shown) = self.question.shown else { return false };
        let names_it = matches!(self.question.topic, Topic::Leader | Topic::Read);
        lesson.iter().any(|other| {
            let within = (self.from..=shown).contains(&other.before);
            within || (names_it && other.before <= shown && other.answer == self.question.answer)
        })
    }

    /// Whether neither tells what the other asks.
    fn goes_with(&self, other: &Own) -> bool {
        let (first, second) =
            if self.question.before < other.question.before { (self, other) } else { (other, self) };
        let is_apart = first.question.before < second.question.before && first.tells <= second.question.before;
        let topics = [self.question.topic, other.question.topic];
        let is_of_writes =
            topics.iter().all(|topic| matches!(topic, Topic::Survives | Topic::Committed | Topic::Read));
        // What became of a write early on is told by what is asked about it later.
        let is_one = is_of_writes && topics[0] != topics[1] && second.from <= first.question.before;
        is_apart && !is_one
    }
}

/// Of many things, each with a weight, some of the weightiest; among equals they are spread over the run.
fn spread<T>(mut things: Vec<(u32, EventId, T)>) -> Vec<T> {
    things.sort_by_key(|(weight, event, _)| (std::cmp::Reverse(*weight), *event));
    let mut chosen = Vec::new();
    let mut things = things.into_iter().peekable();
    while let Some(&(weight, _, _)) = things.peek() {
        let mut equals = Vec::new();
        while let Some(thing) = things.next_if(|(other, _, _)| *other == weight) {
            equals.push(thing.2);
        }
        let room = CONSIDERED - chosen.len();
        let every = equals.len().div_ceil(room.max(1)).max(1);
        chosen.extend(equals.into_iter().step_by(every).take(room));
    }
    chosen
}
