//! Zoom: from a row for every event to rows that each stand for a slice of the run.
//!
//! What each grain leaves out is found once, when a run is opened, and kept as a bit an event; a step then leaps over what
//! is left out, however much that is.

use super::Mark;
use super::rows::Row;
use crate::node::{EventId, Fact, FactKind, SimSpan, SimTime};
use crate::trace::{EventKind, Trace};

/// What has a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// Every event.
    Every,
    /// All but disks that finish and logs that grow: what happens without end where all is well.
    Disks,
    /// All but that, and rounds of messages that brought nothing about: heartbeats, gossip of what is known.
    Chatter,
    /// The turns of the story: faults, and facts that do not happen all the time.
    Turns,
    /// So many nanoseconds together.
    Time(u64),
    /// So many events together, where no times are known.
    Events(u32),
}

impl Grain {
    /// All grains that suit a run, from the finest to the coarsest.
    fn all(trace: &Trace, timed: bool) -> Vec<Grain> {
        let last = trace.ids().next_back().map_or(0, |last| trace.record(last).time().0);
        let (whole, least) = if timed { (last, 1_000_000) } else { (trace.len() as u64, 10) };
        let widths = std::iter::successors(Some(least), |width: &u64| width.checked_mul(10));
        let fitting = widths.take_while(|width| whole / width >= SLICES.0).filter(|width| whole / width <= SLICES.1);
        let slice = |width| if timed { Grain::Time(width) } else { Grain::Events(width as u32) };
        let finer = [Grain::Every, Grain::Disks, Grain::Chatter, Grain::Turns];
        finer.into_iter().chain(fitting.map(slice)).collect()
    }

    /// For the header.
    pub fn short(self) -> String {
        match self {
            Grain::Every => String::new(),
            Grain::Disks => "no disks".to_owned(),
            Grain::Chatter => "no chatter".to_owned(),
            Grain::Turns => "turns".to_owned(),
            Grain::Time(width) => format!("{} a row", SimSpan(width)),
            Grain::Events(count) => format!("{count} a row"),
        }
    }

    /// In a sentence.
    pub fn told(self) -> String {
        match self {
            Grain::Every => "every event has a row".to_owned(),
            Grain::Disks => "disks and logs are folded; +3 counts what is folded before a row".to_owned(),
            Grain::Chatter => "what brought nothing about is folded as well: heartbeats, gossip".to_owned(),
            Grain::Turns => "only the turns of the story: faults, elections, what clients are told".to_owned(),
            Grain::Time(width) => format!("a row is {} of the run; x143 counts its events", SimSpan(width)),
            Grain::Events(count) => format!("a row is {count} events"),
        }
    }

    /// Whether a row stands for all that happened in a slice of the run.
    pub fn is_slices(self) -> bool {
        matches!(self, Grain::Time(_) | Grain::Events(_))
    }
}

/// Slices are no fewer and no more than this: fewer tell less than the strip above, more are no help.
const SLICES: (u64, u64) = (8, 2000);

/// A grain, and the events that stand out in each.
pub struct Zoom {
    pub grain: Grain,
    /// Those that have a row without disks, without chatter, and among turns.
    marked: [Bits; 3],
}

impl Zoom {
    /// Every event has a row. One pass over the trace finds what each grain will fold; what broke a promise never is.
    pub fn new(trace: &Trace, violations: &[Mark]) -> Self {
        let heavy = heavy(trace);
        let mut marked = [(); 3].map(|()| Bits(vec![0; trace.len().div_ceil(64)]));
        for id in trace.ids() {
            let of_disks = is_of_disks(trace, id);
            let shown = [!of_disks, !of_disks && !is_chatter(trace, &heavy, id), is_turn(trace, id)];
            shown.iter().zip(&mut marked).filter(|(shown, _)| **shown).for_each(|(_, marked)| marked.set(id));
        }
        violations.iter().for_each(|mark| marked.iter_mut().for_each(|marked| marked.set(mark.event)));
        Zoom { grain: Grain::Every, marked }
    }

