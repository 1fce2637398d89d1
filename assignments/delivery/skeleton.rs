//! Assignment 1: calls that take effect exactly once. See HANDOUT.md.

use pessimist::node::{
    Badge, Ctx, Datum, Disk, Fact, Key, LocalSpan, Node, NodeId, Op, Operation, Outcome, node_value,
};
use pessimist::scenario::Registry;
use std::collections::{BTreeMap, VecDeque};

/// How long a client waits in silence before it asks again.
pub const PATIENCE: LocalSpan = LocalSpan::millis(50);

node_value! {
    /// The server, or a client of it.
    pub struct Party {
        stable: Stable,
        /// What this client was asked for and has no answer to. It asks for the first of these; the others wait.
        waiting: VecDeque<Operation>,
    }

    /// What survives a crash: it is written with `ctx.write(...)`, and is safe after `ctx.sync()`.
    #[derive(Default)]
    pub struct Stable {
        /// Of the server: what it keeps.
        pub lists: BTreeMap<Key, Vec<Datum>>,
        // What else must the server remember, and what a client?
    }

    /// What is said. What must it say besides?
    pub enum Msg {
        Request { op: Op },
        Reply { answer: Datum },
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

    /// A node starts, for the first time or again. Only the disk remembers.
    fn boot(_ctx: &mut Ctx<Self>, _config: &(), disk: &Stable) -> Self {
        Party { stable: disk.clone(), waiting: VecDeque::new() }
    }

    /// Somebody wants this client to have something done by the server.
    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        self.waiting.push_back(operation);
        if self.waiting.len() == 1 {
            self.ask(ctx);
        }
    }

    /// A message has arrived.
    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Msg) {
        match msg {
            Msg::Request { op } => self.on_request(ctx, from, &op),
            Msg::Reply { answer } => self.on_reply(ctx, answer),
        }
    }

    /// The timer that `ctx.set_timer(AskAgain, PATIENCE)` sets has fired.
    fn on_timer(&mut self, _ctx: &mut Ctx<Self>, _timer: AskAgain) {
        // Your part.
    }

    fn badge(&self) -> Badge {
        Badge::role("party")
    }
}

impl Party {
    /// The client asks for the first of what it waits for.
    fn ask(&mut self, ctx: &mut Ctx<Self>) {
        let (Some(operation), Some(&server)) = (self.waiting.front(), ctx.cluster().group("server").first()) else {
            return;
        };
        ctx.observe(Fact::Asked { operation: operation.id, server });
        ctx.send(server, Msg::Request { op: operation.op.clone() });
    }

    /// The server is asked for something, perhaps not for the first time.
    fn on_request(&mut self, _ctx: &mut Ctx<Self>, _from: NodeId, op: &Op) {
        let _answer = self.execute(op);
        // Your part: the disk, and the answer.
    }

    /// The server does something, and says what it answers.
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

    /// The client has an answer: to which call?
    fn on_reply(&mut self, ctx: &mut Ctx<Self>, answer: Datum) {
        let Some(operation) = self.waiting.pop_front() else { return };
        ctx.observe(Fact::Returned { operation: operation.id, outcome: Outcome::Ok(answer) });
        self.ask(ctx);
    }
}

/// The protocols that scenarios may name.
pub fn registry() -> Registry {
    Registry::standard().with::<Party>("Calls")
}
