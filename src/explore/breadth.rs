//! Breadth first, on all cores.
//!
//! The states of one depth are cut into units of fixed size; workers take units and work out what follows. What is new is
//! found by shards: a state belongs to a shard by its fingerprint, and each shard takes in the units' states in the units'
//! order. So what is found does not depend on how many workers there are.

use super::search::{Ask, Ended, Found, Looked, Marks, Options, Report, Trouble, lowest, retrace};
use super::visited::{NONE, StateId, Visited};
use crate::kernel::search::{Arrivals, Desk, Flaw, Print, Renumber, Space, Successors};
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
    arrivals: Vec<Arrivals>,
}

impl Waiting {
    fn state(&self, place: usize) -> &[u32] {
        let start = if place == 0 { 0 } else { self.ends[place - 1] as usize };
        &self.words[start..self.ends[place] as usize]
    }

    fn push(&mut self, state: &[u32], id: StateId, arrivals: Arrivals) -> &mut [u32] {
        let start = self.words.len();
        self.words.extend_from_slice(state);
        self.ends.push(self.words.len() as u32);
        self.ids.push(id);
        self.arrivals.push(arrivals);
        &mut self.words[start..]
    }

    fn bytes(&self) -> usize {
        (self.words.capacity() + self.ends.capacity() + self.ids.capacity()) * 4 + self.arrivals.capacity() * 8
    }
}

/// What one unit found that belongs to one shard.
#[derive(Default)]
struct New {
    words: Vec<u32>,
    ends: Vec<u32>,
    prints: Vec<Print>,
    parents: Vec<StateId>,
    arrivals: Vec<Arrivals>,
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

struct Breadth<'a> {
    options: &'a Options,
    marks: Marks,
    /// How many states of each shard are nearer to the start than those that are being found.
    nearer: Vec<u32>,
    visited: Vec<Visited>,
    waiting: Vec<Waiting>,
    next: Vec<Waiting>,
    report: Report,
}

