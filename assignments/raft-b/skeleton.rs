//! Assignment 9b: Raft's log upon your elections. See HANDOUT.md. The names are those of the paper's Figure 2.

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
    pub enum Replicated {
        Server(Server),
        Client(Client),
    }

    /// A server (Figure 2, state).
    pub struct Server {
        #[serde(skip)]
        config: Config,
        stable: Stable,
        /// The entries, in order: that of place 1 is the first.
        log: Vec<Entry>,
        /// How far the log is known to be committed, and how far it is applied.
        commit_index: u64,
        last_applied: u64,
        role: Role,
    }

    /// What survives a crash. The log does not yet: see assignment 9c.
    #[derive(Default)]
    pub struct Stable {
        /// The latest term that this server has seen.
        pub current_term: u64,
        /// Who has its vote in that term.
        pub voted_for: Option<NodeId>,
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
        /// `index`: how far the logs agree, or which `prev_log_index` was refused.
        AppendReply { term: u64, success: bool, index: u64 },
        Request { operation: OperationId, op: Op },
        Response { operation: OperationId, outcome: Outcome },
        NotLeader { operation: OperationId },
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
    type Write = Stable;

    fn apply(&mut self, write: Stable) {
        *self = write;
    }
}

impl Node for Replicated {
    type Config = Config;
    type Msg = Msg;
    type Timer = Timer;
    type Disk = Stable;

    fn boot(ctx: &mut Ctx<Self>, config: &Config, disk: &Stable) -> Self {
        match ctx.cluster().group_of(ctx.me()).name.as_str() {
            "client" => Replicated::Client(Client::boot(ctx)),
            _ => Replicated::Server(Server::boot(ctx, config, disk)),
        }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Msg) {
        match self {
            Replicated::Server(server) => server.on_message(ctx, from, msg),
            Replicated::Client(client) => client.on_message(ctx, from, msg),
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: Timer) {
        match self {
            Replicated::Server(server) => server.on_timer(ctx, timer),
            Replicated::Client(client) => client.on_timer(ctx, timer),
        }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        match self {
            Replicated::Server(_) => ctx.observe(Fact::refused(operation.id)),
            Replicated::Client(client) => client.on_operation(ctx, operation),
        }
    }

    fn badge(&self) -> Badge {
        let Replicated::Server(server) = self else { return Badge::role("client") };
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
    /// A server starts. Only the disk remembers; nobody starts again in this assignment.
    fn boot(ctx: &mut Ctx<Replicated>, config: &Config, disk: &Stable) -> Self {
        let (config, stable, role) = (config.clone(), disk.clone(), Role::Follower);
        let server = Server { config, stable, log: Vec::new(), commit_index: 0, last_applied: 0, role };
        server.reset_election_timer(ctx);
        server
    }

    /// A message has arrived.
    fn on_message(&mut self, ctx: &mut Ctx<Replicated>, from: NodeId, msg: Msg) {
        match msg {
            // Your elections come here. What do they have to know of logs?
            Msg::RequestVote { .. } => {}
            Msg::Vote { .. } => {}
            // Your part.
            Msg::AppendEntries { .. } => {}
            Msg::AppendReply { .. } => {}
            Msg::Request { operation, op } => self.on_request(ctx, from, operation, op),
            Msg::Response { .. } | Msg::NotLeader { .. } => {} // For clients.
        }
    }

    /// A timer has fired.
    fn on_timer(&mut self, _ctx: &mut Ctx<Replicated>, timer: Timer) {
        match timer {
            // Your elections come here, and what a leader says from time to time.
            Timer::Election | Timer::Heartbeat => {}
            Timer::AskAgain(_) | Timer::GiveUp(_) => {} // Of clients.
        }
    }

    /// A client asks for something. It is begun; what is missing?
    fn on_request(&mut self, ctx: &mut Ctx<Replicated>, client: NodeId, operation: OperationId, op: Op) {
        if !matches!(self.role, Role::Leader { .. }) {
            return ctx.send(client, Msg::NotLeader { operation });
        }
        self.append(ctx, Entry { term: self.stable.current_term, client, operation, op });
    }

    /// Adds an entry at the end, and says so.
    fn append(&mut self, ctx: &mut Ctx<Replicated>, entry: Entry) {
        let (index, term, operation) = (self.log.len() as u64 + 1, entry.term, Some(entry.operation));
        ctx.observe(Fact::Appended { index, term, entry: entry.digest(), operation });
        self.log.push(entry);
    }

    /// Drops the entries from a place on, and says so.
    fn truncate_from(&mut self, ctx: &mut Ctx<Replicated>, index: u64) {
        self.log.truncate(index as usize - 1);
        ctx.observe(Fact::Truncated { index });
    }

    /// This server knows the log to be committed up to a place: it applies what is new, in order. Who leads answers.
    fn commit(&mut self, ctx: &mut Ctx<Replicated>, index: u64) {
        if index <= self.commit_index {
            return;
        }
        self.commit_index = index;
        ctx.observe(Fact::Committed { index, term: self.stable.current_term });
        // Your part: for each entry `Fact::Applied`, and a `Msg::Response` with `Outcome::Ok(Datum::Absent)`.
        let _ = (self.last_applied, Outcome::Ok(Datum::Absent));
    }

    /// The world draws a span between the two, anew each time.
    fn reset_election_timer(&self, ctx: &mut Ctx<Replicated>) {
        let (least, most) = self.config.election;
        ctx.set_timer_between(Timer::Election, least..=most);
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
    fn boot(_ctx: &mut Ctx<Replicated>) -> Self {
        Client { server: 0, pending: BTreeMap::new() }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Replicated>, operation: Operation) {
        let Operation { id, op, timeout, retry } = operation;
        self.pending.insert(id, Pending { op, retry, asked: self.server });
        if let Some(timeout) = timeout {
            ctx.set_timer(Timer::GiveUp(id), timeout);
        }
        self.ask(ctx, id);
    }

    fn ask(&mut self, ctx: &mut Ctx<Replicated>, operation: OperationId) {
        let Some(&server) = ctx.cluster().group("replica").get(self.server) else { return };
        let Some(pending) = self.pending.get_mut(&operation) else { return };
        pending.asked = self.server;
        ctx.observe(Fact::Asked { operation, server });
        ctx.send(server, Msg::Request { operation, op: pending.op.clone() });
        if pending.retry == Retry::UntilTimeout {
            ctx.set_timer(Timer::AskAgain(operation), PATIENCE);
        }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Replicated>, from: NodeId, msg: Msg) {
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
    fn has_asked(&self, ctx: &Ctx<Replicated>, server: NodeId, operation: OperationId) -> bool {
        let servers = ctx.cluster().group("replica");
        self.pending.get(&operation).is_some_and(|pending| servers.get(pending.asked) == Some(&server))
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Replicated>, timer: Timer) {
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
    fn turn_away(&mut self, ctx: &Ctx<Replicated>, operation: OperationId) {
        if self.pending.get(&operation).is_some_and(|pending| pending.asked == self.server) {
            self.server = (self.server + 1) % ctx.cluster().group("replica").len().max(1);
        }
    }
}

/// The protocols that scenarios may name.
pub fn registry() -> Registry {
    Registry::standard().with::<Replicated>("Replicated")
}
