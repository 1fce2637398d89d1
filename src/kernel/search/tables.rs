//! What a search meets again and again, each kept once: machines, messages, what watchers know; and what became of them.
//!
//! A state is a list of numbers that stand for these. Handlers are pure, so that what becomes of a machine when something
//! happens to it is worked out once and looked up ever after.
//!
//! Threads share one set of tables that stands still while they work. What a thread meets first it keeps in tables of its
//! own, with numbers of their own; between two rounds these are merged, one after the other.

use super::machine::Machine;
use super::tally::{Change, Tally};
use super::Flaw;
use crate::node::{Node, NodeId, Seen, Watcher, fingerprint};
use std::fmt::Debug;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// The number of something in the tables: below [`LOCAL`] in the shared ones, otherwise in a thread's own.
pub type Id = u32;

/// Marks the numbers of a thread's own tables.
pub const LOCAL: Id = 1 << 28;

#[expect(clippy::disallowed_types, reason = "looked up, never iterated: its order has no effect")]
pub type Map<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<Scattered>>;

/// A hasher for keys that are fingerprints, or pairs of numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scattered(u64);

impl Hasher for Scattered {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {
        unreachable!("only whole numbers are hashed here");
    }
    fn write_u64(&mut self, n: u64) {
        // Fibonacci hashing, with the high bits brought down to where tables look (Knuth, volume 3, 6.4).
        let product = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ product >> 32;
    }
    fn write_u128(&mut self, n: u128) {
        self.0 = n as u64;
    }
}

/// Values of one kind, each once, by their fingerprints.
#[derive(Clone, Debug)]
pub struct Shelf<T> {
    values: Vec<(T, u128)>,
    by_print: Map<u128, Id>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Shelf { values: Vec::new(), by_print: Map::default() }
    }
}

impl<T> Shelf<T> {
    fn find(&self, print: u128) -> Option<Id> {
        self.by_print.get(&print).copied()
    }

    fn add(&mut self, value: T, print: u128) -> Id {
        let id = self.values.len() as Id;
        assert!(id < LOCAL, "a search of more than 268 million different parts");
        self.values.push((value, print));
        self.by_print.insert(print, id);
        id
    }

    /// Takes in what another shelf holds; gives the new number of each.
    fn take_in(&mut self, other: Vec<(T, u128)>) -> Vec<Id> {
        other.into_iter().map(|(value, print)| self.find(print).unwrap_or_else(|| self.add(value, print))).collect()
    }
}

/// A machine, and what may happen to it of itself.
#[derive(Clone, Debug)]
pub struct Kept<N: Node> {
    pub node: NodeId,
    pub machine: Machine<N>,
    pub menu: Box<[Code]>,
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sent<M> {
    pub from: NodeId,
    pub to: NodeId,
    pub msg: M,
}

/// The messages on a link that keeps their order.
#[derive(Clone, Debug)]
pub struct Line {
    pub from: NodeId,
    pub to: NodeId,
    pub letters: Vec<Id>,
}

/// Something that happens to a machine, in 32 bits: what, and a number that says which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code(u32);

/// What a [`Code`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Deliver = 0,
    Expire = 1,
    Synced = 2,
    Operation = 3,
    Crash = 4,
    Restart = 5,
    Tick = 6,
}

const WHICH_BITS: u32 = 29;

impl Code {
    pub fn new(kind: Kind, which: u32) -> Code {
        Code((kind as u32) << WHICH_BITS | which)
    }

    pub fn kind(self) -> Kind {
        use Kind::*;
        [Deliver, Expire, Synced, Operation, Crash, Restart, Tick][(self.0 >> WHICH_BITS) as usize]
    }

    pub fn which(self) -> u32 {
        self.0 & ((1 << WHICH_BITS) - 1)
    }

    /// The key of what becomes of a machine.
    fn of(self, machine: Id) -> u64 {
        u64::from(machine) << 32 | u64::from(self.0)
    }
}

/// What became of a machine, by numbers.
#[derive(Clone, Debug)]
pub struct Branch {
    pub machine: Id,
    pub sends: Box<[Id]>,
    /// What could be seen; `None` where nothing.
    pub seen: Option<Id>,
    pub answers: Box<[u32]>,
}

/// What could be seen at a node, and which clients' operations ended with it.
#[derive(Clone, Debug)]
pub struct Sight {
    pub node: NodeId,
    pub seen: Box<[Seen]>,
    pub ended: Box<[u16]>,
}

