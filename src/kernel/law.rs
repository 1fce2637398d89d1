//! Laws of chance for delays and gaps.
#![expect(clippy::float_arithmetic, reason = "laws with ln and exp use libm, which is the same on every platform")]

use super::keys::Keys;
use crate::node::SimSpan;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};
use std::sync::Arc;

/// How a span of time is drawn, in whole nanoseconds, rounded down.
#[derive(Clone, Debug, PartialEq)]
pub enum Law {
    /// Always the same.
    Constant(SimSpan),
    /// Anything from the first to the second, both included, with equal chance.
    Uniform(SimSpan, SimSpan),
    /// Exponential with this mean: what has no memory.
    Exponential(SimSpan),
    /// Log-normal: `median * exp(sigma * Z)` with Z standard normal; the shape of delays on real networks.
    LogNormal {
        /// Half of all draws are below this.
        median: SimSpan,
        /// The spread; 0.5 is mild, 2 is wild.
        sigma: f64,
    },
    /// Normal: `mean + deviation * Z` with Z standard normal. What would be below 0 is 0.
    Normal {
        /// The mean, as long as 0 is some deviations away.
        mean: SimSpan,
        /// The standard deviation.
        deviation: SimSpan,
    },
    /// Pareto: longer than `x` with probability `(scale / x) ^ shape`. Rare spans are very long: the tail of a disk or a
    /// queue. Its mean is finite only where the shape is above 1.
    Pareto {
        /// No draw is below this.
        scale: SimSpan,
        /// The smaller, the longer the tail.
        shape: f64,
    },
    /// One of several laws, each as likely as its weight.
    Mixture(Arc<[(u32, Law)]>),
    /// One of these spans, each as likely as the others: what was measured somewhere.
    Recorded(Arc<[SimSpan]>),
    /// All of these, one after the other: the cables of a route.
    Sum(Arc<[Law]>),
}

impl Law {
    /// Whether every draw gives the same span.
    pub fn is_constant(&self) -> bool {
        matches!(self, Law::Constant(_))
    }

    /// All of these laws, one after the other. Where none of them leaves anything to chance, neither does this.
    pub fn sum(laws: Vec<Law>) -> Law {
        let fixed = laws.iter().map(|law| if let Law::Constant(span) = law { Some(*span) } else { None });
        match fixed.collect::<Option<Vec<SimSpan>>>() {
            Some(spans) => Law::Constant(spans.into_iter().fold(SimSpan::ZERO, |sum, span| sum + span)),
            None if laws.len() == 1 => laws[0].clone(),
            None => Law::Sum(laws.into()),
        }
    }

    /// Draws a span. One draw is at most 2^63 ns, some 292 years.
    #[inline]
    pub fn draw(&self, chance: &mut impl Rng) -> SimSpan {
        match self {
            Law::Constant(span) => *span,
            Law::Uniform(least, most) => SimSpan(chance.random_range(least.0..=most.0)),
            _ => self.draw_rare(chance),
        }
    }

    /// The laws that stay out of line, so that the common ones are short enough to be drawn inline.
    #[inline(never)]
    fn draw_rare<R: Rng>(&self, chance: &mut R) -> SimSpan {
        match self {
            Law::Constant(_) | Law::Uniform(..) => self.draw(chance),
            Law::Exponential(mean) => nanos(mean.0 as f64 * -libm::log(open_unit(chance))),
            Law::LogNormal { median, sigma } => nanos(median.0 as f64 * libm::exp(sigma * standard_normal(chance))),
            Law::Normal { mean, deviation } => nanos(mean.0 as f64 + deviation.0 as f64 * standard_normal(chance)),
            // The inverse of the distribution, at one minus a number above 0.
            Law::Pareto { scale, shape } => nanos(scale.0 as f64 * libm::pow(open_unit(chance), -1.0 / shape)),
            Law::Mixture(parts) => chosen(parts, chance).map_or(SimSpan::ZERO, |law| law.draw_rare(chance)),
            Law::Recorded(spans) => spans.choose(chance).copied().unwrap_or(SimSpan::ZERO),
            Law::Sum(laws) => laws.iter().fold(SimSpan::ZERO, |sum, law| sum + law.draw_rare(chance)),
        }
    }

