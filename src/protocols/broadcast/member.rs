//! One of a group: what every broadcast has, whatever its order.
//!
//! A member numbers what it is asked to broadcast. All else is for the [`Broadcast`] within: what to send, when to deliver.

use super::{Message, asked};
use crate::node::{Badge, Ctx, Kinds, Node, NodeId, Operation, Value};
use serde::{Deserialize, Serialize};

/// How messages are sent and delivered.
pub trait Broadcast: Value + Default {
    /// What travels.
    type Msg: Value + Kinds;

    /// This node broadcasts a message.
    fn broadcast(&mut self, ctx: &mut Ctx<Member<Self>>, message: Message);

    /// Something has come from another node.
    fn receive(&mut self, ctx: &mut Ctx<Member<Self>>, from: NodeId, msg: Self::Msg);
}

/// There is nothing to set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {}

/// One of the group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Member<B> {
    /// How many messages it has broadcast.
    sent: u64,
    /// What its broadcast remembers.
    broadcast: B,
}

impl<B: Broadcast> Node for Member<B> {
    type Config = Config;
    type Msg = B::Msg;
    type Timer = ();
    type Disk = ();

    fn boot(_: &mut Ctx<Self>, _: &Config, (): &()) -> Self {
        Member { sent: 0, broadcast: B::default() }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        let Some(value) = asked(ctx, operation) else { return };
        let message = Message { from: ctx.me(), number: self.sent, value };
        self.sent += 1;
        self.broadcast.broadcast(ctx, message);
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: B::Msg) {
        self.broadcast.receive(ctx, from, msg);
    }

    fn badge(&self) -> Badge {
        Badge::role("member")
    }
}

/// Sends the same to all others.
pub(super) fn send_all<N: Node>(ctx: &mut Ctx<N>, msg: &N::Msg) {
    ctx.others().for_each(|other| ctx.send(other, msg.clone()));
}
