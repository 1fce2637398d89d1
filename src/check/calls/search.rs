//! The search for an order: Wing and Gong's, as Lowe made it fast.
//!
//! Calls are put into an order one by one. What may come next is a call that began before the first end of a call that is not
//! in the order yet. Calls and ends stand in a doubly linked list, out of which a call is lifted and into which it is put back.
//! What was tried once, a set of calls in the order together with what the key then holds, is not tried again. Sources: Wing
//! and Gong, "Testing and verifying concurrent objects" (1993); Lowe, "Testing for linearizability" (2017).
//!
//! Five rules of ours cut the search without changing its answer; each says at its place why.
//!
//! What was tried is kept as a fingerprint of 128 bits, so that memory grows by a few words a state however long a history
//! is. Two of a hundred million states share one with a chance below 2^-70.

use super::models::{Model, Told};
use crate::node::{Datum, Op, StableHasher};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A call in the search.
#[derive(Clone, Debug)]
pub struct Item {
    /// Whose.
    pub client: Arc<str>,
    /// What was asked for.
    pub op: Op,
    /// What was told.
    pub told: Told,
    /// Where it began.
    pub invoked: u32,
    /// Where it ended; what has no end may be left out of the order.
    pub ended: Option<u32>,
}

/// What is to be put into an order.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What the key is.
    pub model: Model,
    /// The calls, in the order in which they began.
    pub items: Vec<Item>,
    /// Changes that may happen at any time, as often as wanted.
    pub free: Vec<Op>,
    /// Changes that may happen, as often as wanted, until a call that began at `late` or after is in the order.
    pub past: Vec<Op>,
    /// See `past`.
    pub late: u32,
    /// Whether anything at all may happen as long as what is `past` may.
    pub past_is_open: bool,
}

/// What the search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// An order.
    Order,
    /// That there is none. Orders were found up to the call that ended here, and perhaps further.
    None(u32),
    /// Nothing before its budget was used up.
    Undecided,
}

/// How much may be tried.
pub struct Budget<'a> {
    /// How many states more.
    pub states: u64,
    /// Asked now and then whether to go on.
    pub go_on: &'a mut dyn FnMut() -> bool,
}

impl Budget<'_> {
    /// Takes one state from it; false where it is used up.
    pub(super) fn spend(&mut self) -> bool {
        self.states = self.states.saturating_sub(1);
        self.states > 0 && (!self.states.is_multiple_of(4096) || (self.go_on)())
    }
}

/// Searches for an order.
pub fn search(problem: &Problem, budget: &mut Budget<'_>) -> Found {
    Search::new(problem).run(budget)
}

/// What comes next in the order.
#[derive(Clone, Copy, Debug)]
enum Move {
    Item(usize),
    Free(usize),
    Past(usize),
    /// Anything happens.
    Open,
}

/// A value that a register may hold, and who still wants it.
#[derive(Clone, Copy, Debug, Default)]
struct Wanted {
    /// Calls to come that must find it.
    by_certain: u32,
    /// Calls to come to which it matters whether they find it.
    by_any: u32,
    /// Changes to come that store it.
    producers: u32,
}

/// What an item means for the values of a register.
#[derive(Clone, Copy, Debug, Default)]
struct Values {
    finds: Option<usize>,
    must_find: bool,
    stores: Option<usize>,
}

#[derive(Clone, Debug)]
struct State {
    datum: Datum,
    /// Which of the values of a register it is.
    value: usize,
    /// Whether anything may stand before `datum`: what it was is not known, but what was added since.
    is_open: bool,
}

struct Frame {
    moves: Vec<Move>,
    tried: usize,
    /// What led here, and from which state.
    by: Option<(Move, State)>,
}

