//! A process that does what it is asked to, and stamps each of its steps with a logical clock.
//!
//! # The problem
//!
//! No node sees true time. What can be known is what happened before what: of two steps of one process the earlier, the
//! sending of a message before its receipt, and whatever follows from these (Lamport, 1978). Two events that are joined
//! by no such chain are concurrent. How much of that can a stamp tell?
//!
//! # The rules
//!
//! Each clock says what a step does to it and what a received stamp does to it ([`Clock`]). A process stamps before it
//! acts: what it sends carries the stamp of the sending.
//!
//! # What it is asked for
//!
//! `Do("work")`: a step of its own. `Do("send", "b")`: a message to b. `Do("send all")`: one to each other process.

use crate::node::{Badge, Ctx, Datum, Fact, Node, NodeId, Op, Operation, Outcome, Stamp, Value, node_value};
use serde::{Deserialize, Serialize};

/// A logical clock.
pub trait Clock: Value {
    /// The clock of a process, the `place`th of `count`.
    fn new(place: usize, count: usize) -> Self;

    /// The process takes a step of its own, or sends.
    fn tick(&mut self);

    /// The process receives a message with this stamp.
    fn receive(&mut self, stamp: &Stamp);

    /// What the clock shows.
    fn stamp(&self) -> Stamp;
}

/// There is nothing to set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {}

/// A process with its clock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Process<C> {
    clock: C,
}

node_value! {
    /// A message, which says nothing but when it was sent.
    pub struct Message {
        /// The stamp of the sending.
        pub stamp: Stamp,
    }
}

impl<C: Clock> Node for Process<C> {
    type Config = Config;
    type Msg = Message;
    type Timer = ();
    type Disk = ();

    fn boot(ctx: &mut Ctx<Self>, _: &Config, (): &()) -> Self {
        let place = ctx.peers().iter().position(|peer| *peer == ctx.me()).unwrap_or_default();
        Process { clock: C::new(place, ctx.peers().len()) }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        let Operation { id, op, .. } = operation;
        let is_done = match &op {
            Op::Do(what, _) if &**what == "work" => {
                self.step(ctx);
                true
            }
            Op::Do(what, Datum::Text(name)) if &**what == "send" => match ctx.cluster().find(name) {
                Some(to) => {
                    self.send(ctx, to);
                    true
                }
                None => false,
            },
            Op::Do(what, _) if &**what == "send all" => {
                ctx.others().for_each(|to| self.send(ctx, to));
                true
            }
            _ => false,
        };
        let outcome = if is_done { Outcome::Ok(Datum::Absent) } else { Outcome::Failed };
        ctx.observe(Fact::Returned { operation: id, outcome });
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, _: NodeId, message: Message) {
        self.clock.receive(&message.stamp);
        ctx.observe(Fact::Stamped { stamp: self.clock.stamp(), bound: None, operation: None });
    }

    fn badge(&self) -> Badge {
        Badge::role("process")
    }
}

impl<C: Clock> Process<C> {
    fn step(&mut self, ctx: &mut Ctx<Self>) {
        self.clock.tick();
        ctx.observe(Fact::Stamped { stamp: self.clock.stamp(), bound: None, operation: None });
    }

    fn send(&mut self, ctx: &mut Ctx<Self>, to: NodeId) {
        self.step(ctx);
        ctx.send(to, Message { stamp: self.clock.stamp() });
    }
}
