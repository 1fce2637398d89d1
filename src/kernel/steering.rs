//! What keeps a wall clock near true time, and what unsettles its rate: polls, slews, leap seconds, wandering.
//!
//! Nothing here is an event of the run: daemons work unseen. Where a clock is *stepped*, by NTP or at a leap, the world
//! makes a fault of it, so that it is in the trace. The monotonic clock is the raw oscillator and is never corrected.

use super::plan::{ClockPlan, Leap, LeapHow, Ntp, Synchronisation, TrueTime};
use crate::node::{LocalSpan, SimSpan, SimTime};

/// A second, in nanoseconds.
const SECOND: i64 = 1_000_000_000;
/// Parts in a whole.
const MILLION: u128 = 1_000_000;

/// Something that a clock is due for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// To be compared with a time server.
    Poll,
    /// To change its rate a little.
    Wander,
    /// To show a second twice.
    Leap,
}

impl Tick {
    /// Whether it comes again and again, as long as the world runs.
    pub const fn goes_on(self) -> bool {
        matches!(self, Tick::Poll | Tick::Wander)
    }
}

/// A correction that is made little by little, in even steps of the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slew {
    /// The monotonic time at which it began.
    pub from: LocalSpan,
    /// How much is to be added in all, in nanoseconds.
    pub amount_ns: i64,
    /// How long it takes.
    pub over: LocalSpan,
}

impl Slew {
    /// How much of it is done.
    fn done(&self, monotonic: LocalSpan) -> i64 {
        let elapsed = monotonic.0.saturating_sub(self.from.0);
        if elapsed >= self.over.0 {
            return self.amount_ns;
        }
        (i128::from(self.amount_ns) * i128::from(elapsed) / i128::from(self.over.0)) as i64
    }
}

/// What a clock has that does not run by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steering {
    pub plan: ClockPlan,
    pub slew: Option<Slew>,
    /// The monotonic time of the last poll.
    polled: Option<LocalSpan>,
    /// How often the clock was polled, and its rate changed: draws are keyed by these counts.
    pub polls: u64,
    pub wanders: u64,
    /// By how much the rate has wandered off.
    pub wandered_ppb: i64,
}

impl Steering {
    /// What a plan asks for beyond a clock that runs by itself.
    pub fn new(plan: ClockPlan) -> Option<Box<Self>> {
        let alone = ClockPlan {
            rate_ppb: plan.rate_ppb,
            offset_ns: plan.offset_ns,
            error: plan.error,
            ..ClockPlan::default()
        };
        (plan != alone)
            .then(|| Box::new(Steering { plan, slew: None, polled: None, polls: 0, wanders: 0, wandered_ppb: 0 }))
    }

    /// What the wall clock shows beyond its monotonic time and offset.
    pub fn correction(&self, monotonic: LocalSpan, now: SimTime) -> i64 {
        self.slewed(monotonic) + self.plan.leap.map_or(0, |leap| leap.smeared(now))
    }

    fn slewed(&self, monotonic: LocalSpan) -> i64 {
        self.slew.map_or(0, |slew| slew.done(monotonic))
    }

    /// Ends the slew; gives what of it was done.
    pub fn end_slew(&mut self, monotonic: LocalSpan) -> i64 {
        self.slew.take().map_or(0, |slew| slew.done(monotonic))
    }

    /// The time of day that a good time server tells.
    pub fn official(&self, now: SimTime) -> i64 {
        now.0 as i64 + self.plan.leap.map_or(0, |leap| leap.official(now))
    }

    /// A poll was made.
    pub fn polled(&mut self, monotonic: LocalSpan) {
        self.polled = Some(monotonic);
        self.polls += 1;
    }

    /// How far off the wall clock claims to be at the most; `None` before the first poll.
    pub fn claimed(&self, monotonic: LocalSpan) -> Option<LocalSpan> {
        let since = LocalSpan(monotonic.0.saturating_sub(self.polled?.0));
        match self.plan.sync {
            Synchronisation::Alone => None,
            Synchronisation::Ntp(ntp) => {
                let left = self.slew.map_or(0, |slew| (slew.amount_ns - slew.done(monotonic)).unsigned_abs());
                Some(ntp.error + LocalSpan(left) + drifted(since, Ntp::DRIFT_PPM))
            }
            Synchronisation::TrueTime(TrueTime { error, drift_ppm, claims_ppm, .. }) => {
                let honest = u128::from((error + drifted(since, drift_ppm)).0);
                Some(LocalSpan((honest * u128::from(claims_ppm)).div_ceil(MILLION) as u64))
            }
        }
    }

    /// How long it is from one tick to the next of its kind, where it comes again.
    pub fn gap(&self, tick: Tick) -> Option<SimSpan> {
        match (tick, self.plan.sync) {
            (
                Tick::Poll,
                Synchronisation::Ntp(Ntp { poll, .. }) | Synchronisation::TrueTime(TrueTime { poll, .. }),
            ) => Some(poll),
            (Tick::Wander, _) => self.plan.wander.map(|wander| wander.every),
            _ => None,
        }
    }

    /// The ticks of a clock from the start of a run on.
    pub fn first_ticks(&self) -> impl Iterator<Item = (SimTime, Tick)> + use<> {
        let first = |tick| self.gap(tick).map(|gap| (SimTime::ZERO + gap, tick));
        let leap = self.plan.leap.filter(|leap| leap.how == LeapHow::Repeat).map(|leap| (leap.at, Tick::Leap));
        [first(Tick::Poll), first(Tick::Wander), leap].into_iter().flatten()
    }
}

/// How far a clock that errs by at most so many parts in a million can have drifted in a span of its own, rounded up.
///
/// A slow clock measures less than has passed: hence the division. One nanosecond more is for the readings, which are
/// whole numbers.
fn drifted(since: LocalSpan, drift_ppm: u32) -> LocalSpan {
    let drift = u128::from(drift_ppm).min(MILLION / 2);
    LocalSpan((u128::from(since.0) * drift).div_ceil(MILLION - drift) as u64 + 1)
}

impl Leap {
    /// What the second has taken from the time of day so far.
    fn official(self, now: SimTime) -> i64 {
        match self.how {
            LeapHow::Smear(_) => self.smeared(now),
            LeapHow::Repeat | LeapHow::Step if now >= self.at => -SECOND,
            LeapHow::Repeat | LeapHow::Step => 0,
        }
    }

    /// What of the second a clock that smears it has taken off so far.
    fn smeared(self, now: SimTime) -> i64 {
        let LeapHow::Smear(span) = self.how else { return 0 };
        Slew { from: LocalSpan(self.at.0), amount_ns: -SECOND, over: LocalSpan(span.0) }.done(LocalSpan(now.0))
    }
}
