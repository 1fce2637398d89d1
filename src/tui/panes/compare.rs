//! Two branches side by side, and where they part.

use super::{Said, Tone};
use crate::node::EventId;
use crate::trace::{Trace, describe};
use crate::tui::layout::clock;
use crate::tui::model::Model;
use crate::tui::rows::Row;
use crate::tui::words::words;
use std::collections::BTreeMap;

/// How many events after the departure are looked at in each run: our choice, some milliseconds.
const WITHIN: u32 = 4000;

/// An event of one of two runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    time: u64,
    id: EventId,
    words: String,
    /// Whether the other run has it too, within what was looked at: at the same instant, or at another one.
    shared: Option<bool>,
}

/// Two runs from the event on at which they part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The number of the branch that the other run is.
    pub other: usize,
    /// The last event that both have.
    pub parted: EventId,
    /// Of the other run, and of the one that is looked at.
    pub sides: [Vec<Event>; 2],
}

impl Comparison {
    /// Compares the other run with this one, which are the same up to `departs` at least. An event is the same in both where
    /// it reads the same and is as manieth of its like since they parted; as the runs' keyed draws see to it that what is
    /// not touched stays, that is what a person means.
    pub fn new(other: usize, departs: EventId, there: &Trace, here: &Trace) -> Self {
        let is_same = |id: &EventId| {
            let (a, b) = (there.record(*id), here.record(*id));
            (a.time(), a.kind(), a.cause()) == (b.time(), b.kind(), b.cause())
                && describe(there, *id) == describe(here, *id)
        };
        let both = there.len().min(here.len()) as u32;
        let low = (departs.0.min(both)..both).find(|id| !is_same(&EventId(*id))).unwrap_or(both);
        let parted = EventId(low.saturating_sub(1));
        let side = |trace: &Trace| -> Vec<Event> {
            let until = (low + WITHIN).min(trace.len() as u32);
            let event = |id: EventId| Event {
                time: trace.record(id).time().0,
                id,
                words: words(trace, Row { first: id, last: id }),
                shared: None,
            };
            (low..until).map(EventId).map(event).collect()
        };
        let mut sides = [side(there), side(here)];
        let counted = |side: &[Event], trace: &Trace| {
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            let mut key = |event: &Event| {
                let text = describe(trace, event.id);
                let count = seen.entry(text.clone()).or_default();
                *count += 1;
                (text, *count)
            };
            side.iter().map(&mut key).collect::<Vec<_>>()
        };
        let keys = [counted(&sides[0], there), counted(&sides[1], here)];
        for place in 0..2 {
            let times = sides[1 - place].iter().map(|event| event.time);
            let others: BTreeMap<_, u64> = keys[1 - place].iter().zip(times).collect();
            for (event, key) in sides[place].iter_mut().zip(&keys[place]) {
                event.shared = others.get(key).map(|time| *time == event.time);
            }
        }
        Comparison { other, parted, sides }
    }
}

/// Columns below which the two runs stand one under the other.
const SIDE_BY_SIDE: usize = 76;

/// Events of each run that are shown: those not before the cursor's instant, or from the departure on.
const SHOWN: usize = 60;

pub fn lines(model: &Model, width: usize) -> Vec<Said> {
    let Some(comparison) = &model.comparison else {
        return vec![("b does something to this run; then both can stand side by side.".to_owned(), Tone::Plain)];
    };
    let names = [comparison.other, model.branches.here()].map(|number| model.branches.get(number).name.clone());
    let trace = model.trace();
    let parted = words(trace, Row { first: comparison.parted, last: comparison.parted });
    let mut lines = vec![(format!("Both are the same up to {} ({parted}).", comparison.parted), Tone::Bold)];
    let from = match model.cursor > comparison.parted {
        true => trace.record(model.cursor).time().0,
        false => 0,
    };
    let shown = comparison.sides.each_ref().map(|side| {
        let first = side.partition_point(|event| event.time < from);
        side[first..].iter().take(SHOWN).collect::<Vec<_>>()
    });
    let told = |event: &Event, own: char| {
        let mark = match event.shared {
            Some(true) => '=',
            Some(false) => '~',
            None => own,
        };
        format!("{mark} {} {} {}", clock(crate::node::SimTime(event.time)), event.id, event.words)
    };
    if width < SIDE_BY_SIDE {
        for ((name, side), own) in names.iter().zip(&shown).zip(['-', '+']) {
            lines.push((format!("IN {}", name.to_uppercase()), Tone::Bold));
            let tone = |event: &Event| if event.shared == Some(true) { Tone::Plain } else { Tone::Bold };
            lines.extend(side.iter().map(|event| (told(event, own), tone(event))));
        }
        return lines;
    }
    let half = (width - 3) / 2;
    let cell = |text: &str| {
        let text = crate::tui::view::cut_to(text, half);
        let blank = half.saturating_sub(crate::tui::view::width_of(&text));
        format!("{text}{}", " ".repeat(blank))
    };
    lines.push((format!("{} │ {}", cell(&names[0]), names[1]), Tone::Bold));
    // Merged by time, so that what happens at the same moment stands on the same line.
    let (mut left, mut right) = (shown[0].iter().peekable(), shown[1].iter().peekable());
    loop {
        let times = (left.peek().map(|event| event.time), right.peek().map(|event| event.time));
        let (a, b) = match times {
            (None, None) => break,
            (Some(a), Some(b)) if a == b => (left.next(), right.next()),
            (Some(a), Some(b)) if a < b => (left.next(), None),
            (Some(_), None) => (left.next(), None),
            _ => (None, right.next()),
        };
        let text = |event: Option<&&&Event>, own: char| event.map_or(String::new(), |event| told(event, own));
        let is_shared = [a, b].into_iter().flatten().all(|event| event.shared == Some(true));
        let line = format!("{} │ {}", cell(&text(a.as_ref(), '-')), text(b.as_ref(), '+'));
        lines.push((crate::tui::view::cut_to(&line, width), if is_shared { Tone::Plain } else { Tone::Bold }));
    }
    lines.push(("= in both   ~ in both, at another time   - only there   + only here".to_owned(), Tone::Faint));
    lines
}
