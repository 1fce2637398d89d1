//! The states that a search has seen, by their fingerprints.
//!
//! Twenty bytes for a state: its fingerprint, and the number of the state that it was reached from. A table of numbers finds
//! them: eight bytes a slot, at most three quarters of the slots taken. Half a slot is a part of the fingerprint, so that
//! others on the way to a state are passed by without a look at theirs: memory is what a search waits for. Nothing is ever
//! moved but that table.

use crate::kernel::search::Print;

/// The number of a state that was seen.
pub type StateId = u32;

/// What a state is said to be reached from that is reached from none.
pub const NONE: StateId = StateId::MAX;

/// How many states one block holds. Blocks are never moved, so that no memory is held twice while they grow; and they are
/// small, so that a search of few states holds little.
const BLOCK: usize = 1 << 11;

/// Some of the states that were seen: those whose fingerprints belong to one shard.
#[derive(Clone, Debug)]
pub struct Visited {
    /// A part of the fingerprint, and one more than the number of the state that is kept there; 0 where none is.
    slots: Vec<u64>,
    prints: Vec<Vec<Print>>,
    /// For each state a number: where it was reached from, or how deep it was.
    notes: Vec<Vec<u32>>,
    count: usize,
}

impl Visited {
    pub fn new() -> Self {
        Visited { slots: vec![0; 1 << 8], prints: Vec::new(), notes: Vec::new(), count: 0 }
    }

    /// How many states there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// How many bytes they take.
    pub fn bytes(&self) -> usize {
        self.slots.capacity() * 8 + self.prints.len() * BLOCK * size_of::<Print>() + self.notes.len() * BLOCK * 4
    }

    pub fn print(&self, place: u32) -> Print {
        self.prints[place as usize / BLOCK][place as usize % BLOCK]
    }

    pub fn note(&self, place: u32) -> u32 {
        self.notes[place as usize / BLOCK][place as usize % BLOCK]
    }

    pub fn set_note(&mut self, place: u32, note: u32) {
        self.notes[place as usize / BLOCK][place as usize % BLOCK] = note;
    }

    /// The slot at which a state is, or would be; and the state's place, if it is there.
    #[inline]
    fn slot(&self, print: Print) -> (usize, Option<u32>) {
        let mask = self.slots.len() - 1;
        let mut slot = (print >> 64) as usize & mask;
        loop {
            let kept = self.slots[slot];
            if kept == 0 {
                return (slot, None);
            }
            let place = kept as u32 - 1;
            if kept >> 32 == part(print) && self.print(place) == print {
                return (slot, Some(place));
            }
            slot = (slot + 1) & mask;
        }
    }

    /// The place of a state that was seen.
    #[inline]
    pub fn find(&self, print: Print) -> Option<u32> {
        self.slot(print).1
    }

    /// Adds a state, unless it was seen before; gives its place where it is new.
    #[inline]
    pub fn insert(&mut self, print: Print, note: u32) -> Option<u32> {
        if (self.count + 1) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        let (slot, None) = self.slot(print) else { return None };
        if self.count.is_multiple_of(BLOCK) {
            self.prints.push(Vec::with_capacity(BLOCK));
            self.notes.push(Vec::with_capacity(BLOCK));
        }
        self.prints.last_mut().expect("just pushed").push(print);
        self.notes.last_mut().expect("just pushed").push(note);
        self.count += 1;
        self.slots[slot] = part(print) << 32 | self.count as u64;
        Some(self.count as u32 - 1)
    }

    fn grow(&mut self) {
        self.slots = vec![0; self.slots.len() * 2];
        let mask = self.slots.len() - 1;
        for (place, print) in self.prints.iter().flatten().enumerate() {
            let mut slot = (print >> 64) as usize & mask;
            while self.slots[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            self.slots[slot] = part(*print) << 32 | (place as u64 + 1);
        }
    }
}

/// The part of a fingerprint that a slot holds: other bits than those that choose the slot and the shard.
#[inline]
fn part(print: Print) -> u64 {
    (print >> 96) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::fingerprint;

    #[test]
    fn each_state_is_new_once() {
        let mut seen = Visited::new();
        let prints: Vec<Print> = (0u32..100_000).map(|number| fingerprint(&number)).collect();
        for (place, print) in prints.iter().enumerate() {
            assert_eq!(seen.insert(*print, place as u32 / 2), Some(place as u32));
        }
        for (place, print) in prints.iter().enumerate() {
            assert_eq!(seen.insert(*print, 7), None);
            assert_eq!((seen.find(*print), seen.note(place as u32)), (Some(place as u32), place as u32 / 2));
        }
        assert_eq!((seen.len(), seen.find(fingerprint(&100_000u32))), (100_000, None));
        assert!(seen.bytes() < 64 * seen.len(), "{} bytes", seen.bytes());
    }
}
