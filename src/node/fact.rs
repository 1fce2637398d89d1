//! What checkers and people may see of a protocol: one vocabulary for all.

use super::{Datum, Key, LocalSpan, NodeId, OperationId, Outcome, Stamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Something that a protocol declares to have happened at the node that observes it.
///
/// Checkers judge facts and nothing else, so one checker serves every protocol that speaks this vocabulary. Terms,
/// epochs and ballots are all `term`. A log's entries are numbered from 1. `entry` is a digest of what an entry holds
/// (see [`digest`](super::digest)), and `operation` the client's operation that it carries, where it carries one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Fact {
    /// This node seeks to lead.
    BecameCandidate {
        /// The term that it seeks to lead.
        term: u64,
    },
    /// This node leads.
    BecameLeader {
        /// The term that it leads.
        term: u64,
    },
    /// This node no longer leads or seeks to.
    BecameFollower {
        /// Its term now.
        term: u64,
    },
    /// This node gave its one vote of a term.
    Voted {
        /// The term of the vote.
        term: u64,
        /// Who received it.
        candidate: NodeId,
    },
    /// An entry was added at the end of this node's log.
    Appended {
        /// Its place, from 1.
        index: u64,
        /// The term in which a leader created it.
        term: u64,
        /// The digest of its content.
        entry: u64,
        /// The client's operation within it.
        operation: Option<OperationId>,
    },
    /// This node dropped its entries from `index` on.
    Truncated {
        /// The first place dropped.
        index: u64,
    },
    /// This node's log up to `index` is now replaced by a snapshot.
    Compacted {
        /// The last place that the snapshot covers.
        index: u64,
        /// The term of the entry there.
        term: u64,
    },
    /// This node took over a snapshot from another: its log now starts after `index`.
    Installed {
        /// The last place that the snapshot covers.
        index: u64,
        /// The term of the entry there.
        term: u64,
    },
    /// An entry that this node's disk held when it booted. A boot forgets the log that was in memory; these facts, in
    /// order, say what it is now.
    Restored {
        /// Its place, from 1.
        index: u64,
        /// The term in which a leader created it.
        term: u64,
        /// The digest of its content.
        entry: u64,
        /// The client's operation within it.
        operation: Option<OperationId>,
    },
    /// This node has booted from a disk that was not empty.
    Recovered {
        /// The last place that its log holds.
        index: u64,
        /// The term that the disk remembered.
        term: u64,
    },
    /// This node knows that entries up to `index` are committed.
    Committed {
        /// The last such place.
        index: u64,
        /// Its term at that moment.
        term: u64,
    },
    /// This node's state machine executed an entry.
    Applied {
        /// The entry's place.
        index: u64,
        /// The digest of its content.
        entry: u64,
        /// The client's operation within it.
        operation: Option<OperationId>,
    },
    /// This client sends an operation to a server, perhaps not for the first time.
    Asked {
        /// The operation.
        operation: OperationId,
        /// Who is asked.
        server: NodeId,
    },
    /// This client knows how an operation ended.
    Returned {
        /// The operation.
        operation: OperationId,
        /// How it ended.
        outcome: Outcome,
    },
    /// This client gives up on an operation: whether it takes effect is unknown.
    TimedOut {
        /// The operation.
        operation: OperationId,
    },
    /// This node handed a broadcast message to its application.
    Delivered {
        /// Who broadcast it.
        from: NodeId,
        /// What it says.
        value: Datum,
    },
    /// This node now holds a lock.
    Acquired {
        /// The fencing token, which grows with each holder.
        token: u64,
    },
    /// This node no longer holds a lock.
    Released {
        /// Its token.
        token: u64,
    },
    /// This node has settled a question for itself.
    Decided {
        /// How.
        value: Datum,
    },
    /// A remark for people.
    Note(Arc<str>),
    /// This node takes it to be about this time now.
    ClockEstimated {
        /// The time, in nanoseconds since the run began, were all right.
        time: i64,
        /// How far off that is at the most, as the node states.
        error: LocalSpan,
    },
    /// This node broadcasts a message.
    Broadcast {
        /// What it says.
        value: Datum,
    },
    /// This node stamps what it does now: a step of its own, a sending, a receipt, or what a client asked it to do.
    Stamped {
        /// The stamp.
        stamp: Stamp,
        /// How far the time in it may lie from this node's own wall clock, where the protocol promises that.
        bound: Option<LocalSpan>,
        /// The client's operation that it stands for, where there is one.
        operation: Option<OperationId>,
    },
    /// Money comes into the system at this node.
    Deposited {
        /// How much.
        amount: i64,
    },
    /// This node records its state for a snapshot: here the cut runs through it.
    Recorded {
        /// The money that it has.
        amount: i64,
    },
    /// This node has recorded, for a snapshot, what was on its way to it.
    ChannelRecorded {
        /// Who had sent it.
        from: NodeId,
        /// The money that was on its way.
        amount: i64,
    },
    /// This client writes a value, and has been shown these: they may give way to it. A value names its write, so no
    /// two writes of a key may store the same.
    Replaces {
        /// The write.
        operation: OperationId,
        /// What the client has been shown.
        values: Arc<[Datum]>,
        /// Whether it may replace as well whatever had been done before it began, shown or not: so it is where a store
        /// keeps the last write of a key and no other.
        overwrites: bool,
    },
    /// This node now holds these values of a key, in place of those that it held: several side by side where their writers
    /// did not know of each other, none where there is nothing (any more).
    Stored {
        /// The key.
        key: Key,
        /// The values.
        values: Arc<[Datum]>,
    },
    /// These nodes are to hold a key. Where nobody says who is, it is all nodes of a group of which one stores anything.
    Owners {
        /// The key.
        key: Key,
        /// Its owners.
        nodes: Arc<[NodeId]>,
    },
}

