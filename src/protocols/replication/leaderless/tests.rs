//! The algebra of what is held, the ring, and two replicas that compare trees.

use super::merkle::DEPTH;
use super::ring::{place, places_of, preference};
use super::{Config, Held, Leaderless, Msg, Part, REPLICAS, Replica, Tag, Timer, Versions};
use crate::node::{ClockReading, Cluster, Ctx, Datum, Effect, Key, LocalSpan, Node, NodeId, OperationId};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn cluster(replicas: usize) -> Cluster {
    let names = ["n1", "n2", "n3", "n4", "n5"];
    Cluster::new([(REPLICAS, names[..replicas].to_vec()), ("client", vec!["c1"])]).unwrap()
}

fn newest(number: i64, value: Datum) -> Held {
    let client = cluster(2).id(2);
    Held::Newest(Some((Tag { number, client, operation: OperationId(number as u32) }, value)))
}

fn merged(one: &Held, other: &Held) -> Held {
    let mut all = one.clone();
    all.merge(other);
    all
}

proptest! {
    /// In whatever order replicas hear of writes, however often, the newest stays: that is what lets anybody mend them.
    #[test]
    fn merge_joins(a in 0..4i64, b in 0..4i64, c in 0..4i64) {
        let held = |number| if number == 0 { Held::nothing(Versions::Counted) } else { newest(number, Datum::Int(number)) };
        let [a, b, c] = [a, b, c].map(held);
        prop_assert_eq!(merged(&a, &b), merged(&b, &a));
        prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
        prop_assert_eq!(merged(&a, &a), a);
    }
}

#[test]
fn a_tombstone_is_newer_than_what_it_deletes() {
    let (value, deleted) = (newest(1, Datum::Int(7)), newest(2, Datum::Absent));
    assert_eq!(merged(&deleted, &value), deleted);
    assert_eq!((deleted.answer(), deleted.values()), (Datum::Absent, vec![]));
}

#[test]
fn a_key_has_n_owners_and_everybody_may_stand_in() {
    let cluster = cluster(5);
    let replicas = cluster.group(REPLICAS);
    for key in ["x", "y", "basket", "cart"].map(Key::from) {
        let order: Vec<NodeId> = preference(replicas, &key).collect();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, replicas);
        for replica in replicas {
            let owns = places_of(replicas, 3, *replica).contains(&place(&key, 5));
            assert_eq!(owns, order[..3].contains(replica), "{key}");
        }
    }
}

/// Two replicas without a world: messages arrive at once, in order.
struct Pair {
    cluster: Cluster,
    replicas: [Leaderless; 2],
    wire: Vec<(usize, Msg)>,
    /// How many keys were sent in all.
    items: usize,
}

impl Pair {
    fn new(held: [&BTreeMap<Key, Held>; 2]) -> Self {
        let cluster = cluster(2);
        let config = Config { n: 2, anti_entropy: Some(LocalSpan::seconds(1)), ..Config::default() };
        let boot = |place: usize| {
            let (mut effects, mut choose) = (Vec::new(), |_| 0);
            let mut ctx = Ctx::new(cluster.id(place), &cluster, ClockReading::default(), &mut effects, &mut choose);
            let mut replica = Replica::boot(&mut ctx, &config, &Default::default());
            replica.kept.held = held[place].clone();
            Leaderless::Replica(replica)
        };
        let replicas = [boot(0), boot(1)];
        Pair { cluster, replicas, wire: Vec::new(), items: 0 }
    }

    fn run(&mut self, place: usize, handler: impl FnOnce(&mut Leaderless, &mut Ctx<Leaderless>)) {
        let (mut effects, mut choose) = (Vec::new(), |_| 0);
        let id = self.cluster.id(place);
        let mut ctx = Ctx::new(id, &self.cluster, ClockReading::default(), &mut effects, &mut choose);
        handler(&mut self.replicas[place], &mut ctx);
        for effect in effects {
            if let Effect::Send { to, msg } = effect {
                self.items += if let Msg::Items { items, .. } = &msg { items.len() } else { 0 };
                self.wire.push((to.index(), msg));
            }
        }
    }

    /// The first compares with the second, until nothing is left to say.
    fn compare(&mut self) {
        self.run(0, |replica, ctx| replica.on_timer(ctx, Timer::AntiEntropy));
        while !self.wire.is_empty() {
            let (to, msg) = self.wire.remove(0);
            let from = self.cluster.id(1 - to);
            self.run(to, |replica, ctx| replica.on_message(ctx, from, msg));
        }
    }

    fn held(&self, place: usize) -> &BTreeMap<Key, Held> {
        match &self.replicas[place] {
            Leaderless::Replica(replica) => &replica.kept.held,
            Leaderless::Client(_) => panic!("both are replicas"),
        }
    }
}

fn keys(numbers: impl IntoIterator<Item = (usize, i64)>) -> BTreeMap<Key, Held> {
    numbers.into_iter().map(|(key, number)| (format!("k{key}").into(), newest(number, Datum::Int(number)))).collect()
}

proptest! {
    /// After one comparison two replicas hold the same: of each key what is newest.
    #[test]
    fn trees_find_every_difference(
        one in proptest::collection::btree_map(0..40usize, 1..4i64, 0..30),
        other in proptest::collection::btree_map(0..40usize, 1..4i64, 0..30),
    ) {
        let (one, other) = (keys(one), keys(other));
        let mut pair = Pair::new([&one, &other]);
        pair.compare();
        prop_assert_eq!(pair.held(0), pair.held(1));
        for key in one.keys().chain(other.keys()) {
            let mut newest = Held::nothing(Versions::LastWriteWins);
            one.get(key).into_iter().chain(other.get(key)).for_each(|held| newest.merge(held));
            prop_assert_eq!(&pair.held(0)[key], &newest);
        }
    }
}

#[test]
fn only_what_differs_is_sent() {
    let mut one = keys((0..400).map(|key| (key, 1)));
    let same = one.clone();
    let mut pair = Pair::new([&one, &same]);
    pair.compare();
    assert_eq!(pair.items, 0, "the roots agree");
    one.insert("k7".into(), newest(2, Datum::Int(2)));
    let mut pair = Pair::new([&one, &same]);
    pair.compare();
    assert_eq!(pair.held(0), pair.held(1));
    assert!(pair.items < 40, "{} of 400 keys were sent, and one leaf of 32 holds some 12", pair.items);
}

#[test]
fn a_tree_has_every_key_in_one_leaf() {
    let held = keys((0..100).map(|key| (key, 1)));
    let mut parts = vec![Part::root(0), Part::root(1)];
    for _ in 0..DEPTH {
        parts = parts.into_iter().flat_map(Part::children).collect();
    }
    let items: Vec<(Key, Held)> = parts.iter().flat_map(|part| part.items(&held, 2)).collect();
    assert_eq!(items.len(), 100);
    assert_eq!(items.into_iter().collect::<BTreeMap<_, _>>(), held);
}
