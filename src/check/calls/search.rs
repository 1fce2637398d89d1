//! The search for an order: Wing and Gong's, as Lowe made it fast.
//!
//! Calls are put into an order one by one. What may come next is a call that began before the first end of a call that is not
//! in the order yet. Calls and ends stand in a doubly linked list, out of which a call is lifted and into which it is put back.
//! What was tried once, a set of calls in the order together with what the key then holds, is not tried again. Sources: Wing
//! and Gong, "Testing and verifying concurrent objects" (1993); Lowe, "Testing for linearizability" (2017).
//!
//! Seven rules of ours cut the search without changing its answer; each says at its place why.
//!
//! What was tried is kept as a fingerprint of 128 bits, so that memory grows by a few words a state however long a history
//! is. Two of a hundred million states share one with a chance below 2^-70.

use super::models::{Model, Told};
use super::values::{Values, Wanted, count, finds, groups, size, stores, taken};
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

#[derive(Clone, Debug)]
struct State {
    datum: Datum,
    /// Which of the known values it is; any other counts as one more.
    value: usize,
    /// Of a queue's values that were added, when the last begins to be taken.
    last_taken: u32,
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
    /// Where every change overwrites or appends: the values, and the number of each.
    values: Option<Vec<Wanted>>,
    numbers: BTreeMap<Datum, usize>,
    /// Whether some change appends, so that a value may be wanted for what it can become.
    appends: bool,
    /// Where a queue's values are all different: for each item that adds one, when it is certainly taken, from and to.
    taken: Option<Vec<Option<(u32, u32)>>>,
    of_item: Vec<Values>,
    of_free: Vec<Values>,
    of_past: Vec<Values>,
    /// For each item that appends and can be left out: the values of which what it appends is a part.
    parts: Vec<Vec<usize>>,
    /// The changes that may happen at any time, as far as they are of use; and those that are past.
    free: Vec<usize>,
    past: Vec<usize>,
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
            numbers: BTreeMap::new(),
            appends: items.iter().any(|item| matches!(item.op, Op::Append(..))),
            taken: taken(items),
            of_item: vec![Values::default(); items.len()],
            of_free: vec![Values::default(); problem.free.len()],
            of_past: vec![Values::default(); problem.past.len()],
            parts: vec![Vec::new(); items.len()],
            free: (0..problem.free.len()).collect(),
            past: (0..problem.past.len()).collect(),
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

