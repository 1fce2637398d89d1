//! The whole run at a glance: what each node was, bucket of time by bucket, and which links were cut when.

use super::Mark;
use super::rows::Row;
use crate::node::{EventId, Fact, Fault, SimTime};
use crate::scenario::Session;
use crate::trace::{EventKind, Trace};
use std::collections::BTreeSet;

/// What is drawn for a node in one bucket of time: the gravest that happened there, else what the node is at its end.
/// In the order of gravity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// Not to be seen yet.
    #[default]
    Hidden,
    Down,
    Up,
    Leads,
    Paused,
    Stands,
    Restart,
    Crash,
    Violation,
}

/// What is to be seen of a node on a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What it is after the row.
    pub state: Cell,
    /// The gravest that happened to it on the row, else what it is.
    pub gravest: Cell,
}

/// Changes that the strip is drawn from.
#[derive(Debug, Default)]
pub struct Overview {
    /// For each node when something about it changed, and to what.
    changes: Vec<Vec<(EventId, SimTime, Change)>>,
    /// The cut links from an event on.
    cuts: Vec<(EventId, BTreeSet<(usize, usize)>)>,
    end: SimTime,
    /// Whether the strip runs along true time; else along the events' numbers.
    timed: bool,
    clocks_differ: bool,
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Boot,
    Crash,
    Restart,
    Pause,
    Resume,
    Leads,
    Stands,
    Follows,
    Violation,
}

impl Overview {
    /// One pass over the trace.
    pub fn new(session: &dyn Session, violations: &[Mark]) -> Self {
        let (trace, timed) = (session.trace(), session.knows_time());
        let mut overview = Overview {
            changes: vec![Vec::new(); trace.cluster().len()],
            cuts: Vec::new(),
            end: if timed { session.end() } else { SimTime(trace.len() as u64) },
            timed,
            clocks_differ: false,
        };
        let mut cut = BTreeSet::new();
        for id in trace.ids() {
            overview.note(trace, id, &mut cut);
        }
        for mark in violations.iter().filter(|mark| (mark.event.0 as usize) < trace.len()) {
            let node = trace.node(mark.event).map_or(0, |node| node.index());
            let place = overview.place(trace, mark.event);
            overview.changes[node].push((mark.event, place, Change::Violation));
        }
        overview.changes.iter_mut().for_each(|changes| changes.sort_by_key(|change| change.0));
        overview
    }

    fn note(&mut self, trace: &Trace, id: EventId, cut: &mut BTreeSet<(usize, usize)>) {
        let record = trace.record(id);
        // The network has no clock.
        let reads = record.own() > 0 && record.kind() != EventKind::Fault;
        self.clocks_differ |= reads && i128::from(record.local().0) != i128::from(record.time().0);
        let change = match record.kind() {
            EventKind::Boot => Change::Boot,
            EventKind::Fact => match trace.fact(id) {
                Some(Fact::BecameLeader { .. }) => Change::Leads,
                Some(Fact::BecameCandidate { .. }) => Change::Stands,
                Some(Fact::BecameFollower { .. }) => Change::Follows,
                _ => return,
            },
            EventKind::Fault => match trace.fault(id).map(|record| &record.fault) {
                Some(Fault::Crash(_)) => Change::Crash,
                Some(Fault::Restart(_)) => Change::Restart,
                Some(Fault::Pause(_)) => Change::Pause,
                Some(Fault::Resume(_)) => Change::Resume,
                Some(Fault::Cut(links)) => {
                    cut.extend(links.iter().map(|(from, to)| (from.index(), to.index())));
                    return self.cuts.push((id, cut.clone()));
                }
                Some(Fault::Heal(links)) => {
                    cut.retain(|link| !links.iter().any(|(from, to)| *link == (from.index(), to.index())));
                    return self.cuts.push((id, cut.clone()));
                }
                _ => return,
            },
            _ => return,
        };
        let node = trace.node(id).or_else(|| trace.fault(id).and_then(|record| record.fault.node()));
        if let Some(node) = node {
            self.changes[node.index()].push((id, record.time(), change));
        }
    }

    /// The instant at which the run ends.
    pub fn end(&self) -> SimTime {
        self.end
    }

    /// Whether some clock of the run ever showed another time than the true one.
    pub fn clocks_differ(&self) -> bool {
        self.clocks_differ && self.timed
    }

    /// Where an event stands in the strip: its instant, or its number where no instant is known.
    pub fn place(&self, trace: &Trace, id: EventId) -> SimTime {
        if self.timed { trace.record(id).time() } else { SimTime(u64::from(id.0)) }
    }

    /// The bucket of an instant, where there are `width`.
    pub fn bucket(&self, time: SimTime, width: usize) -> usize {
        let place = u128::from(time.0) * width as u128 / (u128::from(self.end.0) + 1);
        (place as usize).min(width.saturating_sub(1))
    }

