//! Total order by timestamps: all deliver in the order of Lamport clocks (Lamport, 1978, the queue of requests).
//!
//! A message is stamped with its sender's Lamport clock, and ties are broken by the nodes' order. Everyone answers each
//! message with an acknowledgement to all. A node delivers the first message of its queue once it has heard something
//! later from every other node: then nothing earlier can come, where links keep their order.
//!
//! So everyone waits for everyone. One node that is silent stops all the others, which is why a service that has to go on
//! orders by a leader and a majority instead ([`by_leader`](super::by_leader)).

use super::Message;
use super::member::{Broadcast, Member, send_all};
use crate::node::{Ctx, NodeId, node_value};
use std::collections::BTreeMap;

node_value! {
    /// A clock, a queue, and what was heard of whom.
    #[derive(Default)]
    pub struct Total {
        /// Its Lamport clock.
        time: u64,
        /// What is not delivered yet, in the order of stamps and senders.
        queue: BTreeMap<(u64, NodeId), Message>,
        /// The latest stamp heard of each other node.
        heard: BTreeMap<NodeId, u64>,
    }

    /// Every message.
    pub enum Msg {
        /// Something is broadcast.
        Publish(Publish),
        /// Something was received: nothing with an earlier stamp will come from this sender.
        Ack(Ack),
    }

    /// Something is broadcast.
    pub struct Publish {
        /// The stamp of the sending.
        pub time: u64,
        /// What.
        pub message: Message,
    }

    /// Something was received.
    #[derive(Copy)]
    pub struct Ack {
        /// The stamp of the sending of this acknowledgement.
        pub time: u64,
    }
}

impl Broadcast for Total {
    type Msg = Msg;

    fn broadcast(&mut self, ctx: &mut Ctx<Member<Self>>, message: Message) {
        self.time += 1;
        self.queue.insert((self.time, ctx.me()), message.clone());
        send_all(ctx, &Msg::Publish(Publish { time: self.time, message }));
        self.deliver_settled(ctx);
    }

    fn receive(&mut self, ctx: &mut Ctx<Member<Self>>, from: NodeId, msg: Msg) {
        let (Msg::Publish(Publish { time, .. }) | Msg::Ack(Ack { time })) = msg;
        self.time = self.time.max(time) + 1;
        self.heard.insert(from, time);
        if let Msg::Publish(Publish { message, .. }) = msg {
            self.queue.insert((time, from), message);
            self.time += 1;
            send_all(ctx, &Msg::Ack(Ack { time: self.time }));
        }
        self.deliver_settled(ctx);
    }
}

impl Total {
    /// Delivers what is first in the queue, as long as nothing earlier can come.
    fn deliver_settled(&mut self, ctx: &mut Ctx<Member<Self>>) {
        while let Some(first) = self.queue.first_entry() {
            let stamp = *first.key();
            let is_settled =
                ctx.others().all(|from| self.heard.get(&from).is_some_and(|time| (*time, from) >= stamp));
            if !is_settled {
                return;
            }
            first.remove().deliver(ctx);
        }
    }
}
