//! Messages on their way: each has a rail beside its receiver's lifeline until it arrives or is lost.
//!
//! Rails are given out by interval colouring: the nearest that is free. Where none is, the outermost carries several
//! messages. They are given out from an event some way above the screen that moves in leaps, so that a message keeps
//! its rail while a person steps.

use super::layout::Columns;
use super::rows::Rows;
use crate::node::EventId;
use crate::trace::EventKind;

/// A message and its rail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rail {
    pub send: EventId,
    /// Its sender's and its receiver's place in the cluster.
    pub from: usize,
    pub to: usize,
    /// The event of its arrival or loss; `None` where that is not on the screen, or not to be seen.
    pub end: Option<EventId>,
    /// Whether it runs on the left of its receiver. What a node sends to itself runs on the right.
    pub is_left: bool,
    /// From 0, the nearest.
    pub slot: usize,
}

/// Events between two places where rails are given out anew.
const LEAP: u32 = 64;

/// The first event from which rails are given out, for a screen whose first event this is.
pub fn base(first: EventId) -> u32 {
    (first.0 / LEAP * LEAP).saturating_sub(LEAP)
}

/// The rails of all messages that are on their way at some event from `first` to `last`. `flying` are those that were
/// on their way before the event `base`.
pub fn rails(
    rows: &Rows<'_>,
    flying: &[EventId],
    base: u32,
    (first, last): (EventId, EventId),
    columns: &Columns,
) -> Vec<Rail> {
    let trace = rows.trace;
    let taken = vec![0; trace.cluster().len() * 2 * columns.slots()];
    let mut yard = Yard { rails: Vec::new(), open: Vec::new(), taken, columns };
    let place = |id: EventId| Some((trace.node(id)?.index(), trace.peer(id)?.index()));
    for &send in flying {
        if let Some((from, to)) = place(send) {
            yard.depart(send, from, to);
        }
    }
    let first_shown = Some(rows.zoom.at_or_after(EventId(base)));
    let shown = std::iter::successors(first_shown, |id| rows.after(*id)).take_while(|id| *id <= last);
    for id in shown {
        match trace.record(id).kind() {
            EventKind::Send => {
                if let Some((from, to)) = place(id) {
                    yard.depart(id, from, to);
                }
            }
            EventKind::Deliver | EventKind::Lost => {
                if let Some(send) = trace.record(id).cause()
                    && let Some((from, to)) = place(send)
                {
                    yard.arrive(id, send, from, to);
                }
            }
            _ => {}
        }
    }
    yard.rails.retain(|rail| rail.end.is_none_or(|end| end >= first));
    yard.rails
}

struct Yard<'a> {
    rails: Vec<Rail>,
    /// The places of those that are under way.
    open: Vec<usize>,
    /// How many messages each rail carries.
    taken: Vec<u32>,
    columns: &'a Columns,
}

impl Yard<'_> {
    fn side(&self, from: usize, to: usize) -> usize {
        (to * 2 + usize::from(self.columns.is_left(from, to))) * self.columns.slots()
    }

    fn depart(&mut self, send: EventId, from: usize, to: usize) {
        let side = self.side(from, to);
        let free = (0..self.columns.slots()).find(|slot| self.taken[side + slot] == 0);
        let slot = free.unwrap_or(self.columns.slots() - 1);
        self.taken[side + slot] += 1;
        self.open.push(self.rails.len());
        let is_left = self.columns.is_left(from, to);
        self.rails.push(Rail { send, from, to, end: None, is_left, slot });
    }

    /// A copy of a message that was doubled may arrive after its first arrival: it then has a rail from its sending on.
    fn arrive(&mut self, id: EventId, send: EventId, from: usize, to: usize) {
        let Some(place) = self.open.iter().position(|&rail| self.rails[rail].send == send) else {
            let (is_left, slot) = (self.columns.is_left(from, to), self.columns.slots() - 1);
            self.rails.push(Rail { send, from, to, end: Some(id), is_left, slot });
            return;
        };
        let rail = &mut self.rails[self.open.remove(place)];
        rail.end = Some(id);
        let slot = rail.slot;
        let side = self.side(from, to);
        self.taken[side + slot] -= 1;
    }
}