struct Search<'a> {
    problem: &'a Problem,
    next: Vec<u32>,
    prev: Vec<u32>,
    /// For each link of the list: the item, and whether it is the item's end.
    links: Vec<(usize, bool)>,
    /// For each item: its link, and that of its end.
    link_of: Vec<(u32, Option<u32>)>,
    /// Items of one group are the same but for their times.
    group: Vec<u32>,
    best: Vec<(u32, usize)>,
    scan: u32,
    is_done: Vec<bool>,
    certain_left: usize,
    late_done: usize,
    mismatches_left: usize,
    /// Where every change overwrites: the values.
    values: Option<Vec<Wanted>>,
    of_item: Vec<Values>,
    of_free: Vec<Values>,
    of_past: Vec<Values>,
    /// Where a key only grows: its reads, those that show least first, and how many of the first are done.
    reads: Vec<usize>,
    reads_done: usize,
    rank: Vec<usize>,
    prints: Vec<u128>,
    set: u128,
    furthest: u32,
    /// Who makes the changes that may happen at any time.
    nobody: Arc<str>,
}

const HEAD: u32 = 0;
const NIL: u32 = u32::MAX;

impl<'a> Search<'a> {
    fn new(problem: &'a Problem) -> Self {
        let items = &problem.items;
        // Of an end and a beginning at one place, the beginning comes first: these calls are concurrent.
        let mut places: Vec<(u32, bool, usize)> = Vec::with_capacity(2 * items.len());
        for (item, of) in items.iter().enumerate() {
            places.push((of.invoked, false, item));
            places.extend(of.ended.map(|ended| (ended, true, item)));
        }
        places.sort();
        let mut links = vec![(usize::MAX, false)];
        let mut link_of = vec![(NIL, None); items.len()];
        for (_, is_end, item) in places {
            let link = links.len() as u32;
            if is_end {
                link_of[item].1 = Some(link)
            } else {
                link_of[item].0 = link
            }
            links.push((item, is_end));
        }
        let count = links.len() as u32;
        let mut search = Search {
            problem,
            next: (0..count).map(|link| if link + 1 < count { link + 1 } else { NIL }).collect(),
            prev: (0..count).map(|link| link.wrapping_sub(1)).collect(),
            links,
            link_of,
            group: groups(problem),
            best: vec![(0, 0); items.len()],
            scan: 0,
            is_done: vec![false; items.len()],
            certain_left: items.iter().filter(|item| item.ended.is_some()).count(),
            late_done: 0,
            mismatches_left: items.iter().filter(|item| item.told == Told::Mismatch).count(),
            values: None,
            of_item: vec![Values::default(); items.len()],
            of_free: vec![Values::default(); problem.free.len()],
            of_past: vec![Values::default(); problem.past.len()],
            reads: Vec::new(),
            reads_done: 0,
            rank: vec![usize::MAX; items.len()],
            prints: (0..items.len()).map(|item| print(&item)).collect(),
            set: 0,
            furthest: 0,
            nobody: "".into(),
        };
        search.know_values();
        search.know_reads();
        search
    }

    /// Where every change overwrites, counts who wants and who stores each value.
    fn know_values(&mut self) {
        let Problem { model, items, free, past, .. } = self.problem;
        let ops = items.iter().map(|item| &item.op).chain(free).chain(past);
        if !ops.clone().all(overwrites) {
            return;
        }
        let mut numbers = BTreeMap::from([(Datum::Absent, 0)]);
        let mut number = |value: &Datum| {
            let next = numbers.len();
            *numbers.entry(model.plain(value)).or_insert(next)
        };
        let mut values_of = |op: &Op, told: &Told| {
            let told_nothing = *told == Told::Nothing;
            match (op, told) {
                (Op::Get(_), Told::Value(value)) => {
                    Values { finds: Some(number(value)), must_find: true, stores: None }
                }
                (Op::Put(_, value), _) => Values { stores: Some(number(value)), ..Values::default() },
                (Op::Delete(_), _) => Values { stores: Some(0), ..Values::default() },
                (Op::Cas { expected, .. }, Told::Mismatch) => {
                    Values { finds: Some(number(expected)), ..Values::default() }
                }
                (Op::Cas { expected, new, .. }, _) => {
                    Values { finds: Some(number(expected)), must_find: !told_nothing, stores: Some(number(new)) }
                }
                _ => Values::default(),
            }
        };
        self.of_item = items.iter().map(|item| values_of(&item.op, &item.told)).collect();
        for (values, item) in self.of_item.iter_mut().zip(items) {
            values.must_find &= item.ended.is_some();
        }
        self.of_free = free.iter().map(|op| values_of(op, &Told::Nothing)).collect();
        self.of_past = past.iter().map(|op| values_of(op, &Told::Nothing)).collect();
        let mut wanted = vec![Wanted::default(); numbers.len()];
        for values in self.of_item.iter().chain(&self.of_free).chain(&self.of_past) {
            count(&mut wanted, *values, 1);
        }
        self.values = Some(wanted);
    }

