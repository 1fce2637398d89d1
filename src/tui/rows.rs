//! Rows: what stands on one line of the space-time view.
//!
//! A row is one event, or several that one handler brought about and that differ only in whom they concern: a message to
//! four servers, entries restored one after the other. Where the zoom is coarse it is a slice of the run.

use super::zoom::Zoom;
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

/// Which events have rows: those before `limit` that the zoom shows.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    pub trace: &'a Trace,
    /// The first event that is not to be seen.
    pub limit: u32,
    pub zoom: &'a Zoom,
}

impl Rows<'_> {
    /// Whether an event has a row.
    pub fn shows(&self, id: EventId) -> bool {
        id.0 < self.limit && self.zoom.shows(id)
    }

    /// The row that an event stands on.
    pub fn of(&self, id: EventId) -> Row {
        if let Some(slice) = self.zoom.slice(self.trace, id) {
            return Row { last: EventId(slice.last.0.min(self.limit.max(1) - 1)), ..slice };
        }
        let mut row = Row { first: id, last: id };
        while row.first.0 > 0 && self.joins(EventId(row.first.0 - 1), row.first) {
            row.first.0 -= 1;
        }
        while row.last.0 + 1 < self.limit && self.joins(row.last, EventId(row.last.0 + 1)) {
            row.last.0 += 1;
        }
        row
    }

    fn joins(&self, first: EventId, second: EventId) -> bool {
        joins(self.trace, first, second) && self.zoom.shows(first) && self.zoom.shows(second)
    }

    /// The next event that has a row; where rows are slices, the first of the next.
    pub fn after(&self, id: EventId) -> Option<EventId> {
        let last = if self.zoom.grain.is_slices() { self.of(id).last } else { id };
        Some(self.zoom.at_or_after(EventId(last.0 + 1))).filter(|next| next.0 < self.limit)
    }

    /// The event before that has a row; where rows are slices, the first of the one before.
    pub fn before(&self, id: EventId) -> Option<EventId> {
        if !self.zoom.grain.is_slices() {
            return self.zoom.before(id);
        }
        self.zoom.before(self.of(id).first).map(|last| self.of(last).first)
    }

    /// The row below.
    pub fn below(&self, row: Row) -> Option<Row> {
        self.after(row.last).map(|id| self.of(id))
    }

    /// The row above.
    pub fn above(&self, row: Row) -> Option<Row> {
        self.before(row.first).map(|id| self.of(id))
    }

    /// How many events are folded between a row and the one above.
    pub fn folded_before(&self, row: Row) -> u32 {
        let above = self.zoom.before(row.first).map_or(0, |above| above.0 + 1);
        row.first.0 - above
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