pub fn search(space: &mut dyn Space, marks: Marks, options: &Options, ask: &mut Ask<'_>) -> Result<Report, Flaw> {
    let limits = options.limits;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.jobs).build().expect("threads can be started");
    let mut breadth = Breadth::new(space, marks, options);
    if let Some(mark) = lowest(space.start().2 & marks.never) {
        breadth.found(space, &[], mark);
        return Ok(breadth.end(space));
    }
    loop {
        let units = breadth.units();
        breadth.nearer = breadth.visited.iter().map(|visited| visited.len() as u32).collect();
        for (round, units) in units.chunks(ROUND).enumerate() {
            let hit = pool.install(|| breadth.round(space, units))?;
            if let Some((from, print, mark)) = hit {
                let mut prints = breadth.way_to(from);
                prints.push(print);
                breadth.found(space, &prints, mark);
                return Ok(breadth.end(space));
            }
            let looked_at = (round + 1) * ROUND * UNIT;
            let left = breadth.count_waiting().saturating_sub(looked_at)
                + breadth.next.iter().map(|next| next.ids.len()).sum::<usize>();
            let report = &breadth.report;
            let looked = Looked { states: report.states, depth: report.depth, waiting: left as u64 };
            if let Some(over) = limits.over(report.states, breadth.bytes(), left as u64) {
                breadth.report.ended = over;
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

impl<'a> Breadth<'a> {
    fn new(space: &dyn Space, marks: Marks, options: &'a Options) -> Self {
        let empty = || (0..SHARDS).map(|_| Waiting::default()).collect::<Vec<_>>();
        let mut breadth = Breadth {
            options,
            marks,
            nearer: vec![0; SHARDS],
            visited: (0..SHARDS).map(|_| Visited::new()).collect(),
            waiting: empty(),
            next: empty(),
            report: Report::begin(0),
        };
        let (state, print, met) = space.start();
        let print = if options.symmetry { space.canonical(&mut space.desk(), &state) } else { print };
        let shard = shard_of(print);
        let place = breadth.visited[shard].insert(print, NONE).expect("the first state is new");
        breadth.waiting[shard].push(&state, id_of(shard, place), Arrivals::UNKNOWN);
        breadth.report.met = met;
        breadth
    }

    /// What the states take that wait.
    fn waiting_bytes(&self) -> u64 {
        self.waiting.iter().chain(&self.next).map(Waiting::bytes).sum::<usize>() as u64
    }

    /// What all states take: those visited, and those that wait.
    fn bytes(&self) -> u64 {
        self.waiting_bytes() + self.visited.iter().map(Visited::bytes).sum::<usize>() as u64
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
        units: &[(usize, std::ops::Range<usize>)],
    ) -> Result<Option<(StateId, Print, u32)>, Flaw> {
        let shared = &*space;
        let worked: Vec<(Unit, Desk)> = units
            .par_iter()
            .map(|(shard, places)| self.work(shared, &self.waiting[*shard], places.clone()))
            .collect();
        let (units, desks): (Vec<Unit>, Vec<Desk>) = worked.into_iter().unzip();
        let renumbers = space.settle(desks);
        let desk = space.desk();
        if let Some(flaw) = space.flaw(&desk) {
            return Err(flaw.clone());
        }
        let (nearer, options) = (&self.nearer, self.options);
        let shards = self.visited.par_iter_mut().zip(self.next.par_iter_mut()).enumerate();
        let twins: Vec<Vec<Twins>> = shards
            .map(|(shard, (visited, next))| {
                take_in((shard, nearer[shard]), visited, next, &units, &renumbers, options)
            })
            .collect();
        if twins.iter().flatten().any(|(one, other)| !goes_on_alike(space, one, other)) {
            return Err(Flaw::NotAlike);
        }
        for unit in &units {
            self.report.transitions += unit.transitions;
            self.report.ends += unit.ends;
            self.report.met |= unit.met;
        }
        self.report.states = self.visited.iter().map(|visited| visited.len() as u64).sum();
        self.report.waiting_bytes = self.report.waiting_bytes.max(self.waiting_bytes());
        Ok(units.iter().find_map(|unit| unit.hit))
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
        let path = retrace(space, &mut desk, prints, Some(mark), self.options.symmetry);
        let schedule = space.schedule(&path, &mut desk);
        self.report.depth = self.report.depth.max(path.len() as u32);
        self.report.met |= 1 << mark;
        self.report.ended = Ended::Found;
        self.report.found = Some(Found { mark, trouble: Trouble::Broken, schedule });
    }

    /// Works out what follows some states.
    fn work(&self, space: &dyn Space, waiting: &Waiting, places: std::ops::Range<usize>) -> (Unit, Desk) {
        let Options { reduction, symmetry, .. } = *self.options;
        let mut desk = space.desk();
        let (mut next, mut late) = (Successors::default(), Late::new());
        let new = (0..SHARDS).map(|_| New::default()).collect();
        let mut unit = Unit { new, transitions: 0, ends: 0, met: 0, hit: None };
        for place in places {
            next.clear();
            let arrivals = if reduction { waiting.arrivals[place] } else { Arrivals::UNKNOWN };
            space.expand(&mut desk, waiting.state(place), arrivals, &mut next);
            unit.transitions += next.len() as u64;
            unit.ends += u64::from(next.is_empty() && !next.is_held_back && !next.is_reduced);
            for at in 0..next.len() {
                let print = if symmetry { space.canonical(&mut desk, next.state(at)) } else { next.prints[at] };
                unit.met |= next.marks[at];
                if unit.hit.is_none()
                    && let Some(mark) = lowest(next.marks[at] & self.marks.never)
                {
                    unit.hit = Some((waiting.ids[place], print, mark));
                }
                // A reduction asks for every way on which a state is reached.
                if !reduction && !late.is_new(print) {
                    continue;
                }
                let shard = shard_of(print);
                let found = self.visited[shard].find(print);
                if found.is_none_or(|found| reduction && found >= self.nearer[shard]) {
                    let new = &mut unit.new[shard];
                    new.words.extend_from_slice(next.state(at));
                    new.ends.push(new.words.len() as u32);
                    new.prints.push(print);
                    new.parents.push(waiting.ids[place]);
                    new.arrivals.push(next.actions[at].arrival(next.seen[at]));
                }
            }
        }
        (unit, desk)
    }

    fn end(mut self, space: &dyn Space) -> Report {
        self.report.bytes = self.visited.iter().map(|visited| visited.bytes() as u64).sum();
        self.report.parts = space.sizes();
        self.report.looked_at_clocks = space.looked_at_clocks();
        self.report
    }
}

/// Two states that were taken for the same, and are renamings of each other.
type Twins = (Vec<u32>, Vec<u32>);

/// Of how many pairs of twins in a shard and a round it is looked at what follows them. Our choice.
const TWINS: usize = 2;

/// Takes in what units have found for one shard, in their order; `nearer` of its states are nearer to the start. Of the
/// others it counts, with a reduction, in which ways they were reached. Gives some twins, with symmetry.
fn take_in(
    (shard, nearer): (usize, u32),
    visited: &mut Visited,
    next: &mut Waiting,
    units: &[Unit],
    renumbers: &[Renumber],
    options: &Options,
) -> Vec<Twins> {
    let mut twins = Vec::new();
    for (unit, renumber) in units.iter().zip(renumbers) {
        let new = &unit.new[shard];
        let mut start = 0;
        for (at, print) in new.prints.iter().enumerate() {
            let end = new.ends[at] as usize;
            let state = &new.words[start..end];
            start = end;
            if let Some(place) = visited.insert(*print, new.parents[at]) {
                renumber.apply(next.push(state, id_of(shard, place), new.arrivals[at]));
                continue;
            }
            let known = visited.find(*print).and_then(|place| place.checked_sub(nearer));
            let Some(known) = known.map(|place| place as usize) else { continue };
            if options.reduction {
                next.arrivals[known] = next.arrivals[known].and(new.arrivals[at]);
            }
            if options.symmetry && twins.len() < TWINS {
                let mut state = state.to_vec();
                renumber.apply(&mut state);
                twins.push((next.state(known).to_vec(), state));
            }
        }
    }
    twins
}

/// Whether what follows two twins is the same but for names.
fn goes_on_alike(space: &dyn Space, one: &[u32], other: &[u32]) -> bool {
    let mut desk = space.desk();
    let [one, other] = [one, other].map(|state| {
        let mut next = Successors::default();
        space.expand(&mut desk, state, Arrivals::UNKNOWN, &mut next);
        let mut prints: Vec<Print> = (0..next.len()).map(|at| space.canonical(&mut desk, next.state(at))).collect();
        prints.sort();
        prints
    });
    one == other
}
