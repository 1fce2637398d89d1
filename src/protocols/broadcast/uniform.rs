//! Uniform reliable broadcast: nobody delivers before a majority has the message (Cachin, Guerraoui and Rodrigues, 2011,
//! Algorithm 3.5).
//!
//! Eager reliable broadcast binds those that do not crash. A node that delivers and then crashes may have acted on what
//! nobody else will ever hear: it has paid out the money. Here whoever hears a message passes it on and waits until a
//! majority has done so. If less than half of the nodes crash, one of that majority does not, and all others hear it from
//! there. If half of them crash, the rest wait: the promise is kept by doing nothing.

use super::Message;
use super::member::{Broadcast, Member, send_all};
use crate::node::{Ctx, NodeId, node_value};
use std::collections::{BTreeMap, BTreeSet};

node_value! {
    /// What is on its way, and what was delivered here.
    #[derive(Default)]
    pub struct Uniform {
        /// Who is known to have each message.
        have: BTreeMap<Message, BTreeSet<NodeId>>,
        /// By sender and number.
        delivered: BTreeSet<(NodeId, u64)>,
    }
}

impl Broadcast for Uniform {
    type Msg = Message;

    fn broadcast(&mut self, ctx: &mut Ctx<Member<Self>>, message: Message) {
        let me = ctx.me();
        self.receive(ctx, me, message);
    }

    fn receive(&mut self, ctx: &mut Ctx<Member<Self>>, from: NodeId, message: Message) {
        let have = self.have.entry(message.clone()).or_default();
        let is_new = have.insert(ctx.me());
        have.insert(from);
        let is_majority = have.len() > ctx.peers().len() / 2;
        if is_new {
            send_all(ctx, &message);
        }
        if is_majority && self.delivered.insert((message.from, message.number)) {
            message.deliver(ctx);
        }
    }
}
