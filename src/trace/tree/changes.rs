//! What differs between two states of one node.

use super::build::{Reading, build};
use super::{Chunk, Tree};
use crate::node::Cluster;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One difference between two trees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where, as a path: `log[12]`, `role.next_index.n3`.
    pub path: String,
    /// What was there; `None` where there was nothing.
    pub before: Option<String>,
    /// What is there now; `None` where there is nothing.
    pub after: Option<String>,
}

/// What differs between two values of one type. Chunks of logs that both share are passed over without a look.
pub fn changes<T: Serialize + ?Sized>(before: &T, after: &T, cluster: &Cluster) -> Vec<Change> {
    let (mut old, mut new) = (BTreeSet::new(), BTreeSet::new());
    build(before, cluster, Reading::Collect(&mut old));
    build(after, cluster, Reading::Collect(&mut new));
    let before = build(before, cluster, Reading::Without(&new));
    let after = build(after, cluster, Reading::Without(&old));
    let mut changes = Vec::new();
    differences("", Some(&before), Some(&after), &mut changes);
    changes
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Finds what differs, and names it by its path.
fn differences(path: &str, before: Option<&Tree>, after: Option<&Tree>, changes: &mut Vec<Change>) {
    match (before, after) {
        (None, None) => {}
        (Some(a), Some(b)) if a == b => {}
        (Some(Tree::Struct(one, old)), Some(Tree::Struct(other, new))) if one == other => {
            for ((name, a), (_, b)) in old.iter().zip(new) {
                differences(&join(path, name), Some(a), Some(b), changes);
            }
        }
        (Some(Tree::Named(one, old)), Some(Tree::Named(other, new))) if one == other => {
            differences(path, Some(old), Some(new), changes);
        }
        (Some(Tree::Named(old, _)), Some(Tree::Named(new, content))) if matches!(**content, Tree::Struct(..)) => {
            // Another variant: what it holds stands in the state.
            let (before, after) = (Some((*old).to_owned()), Some((*new).to_owned()));
            changes.push(Change { path: path.to_owned(), before, after });
        }
        (Some(Tree::Map(old)), Some(Tree::Map(new))) => compare_maps(path, old, new, changes),
        (Some(Tree::Sequence(old)), Some(Tree::Sequence(new))) if !small(old, new) => {
            let start = changes.len();
            compare_items(path, 0, old, new, changes);
            shorten(path, start, changes);
        }
        (Some(Tree::Log(old)), Some(Tree::Log(new))) => compare_logs(path, old, new, changes),
        (before, after) => changes.push(Change {
            path: path.to_owned(),
            before: before.map(Tree::to_string),
            after: after.map(Tree::to_string),
        }),
    }
}

/// Whether two sequences are short words, better shown whole: `[n1 n2] -> [n1 n2 n3]`.
fn small(old: &[Tree], new: &[Tree]) -> bool {
    let short = |items: &[Tree]| items.len() <= 8 && items.iter().all(|item| matches!(item, Tree::Word(_)));
    short(old) && short(new)
}

/// How many differing items of one sequence or map are listed; the rest is counted.
const LISTED: usize = 16;

/// Keeps the first of the changes that one sequence or map has added since there were `start`, and counts the rest.
fn shorten(path: &str, start: usize, changes: &mut Vec<Change>) {
    let more = (changes.len() - start).saturating_sub(LISTED);
    if more > 0 {
        changes.truncate(start + LISTED);
        let after = Some(format!("and {more} more changes"));
        changes.push(Change { path: path.to_owned(), before: None, after });
    }
}

fn compare_maps(path: &str, old: &[(Tree, Tree)], new: &[(Tree, Tree)], changes: &mut Vec<Change>) {
    fn by_key(entries: &[(Tree, Tree)]) -> BTreeMap<&Tree, &Tree> {
        entries.iter().map(|(key, value)| (key, value)).collect()
    }
    let (in_old, in_new, start) = (by_key(old), by_key(new), changes.len());
    let kept = old.iter().map(|(key, value)| (key, Some(value), in_new.get(key).copied()));
    let added = new.iter().filter(|(key, _)| !in_old.contains_key(key));
    for (key, before, after) in kept.chain(added.map(|(key, value)| (key, None, Some(value)))) {
        if before != after {
            differences(&join(path, &key.to_string()), before, after, changes);
        }
    }
    shorten(path, start, changes);
}

fn compare_items(path: &str, first: usize, old: &[Tree], new: &[Tree], changes: &mut Vec<Change>) {
    for place in 0..old.len().max(new.len()) {
        differences(&format!("{path}[{}]", first + place), old.get(place), new.get(place), changes);
    }
}

fn compare_logs(path: &str, old: &[Chunk], new: &[Chunk], changes: &mut Vec<Change>) {
    let (mut first, start) = (0, changes.len());
    for place in 0..old.len().max(new.len()) {
        let (a, b) = (old.get(place), new.get(place));
        let same = a.zip(b).is_some_and(|(a, b)| a.address == b.address);
        if !same {
            let entries = |chunk: Option<&Chunk>| chunk.and_then(|c| c.entries.clone()).unwrap_or_default();
            compare_items(path, first, &entries(a), &entries(b), changes);
        }
        first += a.or(b).map_or(0, |chunk| chunk.len);
    }
    shorten(path, start, changes);
}
