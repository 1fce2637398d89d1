//! What a logical clock shows.

use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// The reading of a logical clock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Stamp {
    /// One number for all (Lamport, 1978).
    Number(u64),
    /// A number for each node of the group, in order (Fidge, 1988; Mattern, 1989).
    Vector(Arc<[u64]>),
}

impl Stamp {
    /// Whether this stamp is smaller. Of vectors: no number is larger, and one is smaller; so two may be neither smaller
    /// nor larger. Stamps of different kinds are never compared.
    pub fn is_before(&self, other: &Stamp) -> bool {
        match (self, other) {
            (Stamp::Number(mine), Stamp::Number(theirs)) => mine < theirs,
            (Stamp::Vector(mine), Stamp::Vector(theirs)) if mine.len() == theirs.len() => {
                mine != theirs && mine.iter().zip(theirs.iter()).all(|(mine, theirs)| mine <= theirs)
            }
            _ => false,
        }
    }
}

/// `7`, `[2 0 1]`.
impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stamp::Number(number) => number.fmt(f),
            Stamp::Vector(numbers) => {
                let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
                write!(f, "[{}]", numbers.join(" "))
            }
        }
    }
}
