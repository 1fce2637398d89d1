//! What a replica holds of a key, under each kind of clock.

use crate::node::{Datum, NodeId, node_value};
use crate::protocols::versions::{Siblings, VersionVector};
use serde::{Deserialize, Serialize};

/// How replicas know what a write has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Clocks {
    /// A version vector for each value: the context, and the server's next number. The vector of a second client's write
    /// covers the first one's, which this client never saw: that write is lost.
    OfEachValue,
    /// One version vector for all values of a key. A context that lacks anybody's last write may not replace anything,
    /// not even what its client has seen: old values stay, and siblings explode.
    OfAllValues,
    /// A dotted version vector for each value.
    Dotted,
}

node_value! {
    /// The values of a key that stand side by side.
    pub enum Held {
        /// Each with a vector of its own.
        OfEachValue(Vec<(Datum, VersionVector)>),
        /// All with one vector.
        OfAllValues(Vec<Datum>, VersionVector),
        /// Each with its dot and its past.
        Dotted(Siblings<Datum>),
    }
}

impl Held {
    /// Nothing yet.
    pub fn new(clocks: Clocks) -> Self {
        match clocks {
            Clocks::OfEachValue => Held::OfEachValue(Vec::new()),
            Clocks::OfAllValues => Held::OfAllValues(Vec::new(), VersionVector::default()),
            Clocks::Dotted => Held::Dotted(Siblings::default()),
        }
    }

    /// The values.
    pub fn values(&self) -> Vec<Datum> {
        match self {
            Held::OfEachValue(versions) => versions.iter().map(|(value, _)| value.clone()).collect(),
            Held::OfAllValues(values, _) => values.clone(),
            Held::Dotted(siblings) => siblings.values().cloned().collect(),
        }
    }

    /// What whoever has seen the values has seen.
    pub fn context(&self) -> VersionVector {
        match self {
            Held::OfEachValue(versions) => {
                let mut all = VersionVector::default();
                versions.iter().for_each(|(_, vector)| all.join(vector));
                all
            }
            Held::OfAllValues(_, vector) => vector.clone(),
            Held::Dotted(siblings) => siblings.join(),
        }
    }

    /// A client writes at this server, knowing a context.
    pub fn put(&mut self, context: &VersionVector, server: NodeId, value: Datum) {
        let mut known = self.context();
        match self {
            Held::OfEachValue(versions) => {
                let mut vector = context.clone();
                vector.add(known.increment(server));
                versions.retain(|(_, older)| !vector.descends(older));
                versions.push((value, vector));
            }
            Held::OfAllValues(values, vector) => {
                if context.descends(vector) {
                    values.clear();
                }
                values.push(value);
                vector.join(context);
                vector.increment(server);
            }
            Held::Dotted(siblings) => siblings.update(context, server, value),
        }
    }

    /// What is left of two servers' values: of each, what the other does not replace.
    pub fn sync(&mut self, other: &Held) {
        match (self, other) {
            (Held::OfEachValue(mine), Held::OfEachValue(theirs)) => {
                let new = theirs.iter().filter(|(_, vector)| !mine.iter().any(|(_, known)| known.descends(vector)));
                let new: Vec<_> = new.cloned().collect();
                mine.retain(|(_, vector)| !new.iter().any(|(_, newer)| newer.descends(vector)));
                mine.extend(new);
            }
            (Held::OfAllValues(mine, vector), Held::OfAllValues(theirs, other)) => {
                if other.descends(vector) {
                    mine.clone_from(theirs);
                } else if !vector.descends(other) {
                    mine.extend(theirs.iter().filter(|value| !mine.contains(value)).cloned().collect::<Vec<_>>());
                }
                vector.join(other);
            }
            (Held::Dotted(mine), Held::Dotted(theirs)) => mine.sync(theirs),
            // All replicas of a cluster keep the same clocks.
            _ => {}
        }
    }
}
