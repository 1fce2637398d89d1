//! Assignment 9d: snapshots in the place of the log's beginning. See HANDOUT.md. The names are those of the paper.

use pessimist::node::{
    Badge, Ctx, Disk, Fact, LocalSpan, Node, NodeId, Op, Operation, OperationId, Outcome, Retry, digest,
    node_value,
};
use pessimist::protocols::store::Store;
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
    /// After how many entries that are applied a server takes a snapshot.
    pub snapshot_every: u64,
}

impl Default for Config {
    fn default() -> Self {
        let election = (LocalSpan::millis(150), LocalSpan::millis(300));
        Config { heartbeat: LocalSpan::millis(50), election, snapshot_every: 20 }
    }
}

node_value! {
    /// A node: which of the two it is, its group says.
    pub enum Compacted {
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
        /// The state machine: what the entries are applied to.
        pub store: Store,
        role: Role,
    }

    /// What survives a crash (Figure 2, persistent state).
    #[derive(Default)]
    pub struct Stable {
        /// The latest term that this server has seen.
        pub current_term: u64,
        /// Who has its vote in that term.
        pub voted_for: Option<NodeId>,
        /// What stands for the first entries, once they are dropped.
        pub snapshot: Option<Snapshot>,
        /// The entries after those, in order.
        pub log: Vec<Entry>,
    }

    /// What the state machine was when the entry of that place had been applied, and that entry's term.
    pub struct Snapshot {
        pub last_index: u64,
        pub last_term: u64,
        pub store: Store,
    }

    /// A change of it.
    pub enum Write {
        Vote { term: u64, voted_for: Option<NodeId> },
        /// These are the entries from a place on: what was there is dropped.
        Entries { first: u64, entries: Vec<Entry> },
        /// It takes the place of what it covers. What follows stays where the log agrees with it, and goes otherwise.
        Snapshot { snapshot: Snapshot },
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
        /// It is answered as AppendEntries is.
        InstallSnapshot { term: u64, snapshot: Snapshot },
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
            Write::Snapshot { .. } => {}
        }
    }
}

impl Stable {
    /// The last place that the snapshot covers; 0 where there is none.
    pub fn base(&self) -> u64 {
        self.snapshot.as_ref().map_or(0, |snapshot| snapshot.last_index)
    }

    pub fn last_index(&self) -> u64 {
        self.base() + self.log.len() as u64
    }

    /// The term of the entry at a place, also of the last that the snapshot covers; 0 before the first.
    pub fn term_at(&self, index: u64) -> Option<u64> {
        match index.checked_sub(self.base())? {
            0 => Some(self.snapshot.as_ref().map_or(0, |snapshot| snapshot.last_term)),
            after => self.log.get(after as usize - 1).map(|entry| entry.term),
        }
    }
}

impl Node for Compacted {
    type Config = Config;
    type Msg = Msg;
    type Timer = Timer;
    type Disk = Stable;

