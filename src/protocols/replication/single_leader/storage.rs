//! What survives a crash.

use super::messages::{Entry, Epoch, InSync, Index, Place};
use crate::node::{Disk, Log, NodeId, node_value};
use std::sync::Arc;

node_value! {
    /// What a disk holds: a database's, or a monitor's.
    #[derive(Default)]
    pub struct Kept {
        /// The newest epoch that this node has heard of; 0 on a new disk.
        pub epoch: Epoch,
        /// Who leads it, where that is known.
        pub primary: Option<NodeId>,
        /// A database's log.
        pub log: Log<Arc<Entry>>,
        /// The newest epoch that a monitor has voted in.
        pub voted: Epoch,
        /// Who kept up, as a monitor heard it last.
        pub in_sync: InSync,
    }

    /// A change.
    pub enum Write {
        /// Of the epoch, and who leads it.
        Reign {
            /// The epoch.
            epoch: Epoch,
            /// Its primary.
            primary: Option<NodeId>,
        },
        /// Of the log: what stands from a place on is replaced.
        Entries {
            /// The place.
            first: Index,
            /// What comes there.
            entries: Vec<Arc<Entry>>,
        },
        /// A vote is given.
        Vote {
            /// The epoch.
            epoch: Epoch,
        },
        /// Of who keeps up.
        InSync(InSync),
    }
}

impl Disk for Kept {
    type Write = Write;

    fn apply(&mut self, write: Write) {
        self.make(&write);
    }
}

impl Kept {
    /// Makes a change, in memory as on the disk.
    pub fn make(&mut self, write: &Write) {
        match write {
            Write::Reign { epoch, primary } => (self.epoch, self.primary) = (*epoch, *primary),
            // A disk that lied or was wiped may lack what these follow: there they cannot be read back.
            Write::Entries { first, entries } if *first <= self.last().index + 1 => {
                self.log.truncate(*first as usize - 1);
                self.log.extend(entries.iter().cloned());
            }
            Write::Entries { .. } => {}
            Write::Vote { epoch } => self.voted = *epoch,
            Write::InSync(in_sync) => self.in_sync = in_sync.clone(),
        }
    }

    /// Where the log ends.
    pub fn last(&self) -> Place {
        self.place(self.log.len() as Index)
    }

    /// A place of the log that is not past its end.
    pub fn place(&self, index: Index) -> Place {
        Place { epoch: self.entry(index).map_or(0, |entry| entry.epoch), index }
    }

    /// The entry at a place.
    pub fn entry(&self, index: Index) -> Option<&Arc<Entry>> {
        self.log.get(usize::try_from(index.checked_sub(1)?).ok()?)
    }

    /// The last place up to `index` whose entry is of this epoch or an older one. Epochs never fall along a log.
    pub fn last_up_to(&self, Place { epoch, index }: Place) -> Place {
        let (mut low, mut high) = (0, index.min(self.log.len() as Index));
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if self.place(middle).epoch <= epoch {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        self.place(low)
    }
}
