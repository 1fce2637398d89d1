//! The smallest set of calls that no order explains.
//!
//! To leave a write out altogether would accuse the reads that it explains. So what is left out is *freed*: a read vanishes; a
//! write may have happened at any time, as often as one likes. Of an old write it may be kept that it is past: it may have
//! happened, as often as one likes, before anything that began after it had ended. Where not even that helps, what is kept
//! is a conflict of the whole history.

use super::Call;
use super::entries::{Entry, Keyed, Meaning};
use super::linearizable::item;
use super::models::{Model, Told};
use super::search::{Budget, Found, Item, Problem, overwrites, search};
use crate::node::{Datum, Key, Op};

/// Calls of one key that no order explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The key.
    pub key: Key,
    /// What the key was taken for.
    pub model: Model,
    /// The calls, by their places in the history, in the order in which they began; with the writes that explain what they read.
    pub shown: Vec<usize>,
    /// Those of them that are needed: with any one of these freed, the rest has an order.
    pub needed: Vec<usize>,
    /// Those without which the shown ones have an order.
    pub droppable: Vec<usize>,
    /// Calls that are not shown and had all ended before one of the needed began: it counts that they are past.
    pub past: Vec<usize>,
    /// Whether each of the needed is known to be: a search for a smaller set may have met its limit.
    pub is_smallest: bool,
    /// All calls up to the one that no order reaches.
    pub prefix: usize,
}

/// How many states one attempt to free something may take, and all of them together. Our choice: a second or so.
const STATES: u64 = 200_000;
const ALL_STATES: u64 = 1_000_000;
/// To make an attempt ready costs something for each of its calls: as much as so many states.
const STATES_PER_CALL: u64 = 4;

/// What becomes of each entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Kept,
    Past,
    Free,
}

struct Shrinking<'a, 'b> {
    go_on: &'a mut (dyn FnMut() -> bool + 'b),
    model: Model,
    entries: Vec<&'a Entry>,
    /// How far the history is looked at: what ended later has not ended.
    until: u32,
    states: u64,
    met_limit: bool,
}

/// The conflict of a key's history that has no order; the search found orders up to the call that ended at `stuck`.
pub fn smallest(calls: &[Call], keyed: &Keyed, meaning: Meaning, stuck: u32, budget: &mut Budget<'_>) -> Conflict {
    let mut shrinking = Shrinking {
        go_on: budget.go_on,
        model: keyed.model,
        entries: keyed.entries.iter().collect(),
        until: u32::MAX,
        states: ALL_STATES,
        met_limit: false,
    };
    shrinking.cut_after(stuck);
    let late = shrinking.find_window();
    // The latest window has the fewest calls, but an earlier one may need fewer of them.
    let begins: Vec<u32> = shrinking.entries.iter().map(|entry| entry.invoked).collect();
    let latest = begins.partition_point(|begin| *begin < late);
    let windows = begins[latest.saturating_sub(WINDOWS)..latest].iter().rev().copied();
    let mut best = shrinking.in_window(calls, keyed, meaning, late);
    for window in windows {
        if best.shown.len() <= 3 || !shrinking.has_window(window) {
            break;
        }
        let other = shrinking.in_window(calls, keyed, meaning, window);
        if other.shown.len() < best.shown.len() {
            best = other;
        }
    }
    best
}

/// How many earlier windows are looked at. Our choice.
const WINDOWS: usize = 12;

impl Shrinking<'_, '_> {
    /// The smallest conflict of the calls that had not ended before `late`.
    fn in_window(&mut self, calls: &[Call], keyed: &Keyed, meaning: Meaning, late: u32) -> Conflict {
        let mut fates: Vec<Fate> = self.entries.iter().map(|entry| fate_in_window(entry, late)).collect();
        self.free_what_can_be(&mut fates, late);
        let without_past: Vec<Fate> =
            fates.iter().map(|fate| if *fate == Fate::Past { Fate::Free } else { *fate }).collect();
        if past_matters(&fates) && self.conflicts(&without_past, u32::MAX) {
            fates = without_past;
        }
        conflict(calls, keyed, meaning, self, &fates)
    }

    fn has_window(&mut self, late: u32) -> bool {
        let fates: Vec<Fate> = self.entries.iter().map(|entry| fate_in_window(entry, late)).collect();
        self.conflicts(&fates, late)
    }