    fn boot(ctx: &mut Ctx<Self>, config: &Config, disk: &Stable) -> Self {
        match ctx.cluster().group_of(ctx.me()).name.as_str() {
            "client" => Compacted::Client(Client::boot(ctx)),
            _ => Compacted::Server(Server::boot(ctx, config, disk)),
        }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Msg) {
        match self {
            Compacted::Server(server) => server.on_message(ctx, from, msg),
            Compacted::Client(client) => client.on_message(ctx, from, msg),
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: Timer) {
        match self {
            Compacted::Server(server) => server.on_timer(ctx, timer),
            Compacted::Client(client) => client.on_timer(ctx, timer),
        }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        match self {
            Compacted::Server(_) => ctx.observe(Fact::refused(operation.id)),
            Compacted::Client(client) => client.on_operation(ctx, operation),
        }
    }

    fn badge(&self) -> Badge {
        let Compacted::Server(server) = self else { return Badge::role("client") };
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
    fn boot(ctx: &mut Ctx<Compacted>, config: &Config, disk: &Stable) -> Self {
        let (config, stable, role) = (config.clone(), disk.clone(), Role::Follower);
        // Your part: what of this does a snapshot tell? And what is to be declared?
        let server = Server { config, stable, commit_index: 0, last_applied: 0, store: Store::default(), role };
        server.reset_election_timer(ctx);
        server
    }

    /// A message has arrived.
    fn on_message(&mut self, ctx: &mut Ctx<Compacted>, from: NodeId, msg: Msg) {
        match msg {
            // Your elections and your log come here, from 9c. Which places does a log have that begins at 21?
            Msg::RequestVote { .. } => {}
            Msg::Vote { .. } => {}
            Msg::AppendEntries { .. } => {}
            Msg::AppendReply { .. } => {}
            // Your part.
            Msg::InstallSnapshot { .. } => {}
            Msg::Request { operation, .. } => ctx.send(from, Msg::NotLeader { operation }),
            Msg::Response { .. } | Msg::NotLeader { .. } => {} // For clients.
        }
    }

    /// A timer has fired.
    fn on_timer(&mut self, _ctx: &mut Ctx<Compacted>, timer: Timer) {
        match timer {
            // From 9c.
            Timer::Election | Timer::Heartbeat => {}
            Timer::AskAgain(_) | Timer::GiveUp(_) => {} // Of clients.
        }
    }

    /// The world draws a span between the two, anew each time.
    fn reset_election_timer(&self, ctx: &mut Ctx<Compacted>) {
        let (least, most) = self.config.election;
        ctx.set_timer_between(Timer::Election, least..=most);
    }

    /// Changes what survives, in memory and on the disk; what follows waits until it is there.
    fn keep(&mut self, ctx: &mut Ctx<Compacted>, write: Write) {
        self.stable.apply(write.clone());
        ctx.write(write);
        ctx.sync();
    }
}

impl Msg {
    /// The term of whoever sent it; clients have none.
    pub fn term(&self) -> Option<u64> {
        match self {
            Msg::RequestVote { term, .. } | Msg::Vote { term, .. } => Some(*term),
            Msg::AppendEntries { term, .. } | Msg::AppendReply { term, .. } => Some(*term),
            Msg::InstallSnapshot { term, .. } => Some(*term),
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
    fn boot(_ctx: &mut Ctx<Compacted>) -> Self {
        Client { server: 0, pending: BTreeMap::new() }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Compacted>, operation: Operation) {
        let Operation { id, op, timeout, retry } = operation;
        self.pending.insert(id, Pending { op, retry, asked: self.server });
        if let Some(timeout) = timeout {
            ctx.set_timer(Timer::GiveUp(id), timeout);
        }
        self.ask(ctx, id);
    }

    fn ask(&mut self, ctx: &mut Ctx<Compacted>, operation: OperationId) {
        let Some(&server) = ctx.cluster().group("replica").get(self.server) else { return };
        let Some(pending) = self.pending.get_mut(&operation) else { return };
        pending.asked = self.server;
        ctx.observe(Fact::Asked { operation, server });
        ctx.send(server, Msg::Request { operation, op: pending.op.clone() });
        if pending.retry == Retry::UntilTimeout {
            ctx.set_timer(Timer::AskAgain(operation), PATIENCE);
        }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Compacted>, from: NodeId, msg: Msg) {
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
    fn has_asked(&self, ctx: &Ctx<Compacted>, server: NodeId, operation: OperationId) -> bool {
        let servers = ctx.cluster().group("replica");
        self.pending.get(&operation).is_some_and(|pending| servers.get(pending.asked) == Some(&server))
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Compacted>, timer: Timer) {
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
    fn turn_away(&mut self, ctx: &Ctx<Compacted>, operation: OperationId) {
        if self.pending.get(&operation).is_some_and(|pending| pending.asked == self.server) {
            self.server = (self.server + 1) % ctx.cluster().group("replica").len().max(1);
        }
    }
}

/// The protocols that scenarios may name.
pub fn registry() -> Registry {
    Registry::standard().with::<Compacted>("Compacted")
}
