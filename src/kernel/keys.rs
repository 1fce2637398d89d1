//! Which keys clients ask for, and how often each.

use super::law::zipf_weight;
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

    /// By Zipf's law: the key of rank `r` is `r ^ exponent` times as rare as the first.
    pub fn zipf(count: u32, exponent: f64) -> Self {
        Keys::weighted((1..=count).map(|rank| zipf_weight(rank, exponent)))
    }

    /// The first key is asked for that many times in a million; the others share the rest evenly.
    pub fn hot(count: u32, share_ppm: u32) -> Self {
        let others = u64::from(count.saturating_sub(1)).max(1);
        let first = u64::from(share_ppm) * others;
        Keys::weighted((0..count).map(|place| if place == 0 { first } else { u64::from(1_000_000 - share_ppm) }))
    }

    fn weighted(weights: impl Iterator<Item = u64>) -> Self {
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
#[expect(clippy::float_arithmetic, reason = "frequencies are compared with their closed forms")]
mod tests {
    use super::*;
    use crate::kernel::draw::Draw;

    const DRAWS: u64 = 50_000;

    /// The share of each key in many draws.
    fn shares(keys: &Keys) -> Vec<f64> {
        let mut counts = vec![0u64; keys.count()];
        for number in 0..DRAWS {
            let key = keys.draw(&mut Draw::new(42, number));
            let rank: usize = key[1..].parse().unwrap();
            counts[rank - 1] += 1;
        }
        counts.into_iter().map(|count| count as f64 / DRAWS as f64).collect()
    }

    fn near(found: f64, expected: f64) -> bool {
        (found - expected).abs() < 0.006
    }

    #[test]
    fn zipf_is_the_closed_form() {
        for exponent in [0.0, 0.8, 1.0, 2.0] {
            let harmonic: f64 = (1..=100).map(|rank| libm::pow(f64::from(rank), -exponent)).sum();
            for (place, share) in shares(&Keys::zipf(100, exponent)).into_iter().enumerate() {
                let expected = libm::pow((place + 1) as f64, -exponent) / harmonic;
                assert!(near(share, expected), "rank {} of {exponent}: {share} against {expected}", place + 1);
            }
        }
    }

    #[test]
    fn a_hot_key_has_its_share_and_the_others_share_the_rest() {
        let hot = shares(&Keys::hot(11, 900_000));
        assert!(near(hot[0], 0.9) && hot[1..].iter().all(|share| near(*share, 0.01)), "{hot:?}");
        assert_eq!(shares(&Keys::hot(3, 1_000_000)), [1.0, 0.0, 0.0]);
        assert_eq!(shares(&Keys::hot(1, 1)), [1.0]);
        assert!(shares(&Keys::uniform(4)).iter().all(|share| near(*share, 0.25)));
    }
}
