//! Snapshots of a system that does not stop (Chandy and Lamport, "Distributed snapshots: determining global states of
//! distributed systems", 1985).
//!
//! # The problem
//!
//! Money moves between accounts. How much is there in all? Whoever asks each node in turn may count what was sent twice,
//! or not at all: there is no moment at which all can look at once.
//!
//! # The rule
//!
//! Who begins records its state and sends a marker to all others. Who receives a marker for the first time records its
//! state at once and sends markers likewise. What arrives after a node has recorded itself and before the sender's
//! marker was on its way: it belongs to the channel.
//!
//! # What is guaranteed
//!
//! Where links keep their order, the parts fit: nothing is recorded as received that is not recorded as sent. The whole
//! may never have been at any moment of true time; but it could have been.
//!
//! # The mutant
//!
//! With `markers: false` each node records itself at one reading of its own clock. Clocks differ, and what is on its way
//! belongs to nobody.

use crate::node::{Badge, Ctx, Datum, Fact, LocalSpan, Node, NodeId, Op, Operation, Outcome, node_value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What each account holds at first.
    pub balance: i64,
    /// How much is moved at a time, to each other account in turn.
    pub amount: i64,
    /// How many times each account sends.
    pub transfers: u32,
    /// How long it waits before each.
    pub every: LocalSpan,
    /// Whether markers are used. Where not, each node records itself at `naive_at` by its own clock.
    pub markers: bool,
    /// When nodes record themselves without markers, since they booted.
    pub naive_at: LocalSpan,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            balance: 100,
            amount: 10,
            transfers: 5,
            every: LocalSpan::millis(10),
            markers: true,
            naive_at: LocalSpan::millis(30),
        }
    }
}

node_value! {
    /// An account.
    pub struct Account {
        balance: i64,
        amount: i64,
        every: LocalSpan,
        /// Transfers that are still to be made.
        left: u32,
        /// Whether it has recorded itself.
        has_recorded: bool,
        /// By sender whose marker has not come: what arrived from it since.
        channels: BTreeMap<NodeId, i64>,
    }

    /// Every message.
    pub enum Msg {
        /// Money.
        Transfer(Transfer),
        /// What was sent before this belongs to the snapshot, what is sent after it does not.
        Marker,
    }

    /// Money.
    #[derive(Copy)]
    pub struct Transfer {
        /// How much.
        pub amount: i64,
    }

    /// The timers.
    #[derive(Copy)]
    pub enum Timer {
        /// Time to send money.
        Pay,
        /// Time to record, for those who do it by the clock.
        Record,
    }
}

impl Node for Account {
    type Config = Config;
    type Msg = Msg;
    type Timer = Timer;
    type Disk = ();

    fn boot(ctx: &mut Ctx<Self>, config: &Config, (): &()) -> Self {
        let Config { balance, amount, transfers, every, markers, naive_at } = *config;
        ctx.observe(Fact::Deposited { amount: balance });
        if transfers > 0 {
            ctx.set_timer(Timer::Pay, every);
        }
        if !markers {
            ctx.set_timer(Timer::Record, naive_at);
        }
        Account { balance, amount, every, left: transfers, has_recorded: false, channels: BTreeMap::new() }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        let Operation { id, op, .. } = operation;
        let is_asked = matches!(&op, Op::Do(what, _) if &**what == "snapshot");
        if is_asked {
            self.record(ctx);
        }
        let outcome = if is_asked { Outcome::Ok(Datum::Absent) } else { Outcome::Failed };
        ctx.observe(Fact::Returned { operation: id, outcome });
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Msg) {
        match msg {
            Msg::Transfer(Transfer { amount }) => {
                self.balance += amount;
                if let Some(channel) = self.channels.get_mut(&from) {
                    *channel += amount;
                }
            }
            Msg::Marker => self.on_marker(ctx, from),
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: Timer) {
        match timer {
            Timer::Pay => self.pay(ctx),
            Timer::Record => ctx.observe(Fact::Recorded { amount: self.balance }),
        }
    }

    fn badge(&self) -> Badge {
        Badge::role("account")
    }
}

impl Account {
    /// Sends money to the next in turn, if there is enough.
    fn pay(&mut self, ctx: &mut Ctx<Self>) {
        self.left -= 1;
        let others: Vec<NodeId> = ctx.others().collect();
        if self.balance >= self.amount && !others.is_empty() {
            self.balance -= self.amount;
            ctx.send(others[self.left as usize % others.len()], Msg::Transfer(Transfer { amount: self.amount }));
        }
        if self.left > 0 {
            ctx.set_timer(Timer::Pay, self.every);
        }
    }

    /// The marker-sending rule: records itself, then sends a marker before anything else.
    fn record(&mut self, ctx: &mut Ctx<Self>) {
        if std::mem::replace(&mut self.has_recorded, true) {
            return;
        }
        ctx.observe(Fact::Recorded { amount: self.balance });
        self.channels = ctx.others().map(|other| (other, 0)).collect();
        ctx.others().for_each(|other| ctx.send(other, Msg::Marker));
    }

    /// The marker-receiving rule: records itself if it has not, and closes the channel.
    fn on_marker(&mut self, ctx: &mut Ctx<Self>, from: NodeId) {
        self.record(ctx);
        if let Some(amount) = self.channels.remove(&from) {
            ctx.observe(Fact::ChannelRecorded { from, amount });
        }
    }
}