    /// Where a key only grows, finds out what its reads show.
    fn know_reads(&mut self) {
        let Problem { items, free, past, .. } = self.problem;
        let grows = |op: &Op| matches!(op, Op::Get(_) | Op::Append(..));
        if !items.iter().map(|item| &item.op).chain(free).chain(past).all(grows) {
            return;
        }
        let is_read = |item: &&usize| items[**item].op.is_read() && items[**item].ended.is_some();
        self.reads = (0..items.len()).collect::<Vec<_>>().iter().filter(is_read).copied().collect();
        self.reads.sort_by_key(|item| size(&items[*item].told));
        for (rank, read) in self.reads.iter().enumerate() {
            self.rank[*read] = rank;
        }
    }

    fn run(mut self, budget: &mut Budget<'_>) -> Found {
        #[expect(clippy::disallowed_types, reason = "only asked whether it holds something; its order is never seen")]
        let mut tried = std::collections::HashSet::<u128>::new();
        let mut state = State { datum: Datum::Absent, value: 0, is_open: false };
        let mut frames = vec![Frame { moves: self.moves(&state), tried: 0, by: None }];
        while self.certain_left > 0 {
            let Some(frame) = frames.last_mut() else { return Found::None(self.furthest) };
            let Some(&chosen) = frame.moves.get(frame.tried) else {
                if let Some((chosen, before)) = frames.pop().and_then(|frame| frame.by) {
                    self.undo(chosen);
                    state = before;
                }
                continue;
            };
            frame.tried += 1;
            let Some(after) = self.step(&state, chosen) else { continue };
            self.take(chosen);
            if self.is_hopeless(&state, &after) || !tried.insert(self.set ^ self.print_of(&after)) {
                self.undo(chosen);
                continue;
            }
            if !budget.spend() {
                return Found::Undecided;
            }
            let moves = self.moves(&after);
            let before = std::mem::replace(&mut state, after);
            frames.push(Frame { moves, tried: 0, by: Some((chosen, before)) });
        }
        Found::Order
    }

    /// What can come next.
    fn moves(&mut self, state: &State) -> Vec<Move> {
        self.scan += 1;
        let items = &self.problem.items;
        let mut moves = Vec::new();
        let mut link = self.next[HEAD as usize];
        while link != NIL {
            let (item, is_end) = self.links[link as usize];
            if is_end {
                self.furthest = self.furthest.max(items[item].ended.unwrap_or_default());
                break;
            }
            // Rule 1: what changes nothing and fits comes at once, and nothing else needs to be tried. In any order that
            // there is, it can be moved here.
            if self.comes_at_once(state, item) {
                return vec![Move::Item(item)];
            }
            if self.is_useless(item) {
                link = self.next[link as usize];
                continue;
            }
            // Rule 2: of calls that are the same but for their times, the one that must be over first comes first. In any
            // order that there is, the two can change places.
            let deadline = |item: usize| (items[item].ended.unwrap_or(u32::MAX), item);
            let (scan, best) = &mut self.best[self.group[item] as usize];
            if *scan != self.scan {
                (*scan, *best) = (self.scan, item);
                moves.push(item);
            } else if deadline(item) < deadline(*best) {
                *best = item;
            }
            link = self.next[link as usize];
        }
        let best = |item: usize| Move::Item(self.best[self.group[item] as usize].1);
        let mut moves: Vec<Move> = moves.into_iter().map(best).collect();
        moves.extend((0..self.problem.free.len()).map(Move::Free));
        if self.late_done == 0 {
            moves.extend((0..self.problem.past.len()).map(Move::Past));
            moves.extend(self.problem.past_is_open.then_some(Move::Open));
        }
        moves
    }

