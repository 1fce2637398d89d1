//! Best-effort broadcast: send it to each (Cachin, Guerraoui and Rodrigues, 2011, Algorithm 3.1).
//!
//! If the sender does not crash, all get it. If it crashes between two sendings, some do and some never will; and nothing
//! is said about order.

use super::{Config, Message, asked};
use crate::node::{Badge, Ctx, Node, NodeId, Operation, node_value};

node_value! {
    /// One of the group.
    pub struct BestEffort {
        /// How many messages it has broadcast.
        sent: u64,
    }
}

impl Node for BestEffort {
    type Config = Config;
    type Msg = Message;
    type Timer = ();
    type Disk = ();

    fn boot(_: &mut Ctx<Self>, _: &Config, (): &()) -> Self {
        BestEffort { sent: 0 }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        let Some(value) = asked(ctx, operation) else { return };
        let message = Message { from: ctx.me(), number: self.sent, value };
        self.sent += 1;
        message.deliver(ctx);
        ctx.others().for_each(|other| ctx.send(other, message.clone()));
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, _: NodeId, message: Message) {
        message.deliver(ctx);
    }

    fn badge(&self) -> Badge {
        Badge::role("member")
    }
}
