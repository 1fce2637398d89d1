//! Postcards: there is no shared now.
//!
//! # The problem
//!
//! Two people far apart each have a watch. One writes the time on a postcard and sends it; the other reads the time of
//! arrival off another watch. How long was the card on its way?
//!
//! # What is to be seen
//!
//! The difference of the two readings is the time of travel plus the difference of the watches, and nothing in the card
//! tells the two apart. It may even be negative: a card that arrives before it was written. Only by the order of cause
//! and effect is it certain that writing came first (Lamport, "Time, clocks, and the ordering of events in a distributed
//! system", 1978).
//!
//! # The messages
//!
//! [`Card`]: the writer's clock when it was written. The first node of the group writes to all others, again and again;
//! who is asked to answers at once with a card of its own.

use crate::node::{Badge, Ctx, Fact, LocalSpan, LocalTime, Node, NodeId, node_value};
use serde::{Deserialize, Serialize};

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How many cards the first node writes to each other node.
    pub cards: u32,
    /// How long it waits before each.
    pub every: LocalSpan,
    /// Whether a card is answered.
    pub answer: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config { cards: 1, every: LocalSpan::millis(10), answer: false }
    }
}

node_value! {
    /// One who writes or reads postcards.
    pub struct Postcards {
        /// Cards that are still to be written.
        to_write: u32,
        every: LocalSpan,
        answer: bool,
    }

    /// A postcard.
    #[derive(Copy)]
    pub struct Card {
        /// The writer's clock when it was written.
        pub written: LocalTime,
        /// Whether it is an answer, which asks for none.
        pub answers: bool,
    }

    /// Time to write.
    #[derive(Copy)]
    pub struct Write;
}

impl Node for Postcards {
    type Config = Config;
    type Msg = Card;
    type Timer = Write;
    type Disk = ();

    fn boot(ctx: &mut Ctx<Self>, config: &Config, (): &()) -> Self {
        let writes = ctx.me() == ctx.peers()[0] && config.cards > 0;
        if writes {
            ctx.set_timer(Write, config.every);
        }
        Postcards { to_write: if writes { config.cards } else { 0 }, every: config.every, answer: config.answer }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, Write: Write) {
        self.to_write -= 1;
        let written = ctx.now();
        ctx.observe(Fact::note(format!("writes a card: my clock says {}", reading(written))));
        for other in ctx.others() {
            ctx.send(other, Card { written, answers: false });
        }
        if self.to_write > 0 {
            ctx.set_timer(Write, self.every);
        }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, card: Card) {
        let now = ctx.now();
        let nanos = now.0 - card.written.0;
        let verdict = if nanos < 0 { " before it was written" } else { "" };
        let (mine, theirs) = (reading(now), reading(card.written));
        let millis = nanos.unsigned_abs() / 1_000_000;
        ctx.observe(Fact::note(format!("reads {theirs}, own clock {mine}: {millis} ms{verdict}")));
        if self.answer && !card.answers {
            ctx.send(from, Card { written: now, answers: true });
        }
    }

    fn badge(&self) -> Badge {
        Badge::role(if self.to_write > 0 { "writer" } else { "reader" })
    }
}

/// A clock's reading in seconds.
fn reading(LocalTime(nanos): LocalTime) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let millis = nanos.unsigned_abs() / 1_000_000;
    format!("{sign}{}.{:03}", millis / 1000, millis % 1000)
}