    fn comes_at_once(&self, state: &State, item: usize) -> bool {
        let of = &self.problem.items[item];
        if of.invoked >= self.problem.late && self.late_done == 0 {
            // It would end the time in which the past can still change things.
            return false;
        }
        let reads = of.op.is_read()
            || of.told == Told::Mismatch
            || matches!((&of.op, &of.told), (Op::Take(_), Told::Value(Datum::Absent)));
        if reads {
            return !state.is_open
                && of.ended.is_some()
                && self.problem.model.step(&state.datum, &of.client, &of.op, &of.told).is_some();
        }
        // Rule 3: nor is more lost where a register holds what nobody wants to find any more, and such a value overwrites it.
        // But a compare-and-set that is to miss may need the overwriting later.
        let overwrites =
            of.ended.is_some() && matches!(of.op, Op::Put(..) | Op::Delete(_)) && self.mismatches_left == 0;
        overwrites
            && self.is_unwanted(state.value)
            && self.of_item[item].stores.is_some_and(|value| self.is_unwanted(value))
    }

    /// Whether a call that can be left out is best left out: it stores what nobody wants to find.
    fn is_useless(&self, item: usize) -> bool {
        let of = &self.problem.items[item];
        of.ended.is_none()
            && self.mismatches_left == 0
            && self.of_item[item].stores.is_some_and(|value| self.is_unwanted(value))
    }

    fn is_unwanted(&self, value: usize) -> bool {
        self.values.as_ref().is_some_and(|values| values[value].by_any == 0)
    }

    /// What the key holds after a move. A call that can be left out and would change nothing is of no use.
    fn step(&self, state: &State, chosen: Move) -> Option<State> {
        let Problem { model, items, free, past, .. } = self.problem;
        let (client, op, told, is_certain, values) = match chosen {
            Move::Item(item) => {
                let of = &items[item];
                (Some(&of.client), &of.op, &of.told, of.ended.is_some(), &self.of_item[item])
            }
            Move::Free(place) => (None, &free[place], &Told::Nothing, false, &self.of_free[place]),
            Move::Past(place) => (None, &past[place], &Told::Nothing, false, &self.of_past[place]),
            Move::Open => {
                let is_news = !state.is_open || state.datum != Datum::Absent;
                return is_news.then_some(State { datum: Datum::Absent, value: state.value, is_open: true });
            }
        };
        if state.is_open {
            return step_open(*model, state, op, told);
        }
        let datum = model.step(&state.datum, client.unwrap_or(&self.nobody), op, told)?;
        if !is_certain && (datum == state.datum) {
            return None;
        }
        Some(State { datum, value: values.stores.unwrap_or(state.value), is_open: false })
    }

    /// Whether no order can go on from here.
    fn is_hopeless(&self, before: &State, after: &State) -> bool {
        // Rule 4: a value that somebody must still find, and that nobody will store again, is not overwritten.
        if let Some(values) = &self.values
            && before.value != after.value
            && values[before.value].by_certain > 0
            && values[before.value].producers == 0
        {
            return true;
        }
        // Rule 5: what only grows stays within all that is still to be read.
        !after.is_open
            && self.reads.get(self.reads_done).is_some_and(|read| match &self.problem.items[*read].told {
                Told::Value(shown) => {
                    let model = self.problem.model;
                    !model.leads_to(&after.datum, &model.plain(shown))
                }
                _ => false,
            })
    }

    fn take(&mut self, chosen: Move) {
        let Move::Item(item) = chosen else { return };
        let (link, end) = self.link_of[item];
        for link in [Some(link), end].into_iter().flatten() {
            let (prev, next) = (self.prev[link as usize], self.next[link as usize]);
            self.next[prev as usize] = next;
            if next != NIL {
                self.prev[next as usize] = prev;
            }
        }
        self.mark(item, true);
        while self.reads.get(self.reads_done).is_some_and(|read| self.is_done[*read]) {
            self.reads_done += 1;
        }
    }

    fn undo(&mut self, chosen: Move) {
        let Move::Item(item) = chosen else { return };
        let (link, end) = self.link_of[item];
        for link in [end, Some(link)].into_iter().flatten() {
            let (prev, next) = (self.prev[link as usize], self.next[link as usize]);
            self.next[prev as usize] = link;
            if next != NIL {
                self.prev[next as usize] = link;
            }
        }
        self.mark(item, false);
        self.reads_done = self.reads_done.min(self.rank[item]);
    }

