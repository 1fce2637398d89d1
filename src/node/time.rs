//! Two kinds of time that never mix: what the world knows, and what a node's own clock says.
//!
//! [`SimTime`] is true time; only the kernel, traces and people see it. [`LocalTime`] is a reading of one node's clock,
//! which drifts and can step. No conversion between them exists outside the kernel's clocks.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

/// An instant of true time: nanoseconds since the run began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SimTime(pub u64);

/// A length of true time, in nanoseconds. Written as text in files: `"150ms"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimSpan(pub u64);

/// A reading of one node's clock, in nanoseconds. It may repeat, jump and be negative. Serialized as a number that has a
/// name, by which it is shown to people in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LocalTime(pub i64);

/// A length of time as one node's clock measures it, in nanoseconds. Written as text in files: `"150ms"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalSpan(pub u64);

impl SimTime {
    /// The instant at which a run begins.
    pub const ZERO: SimTime = SimTime(0);

    /// The span from an earlier instant to this one; zero where `earlier` is not earlier.
    pub fn since(self, earlier: SimTime) -> SimSpan {
        SimSpan(self.0.saturating_sub(earlier.0))
    }
}

impl Add<SimSpan> for SimTime {
    type Output = SimTime;
    /// Saturates at the end of representable time, some 584 years on.
    fn add(self, span: SimSpan) -> SimTime {
        SimTime(self.0.saturating_add(span.0))
    }
}

impl fmt::Display for SimTime {
    /// Seconds with three decimals, as stories print them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1_000_000_000, self.0 / 1_000_000 % 1000)
    }
}

impl LocalTime {
    /// The span from an earlier reading to this one; zero where the clock went backwards.
    pub fn since(self, earlier: LocalTime) -> LocalSpan {
        LocalSpan(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for LocalTime {
    /// `-1.250000 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, micros) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs() / 1000);
        write!(f, "{sign}{}.{:06} s", micros / 1_000_000, micros % 1_000_000)
    }
}

impl Add<LocalSpan> for LocalTime {
    type Output = LocalTime;
    fn add(self, span: LocalSpan) -> LocalTime {
        LocalTime(self.0.saturating_add_unsigned(span.0))
    }
}

impl Sub<LocalSpan> for LocalTime {
    type Output = LocalTime;
    fn sub(self, span: LocalSpan) -> LocalTime {
        LocalTime(self.0.saturating_sub_unsigned(span.0))
    }
}

/// The constructors, arithmetic and text form that both spans share.
macro_rules! span {
    ($span:ident) => {
        impl $span {
            /// No time at all.
            pub const ZERO: $span = $span(0);

            /// A span of whole microseconds.
            pub const fn micros(count: u64) -> Self {
                $span(count * 1_000)
            }

            /// A span of whole milliseconds.
            pub const fn millis(count: u64) -> Self {
                $span(count * 1_000_000)
            }

            /// A span of whole seconds.
            pub const fn seconds(count: u64) -> Self {
                $span(count * 1_000_000_000)
            }
        }

        impl Add for $span {
            type Output = $span;
            fn add(self, other: $span) -> $span {
                $span(self.0.saturating_add(other.0))
            }
        }

        impl fmt::Display for $span {
            /// `1s 500ms`, as it would be written in a scenario.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                humantime::format_duration(Duration::from_nanos(self.0)).fmt(f)
            }
        }

        impl std::str::FromStr for $span {
            type Err = String;
            /// Reads `150ms`, `1s 500ms`, `2m`; says what is accepted where it cannot.
            fn from_str(text: &str) -> Result<Self, String> {
                parse_nanos(text).map($span)
            }
        }

        impl Serialize for $span {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $span {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $span;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a duration in quotes, such as \"150ms\"")
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$span, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }
    };
}

span!(SimSpan);
span!(LocalSpan);

/// Nanoseconds of a duration such as `1.5ms`: what humantime reads, and a decimal fraction of one unit besides.
fn parse_nanos(text: &str) -> Result<u64, String> {
    let refusal =
        || format!("{text:?} is not a duration; write a number and a unit, such as \"150ms\", \"2s\" or \"500us\"");
    let duration = match text.split_once('.') {
        None => humantime::parse_duration(text.trim()).map_err(|_| refusal())?,
        Some((whole, rest)) => {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (fraction, unit) = rest.split_at(digits);
            let unit_span = humantime::parse_duration(&format!("1{}", unit.trim())).map_err(|_| refusal())?;
            let whole: u64 = whole.trim().parse().map_err(|_| refusal())?;
            let (numerator, denominator) = match fraction.len() {
                1..=9 => (fraction.parse::<u64>().map_err(|_| refusal())?, 10u64.pow(fraction.len() as u32)),
                _ => return Err(refusal()),
            };
            let nanos = unit_span.as_nanos() * u128::from(whole)
                + unit_span.as_nanos() * u128::from(numerator) / u128::from(denominator);
            Duration::from_nanos(u64::try_from(nanos).map_err(|_| refusal())?)
        }
    };
    u64::try_from(duration.as_nanos())
        .map_err(|_| format!("{text:?} is longer than time itself: 584 years is the most"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_what_they_write() {
        for text in ["150ms", "1s 500ms", "2m", "500us", "99ns", "0s"] {
            let span: SimSpan = text.parse().unwrap();
            assert_eq!(span, span.to_string().parse().unwrap(), "{text}");
        }
        assert_eq!("1.5ms".parse(), Ok(SimSpan::micros(1_500)));
        assert_eq!("0.25s".parse(), Ok(LocalSpan::millis(250)));
    }

    #[test]
    fn nonsense_is_refused_with_an_example() {
        for text in ["", "ms", "-5ms", "5", "1.ms", "1e9s", "999999999999y"] {
            let error = text.parse::<SimSpan>().unwrap_err();
            assert!(error.contains("such as") || error.contains("584"), "{text}: {error}");
        }
    }
}
