//! A promise that was broken.

use super::claim::Promise;
use super::history::Moment;
use crate::node::{EventId, NodeId, SimTime};
use std::collections::BTreeMap;

/// How a promise was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The promise.
    pub promise: Promise,
    /// The event at which it was seen to be broken.
    pub event: EventId,
    /// When that was.
    pub time: SimTime,
    /// The node that the event happened at.
    pub node: NodeId,
    /// What is wrong, in a few words: `two leaders in term 2`.
    pub headline: String,
    /// What was seen, a line each.
    pub seen: Vec<String>,
    /// The events that are to be explained, in order.
    pub culprits: Vec<EventId>,
    /// What follows from that, as one sentence, where something does.
    pub insight: Option<String>,
    /// What it is about, where that is not the whole run: a key.
    pub about: Option<String>,
    /// A page that shows and explains it, where there is one: that takes the place of a causal story.
    pub picture: Vec<String>,
}

impl Violation {
    /// A violation of which only the headline is told so far.
    pub(super) fn new(promise: Promise, at: Moment, node: NodeId, headline: String) -> Self {
        let Moment { event, time } = at;
        Violation {
            promise,
            event,
            time,
            node,
            headline,
            seen: vec![],
            culprits: vec![event],
            insight: None,
            about: None,
            picture: vec![],
        }
    }

    /// Adds a line that tells what was seen.
    pub(super) fn saw(mut self, line: String) -> Self {
        self.seen.push(line);
        self
    }

    /// Adds events to be explained.
    pub(super) fn blame(mut self, events: impl IntoIterator<Item = EventId>) -> Self {
        self.culprits.extend(events);
        self.culprits.sort();
        self.culprits.dedup();
        self
    }

    /// Adds a page, and what it is about.
    pub(super) fn draw(mut self, about: Option<String>, picture: Vec<String>) -> Self {
        (self.about, self.picture) = (about, picture);
        self
    }

    /// The promise's name, with what it is about: `Linearizable(x)`.
    pub fn name(&self) -> String {
        match &self.about {
            Some(about) => format!("{}({about})", self.promise),
            None => self.promise.name().to_owned(),
        }
    }

    /// Adds what follows.
    pub(super) fn hence(mut self, insight: Option<String>) -> Self {
        self.insight = insight;
        self
    }
}

/// The first violation of each promise, and how often each was broken.
#[derive(Clone, Debug, Default)]
pub(super) struct Violations {
    first: BTreeMap<Promise, (Violation, u32)>,
}

impl Violations {
    /// Counts a violation; the first of its promise is told by `tell`.
    pub fn report(&mut self, promise: Promise, tell: impl FnOnce() -> Violation) {
        self.first.entry(promise).and_modify(|(_, count)| *count += 1).or_insert_with(|| (tell(), 1));
    }

    /// The first violation of a promise.
    pub fn get(&self, promise: Promise) -> Option<&Violation> {
        self.first.get(&promise).map(|(violation, _)| violation)
    }

    /// How often a promise was broken.
    pub fn count(&self, promise: Promise) -> u32 {
        self.first.get(&promise).map_or(0, |(_, count)| *count)
    }

    /// The first of each promise.
    pub fn iter(&self) -> impl Iterator<Item = &Violation> {
        self.first.values().map(|(violation, _)| violation)
    }
}
