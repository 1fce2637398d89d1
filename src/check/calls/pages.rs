//! The page of a history that has no order: bars of time, the reasons beneath, and where the calls stand.

use super::Call;
use super::bars::{COLUMNS, MOST_BARS, Places, bars};
use super::entries::{Entry, Meaning, by_key};
use super::models::Model;
use super::reasons::{Order, Reasons, reasons};
use super::sequential::{Disorder, keys_of};
use super::smallest::{Conflict, found, stored};
use crate::node::Op;
use std::collections::BTreeMap;

/// What is told of calls that no order explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What they are about: a key, where it is one.
    pub about: Option<String>,
    /// `no order explains these three`
    pub headline: String,
    /// The contradiction, in one sentence or two.
    pub hence: String,
    /// Bars, reasons, and where the calls stand.
    pub lines: Vec<String>,
}

/// What is told of calls of one key.
pub fn of_conflict(calls: &[Call], conflict: &Conflict, meaning: Meaning, places: Places) -> Told {
    let shown: Vec<&Call> = conflict.shown.iter().map(|place| &calls[*place]).collect();
    let names = names(&shown);
    let entries: Vec<Entry> =
        conflict.shown.iter().filter_map(|place| Entry::of(*place, &calls[*place], meaning)).collect();
    let reasons = reasons(&vec![conflict.model; entries.len()], &entries, &names, Order::Time);
    let ending = format!("{}{}", reasons.hence, tell_droppable(conflict, &shown, &names));
    let past = tell_past(calls, conflict, meaning, &names);
    let mut lines = body(&shown, &names, &reasons, &past, &ending, places);
    lines.extend(conclusion(&shown, &names, conflict.is_smallest, places));
    let headline = headline(shown.len(), "no order");
    Told { about: Some(conflict.key.to_string()), headline, hence: reasons.hence, lines }
}

/// What is told of calls of whatever keys.
pub fn of_disorder(calls: &[Call], disorder: &Disorder, meaning: Meaning, places: Places) -> Told {
    let shown: Vec<&Call> = disorder.shown.iter().map(|place| &calls[*place]).collect();
    let names = names(&shown);
    let entries: Vec<Entry> =
        disorder.shown.iter().filter_map(|place| Entry::of(*place, &calls[*place], meaning)).collect();
    let keyed = by_key(calls, meaning);
    let model = |entry: &Entry| {
        keyed.iter().find(|keyed| Some(&keyed.key) == entry.op.key()).map_or(Model::Store, |keyed| keyed.model)
    };
    let models: Vec<Model> = entries.iter().map(model).collect();
    let reasons = reasons(&models, &entries, &names, Order::Client);
    let mut lines = body(&shown, &names, &reasons, &[], &reasons.hence, places);
    lines.extend(conclusion(&shown, &names, disorder.is_smallest, places));
    let keys = keys_of(calls, &disorder.shown);
    let about = (keys.len() == 1).then(|| keys[0].to_string());
    Told { about, headline: headline(shown.len(), "no one order"), hence: reasons.hence, lines }
}

/// The bars and the reasons.
fn body(
    shown: &[&Call],
    names: &[String],
    reasons: &Reasons,
    past: &[String],
    ending: &str,
    places: Places,
) -> Vec<String> {
    let mut lines = bars(shown, names, places);
    lines.extend_from_slice(past);
    let width = reasons.steps.iter().map(|step| step.known.len()).max().unwrap_or_default();
    lines.extend(reasons.steps.iter().map(|step| format!("  {:width$}  {}", step.known, step.follows)));
    lines.extend(wrapped("  ", ending));
    lines
}

/// Where the calls stand.
fn conclusion(shown: &[&Call], names: &[String], is_smallest: bool, places: Places) -> Vec<String> {
    let mut lines = Vec::new();
    if !is_smallest {
        lines.push("  There may be a smaller set: the search for it met its limit.".to_owned());
    }
    let span = |(call, name): (&&Call, &String)| format!("{name} {}", tell_span(call, places));
    let spans: Vec<String> = shown.iter().zip(names).take(MOST_BARS).map(span).collect();
    let word = match places {
        Places::Events => "  events  ",
        Places::Lines => "  lines   ",
        Places::Entries => "  entries ",
    };
    lines.extend(wrapped(word, &spans.join(", ")));
    lines
}

/// `three`.
fn number_word(count: usize) -> String {
    let words = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    words.get(count).map_or_else(|| count.to_string(), |word| (*word).to_owned())
}

/// `no order explains these three`
fn headline(count: usize, what: &str) -> String {
    match count {
        1 => format!("{what} explains this one"),
        count => format!("{what} explains these {}", number_word(count)),
    }
}