    /// The next coarser or finer grain that still has a row, if there is one.
    pub fn next(&self, coarser: bool, trace: &Trace, timed: bool) -> Option<Grain> {
        let all = Grain::all(trace, timed);
        let here = all.iter().position(|grain| *grain == self.grain).unwrap_or(0);
        let has_rows = |grain: &Grain| self.bits_of(*grain).is_none_or(|marked| !marked.is_empty());
        match coarser {
            true => all[here + 1..].iter().copied().find(has_rows),
            false => all[..here].iter().rev().copied().find(has_rows),
        }
    }

    /// Takes a grain over, where it leaves anything.
    pub fn keep(&mut self, grain: Grain) {
        if self.bits_of(grain).is_none_or(|marked| !marked.is_empty()) {
            self.grain = grain;
        }
    }

    /// The events that have a row; `None` where each has one, or a part in one.
    fn bits_of(&self, grain: Grain) -> Option<&Bits> {
        match grain {
            Grain::Every | Grain::Time(_) | Grain::Events(_) => None,
            Grain::Disks => Some(&self.marked[0]),
            Grain::Chatter => Some(&self.marked[1]),
            Grain::Turns => Some(&self.marked[2]),
        }
    }

    /// Whether an event has a row, or a part in one.
    pub fn shows(&self, id: EventId) -> bool {
        self.bits_of(self.grain).is_none_or(|marked| marked.has(id))
    }

    /// The first event at or after this one that is shown.
    pub fn at_or_after(&self, id: EventId) -> EventId {
        self.bits_of(self.grain).map_or(id, |marked| marked.at_or_after(id))
    }

    /// The last event before this one that is shown.
    pub fn before(&self, id: EventId) -> Option<EventId> {
        match self.bits_of(self.grain) {
            None => id.0.checked_sub(1).map(EventId),
            Some(marked) => marked.before(id),
        }
    }

    /// The slice that an event lies in; `None` where rows are no slices.
    pub fn slice(&self, trace: &Trace, id: EventId) -> Option<Row> {
        let last = trace.len() as u32 - 1;
        match self.grain {
            Grain::Time(width) => {
                let start = trace.record(id).time().0 / width * width;
                let before = |time: u64| time.checked_sub(1).and_then(|time| trace.at_time(SimTime(time)));
                let first = before(start).map_or(EventId(0), |before| EventId(before.0 + 1));
                Some(Row { first, last: before(start + width).unwrap_or(first) })
            }
            Grain::Events(count) => {
                let first = id.0 / count * count;
                Some(Row { first: EventId(first), last: EventId((first + count - 1).min(last)) })
            }
            _ => None,
        }
    }

    /// The turns before an event, the last first.
    pub fn turns_before(&self, id: EventId) -> impl Iterator<Item = EventId> {
        let [.., turns] = &self.marked;
        std::iter::successors(turns.before(id), |id| turns.before(*id))
    }

    /// The turns among the events of a slice.
    pub fn turns(&self, row: Row) -> impl Iterator<Item = EventId> {
        let [.., turns] = &self.marked;
        let first = Some(turns.at_or_after(row.first));
        let next = |id: &EventId| Some(turns.at_or_after(EventId(id.0.saturating_add(1))));
        std::iter::successors(first, next).take_while(move |id| *id <= row.last)
    }
}

/// A bit an event.
#[derive(Clone, Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn set(&mut self, id: EventId) {
        self.0[id.0 as usize / 64] |= 1 << (id.0 % 64);
    }

    fn has(&self, id: EventId) -> bool {
        self.0.get(id.0 as usize / 64).is_some_and(|word| word >> (id.0 % 64) & 1 == 1)
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// The first set bit at or after a place; the last number of all where there is none.
    fn at_or_after(&self, id: EventId) -> EventId {
        let start = id.0 as usize / 64;
        let words = self.0.iter().enumerate().skip(start);
        let mut masked = words.map(|(place, word)| match place == start {
            true => (place, word & (u64::MAX << (id.0 % 64))),
            false => (place, *word),
        });
        let found = masked.find(|(_, word)| *word != 0);
        found.map_or(EventId(u32::MAX), |(place, word)| EventId(place as u32 * 64 + word.trailing_zeros()))
    }

    /// The last set bit before a place.
    fn before(&self, id: EventId) -> Option<EventId> {
        let end = id.0 as usize / 64;
        let part = self.0.get(end).map_or(0, |word| word & ((1 << (id.0 % 64)) - 1));
        let whole = self.0[..end.min(self.0.len())].iter().enumerate().rev().map(|(place, word)| (place, *word));
        let (place, word) = std::iter::once((end, part)).chain(whole).find(|(_, word)| *word != 0)?;
        Some(EventId(place as u32 * 64 + 63 - word.leading_zeros()))
    }
}

