//! Which kinds of state and fault a run has reached: a small signature, by which seeds that show something new are told
//! from those that repeat others.
//!
//! It is taken from facts and faults alone, as promises are, so that it is had of any protocol. A [`Feature`] is one thing
//! that can be reached; a [`Coverage`] watches one run and collects them:
//!
//! - a kind of fact, fault or loss, once, twice, four times and so on;
//! - a kind of fact at a node that leads, seeks to, or neither, in the newest term or an older one;
//! - a kind of fact while a kind of fault lasts, and two kinds of fault that last at a time;
//! - a kind of fault that strikes a node in its role, and right after what it declared last;
//! - what comes near to a broken promise: see [`NEAR`].

use crate::node::{ClockChange, Cluster, DiskMode, Event, Fact, FactKind, Fault, LossReason, Node, NodeId};
use crate::node::{OperationId, SimSpan, Sink, What};
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

/// One kind of thing that a run can reach. Its number means the same in every run of one version of Pessimist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Feature(u16);

/// The kinds of fault, as they are told of: those that last while they do, then those that pass at once.
const FAULTS: [&str; 22] = [
    "crash",
    "pause",
    "slow node",
    "cut",
    "lossy links",
    "slow links",
    "held messages",
    "disk that keeps",
    "disk that tears",
    "disk that lies",
    "slow disk",
    "full disk",
    "fast clock",
    "slow clock",
    "stopped clock",
    "clock step",
    "wiped disk",
    "timer that ends early",
    "dropped message",
    "delayed message",
    "doubled message",
    "hurried message",
];

/// What comes near to a broken promise.
pub const NEAR: [&str; 8] = [
    "two lead at a time, in different terms",
    "two seek to lead at a time",
    "half of a group or more is down",
    "a log is shorter after a crash",
    "one leads with a log that is shorter than another's",
    "what is dropped lies below what another knows to be committed",
    "a vote is given again in its term, after a crash",
    "what a client gave up is applied",
];

const FACTS: usize = FactKind::ALL.len();
const ROLES: [&str; 3] = ["a node", "a candidate", "a leader"];
const TERMS: [&str; 3] = ["", " in the newest term", " in an older term"];
/// Counts from 2 to the 15 on are all the same.
const SIZES: usize = 16;

/// Where the features of each class begin.
const STANDING: usize = FACTS * SIZES;
const FAULT: usize = STANDING + FACTS * ROLES.len() * TERMS.len();
const STRUCK: usize = FAULT + FAULTS.len() * SIZES;
const AFTER: usize = STRUCK + FAULTS.len() * ROLES.len();
const DURING: usize = AFTER + FAULTS.len() * FACTS;
const TOGETHER: usize = DURING + FAULTS.len() * FACTS;
const LOST: usize = TOGETHER + FAULTS.len() * FAULTS.len();
const NEARLY: usize = LOST + LossReason::ALL.len() * SIZES;
const ALL: usize = NEARLY + NEAR.len();

impl Feature {
    /// Every feature that there is.
    pub fn all() -> impl Iterator<Item = Feature> {
        (0..ALL as u16).map(Feature)
    }

    /// The feature of that number.
    pub fn of(number: u64) -> Option<Feature> {
        (number < ALL as u64).then_some(Feature(number as u16))
    }

    /// Its number.
    pub fn number(self) -> u64 {
        u64::from(self.0)
    }

    /// The kind of fact, where the feature is that one of this kind was declared at all.
    pub fn fact(self) -> Option<FactKind> {
        let place = usize::from(self.0);
        (place < STANDING && place.is_multiple_of(SIZES)).then(|| FactKind::ALL[place / SIZES])
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = usize::from(self.0);
        let within = |class: Range<usize>| class.contains(&place).then(|| place - class.start);
        let often = |size: usize| if size == 0 { String::new() } else { format!(", {} times or more", 1u32 << size) };
        if place < STANDING {
            return write!(f, "{}{}", FactKind::ALL[place / SIZES], often(place % SIZES));
        }
        if let Some(place) = within(STANDING..FAULT) {
            let (role, term) = (place / TERMS.len() % ROLES.len(), place % TERMS.len());
            let kind = FactKind::ALL[place / (ROLES.len() * TERMS.len())];
            return write!(f, "{kind} by {}{}", ROLES[role], TERMS[term]);
        }
        if let Some(place) = within(FAULT..STRUCK) {
            return write!(f, "{}{}", FAULTS[place / SIZES], often(place % SIZES));
        }
        if let Some(place) = within(STRUCK..AFTER) {
            return write!(f, "{} at {}", FAULTS[place / ROLES.len()], ROLES[place % ROLES.len()]);
        }
        if let Some(place) = within(AFTER..DURING) {
            return write!(f, "{} right after {}", FAULTS[place / FACTS], FactKind::ALL[place % FACTS]);
        }
        if let Some(place) = within(DURING..TOGETHER) {
            return write!(f, "{} during: {}", FactKind::ALL[place % FACTS], FAULTS[place / FACTS]);
        }
        if let Some(place) = within(TOGETHER..LOST) {
            return write!(f, "{} during: {}", FAULTS[place / FAULTS.len()], FAULTS[place % FAULTS.len()]);
        }
        if let Some(place) = within(LOST..NEARLY) {
            let reason = LossReason::ALL[place / SIZES].describe();
            return write!(f, "a message lost, {reason}{}", often(place % SIZES));
        }
        f.write_str(NEAR[place - NEARLY])
    }
}

