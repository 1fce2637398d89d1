//! What a server keeps on its disk, and holds in memory as well: its term, its vote, its log and its snapshot.

use super::machine::Machine;
use super::messages::{Entry, Index, Term};
use crate::node::{Disk, Log, NodeId, node_value};
use std::sync::Arc;

node_value! {
    /// Figure 2, persistent state on all servers, with §7's snapshot beneath the log.
    ///
    /// Places up to [`snapshot_index`](Self::snapshot_index) are covered by the snapshot; the log holds those after it.
    /// Terms never fall from one entry to the next, so that a term's entries are found by bisection.
    #[derive(Default)]
    pub struct Persistent {
        /// The latest term that this server has seen.
        pub current_term: Term,
        /// Who received its vote in that term.
        pub voted_for: Option<NodeId>,
        /// What stands for the first entries, once they are dropped.
        pub snapshot: Option<Arc<Snapshot>>,
        /// The entries after those.
        pub log: Log<Entry>,
    }

    /// A state machine, and the last entry that has been applied to it (§7).
    pub struct Snapshot {
        /// The place of that entry.
        pub last_index: Index,
        /// Its term.
        pub last_term: Term,
        /// The state machine.
        pub machine: Arc<Machine>,
    }

    /// One atomic change of the disk.
    pub enum Write {
        /// Enters a term, and gives its vote in it or withholds it. One write: a vote without its term, or a term with
        /// the vote of the term before, would be a vote given twice.
        Vote {
            /// The term.
            term: Term,
            /// The vote.
            voted_for: Option<NodeId>,
        },
        /// Puts entries in their place and drops whatever was there or after it.
        Entries {
            /// The place of the first.
            first: Index,
            /// The entries.
            entries: Vec<Entry>,
        },
        /// Puts a snapshot in the place of the entries that it covers. Entries after it stay where the log agrees with
        /// the snapshot, and are dropped otherwise.
        Snapshot(Arc<Snapshot>),
    }
}

impl Disk for Persistent {
    type Write = Write;

    fn apply(&mut self, write: Write) {
        self.make(&write);
    }
}

impl Persistent {
    /// Makes a change, in memory as on the disk.
    pub fn make(&mut self, write: &Write) {
        match write {
            Write::Vote { term, voted_for } => {
                (self.current_term, self.voted_for) = (*term, *voted_for);
            }
            Write::Entries { first, entries } => {
                // A disk that lied or was wiped may lack what these entries follow: there they cannot be read back.
                if self.snapshot_index() < *first && *first <= self.last_index() + 1 {
                    self.log.truncate(self.position(*first));
                    self.log.extend(entries.iter().cloned());
                }
            }
            Write::Snapshot(snapshot) => {
                if snapshot.last_index > self.snapshot_index() {
                    let agrees = self.term_at(snapshot.last_index) == Some(snapshot.last_term);
                    let kept = if agrees { self.position(snapshot.last_index + 1) } else { self.log.len() };
                    self.log = self.log.iter_from(kept).cloned().collect();
                    self.snapshot = Some(snapshot.clone());
                }
            }
        }
    }

    /// The last place that the snapshot covers; 0 where there is none.
    pub fn snapshot_index(&self) -> Index {
        self.snapshot.as_ref().map_or(0, |snapshot| snapshot.last_index)
    }

    /// The term of the entry there.
    fn snapshot_term(&self) -> Term {
        self.snapshot.as_ref().map_or(0, |snapshot| snapshot.last_term)
    }

    /// The last place of the log.
    pub fn last_index(&self) -> Index {
        self.snapshot_index() + self.log.len() as Index
    }

    /// The term of the entry there.
    pub fn last_term(&self) -> Term {
        self.log.last().map_or(self.snapshot_term(), |entry| entry.term)
    }

    /// The entry at a place, if the log holds it.
    pub fn entry(&self, index: Index) -> Option<&Entry> {
        self.log.get(usize::try_from(index.checked_sub(self.snapshot_index() + 1)?).ok()?)
    }

    /// The term of the entry at a place, also of the last that the snapshot covers, and 0 before the first.
    pub fn term_at(&self, index: Index) -> Option<Term> {
        if index == self.snapshot_index() {
            return Some(self.snapshot_term());
        }
        self.entry(index).map(|entry| entry.term)
    }

    /// At most `count` entries from a place on, which must be after the snapshot.
    pub fn entries_from(&self, index: Index, count: usize) -> Vec<Entry> {
        if index > self.last_index() {
            return Vec::new();
        }
        self.log.iter_from(self.position(index)).take(count).cloned().collect()
    }

    /// The first entry of a term, or where the first one of a higher term is; the end of the log where there is none.
    pub fn first_index_from(&self, term: Term) -> Index {
        let (mut low, mut high) = (self.snapshot_index() + 1, self.last_index() + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.term_at(middle).is_some_and(|found| found < term) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The last place that holds an entry of this term, if the log or the end of the snapshot has one.
    pub fn last_index_of(&self, term: Term) -> Option<Index> {
        let last = self.first_index_from(term + 1) - 1;
        (self.term_at(last) == Some(term)).then_some(last)
    }

    /// Whether a log that ends so is at least as up to date as this one (§5.4.1).
    pub fn has_nothing_newer_than(&self, last_log_index: Index, last_log_term: Term) -> bool {
        (last_log_term, last_log_index) >= (self.last_term(), self.last_index())
    }

    /// Where an entry is in the log, from 0.
    fn position(&self, index: Index) -> usize {
        (index - self.snapshot_index() - 1) as usize
    }
}
