//! How clocks err and what keeps them right, as a scenario says it.

use super::schema::Chance;
use crate::kernel::{ClockPlan, Leap, LeapHow, MAX_RATE_PPB, MIN_RATE_PPB, Ntp, Synchronisation, TrueTime, Wander};
use crate::node::{LocalSpan, SimSpan, SimTime};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// How a clock errs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clock {
    /// How fast it runs.
    pub rate: Option<Rate>,
    /// How far it is ahead at the start.
    pub offset: Option<SignedSpan>,
    /// How far off it claims to be at the most.
    pub error: Option<SimSpan>,
    /// What keeps it near true time.
    pub sync: Option<SyncText>,
    /// How its rate changes.
    pub wander: Option<WanderText>,
    /// A leap second.
    pub leap: Option<LeapText>,
}

impl Clock {
    /// The clock that is to be made.
    pub fn plan(&self) -> ClockPlan {
        ClockPlan {
            rate_ppb: self.rate.map_or(0, |rate| rate.0),
            offset_ns: self.offset.map_or(0, |offset| offset.0),
            error: self.error.map_or(LocalSpan::ZERO, local),
            sync: self.sync.clone().map_or(Synchronisation::Alone, Into::into),
            wander: self.wander.as_ref().map(|wander| Wander {
                every: wander.every.0,
                by_ppb: wander.by.0,
                within_ppb: wander.within.0,
            }),
            leap: self.leap.as_ref().map(|leap| Leap { at: SimTime(leap.at.0), how: leap.how.clone().into() }),
        }
    }
}

/// What keeps a clock near true time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum SyncText {
    /// A daemon that slews small errors and steps large ones.
    Ntp {
        /// How long from poll to poll.
        poll: Gap,
        /// How far off a measured offset is at the most.
        error: SimSpan,
        /// How far off it is besides, always.
        #[serde(default = "no_bias")]
        bias: SignedSpan,
        /// How fast the clock is brought back; 500 millionths where absent, as in Unix.
        #[serde(default = "unix_slew")]
        slew: Gain,
        /// Beyond what offset the clock is stepped; 128 ms where absent, as in RFC 5905.
        #[serde(default = "ntp_step")]
        step: SimSpan,
    },
    /// A daemon that knows how far off the clock is at the most.
    TrueTime {
        /// How long from poll to poll.
        poll: Gap,
        /// How far off the clock is right after one, at the most.
        error: SimSpan,
        /// How fast it may drift in between.
        drift: Gain,
        /// How much of the error it claims.
        #[serde(default = "honest")]
        claims: Chance,
    },
}

fn no_bias() -> SignedSpan {
    SignedSpan(0)
}

fn unix_slew() -> Gain {
    Gain(500)
}

fn ntp_step() -> SimSpan {
    SimSpan::millis(128)
}

fn honest() -> Chance {
    Chance(1_000_000)
}

fn local(SimSpan(nanos): SimSpan) -> LocalSpan {
    LocalSpan(nanos)
}

impl From<SyncText> for Synchronisation {
    fn from(text: SyncText) -> Self {
        match text {
            SyncText::Ntp { poll, error, bias, slew, step } => Synchronisation::Ntp(Ntp {
                poll: poll.0,
                error: local(error),
                bias_ns: bias.0,
                slew_ppm: slew.0,
                step: local(step),
            }),
            SyncText::TrueTime { poll, error, drift, claims } => Synchronisation::TrueTime(TrueTime {
                poll: poll.0,
                error: local(error),
                drift_ppm: drift.0,
                claims_ppm: claims.0,
            }),
        }
    }
}

/// How a rate changes: a random walk.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WanderText {
    /// How long from step to step.
    pub every: Gap,
    /// The largest step.
    pub by: Rate,
    /// How far it goes.
    pub within: Rate,
}

/// A leap second.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeapText {
    /// When.
    pub at: SimSpan,
    /// What the clock does about it.
    pub how: LeapWord,
}

/// What a clock does about a leap second.
#[derive(Clone, Debug, Deserialize)]
pub enum LeapWord {
    /// It shows a second twice.
    Repeat,
    /// It runs slow for so long.
    Smear(SimSpan),
    /// It was not told.
    Step,
}

impl From<LeapWord> for LeapHow {
    fn from(word: LeapWord) -> Self {
        match word {
            LeapWord::Repeat => LeapHow::Repeat,
            LeapWord::Smear(span) => LeapHow::Smear(span),
            LeapWord::Step => LeapHow::Step,
        }
    }
}

/// How long it is from one time to the next: at least a millisecond, or a run would do nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap(pub SimSpan);

impl<'de> Deserialize<'de> for Gap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let span = SimSpan::deserialize(deserializer)?;
        if span < SimSpan::millis(1) {
            return Err(de::Error::custom("a clock is seen to once a millisecond at the most"));
        }
        Ok(Gap(span))
    }
}

/// A speed in parts of a million: 1 to 500000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub struct Gain(pub u32);

impl TryFrom<u32> for Gain {
    type Error = String;

    fn try_from(ppm: u32) -> Result<Self, String> {
        if (1..=500_000).contains(&ppm) {
            Ok(Gain(ppm))
        } else {
            Err("this lies from 1 to 500000 parts of a million".to_owned())
        }
    }
}

/// A clock's rate in parts of a thousand million; written in parts of a million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Rate(pub i64);

impl TryFrom<f64> for Rate {
    type Error = String;

    fn try_from(ppm: f64) -> Result<Self, String> {
        let ppb = (ppm * 1000.0).round() as i64;
        let (least, most) = (MIN_RATE_PPB, MAX_RATE_PPB);
        if (least..=most).contains(&ppb) {
            return Ok(Rate(ppb));
        }
        let (least, most) = (least / 1000, most / 1000);
        Err(format!("a clock's rate lies from {least} (half speed) to {most} (double speed) parts of a million"))
    }
}

/// A span that may go back: `"-5s"`. In nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedSpan(pub i64);

/// Ten years, so that clocks which are set forward again and again stay within their 292 years.
const SIGNED_MAX_NS: i64 = 10 * 365 * 86_400 * 1_000_000_000;

impl<'de> Deserialize<'de> for SignedSpan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = SignedSpan;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration in quotes, such as \"5s\" or \"-5s\",")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<SignedSpan, E> {
                let (unsigned, back) = match text.strip_prefix('-') {
                    Some(unsigned) => (unsigned, true),
                    None => (text.strip_prefix('+').unwrap_or(text), false),
                };
                let span: SimSpan = unsigned.parse().map_err(E::custom)?;
                let nanos = i64::try_from(span.0).unwrap_or(i64::MAX);
                if nanos > SIGNED_MAX_NS {
                    return Err(E::custom("a clock cannot be more than ten years off"));
                }
                Ok(SignedSpan(if back { -nanos } else { nanos }))
            }
        }
        deserializer.deserialize_str(Text)
    }
}