impl Fact {
    /// A remark for people.
    pub fn note(text: impl Into<Arc<str>>) -> Self {
        Fact::Note(text.into())
    }

    /// That an operation was refused, and has certainly no effect.
    pub fn refused(operation: OperationId) -> Self {
        Fact::Returned { operation, outcome: Outcome::Failed }
    }

    /// The fact's name, as scenarios write it.
    pub fn kind(&self) -> FactKind {
        FactKind::of(self)
    }

    /// The client's operation that this fact is about, where there is one.
    pub fn operation(&self) -> Option<OperationId> {
        match self {
            Fact::Appended { operation, .. } | Fact::Restored { operation, .. } | Fact::Applied { operation, .. } => {
                *operation
            }
            Fact::Stamped { operation, .. } => *operation,
            Fact::Replaces { operation, .. }
            | Fact::Asked { operation, .. }
            | Fact::Returned { operation, .. }
            | Fact::TimedOut { operation } => Some(*operation),
            _ => None,
        }
    }

    /// The term that this fact names, where it names one.
    pub fn term(&self) -> Option<u64> {
        match self {
            Fact::BecameCandidate { term } | Fact::BecameLeader { term } | Fact::BecameFollower { term } => {
                Some(*term)
            }
            Fact::Voted { term, .. } | Fact::Appended { term, .. } | Fact::Restored { term, .. } => Some(*term),
            Fact::Recovered { term, .. } => Some(*term),
            Fact::Compacted { term, .. } | Fact::Installed { term, .. } | Fact::Committed { term, .. } => Some(*term),
            _ => None,
        }
    }

    /// The place in the log that this fact names, where it names one.
    pub fn index(&self) -> Option<u64> {
        match self {
            Fact::Appended { index, .. } | Fact::Truncated { index } | Fact::Applied { index, .. } => Some(*index),
            Fact::Compacted { index, .. } | Fact::Installed { index, .. } => Some(*index),
            Fact::Restored { index, .. } | Fact::Recovered { index, .. } | Fact::Committed { index, .. } => {
                Some(*index)
            }
            _ => None,
        }
    }
}

/// Declares the kinds of [`Fact`] once, with their names.
macro_rules! kinds {
    ($($kind:ident),* $(,)?) => {
        /// The kind of a [`Fact`], for triggers and filters.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "each is told at the fact of the same name")]
        pub enum FactKind { $($kind),* }

        impl FactKind {
            /// Every kind, in the order of [`Fact`].
            pub const ALL: &[FactKind] = &[$(FactKind::$kind),*];

            /// The name, as scenarios write it.
            pub const fn name(self) -> &'static str {
                match self { $(FactKind::$kind => stringify!($kind)),* }
            }

            fn of(fact: &Fact) -> Self {
                match fact { $(Fact::$kind { .. } => FactKind::$kind),* }
            }
        }
    };
}

kinds!(
    BecameCandidate,
    BecameLeader,
    BecameFollower,
    Voted,
    Appended,
    Truncated,
    Compacted,
    Installed,
    Restored,
    Recovered,
    Committed,
    Applied,
    Asked,
    Returned,
    TimedOut,
    Delivered,
    Acquired,
    Released,
    Decided,
    Note,
    ClockEstimated,
    Broadcast,
    Stamped,
    Deposited,
    Recorded,
    ChannelRecorded,
    Replaces,
    Stored,
    Owners,
);

impl FactKind {
    /// Whether facts of this kind name a term: see [`Fact::term`].
    pub const fn has_term(self) -> bool {
        use FactKind::*;
        match self {
            BecameCandidate | BecameLeader | BecameFollower | Voted | Appended | Compacted | Installed | Restored
            | Recovered | Committed => true,
            Truncated | Applied | Asked | Returned | TimedOut | Delivered | Acquired | Released | Decided | Note
            | ClockEstimated | Broadcast | Stamped | Deposited | Recorded | ChannelRecorded | Replaces | Stored
            | Owners => false,
        }
    }

    /// Whether facts of this kind name a place in the log: see [`Fact::index`].
    pub const fn has_index(self) -> bool {
        use FactKind::*;
        match self {
            Appended | Truncated | Compacted | Installed | Restored | Recovered | Committed | Applied => true,
            BecameCandidate | BecameLeader | BecameFollower | Voted | Asked | Returned | TimedOut | Delivered
            | Acquired | Released | Decided | Note | ClockEstimated | Broadcast | Stamped | Deposited | Recorded
            | ChannelRecorded | Replaces | Stored | Owners => false,
        }
    }
}

impl fmt::Display for FactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
