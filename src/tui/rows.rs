//! Rows: what stands on one line of the space-time view.
//!
//! A row is one event, or several that one handler brought about and that differ only in whom they concern: a message to
//! four servers, entries restored one after the other.

use crate::node::{EventId, Fact, FactKind};
use crate::trace::{EventKind, Trace};

/// One line: the events from `first` to `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub first: EventId,
    pub last: EventId,
}

impl Row {
    /// Whether an event stands on this row.
    pub fn holds(self, id: EventId) -> bool {
        (self.first..=self.last).contains(&id)
    }

    /// How many events stand on it.
    pub fn count(self) -> u32 {
        self.last.0 - self.first.0 + 1
    }

    pub fn events(self) -> impl Iterator<Item = EventId> {
        (self.first.0..=self.last.0).map(EventId)
    }
}

/// Which events have rows: those before `limit`, and where `quiet` not those of disks and logs.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    pub trace: &'a Trace,
    /// The first event that is not to be seen.
    pub limit: u32,
    pub quiet: bool,
}

impl Rows<'_> {
    /// Whether an event has a row.
    pub fn shows(&self, id: EventId) -> bool {
        id.0 < self.limit && !(self.quiet && is_quiet(self.trace, id))
    }

    /// The row that an event stands on.
    pub fn of(&self, id: EventId) -> Row {
        let mut row = Row { first: id, last: id };
        while row.first.0 > 0 && joins(self.trace, EventId(row.first.0 - 1), row.first) {
            row.first.0 -= 1;
        }
        while row.last.0 + 1 < self.limit && joins(self.trace, row.last, EventId(row.last.0 + 1)) {
            row.last.0 += 1;
        }
        row
    }

    /// The next event that has a row.
    pub fn after(&self, id: EventId) -> Option<EventId> {
        (id.0 + 1..self.limit).map(EventId).find(|&id| self.shows(id))
    }

    /// The event before that has a row.
    pub fn before(&self, id: EventId) -> Option<EventId> {
        (0..id.0).rev().map(EventId).find(|&id| self.shows(id))
    }

    /// The row below.
    pub fn below(&self, row: Row) -> Option<Row> {
        self.after(row.last).map(|id| self.of(id))
    }

    /// The row above.
    pub fn above(&self, row: Row) -> Option<Row> {
        self.before(row.first).map(|id| self.of(id))
    }
}

/// Whether two neighbouring events stand on one row.
fn joins(trace: &Trace, first: EventId, second: EventId) -> bool {
    let (a, b) = (trace.record(first), trace.record(second));
    if a.kind() != b.kind() || a.cause().is_none() || a.cause() != b.cause() {
        return false;
    }
    match a.kind() {
        EventKind::Send => {
            trace.name(first) == trace.name(second)
                && trace.node(first) == trace.node(second)
                && trace.peer(first) < trace.peer(second)
        }
        EventKind::Fact => {
            let kind = |id| trace.fact(id).map(Fact::kind);
            kind(first) == kind(second)
                && matches!(kind(first), Some(FactKind::Restored | FactKind::Applied | FactKind::Appended))
        }
        _ => false,
    }
}

/// Disks that finish and logs that grow: what happens without end where all is well.
fn is_quiet(trace: &Trace, id: EventId) -> bool {
    match trace.record(id).kind() {
        EventKind::SyncDone => true,
        EventKind::Fact => matches!(
            trace.fact(id).map(Fact::kind),
            Some(
                FactKind::Appended
                    | FactKind::Restored
                    | FactKind::Committed
                    | FactKind::Applied
                    | FactKind::Compacted
            )
        ),
        _ => false,
    }
}
