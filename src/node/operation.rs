//! What clients ask for and what they are told: one vocabulary for every protocol.

use super::LocalSpan;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The name of a register, key, lock or account.
pub type Key = Arc<str>;

/// A value that clients store and read.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Datum {
    /// Nothing is stored there.
    #[default]
    Absent,
    /// A number.
    Int(i64),
    /// A text.
    Text(Arc<str>),
    /// What appends have built.
    List(Arc<[Datum]>),
}

impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Datum::Absent => f.write_str("nothing"),
            Datum::Int(n) => n.fmt(f),
            Datum::Text(text) => write!(f, "{text:?}"),
            Datum::List(items) => {
                f.write_str("[")?;
                for (place, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if place == 0 { "" } else { " " })?;
                }
                f.write_str("]")
            }
        }
    }
}

/// The number of an operation within a run, from 0 in the order of invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperationId(pub u32);

/// What a client wants done.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Op {
    /// Read what a key holds.
    Get(Key),
    /// Store a value under a key.
    Put(Key, Datum),
    /// Add a value to the end of the list that a key holds.
    Append(Key, Datum),
    /// Store `new` where the key holds `expected`; fail otherwise.
    Cas {
        /// The key.
        key: Key,
        /// What it must hold.
        expected: Datum,
        /// What it is to hold then.
        new: Datum,
    },
    /// Remove a key.
    Delete(Key),
    /// Remove the first value of the list that a key holds, and return it: a list that is appended to is a queue.
    Take(Key),
    /// Take a lock.
    Acquire(Key),
    /// Give a lock back.
    Release(Key),
    /// Tell everyone.
    Broadcast(Datum),
    /// Anything else that a protocol understands, by name.
    Do(Key, Datum),
}

impl Op {
    /// The key that this operation is about, where there is one.
    pub fn key(&self) -> Option<&Key> {
        match self {
            Op::Get(key) | Op::Put(key, _) | Op::Append(key, _) | Op::Delete(key) | Op::Take(key) => Some(key),
            Op::Cas { key, .. } | Op::Acquire(key) | Op::Release(key) => Some(key),
            Op::Broadcast(_) | Op::Do(..) => None,
        }
    }

    /// The same, to be changed.
    pub fn key_mut(&mut self) -> Option<&mut Key> {
        match self {
            Op::Get(key) | Op::Put(key, _) | Op::Append(key, _) | Op::Delete(key) | Op::Take(key) => Some(key),
            Op::Cas { key, .. } | Op::Acquire(key) | Op::Release(key) => Some(key),
            Op::Broadcast(_) | Op::Do(..) => None,
        }
    }

    /// Whether carrying it out changes nothing.
    pub fn is_read(&self) -> bool {
        matches!(self, Op::Get(_))
    }
}

impl fmt::Display for Op {
    /// Short, as a story says it: `x=1`, `get x`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Op::Get(key) => write!(f, "get {key}"),
            Op::Put(key, value) => write!(f, "{key}={value}"),
            Op::Append(key, value) => write!(f, "{key}+={value}"),
            Op::Cas { key, expected, new } => write!(f, "{key}={new} if {expected}"),
            Op::Delete(key) => write!(f, "delete {key}"),
            Op::Take(key) => write!(f, "take from {key}"),
            Op::Acquire(key) => write!(f, "acquire {key}"),
            Op::Release(key) => write!(f, "release {key}"),
            Op::Broadcast(value) => write!(f, "tell all {value}"),
            Op::Do(name, Datum::Absent) => write!(f, "{name}"),
            Op::Do(name, value) => write!(f, "{name} {value}"),
        }
    }
}

/// Whether a client asks again when no answer comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Retry {
    /// Ask once; after the timeout the outcome is unknown.
    Never,
    /// Ask again, another server if need be, until the timeout.
    #[default]
    UntilTimeout,
}

/// A command as it is given to a client node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Operation {
    /// Its number within the run.
    pub id: OperationId,
    /// What is wanted.
    pub op: Op,
    /// How long the client waits before it gives up, its outcome unknown; for ever where absent.
    pub timeout: Option<LocalSpan>,
    /// Whether it asks again meanwhile.
    pub retry: Retry,
}

/// How an operation ended, as its client knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// It took effect and returned this.
    Ok(Datum),
    /// It certainly took no effect.
    Failed,
}
