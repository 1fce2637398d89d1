//! FIFO broadcast: the messages of one sender are delivered in its order (Hadzilacos and Toueg, 1994).
//!
//! Messages are numbered by their sender. What comes too early is held back until what is missing has come. Two senders
//! are not compared: an answer may come before its question.

use super::{Config, Message, asked};
use crate::node::{Badge, Ctx, Node, NodeId, Operation, node_value};
use std::collections::{BTreeMap, BTreeSet};

node_value! {
    /// One of the group.
    pub struct Fifo {
        /// How many messages it has broadcast.
        sent: u64,
        /// The number of the next message to deliver, by sender.
        next: BTreeMap<NodeId, u64>,
        /// What came too early.
        held_back: BTreeSet<Message>,
    }
}

impl Node for Fifo {
    type Config = Config;
    type Msg = Message;
    type Timer = ();
    type Disk = ();

    fn boot(_: &mut Ctx<Self>, _: &Config, (): &()) -> Self {
        Fifo { sent: 0, next: BTreeMap::new(), held_back: BTreeSet::new() }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        let Some(value) = asked(ctx, operation) else { return };
        let message = Message { from: ctx.me(), number: self.sent, value };
        self.sent += 1;
        message.deliver(ctx);
        ctx.others().for_each(|other| ctx.send(other, message.clone()));
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, message: Message) {
        self.held_back.insert(message);
        let next = self.next.entry(from).or_default();
        // Sets are in the order of sender and number.
        self.held_back.retain(|message| {
            let is_due = message.from == from && message.number == *next;
            if is_due {
                message.deliver(ctx);
                *next += 1;
            }
            let is_old = message.from == from && message.number < *next;
            !is_old
        });
    }

    fn badge(&self) -> Badge {
        Badge::role("member")
    }
}