/// All tables: shared, or a thread's own.
#[derive(Debug)]
pub struct Tables<N: Node, W: Watcher> {
    pub machines: Shelf<Kept<N>>,
    pub letters: Shelf<Sent<N::Msg>>,
    pub timers: Shelf<N::Timer>,
    pub lines: Shelf<Line>,
    pub sights: Shelf<Sight>,
    pub watchers: Shelf<W>,
    pub tallies: Shelf<Tally>,
    /// What became of machines, by keys of what happened to them; and its number by that key.
    outcomes: Vec<(u64, Box<[Branch]>)>,
    by_happening: Map<u64, Id>,
    /// What a watcher knows after a sight, and what that marks.
    views: Map<u64, (Id, u64)>,
    counts: Map<u64, Id>,
    /// What is wrong with the protocol's code, in the order in which it was met.
    pub flaws: Vec<Flaw>,
    /// How often nodes looked at a clock.
    pub asked_time: u64,
    /// How many outcomes were worked out.
    pub worked_out: u64,
}

impl<N: Node, W: Watcher> Default for Tables<N, W> {
    fn default() -> Self {
        Tables {
            machines: Shelf::default(),
            letters: Shelf::default(),
            timers: Shelf::default(),
            lines: Shelf::default(),
            sights: Shelf::default(),
            watchers: Shelf::default(),
            tallies: Shelf::default(),
            outcomes: Vec::new(),
            by_happening: Map::default(),
            views: Map::default(),
            counts: Map::default(),
            flaws: Vec::new(),
            asked_time: 0,
            worked_out: 0,
        }
    }
}

/// What the fingerprints of different kinds of things begin with, so that none is taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Domain {
    Machine,
    Letter,
    Timer,
    Line,
    Sight,
    Watcher,
    Tally,
}

/// A thread's view: the shared tables, and its own.
pub struct Desk<'a, N: Node, W: Watcher> {
    pub shared: &'a Tables<N, W>,
    pub own: &'a mut Tables<N, W>,
}

/// Declares how one kind of value is looked up by its number.
macro_rules! shelves {
    ($($get:ident, $print:ident: $shelf:ident, $type:ty;)*) => { $(
        #[inline]
        pub fn $get(&self, id: Id) -> &$type {
            let (tables, place) = if id & LOCAL == 0 { (self.shared, id) } else { (&*self.own, id & !LOCAL) };
            &tables.$shelf.values[place as usize].0
        }

        #[inline]
        pub fn $print(&self, id: Id) -> u128 {
            let (tables, place) = if id & LOCAL == 0 { (self.shared, id) } else { (&*self.own, id & !LOCAL) };
            tables.$shelf.values[place as usize].1
        }
    )* };
}

