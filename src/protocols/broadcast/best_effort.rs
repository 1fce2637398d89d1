//! Best-effort broadcast: send it to each (Cachin, Guerraoui and Rodrigues, 2011, Algorithm 3.1).
//!
//! If the sender does not crash, all get it. If it crashes between two sendings, some do and some never will; and nothing
//! is said about order.

use super::Message;
use super::member::{Broadcast, Member, send_all};
use crate::node::{Ctx, NodeId, node_value};

node_value! {
    /// Remembers nothing.
    #[derive(Default)]
    pub struct BestEffort {}
}

impl Broadcast for BestEffort {
    type Msg = Message;

    fn broadcast(&mut self, ctx: &mut Ctx<Member<Self>>, message: Message) {
        message.deliver(ctx);
        send_all(ctx, &message);
    }

    fn receive(&mut self, ctx: &mut Ctx<Member<Self>>, _: NodeId, message: Message) {
        message.deliver(ctx);
    }
}
