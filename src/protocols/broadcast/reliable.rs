//! Reliable broadcast, eager: whoever hears a message first passes it on (Cachin, Guerraoui and Rodrigues, 2011,
//! Algorithm 3.3).
//!
//! If one node that does not crash delivers a message, it has sent it to all: so all that do not crash deliver it, even
//! where the sender crashed after the first sending. The cost is a message for each pair of nodes.

use super::Message;
use super::member::{Broadcast, Member, send_all};
use crate::node::{Ctx, NodeId, node_value};
use std::collections::BTreeSet;

node_value! {
    /// What was delivered here.
    #[derive(Default)]
    pub struct Reliable {
        /// By sender and number.
        delivered: BTreeSet<(NodeId, u64)>,
    }
}

impl Broadcast for Reliable {
    type Msg = Message;

    fn broadcast(&mut self, ctx: &mut Ctx<Member<Self>>, message: Message) {
        let me = ctx.me();
        self.receive(ctx, me, message);
    }

    /// Delivers a message and passes it on, the first time.
    fn receive(&mut self, ctx: &mut Ctx<Member<Self>>, _: NodeId, message: Message) {
        if self.delivered.insert((message.from, message.number)) {
            message.deliver(ctx);
            send_all(ctx, &message);
        }
    }
}
