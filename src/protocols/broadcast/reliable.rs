//! Reliable broadcast, eager: whoever hears a message first passes it on (Cachin, Guerraoui and Rodrigues, 2011,
//! Algorithm 3.3).
//!
//! If one node that does not crash delivers a message, it has sent it to all: so all that do not crash deliver it, even
//! where the sender crashed after the first sending. The cost is a message for each pair of nodes.

use super::{Config, Message, asked};
use crate::node::{Badge, Ctx, Node, NodeId, Operation, node_value};
use std::collections::BTreeSet;

node_value! {
    /// One of the group.
    pub struct Reliable {
        /// How many messages it has broadcast.
        sent: u64,
        /// What it has delivered, by sender and number.
        delivered: BTreeSet<(NodeId, u64)>,
    }
}

impl Node for Reliable {
    type Config = Config;
    type Msg = Message;
    type Timer = ();
    type Disk = ();

    fn boot(_: &mut Ctx<Self>, _: &Config, (): &()) -> Self {
        Reliable { sent: 0, delivered: BTreeSet::new() }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        let Some(value) = asked(ctx, operation) else { return };
        let message = Message { from: ctx.me(), number: self.sent, value };
        self.sent += 1;
        self.receive(ctx, message);
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, _: NodeId, message: Message) {
        self.receive(ctx, message);
    }

    fn badge(&self) -> Badge {
        Badge::role("member")
    }
}

impl Reliable {
    /// Delivers a message and passes it on, the first time.
    fn receive(&mut self, ctx: &mut Ctx<Self>, message: Message) {
        if self.delivered.insert((message.from, message.number)) {
            message.deliver(ctx);
            ctx.others().for_each(|other| ctx.send(other, message.clone()));
        }
    }
}