impl<N: Node, W: Watcher> Desk<'_, N, W> {
    shelves! {
        machine, machine_print: machines, Kept<N>;
        letter, letter_print: letters, Sent<N::Msg>;
        timer, timer_print: timers, N::Timer;
        line, line_print: lines, Line;
        sight, sight_print: sights, Sight;
        watcher, watcher_print: watchers, W;
        tally, tally_print: tallies, Tally;
    }

    /// The number of a machine. `menu` says what may happen to it of itself, where it is new.
    pub fn keep_machine(
        &mut self,
        node: NodeId,
        machine: &Machine<N>,
        menu: impl FnOnce(&mut Self) -> Box<[Code]>,
    ) -> Id {
        let print = fingerprint(&(Domain::Machine, node, machine));
        if let Some(id) = self.shared.machines.find(print) {
            self.compare(&self.shared.machines.values[id as usize].0.machine, machine, node);
            return id;
        }
        if let Some(id) = self.own.machines.find(print) {
            self.compare(&self.own.machines.values[id as usize].0.machine.clone(), machine, node);
            return id | LOCAL;
        }
        let kept = Kept { node, machine: machine.clone(), menu: menu(self) };
        self.own.machines.add(kept, print) | LOCAL
    }

    /// Two values with one fingerprint are equal, or their type's `Hash` forgets something; and those that are equal read the
    /// same, or its `Eq` does.
    fn compare<T: Eq + Debug>(&mut self, kept: &T, met: &T, node: NodeId) {
        if kept != met {
            let difference = difference(kept, met);
            self.own.flaws.push(Flaw::HashForgets { node, difference });
        } else if self.own.worked_out % COMPARE_EVERY == 0 && format!("{kept:?}") != format!("{met:?}") {
            let difference = difference(kept, met);
            self.own.flaws.push(Flaw::EqForgets { node, difference });
        }
    }

    pub fn keep_letter(&mut self, letter: Sent<N::Msg>) -> Id {
        let print = fingerprint(&(Domain::Letter, &letter));
        self.keep(|tables| &tables.letters, |tables| &mut tables.letters, print, || letter)
    }

    pub fn keep_timer(&mut self, timer: &N::Timer) -> Id {
        let print = fingerprint(&(Domain::Timer, timer));
        self.keep(|tables| &tables.timers, |tables| &mut tables.timers, print, || timer.clone())
    }

    pub fn keep_line(&mut self, line: Line) -> Id {
        let letters: Vec<u128> = line.letters.iter().map(|letter| self.letter_print(*letter)).collect();
        let print = fingerprint(&(Domain::Line, line.from, line.to, letters));
        self.keep(|tables| &tables.lines, |tables| &mut tables.lines, print, || line)
    }

    pub fn keep_sight(&mut self, sight: Sight) -> Id {
        let print = fingerprint(&(Domain::Sight, sight.node, &sight.seen));
        self.keep(|tables| &tables.sights, |tables| &mut tables.sights, print, || sight)
    }

    pub fn keep_watcher(&mut self, watcher: W) -> Id {
        let print = fingerprint(&(Domain::Watcher, &watcher));
        self.keep(|tables| &tables.watchers, |tables| &mut tables.watchers, print, || watcher)
    }

    pub fn keep_tally(&mut self, tally: Tally) -> Id {
        let print = fingerprint(&(Domain::Tally, &tally));
        self.keep(|tables| &tables.tallies, |tables| &mut tables.tallies, print, || tally)
    }

    fn keep<T>(
        &mut self,
        shelf: impl FnOnce(&Tables<N, W>) -> &Shelf<T>,
        own: impl FnOnce(&mut Tables<N, W>) -> &mut Shelf<T>,
        print: u128,
        value: impl FnOnce() -> T,
    ) -> Id {
        if let Some(id) = shelf(self.shared).find(print) {
            return id;
        }
        let own = own(self.own);
        own.find(print).unwrap_or_else(|| own.add(value(), print)) | LOCAL
    }

    /// The number of what became of a machine when that happened, where it was worked out before.
    #[inline]
    pub fn outcome(&self, machine: Id, code: Code) -> Option<Id> {
        let key = code.of(machine);
        let shared = self.shared.by_happening.get(&key).copied();
        shared.or_else(|| self.own.by_happening.get(&key).map(|id| id | LOCAL))
    }

    /// What became of a machine, by its number.
    #[inline]
    pub fn branches(&self, outcome: Id) -> &[Branch] {
        let (tables, place) =
            if outcome & LOCAL == 0 { (self.shared, outcome) } else { (&*self.own, outcome & !LOCAL) };
        &tables.outcomes[place as usize].1
    }

    pub fn keep_outcome(&mut self, machine: Id, code: Code, branches: Vec<Branch>) -> Id {
        self.own.worked_out += 1;
        self.own.keep_outcome(code.of(machine), branches.into()) | LOCAL
    }

    /// What a watcher knows once it has seen something, and what that marks.
    #[inline]
    pub fn view(&mut self, watcher: Id, sight: Id) -> (Id, u64) {
        let key = u64::from(watcher) << 32 | u64::from(sight);
        if let Some(view) = self.shared.views.get(&key).or_else(|| self.own.views.get(&key)) {
            return *view;
        }
        let mut after = self.watcher(watcher).clone();
        let Sight { node, seen, .. } = self.sight(sight);
        let marks = seen.iter().fold(0, |marks, seen| marks | after.see(*node, seen));
        let view = (self.keep_watcher(after), marks);
        self.own.views.insert(key, view);
        view
    }

    /// A tally after a change; `None` where its budget is used up.
    #[inline]
    pub fn count(&mut self, tally: Id, change: Change) -> Option<Id> {
        let key = u64::from(tally) << 32 | u64::from(change.code());
        if let Some(id) = self.shared.counts.get(&key).or_else(|| self.own.counts.get(&key)) {
            return Some(*id);
        }
        let after = self.tally(tally).after(change)?;
        let id = self.keep_tally(after);
        self.own.counts.insert(key, id);
        Some(id)
    }
}

/// Of how many values met again one is compared in full: our choice.
const COMPARE_EVERY: u64 = 16;

/// The first line in which two values read differently, as people are shown it.
pub fn difference<T: Debug>(one: &T, other: &T) -> String {
    let (one, other) = (format!("{one:#?}"), format!("{other:#?}"));
    let lines = one.lines().zip(other.lines()).find(|(one, other)| one != other);
    let (one, other) = lines.unwrap_or(("more", "less"));
    format!("{} and {}", one.trim().trim_end_matches(','), other.trim().trim_end_matches(','))
}

