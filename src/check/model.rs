//! What facts say of one node: its log as a chain of digests, and what its state machine has executed.

use super::history::Moment;
use crate::node::{EventId, Log, NodeId, OperationId};
use serde::Serialize;
use std::collections::BTreeMap;

/// The digest of a log of which it is not known what it holds. No known digest is zero.
const UNKNOWN: u64 = 0;

/// The digest of the empty log.
const EMPTY: u64 = 1;

/// One place of a log: the entry's term, and the digest of the log up to and with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
struct Slot {
    term: u64,
    digest: u64,
}

/// A log. The digest at a place stands for all entries up to it: two logs that agree on it agree up to there.
///
/// Sixteen bytes an entry. A clone shares what it copies, so that a log can be kept as it was at an election.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Chain {
    /// The places from 1 to this one are not in `slots`: nothing comes before them, or it is not known what.
    base: u64,
    below: Slot,
    slots: Log<Slot>,
}

impl Default for Chain {
    fn default() -> Self {
        Chain { base: 0, below: Slot { term: 0, digest: EMPTY }, slots: Log::new() }
    }
}

impl Chain {
    /// A log of which only the entry at its end is known, and its digest perhaps.
    pub fn after(index: u64, term: u64, digest: Option<u64>) -> Self {
        match index {
            0 => Chain::default(),
            _ => Chain { base: index, below: Slot { term, digest: digest.unwrap_or(UNKNOWN) }, slots: Log::new() },
        }
    }

    /// The last place that it holds; 0 where it is empty.
    pub fn last(&self) -> u64 {
        self.base + self.slots.len() as u64
    }

    fn slot(&self, index: u64) -> Option<Slot> {
        match index.checked_sub(self.base)? {
            0 => Some(self.below),
            place => self.slots.get(place as usize - 1).copied(),
        }
    }

    /// The term of the entry at a place, where that is known.
    pub fn term_at(&self, index: u64) -> Option<u64> {
        self.slot(index).map(|slot| slot.term)
    }

    /// The digest of the log up to a place, where that is known.
    pub fn digest_at(&self, index: u64) -> Option<u64> {
        self.slot(index).map(|slot| slot.digest).filter(|digest| *digest != UNKNOWN)
    }

    /// Adds an entry at the end; gives the digest there, where what comes before is known.
    pub fn push(&mut self, term: u64, entry: u64) -> Option<u64> {
        let before = self.slots.last().map_or(self.below.digest, |slot| slot.digest);
        let digest = if before == UNKNOWN { UNKNOWN } else { link(before, term, entry) };
        self.slots.push(Slot { term, digest });
        (digest != UNKNOWN).then_some(digest)
    }

    /// Takes the end of the log for what another log holds there: what follows can then be compared again.
    pub fn adopt(&mut self, digest: u64) {
        match self.slots.len().checked_sub(1) {
            None => self.below.digest = digest,
            Some(last) => {
                let term = self.slots.last().map_or(0, |slot| slot.term);
                self.slots.set(last, Slot { term, digest });
            }
        }
    }

    /// Drops the entries from a place on.
    pub fn truncate(&mut self, index: u64) {
        match index.checked_sub(self.base + 1) {
            Some(kept) => self.slots.truncate(usize::try_from(kept).unwrap_or(usize::MAX)),
            None => *self = Chain::after(index.saturating_sub(1), 0, None),
        }
    }

    /// The log up to a place.
    pub fn up_to(&self, index: u64) -> Chain {
        let mut chain = self.clone();
        chain.truncate(index + 1);
        chain
    }

    /// The first place at which two logs differ, or at which one of them ends; `None` where they are the same or where
    /// that is not known. Found by bisection: once digests differ, they differ ever after.
    pub fn first_difference(&self, other: &Chain) -> Option<u64> {
        let (mut same, mut differs) = (self.base.max(other.base), self.last().min(other.last()) + 1);
        let agree = |index: u64| Some(self.digest_at(index)? == other.digest_at(index)?);
        if !agree(same)? {
            return None;
        }
        while differs - same > 1 {
            let middle = same + (differs - same) / 2;
            if agree(middle)? {
                same = middle;
            } else {
                differs = middle;
            }
        }
        (differs <= self.last().max(other.last())).then_some(differs)
    }
}

/// The digest of a log that goes on with one more entry.
fn link(before: u64, term: u64, entry: u64) -> u64 {
    let digest = mix(mix(mix(before) ^ term) ^ entry);
    digest.max(EMPTY + 1)
}