    /// The mean of many draws; the longest span where it is infinite.
    pub fn mean(&self) -> SimSpan {
        match self {
            Law::Constant(span) | Law::Exponential(span) | Law::Normal { mean: span, .. } => *span,
            Law::Uniform(least, most) => SimSpan(least.0.midpoint(most.0)),
            Law::LogNormal { median, sigma } => nanos(median.0 as f64 * libm::exp(sigma * sigma / 2.0)),
            Law::Pareto { scale, shape } if *shape > 1.0 => nanos(scale.0 as f64 * shape / (shape - 1.0)),
            Law::Pareto { .. } => SimSpan(u64::MAX),
            Law::Mixture(parts) => average(parts.iter().map(|(weight, law)| (*weight, law.mean()))),
            Law::Recorded(spans) => average(spans.iter().map(|span| (1, *span))),
            Law::Sum(laws) => laws.iter().fold(SimSpan::ZERO, |sum, law| sum + law.mean()),
        }
    }

    /// Whether no draw is longer than nothing.
    pub fn is_nothing(&self) -> bool {
        match self {
            Law::Constant(span) | Law::Uniform(_, span) | Law::Exponential(span) => *span == SimSpan::ZERO,
            Law::LogNormal { median: span, .. } | Law::Pareto { scale: span, .. } => *span == SimSpan::ZERO,
            Law::Normal { mean, deviation } => *mean == SimSpan::ZERO && *deviation == SimSpan::ZERO,
            Law::Mixture(parts) => parts.iter().all(|(_, law)| law.is_nothing()),
            Law::Recorded(spans) => spans.iter().all(|span| *span == SimSpan::ZERO),
            Law::Sum(laws) => laws.iter().all(Law::is_nothing),
        }
    }
}

/// One of several things, each as likely as its weight.
pub fn chosen<'a, T>(menu: &'a [(u32, T)], chance: &mut impl Rng) -> Option<&'a T> {
    let weights: u64 = menu.iter().map(|(weight, _)| u64::from(*weight)).sum();
    let mut ticket = chance.random_range(0..weights.max(1));
    let mut last = None;
    for (weight, choice) in menu {
        last = Some(choice);
        if ticket < u64::from(*weight) {
            break;
        }
        ticket -= u64::from(*weight);
    }
    last
}

/// The mean of spans that count by their weights.
fn average(spans: impl Iterator<Item = (u32, SimSpan)>) -> SimSpan {
    let (mut weights, mut sum) = (0u128, 0u128);
    for (weight, span) in spans {
        weights += u128::from(weight);
        sum += u128::from(weight) * u128::from(span.0);
    }
    SimSpan((sum / weights.max(1)) as u64)
}

impl Keys {
    /// By Zipf's law: the key of rank `r` is `r ^ exponent` times as rare as the first.
    pub fn zipf(count: u32, exponent: f64) -> Self {
        let weight = |rank: u32| ((1u64 << 40) as f64 / libm::pow(f64::from(rank), exponent)) as u64;
        Keys::weighted((1..=count).map(weight))
    }
}

/// Rounds down to whole nanoseconds, at most 2^63.
fn nanos(span: f64) -> SimSpan {
    SimSpan(span.clamp(0.0, 9.2e18) as u64)
}

/// A number above 0 and at most 1, in steps of 2^-53.
fn open_unit(chance: &mut impl Rng) -> f64 {
    ((chance.next_u64() >> 11) + 1) as f64 / (1u64 << 53) as f64
}

