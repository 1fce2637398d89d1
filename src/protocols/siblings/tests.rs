//! The three clocks in the one case that tells them apart: two clients, one server.

use super::{Clocks, Held};
use crate::node::{Cluster, Datum, NodeId};
use crate::protocols::versions::VersionVector;

fn server(place: usize) -> NodeId {
    Cluster::new([("replica", vec!["n1", "n2"])]).unwrap().id(place)
}

/// Two clients write by turns, each knowing what it was shown after its own last write; what is held after each.
fn by_turns(clocks: Clocks, writes: i64, place: impl Fn(i64) -> usize) -> Vec<Vec<i64>> {
    let mut held = [Held::new(clocks), Held::new(clocks)];
    let mut contexts = [VersionVector::default(), VersionVector::default()];
    let int = |value: Datum| if let Datum::Int(number) = value { number } else { panic!("{value}") };
    let write = |number: i64| {
        let (client, at) = ((number % 2) as usize, place(number));
        held[at].put(&contexts[client], server(at), Datum::Int(number));
        contexts[client] = held[at].context();
        let other = held[at].clone();
        held[1 - at].sync(&other);
        held[at].values().into_iter().map(int).collect()
    };
    (1..=writes).map(write).collect()
}

#[test]
fn a_vector_for_each_value_loses_writes() {
    assert_eq!(by_turns(Clocks::OfEachValue, 4, |_| 0), [[1], [2], [3], [4]], "2 never saw 1, 3 never saw 2");
}

#[test]
fn one_vector_for_all_values_explodes() {
    let held = by_turns(Clocks::OfAllValues, 5, |_| 0);
    assert_eq!(held[4], [1, 2, 3, 4, 5], "3 had seen 1, and could not say so");
}

#[test]
fn dots_keep_what_was_not_seen() {
    assert_eq!(by_turns(Clocks::Dotted, 5, |_| 0), [vec![1], vec![1, 2], vec![2, 3], vec![3, 4], vec![4, 5]]);
}

#[test]
fn a_server_for_each_client_needs_no_dots() {
    let apart = |number: i64| (number % 2) as usize;
    let sorted = |clocks| -> Vec<Vec<i64>> {
        let mut held = by_turns(clocks, 5, apart);
        held.iter_mut().for_each(|values| values.sort_unstable());
        held
    };
    assert_eq!(sorted(Clocks::OfEachValue), sorted(Clocks::Dotted));
}
