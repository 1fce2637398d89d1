//! Breadth first, on all cores.
//!
//! The states of one depth are cut into units of fixed size; workers take units and work out what follows. What is new is
//! found by shards: a state belongs to a shard by its fingerprint, and each shard takes in the units' states in the units'
//! order. So what is found does not depend on how many workers there are.

use super::search::{Ask, Ended, Found, Limits, Looked, Marks, Report, Trouble, lowest, retrace};
use super::visited::{NONE, StateId, Visited};
use crate::kernel::search::{Desk, Flaw, Print, Renumber, Space, Successors};
use rayon::prelude::*;

/// How many shards there are, how many states a unit has, and after how many units what is new is taken in. Our choices;
/// on them depends what is found first among equals.
const SHARDS: usize = 16;
const UNIT: usize = 512;
const ROUND: usize = 64;

/// States that wait, and their numbers.
#[derive(Default)]
struct Waiting {
    words: Vec<u32>,
    ends: Vec<u32>,
    ids: Vec<StateId>,
}

impl Waiting {
    fn state(&self, place: usize) -> &[u32] {
        let start = if place == 0 { 0 } else { self.ends[place - 1] as usize };
        &self.words[start..self.ends[place] as usize]
    }

    fn push(&mut self, state: &[u32], id: StateId) -> &mut [u32] {
        let start = self.words.len();
        self.words.extend_from_slice(state);
        self.ends.push(self.words.len() as u32);
        self.ids.push(id);
        &mut self.words[start..]
    }

    fn bytes(&self) -> usize {
        (self.words.capacity() + self.ends.capacity() + self.ids.capacity()) * 4
    }
}

/// What one unit found that belongs to one shard.
#[derive(Default)]
struct New {
    words: Vec<u32>,
    ends: Vec<u32>,
    prints: Vec<Print>,
    parents: Vec<StateId>,
}

/// What a unit's work came to.
struct Unit {
    new: Vec<New>,
    transitions: u64,
    ends: u64,
    met: u64,
    /// The first step that sets what must never be: from which state, to which, and the mark.
    hit: Option<(StateId, Print, u32)>,
}

/// What a unit has found of late, to be passed by where it is found again at once: one fingerprint a place.
struct Late(Vec<Print>);

impl Late {
    /// Our choice: as many as a unit of small states finds, in what a core's own cache holds.
    const PLACES: usize = 1 << 12;

    fn new() -> Self {
        Late(vec![0; Self::PLACES])
    }

    /// Whether a state was not found of late; from now on it was.
    fn is_new(&mut self, print: Print) -> bool {
        let place = &mut self.0[(print >> 64) as usize % Self::PLACES];
        std::mem::replace(place, print) != print
    }
}

fn shard_of(print: Print) -> usize {
    print as usize % SHARDS
}

fn id_of(shard: usize, place: u32) -> StateId {
    place * SHARDS as u32 + shard as u32
}

struct Breadth {
    visited: Vec<Visited>,
    waiting: Vec<Waiting>,
    next: Vec<Waiting>,
    report: Report,
}

pub fn search(
    space: &mut dyn Space,
    marks: Marks,
    limits: Limits,
    jobs: usize,
    ask: &mut Ask<'_>,
) -> Result<Report, Flaw> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build().expect("threads can be started");
    let mut breadth = Breadth::new(space);
    if let Some(mark) = lowest(space.start().2 & marks.never) {
        breadth.found(space, &[], mark);
        return Ok(breadth.end(space));
    }
    loop {
        let units = breadth.units();
        for (round, units) in units.chunks(ROUND).enumerate() {
            let hit = pool.install(|| breadth.round(space, marks, units));
            let desk = space.desk();
            if let Some(flaw) = space.flaw(&desk) {
                return Err(flaw.clone());
            }
            if let Some((from, print, mark)) = hit {
                let mut prints = breadth.way_to(from);
                prints.push(print);
                breadth.found(space, &prints, mark);
                return Ok(breadth.end(space));
            }
            let looked_at = (round + 1) * ROUND * UNIT;
            let left = breadth.count_waiting().saturating_sub(looked_at) + breadth.next.iter().map(|next| next.ids.len()).sum::<usize>();
            let report = &breadth.report;
            let looked = Looked { states: report.states, depth: report.depth, waiting: left as u64 };
            if report.states > limits.states {
                breadth.report.ended = Ended::States(left as u64);
                return Ok(breadth.end(space));
            }
            if !ask(looked) {
                breadth.report.ended = Ended::Interrupted;
                return Ok(breadth.end(space));
            }
        }
        breadth.waiting = std::mem::take(&mut breadth.next);
        breadth.next = (0..SHARDS).map(|_| Waiting::default()).collect();
        let left = breadth.count_waiting();
        if left == 0 {
            return Ok(breadth.end(space));
        }
        breadth.report.depth += 1;
        if limits.depth.is_some_and(|most| breadth.report.depth >= most) {
            breadth.report.ended = Ended::Depth(left as u64);
            return Ok(breadth.end(space));
        }
    }
}

