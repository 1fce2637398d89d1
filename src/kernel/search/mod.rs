//! The search space of a world: every order in which things may happen, instead of the one that a seed draws.
//!
//! # What a state is
//!
//! Each node's machine (its state, its platter, its cache, the effects that wait for a sync, its timers, whether it is
//! up), the messages on their way, what the watchers of promises know, and what is left of each budget. Not times, not
//! numbers of events, not how often a node has booted. Two states are the same if all of that is equal.
//!
//! # What may happen
//!
//! A message arrives; a timer that is set fires, however long it was set for; a sync is done; a client that does not wait
//! is given its next operation; a node that is down restarts. And within budgets: a message is lost or arrives twice, a
//! node crashes, a timer fires at all, a clock goes on. What changes nothing is left out: an arrival that changes no
//! state, sends nothing and can be seen by nobody leaves the message on its way, where it may change something later.
//!
//! # What is left out
//!
//! Time: clocks stand, but for budgeted ticks. Cuts of links: a message that never arrives is as good as lost. Pauses: a
//! node that nothing happens to is as good as paused. Faults that the scenario tells: a search has its own.
//!
//! A [`Space`] works out what follows a state. Which states to look at, and in which order, is for others.

mod expand;
mod machine;
mod path;
mod tables;
mod tally;

#[cfg(test)]
pub(crate) mod tests;

pub use path::Machines;
pub use tally::Budget;

use super::schedule::{Schedule, Unlisted};
use crate::node::{LocalSpan, NodeId};
use std::any::Any;
use std::fmt::{self, Debug};

/// What may go wrong in a search, and how messages travel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How messages travel.
    pub network: Network,
    /// How many messages may be lost.
    pub drops: Budget,
    /// How many messages may arrive twice.
    pub duplicates: Budget,
    /// How many nodes may crash; clients do not.
    pub crashes: Budget,
    /// How many timers may fire, of all nodes together.
    pub timeouts: Budget,
    /// How many times a clock may go on.
    pub ticks: Budget,
    /// How far it goes on each time.
    pub tick: LocalSpan,
    /// Whether a sync is done as soon as it is asked for.
    pub syncs_at_once: bool,
}

impl Default for Bounds {
    /// Nothing goes wrong, and timers fire as often as they are set.
    fn default() -> Self {
        Bounds {
            network: Network::Unordered,
            drops: Some(0),
            duplicates: Some(0),
            crashes: Some(0),
            timeouts: None,
            ticks: Some(0),
            tick: LocalSpan::seconds(1),
            syncs_at_once: false,
        }
    }
}

impl Bounds {
    /// An empty schedule for runs of this search.
    fn schedule(&self) -> Schedule {
        Schedule { steps: Vec::new(), tick: self.tick, syncs_at_once: self.syncs_at_once }
    }
}

/// How messages travel in a search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Network {
    /// Any may overtake any; each that was sent arrives once at most.
    #[default]
    Unordered,
    /// Any may overtake any, and arrive any number of times: one that was sent is on its way for ever.
    Duplicating,
    /// Those from one node to another arrive in their order.
    Ordered,
}

/// What makes a search impossible or its results worthless, found in the protocol's own code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The same thing happened to the same state twice, and other things came of it.
    NotDeterministic {
        /// Where.
        node: NodeId,
        /// What happened.
        what: String,
        /// Where the two differ.
        difference: String,
    },
    /// Two states that are not equal have the same hash.
    HashForgets {
        /// Where.
        node: NodeId,
        /// Where the two differ.
        difference: String,
    },
    /// Two states that are said to be equal read differently.
    EqForgets {
        /// Where.
        node: NodeId,
        /// Where the two differ.
        difference: String,
    },
    /// A handler panicked.
    Panicked {
        /// Where.
        node: NodeId,
        /// What happened.
        what: String,
        /// What it panicked with.
        text: String,
    },
}

/// The fingerprint of a state: the sum of those of its parts.
pub type Print = u128;

/// What follows a state, each successor at the same place in all lists.
#[derive(Clone, Debug, Default)]
pub struct Successors {
    /// The states, one after the other.
    pub words: Vec<u32>,
    /// Where in `words` each ends.
    pub ends: Vec<usize>,
    /// Their fingerprints.
    pub prints: Vec<Print>,
    /// What the watchers marked on the way there.
    pub marks: Vec<u64>,
    /// What happened.
    pub actions: Vec<Action>,
    /// Whether something else would happen if a budget were larger: what has no successors then has not come to an end.
    pub is_held_back: bool,
}

impl Successors {
    /// Forgets all, but keeps the memory.
    pub fn clear(&mut self) {
        self.words.clear();
        self.ends.clear();
        self.prints.clear();
        self.marks.clear();
        self.actions.clear();
        self.is_held_back = false;
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The state at a place.
    pub fn state(&self, place: usize) -> &[u32] {
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.words[start..self.ends[place]]
    }
}

/// What happened between two states, as the space's own numbers tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    code: tables::Code,
    how: How,
    /// The node that it happens to.
    node: u16,
    /// Which of the ways in which the node may choose.
    branch: u16,
}

/// What becomes of the message besides, where the action is about one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Plain,
    Copied,
    Lost,
}

/// What one worker has met first: see [`Space::desk`].
pub type Desk = Box<dyn Any + Send>;

/// All states of one scenario's small world, whatever its protocol. A state is a list of numbers.
pub trait Space: Send + Sync {
    /// The state in which all nodes have just booted, its fingerprint, and what the watchers have marked.
    fn start(&self) -> (Vec<u32>, Print, u64);

    /// A desk for one worker for a while. States that it works out may only be used by itself until the desk is given
    /// back to [`Space::settle`].
    fn desk(&self) -> Desk;

    /// Adds all that may follow a state to `next`, in an order that depends on nothing else.
    fn expand(&self, desk: &mut Desk, state: &[u32], next: &mut Successors);

    /// Takes back desks in their order; gives for each what makes its states good for everyone.
    fn settle(&mut self, desks: Vec<Desk>) -> Vec<Renumber>;

    /// A path from the start as a schedule: each state, as `desk` numbers it, and what happened in it.
    fn schedule(&self, path: &[(Vec<u32>, Action)], desk: &mut Desk) -> Schedule;

    /// What the watchers say was achieved on every way to a state that they know as this one.
    fn achieved(&self, desk: &Desk, state: &[u32]) -> u64;

    /// What is wrong with the protocol's code, where something was met, by `desk` or by those that were settled.
    fn flaw<'a>(&'a self, desk: &'a Desk) -> Option<&'a Flaw>;

    /// How often handlers looked at a clock, which stands still in a search.
    fn looked_at_clocks(&self) -> u64;

    /// How many different machines, messages and watchers there are, and how many outcomes were worked out.
    fn sizes(&self) -> [u64; 4];
}

/// Puts shared numbers into a state that a desk had numbered itself.
pub struct Renumber(Box<dyn Fn(&mut [u32]) + Send + Sync>);

impl Renumber {
    /// Does so.
    pub fn apply(&self, state: &mut [u32]) {
        (self.0)(state);
    }
}

impl Debug for Renumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Renumber")
    }
}

/// Why there is no search space for a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoSpace {
    /// Its workload cannot be laid down as a list.
    Workload(Unlisted),
}