    /// Cuts the history after the first end up to which there is no order.
    fn cut_after(&mut self, stuck: u32) {
        let mut ends: Vec<u32> = self.entries.iter().filter_map(|entry| entry.ended).collect();
        ends.sort();
        let (mut low, mut high) = (ends.partition_point(|end| *end < stuck), ends.len().saturating_sub(1));
        let mut stride = 0;
        while low < high {
            // The search is seldom far from it: look there first, and then ever farther.
            let middle = (low + stride).min(low.midpoint(high));
            self.until = ends[middle];
            if self.conflicts(&vec![Fate::Kept; self.entries.len()], u32::MAX) {
                high = middle;
            } else {
                low = middle + 1;
                stride = 2 * stride + 1;
            }
        }
        self.until = ends.get(high).copied().unwrap_or(u32::MAX);
        self.entries.retain(|entry| entry.invoked < self.until);
    }

    /// The latest beginning before which all that has ended can be taken for past.
    fn find_window(&mut self) -> u32 {
        let has_past = |op: &Op| overwrites(op) || matches!(op, Op::Append(..));
        if !self.entries.iter().all(|entry| has_past(&entry.op)) {
            return 0;
        }
        let begins: Vec<u32> = self.entries.iter().map(|entry| entry.invoked).collect();
        // With nothing past there is a conflict; but a late window is looked at sooner, and is seldom far from the end.
        let (mut low, mut high, mut back) = (0, begins.len(), 1);
        while back < begins.len() {
            if self.has_window(begins[begins.len() - back]) {
                low = begins.len() - back;
                break;
            }
            high = begins.len() - back;
            back *= 2;
        }
        while low + 1 < high {
            let middle = low.midpoint(high);
            if self.has_window(begins[middle]) { low = middle } else { high = middle }
        }
        begins.get(low).copied().unwrap_or_default()
    }

    /// Frees halves, quarters, and so on down to single calls, until no single one can be freed (Zeller and Hildebrandt,
    /// "Simplifying and isolating failure-inducing input", 2002).
    fn free_what_can_be(&mut self, fates: &mut Vec<Fate>, late: u32) {
        let mut kept: Vec<usize> = (0..fates.len()).filter(|place| fates[*place] == Fate::Kept).collect();
        let mut size = kept.len().div_ceil(2).max(1);
        loop {
            let before = kept.len();
            for chunk in kept.clone().chunks(size) {
                let mut freed = fates.clone();
                chunk.iter().for_each(|place| freed[*place] = Fate::Free);
                if self.conflicts(&freed, late) {
                    *fates = freed;
                }
            }
            kept.retain(|place| fates[*place] == Fate::Kept);
            if size == 1 && kept.len() == before {
                return;
            }
            size = size.div_ceil(2).min(kept.len().max(1));
        }
    }

    /// Whether no order explains what is kept. If that takes too long, it is not known, and so it is not said.
    fn conflicts(&mut self, fates: &[Fate], late: u32) -> bool {
        if self.states == 0 {
            self.met_limit = true;
            return false;
        }
        let problem = self.problem(fates, late);
        self.states = self.states.saturating_sub(STATES_PER_CALL * problem.items.len() as u64);
        let allowed = STATES.min(self.states);
        let mut budget = Budget { states: allowed, go_on: &mut *self.go_on };
        let found = search(&problem, &mut budget);
        let left = budget.states;
        self.states -= allowed - left;
        self.met_limit |= found == Found::Undecided;
        matches!(found, Found::None(_))
    }

    fn problem(&self, fates: &[Fate], late: u32) -> Problem {
        let (mut items, mut free, mut past) = (Vec::new(), Vec::new(), Vec::new());
        for (entry, fate) in self.entries.iter().zip(fates) {
            let kept = Item { ended: entry.ended.filter(|end| *end <= self.until), ..item(entry) };
            let changes = !entry.is_reading();
            match fate {
                Fate::Kept if entry.invoked < self.until && (changes || kept.ended.is_some()) => items.push(kept),
                Fate::Past if changes && overwrites(&entry.op) => past.push(entry.op.clone()),
                Fate::Free if changes && overwrites(&entry.op) => free.push(entry.op.clone()),
                // As often as one likes is too much of these.
                Fate::Free if changes => items.push(Item { told: Told::Nothing, invoked: 0, ended: None, ..kept }),
                _ => {}
            }
        }
        items.sort_by_key(|item| item.invoked);
        [&mut free, &mut past].into_iter().for_each(|ops| {
            ops.sort();
            ops.dedup();
        });
        // Where keys grow, what is past may have left anything.
        let past_is_open = past_matters(fates) && !self.entries.iter().all(|entry| overwrites(&entry.op));
        if past_is_open {
            past.clear();
        }
        let late = if past_matters(fates) { late } else { u32::MAX };
        Problem { model: self.model, items, free, past, late, past_is_open }
    }
}

fn fate_in_window(entry: &Entry, late: u32) -> Fate {
    if entry.ended.is_some_and(|end| end < late) { Fate::Past } else { Fate::Kept }
}

