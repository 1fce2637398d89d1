//! A node's clocks: a monotonic one that drifts, and a wall clock that can also step and stop.

use super::plan::ClockPlan;
use crate::node::{ClockChange, ClockReading, LocalSpan, LocalTime, SimTime};

/// Parts in a whole: rates are in parts of a thousand million.
const WHOLE: i64 = 1_000_000_000;

/// The clocks of one node.
///
/// Monotonic time is kept in units of 1e-9 ns at the last change of rate, so that no remainder is ever lost: flooring
/// at each change would lose some 2 ms an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The instant of the last change of rate.
    anchor: SimTime,
    /// Monotonic time at that instant, times 1e9.
    base: u128,
    /// Parts of a thousand million by which it runs fast; negative where slow.
    rate_ppb: i64,
    /// What the wall clock is ahead of the monotonic one, in nanoseconds.
    offset: i64,
    /// What a stopped wall clock shows.
    frozen: Option<LocalTime>,
    /// The error that the wall clock claims.
    error: LocalSpan,
}

impl Clock {
    /// A clock as it is at the start of a run.
    pub fn new(plan: ClockPlan) -> Self {
        Clock {
            anchor: SimTime::ZERO,
            base: 0,
            rate_ppb: plan.rate_ppb,
            offset: plan.offset_ns,
            frozen: None,
            error: plan.error,
        }
    }

    /// Monotonic time since the start of the run.
    #[inline]
    pub fn monotonic(&self, now: SimTime) -> LocalSpan {
        if self.rate_ppb == 0 && self.base == 0 {
            return LocalSpan(now.0);
        }
        let elapsed = u128::from(now.0 - self.anchor.0);
        LocalSpan(((self.base + elapsed * (WHOLE + self.rate_ppb) as u128) / WHOLE as u128) as u64)
    }

    /// The time of day, as the node believes it.
    #[inline]
    pub fn wall(&self, now: SimTime) -> LocalTime {
        self.frozen.unwrap_or_else(|| LocalTime((self.monotonic(now).0 as i64).saturating_add(self.offset)))
    }

    /// All that a handler may read.
    #[inline]
    pub fn read(&self, now: SimTime) -> ClockReading {
        ClockReading { wall: self.wall(now), error: self.error, uptime: self.monotonic(now) }
    }

    /// The first nanosecond at which monotonic time has reached `deadline`; never before `now`.
    pub fn when(&self, deadline: LocalSpan, now: SimTime) -> SimTime {
        if self.rate_ppb == 0 && self.base == 0 {
            return SimTime(deadline.0.max(now.0));
        }
        let missing = (u128::from(deadline.0) * WHOLE as u128).saturating_sub(self.base);
        let span = missing.div_ceil((WHOLE + self.rate_ppb) as u128);
        SimTime(self.anchor.0.saturating_add(span.min(u128::from(u64::MAX)) as u64).max(now.0))
    }

    /// Changes the clock; says whether timers have to be set anew.
    pub fn change(&mut self, change: ClockChange, now: SimTime) -> bool {
        match change {
            ClockChange::Step(ns) => {
                self.offset = self.offset.saturating_add(ns);
                self.frozen = self.frozen.map(|LocalTime(shown)| LocalTime(shown.saturating_add(ns)));
                false
            }
            ClockChange::Rate(ppb) => {
                let elapsed = u128::from(now.0 - self.anchor.0);
                self.base += elapsed * (WHOLE + self.rate_ppb) as u128;
                self.anchor = now;
                self.rate_ppb = ppb;
                true
            }
            ClockChange::Freeze => {
                self.frozen = Some(self.wall(now));
                false
            }
            ClockChange::Thaw => {
                if let Some(shown) = self.frozen.take() {
                    self.offset = shown.0.saturating_sub(self.monotonic(now).0 as i64);
                }
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn clock(rate_ppb: i64) -> Clock {
        Clock::new(ClockPlan { rate_ppb, ..ClockPlan::default() })
    }

    #[test]
    fn a_timer_on_a_clock_one_per_cent_fast() {
        assert_eq!(clock(10_000_000).when(LocalSpan::millis(100), SimTime::ZERO), SimTime(99_009_901));
    }

    #[test]
    fn no_remainder_is_lost_in_an_hour_of_changes() {
        let mut clock = clock(0);
        for second in 1..=3600u64 {
            let rate = if second % 2 == 0 { 333_333 } else { -333_333 };
            clock.change(ClockChange::Rate(rate), SimTime(second * 1_000_000_000 - 7));
        }
        let exact = 3_600_000_000_000i64;
        let shown = clock.monotonic(SimTime(3_600_000_000_000)).0 as i64;
        assert!((shown - exact).abs() < 400_000, "off by {} ns", shown - exact);
    }

    proptest! {
        #[test]
        fn a_timer_fires_at_the_first_nanosecond_that_has_reached_it(
            rates in proptest::collection::vec((-500_000i64..1_000_000, 1u64..3_000_000_000), 0..5),
            span in 0u64..10_000_000_000,
        ) {
            let mut clock = clock(0);
            let mut now = SimTime::ZERO;
            for (rate, gap) in rates {
                now = SimTime(now.0 + gap);
                let before = clock.monotonic(now);
                clock.change(ClockChange::Rate(rate * 1000), now);
                prop_assert_eq!(clock.monotonic(now), before, "a change of rate never steps");
            }
            let deadline = LocalSpan(clock.monotonic(now).0 + span);
            let due = clock.when(deadline, now);
            prop_assert!(clock.monotonic(due) >= deadline);
            prop_assert!(due == now || clock.monotonic(SimTime(due.0 - 1)) < deadline);
        }
    }
}
