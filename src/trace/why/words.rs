//! Steps in words.

use super::{Explainer, Step};
use crate::node::{EventId, Fact, Fault};
use crate::trace::record::EventKind;
use crate::trace::story::survey::Reign;
use crate::trace::story::{is_minority, millis, silence};
use crate::trace::words::{count_of, fact_words, names};

impl Explainer<'_> {
    /// A step in words that say more than the fact does.
    pub(super) fn step(&self, event: EventId) -> Step {
        let trace = self.trace;
        let name = trace.node(event).map_or("", |node| trace.cluster().name(node));
        let plain = || fact_words(trace, event);
        let words = match (trace.fact(event), trace.node(event)) {
            (Some(Fact::BecameLeader { term }), Some(node)) => {
                let said = self.survey.terms.get(&(self.survey.group(node), *term));
                let votes = said.map_or(0, |said| said.votes_before(trace, node, event).len());
                let all = self.survey.voters(node);
                if votes == 0 {
                    // Whoever chose it declares no votes, or is of another group.
                    return Step { event, words: format!("{name} leads term {term}"), note: self.note(event) };
                }
                let vote = if is_minority(votes, all) { "declared vote" } else { "vote" };
                match said.is_some_and(|said| said.candidates.is_empty()) {
                    // Who leads was settled by others, or by itself.
                    true => format!("{name} leads term {term}"),
                    false => format!("{name} leads term {term}: {} of {all}", count_of(votes, vote)),
                }
            }
            (Some(Fact::BecameCandidate { term }), Some(node)) => {
                match silence(self.survey, trace.handler_of(event), node) {
                    Some(span) if self.last_heard(event).is_some() => {
                        format!("{name} hears nothing for {}: candidate, term {term}", millis(span))
                    }
                    _ => plain(),
                }
            }
            (Some(Fact::Committed { index, .. }), Some(node)) if self.taught(event, node).is_none() => {
                let copies = self.copies(event, *index).len() + 1;
                format!("{name} commits to entry {index}: {copies} of {} hold it", self.survey.voters(node))
            }
            (Some(Fact::Committed { index, .. }), Some(node)) => {
                let teacher = names(trace, self.taught(event, node));
                format!("{name} learns from {teacher}: committed to {index}")
            }
            _ => plain(),
        };
        Step { event, words, note: self.note(event) }
    }

    pub(super) fn note(&self, event: EventId) -> Option<String> {
        let back = self.survey.returns.iter().find(|back| Some(back.event) == self.trace.record(event).cause());
        if let Some(back) = back.filter(|_| self.trace.record(event).kind() == EventKind::Boot) {
            let (held, kept) = (back.held.unwrap_or(0), back.recovered.map_or(0, |recovered| recovered.1));
            return (held > kept).then(|| format!("its log had reached {held}, now {kept}"));
        }
        if let Some(cut) = self.survey.truncations.iter().find(|cut| cut.event == event && cut.committed) {
            return Some(format!("promise dies here: {} was committed", cut.first));
        }
        match self.trace.fault(event).map(|record| &record.fault) {
            Some(Fault::Crash(node) | Fault::Pause(node)) => {
                let led = |reign: &&Reign| {
                    reign.node == *node && reign.from < event && reign.until.is_none_or(|until| until >= event)
                };
                self.survey.reigns.iter().find(led).map(|reign| format!("it led term {}", reign.term))
            }
            _ => None,
        }
    }
}
