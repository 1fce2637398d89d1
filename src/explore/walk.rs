//! Walks at random: each goes from the start to an end, to the limit of depth, or to what must never be.

use super::search::{Ask, Ended, Found, Limits, Looked, Marks, Options, Path, Report, Trouble, lowest};
use super::visited::Visited;
use crate::kernel::search::{Arrivals, Desk, Flaw, Print, Space, Successors};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

/// How many steps a walk takes where no limit says so. Our choice.
const STEPS: u32 = 1000;

/// How many walks one worker takes at a time, and how many workers' walks are taken together: our choices.
const UNIT: u64 = 16;
const ROUND: u64 = 16;

/// What came of some walks.
struct Walked {
    prints: Vec<Print>,
    transitions: u64,
    depth: u32,
    ends: u64,
    met: u64,
    found: Option<Found>,
}

pub fn search(
    space: &mut dyn Space,
    marks: Marks,
    options: &Options,
    (walks, seed): (u64, u64),
    ask: &mut Ask<'_>,
) -> Result<Report, Flaw> {
    let limits = options.limits;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.jobs).build().expect("threads can be started");
    let mut visited = Visited::new();
    let mut report = Report { ended: Ended::Walked(walks), ..Report::begin(space.start().2) };
    visited.insert(space.start().1, 0);
    let starts: Vec<u64> = (0..walks).step_by(UNIT as usize).collect();
    for round in starts.chunks(ROUND as usize) {
        let shared = &*space;
        let walk = |start: &u64| {
            let mut desk = shared.desk();
            let walked: Vec<Walked> = (*start..walks.min(start + UNIT))
                .map(|number| one(shared, &mut desk, marks, limits, seed.wrapping_add(number)))
                .collect();
            (walked, desk)
        };
        let done: Vec<(Vec<Walked>, Desk)> = pool.install(|| round.par_iter().map(walk).collect());
        let (walked, desks): (Vec<_>, Vec<_>) = done.into_iter().unzip();
        space.settle(desks);
        let desk = space.desk();
        if let Some(flaw) = space.flaw(&desk) {
            return Err(flaw.clone());
        }
        for walk in walked.into_iter().flatten() {
            walk.prints.iter().for_each(|print| _ = visited.insert(*print, 0));
            report.transitions += walk.transitions;
            report.depth = report.depth.max(walk.depth);
            report.ends += walk.ends;
            report.met |= walk.met;
            if let Some(found) = walk.found {
                (report.found, report.ended) = (Some(found), Ended::Found);
                break;
            }
        }
        report.states = visited.len() as u64;
        let waiting = walks.saturating_sub(round[0] + UNIT * ROUND);
        let looked = Looked { states: report.states, depth: report.depth, waiting };
        if report.found.is_some() {
            break;
        }
        if let Some(over) = limits.over(report.states, visited.bytes() as u64, waiting) {
            report.ended = over;
            break;
        }
        if !ask(looked) {
            report.ended = Ended::Interrupted;
            break;
        }
    }
    report.bytes = visited.bytes() as u64;
    report.parts = space.sizes();
    report.looked_at_clocks = space.looked_at_clocks();
    Ok(report)
}

fn one(space: &dyn Space, desk: &mut Desk, marks: Marks, limits: Limits, seed: u64) -> Walked {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut walked = Walked { prints: Vec::new(), transitions: 0, depth: 0, ends: 0, met: 0, found: None };
    let (mut state, ..) = space.start();
    let (mut next, mut path) = (Successors::default(), Path::new());
    while walked.depth < limits.depth.unwrap_or(STEPS) {
        next.clear();
        space.expand(desk, &state, Arrivals::UNKNOWN, &mut next);
        walked.transitions += next.len() as u64;
        if next.is_empty() {
            walked.ends += u64::from(!next.is_held_back);
            if !next.is_held_back
                && let Some(mark) = lowest(marks.eventually & !space.achieved(desk, &state))
            {
                let schedule = space.schedule(&path, desk);
                walked.found = Some(Found { mark, trouble: Trouble::Missed, schedule });
            }
            return walked;
        }
        let at = chance.random_range(0..next.len());
        walked.depth += 1;
        walked.met |= next.marks[at];
        walked.prints.push(next.prints[at]);
        path.push((state, next.actions[at]));
        state = next.state(at).to_vec();
        if let Some(mark) = lowest(next.marks[at] & marks.never) {
            let schedule = space.schedule(&path, desk);
            walked.found = Some(Found { mark, trouble: Trouble::Broken, schedule });
            return walked;
        }
    }
    walked
}
