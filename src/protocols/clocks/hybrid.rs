//! Hybrid logical clocks: timestamps that follow cause and effect and stay near the clock on the wall.
//!
//! # The problem
//!
//! A logical clock orders cause before effect, but its numbers mean nothing to people and cannot be compared with a time
//! of day. A physical clock can, but it may show an effect before its cause. A hybrid clock is a pair: `l`, the largest
//! physical time heard of, and `c`, which counts what happens while `l` stands still.
//!
//! # The model
//!
//! Messages may be late, lost or doubled. Each node's clock is near true time: no two clocks differ by more than
//! [`Config::epsilon`]. The algorithm does not know that bound; only its promise rests on it.
//!
//! # What is guaranteed
//!
//! Always: if one event happened before another, its pair is smaller (Theorem 1). Under the model: `l` is at most
//! epsilon from the node's own clock (Corollary 1). A clock that is ahead by more drags the `l` of all who hear of it.
//!
//! # The messages
//!
//! [`Stamped`]: the pair at which it was sent. Each node sends a few, to others chosen by chance.
//!
//! # What is left out
//!
//! The compact form of a pair in 64 bits, and refusing timestamps that are too far ahead (section 6.2).
//!
//! # References
//!
//! Sandeep Kulkarni, Murat Demirbas, Deepak Madeppa, Bharadwaj Avva, Marcelo Leone, *Logical Physical Clocks*, 2014.

use crate::node::{Badge, Ctx, Fact, LocalSpan, Node, NodeId, Stamp, node_value};
use crate::protocols::mutant::Mutation;
use serde::{Deserialize, Serialize};

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How many messages each node sends.
    pub messages: u32,
    /// How long it waits before each: anything up to twice this.
    pub every: LocalSpan,
    /// How far any two clocks are assumed to differ at the most.
    pub epsilon: LocalSpan,
}

impl Default for Config {
    fn default() -> Self {
        Config { messages: 5, every: LocalSpan::millis(10), epsilon: LocalSpan::millis(10) }
    }
}

node_value! {
    /// A node and its clock.
    pub struct Hybrid {
        pair: Pair,
        to_send: u32,
        every: LocalSpan,
        epsilon: LocalSpan,
    }

    /// A timestamp: the largest physical time heard of, and a count.
    #[derive(Copy, Default)]
    pub struct Pair {
        /// The largest physical time heard of, in nanoseconds.
        pub l: i64,
        /// What happened since it was reached.
        pub c: u64,
    }

    /// A message and when it was sent.
    #[derive(Copy)]
    pub struct Stamped {
        /// The sender's timestamp.
        pub sent: Pair,
    }

    /// Time to send.
    #[derive(Copy)]
    pub struct Send;
}

impl Node for Hybrid {
    type Config = Config;
    type Msg = Stamped;
    type Timer = Send;
    type Disk = ();

    fn boot(ctx: &mut Ctx<Self>, config: &Config, (): &()) -> Self {
        let Config { messages, every, epsilon } = *config;
        let node = Hybrid { pair: Pair::default(), to_send: messages, every, epsilon };
        node.wait(ctx);
        node
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, Send: Send) {
        let others: Vec<NodeId> = ctx.others().collect();
        self.to_send -= 1;
        self.wait(ctx);
        if others.is_empty() {
            return;
        }
        let to = others[ctx.choose(others.len() as u32) as usize];
        self.tick(ctx, Pair { l: i64::MIN, c: 0 });
        ctx.send(to, Stamped { sent: self.pair });
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, _: NodeId, Stamped { sent }: Stamped) {
        self.tick(ctx, sent);
    }

    fn badge(&self) -> Badge {
        Badge::role("node")
    }
}

impl Hybrid {
    fn wait(&self, ctx: &mut Ctx<Self>) {
        if self.to_send > 0 {
            ctx.set_timer_between(Send, LocalSpan::ZERO..=self.every + self.every);
        }
    }

    /// Figure 5: the next timestamp is after the node's own last one, after what it has heard, and not behind its clock.
    fn tick(&mut self, ctx: &mut Ctx<Self>, heard: Pair) {
        let l = self.pair.l.max(heard.l).max(ctx.now().0);
        // A count goes on only with the time that it belongs to.
        let counts = [self.pair, heard].into_iter().filter(|pair| pair.l == l).map(|pair| pair.c);
        let c = counts.max().map_or(0, |largest| largest + 1);
        self.pair = Pair { l, c };
        let stamp = Stamp::Time { time: l, count: c };
        ctx.observe(Fact::Stamped { stamp, bound: Some(self.epsilon), operation: None });
    }
}

node_value! {
    /// A bug: received timestamps are ignored, and an effect may be stamped before its cause.
    pub struct Deaf;
}

impl Mutation for Deaf {
    type Protocol = Hybrid;
    type Config = Config;

    fn read(config: &Config) -> (Self, Config) {
        (Deaf, config.clone())
    }

    fn on_message(&mut self, node: &mut Hybrid, ctx: &mut Ctx<Hybrid>, from: NodeId, mut msg: Stamped) {
        msg.sent = Pair { l: i64::MIN, c: 0 };
        node.on_message(ctx, from, msg);
    }
}
