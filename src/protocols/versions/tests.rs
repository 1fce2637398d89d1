//! The algebra of versions, and dotted version vectors against what they stand for: sets of writes.

use super::{Dot, DottedVersionVector, Siblings, VersionVector};
use crate::node::{Cluster, NodeId};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn server(place: usize) -> NodeId {
    Cluster::new([("server", vec!["a", "b", "c"])]).unwrap().id(place)
}

fn vector(counts: [u64; 3]) -> VersionVector {
    let mut vector = VersionVector::default();
    for (place, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
        vector.add(Dot { server: server(place), number: count });
    }
    vector
}

fn joined(one: &VersionVector, other: &VersionVector) -> VersionVector {
    let mut all = one.clone();
    all.join(other);
    all
}

fn synced<T: crate::node::Value>(one: &Siblings<T>, other: &Siblings<T>) -> Siblings<T> {
    let mut all = one.clone();
    all.sync(other);
    all
}

/// Figure 2 of the paper, in words: two clients write through one server, neither having seen the other.
#[test]
fn one_server_two_clients() {
    let (a, nothing) = (server(0), VersionVector::default());
    let mut held = Siblings::default();
    held.update(&nothing, a, "v");
    let context = held.join();
    held.update(&context, a, "left");
    held.update(&context, a, "right");
    assert_eq!(held.values().collect::<Vec<_>>(), [&"left", &"right"]);
    let clocks: Vec<DottedVersionVector> = held.clocks().collect();
    assert_eq!((clocks[1].dot.number, clocks[1].past.count(a)), (3, 1), "a gap: the second write was not seen");
    assert!(clocks[0].is_concurrent_with(&clocks[1]));
    // Whoever has seen both replaces both.
    let context = held.join();
    held.update(&context, a, "both");
    assert_eq!(held.values().collect::<Vec<_>>(), [&"both"]);
}

/// What a step of a random execution does.
#[derive(Clone, Debug)]
enum Step {
    /// A client takes over what a server holds as its context.
    Read { client: usize, server: usize },
    /// A client writes at a server with its context.
    Write { client: usize, server: usize },
    /// One server hears all that another holds.
    Hear { from: usize, to: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..3usize, 0..3usize).prop_map(|(client, server)| Step::Read { client, server }),
        (0..3usize, 0..3usize).prop_map(|(client, server)| Step::Write { client, server }),
        (0..3usize, 0..3usize).prop_map(|(from, to)| Step::Hear { from, to }),
    ]
}

/// The same execution with dotted version vectors and with what they stand for.
#[derive(Default)]
struct Both {
    dotted: [Siblings<u32>; 3],
    contexts: [VersionVector; 3],
    /// Writes by number, each with all that its writer had seen; a server holds a set of numbers.
    histories: Vec<BTreeSet<u32>>,
    held: [BTreeSet<u32>; 3],
    seen: [BTreeSet<u32>; 3],
}

impl Both {
    /// All that is seen by whoever sees these writes.
    fn history(&self, writes: &BTreeSet<u32>) -> BTreeSet<u32> {
        let pasts = writes.iter().flat_map(|write| &self.histories[*write as usize]);
        pasts.chain(writes).copied().collect()
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Read { client, server } => {
                self.contexts[client] = self.dotted[server].join();
                self.seen[client] = self.history(&self.held[server]);
            }
            Step::Write { client, server: place } => {
                let number = self.histories.len() as u32;
                self.dotted[place].update(&self.contexts[client], server(place), number);
                self.histories.push(self.seen[client].clone());
                let seen = &self.seen[client];
                self.held[place].retain(|write| !seen.contains(write));
                self.held[place].insert(number);
            }
            Step::Hear { from, to } => {
                let other = self.dotted[from].clone();
                self.dotted[to].sync(&other);
                let all: BTreeSet<u32> = self.held[from].union(&self.held[to]).copied().collect();
                let is_replaced =
                    |write: &u32| all.iter().any(|other| self.histories[*other as usize].contains(write));
                self.held[to] = all.iter().filter(|write| !is_replaced(write)).copied().collect();
            }
        }
    }
}

fn run(steps: &[Step]) -> Both {
    let mut both = Both::default();
    steps.iter().for_each(|step| both.take(step));
    both
}

proptest! {
    #[test]
    fn join_is_a_least_upper_bound(a in any::<[u8; 3]>(), b in any::<[u8; 3]>(), c in any::<[u8; 3]>()) {
        let [a, b, c] = [a, b, c].map(|counts| vector(counts.map(|count| u64::from(count % 4))));
        prop_assert_eq!(joined(&a, &b), joined(&b, &a));
        prop_assert_eq!(joined(&joined(&a, &b), &c), joined(&a, &joined(&b, &c)));
        prop_assert_eq!(joined(&a, &a), a.clone());
        prop_assert!(joined(&a, &b).descends(&a));
        prop_assert!(!(c.descends(&a) && c.descends(&b)) || c.descends(&joined(&a, &b)));
        prop_assert_eq!(a.descends(&b) && b.descends(&a), a == b);
        prop_assert_eq!(a.is_concurrent_with(&b), !a.descends(&b) && !b.descends(&a));
    }

    #[test]
    fn an_increment_is_seen_by_nobody_yet(counts in any::<[u8; 3]>(), place in 0..3usize) {
        let before = vector(counts.map(u64::from));
        let mut after = before.clone();
        let dot = after.increment(server(place));
        prop_assert!(after.contains(dot) && !before.contains(dot));
        prop_assert!(after.descends(&before) && !before.descends(&after));
    }

    /// The claim of the paper: the clocks tell causality exactly, with an entry a server however many clients write.
    #[test]
    fn dotted_version_vectors_are_causal_histories(steps in proptest::collection::vec(step(), 0..40)) {
        let both = run(&steps);
        for place in 0..3 {
            let values: BTreeSet<u32> = both.dotted[place].values().copied().collect();
            prop_assert_eq!(&values, &both.held[place]);
            let clocks: Vec<_> = both.dotted[place].values().zip(both.dotted[place].clocks()).collect();
            for other in 0..3 {
                for (theirs, clock) in both.dotted[other].values().zip(both.dotted[other].clocks()) {
                    for (mine, own) in &clocks {
                        let is_before = both.histories[*theirs as usize].contains(mine);
                        prop_assert_eq!(own.is_before(&clock), is_before, "{} {}", mine, theirs);
                        prop_assert_eq!(own.dot == clock.dot, *mine == theirs, "a dot is given once");
                    }
                }
            }
        }
    }

    /// In whatever order servers hear of each other, however often, they come to hold the same.
    #[test]
    fn sync_joins(steps in proptest::collection::vec(step(), 0..40)) {
        let [a, b, c] = run(&steps).dotted;
        prop_assert_eq!(synced(&a, &b), synced(&b, &a));
        prop_assert_eq!(synced(&synced(&a, &b), &c), synced(&a, &synced(&b, &c)));
        prop_assert_eq!(synced(&a, &a), a.clone());
        prop_assert_eq!(synced(&a, &b).join(), joined(&a.join(), &b.join()));
    }
}
