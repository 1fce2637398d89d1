//! A server: its state, its roles, and what holds in all of them.
//!
//! Invariants between any two events:
//!
//! - `last_applied == commit_index`: what is committed is applied in the same step.
//! - `snapshot_index <= commit_index <= last_index`.
//! - A candidate and a leader have voted for themselves in the current term.
//! - Everything written is on its way to the platter, and no effect that rests on it leaves before it is there.

use super::config::Config;
use super::machine::Machine;
use super::messages::{Entry, Index, Msg, Term};
use super::reads::Read;
use super::storage::{Persistent, Write};
use super::{Ctx, Timer};
use crate::node::{Badge, Fact, NodeId, node_value};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

node_value! {
    /// A server.
    pub struct Replica {
        #[serde(skip)]
        pub(super) config: Arc<Config>,
        /// What survives a crash, as it will be once the disk has caught up.
        pub(super) persistent: Persistent,
        /// What does not.
        pub(super) volatile: Volatile,
        /// What it is doing.
        pub(super) role: Role,
        /// Whether something was written since the last sync. Never so between two events.
        #[serde(skip)]
        unsynced: bool,
    }

    /// Figure 2, volatile state on all servers.
    pub struct Volatile {
        /// How far the log is known to be committed.
        pub commit_index: Index,
        /// How far it has been applied.
        pub last_applied: Index,
        /// What it has been applied to. Shared with the snapshot until the next command changes it.
        pub machine: Arc<Machine>,
    }

    /// What a server is doing (§5.1).
    pub enum Role {
        /// It follows a leader, or waits for one.
        Follower(Follower),
        /// It asks whether it would win an election (dissertation §9.6).
        PreCandidate(Canvass),
        /// It stands for election.
        Candidate(Canvass),
        /// It leads.
        Leader(Leader),
    }

    /// What a follower knows of its leader.
    #[derive(Default)]
    pub struct Follower {
        /// The leader of the current term, once it was heard.
        pub leader: Option<NodeId>,
        /// Whether it was heard within the shortest election timeout. Kept only where servers are loyal.
        pub hears_leader: bool,
    }

    /// The votes of an election.
    pub struct Canvass {
        /// Who has answered, and whether with a vote.
        pub answers: BTreeMap<NodeId, bool>,
    }

    /// Figure 2, volatile state on leaders.
    pub struct Leader {
        /// How far each other server is.
        pub progress: BTreeMap<NodeId, Progress>,
        /// The place of the no-op with which this leader began its term (§8).
        pub term_start: Index,
        /// The number of the newest round of heartbeats that was sent to confirm reads.
        pub round: u64,
        /// Reads that wait for their round, the oldest first.
        pub reads: VecDeque<Read>,
    }

    /// How far a follower is, as its leader knows it.
    pub struct Progress {
        /// The next entry to send.
        pub next_index: Index,
        /// Its log is known to agree with the leader's up to here.
        pub match_index: Index,
        /// The last entry that was sent. While `match_index` is behind it, new entries wait for the answer.
        pub sent_index: Index,
        /// The newest round of heartbeats that it answered.
        pub round: u64,
        /// Whether it answered anything since the leader last looked (dissertation §6.2).
        pub heard: bool,
    }
}

impl Replica {
    /// Starts as a follower, from what the disk holds (§5.1, §5.2).
    pub(super) fn boot(ctx: &mut Ctx, config: &Config, disk: &Persistent) -> Self {
        let snapshot_index = disk.snapshot_index();
        let machine = disk.snapshot.as_ref().map_or_else(Arc::default, |snapshot| snapshot.machine.clone());
        let mut replica = Replica {
            config: Arc::new(config.clone()),
            persistent: disk.clone(),
            // A snapshot covers only what was committed and applied. What else is committed, the next leader will say.
            volatile: Volatile { commit_index: snapshot_index, last_applied: snapshot_index, machine },
            role: Role::Follower(Follower::default()),
            unsynced: false,
        };
        replica.take_given_log(ctx);
        replica.sync(ctx);
        replica.declare_disk(ctx);
        replica.reset_election_timer(ctx);
        replica
    }

    /// Fills an empty disk with the log that the scenario gives this server, if it gives one.
    fn take_given_log(&mut self, ctx: &mut Ctx) {
        let logs = &self.config.logs;
        let Some(terms) = logs.get(ctx.cluster().name(ctx.me())) else { return };
        if self.persistent == Persistent::default() {
            let entries = terms.iter().map(|&term| Entry::no_op(term)).collect();
            let term = logs.values().flatten().copied().max().unwrap_or(0);
            self.write(ctx, Write::Vote { term, voted_for: None });
            self.write(ctx, Write::Entries { first: 1, entries });
        }
    }

    /// Declares what a disk that is not empty holds.
    fn declare_disk(&self, ctx: &mut Ctx) {
        let persistent = &self.persistent;
        if *persistent == Persistent::default() {
            return;
        }
        if let Some(snapshot) = &persistent.snapshot {
            ctx.observe(Fact::Installed { index: snapshot.last_index, term: snapshot.last_term });
        }
        for (index, entry) in (persistent.snapshot_index() + 1..).zip(persistent.log.iter()) {
            ctx.observe(entry.restored(index));
        }
        ctx.observe(Fact::Recovered { index: persistent.last_index(), term: persistent.current_term });
    }