/// Disks that finish and logs that grow.
fn is_of_disks(trace: &Trace, id: EventId) -> bool {
    use FactKind::{Appended, Applied, Committed, Compacted, Restored};
    match trace.record(id).kind() {
        EventKind::SyncDone => true,
        EventKind::Fact => {
            let kind = trace.fact(id).map(Fact::kind);
            matches!(kind, Some(Appended | Restored | Committed | Applied | Compacted))
        }
        _ => false,
    }
}

/// The events whose handlers declared a fact, or sent a message whose handler is one of them.
fn heavy(trace: &Trace) -> Bits {
    let mut heavy = Bits(vec![0; trace.len().div_ceil(64)]);
    // What an event brings about comes after it: seen backwards, all of that is known already.
    for id in trace.ids().rev() {
        let matters = match trace.record(id).kind() {
            EventKind::Fact => !matches!(trace.fact(id), Some(Fact::Note(_))),
            EventKind::Send => trace.end_of(id).is_some_and(|end| heavy.has(end)),
            _ => false,
        };
        if let Some(cause) = trace.record(id).cause().filter(|_| matters) {
            heavy.set(cause);
        }
    }
    heavy
}

/// Timers and messages that brought nothing about.
fn is_chatter(trace: &Trace, heavy: &Bits, id: EventId) -> bool {
    let record = trace.record(id);
    let sender_is_heavy = || {
        let sender = record.cause().and_then(|send| trace.record(send).cause());
        sender.is_some_and(|sender| heavy.has(sender))
    };
    match record.kind() {
        EventKind::TimerFired => !heavy.has(id),
        EventKind::Send => !record.cause().is_some_and(|cause| heavy.has(cause)),
        EventKind::Deliver => !heavy.has(id) && !sender_is_heavy(),
        EventKind::Lost => !sender_is_heavy(),
        _ => false,
    }
}

/// Faults, reboots, and facts that do not happen all the time.
fn is_turn(trace: &Trace, id: EventId) -> bool {
    use FactKind::*;
    match trace.record(id).kind() {
        EventKind::Fault => true,
        EventKind::Boot => trace.incarnation(id).is_some_and(|incarnation| incarnation > 0),
        EventKind::Fact => !matches!(
            trace.fact(id).map(Fact::kind),
            None | Some(
                Appended
                    | Restored
                    | Committed
                    | Applied
                    | Compacted
                    | Stamped
                    | Stored
                    | Replaces
                    | Asked
                    | ClockEstimated
                    | Owners
                    | BecameFollower
            )
        ),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_found_in_both_directions() {
        let mut bits = Bits(vec![0; 4]);
        let set = [0, 5, 63, 64, 130, 255].map(EventId);
        set.iter().for_each(|id| bits.set(*id));
        for id in (0..256).map(EventId) {
            assert_eq!(bits.has(id), set.contains(&id));
            let after = set.iter().copied().find(|other| *other >= id);
            assert_eq!(bits.at_or_after(id), after.unwrap_or(EventId(u32::MAX)), "{id}");
            assert_eq!(bits.before(id), set.iter().rev().copied().find(|other| *other < id), "{id}");
        }
        assert_eq!(bits.before(EventId(256)), Some(EventId(255)));
        assert_eq!(bits.at_or_after(EventId(999)), EventId(u32::MAX));
    }
}