    /// The strip of each node in `width` buckets. Nothing shows of the event `limit` and what comes after it; its
    /// instant is given where there is one.
    pub fn strips(&self, width: usize, limit: u32, limit_time: Option<SimTime>) -> Vec<Vec<Cell>> {
        let seen = limit_time.map_or(width, |time| self.bucket(time, width) + 1);
        self.changes.iter().map(|changes| self.strip(changes, width, limit, seen)).collect()
    }

    fn strip(&self, changes: &[(EventId, SimTime, Change)], width: usize, limit: u32, seen: usize) -> Vec<Cell> {
        let mut strip = vec![Cell::Hidden; width];
        let (mut role, mut paused, mut next) = (self.begin(), false, 0);
        for (bucket, cell) in strip.iter_mut().enumerate().take(seen) {
            let mut gravest = Cell::Hidden;
            while let Some(&(id, time, change)) = changes.get(next)
                && id.0 < limit
                && self.bucket(time, width) <= bucket
            {
                next += 1;
                gravest = gravest.max(apply(change, &mut role, &mut paused));
            }
            *cell = gravest.max(if paused { Cell::Paused } else { role });
        }
        strip
    }

    /// For each row what each node was at its end, and the gravest that happened to it on that row.
    pub fn along(&self, rows: &[Row]) -> Vec<Vec<Seen>> {
        let mut along = vec![Vec::with_capacity(self.changes.len()); rows.len()];
        for changes in &self.changes {
            let (mut role, mut paused, mut next) = (self.begin(), false, 0);
            for (row, seen) in rows.iter().zip(&mut along) {
                let mut gravest = Cell::Hidden;
                while let Some(&(id, _, change)) = changes.get(next).filter(|change| change.0 <= row.last) {
                    next += 1;
                    let change = apply(change, &mut role, &mut paused);
                    gravest = gravest.max(if id >= row.first { change } else { Cell::Hidden });
                }
                let state = if paused && role != Cell::Down { Cell::Paused } else { role };
                seen.push(Seen { state, gravest: gravest.max(state) });
            }
        }
        along
    }

    /// What a node is before anything is known of it: a log of another system does not tell when its hosts were down.
    fn begin(&self) -> Cell {
        if self.timed { Cell::Down } else { Cell::Up }
    }

    /// The links that are cut after an event: places of sender and receiver.
    pub fn cut_at(&self, id: EventId) -> Option<&BTreeSet<(usize, usize)>> {
        let after = self.cuts.partition_point(|(from, _)| *from <= id);
        self.cuts.get(after.checked_sub(1)?).map(|(_, cut)| cut).filter(|cut| !cut.is_empty())
    }
}

/// Takes a change over, and gives what is to be seen of it even where more happens in its bucket.
fn apply(change: Change, role: &mut Cell, paused: &mut bool) -> Cell {
    match change {
        Change::Boot | Change::Follows => *role = Cell::Up,
        Change::Leads => *role = Cell::Leads,
        Change::Stands => *role = Cell::Stands,
        Change::Crash => {
            (*role, *paused) = (Cell::Down, false);
            return Cell::Crash;
        }
        Change::Restart => return Cell::Restart,
        Change::Pause => *paused = true,
        Change::Resume => *paused = false,
        Change::Violation => return Cell::Violation,
    }
    match change {
        Change::Stands => Cell::Stands,
        Change::Pause => Cell::Paused,
        _ => Cell::Hidden,
    }
}

/// The sides of a partition: for each node the number of its side, `None` for those that no cut concerns. Two nodes are
/// on one side where messages pass between them both ways. Side 0 is the largest.
pub fn sides(nodes: usize, cut: &BTreeSet<(usize, usize)>) -> Vec<Option<usize>> {
    let mut side: Vec<Option<usize>> = vec![None; nodes];
    let mut concerned: Vec<usize> = cut.iter().flat_map(|&(from, to)| [from, to]).collect();
    concerned.sort_unstable();
    concerned.dedup();
    let mut sizes: Vec<(usize, usize)> = Vec::new();
    for &start in &concerned {
        if side[start].is_some() {
            continue;
        }
        let number = sizes.len();
        let mut waiting = vec![start];
        side[start] = Some(number);
        let mut size = 0;
        while let Some(node) = waiting.pop() {
            size += 1;
            for &other in &concerned {
                if side[other].is_none() && !cut.contains(&(node, other)) && !cut.contains(&(other, node)) {
                    side[other] = Some(number);
                    waiting.push(other);
                }
            }
        }
        sizes.push((size, number));
    }
    sizes.sort_by_key(|&(size, number)| (std::cmp::Reverse(size), number));
    let rank = |number: usize| sizes.iter().position(|&(_, other)| other == number);
    side.into_iter().map(|number| number.and_then(rank)).collect()
}
