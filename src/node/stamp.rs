//! What a node stamps its events with.

use super::LocalTime;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// The reading of a logical clock, or of one that stays near the wall.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Stamp {
    /// One number for all (Lamport, 1978).
    Number(u64),
    /// A number for each node of the group, in order (Fidge, 1988; Mattern, 1989).
    Vector(Arc<[u64]>),
    /// A time of day and, among those of one time, a number (Kulkarni and others, 2014).
    Time {
        /// The time, in nanoseconds of whatever clock the protocol keeps.
        time: i64,
        /// What tells stamps of one time apart: a count of events, or the place of a node.
        count: u64,
    },
}

impl Stamp {
    /// Whether this stamp is smaller. Of vectors: no number is larger, and one is smaller; so two may be neither smaller
    /// nor larger. Stamps of different kinds are never compared.
    pub fn is_before(&self, other: &Stamp) -> bool {
        match (self, other) {
            (Stamp::Number(mine), Stamp::Number(theirs)) => mine < theirs,
            (Stamp::Time { .. }, Stamp::Time { .. }) => self < other,
            (Stamp::Vector(mine), Stamp::Vector(theirs)) if mine.len() == theirs.len() => {
                mine != theirs && mine.iter().zip(theirs.iter()).all(|(mine, theirs)| mine <= theirs)
            }
            _ => false,
        }
    }
}

/// `7`, `[2 0 1]`, `1.250000 s`, `1.250000 s #3`.
impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stamp::Number(number) => number.fmt(f),
            Stamp::Vector(numbers) => {
                let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
                write!(f, "[{}]", numbers.join(" "))
            }
            Stamp::Time { time, count } => {
                LocalTime(*time).fmt(f)?;
                if *count > 0 { write!(f, " #{count}") } else { Ok(()) }
            }
        }
    }
}
