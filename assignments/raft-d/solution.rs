//! Assignment 9d, solved: snapshots in the place of the log's beginning (Ongaro and Ousterhout, 2014, section 7).

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
            Write::Entries { first, entries } => {
                self.log.truncate((first - self.base() - 1) as usize);
                self.log.extend(entries);
            }
            Write::Snapshot { snapshot } => {
                let agrees = self.term_at(snapshot.last_index) == Some(snapshot.last_term);
                let covered = if agrees { (snapshot.last_index - self.base()) as usize } else { self.log.len() };
                self.log.drain(..covered);
                self.snapshot = Some(snapshot);
            }
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

    /// The entries from a place on, which is after the snapshot.
    fn from(&self, index: u64) -> &[Entry] {
        &self.log[(index - self.base() - 1) as usize..]
    }

    /// Where the entries of a term begin. Terms never fall from one entry to the next.
    fn first_of_term(&self, term: u64) -> u64 {
        self.base() + self.log.partition_point(|entry| entry.term < term) as u64 + 1
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
    fn boot(ctx: &mut Ctx<Compacted>, config: &Config, disk: &Stable) -> Self {
        let (config, stable, role) = (config.clone(), disk.clone(), Role::Follower);
        // A snapshot covers only what was committed and applied.
        let store = disk.snapshot.as_ref().map_or_else(Store::default, |snapshot| snapshot.store.clone());
        let base = stable.base();
        let server = Server { config, stable, commit_index: base, last_applied: base, store, role };
        server.declare_disk(ctx);
        server.reset_election_timer(ctx);
        server
    }

    /// Says what the disk holds, where it holds anything. What of it is committed, the next leader will tell.
    fn declare_disk(&self, ctx: &mut Ctx<Compacted>) {
        if self.stable == Stable::default() {
            return;
        }
        if let Some(Snapshot { last_index, last_term, .. }) = self.stable.snapshot {
            ctx.observe(Fact::Installed { index: last_index, term: last_term });
        }
        for (index, entry) in (self.stable.base() + 1..).zip(&self.stable.log) {
            let (term, operation) = (entry.term, Some(entry.operation));
            ctx.observe(Fact::Restored { index, term, entry: entry.digest(), operation });
        }
        ctx.observe(Fact::Recovered { index: self.stable.last_index(), term: self.stable.current_term });
    }

    fn on_message(&mut self, ctx: &mut Ctx<Compacted>, from: NodeId, msg: Msg) {
        if msg.term() > Some(self.stable.current_term) {
            self.follow(ctx, msg.term().unwrap_or_default());
        }
        match msg {
            Msg::RequestVote { term, last_log_index, last_log_term } => {
                self.on_request_vote(ctx, from, term, (last_log_term, last_log_index));
            }
            Msg::Vote { term, granted } => self.on_vote(ctx, from, term, granted),
            Msg::AppendEntries { term, prev_log_index, prev_log_term, entries, leader_commit } => {
                let answer = self.take(ctx, term, (prev_log_index, prev_log_term), entries, leader_commit);
                ctx.send(from, Msg::AppendReply { term: self.stable.current_term, answer });
            }
            Msg::AppendReply { term, answer } => self.on_append_reply(ctx, from, term, answer),
            Msg::InstallSnapshot { term, snapshot } => {
                let answer = self.take_over(ctx, term, snapshot);
                ctx.send(from, Msg::AppendReply { term: self.stable.current_term, answer });
            }
            Msg::Request { operation, op } => self.on_request(ctx, from, operation, op),
            Msg::Response { .. } | Msg::NotLeader { .. } => {} // For clients.
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Compacted>, timer: Timer) {
        match (timer, &self.role) {
            (Timer::Heartbeat, Role::Leader { .. }) => self.replicate_to_all(ctx),
            (Timer::Election, Role::Follower | Role::Candidate { .. }) => self.stand(ctx),
            _ => {}
        }
    }

    /// What makes a log more up to date than another: the later last term, then the longer log (5.4.1).
    fn last(&self) -> (u64, u64) {
        (self.stable.term_at(self.stable.last_index()).unwrap_or(0), self.stable.last_index())
    }

    /// Figure 2, all servers, rule 2: a higher term is entered, and whoever led or stood follows.
    fn follow(&mut self, ctx: &mut Ctx<Compacted>, term: u64) {
        self.keep(ctx, Write::Vote { term, voted_for: None });
        if self.role != Role::Follower {
            self.role = Role::Follower;
            ctx.cancel_timer(Timer::Heartbeat);
            ctx.observe(Fact::BecameFollower { term });
            self.reset_election_timer(ctx);
        }
    }

    /// Figure 2, candidates, rule 1.
    fn stand(&mut self, ctx: &mut Ctx<Compacted>) {
        let (term, me) = (self.stable.current_term + 1, ctx.me());
        self.keep(ctx, Write::Vote { term, voted_for: Some(me) });
        self.role = Role::Candidate { votes: BTreeSet::from([me]) };
        ctx.observe(Fact::BecameCandidate { term });
        ctx.observe(Fact::Voted { term, candidate: me });
        self.reset_election_timer(ctx);
        let (last_log_term, last_log_index) = self.last();
        for other in ctx.others() {
            ctx.send(other, Msg::RequestVote { term, last_log_index, last_log_term });
        }
        self.count(ctx);
    }

    /// Figure 2, RequestVote, receiver: one vote a term, for a log that is at least as up to date as one's own.
    fn on_request_vote(&mut self, ctx: &mut Ctx<Compacted>, from: NodeId, term: u64, last: (u64, u64)) {
        let Stable { current_term, voted_for, .. } = self.stable;
        let is_free = voted_for.is_none_or(|candidate| candidate == from);
        let granted = term == current_term && is_free && last >= self.last();
        if granted && voted_for.is_none() {
            self.keep(ctx, Write::Vote { term, voted_for: Some(from) });
            ctx.observe(Fact::Voted { term, candidate: from });
        }
        if granted {
            self.reset_election_timer(ctx);
        }
        ctx.send(from, Msg::Vote { term: current_term, granted });
    }

    /// Figure 2, candidates, rule 2.
    fn on_vote(&mut self, ctx: &mut Ctx<Compacted>, from: NodeId, term: u64, granted: bool) {
        if let Role::Candidate { votes } = &mut self.role
            && term == self.stable.current_term
            && granted
        {
            votes.insert(from);
            self.count(ctx);
        }
    }

    fn count(&mut self, ctx: &mut Ctx<Compacted>) {
        let Role::Candidate { votes } = &self.role else { return };
        if votes.len() * 2 > ctx.peers().len() {
            let progress = Progress { next_index: self.stable.last_index() + 1, match_index: 0 };
            self.role = Role::Leader { followers: ctx.others().map(|other| (other, progress.clone())).collect() };
            ctx.cancel_timer(Timer::Election);
            ctx.observe(Fact::BecameLeader { term: self.stable.current_term });
            self.replicate_to_all(ctx);
        }
    }

    /// Figure 2, leaders, rule 2: the command is stored here, and handed out.
    fn on_request(&mut self, ctx: &mut Ctx<Compacted>, client: NodeId, operation: OperationId, op: Op) {
        if !matches!(self.role, Role::Leader { .. }) {
            return ctx.send(client, Msg::NotLeader { operation });
        }
        let entry = Entry { term: self.stable.current_term, client, operation, op };
        self.append(ctx, self.stable.last_index() + 1, vec![entry]);
        self.replicate_to_all(ctx);
        self.advance_commit_index(ctx); // Alone, it is a majority.
    }

    /// Puts entries in their place, and drops what was there or after it. What is said of them waits for the disk.
    fn append(&mut self, ctx: &mut Ctx<Compacted>, first: u64, entries: Vec<Entry>) {
        let replaces = first <= self.stable.last_index();
        self.keep(ctx, Write::Entries { first, entries });
        if replaces {
            ctx.observe(Fact::Truncated { index: first });
        }
        for (index, entry) in (first..).zip(self.stable.from(first)) {
            let (term, operation) = (entry.term, Some(entry.operation));
            ctx.observe(Fact::Appended { index, term, entry: entry.digest(), operation });
        }
    }

    /// Figure 2, leaders, rules 1 and 3: each gets what it lacks, as far as is known. What it has not acknowledged it
    /// gets again, at the latest with the next heartbeat.
    fn replicate_to_all(&mut self, ctx: &mut Ctx<Compacted>) {
        ctx.set_timer(Timer::Heartbeat, self.config.heartbeat);
        ctx.others().for_each(|other| self.replicate(ctx, other));
    }

    fn replicate(&self, ctx: &mut Ctx<Compacted>, to: NodeId) {
        let Role::Leader { followers } = &self.role else { return };
        let prev_log_index = followers[&to].next_index - 1;
        let term = self.stable.current_term;
        if let Some(snapshot) = self.stable.snapshot.as_ref().filter(|snapshot| prev_log_index < snapshot.last_index) {
            return ctx.send(to, Msg::InstallSnapshot { term, snapshot: snapshot.clone() });
        }
        let Some(prev_log_term) = self.stable.term_at(prev_log_index) else { return };
        let (entries, leader_commit) = (self.stable.from(prev_log_index + 1).to_vec(), self.commit_index);
        ctx.send(to, Msg::AppendEntries { term, prev_log_index, prev_log_term, entries, leader_commit });
    }

    /// Candidates, rule 3: somebody leads this term.
    fn heed(&mut self, ctx: &mut Ctx<Compacted>, term: u64) {
        if let Role::Candidate { .. } = self.role {
            self.role = Role::Follower;
            ctx.observe(Fact::BecameFollower { term });
        }
        self.reset_election_timer(ctx);
    }

    /// Figure 2, AppendEntries, receiver.
    fn take(
        &mut self,
        ctx: &mut Ctx<Compacted>,
        term: u64,
        (prev_log_index, prev_log_term): (u64, u64),
        mut entries: Vec<Entry>,
        leader_commit: u64,
    ) -> Answer {
        // Rule 1.
        if term < self.stable.current_term {
            return Answer::Outdated;
        }
        self.heed(ctx, term);
        // Rule 2. What the snapshot covers is committed, and so in the leader's log as well.
        let own_term = self.stable.term_at(prev_log_index);
        if prev_log_index >= self.stable.base() && own_term != Some(prev_log_term) {
            let first = own_term.map_or(self.stable.last_index() + 1, |term| self.stable.first_of_term(term));
            return Answer::Differs { prev_log_index, term: own_term, first };
        }
        // Rules 3 and 4: only an entry of another term ends what is kept. This message may be an old one.
        let index = prev_log_index + entries.len() as u64;
        let known = (prev_log_index + 1..).zip(&entries);
        let (stable, base) = (&self.stable, self.stable.base());
        let known = known.take_while(|(index, entry)| *index <= base || stable.term_at(*index) == Some(entry.term));
        let known = known.count();
        if known < entries.len() {
            entries.drain(..known);
            self.append(ctx, prev_log_index + 1 + known as u64, entries);
        }
        // Rule 5: beyond the last entry of this message the log may not be the leader's.
        self.commit(ctx, leader_commit.min(index));
        Answer::Agrees { index }
    }

    /// Figure 13, receiver. Its rules 2 to 4 are about chunks; here a snapshot comes whole.
    fn take_over(&mut self, ctx: &mut Ctx<Compacted>, term: u64, snapshot: Snapshot) -> Answer {
        // Rule 1.
        if term < self.stable.current_term {
            return Answer::Outdated;
        }
        self.heed(ctx, term);
        let index = snapshot.last_index;
        // Rule 6: the log holds what the snapshot stands for, and perhaps more. An older snapshot than what is applied
        // would take that back.
        if self.stable.term_at(index) == Some(snapshot.last_term) {
            self.commit(ctx, index);
        } else if index > self.commit_index {
            self.install(ctx, snapshot);
        }
        Answer::Agrees { index }
    }

    /// Rules 7 and 8: the log is dropped, and the snapshot is the state machine.
    pub fn install(&mut self, ctx: &mut Ctx<Compacted>, snapshot: Snapshot) {
        let (index, term) = (snapshot.last_index, snapshot.last_term);
        (self.commit_index, self.last_applied) = (index, index);
        self.store = snapshot.store.clone();
        self.keep(ctx, Write::Snapshot { snapshot });
        ctx.observe(Fact::Installed { index, term });
    }

    /// Section 7: each server takes its snapshots by itself, of what it has applied.
    fn compact_if_due(&mut self, ctx: &mut Ctx<Compacted>) {
        let index = self.last_applied;
        let Some(term) = self.stable.term_at(index) else { return };
        if index - self.stable.base() >= self.config.snapshot_every {
            let snapshot = Snapshot { last_index: index, last_term: term, store: self.store.clone() };
            self.keep(ctx, Write::Snapshot { snapshot });
            ctx.observe(Fact::Compacted { index, term });
        }
    }

    /// Figure 2, leaders, rule 3: what an answer says of a follower's log.
    fn on_append_reply(&mut self, ctx: &mut Ctx<Compacted>, from: NodeId, term: u64, answer: Answer) {
        if term != self.stable.current_term {
            return;
        }
        match answer {
            Answer::Agrees { index } => {
                let Role::Leader { followers } = &mut self.role else { return };
                let Some(progress) = followers.get_mut(&from) else { return };
                progress.match_index = progress.match_index.max(index);
                progress.next_index = progress.next_index.max(index + 1);
                self.advance_commit_index(ctx);
            }
            Answer::Differs { prev_log_index, term, first } => self.go_back(ctx, from, prev_log_index, term, first),
            Answer::Outdated => {}
        }
    }

    /// The end of 5.3: where the leader has entries of the follower's term, the logs may agree up to the last of them;
    /// where it has none, all of the follower's entries of that term are wrong.
    fn go_back(&mut self, ctx: &mut Ctx<Compacted>, from: NodeId, refused: u64, term: Option<u64>, first: u64) {
        let own = term.filter(|term| self.stable.log.iter().any(|entry| entry.term == *term));
        let next = own.map_or(first, |term| self.stable.first_of_term(term + 1));
        let Role::Leader { followers } = &mut self.role else { return };
        let Some(progress) = followers.get_mut(&from) else { return };
        // An older refusal says nothing about what was sent since.
        if refused + 1 == progress.next_index && refused > progress.match_index {
            progress.next_index = next.clamp(progress.match_index + 1, refused);
            self.replicate(ctx, from);
        }
    }

    /// Figure 2, leaders, rule 4. An entry of an older term may be on a majority and still be overwritten (Figure 8):
    /// one of the current term after it commits it.
    fn advance_commit_index(&mut self, ctx: &mut Ctx<Compacted>) {
        let stored = self.stored_by_majority();
        if self.stable.term_at(stored) == Some(self.stable.current_term) {
            self.commit(ctx, stored);
        }
    }

    /// The highest place that a majority has stored, as far as this leader knows.
    pub fn stored_by_majority(&self) -> u64 {
        let Role::Leader { followers } = &self.role else { return 0 };
        let matches = followers.values().map(|progress| progress.match_index);
        let mut stored: Vec<u64> = matches.chain([self.stable.last_index()]).collect();
        stored.sort_unstable();
        stored[(stored.len() - 1) / 2]
    }

    /// Figure 2, all servers, rule 1: what is committed is applied, in order. Who leads answers.
    pub fn commit(&mut self, ctx: &mut Ctx<Compacted>, index: u64) {
        if index <= self.commit_index {
            return;
        }
        self.commit_index = index;
        ctx.observe(Fact::Committed { index, term: self.stable.current_term });
        while self.last_applied < self.commit_index
            && let Some(entry) = self.stable.log.get((self.last_applied - self.stable.base()) as usize)
        {
            let (client, operation, outcome) = (entry.client, entry.operation, self.store.execute(&entry.op));
            let entry = entry.digest();
            self.last_applied += 1;
            ctx.observe(Fact::Applied { index: self.last_applied, entry, operation: Some(operation) });
            if let Role::Leader { .. } = self.role {
                ctx.send(client, Msg::Response { operation, outcome });
            }
        }
        self.compact_if_due(ctx);
    }

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
