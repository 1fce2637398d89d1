//! Assignment 4: what time is it there? See HANDOUT.md. The names are those of RFC 5905, section 8.

use pessimist::node::{
    Badge, Ctx, Datum, Fact, LocalSpan, LocalTime, Node, NodeId, Op, Operation, Outcome, node_value,
};
use pessimist::scenario::Registry;

/// How long a client waits from question to question.
pub const POLL: LocalSpan = LocalSpan::seconds(1);
/// How long the server is busy with other things before it answers, at the most.
const BUSY: LocalSpan = LocalSpan::millis(20);
/// How fast a client's monotonic clock may drift, in parts of a million.
pub const DRIFT: u64 = 200;

node_value! {
    /// The server, or a client that wants to know the server's time.
    pub struct Party {
        // What must a client remember?
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
        Party {}
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
                // Read before it is corrected: this is when the estimate is at its worst.
                self.declare(ctx);
                // Your part: ask again.
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
    /// An answer has arrived.
    fn on_tell(&mut self, ctx: &mut Ctx<Self>, _t1: LocalSpan, _t2: LocalTime, _t3: LocalTime, _error: LocalSpan) {
        let _t4 = ctx.uptime();
        // Your part: the offset, the delay, and how far off that is at the most.
        self.declare(ctx);
    }

    /// The time now, in nanoseconds, and how far off it is at the most; `now` is this client's uptime.
    fn estimate(&self, _now: LocalSpan) -> Option<(i64, LocalSpan)> {
        // Your part.
        None
    }

    /// Says what this client takes the time to be, if it knows anything.
    fn declare(&self, ctx: &mut Ctx<Self>) -> Option<LocalSpan> {
        let (time, error) = self.estimate(ctx.uptime())?;
        ctx.observe(Fact::ClockEstimated { time, error });
        Some(error)
    }
}

/// A client asks. `on_timer` is called after `POLL`.
fn ask(ctx: &mut Ctx<Party>) {
    ctx.set_timer(Timer::Poll, POLL);
    if let Some(&server) = ctx.cluster().group("server").first() {
        ctx.send(server, Msg::Ask { t1: ctx.uptime() });
    }
}

/// The protocols that scenarios may name.
pub fn registry() -> Registry {
    Registry::standard().with::<Party>("Ntp")
}