/// Box and Muller's method (1958), of whose two results one is used.
fn standard_normal(chance: &mut impl Rng) -> f64 {
    let radius = libm::sqrt(-2.0 * libm::log(open_unit(chance)));
    radius * libm::cos(2.0 * std::f64::consts::PI * open_unit(chance))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::draw::Draw;

    const DRAWS: u64 = 40_000;

    /// Many draws, from the shortest to the longest.
    fn sorted(law: &Law) -> Vec<u64> {
        let mut spans: Vec<u64> = (0..DRAWS).map(|n| law.draw(&mut Draw::new(42, n)).0).collect();
        spans.sort_unstable();
        spans
    }

    /// Whether two numbers are within so many per cent of each other.
    fn near(found: f64, expected: f64, percent: f64) -> bool {
        (found - expected).abs() <= expected * percent / 100.0
    }

    fn pareto(shape: f64) -> Law {
        Law::Pareto { scale: SimSpan::millis(10), shape }
    }

    fn mixture() -> Law {
        Law::Mixture([(3, Law::Exponential(SimSpan::millis(2))), (1, pareto(3.0))].into())
    }

    fn recorded() -> Law {
        Law::Recorded([1, 2, 9].map(SimSpan::millis).into())
    }

    fn normal() -> Law {
        Law::Normal { mean: SimSpan::millis(10), deviation: SimSpan::millis(2) }
    }

    #[test]
    fn many_draws_have_the_mean_of_the_closed_form() {
        let route = Law::sum(vec![Law::Constant(SimSpan::millis(5)), mixture(), normal()]);
        let uniform = Law::Uniform(SimSpan::millis(1), SimSpan::millis(5));
        let log_normal = Law::LogNormal { median: SimSpan::millis(10), sigma: 0.5 };
        for law in [uniform, log_normal, normal(), pareto(3.0), mixture(), recorded(), route] {
            let mean = sorted(&law).iter().sum::<u64>() as f64 / DRAWS as f64;
            assert!(near(mean, law.mean().0 as f64, 2.0), "{law:?}: {mean} against {}", law.mean().0);
        }
        assert_eq!(pareto(1.0).mean(), SimSpan(u64::MAX), "it has none");
    }

    #[test]
    fn quantiles_are_those_of_the_closed_form() {
        for share in [0.1, 0.5, 0.9, 0.99] {
            let at = |law: &Law| sorted(law)[(share * DRAWS as f64) as usize] as f64;
            let closed = 10e6 * libm::pow(1.0 - share, -1.0 / 1.5);
            assert!(near(at(&pareto(1.5)), closed, 6.0), "{share}: {} against {closed}", at(&pareto(1.5)));
            let closed = 2e6 * -libm::log(1.0 - share);
            let found = at(&Law::Exponential(SimSpan::millis(2)));
            assert!(near(found, closed, 6.0), "{share}: {found} against {closed}");
        }
        // The share of a mixture that is longer than x is the mean of the shares of its parts.
        let longer = sorted(&mixture()).iter().filter(|span| **span > 20_000_000).count() as f64 / DRAWS as f64;
        let closed = 0.75 * libm::exp(-10.0) + 0.25 * libm::pow(0.5, 3.0);
        assert!(near(longer, closed, 5.0), "{longer} against {closed}");
    }

    #[test]
    fn nothing_is_drawn_that_a_law_excludes() {
        assert!(sorted(&pareto(0.5))[0] >= 10_000_000);
        assert!(sorted(&pareto(0.01)).iter().all(|span| *span <= 9_200_000_000_000_000_000));
        let recorded = sorted(&recorded());
        assert!(recorded.iter().all(|span| [1_000_000, 2_000_000, 9_000_000].contains(span)));
        let below = Law::Normal { mean: SimSpan::ZERO, deviation: SimSpan::millis(1) };
        let zeros = sorted(&below).iter().filter(|span| **span == 0).count() as f64 / DRAWS as f64;
        assert!(near(zeros, 0.5, 2.0), "{zeros}");
        assert_eq!(Law::sum(vec![Law::Constant(SimSpan(1)), Law::Constant(SimSpan(2))]), Law::Constant(SimSpan(3)));
    }

    /// Known answers: the same on every platform, and for ever.
    #[test]
    fn draws_never_change() {
        let route = Law::sum(vec![Law::Constant(SimSpan::millis(5)), pareto(1.51)]);
        let first =
            [mixture(), pareto(1.51), recorded(), normal(), route].map(|law| law.draw(&mut Draw::new(7, 1)).0);
        insta::assert_snapshot!(format!("{first:?}"));
    }
}
