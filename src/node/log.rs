//! A sequence that is cheap to clone however long it is.

use serde::ser::{Serialize, SerializeSeq, SerializeStruct, Serializer};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Entries in a chunk, and chunks in a block.
pub const LOG_CHUNK: usize = 64;

/// The name under which a [`Log`] serializes to whoever asks for the form that is not for people.
pub const LOG_NAME: &str = "pessimist::Log";

/// The name of one chunk within that form.
pub const LOG_CHUNK_NAME: &str = "pessimist::Log::chunk";

/// A log of at most so many entries is short: whoever wants the ends of a log gets all of it.
pub const LOG_SHORT: usize = 8;

/// How many first entries, and how many last ones, the ends of a longer log are.
pub const LOG_ENDS: usize = 2;

/// What nodes, disks and monitors keep long sequences in.
///
/// Full chunks of [`LOG_CHUNK`] entries are shared between clones, and so are full blocks of as many chunks: a clone
/// copies a few pointers, and the first `push` after it one chunk. The shape depends on the length alone, so that the
/// derived comparisons and hash are those of the content.
///
/// Cost for `n` entries: `clone` O(n / 4096), `push` and `get` O(1), `truncate` O(64 + n / 4096).
///
/// # Serialized form
///
/// To formats that people read a log is a plain sequence. To others (`is_human_readable` is false) it is a struct that
/// offers two readings, of which one is to be taken: its ends (`len`, `first` and `last`), for who wants an outline; and
/// its `chunks`, each a struct of its `address` in memory, its `len` and its `entries`, so that a differ can pass over what
/// two states share.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Log<T> {
    blocks: Vec<Arc<Vec<Chunk<T>>>>,
    chunks: Vec<Chunk<T>>,
    tail: Chunk<T>,
}

type Chunk<T> = Arc<Vec<T>>;

const BLOCK: usize = LOG_CHUNK * LOG_CHUNK;

impl<T> Default for Log<T> {
    fn default() -> Self {
        Log { blocks: Vec::new(), chunks: Vec::new(), tail: Arc::new(Vec::new()) }
    }
}

impl<T: Clone> Log<T> {
    /// An empty log.
    pub fn new() -> Self {
        Log::default()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.blocks.len() * BLOCK + self.chunks.len() * LOG_CHUNK + self.tail.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds an entry at the end.
    pub fn push(&mut self, entry: T) {
        Arc::make_mut(&mut self.tail).push(entry);
        if self.tail.len() == LOG_CHUNK {
            self.chunks.push(std::mem::take(&mut self.tail));
        }
        if self.chunks.len() == LOG_CHUNK {
            self.blocks.push(Arc::new(std::mem::take(&mut self.chunks)));
        }
    }

    /// The entry at a position from 0, or `None` past the end.
    pub fn get(&self, position: usize) -> Option<&T> {
        self.chunk(position / LOG_CHUNK)?.get(position % LOG_CHUNK)
    }

    /// Replaces the entry at a position. Panics past the end.
    pub fn set(&mut self, position: usize, entry: T) {
        assert!(position < self.len(), "position {position} is past the end of a log of {}", self.len());
        let (block, chunk) = (position / BLOCK, position / LOG_CHUNK);
        let chunk = if block < self.blocks.len() {
            &mut Arc::make_mut(&mut self.blocks[block])[chunk % LOG_CHUNK]
        } else if chunk % LOG_CHUNK < self.chunks.len() {
            &mut self.chunks[chunk % LOG_CHUNK]
        } else {
            &mut self.tail
        };
        Arc::make_mut(chunk)[position % LOG_CHUNK] = entry;
    }

    /// The last entry, if any.
    pub fn last(&self) -> Option<&T> {
        self.get(self.len().checked_sub(1)?)
    }

    /// Keeps the first `len` entries; does nothing where there are no more than that.
    pub fn truncate(&mut self, len: usize) {
        if len >= self.len() {
            return;
        }
        if len < self.blocks.len() * BLOCK {
            self.chunks = self.blocks[len / BLOCK].to_vec();
            self.blocks.truncate(len / BLOCK);
            self.tail = Arc::default();
        }
        let within = len - self.blocks.len() * BLOCK;
        if within < self.chunks.len() * LOG_CHUNK {
            self.tail = self.chunks[within / LOG_CHUNK].clone();
            self.chunks.truncate(within / LOG_CHUNK);
        }
        Arc::make_mut(&mut self.tail).truncate(within % LOG_CHUNK);
    }

    /// The entries from `start` on, in order.
    pub fn iter_from(&self, start: usize) -> impl Iterator<Item = &T> + '_ {
        let first = start / LOG_CHUNK;
        let chunks = (first..).map_while(|number| self.chunk(number));
        chunks.flat_map(|chunk| chunk.iter()).skip(start % LOG_CHUNK)
    }

