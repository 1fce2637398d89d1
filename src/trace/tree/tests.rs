//! Outlines and what differs.

use super::*;
use crate::node::{LOG_CHUNK, Log};
use serde::Serializer;
use std::cell::Cell;
use std::collections::BTreeMap;

thread_local! {
    static LOOKED_AT: Cell<usize> = const { Cell::new(0) };
}

/// A number that counts how often it is looked at.
#[derive(Clone)]
struct Counted(u64);

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        LOOKED_AT.set(LOOKED_AT.get() + 1);
        serializer.serialize_u64(self.0)
    }
}

#[derive(Clone, Serialize)]
struct State {
    log: Log<Counted>,
    vector: Vec<Counted>,
    map: BTreeMap<u64, Counted>,
    pairs: Vec<(u64, Vec<u64>)>,
}

fn cluster() -> Cluster {
    Cluster::new([("replica", vec!["n1", "n2"])]).unwrap()
}

fn state(len: u64) -> State {
    let numbers = || (0..len).map(Counted);
    State {
        log: numbers().collect(),
        vector: numbers().collect(),
        map: (0..len).zip(numbers()).collect(),
        pairs: vec![(1, (0..len).collect())],
    }
}

#[test]
fn an_outline_shows_the_ends_of_what_is_long_and_all_of_what_is_short() {
    let outline = outline_of(&state(10), &cluster());
    let log = "[0 1 (6 more) 8 9]";
    let map = "{0: 0, 1: 1, (6 more), 8: 8, 9: 9}";
    assert_eq!(outline.to_string(), format!("{{log: {log}, vector: {log}, map: {map}, pairs: [[1 {log}]]}}"));
    for len in [0, 1, 8] {
        assert_eq!(outline_of(&state(len), &cluster()), tree_of(&state(len), &cluster()), "of {len} items");
    }
    for field in ["log", "vector", "map"] {
        assert_eq!(outline.field(field).and_then(Tree::count), Some(10));
    }
    assert_eq!(outline.longest_sequence(), 10);
    let lines = outline.lines();
    assert_eq!(lines[..6], ["log: 10 items", "  [0]: 0", "  [1]: 1", "  (6 more)", "  [8]: 8", "  [9]: 9"]);
    assert_eq!(lines[12..16], ["map: 10 entries", "  0: 0", "  1: 1", "  (6 more)"]);
}

#[test]
fn an_outline_takes_as_long_for_a_long_log_as_for_a_short_one() {
    let looks = |len: u64| {
        let state = state(len);
        LOOKED_AT.set(0);
        outline_of(&state, &cluster());
        LOOKED_AT.get()
    };
    assert_eq!(looks(9), looks(100_000));
}

#[test]
fn a_difference_passes_over_what_both_logs_share() {
    let before = state(10_000);
    let mut after = before.clone();
    after.log.push(Counted(7));
    after.log.set(3, Counted(9));
    (after.vector, after.map) = (Vec::new(), BTreeMap::new());
    let before = State { vector: Vec::new(), map: BTreeMap::new(), ..before };
    LOOKED_AT.set(0);
    let changes = changes(&before, &after, &cluster());
    let told: Vec<_> = changes.iter().map(|change| change.path.as_str()).collect();
    assert_eq!(told, ["log[3]", "log[10000]"]);
    assert!(LOOKED_AT.get() <= 4 * LOG_CHUNK, "{} entries were looked at", LOOKED_AT.get());
}

#[test]
fn what_is_long_is_counted() {
    let [one, two] = [1, 2].map(|len| outline_of(&state(len), &cluster()));
    let counted = |tree: &Tree, field| tree.field(field).and_then(Tree::counted);
    assert_eq!([counted(&one, "log"), counted(&one, "map")], [Some("1 item".into()), Some("1 entry".into())]);
    assert_eq!([counted(&two, "log"), counted(&two, "map")], [Some("2 items".into()), Some("2 entries".into())]);
    assert_eq!(one.counted(), None, "a struct is no sequence");
}

#[test]
fn of_many_changes_the_first_are_listed_and_the_rest_is_counted() {
    let told = |before: &State, after: &State| {
        let changes = changes(before, after, &cluster());
        (changes.len(), changes.into_iter().last().unwrap())
    };
    let (empty, full) = (state(0), state(20_000));
    for (from, to) in [(&full, &empty), (&empty, &full)] {
        let log = State { log: from.log.clone(), ..to.clone() };
        let vector = State { vector: from.vector.clone(), ..to.clone() };
        let map = State { map: from.map.clone(), ..to.clone() };
        for (path, before) in [("log", log), ("vector", vector), ("map", map)] {
            let (count, last) = told(&before, to);
            assert_eq!((count, last.path.as_str()), (17, path));
            assert_eq!(last.after.as_deref(), Some("and 19984 more changes"));
        }
    }
    let mut one = full.clone();
    one.map.insert(7, Counted(0));
    assert_eq!(told(&full, &one).1.path, "map.7");
}

#[test]
fn the_first_entry_of_a_log_is_one_change() {
    let changes = changes(&state(0).log, &state(1).log, &cluster());
    assert_eq!(changes, [Change { path: "[0]".to_owned(), before: None, after: Some("0".to_owned()) }]);
}
