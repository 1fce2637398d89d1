//! Linearizability, in a search: all orders at once.
//!
//! For each key are kept the operations that have begun and not ended, and every way in which things may stand: what the key
//! holds, and which of those operations have taken effect, with what each is then to return. When an operation ends, ways
//! that had it return something else are given up; where none is left, no order explains what clients were told (the
//! powerset construction that Wing and Gong's search walks through: Lowe, "Testing for linearizability", 2017).
//!
//! Clients whose operation's end is never learnt keep it among those that have begun: it may take effect at any later time.

use super::super::calls::{Model, Told};
use crate::node::{Datum, Fact, Key, NodeId, Op, OperationId, Outcome, Seen};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is known of each key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Linear {
    keys: BTreeMap<Key, Ways>,
    /// The key of each operation that has begun and not ended.
    begun: BTreeMap<OperationId, Key>,
}

/// The ways in which things may stand with a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Ways {
    open: BTreeMap<OperationId, (NodeId, Op)>,
    ways: BTreeSet<Way>,
}

/// One of them: what the key holds, and the open operations that have taken effect, each with what the key held then.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Way {
    holds: Datum,
    taken: BTreeMap<OperationId, Datum>,
}

impl Default for Ways {
    fn default() -> Self {
        Ways { open: BTreeMap::new(), ways: BTreeSet::from([Way::default()]) }
    }
}

impl Linear {
    /// Whether what is seen has no order.
    pub fn breaks(&mut self, node: NodeId, seen: &Seen) -> bool {
        match seen {
            Seen::Operation(operation) => {
                if let Some(key) = operation.op.key() {
                    self.begun.insert(operation.id, key.clone());
                    let ways = self.keys.entry(key.clone()).or_default();
                    ways.open.insert(operation.id, (node, operation.op.clone()));
                }
                false
            }
            Seen::Fact(Fact::Returned { operation, outcome }) => {
                let Some(key) = self.begun.remove(operation) else { return false };
                let Some(ways) = self.keys.get_mut(&key) else { return false };
                ways.end(*operation, outcome)
            }
            _ => false,
        }
    }
}

impl Ways {
    /// An operation has ended; says whether no way is left.
    fn end(&mut self, id: OperationId, outcome: &Outcome) -> bool {
        let Some((client, op)) = self.open.get(&id).cloned() else { return false };
        let told = match outcome {
            Outcome::Ok(value) => Told::Value(value.clone()),
            Outcome::Failed => {
                // It took no effect: the ways in which it did are given up.
                self.ways.retain(|way| !way.taken.contains_key(&id));
                self.open.remove(&id);
                return self.ways.is_empty();
            }
        };
        self.take_effect();
        let name = name_of(client);
        self.ways = std::mem::take(&mut self.ways)
            .into_iter()
            .filter_map(|mut way| {
                let before = way.taken.remove(&id)?;
                Model::Store.step(&before, &name, &op, &told).map(|_| way)
            })
            .collect();
        self.open.remove(&id);
        self.ways.is_empty()
    }

    /// Adds every way in which open operations may have taken effect by now.
    fn take_effect(&mut self) {
        let mut fresh: Vec<Way> = self.ways.iter().cloned().collect();
        while let Some(way) = fresh.pop() {
            for (id, (client, op)) in self.open.iter().filter(|(id, _)| !way.taken.contains_key(id)) {
                // A compare-and-set that finds another value takes effect as well: it is to say so.
                let name = name_of(*client);
                let steps = [Told::Nothing, Told::Mismatch]
                    .into_iter()
                    .filter(|told| *told == Told::Nothing || matches!(op, Op::Cas { .. }));
                for told in steps {
                    let Some(holds) = Model::Store.step(&way.holds, &name, op, &told) else { continue };
                    let mut taken = way.taken.clone();
                    taken.insert(*id, way.holds.clone());
                    let next = Way { holds, taken };
                    if self.ways.insert(next.clone()) {
                        fresh.push(next);
                    }
                }
            }
        }
    }
}

/// What a lock remembers of who holds it.
fn name_of(client: NodeId) -> Arc<str> {
    client.index().to_string().into()
}