/// What is known of a node.
#[derive(Clone, Debug, Default)]
struct Known {
    is_down: bool,
    /// Its place in [`ROLES`].
    role: usize,
    term: u64,
    /// The last place of its log.
    last: u64,
    /// Its last vote, and whether it has crashed since.
    vote: Option<(u64, NodeId, bool)>,
    declared: Option<FactKind>,
    /// What its disk and its clock suffer from.
    disk: Option<usize>,
    clock: Option<usize>,
}

/// Watches a run and collects what it reaches.
#[derive(Clone, Debug)]
pub struct Coverage {
    cluster: Cluster,
    reached: Box<[u64]>,
    facts: [u32; FACTS],
    faults: [u32; FAULTS.len()],
    losses: [u32; LossReason::ALL.len()],
    /// How many faults of each kind last.
    lasting: [u16; FAULTS.len()],
    nodes: Vec<Known>,
    newest_term: u64,
    committed: u64,
    given_up: BTreeSet<OperationId>,
}

impl Coverage {
    /// Of a run that has not begun.
    pub fn new(cluster: Cluster) -> Self {
        Coverage {
            reached: vec![0; ALL.div_ceil(64)].into(),
            facts: [0; FACTS],
            faults: [0; FAULTS.len()],
            losses: [0; LossReason::ALL.len()],
            lasting: [0; FAULTS.len()],
            nodes: vec![Known::default(); cluster.len()],
            newest_term: 0,
            committed: 0,
            given_up: BTreeSet::new(),
            cluster,
        }
    }

    /// What was reached, in order.
    pub fn features(&self) -> Vec<Feature> {
        let has = |feature: &Feature| self.reached[usize::from(feature.0) / 64] >> (feature.0 % 64) & 1 == 1;
        Feature::all().filter(has).collect()
    }

    fn reach(&mut self, place: usize) {
        self.reached[place / 64] |= 1 << (place % 64);
    }

    fn near(&mut self, place: usize, is_so: bool) {
        if is_so {
            self.reach(NEARLY + place);
        }
    }

    fn fact(&mut self, node: NodeId, fact: &Fact) {
        let kind = fact.kind();
        let number = kind as usize;
        self.facts[number] += 1;
        self.reach(number * SIZES + size(self.facts[number]));
        self.learn(node, fact);
        let known = &mut self.nodes[node.index()];
        known.declared = Some(kind);
        known.term = known.term.max(fact.term().unwrap_or(0));
        self.newest_term = self.newest_term.max(known.term);
        let term = match known.term {
            0 => 0,
            term if term == self.newest_term => 1,
            _ => 2,
        };
        let role = known.role;
        self.reach(STANDING + (number * ROLES.len() + role) * TERMS.len() + term);
        for fault in 0..FAULTS.len() {
            if self.lasting[fault] > 0 {
                self.reach(DURING + fault * FACTS + number);
            }
        }
    }