    /// Where every change overwrites or appends, counts who wants and who stores each value.
    fn know_values(&mut self) {
        let Problem { model, items, free, past, past_is_open, .. } = self.problem;
        let is_known = |op: &Op| overwrites(op) || (matches!(op, Op::Append(..)) && *model != Model::Set);
        let nothing = Told::Nothing;
        let all = || {
            let others = free.iter().chain(past).map(|op| (op, &nothing));
            items.iter().map(|item| (&item.op, &item.told)).chain(others)
        };
        if *past_is_open || !all().all(|(op, _)| is_known(op)) {
            return;
        }
        let mut numbers = BTreeMap::from([(Datum::Absent, 0)]);
        for value in all().flat_map(|(op, told)| [finds(*model, op, told), stores(*model, op, told)]).flatten() {
            let next = numbers.len();
            numbers.entry(value).or_insert(next);
        }
        let values_of = |op: &Op, told: &Told, is_certain: bool| {
            let finds = finds(*model, op, told).map(|value| numbers[&value]);
            let stores = match op {
                Op::Append(..) => {
                    let added = model.step(&Datum::Absent, &"".into(), op, told).unwrap_or_default();
                    numbers
                        .iter()
                        .filter(|(value, _)| model.ends_with(value, &added))
                        .map(|(_, place)| *place)
                        .collect()
                }
                _ => stores(*model, op, told).map(|value| numbers[&value]).into_iter().collect(),
            };
            Values { finds, must_find: is_certain && *told != Told::Nothing && *told != Told::Mismatch, stores }
        };
        self.of_item = items.iter().map(|item| values_of(&item.op, &item.told, item.ended.is_some())).collect();
        self.of_free = free.iter().map(|op| values_of(op, &nothing, false)).collect();
        self.of_past = past.iter().map(|op| values_of(op, &nothing, false)).collect();
        // The last stands for whatever has no number.
        let mut wanted = vec![Wanted::default(); numbers.len() + 1];
        for values in self.of_item.iter().chain(&self.of_free).chain(&self.of_past) {
            count(&mut wanted, values, 1);
        }
        let parts_of = |item: &Item| match &item.op {
            Op::Append(_, value) if item.ended.is_none() => {
                numbers.iter().filter(|(all, _)| model.has_part(all, value)).map(|(_, place)| *place).collect()
            }
            _ => Vec::new(),
        };
        self.parts = items.iter().map(parts_of).collect();
        self.values = Some(wanted);
        self.numbers = numbers;
        // What nobody wants now, nobody will want later.
        let is_useful = |op: &Op, values: &Values| !self.is_useless(op, values, &[]);
        let free = (0..free.len()).filter(|place| is_useful(&free[*place], &self.of_free[*place])).collect();
        let past = (0..past.len()).filter(|place| is_useful(&past[*place], &self.of_past[*place])).collect();
        (self.free, self.past) = (free, past);
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
        let mut state = State { datum: Datum::Absent, value: 0, last_taken: 0, is_open: false };
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
            if self.is_hopeless(chosen, &state, &after) || !tried.insert(self.set ^ self.print_of(&after)) {
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
            let of = &items[item];
            if of.ended.is_none() && self.is_useless(&of.op, &self.of_item[item], &self.parts[item]) {
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
        if let Some(taken) = &self.taken {
            // What is taken first was probably added first.
            moves.sort_by_key(|chosen| match chosen {
                Move::Item(item) => taken[*item].map_or(u32::MAX, |(_, to)| to),
                _ => u32::MAX,
            });
        }
        moves.extend(self.free.iter().copied().map(Move::Free));
        if self.late_done == 0 {
            moves.extend(self.past.iter().copied().map(Move::Past));
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
        // So does what is taken: as long as it was the first, nothing else was taken, nor was the queue empty.
        if self.taken.is_some() && of.ended.is_some() && matches!((&of.op, &of.told), (Op::Take(_), Told::Value(_))) {
            return self.problem.model.step(&state.datum, &of.client, &of.op, &of.told).is_some();
        }
        // Rule 3: nor is more lost where a register holds what nobody wants to find any more, and such a value overwrites it.
        // But a compare-and-set that is to miss may need the overwriting later.
        let overwrites =
            of.ended.is_some() && matches!(of.op, Op::Put(..) | Op::Delete(_)) && self.mismatches_left == 0;
        // Nor may what is appended afterwards depend on what is there.
        let is_plain = !self.appends || self.problem.model == Model::Text;
        overwrites
            && is_plain
            && self.is_unwanted(&state.datum, state.value)
            && self.leaves_unwanted(&of.op, &self.of_item[item])
    }

    /// Whether a change that can be left out is best left out: it stores what nobody wants to find, or appends what is no
    /// part of anything that somebody wants to find.
    fn is_useless(&self, op: &Op, of: &Values, parts: &[usize]) -> bool {
        let is_useless_part = || {
            let wanted = |value: &usize| self.values.as_ref().is_none_or(|values| values[*value].by_any > 0);
            self.values.is_some() && matches!(op, Op::Append(..)) && !parts.iter().any(wanted)
        };
        self.mismatches_left == 0 && (self.leaves_unwanted(op, of) || is_useless_part())
    }

    /// Whether it is known what a change stores, and nobody wants to find it.
    fn leaves_unwanted(&self, op: &Op, of: &Values) -> bool {
        let stored = stores(self.problem.model, op, &Told::Nothing).zip(of.stores.first());
        stored.is_some_and(|(datum, value)| self.is_unwanted(&datum, *value))
    }

    /// Whether nobody wants to find what a key holds, nor what it can become by appends.
    fn is_unwanted(&self, datum: &Datum, value: usize) -> bool {
        let Some(values) = &self.values else { return false };
        if !self.appends {
            return values[value].by_any == 0;
        }
        // Of a number it is not seen what it can become. What others can, stands together behind them.
        !matches!(datum, Datum::Int(_)) && {
            let mut later = self.numbers.range::<Datum, _>(datum..);
            let becomes = |other: &Datum| other == datum || self.problem.model.leads_to(datum, other);
            later.by_ref().take_while(|(other, _)| becomes(other)).all(|(_, value)| values[*value].by_any == 0)
        }
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
                return is_news.then_some(State { datum: Datum::Absent, is_open: true, ..state.clone() });
            }
        };
        if state.is_open {
            return step_open(*model, state, op, told);
        }
        let datum = model.step(&state.datum, client.unwrap_or(&self.nobody), op, told)?;
        if !is_certain && (datum == state.datum) {
            return None;
        }
        let value = match op {
            Op::Append(..) => self.numbers.get(&datum).copied().unwrap_or(self.numbers.len()),
            _ => values.stores.first().copied().unwrap_or(state.value),
        };
        let begins = |item: usize| self.taken.as_ref().and_then(|taken| taken[item]).map_or(0, |(from, _)| from);
        let last_taken = if let Move::Item(item) = chosen { state.last_taken.max(begins(item)) } else { 0 };
        Some(State { datum, value, last_taken, is_open: false })
    }

    /// Whether no order can go on from here.
    fn is_hopeless(&self, chosen: Move, before: &State, after: &State) -> bool {
        // Rule 4: a value that somebody must still find, and that nobody will store again, is not overwritten; and who is the
        // last that could store it, does.
        if let Some(values) = &self.values {
            let is_lost =
                |value: usize| value != after.value && values[value].by_certain > 0 && values[value].producers == 0;
            let stores: &[usize] = if let Move::Item(item) = chosen { &self.of_item[item].stores } else { &[] };
            if is_lost(before.value) || stores.iter().any(|value| is_lost(*value)) {
                return true;
            }
        }
        if let (Some(taken), Move::Item(item)) = (&self.taken, chosen)
            && self.is_out_of_turn(taken, item, before)
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

    /// Rules 6 and 7: in a queue nothing is added behind what is taken only after it; and who took nobody knows what, did not
    /// take what somebody else took.
    fn is_out_of_turn(&self, taken: &[Option<(u32, u32)>], item: usize, before: &State) -> bool {
        let of = &self.problem.items[item];
        match (&of.op, &of.told, &before.datum) {
            (Op::Append(..), ..) => taken[item].is_some_and(|(_, to)| to < before.last_taken),
            (Op::Take(_), Told::Nothing, Datum::List(items)) => {
                let is_added = |item: &Item| matches!(&item.op, Op::Append(_, value) if *value == items[0]);
                let added = self.problem.items.iter().position(is_added);
                added.is_some_and(|added| taken[added].is_some())
            }
            _ => false,
        }
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
            count(wanted, &self.of_item[item], if is_done { -1 } else { 1 });
        }
        self.is_done[item] = is_done;
        self.set ^= self.prints[item];
    }

    /// All values that nobody wants are one.
    fn print_of(&self, state: &State) -> u128 {
        if self.is_unwanted(&state.datum, state.value) {
            // What can be appended to is not the same as what cannot.
            print(&("unwanted", self.appends.then(|| std::mem::discriminant(&state.datum))))
        } else {
            print(&(&state.datum, state.is_open))
        }
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

/// A fingerprint of 128 bits.
pub fn print<T: Hash>(value: &T) -> u128 {
    let half = |key: u64| {
        let mut hasher = StableHasher::new([key, !key]);
        value.hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(1) << 64 | half(2)
}
