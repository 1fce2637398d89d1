//! Asking for the time: a client that estimates a server's clock over a network that delays.
//!
//! # The problem
//!
//! A server knows the time. By the time that its answer arrives it is no longer right, and nobody knows how long the
//! answer was on its way. The client knows only how long both ways took together.
//!
//! # The model
//!
//! Delays have no bound, and the way there may be slower than the way back. The client's monotonic clock drifts by no
//! more than [`Config::drift`]. The server's clock is right to within what it claims.
//!
//! # What is guaranteed
//!
//! The client takes the answer to have been half the round trip under way. The true time then lies within half the round
//! trip of its estimate, whichever way was slow, plus what the server's clock and its own drift add. No algorithm does
//! better without knowing more of the delays: the more unequal the ways, the nearer the error comes to that bound.
//!
//! # How it goes
//!
//! The client polls. An offset beyond [`Config::step`] is corrected at once, a smaller one little by little, by
//! [`Config::slew`] at the most, so that its time does not jump. What is still to be corrected counts as error.
//!
//! # What is left out
//!
//! Choosing among servers and samples, and learning the clock's frequency (RFC 5905).
//!
//! # References
//!
//! Flaviu Cristian, *Probabilistic clock synchronization*, 1989. David Mills, *Internet time synchronization*, 1991.

use crate::node::{Badge, Ctx, Fact, LocalSpan, LocalTime, Node, NodeId, node_value};
use crate::protocols::mutant::Mutation;
use serde::{Deserialize, Serialize};

/// The settings. Rates are in parts of a million.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How long a client waits from poll to poll.
    pub poll: LocalSpan,
    /// How fast its clock may drift.
    pub drift: u32,
    /// How fast it corrects itself.
    pub slew: u32,
    /// Beyond what offset it steps.
    pub step: LocalSpan,
}

impl Default for Config {
    fn default() -> Self {
        Config { poll: LocalSpan::seconds(16), drift: 200, slew: 500, step: LocalSpan::millis(128) }
    }
}

node_value! {
    /// A node: the first of the group `server` tells the time, all others ask.
    pub enum Cristian {
        /// Tells the time.
        Server,
        /// Asks for it.
        Client(Client),
    }

    /// A client and what it takes the time to be.
    pub struct Client {
        estimate: Option<Estimate>,
        #[serde(skip)]
        config: Settings,
    }

    /// The settings, as part of a state.
    pub struct Settings {
        poll: LocalSpan,
        drift: u32,
        slew: u32,
        step: LocalSpan,
    }

    /// What a client takes the time to be: its uptime and an offset that moves to a goal.
    #[derive(Copy)]
    pub struct Estimate {
        /// The uptime at the last answer.
        pub since: LocalSpan,
        /// What was to be added to the uptime then, in nanoseconds.
        pub offset: i64,
        /// What the answer said was to be added.
        pub goal: i64,
        /// How far off the goal was at the most.
        pub error: LocalSpan,
    }

    /// What is said.
    #[derive(Copy)]
    pub enum Msg {
        /// What time is it?
        Ask {
            /// The client's uptime.
            asked: LocalSpan,
        },
        /// This time.
        Tell {
            /// The client's uptime when it asked.
            asked: LocalSpan,
            /// The server's clock.
            time: LocalTime,
            /// How far off that is at the most.
            error: LocalSpan,
        },
    }

    /// Time to ask.
    #[derive(Copy)]
    pub struct Poll;
}

impl Node for Cristian {
    type Config = Config;
    type Msg = Msg;
    type Timer = Poll;
    type Disk = ();

