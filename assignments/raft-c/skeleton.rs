//! Assignment 9c: Raft's log on disks. See HANDOUT.md. The names are those of the paper's Figure 2.

use pessimist::node::{
    Badge, Ctx, Datum, Disk, Fact, LocalSpan, Node, NodeId, Op, Operation, OperationId, Outcome, Retry, digest,
    node_value,
};
use pessimist::scenario::Registry;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How long a client waits in silence before it asks another server, and after it was told "I do not lead".
const PATIENCE: LocalSpan = LocalSpan::millis(100);
const PAUSE: LocalSpan = LocalSpan::millis(20);

/// What a scenario may set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How often a leader says that it is there.
    pub heartbeat: LocalSpan,
    /// How long the others wait for it: the least and the most.
    pub election: (LocalSpan, LocalSpan),
}

impl Default for Config {
    fn default() -> Self {
        Config { heartbeat: LocalSpan::millis(50), election: (LocalSpan::millis(150), LocalSpan::millis(300)) }
    }
}

node_value! {
    /// A node: which of the two it is, its group says.
    pub enum Durable {
        Server(Server),
        Client(Client),
    }

    /// A server (Figure 2, state).
    pub struct Server {
        #[serde(skip)]
        config: Config,
        stable: Stable,
        /// How far the log is known to be committed, and how far it is applied.
        commit_index: u64,
        last_applied: u64,
        role: Role,
    }

    /// What survives a crash (Figure 2, persistent state).
    #[derive(Default)]
    pub struct Stable {
        /// The latest term that this server has seen.
        pub current_term: u64,
        /// Who has its vote in that term.
        pub voted_for: Option<NodeId>,
        /// The entries, in order: that of place 1 is the first.
        pub log: Vec<Entry>,
    }

    /// A change of it.
    pub enum Write {
        Vote { term: u64, voted_for: Option<NodeId> },
        /// These are the entries from a place on: what was there is dropped.
        Entries { first: u64, entries: Vec<Entry> },
    }

    /// What a log is made of.
    pub struct Entry {
        /// The term in which a leader created it.
        pub term: u64,
        /// Who asked for it, under which number.
        pub client: NodeId,
        pub operation: OperationId,
        pub op: Op,
    }

    /// The part that a server plays.
    pub enum Role {
        Follower,
        Candidate { votes: BTreeSet<NodeId> },
        Leader { followers: BTreeMap<NodeId, Progress> },
    }

    /// How far a follower is, as its leader knows it (Figure 2, volatile state on leaders).
    pub struct Progress {
        /// The next entry to send.
        pub next_index: u64,
        /// Its log is known to agree with the leader's up to here.
        pub match_index: u64,
    }

    /// What is said (Figure 2, and what clients say).
    pub enum Msg {
        RequestVote { term: u64, last_log_index: u64, last_log_term: u64 },
        Vote { term: u64, granted: bool },
        AppendEntries { term: u64, prev_log_index: u64, prev_log_term: u64, entries: Vec<Entry>, leader_commit: u64 },
        AppendReply { term: u64, answer: Answer },
        Request { operation: OperationId, op: Op },
        Response { operation: OperationId, outcome: Outcome },
        NotLeader { operation: OperationId },
    }

    /// What a follower says of its log.
    pub enum Answer {
        /// It is the leader's up to here.
        Agrees { index: u64 },
        /// It is not, at the place before the entries: there it has an entry of that term, of which `first` is the first;
        /// or it ends, and `first` is the place after its end.
        Differs { prev_log_index: u64, term: Option<u64>, first: u64 },
        /// The message is of an older term.
        Outdated,
    }

    /// Timers.
    #[derive(Copy)]
    pub enum Timer {
        Election,
        Heartbeat,
        /// Of a client: it asks again; it gives up.
        AskAgain(OperationId),
        GiveUp(OperationId),
    }
}

impl Disk for Stable {
    type Write = Write;

    fn apply(&mut self, write: Write) {
        match write {
            Write::Vote { term, voted_for } => (self.current_term, self.voted_for) = (term, voted_for),
            // Your part: what a write does to the disk.
            Write::Entries { .. } => {}
        }
    }
}

impl Node for Durable {
    type Config = Config;
    type Msg = Msg;
    type Timer = Timer;
    type Disk = Stable;

    fn boot(ctx: &mut Ctx<Self>, config: &Config, disk: &Stable) -> Self {
        match ctx.cluster().group_of(ctx.me()).name.as_str() {
            "client" => Durable::Client(Client::boot(ctx)),
            _ => Durable::Server(Server::boot(ctx, config, disk)),
        }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Msg) {
        match self {
            Durable::Server(server) => server.on_message(ctx, from, msg),
            Durable::Client(client) => client.on_message(ctx, from, msg),
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: Timer) {
        match self {
            Durable::Server(server) => server.on_timer(ctx, timer),
            Durable::Client(client) => client.on_timer(ctx, timer),
        }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        match self {
            Durable::Server(_) => ctx.observe(Fact::refused(operation.id)),
            Durable::Client(client) => client.on_operation(ctx, operation),
        }
    }

    fn badge(&self) -> Badge {
        let Durable::Server(server) = self else { return Badge::role("client") };
        let (role, leads) = match server.role {
            Role::Follower => ("follower", false),
            Role::Candidate { .. } => ("candidate", false),
            Role::Leader { .. } => ("leader", true),
        };
        Badge { role, term: Some(server.stable.current_term), leads }
    }
}

impl Entry {
    fn digest(&self) -> u64 {
        digest(&(self.client, self.operation, &self.op))
    }
}

impl Server {
    /// A server starts, for the first time or again. Only the disk remembers.
    fn boot(ctx: &mut Ctx<Durable>, config: &Config, disk: &Stable) -> Self {
        let (config, stable, role) = (config.clone(), disk.clone(), Role::Follower);
        let server = Server { config, stable, commit_index: 0, last_applied: 0, role };
        // Your part: `Fact::Restored` for each entry that the disk held, then `Fact::Recovered`; nothing where it is new.
        server.reset_election_timer(ctx);
        server
    }

