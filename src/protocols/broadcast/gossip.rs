//! Gossip: everyone tells a few others, a few times (Demers and others, "Epidemic algorithms for replicated database
//! maintenance", 1987, rumour mongering).
//!
//! In each round a node passes each rumour that it still spreads on to `fan_out` others, drawn at random. It loses
//! interest after `rounds` rounds. No node has much to do, no list of who has what is kept, and lost messages do no harm:
//! all hear it probably. A rumour that has died out before a partition heals reaches the other side never.

use super::{Message, asked};
use crate::node::{Badge, Ctx, LocalSpan, Node, NodeId, Operation, node_value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How many others are told in each round.
    pub fan_out: u32,
    /// For how many rounds a node spreads a rumour.
    pub rounds: u32,
    /// How long a round is.
    pub every: LocalSpan,
}

impl Default for Config {
    fn default() -> Self {
        Config { fan_out: 2, rounds: 4, every: LocalSpan::millis(20) }
    }
}

node_value! {
    /// One of the group.
    pub struct Gossip {
        fan_out: u32,
        rounds: u32,
        every: LocalSpan,
        /// How many messages it has broadcast.
        sent: u64,
        /// What it has heard, and for how many more rounds it spreads that.
        rumours: BTreeMap<Message, u32>,
    }

    /// Time for the next round.
    #[derive(Copy)]
    pub struct Round;
}

impl Node for Gossip {
    type Config = Config;
    type Msg = Message;
    type Timer = Round;
    type Disk = ();

    fn boot(_: &mut Ctx<Self>, config: &Config, (): &()) -> Self {
        let Config { fan_out, rounds, every } = *config;
        Gossip { fan_out, rounds, every, sent: 0, rumours: BTreeMap::new() }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        let Some(value) = asked(ctx, operation) else { return };
        let message = Message { from: ctx.me(), number: self.sent, value };
        self.sent += 1;
        self.hear(ctx, message);
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, _: NodeId, message: Message) {
        self.hear(ctx, message);
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, Round: Round) {
        for (rumour, left) in self.rumours.iter_mut().filter(|(_, left)| **left > 0) {
            *left -= 1;
            tell_some(ctx, self.fan_out, rumour);
        }
        if self.is_spreading() {
            ctx.set_timer(Round, self.every);
        }
    }

    fn badge(&self) -> Badge {
        Badge::role("member")
    }
}

impl Gossip {
    /// Delivers what is new, and takes an interest in it.
    fn hear(&mut self, ctx: &mut Ctx<Self>, message: Message) {
        if self.rumours.contains_key(&message) {
            return;
        }
        if !self.is_spreading() {
            ctx.set_timer(Round, self.every);
        }
        message.deliver(ctx);
        self.rumours.insert(message, self.rounds);
    }

    fn is_spreading(&self) -> bool {
        self.rumours.values().any(|left| *left > 0)
    }
}

/// Tells so many others, drawn without repetition.
fn tell_some(ctx: &mut Ctx<Gossip>, count: u32, rumour: &Message) {
    let mut others: Vec<NodeId> = ctx.others().collect();
    for _ in 0..count {
        if others.is_empty() {
            return;
        }
        let drawn = ctx.choose(others.len() as u32) as usize;
        ctx.send(others.swap_remove(drawn), rumour.clone());
    }
}
