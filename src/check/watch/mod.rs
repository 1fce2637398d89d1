//! Promises judged in a search.
//!
//! A [`Judge`](super::Judge) keeps a run's whole history, to tell people what happened. A search wants the opposite: as
//! little memory as tells whether a promise is broken, the same for all pasts that make no difference, because what is
//! remembered is part of each state. So each promise has a small machine of its own here. What a search finds is run
//! again, and the judge tells it.

mod linear;
mod logs;

#[cfg(test)]
mod tests;

use super::claim::{Promise, State};
use crate::node::{Cluster, Datum, Fact, NodeId, OperationId, Outcome, Seen, Watcher};
use linear::Linear;
use logs::Logs;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The promises that a search can judge, all of them together Raft's five.
pub const JUDGED: &[Promise] = &[
    Promise::ElectionSafety,
    Promise::LeaderAppendOnly,
    Promise::LogMatching,
    Promise::LeaderCompleteness,
    Promise::StateMachineSafety,
    Promise::SinglePrimary,
    Promise::Agreement,
    Promise::MutualExclusion,
    Promise::Linearizable,
];

/// What can come about in a search, and be seen to: a state of the claims' vocabulary, its label resolved.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Goal {
    /// A node becomes leader.
    HasLeader,
    /// One of these operations returns, and took effect.
    Ok(Vec<OperationId>),
    /// One of these operations returns, or its client gives up.
    Done(Vec<OperationId>),
    /// A node applies one of these operations.
    Applied(Vec<OperationId>),
}

impl Goal {
    /// The goal that a state of a scenario is, where a search can tell; `operations` are those that a label means.
    pub fn of(state: &State, operations: impl FnOnce(&str) -> Vec<OperationId>) -> Option<Goal> {
        Some(match state {
            State::HasLeader => Goal::HasLeader,
            State::Ok(label) => Goal::Ok(operations(label)),
            State::Done(label) => Goal::Done(operations(label)),
            State::Applied(label) => Goal::Applied(operations(label)),
            State::AllHave(_) | State::Converged => return None,
        })
    }

    fn is_reached(&self, seen: &Seen) -> bool {
        let Seen::Fact(fact) = seen else { return false };
        match (self, fact) {
            (Goal::HasLeader, Fact::BecameLeader { .. }) => true,
            (Goal::Ok(ids), Fact::Returned { operation, outcome: Outcome::Ok(_) }) => ids.contains(operation),
            (Goal::Done(ids), Fact::Returned { operation, .. } | Fact::TimedOut { operation }) => {
                ids.contains(operation)
            }
            (Goal::Applied(ids), Fact::Applied { operation: Some(operation), .. }) => ids.contains(operation),
            _ => false,
        }
    }
}

/// What a search looks for: mark by mark, promises first, then what must come about, then what may.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Wanted {
    /// What must never be broken.
    pub always: Vec<Promise>,
    /// What must come about in every run.
    pub eventually: Vec<Goal>,
    /// What must come about in some run.
    pub sometimes: Vec<Goal>,
}

impl Wanted {
    /// The marks of what must never be broken.
    pub fn never(&self) -> u64 {
        (1 << self.always.len()) - 1
    }

    /// The mark of what must come about in every run, by its place.
    pub fn eventually(&self, place: usize) -> u32 {
        (self.always.len() + place) as u32
    }

    /// The mark of what must come about in some run, by its place.
    pub fn sometimes(&self, place: usize) -> u32 {
        (self.always.len() + self.eventually.len() + place) as u32
    }

