//! A node's log, as far as its facts tell.

use crate::node::{Fact, OperationId};
use std::collections::BTreeMap;

#[derive(Clone, Default)]
pub struct Log {
    entries: BTreeMap<u64, Option<OperationId>>,
    /// What is at these places and before is not known: a snapshot came in their stead.
    hidden: u64,
}

impl Log {
    /// A boot forgets the log that was in memory; facts say what the disk still holds. What lies before those, nobody
    /// says.
    pub fn boot(&mut self) {
        self.hidden = self.hidden.max(self.entries.keys().next_back().copied().unwrap_or(0));
        self.entries.clear();
    }

    pub fn take(&mut self, fact: &Fact) {
        match fact {
            Fact::Appended { index, operation, .. } => {
                self.entries.split_off(index);
                self.entries.insert(*index, *operation);
            }
            Fact::Restored { index, operation, .. } => {
                // The disk tells its log from here on.
                if self.entries.is_empty() {
                    self.hidden = index - 1;
                }
                self.entries.insert(*index, *operation);
            }
            Fact::Truncated { index } => {
                self.entries.split_off(index);
            }
            Fact::Recovered { index: 0, .. } => self.hidden = 0,
            Fact::Installed { index, .. } => {
                self.entries = self.entries.split_off(&(index + 1));
                self.hidden = *index;
            }
            _ => {}
        }
    }

    /// Whether an operation stands at a place; `None` where that is not known.
    pub fn holds(&self, index: u64, operation: OperationId) -> Option<bool> {
        match self.entries.get(&index) {
            Some(held) => Some(*held == Some(operation)),
            None if index <= self.hidden => None,
            None => Some(false),
        }
    }
}
