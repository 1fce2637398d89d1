//! Searching a space: in what manner, how far, for what, and what came of it.

use super::{breadth, depth, walk};
use crate::kernel::Schedule;
use crate::kernel::search::{Action, Arrivals, Desk, Flaw, Print, Space, Successors};

/// In which order states are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// All states that are as near to the start before any that is farther: what is found is as near as can be.
    Breadth,
    /// As far as can be first: needs the least memory for states that wait, and finds cycles.
    Depth,
    /// That many walks at random, from this seed on: finds what lies deep, and proves nothing.
    Walk {
        /// How many.
        walks: u64,
        /// The seed of the first.
        seed: u64,
    },
}

/// What the watchers' marks mean, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// What must never be: a search ends where it finds one.
    pub never: u64,
    /// What must come about in every run that goes on to its end.
    pub eventually: u64,
}

/// How far a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many things may happen after the start.
    pub depth: Option<u32>,
    /// How many states may be seen; the search ends soon after.
    pub states: u64,
    /// How many bytes the visited states and those that wait may take; the search ends soon after.
    pub bytes: u64,
}

impl Limits {
    /// No limit at all.
    pub const NONE: Limits = Limits { depth: None, states: u64::MAX, bytes: u64::MAX };

    /// Why a search that came so far, in the midst of which so many states wait, is over; `None` where it may go on.
    pub(super) fn over(&self, states: u64, bytes: u64, waiting: u64) -> Option<Ended> {
        if states > self.states {
            Some(Ended::States(waiting))
        } else if bytes > self.bytes {
            Some(Ended::Memory(waiting))
        } else {
            None
        }
    }
}

/// How a search goes about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How far it goes.
    pub limits: Limits,
    /// How many threads it has: what comes out does not depend on it.
    pub jobs: usize,
    /// Whether to leave out what comes to the same in another order; breadth first only. All states are still seen.
    pub reduction: bool,
    /// Whether to take states for the same that differ only in which of like nodes is which; breadth first only. The
    /// nodes of a group are taken to be alike.
    pub symmetry: bool,
}

impl Options {
    /// A plain search of everything, with one thread.
    pub fn plain() -> Options {
        Options { limits: Limits::NONE, jobs: 1, reduction: false, symmetry: false }
    }
}

/// How a search stands.
#[derive(Clone, Copy, Debug)]
pub struct Looked {
    /// How many different states were seen.
    pub states: u64,
    /// How far from the start it is.
    pub depth: u32,
    /// How many states wait.
    pub waiting: u64,
}

/// What came of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How many different states were seen.
    pub states: u64,
    /// How many ways there were from one state to the next, as far as they were looked at.
    pub transitions: u64,
    /// How far from the start the farthest state is that was looked at.
    pub depth: u32,
    /// How many states have nothing after them, and would have with no budget.
    pub ends: u64,
    /// Why the search is over.
    pub ended: Ended,
    /// The marks that were met anywhere.
    pub met: u64,
    /// What was found.
    pub found: Option<Found>,
    /// How many bytes the table of visited states takes.
    pub bytes: u64,
    /// How many bytes the states took at the most that waited.
    pub waiting_bytes: u64,
    /// How many different machines, messages and watchers there were, and how many outcomes of handlers were worked out.
    pub parts: [u64; 4],
    /// How often handlers looked at a clock.
    pub looked_at_clocks: u64,
}

impl Report {
    /// Before anything was looked at; in the start these marks were met.
    pub(super) fn begin(met: u64) -> Report {
        Report {
            states: 1,
            transitions: 0,
            depth: 0,
            ends: 0,
            ended: Ended::Complete,
            met,
            found: None,
            bytes: 0,
            waiting_bytes: 0,
            parts: [0; 4],
            looked_at_clocks: 0,
        }
    }
}

/// Why a search is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every state was seen that the bounds allow.
    Complete,
    /// Something was found.
    Found,
    /// The limit of depth was met, and that many states wait beyond it.
    Depth(u64),
    /// The limit of states was met, and that many wait.
    States(u64),
    /// The limit of memory was met, and that many wait.
    Memory(u64),
    /// All walks are done.
    Walked(u64),
    /// The person did not want to wait.
    Interrupted,
}

/// A run that shows what was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The mark.
    pub mark: u32,
    /// How it shows.
    pub trouble: Trouble,
    /// The run.
    pub schedule: Schedule,
}

/// How a mark shows in a run that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It is set, and must never be.
    Broken,
    /// Nothing more can happen, and it has not been set.
    Missed,
    /// The run is back after its last step where it was after so many, and can go on so for ever without setting it.
    Lasso(usize),
}

/// Asks how the search stands and says whether it may go on.
pub type Ask<'a> = dyn FnMut(Looked) -> bool + 'a;

/// Searches a space.
///
/// A flaw in the protocol's own code ends it: what such a search says is worth nothing.
pub fn search(
    space: &mut dyn Space,
    manner: Manner,
    marks: Marks,
    options: &Options,
    ask: &mut Ask<'_>,
) -> Result<Report, Flaw> {
    if let Some(flaw) = space.flaw(&space.desk()) {
        return Err(flaw.clone());
    }
    let report = match manner {
        Manner::Breadth => breadth::search(space, marks, options, ask)?,
        Manner::Depth => depth::search(space, marks, options, ask)?,
        Manner::Walk { walks, seed } => walk::search(space, marks, options, (walks, seed), ask)?,
    };
    let is_breadth = matches!(report.ended, Ended::Complete | Ended::Depth(_)) && manner == Manner::Breadth;
    if report.found.is_some() || marks.eventually == 0 || !is_breadth {
        return Ok(report);
    }
    // What must come about is a matter of whole runs, and of cycles: those are found depth first.
    let runs = depth::search(space, marks, options, ask)?;
    Ok(Report { found: runs.found, ended: runs.ended, ..report })
}

/// The lowest mark of a set.
pub(super) fn lowest(marks: u64) -> Option<u32> {
    (marks != 0).then(|| marks.trailing_zeros())
}

/// A way through a space: each state, and what happened in it.
pub(super) type Path = Vec<(Vec<u32>, Action)>;

/// Finds the way that leads from the start through these fingerprints, the start's not among them; the last step sets
/// `mark`, where that matters.
pub(super) fn retrace(
    space: &dyn Space,
    desk: &mut Desk,
    prints: &[Print],
    mark: Option<u32>,
    symmetry: bool,
) -> Path {
    let mut state = space.start().0;
    let mut next = Successors::default();
    let mut path = Path::new();
    for (place, print) in prints.iter().enumerate() {
        next.clear();
        space.expand(desk, &state, Arrivals::UNKNOWN, &mut next);
        let needed = mark.filter(|_| place + 1 == prints.len());
        let is_there = |at: usize, desk: &mut Desk| match symmetry {
            false => next.prints[at] == *print,
            true => space.canonical(desk, next.state(at)) == *print,
        };
        let is_it = |at: &usize| is_there(*at, desk) && needed.is_none_or(|mark| next.marks[*at] >> mark & 1 == 1);
        let at = (0..next.len()).find(is_it).expect("a search goes the same way twice");
        path.push((state, next.actions[at]));
        state = next.state(at).to_vec();
    }
    path
}
