//! A stopwatch: how long something took, by one clock or the other.
//!
//! # The problem
//!
//! A node has two clocks. The wall clock tells the time of day, and is corrected: it may be set back, set forward, or show
//! a second twice. The monotonic clock tells nothing but how much time has passed. Programs that ask the first for what
//! only the second knows wait too long, or too short, or find that something took less than no time.
//!
//! # How it goes
//!
//! Each node of the group asks the next one something, again and again, and reads its clock before and after
//! ([`Msg::Ping`], [`Msg::Pong`]). Each then rests until its clock shows that [`Config::rest`] has passed, and looks at the
//! clock each [`Config::look`].
//!
//! # What is guaranteed
//!
//! With the monotonic clock, what took a second takes a second, but for the clock's drift. With the wall clock, nothing.
//!
//! # References
//!
//! POSIX.1, `clock_gettime`: CLOCK_REALTIME and CLOCK_MONOTONIC.

use crate::node::{Badge, Ctx, Fact, LocalSpan, LocalTime, Node, NodeId, node_value};
use crate::protocols::clocks::own::Clock;
use serde::{Deserialize, Serialize};

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Which clock is asked.
    pub clock: Clock,
    /// How long a node rests before it asks again.
    pub rest: LocalSpan,
    /// How long it sleeps between two looks at its clock.
    pub look: LocalSpan,
}

impl Default for Config {
    fn default() -> Self {
        Config { clock: Clock::Wall, rest: LocalSpan::seconds(1), look: LocalSpan::millis(250) }
    }
}

node_value! {
    /// A node with a stopwatch.
    pub struct Stopwatch {
        clock: Clock,
        rest: LocalSpan,
        look: LocalSpan,
        /// What the clock showed when the rest began, and the uptime.
        resting: Option<(LocalTime, LocalSpan)>,
    }

    /// What is said.
    #[derive(Copy)]
    pub enum Msg {
        /// Are you there?
        Ping {
            /// What the asker's clock showed.
            asked: LocalTime,
        },
        /// Yes.
        Pong {
            /// What the asker's clock showed.
            asked: LocalTime,
        },
    }

    /// Time to look at the clock.
    #[derive(Copy)]
    pub struct Look;
}

impl Node for Stopwatch {
    type Config = Config;
    type Msg = Msg;
    type Timer = Look;
    type Disk = ();

    fn boot(ctx: &mut Ctx<Self>, config: &Config, (): &()) -> Self {
        let Config { clock, rest, look } = *config;
        let mut node = Stopwatch { clock, rest, look, resting: None };
        node.begin_rest(ctx);
        node
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, Look: Look) {
        let Some((began, uptime)) = self.resting else { return };
        let rested = self.clock.now(ctx).0.saturating_sub(began.0);
        if rested < self.rest.0 as i64 {
            ctx.set_timer(Look, self.look);
            return;
        }
        let truly = ctx.uptime().0.saturating_sub(uptime.0);
        let off = truly.abs_diff(self.rest.0) > self.look.0;
        let how = if off { format!("; {} ms had passed", truly / 1_000_000) } else { String::new() };
        ctx.observe(Fact::note(format!("rested {} ms by its clock{how}", rested / 1_000_000)));
        self.ask(ctx);
        self.begin_rest(ctx);
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Msg) {
        match msg {
            Msg::Ping { asked } => ctx.send(from, Msg::Pong { asked }),
            Msg::Pong { asked } => {
                let took = self.clock.now(ctx).0.saturating_sub(asked.0);
                let verdict = if took < 0 { ": less than no time" } else { "" };
                ctx.observe(Fact::note(format!("an answer took {} ms{verdict}", took / 1_000_000)));
            }
        }
    }

    fn badge(&self) -> Badge {
        Badge::role("watch")
    }
}

impl Stopwatch {
    fn begin_rest(&mut self, ctx: &mut Ctx<Self>) {
        self.resting = Some((self.clock.now(ctx), ctx.uptime()));
        ctx.set_timer(Look, self.look);
    }

    /// Asks the next node of the group.
    fn ask(&self, ctx: &mut Ctx<Self>) {
        let peers = ctx.peers();
        let place = peers.iter().position(|&peer| peer == ctx.me()).unwrap_or(0);
        let next = peers[(place + 1) % peers.len()];
        if next != ctx.me() {
            ctx.send(next, Msg::Ping { asked: self.clock.now(ctx) });
        }
    }
}