impl Breadth {
    fn new(space: &dyn Space) -> Self {
        let empty = || (0..SHARDS).map(|_| Waiting::default()).collect::<Vec<_>>();
        let mut breadth = Breadth {
            visited: (0..SHARDS).map(|_| Visited::new()).collect(),
            waiting: empty(),
            next: empty(),
            report: Report::begin(0),
        };
        let (state, print, met) = space.start();
        let shard = shard_of(print);
        let place = breadth.visited[shard].insert(print, NONE).expect("the first state is new");
        breadth.waiting[shard].push(&state, id_of(shard, place));
        breadth.report.met = met;
        breadth
    }

    fn count_waiting(&self) -> usize {
        self.waiting.iter().map(|waiting| waiting.ids.len()).sum()
    }

    /// The units into which the states that wait are cut.
    fn units(&self) -> Vec<(usize, std::ops::Range<usize>)> {
        let of_shard = |(shard, waiting): (usize, &Waiting)| {
            let count = waiting.ids.len();
            (0..count).step_by(UNIT).map(move |start| (shard, start..count.min(start + UNIT))).collect::<Vec<_>>()
        };
        self.waiting.iter().enumerate().flat_map(of_shard).collect()
    }

    /// Works out what follows the states of some units, and takes in what is new.
    fn round(
        &mut self,
        space: &mut dyn Space,
        marks: Marks,
        units: &[(usize, std::ops::Range<usize>)],
    ) -> Option<(StateId, Print, u32)> {
        let shared = &*space;
        let worked: Vec<(Unit, Desk)> = units
            .par_iter()
            .map(|(shard, places)| work(shared, &self.visited, &self.waiting[*shard], places.clone(), marks))
            .collect();
        let (units, desks): (Vec<Unit>, Vec<Desk>) = worked.into_iter().unzip();
        let renumbers = space.settle(desks);
        let shards = self.visited.par_iter_mut().zip(self.next.par_iter_mut()).enumerate();
        shards.for_each(|(shard, (visited, next))| take_in(shard, visited, next, &units, &renumbers));
        for unit in &units {
            self.report.transitions += unit.transitions;
            self.report.ends += unit.ends;
            self.report.met |= unit.met;
        }
        self.report.states = self.visited.iter().map(|visited| visited.len() as u64).sum();
        let waiting = self.waiting.iter().chain(&self.next).map(|waiting| waiting.bytes() as u64).sum();
        self.report.waiting_bytes = self.report.waiting_bytes.max(waiting);
        units.iter().find_map(|unit| unit.hit)
    }

    /// The fingerprints on the way to a state, the start's left out.
    fn way_to(&self, mut id: StateId) -> Vec<Print> {
        let mut prints = Vec::new();
        while id != NONE {
            let (visited, place) = (&self.visited[id as usize % SHARDS], id / SHARDS as u32);
            prints.push(visited.print(place));
            id = visited.note(place);
        }
        prints.pop();
        prints.reverse();
        prints
    }

    fn found(&mut self, space: &dyn Space, prints: &[Print], mark: u32) {
        let mut desk = space.desk();
        let path = retrace(space, &mut desk, prints, Some(mark));
        let schedule = space.schedule(&path, &mut desk);
        self.report.depth = self.report.depth.max(path.len() as u32);
        self.report.met |= 1 << mark;
        self.report.ended = Ended::Found;
        self.report.found = Some(Found { mark, trouble: Trouble::Broken, schedule });
    }

    fn end(mut self, space: &dyn Space) -> Report {
        self.report.bytes = self.visited.iter().map(|visited| visited.bytes() as u64).sum();
        self.report.parts = space.sizes();
        self.report.looked_at_clocks = space.looked_at_clocks();
        self.report
    }
}

/// Works out what follows some states.
fn work(
    space: &dyn Space,
    visited: &[Visited],
    waiting: &Waiting,
    places: std::ops::Range<usize>,
    marks: Marks,
) -> (Unit, Desk) {
    let mut desk = space.desk();
    let (mut next, mut late) = (Successors::default(), Late::new());
    let new = (0..SHARDS).map(|_| New::default()).collect();
    let mut unit = Unit { new, transitions: 0, ends: 0, met: 0, hit: None };
    for place in places {
        next.clear();
        space.expand(&mut desk, waiting.state(place), &mut next);
        unit.transitions += next.len() as u64;
        unit.ends += u64::from(next.is_empty() && !next.is_held_back);
        for at in 0..next.len() {
            let print = next.prints[at];
            unit.met |= next.marks[at];
            if unit.hit.is_none()
                && let Some(mark) = lowest(next.marks[at] & marks.never)
            {
                unit.hit = Some((waiting.ids[place], print, mark));
            }
            let shard = shard_of(print);
            if late.is_new(print) && visited[shard].find(print).is_none() {
                let new = &mut unit.new[shard];
                new.words.extend_from_slice(next.state(at));
                new.ends.push(new.words.len() as u32);
                new.prints.push(print);
                new.parents.push(waiting.ids[place]);
            }
        }
    }
    (unit, desk)
}

/// Takes in what units have found for one shard, in their order.
fn take_in(shard: usize, visited: &mut Visited, next: &mut Waiting, units: &[Unit], renumbers: &[Renumber]) {
    for (unit, renumber) in units.iter().zip(renumbers) {
        let new = &unit.new[shard];
        let mut start = 0;
        for (at, print) in new.prints.iter().enumerate() {
            let end = new.ends[at] as usize;
            if let Some(place) = visited.insert(*print, new.parents[at]) {
                renumber.apply(next.push(&new.words[start..end], id_of(shard, place)));
            }
            start = end;
        }
    }
}
