//! Why some calls have no order, in steps that a person can follow.
//!
//! From what is certain (this ended before that began; who read a value came after its write) follows what must come before
//! what, until something must come before itself or a read must see what it did not. Where these steps lead nowhere,
//! the search's word stands: every order was tried.

use super::entries::Entry;
use super::models::{Model, Told};
use super::smallest::{found, stored};
use crate::node::{Datum, Op};

/// One step: what is known, and what follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// `r1 got 1`
    pub known: String,
    /// `so w before r1`
    pub follows: String,
}

/// Why there is no order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reasons {
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// The contradiction, in one sentence or two.
    pub hence: String,
}

/// What orders calls from the outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// What had ended comes before what began then.
    Time,
    /// Each client's own.
    Client,
}

/// Why one call comes before another.
#[derive(Clone, Debug)]
enum Why {
    /// It had ended when the other began; or its client asked it first.
    Outside,
    /// It wrote what the other found.
    Found,
    /// Otherwise this read would have seen the one and not the other.
    Unseen { read: usize, write: usize },
    /// Otherwise this compare-and-set would have found what it expected.
    Missed { miss: usize },
    /// By way of others.
    Chain,
}

#[derive(Clone, Debug)]
struct Before {
    from: usize,
    to: usize,
    why: Why,
    premises: Vec<usize>,
}

struct Deduction<'a> {
    /// What each call's key is.
    models: &'a [Model],
    order: Order,
    entries: &'a [Entry],
    names: &'a [String],
    befores: Vec<Before>,
    known: Vec<Vec<Option<usize>>>,
    /// The contradiction, and what it rests on.
    end: Option<(String, Vec<usize>)>,
}

/// The reasons why these calls have no order; each has a name.
pub fn reasons(models: &[Model], entries: &[Entry], names: &[String], order: Order) -> Reasons {
    let mut deduction = Deduction {
        models,
        order,
        entries,
        names,
        befores: Vec::new(),
        known: vec![vec![None; entries.len()]; entries.len()],
        end: None,
    };
    deduction.compare_times();
    if entries.iter().all(|entry| super::search::overwrites(&entry.op)) {
        while deduction.end.is_none() && deduction.deduce() {}
    } else {
        deduction.compare_reads();
    }
    deduction.told()
}

