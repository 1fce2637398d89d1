#![expect(clippy::float_arithmetic, reason = "frequencies are compared with their closed forms")]

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