/// Scatters the bits of a number: the finalizer of MurmurHash3 (Appleby, 2011).
pub fn mix(number: u64) -> u64 {
    let number = (number ^ number >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let number = (number ^ number >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    number ^ number >> 33
}

/// What a state machine has executed since it started, or since the snapshot from which it started.
#[derive(Clone, Debug, Default)]
pub struct Executed {
    /// The last place; 0 before the first.
    last: u64,
    /// The last place ever, also where the log was cut back since.
    highest: u64,
    /// The operations in order; [`NO_OPERATION`] for an entry without one.
    operations: Log<u32>,
    /// How many are operations, and the sum of their digests: equal for two nodes that executed the same.
    sum: (u64, u64),
}

const NO_OPERATION: u32 = u32::MAX;

impl Executed {
    /// Nothing known but the last place.
    pub fn after(index: u64) -> Self {
        Executed { last: index, highest: index, ..Executed::default() }
    }

    /// The last place executed.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Whether an entry at this place is the next in order.
    pub fn is_next(&self, index: u64) -> bool {
        index == self.last + 1 || index == self.highest + 1
    }

    /// Executes an entry.
    pub fn push(&mut self, index: u64, operation: Option<OperationId>) {
        self.last = index;
        self.highest = self.highest.max(index);
        self.operations.push(operation.map_or(NO_OPERATION, |id| id.0));
        if let Some(id) = operation {
            self.sum = (self.sum.0 + 1, self.sum.1.wrapping_add(mix(u64::from(id.0) + 1)));
        }
    }

    /// Takes back what was executed from a place on; gives the operations among that.
    pub fn cut_back(&mut self, index: u64) -> Vec<OperationId> {
        let dropped = (self.last + 1).saturating_sub(index).min(self.operations.len() as u64) as usize;
        let kept = self.operations.len() - dropped;
        let gone: Vec<OperationId> = self.from(kept).collect();
        for id in &gone {
            self.sum = (self.sum.0 - 1, self.sum.1.wrapping_sub(mix(u64::from(id.0) + 1)));
        }
        self.operations.truncate(kept);
        self.last = self.last.min(index.saturating_sub(1));
        gone
    }

    /// What was executed up to a place, as a snapshot holds it.
    pub fn up_to(&self, index: u64) -> Executed {
        let mut snapshot = self.clone();
        snapshot.cut_back(index + 1);
        snapshot.highest = snapshot.last;
        snapshot
    }

    /// The operations in order.
    pub fn operations(&self) -> impl Iterator<Item = OperationId> + '_ {
        self.from(0)
    }

    fn from(&self, start: usize) -> impl Iterator<Item = OperationId> + '_ {
        self.operations.iter_from(start).filter(|id| **id != NO_OPERATION).map(|id| OperationId(*id))
    }

    /// How many operations there are.
    pub fn count(&self) -> u64 {
        self.sum.0
    }

    /// Whether two nodes have executed the same operations, in whatever order.
    pub fn is_same_as(&self, other: &Executed) -> bool {
        self.sum == other.sum
    }
}

/// What is known of one node.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Its log, also the part that a snapshot has replaced, as far as it is known.
    pub log: Chain,
    /// What it has executed.
    pub executed: Executed,
    /// How far it knows the log to be committed.
    pub committed: u64,
    /// The term that it leads, and since when.
    pub leads: Option<(u64, Moment)>,
    /// Whether the process runs.
    pub runs: bool,
    /// Whether its disk was wiped since it booted.
    pub is_wiped: bool,
    /// The log and what was executed before the last boot, until the node has declared what its disk holds.
    pub former: Option<Box<(Chain, Executed)>>,
}

impl Model {
    /// Forgets all that a process holds in memory.
    pub fn boot(&mut self) {
        let former = (std::mem::take(&mut self.log), std::mem::take(&mut self.executed));
        *self = Model { former: Some(Box::new(former)), runs: true, ..Model::default() };
    }
}

/// Who was seen first with something.
#[derive(Clone, Copy, Debug)]
pub struct First {
    /// What: a digest.
    pub digest: u64,
    /// The operation, where there is one.
    pub operation: Option<OperationId>,
    /// At which event.
    pub event: EventId,
    /// On which node.
    pub node: NodeId,
}

/// What was seen first at each place and term. Places that come in order cost no search.
#[derive(Clone, Debug, Default)]
pub struct Firsts {
    in_order: Log<(u64, First)>,
    others: BTreeMap<(u64, u64), First>,
}

impl Firsts {
    /// What was seen first there.
    pub fn get(&self, index: u64, term: u64) -> Option<First> {
        let place = usize::try_from(index.checked_sub(1)?).ok()?;
        match self.in_order.get(place) {
            Some((first_term, first)) if *first_term == term => Some(*first),
            _ => self.others.get(&(index, term)).copied(),
        }
    }

    /// Remembers what was seen where nothing was before.
    pub fn insert(&mut self, index: u64, term: u64, first: First) {
        if index == self.in_order.len() as u64 + 1 {
            self.in_order.push((term, first));
        } else {
            self.others.insert((index, term), first);
        }
    }
}