impl Deduction<'_> {
    fn compare_times(&mut self) {
        for (from, earlier) in self.entries.iter().enumerate() {
            for (to, later) in self.entries.iter().enumerate() {
                let comes_first = match self.order {
                    Order::Time => earlier.ended.is_some_and(|end| end < later.invoked),
                    // An unknown call may still take effect when its client has gone on.
                    Order::Client => {
                        earlier.client == later.client && earlier.ended.is_some() && earlier.invoked < later.invoked
                    }
                };
                if comes_first {
                    self.add(from, to, Why::Outside, vec![]);
                }
            }
        }
    }

    /// Adds that one call comes before another, unless that is known. Says whether it was new.
    fn add(&mut self, from: usize, to: usize, why: Why, premises: Vec<usize>) -> bool {
        if self.known[from][to].is_some() || self.end.is_some() {
            return false;
        }
        let place = self.befores.len();
        self.befores.push(Before { from, to, why, premises });
        self.known[from][to] = Some(place);
        if let Some(back) = self.known[to][from] {
            let (one, other) = (&self.names[from], &self.names[to]);
            self.end = Some((format!("Hence {one} before {other} and {other} before {one}."), vec![back, place]));
        }
        true
    }

    /// Draws what conclusions can be drawn once; says whether there were any.
    fn deduce(&mut self) -> bool {
        let mut is_new = false;
        for read in 0..self.entries.len() {
            while self.chain() {
                is_new = true;
            }
            let happened = self.entries[read].is_certain() || self.is_found(read);
            if let Some(value) = found(self.models[read], &self.entries[read]).filter(|_| happened) {
                is_new |= self.look_for_source(read, &value);
            }
        }
        is_new
    }

    fn chain(&mut self) -> bool {
        let count = self.entries.len();
        let mut is_new = false;
        for middle in 0..count {
            for from in 0..count {
                for to in 0..count {
                    if let (Some(one), Some(two)) = (self.known[from][middle], self.known[middle][to]) {
                        is_new |= from != to && self.add(from, to, Why::Chain, vec![one, two]);
                    }
                }
            }
        }
        is_new
    }

    /// Who can have written what a call found? And what follows, if only one can.
    fn look_for_source(&mut self, read: usize, value: &Datum) -> bool {
        let stores = |write: &usize| {
            *write != read && self.is_one_key(*write, read) && self.stored(*write).as_ref() == Some(value)
        };
        let (after, sources): (Vec<usize>, Vec<usize>) =
            (0..self.entries.len()).filter(stores).partition(|write| self.known[read][*write].is_some());
        let from_start = *value == Datum::Absent;
        match sources.as_slice() {
            // Where somebody wrote it later, an earlier write may stand among those that are not shown.
            [] if !from_start && after.is_empty() && self.entries[read].op.is_read() => {
                let text = format!("Nobody had begun to write {}, which {} found.", spoken(value), self.names[read]);
                self.end.get_or_insert((text, vec![]));
                false
            }
            [] if !from_start => false,
            [] => self.look_between(None, read, value),
            [source] if !from_start => {
                let is_new = self.add(*source, read, Why::Found, vec![]);
                self.look_between(Some(*source), read, value) || is_new
            }
            _ => false,
        }
    }

    /// A read found what `source` wrote, or what was there at the start. No other write comes between.
    fn look_between(&mut self, source: Option<usize>, read: usize, value: &Datum) -> bool {
        let mut is_new = self.look_at_misses(source, read, value);
        for write in (0..self.entries.len()).filter(|write| *write != read && Some(*write) != source) {
            if !self.is_one_key(write, read) {
                continue;
            }
            let happened = self.entries[write].is_certain() || self.is_found(write);
            if !happened || self.stored(write).is_none_or(|stored| stored == *value) {
                continue;
            }
            let found = source.and_then(|source| self.known[source][read]);
            let after_source = source.map_or(Some(None), |source| self.known[source][write].map(Some));
            let before_read = self.known[write][read];
            match (after_source, before_read, source) {
                (Some(after), Some(before), _) => {
                    let premises = after.into_iter().chain([before]).collect();
                    let text = self.tell_hidden(write, read, value);
                    self.end.get_or_insert((text, premises));
                    return false;
                }
                (Some(after), None, _) => {
                    let premises = found.into_iter().chain(after).collect();
                    is_new |= self.add(read, write, Why::Unseen { read, write }, premises);
                }
                (None, Some(before), Some(source)) => {
                    let premises = found.into_iter().chain([before]).collect();
                    is_new |= self.add(write, source, Why::Unseen { read, write }, premises);
                }
                _ => {}
            }
        }
        is_new
    }

    /// Between a write and one that found its value, no compare-and-set misses that value.
    fn look_at_misses(&mut self, source: Option<usize>, read: usize, value: &Datum) -> bool {
        let Some(source) = source else { return false };
        let mut is_new = false;
        for miss in (0..self.entries.len()).filter(|miss| self.entries[*miss].told == Told::Mismatch) {
            let Op::Cas { expected, .. } = &self.entries[miss].op else { continue };
            if !self.is_one_key(miss, read) || self.models[miss].plain(expected) != *value {
                continue;
            }
            let found = self.known[source][read];
            match (self.known[source][miss], self.known[miss][read]) {
                (Some(after), Some(before)) => {
                    let premises = found.into_iter().chain([after, before]).collect();
                    let text = format!("Hence {} must find {}. It found another.", self.names[miss], spoken(value));
                    self.end.get_or_insert((text, premises));
                    return false;
                }
                (Some(after), None) => {
                    let premises = found.into_iter().chain([after]).collect();
                    is_new |= self.add(read, miss, Why::Missed { miss }, premises);
                }
                (None, Some(before)) => {
                    let premises = found.into_iter().chain([before]).collect();
                    is_new |= self.add(miss, source, Why::Missed { miss }, premises);
                }
                (None, None) => {}
            }
        }
        is_new
    }

    fn is_one_key(&self, one: usize, other: usize) -> bool {
        self.entries[one].op.key() == self.entries[other].op.key()
    }

    /// Whether a read found what only this call wrote.
    fn is_found(&self, write: usize) -> bool {
        (0..self.entries.len())
            .any(|read| matches!(self.known[write][read].map(|place| &self.befores[place].why), Some(Why::Found)))
    }

    fn tell_hidden(&self, write: usize, read: usize, value: &Datum) -> String {
        let name = &self.names[read];
        let seen = self.stored(write).unwrap_or_default();
        let newer = (0..self.entries.len()).any(|other| {
            other != write
                && other != read
                && self.is_one_key(other, read)
                && self.stored(other).is_some_and(|stored| stored != *value)
                && self.known[other][write].is_none()
                && self.known[read][other].is_none()
        });
        let newer = if newer { " or newer" } else { "" };
        let verb = if self.entries[read].op.is_read() { "see" } else { "find" };
        let past = if verb == "see" { "saw" } else { "found" };
        format!("Hence {name} must {verb} {}{newer}. It {past} {}.", spoken(&seen), spoken(value))
    }

    fn stored(&self, place: usize) -> Option<Datum> {
        let entry = &self.entries[place];
        if entry.told == Told::Mismatch { None } else { stored(self.models[place], &entry.op) }
    }

    /// Of what only grows: a read that lacks what was there before, or two that show different beginnings.
    fn compare_reads(&mut self) {
        let shows = |place: usize| match (&self.entries[place].op, &self.entries[place].told) {
            (Op::Get(_), Told::Value(value)) => Some(self.models[place].plain(value)),
            _ => None,
        };
        let only_grows = self.entries.iter().all(|entry| matches!(entry.op, Op::Get(_) | Op::Append(..)));
        if !only_grows {
            return;
        }
        for one in 0..self.entries.len() {
            let Some(first) = shows(one) else { continue };
            for other in (0..self.entries.len()).filter(|other| self.is_one_key(one, *other)) {
                let model = self.models[one];
                let before = self.known[other][one];
                if let (Op::Append(_, value), Some(before)) = (&self.entries[other].op, before)
                    && !holds(&first, value)
                {
                    let text = format!("Hence {} must show {}. It does not.", self.names[one], spoken(value));
                    self.end = Some((text, vec![before]));
                    return;
                }
                let Some(second) = shows(other) else { continue };
                let (name, earlier) = (&self.names[one], &self.names[other]);
                if let Some(before) = before
                    && !model.leads_to(&second, &first)
                {
                    let text = format!("Hence {name} must show all that {earlier} did. It does not.");
                    self.end = Some((text, vec![before]));
                    return;
                }
                if other > one && !model.leads_to(&first, &second) && !model.leads_to(&second, &first) {
                    let text =
                        format!("What {name} and {earlier} show are not two stages of anything that only grows.");
                    self.end = Some((text, vec![]));
                    return;
                }
            }
        }
    }

    fn told(self) -> Reasons {
        let Some((hence, premises)) = &self.end else {
            let hence = "Every order of these was tried: none gives each client what it was told.".to_owned();
            return Reasons { steps: Vec::new(), hence };
        };
        let mut used = vec![false; self.befores.len()];
        let mut open = premises.clone();
        while let Some(place) = open.pop() {
            if !std::mem::replace(&mut used[place], true) {
                open.extend(&self.befores[place].premises);
            }
        }
        let steps = self.befores.iter().zip(used).filter(|(_, used)| *used);
        let steps = steps.filter_map(|(before, _)| self.step(before)).collect();
        Reasons { steps, hence: hence.clone() }
    }

    fn step(&self, before: &Before) -> Option<Step> {
        let (from, to) = (&self.names[before.from], &self.names[before.to]);
        let value = |place: usize| found(self.models[place], &self.entries[place]).unwrap_or_default();
        let known = match before.why {
            Why::Outside if self.order == Order::Time => format!("{from} ended before {to} began"),
            Why::Outside => format!("{} asked {from} before {to}", self.entries[before.from].client),
            Why::Found => format!("{to} {} {}", self.verb(before.to), spoken(&value(before.to))),
            Why::Unseen { read, write } => {
                let unseen = self.stored(write).unwrap_or_default();
                let (name, verb) = (&self.names[read], self.verb(read));
                format!("{name} {verb} {}, not {}", spoken(&value(read)), spoken(&unseen))
            }
            Why::Missed { miss } => format!("{} found another", self.names[miss]),
            Why::Chain => return None,
        };
        Some(Step { known, follows: format!("so {from} before {to}") })
    }

    fn verb(&self, place: usize) -> &'static str {
        if self.entries[place].op.is_read() { "got" } else { "found" }
    }
}

/// Whether what a read shows holds a value that was appended.
fn holds(shown: &Datum, value: &Datum) -> bool {
    match (shown, value) {
        (Datum::List(items), value) => items.contains(value),
        (Datum::Text(text), Datum::Text(part)) => text.contains(&**part),
        _ => false,
    }
}

/// A value as people say it: a long one cut short.
pub fn spoken(value: &Datum) -> String {
    const MOST: usize = 24;
    let text = value.to_string();
    if text.chars().count() <= MOST {
        return text;
    }
    let chars: Vec<char> = text.chars().collect();
    let (head, tail) = (&chars[..MOST - 13], &chars[chars.len() - 9..]);
    format!("{}....{}", head.iter().collect::<String>(), tail.iter().collect::<String>())
}