    /// Keeps what a fact tells of its node, and sees what is near to a broken promise.
    fn learn(&mut self, node: NodeId, fact: &Fact) {
        let others = |role: usize| {
            let is_other =
                |(place, known): (usize, &Known)| place != node.index() && !known.is_down && known.role == role;
            self.nodes.iter().enumerate().any(is_other)
        };
        let last = self.nodes[node.index()].last;
        match *fact {
            Fact::BecameCandidate { .. } => {
                self.near(1, others(1));
                self.nodes[node.index()].role = 1;
            }
            Fact::BecameLeader { .. } => {
                let is_longer = self.nodes.iter().any(|other| other.last > last);
                let rival = others(2);
                self.near(0, rival);
                self.near(4, is_longer);
                self.nodes[node.index()].role = 2;
            }
            Fact::BecameFollower { .. } => self.nodes[node.index()].role = 0,
            Fact::Voted { term, candidate } => {
                let again = self.nodes[node.index()].vote == Some((term, candidate, true));
                self.near(6, again);
                self.nodes[node.index()].vote = Some((term, candidate, false));
            }
            Fact::Appended { index, .. } | Fact::Installed { index, .. } => self.nodes[node.index()].last = index,
            Fact::Truncated { index } => {
                self.near(5, index <= self.committed);
                self.nodes[node.index()].last = index.saturating_sub(1);
            }
            Fact::Recovered { index, .. } => {
                self.near(3, index < last);
                self.nodes[node.index()].last = index;
            }
            Fact::Committed { index, .. } => self.committed = self.committed.max(index),
            Fact::TimedOut { operation } => _ = self.given_up.insert(operation),
            Fact::Applied { operation: Some(operation), .. } => {
                let is_given_up = !self.given_up.is_empty() && self.given_up.contains(&operation);
                self.near(7, is_given_up);
            }
            _ => {}
        }
    }

    fn fault(&mut self, fault: &Fault, ends: bool) {
        match self.turn(fault, ends) {
            Turn::Begins(kind) => {
                self.strike(kind, fault);
                self.lasting[kind] = self.lasting[kind].saturating_add(1);
            }
            Turn::Passes(kind) => self.strike(kind, fault),
            Turn::Ends(kind) => self.lasting[kind] = self.lasting[kind].saturating_sub(1),
            Turn::Nothing => {}
        }
        match *fault {
            Fault::Crash(node) => self.crash(node),
            Fault::Restart(node) => self.nodes[node.index()].is_down = false,
            _ => {}
        }
    }

    fn crash(&mut self, node: NodeId) {
        let known = &mut self.nodes[node.index()];
        (known.is_down, known.role) = (true, 0);
        if let Some((.., has_crashed)) = &mut known.vote {
            *has_crashed = true;
        }
        let members = &self.cluster.group_of(node).members;
        let down = members.iter().filter(|member| self.nodes[member.index()].is_down).count();
        let is_half = members.len() > 1 && down * 2 >= members.len();
        self.near(2, is_half);
    }

    /// Something goes wrong.
    fn strike(&mut self, kind: usize, fault: &Fault) {
        self.faults[kind] += 1;
        self.reach(FAULT + kind * SIZES + size(self.faults[kind]));
        if let Some(node) = fault.node() {
            let Known { role, declared, .. } = self.nodes[node.index()];
            self.reach(STRUCK + kind * ROLES.len() + role);
            if let Some(fact) = declared {
                self.reach(AFTER + kind * FACTS + fact as usize);
            }
        }
        for other in 0..FAULTS.len() {
            if self.lasting[other] > 0 {
                self.reach(TOGETHER + kind * FAULTS.len() + other);
            }
        }
    }

    /// What a fault is to those that last.
    fn turn(&mut self, fault: &Fault, ends: bool) -> Turn {
        match *fault {
            Fault::Crash(_) => Turn::Begins(0),
            Fault::Restart(_) => Turn::Ends(0),
            Fault::Pause(_) => Turn::Begins(1),
            Fault::Resume(_) => Turn::Ends(1),
            Fault::Slow(_, span) => lasts(2, span != SimSpan::ZERO && !ends),
            Fault::Cut(_) => Turn::Begins(3),
            Fault::Heal(_) => Turn::Ends(3),
            Fault::Loss(_, ppm) => lasts(4, ppm.is_some()),
            Fault::Lag(_, span) => lasts(5, span != SimSpan::ZERO),
            Fault::Hold(_) => Turn::Begins(6),
            Fault::Release(_) => Turn::Ends(6),
            Fault::Disk(node, mode) => {
                let now = match mode {
                    DiskMode::Loses => None,
                    DiskMode::Keeps => Some(7),
                    DiskMode::Tears => Some(8),
                    DiskMode::Lies => Some(9),
                    DiskMode::Slow(_) => Some(10),
                    DiskMode::Full => Some(11),
                };
                let before = std::mem::replace(&mut self.nodes[node.index()].disk, now);
                self.instead(before, now)
            }
            Fault::Clock(_, ClockChange::Step(_)) if ends => Turn::Nothing,
            Fault::Clock(_, ClockChange::Step(_)) => Turn::Passes(15),
            Fault::Clock(node, change) => {
                let now = match change {
                    ClockChange::Rate(ppb) if ppb > 0 => Some(12),
                    ClockChange::Rate(ppb) if ppb < 0 => Some(13),
                    ClockChange::Freeze => Some(14),
                    _ => None,
                };
                let before = std::mem::replace(&mut self.nodes[node.index()].clock, now);
                self.instead(before, now)
            }
            Fault::Wipe(_) => Turn::Passes(16),
            Fault::Expire(..) => Turn::Passes(17),
            Fault::Drop(..) => Turn::Passes(18),
            Fault::Delay(..) => Turn::Passes(19),
            Fault::Duplicate(..) => Turn::Passes(20),
            Fault::Arrive(..) => Turn::Passes(21),
            Fault::Mark => Turn::Nothing,
        }
    }

