//! What a replica holds of a key, and which of two writes stays.

use super::Versions;
use crate::node::{Datum, NodeId, OperationId, node_value};
use crate::protocols::versions::Siblings;

node_value! {
    /// The name of a write, by which writes are ordered: the higher one is the newer (Lynch and Shvartsman 1997).
    #[derive(Copy)]
    pub struct Tag {
        /// A reading of the writer's wall clock, or one more than the highest number that it was told.
        pub number: i64,
        /// The writer: tells equal numbers apart.
        pub client: NodeId,
        /// Its operation: tells its own writes apart.
        pub operation: OperationId,
    }

    /// The values of a key. An absent one is a tombstone: a deletion that is remembered.
    pub enum Held {
        /// The newest write, where there was one.
        Newest(Option<(Tag, Datum)>),
        /// Each write that none has replaced whose writer had seen it.
        Siblings(Siblings<Datum>),
    }
}

impl Held {
    /// Nothing was ever written.
    pub fn nothing(versions: Versions) -> Self {
        match versions {
            Versions::LastWriteWins | Versions::Counted => Held::Newest(None),
            Versions::Siblings => Held::Siblings(Siblings::default()),
        }
    }

    /// The values that are not deleted.
    pub fn values(&self) -> Vec<Datum> {
        let all: Vec<&Datum> = match self {
            Held::Newest(write) => write.iter().map(|(_, value)| value).collect(),
            Held::Siblings(siblings) => siblings.values().collect(),
        };
        all.into_iter().filter(|value| **value != Datum::Absent).cloned().collect()
    }

    /// What a read returns: the value; or all that stand side by side.
    pub fn answer(&self) -> Datum {
        let values = self.values();
        match self {
            Held::Newest(_) => values.into_iter().next().unwrap_or_default(),
            Held::Siblings(_) if values.is_empty() => Datum::Absent,
            Held::Siblings(_) => Datum::List(values.into()),
        }
    }

    /// The number of the newest write; 0 where there is none.
    pub fn number(&self) -> i64 {
        match self {
            Held::Newest(Some((tag, _))) => tag.number,
            _ => 0,
        }
    }

    /// Takes over from another's values what is not replaced by what is here; drops what is replaced by theirs. So all
    /// replicas come to hold the same, in whatever order they hear, and however often.
    pub fn merge(&mut self, other: &Held) {
        match (self, other) {
            (Held::Newest(mine), Held::Newest(theirs)) => {
                let tag = |write: &Option<(Tag, Datum)>| write.as_ref().map(|(tag, _)| *tag);
                if tag(theirs) > tag(mine) {
                    mine.clone_from(theirs);
                }
            }
            (Held::Siblings(mine), Held::Siblings(theirs)) => mine.sync(theirs),
            // All nodes of a run have the same settings.
            _ => {}
        }
    }
}
