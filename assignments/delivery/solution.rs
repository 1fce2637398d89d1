//! Assignment 1, solved: calls that take effect exactly once (Birrell and Nelson, "Implementing remote procedure
//! calls",
//! 1984), with a memory that outlives a crash.

use pessimist::node::{
    Badge, Ctx, Datum, Disk, Fact, Key, LocalSpan, Node, NodeId, Op, Operation, Outcome, node_value,
};
use pessimist::scenario::Registry;
use std::collections::{BTreeMap, VecDeque};

/// How long a client waits in silence before it asks again.
const PATIENCE: LocalSpan = LocalSpan::millis(50);

node_value! {
    /// The server, or a client of it.
    pub struct Party {
        pub stable: Stable,
        /// What this client was asked for and has no answer to. It asks for the first of these; the others wait.
        waiting: VecDeque<Operation>,
    }

    /// What survives a crash.
    #[derive(Default)]
    pub struct Stable {
        /// Of a client: the number of its latest call.
        pub number: u64,
        /// Of the server: what it keeps.
        pub lists: BTreeMap<Key, Vec<Datum>>,
        /// Of the server: for each client the number of its latest call, and what was answered.
        pub answers: BTreeMap<NodeId, (u64, Datum)>,
    }

    /// What is said.
    pub enum Msg {
        Request { number: u64, op: Op },
        Reply { number: u64, answer: Datum },
    }

    /// Time to ask again.
    #[derive(Copy)]
    pub struct AskAgain;
}

impl Disk for Stable {
    type Write = Stable;

    fn apply(&mut self, write: Stable) {
        *self = write;
    }
}

impl Node for Party {
    type Config = ();
    type Msg = Msg;
    type Timer = AskAgain;
    type Disk = Stable;

    fn boot(_: &mut Ctx<Self>, (): &(), disk: &Stable) -> Self {
        Party { stable: disk.clone(), waiting: VecDeque::new() }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        self.waiting.push_back(operation);
        if self.waiting.len() == 1 {
            self.call(ctx);
        }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Msg) {
        match msg {
            Msg::Request { number, op } => self.on_request(ctx, from, number, &op),
            Msg::Reply { number, answer } => self.on_reply(ctx, number, answer),
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, AskAgain: AskAgain) {
        self.ask(ctx);
    }

    fn badge(&self) -> Badge {
        Badge::role("party")
    }
}

impl Party {
    /// The client begins its next call. A number that was used is never used again, not after a crash either.
    fn call(&mut self, ctx: &mut Ctx<Self>) {
        self.stable.number += 1;
        self.keep(ctx);
        self.ask(ctx);
    }

    fn ask(&mut self, ctx: &mut Ctx<Self>) {
        let (Some(operation), Some(&server)) = (self.waiting.front(), ctx.cluster().group("server").first()) else {
            return;
        };
        ctx.observe(Fact::Asked { operation: operation.id, server });
        ctx.send(server, Msg::Request { number: self.stable.number, op: operation.op.clone() });
        ctx.set_timer(AskAgain, PATIENCE);
    }

    /// A call with a higher number than the latest is new. The latest is answered from memory; one before that is a
    /// message that was long under way, for its client had its answer before it went on to the next.
    fn on_request(&mut self, ctx: &mut Ctx<Self>, from: NodeId, number: u64, op: &Op) {
        let latest = self.stable.answers.get(&from).map_or(0, |(latest, _)| *latest);
        if number > latest {
            let answer = self.execute(op);
            // The effect and the number are written as one: a crash leaves both or neither.
            self.stable.answers.insert(from, (number, answer));
            self.keep(ctx);
        }
        if let Some((_, answer)) = self.stable.answers.get(&from).filter(|(latest, _)| *latest == number) {
            ctx.send(from, Msg::Reply { number, answer: answer.clone() });
        }
    }

    fn execute(&mut self, op: &Op) -> Datum {
        match op {
            Op::Append(key, value) => {
                self.stable.lists.entry(key.clone()).or_default().push(value.clone());
                Datum::Absent
            }
            Op::Get(key) => {
                self.stable.lists.get(key).map_or(Datum::Absent, |list| Datum::List(list.as_slice().into()))
            }
            _ => Datum::Absent,
        }
    }

    /// Only an answer to the call that is under way counts.
    fn on_reply(&mut self, ctx: &mut Ctx<Self>, number: u64, answer: Datum) {
        if number != self.stable.number {
            return;
        }
        let Some(operation) = self.waiting.pop_front() else { return };
        ctx.cancel_timer(AskAgain);
        ctx.observe(Fact::Returned { operation: operation.id, outcome: Outcome::Ok(answer) });
        if !self.waiting.is_empty() {
            self.call(ctx);
        }
    }

    /// What follows waits until the disk has what this node knows now.
    fn keep(&mut self, ctx: &mut Ctx<Self>) {
        ctx.write(self.stable.clone());
        ctx.sync();
    }
}

/// The protocols that scenarios may name.
pub fn registry() -> Registry {
    Registry::standard().with::<Party>("Calls")
}