    /// One kind of fault takes the place of another.
    fn instead(&mut self, before: Option<usize>, now: Option<usize>) -> Turn {
        match (before, now) {
            (Some(before), None) => Turn::Ends(before),
            (before, Some(now)) => {
                if let Some(before) = before {
                    self.lasting[before] = self.lasting[before].saturating_sub(1);
                }
                Turn::Begins(now)
            }
            (None, None) => Turn::Nothing,
        }
    }
}

/// What a fault is to those that last, by its place in [`FAULTS`].
enum Turn {
    Begins(usize),
    Ends(usize),
    Passes(usize),
    Nothing,
}

fn lasts(kind: usize, begins: bool) -> Turn {
    if begins { Turn::Begins(kind) } else { Turn::Ends(kind) }
}

/// The power of two that a count has reached.
fn size(count: u32) -> usize {
    (count.ilog2() as usize).min(SIZES - 1)
}

impl<N: Node> Sink<N> for Coverage {
    fn event(&mut self, event: &Event<'_, N>) {
        match (&event.what, event.node) {
            (What::Fact(fact), Some(node)) => self.fact(node, fact),
            (What::Fault { fault, ends, .. }, _) => self.fault(fault, *ends),
            (What::Boot { .. }, Some(node)) => {
                (self.nodes[node.index()].is_down, self.nodes[node.index()].role) = (false, 0)
            }
            (What::Lost { reason, .. }, _) => {
                let number = *reason as usize;
                self.losses[number] += 1;
                self.reach(LOST + number * SIZES + size(self.losses[number]));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each feature reads differently: a report that names two alike would say nothing.
    #[test]
    fn every_feature_has_its_own_words() {
        let words: BTreeSet<String> = Feature::all().map(|feature| feature.to_string()).collect();
        assert_eq!(words.len(), ALL);
        assert_eq!(Feature::of(ALL as u64), None);
        assert!(Feature::all().all(|feature| Feature::of(feature.number()) == Some(feature)));
        let facts: Vec<FactKind> = Feature::all().filter_map(Feature::fact).collect();
        assert_eq!(facts, FactKind::ALL);
    }

    fn words_of(coverage: &Coverage) -> Vec<String> {
        coverage.features().iter().map(Feature::to_string).collect()
    }

    #[test]
    fn faults_and_facts_meet() {
        let cluster = Cluster::new([("replica", ["n1", "n2", "n3"].to_vec())]).unwrap();
        let [n1, n2, _] = [cluster.id(0), cluster.id(1), cluster.id(2)];
        let mut coverage = Coverage::new(cluster);
        coverage.fact(n1, &Fact::Voted { term: 2, candidate: n2 });
        coverage.fact(n2, &Fact::BecameLeader { term: 2 });
        coverage.fault(&Fault::Crash(n1), false);
        let told = words_of(&coverage);
        for wanted in ["crash", "crash at a node", "crash right after Voted", "Voted by a node in the newest term"] {
            assert!(told.iter().any(|words| words == wanted), "{wanted}: {told:?}");
        }
        assert!(!told.iter().any(|words| words.contains("during")), "{told:?}");
        coverage.fact(n2, &Fact::Committed { index: 1, term: 2 });
        coverage.fault(&Fault::Pause(n2), false);
        coverage.fault(&Fault::Restart(n1), true);
        let reached = words_of(&coverage);
        coverage.fact(n1, &Fact::Voted { term: 2, candidate: n2 });
        let more: Vec<String> = words_of(&coverage).into_iter().filter(|words| !reached.contains(words)).collect();
        assert_eq!(more, ["Voted, 2 times or more", "Voted during: pause", NEAR[6]]);
        for wanted in ["Committed during: crash", "pause during: crash", "pause at a leader"] {
            assert!(reached.iter().any(|words| words == wanted), "{wanted}: {reached:?}");
        }
    }
}
