//! Where chance comes from: keyed draws, so that one changed fact changes no other draw.
//!
//! ChaCha8 derives a key for each (seed, purpose, names of the ends). A draw hashes what it is for under that key: a
//! message's content and its occurrence on its link, a timer and the instant at which it is set, a rule and how often it
//! has applied. Nothing depends on how many draws were made before, nor on the order or number of nodes.

use crate::node::StableHasher;
use rand::{Rng, SeedableRng, TryRng};
use rand_chacha::ChaCha8Rng;
use std::convert::Infallible;
use std::hash::{Hash, Hasher};

/// A 128-bit key for one purpose between given ends.
pub type Key = [u64; 2];

/// Derives the key for a purpose and the names of those whom it concerns.
pub fn derive_key(seed: u64, purpose: &str, names: &[&str]) -> Key {
    let mut material = [0; 32];
    material[..8].copy_from_slice(&seed.to_le_bytes());
    let mut chance = ChaCha8Rng::from_seed(material);
    let mut stream = StableHasher::new([0, 0]);
    (purpose, names).hash(&mut stream);
    chance.set_stream(stream.finish());
    [chance.next_u64(), chance.next_u64()]
}

/// The hash of what a draw is for, under a key.
pub fn subject<T: Hash + ?Sized>(key: Key, value: &T) -> u64 {
    let mut hasher = StableHasher::new(key);
    value.hash(&mut hasher);
    hasher.finish()
}

/// Numbers for one draw: the hash of a counter under the draw's own key. It implements rand's traits, so that rand's
/// ranges, bools and shuffles work on it.
#[derive(Clone, Debug)]
pub struct Draw {
    key: Key,
    counter: u64,
}

impl Draw {
    /// The draw for a subject and its occurrence, under a key.
    pub fn new(key: Key, subject: u64, occurrence: u64) -> Self {
        // Spread apart by odd constants (the golden ratio's fraction and another of high weight), then hashed.
        let salt = occurrence.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Draw { key: [key[0] ^ subject, key[1] ^ salt], counter: 0 }
    }

    /// The numbers for another aspect of the same thing. Aspects do not disturb each other: whether one is drawn at all
    /// changes nothing for the next.
    pub fn aspect(&self, number: u32) -> Draw {
        Draw { key: self.key, counter: u64::from(number) << 32 }
    }
}

impl TryRng for Draw {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.next_u64() >> 32) as u32)
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut hasher = StableHasher::new(self.key);
        hasher.write_u64(self.counter);
        self.counter += 1;
        Ok(hasher.finish())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next_u64().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// Whether something happens that does so `ppm` times in a million.
pub fn happens(ppm: u32, chance: &mut impl Rng) -> bool {
    use rand::RngExt;
    ppm > 0 && chance.random_range(0..1_000_000u32) < ppm
}