    fn mark(&mut self, item: usize, is_done: bool) {
        let of = &self.problem.items[item];
        let change = |count: &mut usize, counts: bool| match (counts, is_done) {
            (true, true) => *count -= 1,
            (true, false) => *count += 1,
            _ => {}
        };
        change(&mut self.certain_left, of.ended.is_some());
        change(&mut self.mismatches_left, of.told == Told::Mismatch);
        if of.invoked >= self.problem.late {
            self.late_done = if is_done { self.late_done + 1 } else { self.late_done - 1 };
        }
        if let Some(wanted) = &mut self.values {
            count(wanted, self.of_item[item], if is_done { -1 } else { 1 });
        }
        self.is_done[item] = is_done;
        self.set ^= self.prints[item];
    }

    /// All values that nobody wants are one.
    fn print_of(&self, state: &State) -> u128 {
        if self.is_unwanted(state.value) { print(&"unwanted") } else { print(&(&state.datum, state.is_open)) }
    }
}

/// Whether what an operation leaves does not depend on what was there, or it leaves all as it was.
pub fn overwrites(op: &Op) -> bool {
    matches!(op, Op::Get(_) | Op::Put(..) | Op::Delete(_) | Op::Cas { .. })
}

/// What a key holds after an operation, if all that is known of it is what was added last.
fn step_open(model: Model, state: &State, op: &Op, told: &Told) -> Option<State> {
    let closed = |datum: Datum| State { datum, is_open: false, ..state.clone() };
    match (op, told) {
        (Op::Get(_), Told::Value(shown)) => {
            model.ends_with(&model.plain(shown), &state.datum).then(|| closed(model.plain(shown)))
        }
        (Op::Cas { .. }, Told::Mismatch) => Some(state.clone()),
        (Op::Cas { expected, new, .. }, _) => {
            model.ends_with(&model.plain(expected), &state.datum).then(|| closed(model.plain(new)))
        }
        (Op::Put(_, value), _) => Some(closed(model.plain(value))),
        (Op::Delete(_), _) => Some(closed(Datum::Absent)),
        (Op::Append(..), _) => {
            model.step(&state.datum, &"".into(), op, told).map(|datum| State { datum, ..state.clone() })
        }
        _ => None,
    }
}

fn count(wanted: &mut [Wanted], values: Values, by: i32) {
    let add = |count: &mut u32, counts: bool| *count = count.wrapping_add_signed(if counts { by } else { 0 });
    if let Some(value) = values.finds {
        add(&mut wanted[value].by_any, true);
        add(&mut wanted[value].by_certain, values.must_find);
    }
    if let Some(value) = values.stores {
        add(&mut wanted[value].producers, true);
    }
}

/// How much a read shows.
fn size(told: &Told) -> usize {
    match told {
        Told::Value(Datum::Text(text)) => text.len(),
        Told::Value(Datum::List(items)) => items.len(),
        _ => 0,
    }
}

/// Numbers calls so that those which are the same but for their times have the same number, the late ones apart.
fn groups(problem: &Problem) -> Vec<u32> {
    let mut known = BTreeMap::new();
    let number = |item: &Item| {
        let told = match (&item.op, &item.told) {
            // What these return says nothing.
            (Op::Put(..) | Op::Delete(_) | Op::Append(..) | Op::Cas { .. }, Told::Value(_) | Told::Nothing) => None,
            (_, Told::Value(value)) => Some(Some(value.clone())),
            (_, Told::Mismatch) => Some(None),
            (_, Told::Nothing) => None,
        };
        let is_lock = matches!(item.op, Op::Acquire(_) | Op::Release(_));
        let whose = is_lock.then(|| item.client.clone());
        let next = known.len() as u32;
        *known.entry((item.op.clone(), told, whose, item.invoked >= problem.late)).or_insert(next)
    };
    problem.items.iter().map(number).collect()
}

/// A fingerprint of 128 bits.
pub fn print<T: Hash>(value: &T) -> u128 {
    let half = |key: u64| {
        let mut hasher = StableHasher::new([key, !key]);
        value.hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(1) << 64 | half(2)
}
