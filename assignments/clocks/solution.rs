//! Assignment 3, solved: Lamport's clock (1978), the vector clock (Fidge, 1988; Mattern, 1989), and causal broadcast
//! with a queue that holds back (Birman, Schiper and Stephenson, 1991).

use pessimist::node::{Ctx, Datum, Fact, Node, NodeId, Op, Operation, Outcome, Stamp, node_value};
use pessimist::scenario::Registry;

node_value! {
    /// A process with a clock that is one number.
    pub struct Lamport {
        pub time: u64,
    }

    /// A process with a clock that is a number for each process.
    pub struct Vector {
        /// How many steps of each process this one knows of, its own included.
        pub known: Vec<u64>,
    }

    /// A message between processes: it says nothing but when it was sent.
    pub struct Message {
        pub stamp: Stamp,
    }

    /// A member of a group that broadcasts.
    pub struct Causal {
        /// How many messages of each member were delivered here.
        pub delivered: Vec<u64>,
        /// What has come too early.
        held_back: Vec<Told>,
    }

    /// A message that is broadcast.
    pub struct Told {
        pub from: NodeId,
        /// How many messages of each member its sender had delivered before.
        pub after: Vec<u64>,
        pub value: Datum,
    }
}

impl Node for Lamport {
    type Config = ();
    type Msg = Message;
    type Timer = ();
    type Disk = ();

    fn boot(_: &mut Ctx<Self>, (): &(), (): &()) -> Self {
        Lamport { time: 0 }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        match asked(ctx, operation) {
            Task::Work => self.step(ctx),
            Task::Send(receivers) => receivers.into_iter().for_each(|to| {
                self.step(ctx);
                ctx.send(to, Message { stamp: Stamp::Number(self.time) });
            }),
        }
    }

    /// Implementation rule 2: past the stamp of the sending, and no lower than this clock is.
    fn on_message(&mut self, ctx: &mut Ctx<Self>, _: NodeId, message: Message) {
        if let Stamp::Number(sent) = message.stamp {
            self.time = self.time.max(sent);
        }
        self.step(ctx);
    }
}

impl Lamport {
    /// Implementation rule 1: between any two steps the clock is increased.
    fn step(&mut self, ctx: &mut Ctx<Self>) {
        self.time += 1;
        ctx.observe(Fact::Stamped { stamp: Stamp::Number(self.time), bound: None, operation: None });
    }
}

impl Node for Vector {
    type Config = ();
    type Msg = Message;
    type Timer = ();
    type Disk = ();

    fn boot(ctx: &mut Ctx<Self>, (): &(), (): &()) -> Self {
        Vector { known: vec![0; ctx.peers().len()] }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        match asked(ctx, operation) {
            Task::Work => self.step(ctx),
            Task::Send(receivers) => receivers.into_iter().for_each(|to| {
                self.step(ctx);
                ctx.send(to, Message { stamp: self.stamp() });
            }),
        }
    }

    /// Whatever the sender knew is known here too: of each process the larger number. The receipt is a step of its own.
    fn on_message(&mut self, ctx: &mut Ctx<Self>, _: NodeId, message: Message) {
        if let Stamp::Vector(sent) = message.stamp {
            for (mine, theirs) in self.known.iter_mut().zip(sent.iter()) {
                *mine = (*mine).max(*theirs);
            }
        }
        self.step(ctx);
    }
}

impl Vector {
    fn step(&mut self, ctx: &mut Ctx<Self>) {
        self.known[place(ctx, ctx.me())] += 1;
        ctx.observe(Fact::Stamped { stamp: self.stamp(), bound: None, operation: None });
    }

    fn stamp(&self) -> Stamp {
        Stamp::Vector(self.known.as_slice().into())
    }
}

impl Node for Causal {
    type Config = ();
    type Msg = Told;
    type Timer = ();
    type Disk = ();

    fn boot(ctx: &mut Ctx<Self>, (): &(), (): &()) -> Self {
        Causal { delivered: vec![0; ctx.peers().len()], held_back: Vec::new() }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        let Op::Broadcast(value) = operation.op else { return };
        ctx.observe(Fact::Broadcast { value: value.clone() });
        ctx.observe(Fact::Returned { operation: operation.id, outcome: Outcome::Ok(Datum::Absent) });
        let told = Told { from: ctx.me(), after: self.delivered.clone(), value };
        for other in ctx.others() {
            ctx.send(other, told.clone());
        }
        self.deliver(ctx, told);
    }

    /// Each delivery may be what another message waits for, so the queue is looked through until nothing is due.
    fn on_message(&mut self, ctx: &mut Ctx<Self>, _: NodeId, told: Told) {
        self.held_back.push(told);
        while let Some(next) = self.held_back.iter().position(|told| self.is_due(told)) {
            let told = self.held_back.remove(next);
            let sender = place(ctx, told.from);
            // One that was delivered before has come twice.
            if told.after[sender] == self.delivered[sender] {
                self.deliver(ctx, told);
            }
        }
    }
}

impl Causal {
    /// Whether all that the sender had delivered before is delivered here; its own messages are among that.
    fn is_due(&self, told: &Told) -> bool {
        told.after.iter().zip(&self.delivered).all(|(theirs, mine)| theirs <= mine)
    }

    fn deliver(&mut self, ctx: &mut Ctx<Self>, told: Told) {
        self.delivered[place(ctx, told.from)] += 1;
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
fn place<N: Node>(ctx: &Ctx<N>, node: NodeId) -> usize {
    ctx.peers().iter().position(|&peer| peer == node).unwrap_or_default()
}

/// The protocols that scenarios may name.
pub fn registry() -> Registry {
    Registry::standard().with::<Lamport>("Lamport").with::<Vector>("Vector").with::<Causal>("Causal")
}