    /// How many marks there are; a search has 64.
    pub fn len(&self) -> usize {
        self.always.len() + self.eventually.len() + self.sometimes.len()
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Watches a search for all that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Watch {
    /// The same in every state.
    #[serde(skip)]
    wanted: Arc<Wanted>,
    monitors: Vec<Monitor>,
    /// What must come about in every run, and has.
    achieved: u64,
}

/// One promise, and what of the past matters to it. Where it is about a group of nodes, of each group by itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
enum Monitor {
    /// Who led each term.
    ElectionSafety(Groups, BTreeMap<(u16, u64), NodeId>),
    /// Who leads.
    SinglePrimary(Groups, BTreeSet<(u16, NodeId)>),
    /// What was applied at each place, and what each node applied last.
    StateMachineSafety(Groups, BTreeMap<(u16, u64), u64>, BTreeMap<NodeId, u64>),
    /// What was decided.
    Agreement(Option<Datum>),
    /// Who holds the lock.
    MutualExclusion(BTreeSet<NodeId>),
    Logs(Promise, Groups, Box<Logs>),
    Linearizable(Linear),
}

/// The group of each node, by its place. The same in every state.
type Groups = Arc<[u16]>;

impl Watch {
    /// A watch for what is wanted in a cluster. Panics where a promise is not among [`JUDGED`].
    pub fn new(cluster: &Cluster, wanted: Wanted) -> Watch {
        let group = |node: NodeId| {
            cluster.groups().iter().position(|group| group.members.contains(&node)).unwrap_or_default() as u16
        };
        let groups: Groups = cluster.ids().map(group).collect();
        let monitor = |promise: &Promise| match promise {
            Promise::ElectionSafety => Monitor::ElectionSafety(groups.clone(), BTreeMap::new()),
            Promise::SinglePrimary => Monitor::SinglePrimary(groups.clone(), BTreeSet::new()),
            Promise::StateMachineSafety => {
                Monitor::StateMachineSafety(groups.clone(), BTreeMap::new(), BTreeMap::new())
            }
            Promise::Agreement => Monitor::Agreement(None),
            Promise::MutualExclusion => Monitor::MutualExclusion(BTreeSet::new()),
            Promise::LeaderAppendOnly | Promise::LogMatching | Promise::LeaderCompleteness => {
                Monitor::Logs(*promise, groups.clone(), Box::default())
            }
            Promise::Linearizable => Monitor::Linearizable(Linear::default()),
            other => panic!("a search does not judge {other}"),
        };
        Watch { monitors: wanted.always.iter().map(monitor).collect(), wanted: Arc::new(wanted), achieved: 0 }
    }
}

impl Watcher for Watch {
    fn see(&mut self, node: NodeId, seen: &Seen) -> u64 {
        let mut marks = 0;
        for (place, monitor) in self.monitors.iter_mut().enumerate() {
            marks |= u64::from(monitor.breaks(node, seen)) << place;
        }
        for (place, goal) in self.wanted.eventually.iter().enumerate() {
            self.achieved |= u64::from(goal.is_reached(seen)) << self.wanted.eventually(place);
        }
        for (place, goal) in self.wanted.sometimes.iter().enumerate() {
            marks |= u64::from(goal.is_reached(seen)) << self.wanted.sometimes(place);
        }
        marks | self.achieved
    }

    fn achieved(&self) -> u64 {
        self.achieved
    }
}

impl Monitor {
    /// Whether what is seen breaks the promise.
    fn breaks(&mut self, node: NodeId, seen: &Seen) -> bool {
        match (self, seen) {
            (Monitor::ElectionSafety(groups, leaders), Seen::Fact(Fact::BecameLeader { term })) => {
                *leaders.entry((groups[node.index()], *term)).or_insert(node) != node
            }
            (Monitor::SinglePrimary(groups, leading), seen) => {
                let me = (groups[node.index()], node);
                let is_leading = match seen {
                    Seen::Fact(Fact::BecameLeader { .. }) => true,
                    Seen::Fact(Fact::BecameCandidate { .. } | Fact::BecameFollower { .. }) => false,
                    Seen::Boot | Seen::Crash => false,
                    Seen::Operation(_) | Seen::Fact(_) => return false,
                };
                leading.remove(&me);
                if !is_leading {
                    return false;
                }
                leading.insert(me);
                leading.iter().filter(|(group, _)| *group == me.0).count() > 1
            }
            (Monitor::StateMachineSafety(groups, applied, last), Seen::Fact(Fact::Applied { index, entry, .. })) => {
                let last = last.entry(node).or_default();
                let is_next = *index == *last + 1;
                *last = (*last).max(*index);
                *applied.entry((groups[node.index()], *index)).or_insert(*entry) != *entry || !is_next
            }
            (Monitor::StateMachineSafety(.., last), Seen::Fact(Fact::Installed { index, .. })) => {
                last.insert(node, *index);
                false
            }
            (Monitor::StateMachineSafety(.., last), Seen::Boot | Seen::Crash) => {
                last.remove(&node);
                false
            }
            (Monitor::Agreement(decided), Seen::Fact(Fact::Decided { value })) => {
                decided.get_or_insert(value.clone()) != value
            }
            (Monitor::MutualExclusion(holders), Seen::Fact(Fact::Acquired { .. })) => {
                holders.insert(node);
                holders.len() > 1
            }
            (Monitor::MutualExclusion(holders), Seen::Fact(Fact::Released { .. }) | Seen::Crash) => {
                holders.remove(&node);
                false
            }
            (Monitor::Logs(promise, groups, logs), seen) => logs.breaks(*promise, groups[node.index()], node, seen),
            (Monitor::Linearizable(linear), seen) => linear.breaks(node, seen),
            _ => false,
        }
    }
}