/// Short names: a label where it names but one call, otherwise `w1 r1 r2`.
fn names(shown: &[&Call]) -> Vec<String> {
    let is_only = |label: &str| shown.iter().filter(|call| call.label.as_deref() == Some(label)).count() == 1;
    let letters: Vec<&str> = shown.iter().map(|call| letter(&call.op)).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let name = |(place, call): (usize, &&Call)| {
        if let Some(label) = call.label.as_deref().filter(|label| is_only(label) && label.len() <= 10) {
            return label.to_owned();
        }
        let letter = letters[place];
        let count = counts.entry(letter).or_default();
        *count += 1;
        if letters.iter().filter(|other| **other == letter).count() == 1 {
            letter.to_owned()
        } else {
            format!("{letter}{count}")
        }
    };
    shown.iter().enumerate().map(name).collect()
}

fn letter(op: &Op) -> &'static str {
    match op {
        Op::Get(_) => "r",
        Op::Put(..) => "w",
        Op::Append(..) => "a",
        Op::Cas { .. } => "c",
        Op::Delete(_) => "d",
        Op::Take(_) => "t",
        Op::Acquire(_) => "l",
        Op::Release(_) => "u",
        Op::Broadcast(_) | Op::Do(..) => "o",
    }
}

fn tell_span(call: &Call, places: Places) -> String {
    let mark = if places == Places::Events { "e" } else { "" };
    match call.certain_end() {
        Some(end) => format!("{mark}{}-{mark}{}", call.invoked.place, end.place),
        None => format!("{mark}{} on", call.invoked.place),
    }
}

/// ` Drop either read: the rest fit.`
fn tell_droppable(conflict: &Conflict, shown: &[&Call], names: &[String]) -> String {
    let can_be = |place: &usize| conflict.droppable.contains(place);
    let dropped: Vec<usize> = (0..shown.len()).filter(|place| can_be(&conflict.shown[*place])).collect();
    let reads: Vec<usize> = (0..shown.len()).filter(|place| shown[*place].op.is_read()).collect();
    let is_all_reads = dropped == reads;
    let rest = if shown.len() == 2 { "the other fits" } else { "the rest fit" };
    match dropped.len() {
        0 => String::new(),
        _ if shown.len() == 1 => String::new(),
        1 => format!(" Drop {}: {rest}.", names[dropped[0]]),
        2 if is_all_reads => format!(" Drop either read: {rest}."),
        count if is_all_reads => format!(" Drop any of the {} reads: {rest}.", number_word(count)),
        2 if shown.len() == 2 => format!(" Drop either: {rest}."),
        count if count == shown.len() => format!(" Drop any one: {rest}."),
        2 => format!(" Drop {} or {}: {rest}.", names[dropped[0]], names[dropped[1]]),
        count if count <= 4 => {
            let named: Vec<&str> = dropped.iter().map(|place| names[*place].as_str()).collect();
            format!(" Drop one of {}: {rest}.", named.join(" "))
        }
        _ => String::new(),
    }
}

/// Writes of the values that were read, which are not drawn because they were over.
fn tell_past(calls: &[Call], conflict: &Conflict, meaning: Meaning, names: &[String]) -> Vec<String> {
    let values: Vec<_> = conflict
        .shown
        .iter()
        .filter_map(|place| found(conflict.model, &Entry::of(*place, &calls[*place], meaning)?))
        .collect();
    let stores = |place: &&usize| {
        let stored = stored(conflict.model, &calls[**place].op);
        !conflict.shown.contains(place) && stored.is_some_and(|stored| values.contains(&stored))
    };
    let others = conflict.past.iter().filter(stores).count();
    // The first call that began after all of them had ended.
    let end = conflict.past.iter().filter(stores).filter_map(|place| calls[*place].certain_end()).max();
    let first = conflict.shown.iter().position(|place| end.is_some_and(|end| end < calls[*place].invoked));
    match (others, first) {
        (0, _) | (_, None) => Vec::new(),
        (1, Some(first)) => {
            wrapped("  ", &format!("One more write of what was read had ended before {} began.", names[first]))
        }
        (_, Some(first)) => {
            wrapped("  ", &format!("{others} more writes of what was read had ended before {} began.", names[first]))
        }
    }
}

/// Breaks a text into lines, all but the first beneath its own beginning.
pub fn wrapped(head: &str, text: &str) -> Vec<String> {
    let mut lines = vec![head.to_owned()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is a first line");
        if line.len() + 1 + word.len() > COLUMNS && line.len() > head.len() {
            lines.push(format!("{}{word}", " ".repeat(head.len())));
        } else if line.len() == head.len() {
            line.push_str(word);
        } else {
            *line = format!("{line} {word}");
        }
    }
    lines
}
