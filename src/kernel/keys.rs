//! Which keys clients ask for, and how often each.

use rand::{Rng, RngExt};
use std::sync::Arc;

/// How likely each of the keys `k1`, `k2` and so on is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// For each key its weight and those of all keys before it.
    upto: Arc<[u64]>,
}

impl Keys {
    /// The most keys that there may be.
    pub const MAX: u32 = 1_000_000;

    /// Each as likely as the others.
    pub fn uniform(count: u32) -> Self {
        Keys::weighted((0..count).map(|_| 1))
    }

    /// The first key is asked for that many times in a million; the others share the rest evenly.
    pub fn hot(count: u32, share_ppm: u32) -> Self {
        let others = u64::from(count.saturating_sub(1)).max(1);
        let first = u64::from(share_ppm) * others;
        Keys::weighted((0..count).map(|place| if place == 0 { first } else { u64::from(1_000_000 - share_ppm) }))
    }

    /// Each as likely as its weight.
    pub(super) fn weighted(weights: impl Iterator<Item = u64>) -> Self {
        let upto = weights.scan(0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        Keys { upto: upto.collect() }
    }

    /// How many keys there are.
    pub fn count(&self) -> usize {
        self.upto.len()
    }

    /// Draws a key.
    pub fn draw(&self, chance: &mut impl Rng) -> Arc<str> {
        let all = self.upto.last().copied().unwrap_or(0).max(1);
        let ticket = chance.random_range(0..all);
        let place = self.upto.partition_point(|upto| *upto <= ticket);
        format!("k{}", place + 1).into()
    }
}

#[cfg(test)]
mod tests;
