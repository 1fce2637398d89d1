//! One server, and clients that ask it: silence means unknown.
//!
//! # The problem
//!
//! A client asks a server to do something and hears nothing. Was the request lost? Is the server slow, or down? Did it do
//! what it was asked, and only the answer was lost? From the client's side all of these look the same. If it asks again,
//! the thing may be done twice; if it does not, perhaps never (Birrell and Nelson, "Implementing remote procedure calls",
//! 1984).
//!
//! # What is guaranteed
//!
//! Nothing, as it stands: an operation is done once, more often, or not at all. With [`Config::deduplicate`] the server
//! remembers the numbers of the operations that it has done, and what it answered, on the same disk and in the same
//! write: then it does each at most once, and a client that asks until it hears gets it done exactly once.
//!
//! # The messages
//!
//! [`Msg::Request`]: an operation and its number. [`Msg::Reply`]: the number, and how it ended.

use crate::node::{
    Badge, Ctx, Disk, Fact, LocalSpan, Node, NodeId, Op, Operation, OperationId, Outcome, Retry, digest, node_value,
};
use crate::protocols::store::Store;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How long a client waits in silence before it asks again, if it does.
    pub patience: LocalSpan,
    /// Whether the server remembers what it has done.
    pub deduplicate: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config { patience: LocalSpan::millis(50), deduplicate: false }
    }
}

node_value! {
    /// A node: the first of the group `server` serves, all others are clients.
    pub enum SingleServer {
        /// The server.
        Server(Server),
        /// A client.
        Client(Client),
    }

    /// The server's memory: what its disk holds.
    pub struct Server {
        memory: Memory,
        deduplicate: bool,
    }

    /// What the server keeps.
    #[derive(Default)]
    pub struct Memory {
        /// How many operations were done.
        done: u64,
        values: Store,
        /// How each remembered operation ended.
        answers: BTreeMap<OperationId, Outcome>,
    }

    /// One operation done.
    pub struct Done {
        op: Op,
        /// Its number and end, where they are remembered.
        remembered: Option<(OperationId, Outcome)>,
    }

    /// A client and what it waits for.
    pub struct Client {
        waiting: BTreeMap<OperationId, Operation>,
        patience: LocalSpan,
    }

    /// What is said.
    pub enum Msg {
        /// Do this.
        Request {
            /// The operation's number.
            operation: OperationId,
            /// What is to be done.
            op: Op,
        },
        /// It is done, or it cannot be.
        Reply {
            /// The operation's number.
            operation: OperationId,
            /// How it ended.
            outcome: Outcome,
        },
    }

    /// What a client waits for.
    #[derive(Copy)]
    pub enum Timer {
        /// Time to ask again.
        AskAgain(OperationId),
        /// Time to give up.
        GiveUp(OperationId),
    }
}

impl Disk for Memory {
    type Write = Done;

    fn apply(&mut self, Done { op, remembered }: Done) {
        self.done += 1;
        self.values.execute(&op);
        self.answers.extend(remembered);
    }
}

impl Node for SingleServer {
    type Config = Config;
    type Msg = Msg;
    type Timer = Timer;
    type Disk = Memory;

    fn boot(ctx: &mut Ctx<Self>, config: &Config, disk: &Memory) -> Self {
        if ctx.cluster().group("server").contains(&ctx.me()) {
            SingleServer::Server(Server { memory: disk.clone(), deduplicate: config.deduplicate })
        } else {
            SingleServer::Client(Client { waiting: BTreeMap::new(), patience: config.patience })
        }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Msg) {
        match (self, msg) {
            (SingleServer::Server(server), Msg::Request { operation, op }) => {
                server.on_request(ctx, from, operation, op);
            }
            (SingleServer::Client(client), Msg::Reply { operation, outcome }) => {
                client.on_reply(ctx, operation, outcome);
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: Timer) {
        let SingleServer::Client(client) = self else { return };
        match timer {
            Timer::AskAgain(operation) => client.ask(ctx, operation),
            Timer::GiveUp(operation) => client.give_up(ctx, operation),
        }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        let SingleServer::Client(client) = self else { return };
        let id = operation.id;
        if let Some(timeout) = operation.timeout {
            ctx.set_timer(Timer::GiveUp(id), timeout);
        }
        client.waiting.insert(id, operation);
        client.ask(ctx, id);
    }

    fn badge(&self) -> Badge {
        Badge::role(match self {
            SingleServer::Server(_) => "server",
            SingleServer::Client(_) => "client",
        })
    }
}

impl Server {
    fn on_request(&mut self, ctx: &mut Ctx<SingleServer>, from: NodeId, operation: OperationId, op: Op) {
        if let Some(outcome) = self.memory.answers.get(&operation).cloned() {
            ctx.send(from, Msg::Reply { operation, outcome });
            return;
        }
        let outcome = self.memory.values.clone().execute(&op);
        if !op.is_read() {
            let remembered = self.deduplicate.then(|| (operation, outcome.clone()));
            let entry = digest(&(operation, &op));
            let done = Done { op, remembered };
            self.memory.apply(done.clone());
            // What is answered rests on the disk, so the answer waits for it.
            ctx.write(done);
            ctx.sync();
            ctx.observe(Fact::Applied { index: self.memory.done, entry, operation: Some(operation) });
        }
        ctx.send(from, Msg::Reply { operation, outcome });
    }
}

impl Client {
    fn ask(&mut self, ctx: &mut Ctx<SingleServer>, id: OperationId) {
        let Some(operation) = self.waiting.get(&id) else { return };
        let Some(&server) = ctx.cluster().group("server").first() else { return };
        ctx.observe(Fact::Asked { operation: id, server });
        ctx.send(server, Msg::Request { operation: id, op: operation.op.clone() });
        if operation.retry == Retry::UntilTimeout {
            ctx.set_timer(Timer::AskAgain(id), self.patience);
        }
    }

    fn on_reply(&mut self, ctx: &mut Ctx<SingleServer>, id: OperationId, outcome: Outcome) {
        if self.waiting.remove(&id).is_some() {
            ctx.cancel_timer(Timer::AskAgain(id));
            ctx.cancel_timer(Timer::GiveUp(id));
            ctx.observe(Fact::Returned { operation: id, outcome });
        }
    }

    fn give_up(&mut self, ctx: &mut Ctx<SingleServer>, id: OperationId) {
        if self.waiting.remove(&id).is_some() {
            ctx.cancel_timer(Timer::AskAgain(id));
            ctx.observe(Fact::TimedOut { operation: id });
        }
    }
}
