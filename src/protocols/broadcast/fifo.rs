//! FIFO broadcast: the messages of one sender are delivered in its order (Hadzilacos and Toueg, 1994).
//!
//! Messages are numbered by their sender. What comes too early is held back until what is missing has come. Two senders
//! are not compared: an answer may come before its question.

use super::Message;
use super::member::{Broadcast, Member, send_all};
use crate::node::{Ctx, NodeId, node_value};
use std::collections::{BTreeMap, BTreeSet};

node_value! {
    /// What comes next, and what came too early.
    #[derive(Default)]
    pub struct Fifo {
        /// The number of the next message to deliver, by sender.
        next: BTreeMap<NodeId, u64>,
        held_back: BTreeSet<Message>,
    }
}

impl Broadcast for Fifo {
    type Msg = Message;

    fn broadcast(&mut self, ctx: &mut Ctx<Member<Self>>, message: Message) {
        message.deliver(ctx);
        send_all(ctx, &message);
    }

    fn receive(&mut self, ctx: &mut Ctx<Member<Self>>, from: NodeId, message: Message) {
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
}
