//! A node's clocks: a monotonic one that drifts, and a wall clock that can also step and stop.

use super::draw::Draw;
use super::plan::{ClockPlan, MAX_RATE_PPB, MIN_RATE_PPB, Ntp, Synchronisation, TrueTime};
use super::steering::{Slew, Steering};
use crate::node::{ClockChange, ClockReading, LocalSpan, LocalTime, SimTime};
use rand::RngExt;

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
    /// The error that the wall clock claims, as long as nothing keeps it right.
    error: LocalSpan,
    /// What keeps it right, or unsettles it, where something does.
    steering: Option<Box<Steering>>,
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
            steering: Steering::new(plan),
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
        self.frozen.unwrap_or_else(|| {
            let monotonic = self.monotonic(now);
            let correction = self.steering.as_ref().map_or(0, |steering| steering.correction(monotonic, now));
            LocalTime((monotonic.0 as i64).saturating_add(self.offset).saturating_add(correction))
        })
    }

    /// How far off the wall clock claims to be at the most.
    fn claimed(&self, now: SimTime) -> LocalSpan {
        let claimed = self.steering.as_ref().and_then(|steering| steering.claimed(self.monotonic(now)));
        claimed.unwrap_or(self.error)
    }

    /// All that a handler may read.
    #[inline]
    pub fn read(&self, now: SimTime) -> ClockReading {
        ClockReading { wall: self.wall(now), error: self.claimed(now), uptime: self.monotonic(now) }
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
                    let missed = shown.0.saturating_sub(self.wall(now).0);
                    self.offset = self.offset.saturating_add(missed);
                }
                false
            }
        }
    }

    /// What keeps it right or unsettles it.
    pub fn steering(&self) -> Option<&Steering> {
        self.steering.as_deref()
    }

    /// Compares the wall clock with a time server. Gives the step that is to be made of the correction, where it is too
    /// large to be slewed. A clock that stands still is left alone.
    pub fn poll(&mut self, now: SimTime, mut draw: Draw) -> Option<ClockChange> {
        let (monotonic, shown) = (self.monotonic(now), self.wall(now));
        let steering = self.steering.as_mut().filter(|_| self.frozen.is_none())?;
        steering.polled(monotonic);
        self.offset = self.offset.saturating_add(steering.end_slew(monotonic));
        let ahead = shown.0.saturating_sub(steering.official(now));
        let mut within = |LocalSpan(most): LocalSpan| draw.random_range(-(most as i64)..=most as i64);
        match steering.plan.sync {
            Synchronisation::Alone => None,
            Synchronisation::TrueTime(TrueTime { error, .. }) => {
                self.offset = self.offset.saturating_add(within(error).saturating_sub(ahead));
                None
            }
            Synchronisation::Ntp(Ntp { error, bias_ns, slew_ppm, step, .. }) => {
                let amount_ns = within(error).saturating_add(bias_ns).saturating_sub(ahead);
                if amount_ns.unsigned_abs() > step.0 {
                    return Some(ClockChange::Step(amount_ns));
                }
                let over = u128::from(amount_ns.unsigned_abs()) * 1_000_000 / u128::from(slew_ppm.max(1));
                steering.slew = Some(Slew { from: monotonic, amount_ns, over: LocalSpan(over as u64) });
                None
            }
        }
    }

    /// Changes the rate a little, at random, within its bounds. Timers have to be set anew.
    pub fn wander(&mut self, now: SimTime, mut draw: Draw) {
        let Some(steering) = &mut self.steering else { return };
        let Some(wander) = steering.plan.wander else { return };
        let (by, within) = (wander.by_ppb.abs(), wander.within_ppb.abs());
        let wandered = (steering.wandered_ppb + draw.random_range(-by..=by)).clamp(-within, within);
        let rate = self.rate_ppb + wandered - steering.wandered_ppb;
        steering.wandered_ppb = wandered;
        steering.wanders += 1;
        self.change(ClockChange::Rate(rate.clamp(MIN_RATE_PPB, MAX_RATE_PPB)), now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::plan::{Leap, LeapHow, Wander};
    use crate::node::SimSpan;
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

    fn drawn(nth: u64) -> Draw {
        Draw::new(7, nth)
    }

    fn true_time(rate_ppb: i64, claims_ppm: u32) -> Clock {
        let (poll, error) = (SimSpan::seconds(30), LocalSpan::millis(1));
        let sync = Synchronisation::TrueTime(TrueTime { poll, error, drift_ppm: 200, claims_ppm });
        Clock::new(ClockPlan { rate_ppb, sync, ..ClockPlan::default() })
    }

    fn ntp(offset_ns: i64, bias_ns: i64) -> Clock {
        let (poll, error) = (SimSpan::seconds(64), LocalSpan::ZERO);
        let sync = Synchronisation::Ntp(Ntp { poll, error, bias_ns, slew_ppm: 500, step: LocalSpan::millis(128) });
        Clock::new(ClockPlan { offset_ns, sync, ..ClockPlan::default() })
    }

    /// Corbett et al. (2012), section 3: "a sawtooth function of time, varying from about 1 to 7 ms over each poll
    /// interval", 4 ms most of the time.
    #[test]
    fn true_time_saws_between_one_and_seven_milliseconds() {
        let mut clock = true_time(50_000, 1_000_000);
        let mut claims = Vec::new();
        for tenth in 0..3000u64 {
            let now = SimTime(tenth * 100_000_000);
            if tenth % 300 == 0 {
                clock.poll(now, drawn(tenth));
            }
            claims.push(clock.read(now).error.0 / 1000);
        }
        let mean = claims.iter().sum::<u64>() / claims.len() as u64;
        assert_eq!((*claims.iter().min().unwrap(), mean), (1000, 3990));
        assert!((6900..=7001).contains(claims.iter().max().unwrap()));
    }

    #[test]
    fn true_time_that_claims_too_little_is_found_out() {
        let mut clock = true_time(200_000, 100_000);
        clock.poll(SimTime::ZERO, drawn(0));
        let now = SimTime(29_000_000_000);
        let ClockReading { wall, error, .. } = clock.read(now);
        assert!(wall.0.abs_diff(now.0 as i64) > error.0);
    }

    #[test]
    fn ntp_slews_a_small_offset_and_steps_a_large_one() {
        let mut clock = ntp(50_000_000, 0);
        assert_eq!(clock.poll(SimTime::ZERO, drawn(0)), None);
        let behind = |clock: &Clock, second: u64| {
            clock.wall(SimTime(second * 1_000_000_000)).0 - second as i64 * 1_000_000_000
        };
        assert_eq!([0, 50, 100, 200].map(|second| behind(&clock, second)), [50_000_000, 25_000_000, 0, 0]);
        assert_eq!(ntp(-200_000_000, 0).poll(SimTime::ZERO, drawn(0)), Some(ClockChange::Step(200_000_000)));
    }

    /// An asymmetric path: the clock is brought to where the server is not, and claims to be right.
    #[test]
    fn a_biased_path_leaves_the_clock_ahead() {
        let mut clock = ntp(0, 20_000_000);
        clock.poll(SimTime::ZERO, drawn(0));
        let ClockReading { wall, error, .. } = clock.read(SimTime(60_000_000_000));
        assert_eq!(wall, LocalTime(60_020_000_000));
        assert!(error < LocalSpan::millis(1), "{error}");
    }

    #[test]
    fn a_smeared_second_is_never_seen_and_a_repeated_one_is_a_step() {
        let how = LeapHow::Smear(SimSpan::seconds(20));
        let leap = Some(Leap { at: SimTime(10_000_000_000), how });
        let clock = Clock::new(ClockPlan { leap, ..ClockPlan::default() });
        let shown = [10, 20, 30, 40].map(|second| clock.wall(SimTime(second * 1_000_000_000)).0 / 1_000_000);
        assert_eq!(shown, [10_000, 19_500, 29_000, 39_000]);
        assert_eq!(clock.monotonic(SimTime(40_000_000_000)), LocalSpan::seconds(40));
        let missed = ClockPlan { leap: Some(Leap { at: SimTime(5), how: LeapHow::Step }), ..ntp_plan() };
        assert_eq!(Clock::new(missed).poll(SimTime(6), drawn(0)), Some(ClockChange::Step(-1_000_000_000)));
    }

    fn ntp_plan() -> ClockPlan {
        ntp(0, 0).steering().unwrap().plan
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

        /// With a true rate within the assumed drift and honest claims, the interval always holds true time.
        #[test]
        fn an_honest_interval_holds_true_time(
            rate in -200_000i64..=200_000,
            seed in any::<u64>(),
            spans in proptest::collection::vec(1u64..60_000_000_000, 1..20),
        ) {
            let mut clock = true_time(rate, 1_000_000);
            let mut now = SimTime::ZERO;
            clock.poll(now, Draw::new(seed, 0));
            for (nth, span) in spans.into_iter().enumerate() {
                now = SimTime(now.0 + span);
                let ClockReading { wall, error, .. } = clock.read(now);
                prop_assert!(wall.0.abs_diff(now.0 as i64) <= error.0, "{} of {}", wall.0.abs_diff(now.0 as i64), error.0);
                clock.poll(now, Draw::new(seed, nth as u64 + 1));
            }
        }

        /// Slews and wandering never set a wall clock back, and never touch the monotonic one but by its rate.
        #[test]
        fn slews_and_wandering_never_go_back(
            offset in -100_000_000i64..100_000_000,
            seed in any::<u64>(),
            spans in proptest::collection::vec(1u64..100_000_000_000, 1..20),
        ) {
            let wander = Wander { every: SimSpan::seconds(1), by_ppb: 5_000, within_ppb: 50_000 };
            let mut clock = Clock::new(ClockPlan { offset_ns: offset, wander: Some(wander), ..ntp_plan() });
            let mut now = SimTime::ZERO;
            for (nth, span) in spans.into_iter().enumerate() {
                let before = (clock.wall(now), clock.monotonic(now));
                let step = clock.poll(now, Draw::new(seed, nth as u64));
                clock.wander(now, Draw::new(seed, nth as u64));
                prop_assert_eq!(step, None);
                prop_assert_eq!((clock.wall(now), clock.monotonic(now)), before);
                now = SimTime(now.0 + span);
                let passed = clock.monotonic(now).0 - before.1.0;
                prop_assert!(passed.abs_diff(span) <= span / 20_000 + 2);
                prop_assert!(clock.wall(now) >= before.0);
            }
        }
    }
}
