//! Linearizability: each call takes effect at one moment between its beginning and its end (Herlihy and Wing, 1990).

use super::Call;
use super::entries::{Entry, Keyed, Meaning, by_key};
use super::patterns::{Known, known};
use super::search::{Budget, Found, Item, Problem, search};
use super::smallest::{Conflict, of_pattern, smallest};

/// What is found of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// There is an order that explains all calls, for each of so many keys.
    Explained {
        /// How many calls constrain it.
        calls: usize,
        /// How many keys there are.
        keys: usize,
    },
    /// There is none.
    Unexplained(Box<Conflict>),
    /// The limit came first.
    Undecided {
        /// How many keys were found to be in order before.
        decided: usize,
        /// How many keys there are.
        keys: usize,
        /// How many states were tried in all.
        states: u64,
    },
}

/// Judges a history, key by key. Of several keys that no order explains, the one whose conflict ends first is told; a
/// conflict that is found without a search spares the others theirs.
pub fn linearizable(calls: &[Call], meaning: Meaning, budget: &mut Budget<'_>) -> Judgement {
    let keyed = by_key(calls, meaning);
    let (mut patterns, mut open) = (Vec::new(), Vec::new());
    for keyed in &keyed {
        match known(keyed) {
            Known::Order => {}
            Known::Conflict { entries, stuck } => patterns.push((stuck, keyed, entries)),
            Known::Nothing => open.push(keyed),
        }
    }
    if let Some((stuck, keyed, entries)) = patterns.into_iter().min_by_key(|(stuck, ..)| *stuck) {
        return Judgement::Unexplained(Box::new(of_pattern(calls, keyed, meaning, &entries, stuck)));
    }
    let given = budget.states;
    let (mut undecided, mut conflicts) = (0, Vec::new());
    for keyed in open {
        match search(&problem(keyed), budget) {
            Found::Order => {}
            Found::None(stuck) => conflicts.push((stuck, keyed)),
            Found::Undecided => undecided += 1,
        }
    }
    let count = keyed.iter().map(|keyed| keyed.entries.len()).sum();
    match conflicts.into_iter().min_by_key(|(stuck, _)| *stuck) {
        Some((stuck, keyed)) => Judgement::Unexplained(Box::new(smallest(calls, keyed, meaning, stuck, budget))),
        None if undecided == 0 => Judgement::Explained { calls: count, keys: keyed.len() },
        None => Judgement::Undecided {
            decided: keyed.len() - undecided,
            keys: keyed.len(),
            states: given - budget.states,
        },
    }
}

/// The whole history of a key.
fn problem(keyed: &Keyed) -> Problem {
    let items = keyed.entries.iter().map(item).collect();
    Problem { model: keyed.model, items, free: Vec::new(), past: Vec::new(), late: u32::MAX, past_is_open: false }
}

/// An entry in the search.
pub fn item(entry: &Entry) -> Item {
    Item {
        client: entry.client.clone(),
        op: entry.op.clone(),
        told: entry.told.clone(),
        invoked: entry.invoked,
        ended: entry.ended,
    }
}