    /// A message has arrived.
    pub(super) fn on_message(&mut self, ctx: &mut Ctx, from: NodeId, msg: Msg) {
        // Dissertation §4.2.3: while it hears its leader, a server neither votes for another nor learns its term, or a
        // server that returns from a partition would depose a leader that serves everyone else.
        if matches!(msg, Msg::RequestVote(_)) && self.is_loyal() {
            return;
        }
        // Fig. 2, All Servers, rule 2 (§5.1).
        if let Some(term) = msg.term().filter(|term| *term > self.persistent.current_term) {
            self.become_follower(ctx, term);
        }
        match msg {
            Msg::RequestVote(request) => self.on_request_vote(ctx, from, request),
            Msg::Vote(vote) => self.on_vote(ctx, from, vote),
            Msg::PreVote(request) => self.on_pre_vote(ctx, from, request),
            Msg::PreVoteReply(reply) => self.on_pre_vote_reply(ctx, from, reply),
            Msg::AppendEntries(append) => self.on_append_entries(ctx, from, append),
            Msg::AppendReply(reply) => self.on_append_reply(ctx, from, reply),
            Msg::InstallSnapshot(install) => self.on_install_snapshot(ctx, from, install),
            Msg::InstallReply(reply) => self.on_install_reply(ctx, from, reply),
            Msg::Request(request) => self.on_request(ctx, from, request),
            Msg::Response(_) | Msg::NotLeader(_) => {} // For clients.
        }
        self.sync(ctx);
    }

    /// A timer has fired.
    pub(super) fn on_timer(&mut self, ctx: &mut Ctx, timer: Timer) {
        match timer {
            Timer::Election => self.on_election_timeout(ctx),
            Timer::Heartbeat => self.on_heartbeat(ctx),
            Timer::Retry => self.on_retry(ctx),
            Timer::CheckQuorum => self.on_check_quorum(ctx),
            Timer::Loyalty => self.on_loyalty_over(),
            Timer::AskAgain(_) | Timer::GiveUp(_) => {} // Of clients.
        }
        self.sync(ctx);
    }

    /// Enters a higher term, or gives up a role in this one.
    ///
    /// The election timer of a follower goes on: only a leader of the current term or a vote given resets it (§5.2), or
    /// a server that cannot win would keep those who can from trying.
    pub(super) fn become_follower(&mut self, ctx: &mut Ctx, term: Term) {
        if term > self.persistent.current_term {
            self.write(ctx, Write::Vote { term, voted_for: None });
        }
        let former = std::mem::replace(&mut self.role, Role::Follower(Follower::default()));
        match former {
            Role::Follower(_) => return,
            Role::PreCandidate(_) | Role::Candidate(_) => ctx.cancel_timer(Timer::Retry),
            Role::Leader(leader) => {
                self.refuse_reads(ctx, leader.reads);
                ctx.cancel_timer(Timer::Heartbeat);
                ctx.cancel_timer(Timer::CheckQuorum);
                self.reset_election_timer(ctx); // A leader has none running.
            }
        }
        ctx.observe(Fact::BecameFollower { term });
    }

    /// Changes the disk, and memory likewise.
    pub(super) fn write(&mut self, ctx: &mut Ctx, write: Write) {
        self.persistent.make(&write);
        ctx.write(write);
        self.unsynced = true;
    }

    /// Figure 2, persistent state: "updated on stable storage before responding". To be called before anything is sent
    /// or declared that rests on what was written; costs nothing where nothing was.
    pub(super) fn sync(&mut self, ctx: &mut Ctx) {
        if std::mem::take(&mut self.unsynced) {
            ctx.sync();
        }
    }

    /// The entry at a place, if the log holds it.
    pub fn entry(&self, index: Index) -> Option<&Entry> {
        self.persistent.entry(index)
    }

    /// Draws a new election timeout; the draw is what splits rivals (§5.2).
    pub(super) fn reset_election_timer(&self, ctx: &mut Ctx) {
        let (least, most) = self.config.election;
        ctx.set_timer_between(Timer::Election, least..=most);
    }

    /// The leader of the current term, as far as this server knows.
    pub(super) fn known_leader(&self, me: NodeId) -> Option<NodeId> {
        match &self.role {
            Role::Follower(follower) => follower.leader,
            Role::Leader(_) => Some(me),
            Role::PreCandidate(_) | Role::Candidate(_) => None,
        }
    }

    pub(super) fn badge(&self) -> Badge {
        let (role, leads) = match self.role {
            Role::Follower(_) => ("follower", false),
            Role::PreCandidate(_) => ("precandidate", false),
            Role::Candidate(_) => ("candidate", false),
            Role::Leader(_) => ("leader", true),
        };
        Badge { role, term: Some(self.persistent.current_term), leads }
    }
}

/// How many of so many servers are a majority.
pub(super) fn majority(servers: usize) -> usize {
    servers / 2 + 1
}

/// The other servers.
pub(super) fn others<'a>(ctx: &Ctx<'a>) -> impl Iterator<Item = NodeId> + use<'a> {
    let me = ctx.me();
    ctx.peers().iter().copied().filter(move |&peer| peer != me)
}