    fn boot(ctx: &mut Ctx<Self>, config: &Config, (): &()) -> Self {
        if ctx.cluster().group("server").contains(&ctx.me()) {
            return Cristian::Server;
        }
        let Config { poll, drift, slew, step } = *config;
        let client = Client { estimate: None, config: Settings { poll, drift, slew, step } };
        client.ask(ctx);
        Cristian::Client(client)
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Msg) {
        match (self, msg) {
            (Cristian::Server, Msg::Ask { asked }) => {
                let (least, most) = ctx.now_interval();
                let error = LocalSpan(most.since(least).0.div_ceil(2));
                ctx.send(from, Msg::Tell { asked, time: ctx.now(), error });
            }
            (Cristian::Client(client), Msg::Tell { asked, time, error }) => client.on_tell(ctx, asked, time, error),
            _ => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, Poll: Poll) {
        let Cristian::Client(client) = self else { return };
        // Read before it is corrected: this is when the estimate is at its worst.
        client.declare(ctx);
        client.ask(ctx);
    }

    fn badge(&self) -> Badge {
        Badge::role(match self {
            Cristian::Server => "server",
            Cristian::Client(_) => "client",
        })
    }
}

impl Client {
    fn ask(&self, ctx: &mut Ctx<Cristian>) {
        ctx.set_timer(Poll, self.config.poll);
        if let Some(&server) = ctx.cluster().group("server").first() {
            ctx.send(server, Msg::Ask { asked: ctx.uptime() });
        }
    }

    fn on_tell(&mut self, ctx: &mut Ctx<Cristian>, asked: LocalSpan, time: LocalTime, server_error: LocalSpan) {
        let now = ctx.uptime();
        let Some(round_trip) = now.0.checked_sub(asked.0) else { return };
        // Cristian, section 3: the answer is taken to have travelled half the round trip.
        let half = round_trip.div_ceil(2);
        let goal = (time + LocalSpan(half)).0.saturating_sub_unsigned(now.0);
        let error = LocalSpan(half) + server_error + self.drifted(LocalSpan(round_trip));
        let offset = match &self.estimate {
            Some(estimate) if goal.abs_diff(self.offset(estimate, now)) <= self.config.step.0 => {
                self.offset(estimate, now)
            }
            _ => goal,
        };
        self.estimate = Some(Estimate { since: now, offset, goal, error });
        self.declare(ctx);
    }

    /// The offset now: on its way to the goal, no faster than it may be slewed.
    fn offset(&self, estimate: &Estimate, now: LocalSpan) -> i64 {
        let elapsed = u128::from(now.0.saturating_sub(estimate.since.0));
        let most = i64::try_from(elapsed * u128::from(self.config.slew) / 1_000_000).unwrap_or(i64::MAX);
        estimate.offset.saturating_add(estimate.goal.saturating_sub(estimate.offset).clamp(-most, most))
    }

    /// How far a clock can drift in a span, rounded up.
    fn drifted(&self, span: LocalSpan) -> LocalSpan {
        let drift = u128::from(self.config.drift.min(500_000));
        LocalSpan((u128::from(span.0) * drift).div_ceil(1_000_000 - drift) as u64 + 1)
    }

    /// Declares what it takes the time to be.
    fn declare(&self, ctx: &mut Ctx<Cristian>) {
        let Some(estimate) = &self.estimate else { return };
        let now = ctx.uptime();
        let offset = self.offset(estimate, now);
        let to_correct = LocalSpan(estimate.goal.abs_diff(offset));
        let age = LocalSpan(now.0.saturating_sub(estimate.since.0));
        let error = estimate.error + to_correct + self.drifted(age);
        ctx.observe(Fact::ClockEstimated { time: offset.saturating_add_unsigned(now.0), error });
    }
}

node_value! {
    /// A bug: what the server's clock showed is taken for the time of arrival. The way of the answer counts as nothing.
    pub struct NoWay;
}

impl Mutation for NoWay {
    type Protocol = Cristian;
    type Config = Config;

    fn read(config: &Config) -> (Self, Config) {
        (NoWay, config.clone())
    }

    fn on_message(&mut self, node: &mut Cristian, ctx: &mut Ctx<Cristian>, from: NodeId, mut msg: Msg) {
        if let Msg::Tell { asked, .. } = &mut msg {
            *asked = ctx.uptime();
        }
        node.on_message(ctx, from, msg);
    }
}
