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
#[inline]
pub fn subject<T: Hash + ?Sized>(key: Key, value: &T) -> u64 {
    let mut hasher = StableHasher::new(key);
    value.hash(&mut hasher);
    hasher.finish()
}

/// Numbers for one draw: a counter, hashed. It implements rand's traits, so that rand's ranges, bools and shuffles work
/// on it.
///
/// The hash is SplitMix64's (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): its start
/// is already the keyed hash of what is drawn for.
#[derive(Clone, Copy, Debug)]
pub struct Draw {
    state: u64,
}

/// SplitMix64's step: the golden ratio's fraction in 64 bits, made odd.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Draw {
    /// The draw for a subject (see [`subject`]) and its occurrence.
    #[inline]
    pub fn new(subject: u64, occurrence: u64) -> Self {
        Draw { state: mix(subject.wrapping_add(occurrence.wrapping_mul(STEP))) }
    }

    /// The numbers for another aspect of the same thing. Aspects do not disturb each other: whether one is drawn at all
    /// changes nothing for the next.
    #[inline]
    pub fn aspect(self, number: u32) -> Draw {
        Draw { state: mix(self.state ^ u64::from(number)) }
    }
}

/// SplitMix64's finalizer.
#[inline]
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl TryRng for Draw {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.next_u64() >> 32) as u32)
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.state = self.state.wrapping_add(STEP);
        Ok(mix(self.state))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next_u64().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// Whether something happens that does so `ppm` times in a million.
#[inline]
pub fn happens(ppm: u32, chance: &mut impl Rng) -> bool {
    use rand::RngExt;
    ppm > 0 && chance.random_range(0..1_000_000u32) < ppm
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers: were one of them to change, every golden trace would.
    #[test]
    fn draws_never_change() {
        let key = derive_key(42, "link", &["n1", "n2"]);
        assert_eq!(key, [4994394246336532882, 8895820328007330101]);
        let mut draw = Draw::new(subject(key, &7u32), 0);
        assert_eq!([draw.next_u64(), draw.next_u64()], [17236667986320020672, 14603856446383432966]);
        // The first output of SplitMix64 for the seed 0, as published with xoshiro's reference code.
        assert_eq!(Draw { state: 0 }.next_u64(), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn keys_differ_by_seed_purpose_and_order_of_ends() {
        let keys = [
            derive_key(1, "link", &["a", "b"]),
            derive_key(2, "link", &["a", "b"]),
            derive_key(1, "timer", &["a", "b"]),
            derive_key(1, "link", &["b", "a"]),
            derive_key(1, "link", &["ab"]),
        ];
        for (place, key) in keys.iter().enumerate() {
            assert!(!keys[..place].contains(key), "key {place}");
        }
    }
}
