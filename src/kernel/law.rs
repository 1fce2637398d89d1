//! Laws of chance for delays and gaps.
#![expect(clippy::float_arithmetic, reason = "laws with ln and exp use libm, which is the same on every platform")]

use crate::node::SimSpan;
use rand::{Rng, RngExt};

/// How a span of time is drawn. No law but `Constant` and `Uniform` has an upper bound.
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
}

impl Law {
    /// Whether every draw gives the same span.
    pub fn is_constant(&self) -> bool {
        matches!(self, Law::Constant(_))
    }

    /// Draws a span. At most 2^63 ns, some 292 years.
    #[inline]
    pub fn draw(&self, chance: &mut impl Rng) -> SimSpan {
        match *self {
            Law::Constant(span) => span,
            Law::Uniform(least, most) => SimSpan(chance.random_range(least.0..=most.0)),
            Law::Exponential(mean) => exponential(mean, chance),
            Law::LogNormal { median, sigma } => log_normal(median, sigma, chance),
        }
    }
}

// These two stay out of line, so that the common laws are short enough to be drawn inline.

#[inline(never)]
fn exponential(mean: SimSpan, chance: &mut impl Rng) -> SimSpan {
    nanos(mean.0 as f64 * -libm::log(open_unit(chance)))
}

#[inline(never)]
fn log_normal(median: SimSpan, sigma: f64, chance: &mut impl Rng) -> SimSpan {
    nanos(median.0 as f64 * libm::exp(sigma * standard_normal(chance)))
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