/// The shared numbers of what a thread had numbered itself, by kind.
#[derive(Debug)]
pub struct Renumbering {
    machines: Vec<Id>,
    letters: Vec<Id>,
    lines: Vec<Id>,
    watchers: Vec<Id>,
    tallies: Vec<Id>,
}

#[inline]
fn shared(id: Id, numbers: &[Id]) -> Id {
    if id & LOCAL == 0 { id } else { numbers[(id & !LOCAL) as usize] }
}

impl Renumbering {
    /// Puts shared numbers into a state: a tally, a watcher, machines, and messages or lines of them.
    #[inline]
    pub fn apply(&self, state: &mut [Id], machines: usize, is_ordered: bool) {
        let flying = if is_ordered { &self.lines } else { &self.letters };
        let kinds = [&self.tallies, &self.watchers].into_iter();
        let kinds = kinds.chain(std::iter::repeat_n(&self.machines, machines)).chain(std::iter::repeat(flying));
        for (id, numbers) in state.iter_mut().zip(kinds) {
            *id = shared(*id, numbers);
        }
    }
}

impl<N: Node, W: Watcher> Tables<N, W> {
    /// Takes in what a thread has met; gives the numbers that it has here.
    pub fn take_in(&mut self, own: Tables<N, W>) -> Renumbering {
        let timers = self.timers.take_in(own.timers.values);
        let letters = self.letters.take_in(own.letters.values);
        let lines = own.lines.values.into_iter().map(|(mut line, print)| {
            line.letters.iter_mut().for_each(|letter| *letter = shared(*letter, &letters));
            (line, print)
        });
        let lines = self.lines.take_in(lines.collect());
        let machines = own.machines.values.into_iter().map(|(mut kept, print)| {
            for code in kept.menu.iter_mut().filter(|code| code.kind() == Kind::Expire) {
                *code = Code::new(Kind::Expire, shared(code.which(), &timers));
            }
            (kept, print)
        });
        let machines = self.machines.take_in(machines.collect());
        let sights = self.sights.take_in(own.sights.values);
        let watchers = self.watchers.take_in(own.watchers.values);
        let tallies = self.tallies.take_in(own.tallies.values);
        for (key, branches) in own.outcomes {
            let code = Code(key as u32);
            let which = match code.kind() {
                Kind::Deliver => shared(code.which(), &letters),
                Kind::Expire => shared(code.which(), &timers),
                _ => code.which(),
            };
            let machine = shared((key >> 32) as Id, &machines);
            let branches = branches.into_vec().into_iter().map(|branch| Branch {
                machine: shared(branch.machine, &machines),
                sends: branch.sends.iter().map(|letter| shared(*letter, &letters)).collect(),
                seen: branch.seen.map(|sight| shared(sight, &sights)),
                answers: branch.answers,
            });
            self.keep_outcome(Code::new(code.kind(), which).of(machine), branches.collect());
        }
        for (key, (after, marks)) in own.views {
            let (watcher, sight) = (shared((key >> 32) as Id, &watchers), shared(key as Id, &sights));
            self.views.insert(u64::from(watcher) << 32 | u64::from(sight), (shared(after, &watchers), marks));
        }
        for (key, after) in own.counts {
            let tally = shared((key >> 32) as Id, &tallies);
            self.counts.insert(u64::from(tally) << 32 | key & u64::from(u32::MAX), shared(after, &tallies));
        }
        self.flaws.extend(own.flaws);
        self.asked_time += own.asked_time;
        self.worked_out += own.worked_out;
        Renumbering { machines, letters, lines, watchers, tallies }
    }

    /// Keeps what came of something, unless it is kept already.
    fn keep_outcome(&mut self, key: u64, branches: Box<[Branch]>) -> Id {
        *self.by_happening.entry(key).or_insert_with(|| {
            self.outcomes.push((key, branches));
            self.outcomes.len() as Id - 1
        })
    }

    /// A watcher by a number that is shared, or by one of these own tables.
    pub fn watcher_of<'a>(&'a self, shared: &'a Tables<N, W>, id: Id) -> &'a W {
        let (tables, place) = if id & LOCAL == 0 { (shared, id) } else { (self, id & !LOCAL) };
        &tables.watchers.values[place as usize].0
    }

    /// How many different machines, messages and watchers there are, and how many outcomes were worked out.
    pub fn sizes(&self) -> [u64; 4] {
        let count = |count: usize| count as u64;
        let (machines, letters) = (self.machines.values.len(), self.letters.values.len());
        [count(machines), count(letters), count(self.watchers.values.len()), self.worked_out]
    }
}

