//! What is said, and what a log is made of.

use crate::node::{Fact, NodeId, Op, OperationId, Outcome, digest, node_value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The number of a reign: it rises by one at least with each primary that is named.
pub type Epoch = u64;

/// A place in the log, from 1; 0 stands for the beginning.
pub type Index = u64;

node_value! {
    /// A write, as logs hold it.
    pub struct Entry {
        /// The epoch of the primary that took it.
        pub epoch: Epoch,
        /// Who asked for it.
        pub client: NodeId,
        /// Under which number.
        pub operation: OperationId,
        /// What is to be done.
        pub op: Op,
    }

    /// Where a log ends, or a part of it. A log goes further than another if its last entry is of a later epoch, or of the
    /// same and further on.
    #[derive(Copy, Default)]
    pub struct Place {
        /// The epoch of the entry there.
        pub epoch: Epoch,
        /// The place.
        pub index: Index,
    }

    /// What is said.
    pub enum Msg {
        /// A client asks a database. `again` where it has asked before.
        Request {
            /// The newest epoch that the client has heard of.
            epoch: Epoch,
            /// The operation's number.
            operation: OperationId,
            /// What is to be done.
            op: Op,
            /// Whether it was asked for before.
            again: bool,
        },
        /// It is done, or it cannot be.
        Reply {
            /// The epoch of who says so.
            epoch: Epoch,
            /// The operation's number.
            operation: OperationId,
            /// How it ended.
            outcome: Outcome,
        },
        /// This node does not lead and has done nothing.
        NotPrimary {
            /// The newest epoch that it has heard of.
            epoch: Epoch,
            /// The operation's number.
            operation: OperationId,
            /// Who leads, as far as it knows.
            primary: Option<NodeId>,
        },
        /// A primary hands on entries, or none: then it makes itself heard.
        Ship {
            /// Its epoch.
            epoch: Epoch,
            /// The place before the entries.
            prev: Place,
            /// What follows it.
            entries: Vec<Arc<Entry>>,
        },
        /// A follower's disk has all up to there.
        Have {
            /// The epoch of the primary that it follows.
            epoch: Epoch,
            /// The place.
            index: Index,
        },
        /// A follower's log does not hold the entry before those that were shipped.
        Differs {
            /// The epoch of the primary that it follows.
            epoch: Epoch,
            /// The last place of its log that may be the primary's as well.
            place: Place,
        },
        /// A primary makes itself heard by the monitors.
        Beat {
            /// Its epoch.
            epoch: Epoch,
            /// What its monotonic clock showed.
            at: u64,
            /// The followers that keep up, where that matters.
            in_sync: BTreeSet<NodeId>,
        },
        /// A monitor has heard it.
        Heard {
            /// The epoch.
            epoch: Epoch,
            /// The clock that it was sent.
            at: u64,
        },
        /// A monitor asks another for its vote: to name the primary of an epoch.
        Elect {
            /// The epoch.
            epoch: Epoch,
        },
        /// The answer.
        Vote {
            /// The epoch that was asked for.
            epoch: Epoch,
            /// Whether it gives its one vote of that epoch.
            granted: bool,
            /// The newest epoch that it voted in or has heard of.
            newest: Epoch,
            /// What the last heartbeat that it heard said: its epoch and clock, and who keeps up.
            in_sync: InSync,
        },
        /// A monitor that was elected asks a database how far its log goes.
        Survey {
            /// The epoch whose primary is to be named.
            epoch: Epoch,
        },
        /// The answer.
        Position {
            /// The epoch.
            epoch: Epoch,
            /// Where its log ends.
            place: Place,
        },
        /// A monitor names a primary.
        Promote {
            /// Its epoch.
            epoch: Epoch,
        },
        /// A client asks a monitor who leads.
        Where,
        /// Somebody leads, or somebody is about to be named.
        Primary {
            /// The epoch.
            epoch: Epoch,
            /// Who leads it, where that is known.
            primary: Option<NodeId>,
        },
        /// Be switched off, until somebody restarts you.
        Shoot,
    }

    /// Who kept up, by the primary's word.
    #[derive(Default)]
    pub struct InSync {
        /// The primary's epoch.
        pub epoch: Epoch,
        /// Its clock.
        pub at: u64,
        /// The followers that keep up, and the primary.
        pub nodes: BTreeSet<NodeId>,
    }
}

impl Entry {
    /// The digest of its content.
    fn digest(&self) -> u64 {
        digest(&(self.operation, &self.op))
    }

    pub(super) fn appended(&self, index: Index) -> Fact {
        Fact::Appended { index, term: self.epoch, entry: self.digest(), operation: Some(self.operation) }
    }

    pub(super) fn restored(&self, index: Index) -> Fact {
        Fact::Restored { index, term: self.epoch, entry: self.digest(), operation: Some(self.operation) }
    }

    pub(super) fn applied(&self, index: Index) -> Fact {
        Fact::Applied { index, entry: self.digest(), operation: Some(self.operation) }
    }
}