fn past_matters(fates: &[Fate]) -> bool {
    fates.contains(&Fate::Past)
}

/// Puts together what is shown: what is needed, and for each value that it read a write that stored it.
fn conflict(
    calls: &[Call],
    keyed: &Keyed,
    meaning: Meaning,
    shrinking: &Shrinking<'_, '_>,
    fates: &[Fate],
) -> Conflict {
    let with =
        |fate: Fate| shrinking.entries.iter().zip(fates).filter(move |(_, it)| **it == fate).map(|(entry, _)| *entry);
    let needed: Vec<usize> = with(Fate::Kept).map(|entry| entry.call).collect();
    let mut shown: Vec<&Entry> = with(Fate::Kept).collect();
    // The last write of a value is the likeliest; one that is past must not be left unsaid.
    let mut others: Vec<&Entry> =
        with(Fate::Free).chain(with(Fate::Past)).filter(|entry| !entry.is_reading()).collect();
    others.sort_by_key(|entry| entry.ended.unwrap_or(u32::MAX));
    let mut wanting: Vec<Datum> = shown.iter().filter_map(|entry| found(keyed.model, entry)).collect();
    while let Some(value) = wanting.pop() {
        let stores = |entry: &&Entry| !entry.is_reading() && stored(keyed.model, &entry.op).as_ref() == Some(&value);
        if value == Datum::Absent || shown.iter().any(stores) {
            continue;
        }
        let latest = shown.iter().filter(|entry| found(keyed.model, entry).as_ref() == Some(&value));
        let before = latest.filter_map(|entry| entry.ended).max().unwrap_or(u32::MAX);
        if let Some(source) = others.iter().rev().find(|entry| stores(entry) && entry.invoked < before) {
            shown.push(source);
            wanting.extend(found(keyed.model, source));
        }
    }
    shown.sort_by_key(|entry| entry.invoked);
    let shown: Vec<usize> = shown.iter().map(|entry| entry.call).collect();
    Conflict {
        key: keyed.key.clone(),
        model: keyed.model,
        droppable: droppable(calls, &shown, keyed.model, meaning),
        past: with(Fate::Past).filter(|entry| !entry.is_reading()).map(|entry| entry.call).collect(),
        is_smallest: !shrinking.met_limit,
        prefix: shrinking.entries.len(),
        needed,
        shown,
    }
}

/// The conflict of some entries that are known to have no order.
pub fn of_pattern(calls: &[Call], keyed: &Keyed, meaning: Meaning, places: &[usize], stuck: u32) -> Conflict {
    let shown: Vec<usize> = places.iter().map(|place| keyed.entries[*place].call).collect();
    Conflict {
        key: keyed.key.clone(),
        model: keyed.model,
        droppable: droppable(calls, &shown, keyed.model, meaning),
        past: Vec::new(),
        is_smallest: true,
        prefix: keyed.entries.partition_point(|entry| entry.invoked < stuck),
        needed: shown.clone(),
        shown,
    }
}

/// Those of some calls without which the others have an order.
fn droppable(calls: &[Call], shown: &[usize], model: Model, meaning: Meaning) -> Vec<usize> {
    let without = |place: &usize| -> Vec<usize> { shown.iter().copied().filter(|other| other != place).collect() };
    shown.iter().copied().filter(|place| fits(calls, &without(place), model, meaning)).collect()
}

/// Whether some calls by themselves have an order.
pub fn fits(calls: &[Call], places: &[usize], model: Model, meaning: Meaning) -> bool {
    let entries = places.iter().filter_map(|place| Entry::of(*place, &calls[*place], meaning));
    let items = entries.map(|entry| item(&entry.plain(model)));
    let problem =
        Problem { model, items: items.collect(), free: vec![], past: vec![], late: u32::MAX, past_is_open: false };
    search(&problem, &mut Budget { states: STATES, go_on: &mut || true }) == Found::Order
}

/// The value that a call found, if it took effect, where that is known.
pub fn found(model: Model, entry: &Entry) -> Option<Datum> {
    match (&entry.op, &entry.told) {
        (Op::Get(_) | Op::Take(_), Told::Value(value)) => Some(model.plain(value)),
        // One that is unknown found it if it took effect.
        (Op::Cas { expected, .. }, Told::Value(_) | Told::Nothing) => Some(model.plain(expected)),
        _ => None,
    }
}

/// The value that an operation stores, where it does not depend on what was there.
pub fn stored(model: Model, op: &Op) -> Option<Datum> {
    match op {
        Op::Put(_, value) | Op::Cas { new: value, .. } => Some(model.plain(value)),
        Op::Delete(_) => Some(Datum::Absent),
        Op::Append(_, value) if model == Model::Text => Some(model.plain(value)),
        _ => None,
    }
}
