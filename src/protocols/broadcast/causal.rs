//! Causal broadcast: no message is delivered before one that it may depend on (Birman, Schiper and Stephenson, "Lightweight
//! causal and atomic group multicast", 1991).
//!
//! Each message carries a vector: how many messages of each node its sender had delivered. A receiver that has delivered
//! fewer holds the message back. Concurrent messages may be delivered in any order, and in different orders by different
//! nodes (scenario `broadcast/causal-not-total`).

use super::Message;
use super::member::{Broadcast, Member, send_all};
use crate::node::{Ctx, NodeId, node_value};
use std::collections::BTreeMap;

node_value! {
    /// What was delivered here, and what came too early.
    #[derive(Default)]
    pub struct Causal {
        /// How many messages, by sender; this node's own among them.
        delivered: BTreeMap<NodeId, u64>,
        held_back: Vec<Dependent>,
    }

    /// A message with what it may depend on.
    pub struct Dependent {
        /// The message.
        pub message: Message,
        /// How many messages its sender had delivered, by sender.
        pub after: BTreeMap<NodeId, u64>,
    }
}

impl Broadcast for Causal {
    type Msg = Dependent;

    fn broadcast(&mut self, ctx: &mut Ctx<Member<Self>>, message: Message) {
        let after = self.delivered.clone();
        self.deliver(ctx, &message);
        send_all(ctx, &Dependent { message, after });
    }

    fn receive(&mut self, ctx: &mut Ctx<Member<Self>>, _: NodeId, message: Dependent) {
        self.held_back.push(message);
        while let Some(place) = self.held_back.iter().position(|held| self.is_due(held)) {
            let Dependent { message, .. } = self.held_back.remove(place);
            if message.number == self.count(message.from) {
                self.deliver(ctx, &message);
            }
        }
    }
}

impl Causal {
    fn count(&self, from: NodeId) -> u64 {
        self.delivered.get(&from).copied().unwrap_or_default()
    }

    /// Whether all that a message may depend on was delivered here: of its own sender, all messages before it.
    fn is_due(&self, held: &Dependent) -> bool {
        held.after.iter().all(|(from, count)| self.count(*from) >= *count)
    }

    fn deliver(&mut self, ctx: &mut Ctx<Member<Self>>, message: &Message) {
        *self.delivered.entry(message.from).or_default() += 1;
        message.deliver(ctx);
    }
}
