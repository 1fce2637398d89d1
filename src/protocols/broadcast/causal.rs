//! Causal broadcast: no message is delivered before one that it may depend on (Birman, Schiper and Stephenson, "Lightweight
//! causal and atomic group multicast", 1991).
//!
//! Each message carries a vector: how many messages of each node its sender had delivered. A receiver that has delivered
//! fewer holds the message back. Concurrent messages may be delivered in any order, and in different orders by different
//! nodes (scenario `broadcast/causal-not-total`).

use super::{Config, Message, asked};
use crate::node::{Badge, Ctx, Node, NodeId, Operation, node_value};
use std::collections::BTreeMap;

node_value! {
    /// One of the group.
    pub struct Causal {
        /// How many messages it has delivered, by sender; its own among them.
        delivered: BTreeMap<NodeId, u64>,
        /// What came too early.
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

impl Node for Causal {
    type Config = Config;
    type Msg = Dependent;
    type Timer = ();
    type Disk = ();

    fn boot(_: &mut Ctx<Self>, _: &Config, (): &()) -> Self {
        Causal { delivered: BTreeMap::new(), held_back: Vec::new() }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        let Some(value) = asked(ctx, operation) else { return };
        let (from, after) = (ctx.me(), self.delivered.clone());
        let message = Message { from, number: self.count(from), value };
        self.deliver(ctx, &message);
        ctx.others().for_each(|other| ctx.send(other, Dependent { message: message.clone(), after: after.clone() }));
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, _: NodeId, message: Dependent) {
        self.held_back.push(message);
        while let Some(place) = self.held_back.iter().position(|held| self.is_due(held)) {
            let Dependent { message, .. } = self.held_back.remove(place);
            if message.number == self.count(message.from) {
                self.deliver(ctx, &message);
            }
        }
    }

    fn badge(&self) -> Badge {
        Badge::role("member")
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

    fn deliver(&mut self, ctx: &mut Ctx<Self>, message: &Message) {
        *self.delivered.entry(message.from).or_default() += 1;
        message.deliver(ctx);
    }
}
