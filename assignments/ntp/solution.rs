//! Assignment 4, solved: what time is it there? Four timestamps, their offset and delay, and the best of the last
//! samples (Cristian, 1989; Mills, 1991; RFC 5905, sections 8 and 10), with a bound on the error that is honest.

use pessimist::node::{
    Badge, Ctx, Datum, Fact, LocalSpan, LocalTime, Node, NodeId, Op, Operation, Outcome, node_value,
};
use pessimist::scenario::Registry;
use std::collections::VecDeque;

/// How long a client waits from question to question.
const POLL: LocalSpan = LocalSpan::seconds(1);
/// How long the server is busy with other things before it answers, at the most.
const BUSY: LocalSpan = LocalSpan::millis(20);
/// How fast a client's monotonic clock may drift, in parts of a million.
const DRIFT: u64 = 200;
/// How many samples a client keeps (RFC 5905: NSTAGE).
const KEPT: usize = 8;

node_value! {
    /// The server, or a client that wants to know the server's time.
    pub struct Party {
        /// What a client has learned, the oldest first.
        pub samples: VecDeque<Sample>,
    }

    /// What one answer has told.
    pub struct Sample {
        /// What is to be added to this client's uptime, in nanoseconds.
        offset: i64,
        /// How far off that was at the most, in nanoseconds.
        error: u64,
        /// The uptime at which the answer arrived.
        since: LocalSpan,
    }

    /// What is said.
    pub enum Msg {
        Ask { t1: LocalSpan },
        /// The client's uptime when it asked; the server's clock when the question came, and when the answer left;
        /// and how far off that clock is at the most.
        Tell { t1: LocalSpan, t2: LocalTime, t3: LocalTime, error: LocalSpan },
    }

    /// Timers.
    pub enum Timer {
        /// Of a client: time to ask.
        Poll,
        /// Of the server: time to answer.
        Answer { to: NodeId, t1: LocalSpan, t2: LocalTime },
    }
}

impl Node for Party {
    type Config = ();
    type Msg = Msg;
    type Timer = Timer;
    type Disk = ();

    fn boot(ctx: &mut Ctx<Self>, (): &(), (): &()) -> Self {
        if !ctx.cluster().group("server").contains(&ctx.me()) {
            ask(ctx);
        }
        Party { samples: VecDeque::new() }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Msg) {
        match msg {
            Msg::Ask { t1 } => {
                let t2 = ctx.now();
                ctx.set_timer_between(Timer::Answer { to: from, t1, t2 }, LocalSpan::millis(1)..=BUSY);
            }
            Msg::Tell { t1, t2, t3, error } => self.on_tell(ctx, t1, t2, t3, error),
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: Timer) {
        match timer {
            Timer::Poll => {
                self.declare(ctx);
                ask(ctx);
            }
            Timer::Answer { to, t1, t2 } => {
                let (least, most) = ctx.now_interval();
                let error = LocalSpan(most.since(least).0.div_ceil(2));
                ctx.send(to, Msg::Tell { t1, t2, t3: ctx.now(), error });
            }
        }
    }

    /// Is the error so many milliseconds at the most? The client says what it takes the time to be, and yes or no.
    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        let Op::Do(_, Datum::Int(millis)) = operation.op else { return };
        let error = self.declare(ctx);
        let is_good = error.is_some_and(|error| error.0 <= millis.unsigned_abs() * 1_000_000);
        let outcome = if is_good { Outcome::Ok(Datum::Absent) } else { Outcome::Failed };
        ctx.observe(Fact::Returned { operation: operation.id, outcome });
    }

    fn badge(&self) -> Badge {
        Badge::role("party")
    }
}

impl Party {
    /// RFC 5905, section 8: the offset, as if both ways had taken as long, and the delay. Whichever way was slow, the
    /// offset is wrong by half the delay at the most; what the two clocks add is counted as well.
    fn on_tell(&mut self, ctx: &mut Ctx<Self>, t1: LocalSpan, t2: LocalTime, t3: LocalTime, error: LocalSpan) {
        let since = ctx.uptime();
        let (t1, t2, t3, t4) = (t1.0 as i64, t2.0, t3.0, since.0 as i64);
        let offset = ((t2 - t1) + (t3 - t4)) / 2;
        let delay = ((t4 - t1) - (t3 - t2)).max(0);
        let error = delay.unsigned_abs() / 2 + 1 + error.0 + drifted((t4 - t1).unsigned_abs());
        self.samples.push_back(Sample { offset, error, since });
        if self.samples.len() > KEPT {
            self.samples.pop_front();
        }
        self.declare(ctx);
    }

    /// The time now, and how far off it is at the most: by the best sample. Each gets worse with its age.
    fn estimate(&self, now: LocalSpan) -> Option<(i64, LocalSpan)> {
        let aged = self.samples.iter().map(|sample| {
            let error = sample.error + drifted(now.0.saturating_sub(sample.since.0));
            (now.0 as i64 + sample.offset, LocalSpan(error))
        });
        aged.min_by_key(|(_, error)| *error)
    }

    /// Says what this client takes the time to be, if it knows anything.
    fn declare(&self, ctx: &mut Ctx<Self>) -> Option<LocalSpan> {
        let (time, error) = self.estimate(ctx.uptime())?;
        ctx.observe(Fact::ClockEstimated { time, error });
        Some(error)
    }
}

/// A client asks, and will ask again.
fn ask(ctx: &mut Ctx<Party>) {
    ctx.set_timer(Timer::Poll, POLL);
    if let Some(&server) = ctx.cluster().group("server").first() {
        ctx.send(server, Msg::Ask { t1: ctx.uptime() });
    }
}

/// How far a clock may drift in a span, in nanoseconds, rounded up.
fn drifted(nanos: u64) -> u64 {
    (nanos * DRIFT).div_ceil(1_000_000 - DRIFT) + 1
}

/// The protocols that scenarios may name.
pub fn registry() -> Registry {
    Registry::standard().with::<Party>("Ntp")
}