    /// A message has arrived.
    fn on_message(&mut self, ctx: &mut Ctx<Durable>, from: NodeId, msg: Msg) {
        match msg {
            // Your elections and your log come here, from 9a and 9b.
            Msg::RequestVote { .. } => {}
            Msg::Vote { .. } => {}
            Msg::AppendEntries { .. } => {}
            // What does an answer have to say, so that the leader can go back by a whole term?
            Msg::AppendReply { .. } => {}
            Msg::Request { operation, .. } => ctx.send(from, Msg::NotLeader { operation }),
            Msg::Response { .. } | Msg::NotLeader { .. } => {} // For clients.
        }
    }

    /// A timer has fired.
    fn on_timer(&mut self, _ctx: &mut Ctx<Durable>, timer: Timer) {
        match timer {
            // From 9a and 9b.
            Timer::Election | Timer::Heartbeat => {}
            Timer::AskAgain(_) | Timer::GiveUp(_) => {} // Of clients.
        }
    }

    /// The world draws a span between the two, anew each time.
    fn reset_election_timer(&self, ctx: &mut Ctx<Durable>) {
        let (least, most) = self.config.election;
        ctx.set_timer_between(Timer::Election, least..=most);
    }

    /// Changes what survives, in memory and in the disk's cache. When is it safe, and what has to wait for that?
    fn keep(&mut self, ctx: &mut Ctx<Durable>, write: Write) {
        self.stable.apply(write.clone());
        ctx.write(write);
    }
}

impl Msg {
    /// The term of whoever sent it; clients have none.
    pub fn term(&self) -> Option<u64> {
        match self {
            Msg::RequestVote { term, .. } | Msg::Vote { term, .. } => Some(*term),
            Msg::AppendEntries { term, .. } | Msg::AppendReply { term, .. } => Some(*term),
            Msg::Request { .. } | Msg::Response { .. } | Msg::NotLeader { .. } => None,
        }
    }
}

node_value! {
    /// A client: it asks one server after the other until one of them says that it is done.
    pub struct Client {
        /// The place of the server that it asks.
        server: usize,
        /// What it has asked for.
        pending: BTreeMap<OperationId, Pending>,
    }

    /// An operation that is awaited.
    pub struct Pending {
        op: Op,
        /// Whether it is asked for again after silence.
        retry: Retry,
        /// The place of the server that was asked.
        asked: usize,
    }
}

impl Client {
    fn boot(_ctx: &mut Ctx<Durable>) -> Self {
        Client { server: 0, pending: BTreeMap::new() }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Durable>, operation: Operation) {
        let Operation { id, op, timeout, retry } = operation;
        self.pending.insert(id, Pending { op, retry, asked: self.server });
        if let Some(timeout) = timeout {
            ctx.set_timer(Timer::GiveUp(id), timeout);
        }
        self.ask(ctx, id);
    }

    fn ask(&mut self, ctx: &mut Ctx<Durable>, operation: OperationId) {
        let Some(&server) = ctx.cluster().group("replica").get(self.server) else { return };
        let Some(pending) = self.pending.get_mut(&operation) else { return };
        pending.asked = self.server;
        ctx.observe(Fact::Asked { operation, server });
        ctx.send(server, Msg::Request { operation, op: pending.op.clone() });
        if pending.retry == Retry::UntilTimeout {
            ctx.set_timer(Timer::AskAgain(operation), PATIENCE);
        }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Durable>, from: NodeId, msg: Msg) {
        match msg {
            Msg::Response { operation, outcome } if self.pending.remove(&operation).is_some() => {
                ctx.cancel_timer(Timer::AskAgain(operation));
                ctx.cancel_timer(Timer::GiveUp(operation));
                ctx.observe(Fact::Returned { operation, outcome });
            }
            // It has done nothing and will do nothing: to ask another is safe.
            Msg::NotLeader { operation } if self.has_asked(ctx, from, operation) => {
                ctx.set_timer(Timer::AskAgain(operation), PAUSE);
            }
            _ => {}
        }
    }

    /// Whether that server is the one whose answer is awaited.
    fn has_asked(&self, ctx: &Ctx<Durable>, server: NodeId, operation: OperationId) -> bool {
        let servers = ctx.cluster().group("replica");
        self.pending.get(&operation).is_some_and(|pending| servers.get(pending.asked) == Some(&server))
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Durable>, timer: Timer) {
        match timer {
            Timer::AskAgain(operation) => {
                self.turn_away(ctx, operation);
                self.ask(ctx, operation);
            }
            // Whether it took effect, or will, is unknown.
            Timer::GiveUp(operation) => {
                self.turn_away(ctx, operation);
                if self.pending.remove(&operation).is_some() {
                    ctx.cancel_timer(Timer::AskAgain(operation));
                    ctx.observe(Fact::TimedOut { operation });
                }
            }
            Timer::Election | Timer::Heartbeat => {} // Of servers.
        }
    }

    /// The next server is asked from now on, unless another operation has led there before.
    fn turn_away(&mut self, ctx: &Ctx<Durable>, operation: OperationId) {
        if self.pending.get(&operation).is_some_and(|pending| pending.asked == self.server) {
            self.server = (self.server + 1) % ctx.cluster().group("replica").len().max(1);
        }
    }
}

/// The protocols that scenarios may name.
pub fn registry() -> Registry {
    Registry::standard().with::<Durable>("Durable")
}
