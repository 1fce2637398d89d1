//! Assignment 3: logical clocks, and a queue that holds back. See HANDOUT.md.

use pessimist::node::{Ctx, Datum, Fact, Node, NodeId, Op, Operation, Outcome, Stamp, node_value};
use pessimist::scenario::Registry;

node_value! {
    /// A process with a clock that is one number.
    pub struct Lamport {
        time: u64,
    }

    /// A process with a clock that is a number for each process.
    pub struct Vector {
        /// How many steps of each process this one knows of, its own included.
        known: Vec<u64>,
    }

    /// A message between processes: it says nothing but when it was sent.
    pub struct Message {
        pub stamp: Stamp,
    }

    /// A member of a group that broadcasts.
    pub struct Causal {
        // What must a member remember?
    }

    /// A message that is broadcast.
    pub struct Told {
        pub from: NodeId,
        pub value: Datum,
        // What must it say beside that?
    }
}

// Part one: Lamport's clock.

impl Node for Lamport {
    type Config = ();
    type Msg = Message;
    type Timer = ();
    type Disk = ();

    fn boot(_ctx: &mut Ctx<Self>, _config: &(), _disk: &()) -> Self {
        Lamport { time: 0 }
    }

    /// A client asks for work or for messages. Each piece of work and each sending is a step.
    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        match asked(ctx, operation) {
            Task::Work => self.step(ctx),
            Task::Send(receivers) => {
                for to in receivers {
                    self.step(ctx);
                    ctx.send(to, Message { stamp: Stamp::Number(self.time) });
                }
            }
        }
    }

    /// A message has arrived. The receipt is a step as well.
    fn on_message(&mut self, _ctx: &mut Ctx<Self>, _from: NodeId, _message: Message) {
        // Your part.
    }
}

impl Lamport {
    /// A step: the clock goes on, and the step is stamped with what it shows then.
    fn step(&mut self, ctx: &mut Ctx<Self>) {
        // Your part: the clock does not go on yet.
        ctx.observe(Fact::Stamped { stamp: Stamp::Number(self.time), bound: None, operation: None });
    }
}

// Part two: the vector clock.

impl Node for Vector {
    type Config = ();
    type Msg = Message;
    type Timer = ();
    type Disk = ();

    fn boot(ctx: &mut Ctx<Self>, _config: &(), _disk: &()) -> Self {
        Vector { known: vec![0; ctx.peers().len()] }
    }

    /// A client asks for work or for messages.
    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        match asked(ctx, operation) {
            Task::Work => self.step(ctx),
            Task::Send(receivers) => {
                for to in receivers {
                    self.step(ctx);
                    ctx.send(to, Message { stamp: self.stamp() });
                }
            }
        }
    }

    /// A message has arrived.
    fn on_message(&mut self, _ctx: &mut Ctx<Self>, _from: NodeId, _message: Message) {
        // Your part.
    }
}

impl Vector {
    /// A step. `place(ctx, ctx.me())` is where this process stands in the vector.
    fn step(&mut self, ctx: &mut Ctx<Self>) {
        // Your part.
        ctx.observe(Fact::Stamped { stamp: self.stamp(), bound: None, operation: None });
    }

    fn stamp(&self) -> Stamp {
        Stamp::Vector(self.known.as_slice().into())
    }
}

// Part three: causal broadcast.

impl Node for Causal {
    type Config = ();
    type Msg = Told;
    type Timer = ();
    type Disk = ();

    fn boot(_ctx: &mut Ctx<Self>, _config: &(), _disk: &()) -> Self {
        Causal {}
    }

    /// A client asks for something to be broadcast. It is told at once that its message is on its way.
    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        let Op::Broadcast(value) = operation.op else { return };
        ctx.observe(Fact::Broadcast { value: value.clone() });
        ctx.observe(Fact::Returned { operation: operation.id, outcome: Outcome::Ok(Datum::Absent) });
        let told = Told { from: ctx.me(), value };
        for other in ctx.others() {
            ctx.send(other, told.clone());
        }
        self.deliver(ctx, told);
    }

    /// A message has arrived.
    fn on_message(&mut self, _ctx: &mut Ctx<Self>, _from: NodeId, _told: Told) {
        // Your part: is it due? What else may be due then?
    }
}

impl Causal {
    /// Hands a message to the application.
    fn deliver(&mut self, ctx: &mut Ctx<Self>, told: Told) {
        ctx.observe(Fact::Delivered { from: told.from, value: told.value });
    }
}

/// What a client asks a process to do.
enum Task {
    /// A step of its own.
    Work,
    /// A message to each of these, one after the other.
    Send(Vec<NodeId>),
}

/// Reads what a client asks for, and tells it that it is done.
fn asked<N: Node>(ctx: &mut Ctx<N>, operation: Operation) -> Task {
    ctx.observe(Fact::Returned { operation: operation.id, outcome: Outcome::Ok(Datum::Absent) });
    match operation.op {
        Op::Do(what, Datum::Text(name)) if &*what == "send" => {
            Task::Send(ctx.cluster().find(&name).into_iter().collect())
        }
        Op::Do(what, _) if &*what == "send all" => Task::Send(ctx.others().collect()),
        _ => Task::Work,
    }
}

/// A node's place among its group, from 0.
pub fn place<N: Node>(ctx: &Ctx<N>, node: NodeId) -> usize {
    ctx.peers().iter().position(|&peer| peer == node).unwrap_or_default()
}

/// The protocols that scenarios may name.
pub fn registry() -> Registry {
    Registry::standard().with::<Lamport>("Lamport").with::<Vector>("Vector").with::<Causal>("Causal")
}
