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
mod symmetry;
mod tables;
mod tally;

#[cfg(test)]
pub(crate) mod tests;

pub use path::Machines;
pub use tally::Budget;

use super::schedule::{Schedule, Unlisted};
use crate::node::{Cluster, LocalSpan, NodeId};
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
    /// Whether like nodes of a group are to be found out, so that states may be taken for the same that differ in nothing
    /// but which of them is which.
    pub symmetry: bool,
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
            symmetry: false,
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
    /// Nodes were taken to be alike and are not: what follows one state does not follow another that differs only in which
    /// is which.
    NotAlike,
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

impl Flaw {
    /// What is wrong, and what to do, in lines for people.
    pub fn words(&self, cluster: &Cluster) -> String {
        let name = |node: &NodeId| cluster.name(*node).to_owned();
        match self {
            Flaw::NotDeterministic { node, what, difference } => format!(
                "{} does not do the same each time: {what}, in the same state, led to two outcomes\nthey differ in  {difference}\n\
                 look for a hash map that is iterated, a static variable, a clock or a thread",
                name(node)
            ),
            Flaw::HashForgets { node, difference } => format!(
                "two states of {} that are not equal have one hash: a Hash written by hand leaves out a field\nthey differ in  {difference}\n\
                 derive Hash, or declare the type with node_value!",
                name(node)
            ),
            Flaw::EqForgets { node, difference } => format!(
                "two states of {} that are said to be equal are not: an Eq written by hand leaves out a field\nthey differ in  {difference}\n\
                 derive Eq and Hash, or declare the type with node_value!",
                name(node)
            ),
            Flaw::NotAlike => {
                "nodes were taken to be alike and are not: the protocol treats its peers differently, by their \
                 order perhaps\nleave out --symmetry"
                    .to_owned()
            }
            Flaw::Panicked { node, what, text } => {
                format!("the protocol's own code panicked: {} at {what}: {text}", name(node))
            }
        }
    }
}

impl Flaw {
    fn panicked(node: NodeId, what: String, panic: &(dyn Any + Send)) -> Flaw {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word").to_owned();
        Flaw::Panicked { node, what, text }
    }
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
    /// Whether anything of it could be seen.
    pub seen: Vec<bool>,
    /// Whether anything was left out that comes to the same in another order.
    pub is_reduced: bool,
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
        self.seen.clear();
        (self.is_held_back, self.is_reduced) = (false, false);
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

impl Action {
    /// This action as the last one on a way to a state; `is_seen` is whether anything of it could be seen.
    pub fn arrival(self, is_seen: bool) -> Arrivals {
        Arrivals(1 << (2 * self.node + u16::from(is_seen)))
    }
}

/// Which nodes acted last on the ways of one length that lead to a state: what is left out of what follows it, where two
/// orders come to the same.
///
/// Let `a` be what node *i* did last, and `b` something that node *j* may do, where *j* comes before *i*. Had `b` been
/// possible before `a` as well, and does neither see the other, then `b` and `a` in that order come to the same state,
/// on a way of the same length that is earlier in the order of words. The earliest way of the shortest ones to any state
/// has no such pair in it. So `b` may be left out if it is a pair with every last action on the shortest ways here: each
/// state is still reached, and as soon as before. (A case of Godefroid's sleep sets, 1996.)
///
/// `b` was possible before `a` unless it is the arrival of a message that `a` may have sent. They do not see each other if
/// they are at different nodes, and not both can be seen by those who watch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrivals(u64);

impl Arrivals {
    /// Nothing is known, and so nothing is left out.
    pub const UNKNOWN: Arrivals = Arrivals(0);

    /// The most nodes that a cluster may have for this.
    pub const NODES: usize = 32;

    /// These and others.
    pub fn and(self, others: Arrivals) -> Arrivals {
        Arrivals(self.0 | others.0)
    }

    /// Whether an action of `node`, which can be seen or not and delivers a message from `sender`, may be left out.
    fn leave_out(self, node: usize, is_seen: bool, sender: Option<usize>) -> bool {
        let pairs = |bit: u32| {
            let (last, last_is_seen) = (bit as usize / 2, bit % 2 == 1);
            node < last && !(is_seen && last_is_seen) && sender != Some(last)
        };
        self.0 != 0 && (0..64).filter(|bit| self.0 >> bit & 1 == 1).all(pairs)
    }
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

    /// Adds all that may follow a state to `next`, in an order that depends on nothing else; without what `arrivals` let
    /// be left out.
    fn expand(&self, desk: &mut Desk, state: &[u32], arrivals: Arrivals, next: &mut Successors);

    /// The least fingerprint of a state under all renamings of like nodes: that of all states that are the same but for which
    /// of these is which. Its own fingerprint without symmetry.
    fn canonical(&self, desk: &mut Desk, state: &[u32]) -> Print;

    /// The names of the nodes that are taken to be alike.
    fn alike(&self) -> Vec<String>;

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
pub struct Renumber(Box<Numbering>);

/// Changes the numbers of a state.
type Numbering = dyn Fn(&mut [u32]) + Send + Sync;

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
