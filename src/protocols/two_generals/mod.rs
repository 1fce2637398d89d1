//! The two generals: no last message is safe.
//!
//! # The problem
//!
//! Two armies win if both attack at dawn, and either is lost if it attacks alone. The generals agree by messengers, who
//! may be caught. One sends the plan; the other confirms; the first confirms the confirmation. How many confirmations
//! are enough?
//!
//! # What is to be seen
//!
//! None are. Whoever sent the last message does not know whether it arrived, so it has to decide the same whether it did
//! or not. Then the last message was useless, and so, by the same thought, was the one before it. No protocol over a
//! network that may lose messages makes both sure (Akkoyunlu, Ekanadham and Huber, "Some constraints and tradeoffs in
//! the design of network communications", 1975; the name is Gray's, "Notes on data base operating systems", 1978).
//!
//! # The messages
//!
//! [`Messenger`]: a number from 1. The first general sends the odd ones, the second the even ones, each in answer to the
//! one before. At dawn a general attacks if every messenger that was meant for it has come.

use crate::node::{Badge, Ctx, Datum, Fact, LocalSpan, Node, NodeId, node_value};
use serde::{Deserialize, Serialize};

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How many messengers are sent in all, the plan and its confirmations.
    pub messengers: u32,
    /// When dawn comes.
    pub dawn: LocalSpan,
}

impl Default for Config {
    fn default() -> Self {
        Config { messengers: 3, dawn: LocalSpan::millis(100) }
    }
}

node_value! {
    /// One of the two.
    pub struct General {
        /// The last messenger that came.
        received: u32,
        /// The last messenger that was sent from here.
        sent: u32,
        /// How many messengers there are to be.
        messengers: u32,
        /// Whether this general sends the odd messengers.
        begins: bool,
    }

    /// A messenger.
    #[derive(Copy)]
    pub struct Messenger {
        /// Its number, from 1.
        pub number: u32,
    }

    /// Dawn.
    #[derive(Copy)]
    pub struct Dawn;
}

impl Node for General {
    type Config = Config;
    type Msg = Messenger;
    type Timer = Dawn;
    type Disk = ();

    fn boot(ctx: &mut Ctx<Self>, config: &Config, (): &()) -> Self {
        let begins = ctx.me() == ctx.peers()[0];
        ctx.set_timer(Dawn, config.dawn);
        let mut general = General { received: 0, sent: 0, messengers: config.messengers, begins };
        if begins {
            general.send_next(ctx);
        }
        general
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, _: NodeId, messenger: Messenger) {
        self.received = self.received.max(messenger.number);
        self.send_next(ctx);
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, Dawn: Dawn) {
        let decision = if self.received >= self.last_expected() { "attack" } else { "stay" };
        ctx.observe(Fact::Decided { value: Datum::Text(decision.into()) });
    }

    fn badge(&self) -> Badge {
        Badge::role("general")
    }
}

impl General {
    /// Answers the last messenger, unless it was the last of all.
    fn send_next(&mut self, ctx: &mut Ctx<Self>) {
        let number = self.received + 1;
        if number > self.messengers || number <= self.sent {
            return;
        }
        self.sent = number;
        for other in ctx.others() {
            ctx.send(other, Messenger { number });
        }
    }

    /// The number of the last messenger that is meant for this general: odd ones come from the one who begins.
    fn last_expected(&self) -> u32 {
        let is_mine = self.messengers.is_multiple_of(2) == self.begins;
        if is_mine { self.messengers } else { self.messengers.saturating_sub(1) }
    }
}