    /// Every entry in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> + '_ {
        self.iter_from(0)
    }

    /// The chunk of that number, the last one perhaps not full, or `None` past the end.
    fn chunk(&self, number: usize) -> Option<&Chunk<T>> {
        let (block, within) = (number / LOG_CHUNK, number % LOG_CHUNK);
        match self.blocks.get(block) {
            Some(block) => block.get(within),
            None if block > self.blocks.len() => None,
            None if within == self.chunks.len() && !self.tail.is_empty() => Some(&self.tail),
            None => self.chunks.get(within),
        }
    }
}

impl<T: Clone> FromIterator<T> for Log<T> {
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Self {
        let mut log = Log::new();
        log.extend(entries);
        log
    }
}

impl<T: Clone> Extend<T> for Log<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, entries: I) {
        entries.into_iter().for_each(|entry| self.push(entry));
    }
}

impl<T: Clone + fmt::Debug> fmt::Debug for Log<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T: Clone + Serialize> Serialize for Log<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            let mut sequence = serializer.serialize_seq(Some(self.len()))?;
            for entry in self.iter() {
                sequence.serialize_element(entry)?;
            }
            sequence.end()
        } else {
            let len = self.len();
            let (first, last) = if len > LOG_SHORT { (LOG_ENDS, len - LOG_ENDS) } else { (len, len) };
            let mut readings = serializer.serialize_struct(LOG_NAME, 4)?;
            readings.serialize_field("len", &len)?;
            readings.serialize_field("first", &Part(self, 0..first))?;
            readings.serialize_field("last", &Part(self, last..len))?;
            readings.serialize_field("chunks", &Chunks(self))?;
            readings.end()
        }
    }
}

/// A part of a log.
struct Part<'a, T>(&'a Log<T>, Range<usize>);

impl<T: Clone + Serialize> Serialize for Part<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter_from(self.1.start).take(self.1.len()))
    }
}

/// A log as the sequence of its chunks.
struct Chunks<'a, T>(&'a Log<T>);

impl<T: Clone + Serialize> Serialize for Chunks<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((0..).map_while(|number| self.0.chunk(number)).map(Addressed))
    }
}

/// One chunk with its address.
struct Addressed<'a, T>(&'a Chunk<T>);

impl<T: Serialize> Serialize for Addressed<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut chunk = serializer.serialize_struct(LOG_CHUNK_NAME, 3)?;
        chunk.serialize_field("address", &(Arc::as_ptr(self.0) as usize as u64))?;
        chunk.serialize_field("len", &self.0.len())?;
        chunk.serialize_field("entries", self.0.as_slice())?;
        chunk.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        Push(usize),
        Truncate(usize),
        Set(usize),
        Clone,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (1usize..5000).prop_map(Step::Push),
            (0usize..10_000).prop_map(Step::Truncate),
            (0usize..10_000).prop_map(Step::Set),
            Just(Step::Clone),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_log_is_a_vector(steps in proptest::collection::vec(step(), 1..12)) {
            let (mut log, mut vector) = (Log::new(), Vec::new());
            let mut kept = Vec::new();
            for (place, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Push(count) => (0..count).for_each(|n| { log.push(n * place); vector.push(n * place); }),
                    Step::Truncate(len) => { log.truncate(len); vector.truncate(len); }
                    Step::Set(at) if at < vector.len() => { log.set(at, 7); vector[at] = 7; }
                    Step::Set(_) => {}
                    Step::Clone => kept.push((log.clone(), vector.clone())),
                }
                prop_assert_eq!(log.len(), vector.len());
                let rebuilt: Log<usize> = vector.iter().copied().collect();
                prop_assert_eq!(&log, &rebuilt, "the shape depends on the content alone");
                let from = vector.len() / 3;
                prop_assert!(log.iter_from(from).eq(&vector[from..]));
                prop_assert_eq!(log.last(), vector.last());
                prop_assert_eq!(log.get(from), vector.get(from));
            }
            for (log, vector) in kept {
                prop_assert!(log.iter().eq(&vector), "a clone does not see later changes");
            }
        }
    }
}
