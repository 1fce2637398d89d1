//! Depth first: needs memory only for one way through the space beside the states that it has seen, and finds cycles.
//!
//! With a limit of depth a state that was reached late is looked at again where it is reached earlier: what follows it may
//! be within the limit now.
//!
//! What must come about in the end is missed by a run that comes to an end without it, and by one that goes round for
//! ever without it. Only states count in which it has not come about; a cycle among those shows as a step back to a state on
//! the way to it. A state that nothing follows only because a budget is used up is not an end.

use super::search::{Ask, Ended, Found, Looked, Marks, Options, Path, Report, Trouble, lowest};
use super::visited::Visited;
use crate::kernel::search::{Arrivals, Desk, Flaw, Print, Space, Successors};
use std::collections::BTreeMap;

/// How many states are looked at between two questions whether to go on.
const ASK_EVERY: u64 = 1 << 12;

/// A state on the way, what follows it, and how much of that was looked at.
struct Here {
    state: Vec<u32>,
    print: Print,
    next: Successors,
    at: usize,
}

struct Depth<'a> {
    space: &'a dyn Space,
    desk: Desk,
    visited: Visited,
    way: Vec<Here>,
    /// Memory of steps that the way has come back from.
    spare: Vec<Here>,
    /// The states on the way, and how far from the start each is.
    on_way: BTreeMap<Print, usize>,
    marks: Marks,
    report: Report,
}

pub fn search(space: &mut dyn Space, marks: Marks, options: &Options, ask: &mut Ask<'_>) -> Result<Report, Flaw> {
    let limits = options.limits;
    let (state, print, met) = space.start();
    let report = Report::begin(met);
    let mut depth = Depth {
        space: &*space,
        desk: space.desk(),
        visited: Visited::new(),
        way: Vec::new(),
        spare: Vec::new(),
        on_way: BTreeMap::new(),
        marks,
        report,
    };
    depth.visited.insert(print, 0);
    depth.enter(&state, print, true);
    if let Some(mark) = lowest(met & marks.never) {
        depth.found(mark, Trouble::Broken);
    }
    let mut looked_at = 0u64;
    while depth.report.found.is_none()
        && let Some(here) = depth.way.last_mut()
    {
        let at = here.at;
        if at == here.next.len() {
            depth.leave();
            continue;
        }
        here.at += 1;
        let (print, marks_here) = (here.next.prints[at], here.next.marks[at]);
        depth.report.met |= marks_here;
        if let Some(mark) = lowest(marks_here & marks.never) {
            depth.found(mark, Trouble::Broken);
            break;
        }
        let far = depth.way.len() as u32;
        if marks.eventually != 0 && depth.closes_cycle(print) {
            break;
        }
        let known = depth.visited.find(print).map(|place| (place, depth.visited.note(place)));
        match known {
            None => _ = depth.visited.insert(print, far),
            Some((place, before)) if limits.depth.is_some() && before > far => depth.visited.set_note(place, far),
            Some(_) => continue,
        }
        depth.report.depth = depth.report.depth.max(far);
        if limits.depth.is_some_and(|most| far >= most) {
            continue;
        }
        let state = depth.way[far as usize - 1].next.state(at).to_vec();
        let is_first = known.is_none_or(|(_, before)| limits.depth.is_some_and(|most| before >= most));
        depth.enter(&state, print, is_first);
        looked_at += 1;
        if let Some(flaw) = depth.space.flaw(&depth.desk) {
            return Err(flaw.clone());
        }
        if looked_at.is_multiple_of(ASK_EVERY) {
            let (states, waiting) = (depth.visited.len() as u64, depth.way.len() as u64);
            if let Some(over) = limits.over(states, depth.visited.bytes() as u64, waiting) {
                depth.report.ended = over;
                break;
            }
            if !ask(Looked { states, depth: far, waiting }) {
                depth.report.ended = Ended::Interrupted;
                break;
            }
        }
    }
    if let Some(flaw) = depth.space.flaw(&depth.desk) {
        return Err(flaw.clone());
    }
    let mut report = depth.report;
    if let (Ended::Complete, Some(most)) = (report.ended, limits.depth) {
        let places = 0..depth.visited.len() as u32;
        match places.filter(|place| depth.visited.note(*place) >= most).count() as u64 {
            0 => {}
            beyond => report.ended = Ended::Depth(beyond),
        }
    }
    report.states = depth.visited.len() as u64;
    report.bytes = depth.visited.bytes() as u64;
    let desk = depth.desk;
    space.settle(vec![desk]);
    report.parts = space.sizes();
    report.looked_at_clocks = space.looked_at_clocks();
    Ok(report)
}

impl Depth<'_> {
    /// Goes on to a state, and works out what follows it; counts that where the state is gone on from for the first time.
    fn enter(&mut self, state: &[u32], print: Print, is_first: bool) {
        let fresh = || Here { state: Vec::new(), print: 0, next: Successors::default(), at: 0 };
        let mut here = self.spare.pop().unwrap_or_else(fresh);
        here.state.clear();
        here.state.extend_from_slice(state);
        (here.print, here.at) = (print, 0);
        here.next.clear();
        self.space.expand(&mut self.desk, &here.state, Arrivals::UNKNOWN, &mut here.next);
        let is_end = here.next.is_empty() && !here.next.is_held_back;
        if is_first {
            self.report.transitions += here.next.len() as u64;
            self.report.ends += u64::from(is_end);
        }
        if self.marks.eventually != 0 {
            self.on_way.insert(print, self.way.len());
        }
        self.way.push(here);
        if is_end && let Some(mark) = lowest(self.marks.eventually & !self.space.achieved(&self.desk, state)) {
            self.found(mark, Trouble::Missed);
        }
    }

    fn leave(&mut self) {
        if let Some(here) = self.way.pop() {
            self.on_way.remove(&here.print);
            self.spare.push(here);
        }
    }

    /// Whether a step leads back to a state on the way, with something that must come about missing all the while.
    fn closes_cycle(&mut self, print: Print) -> bool {
        let Some(place) = self.on_way.get(&print).copied() else { return false };
        let achieved = self.space.achieved(&self.desk, &self.way[place].state);
        let Some(mark) = lowest(self.marks.eventually & !achieved) else { return false };
        self.found(mark, Trouble::Lasso(place));
        true
    }

    /// The way so far shows something.
    fn found(&mut self, mark: u32, trouble: Trouble) {
        let steps = self.way.iter().filter(|here| here.at > 0);
        let path: Path = steps.map(|here| (here.state.clone(), here.next.actions[here.at - 1])).collect();
        let schedule = self.space.schedule(&path, &mut self.desk);
        self.report.ended = Ended::Found;
        self.report.found = Some(Found { mark, trouble, schedule });
    }
}
