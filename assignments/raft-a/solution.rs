//! Assignment 9a, solved: Raft's elections (Ongaro and Ousterhout, 2014, section 5.2).

use pessimist::node::{Badge, Ctx, Disk, Fact, LocalSpan, Node, NodeId, node_value};
use pessimist::scenario::Registry;
use std::collections::BTreeSet;

const HEARTBEAT: LocalSpan = LocalSpan::millis(50);
const ELECTION: (LocalSpan, LocalSpan) = (LocalSpan::millis(150), LocalSpan::millis(300));

node_value! {
    /// A server (Figure 2, state).
    pub struct Server {
        stable: Stable,
        role: Role,
    }

    /// What survives a crash.
    #[derive(Default)]
    pub struct Stable {
        /// The latest term that this server has seen.
        pub current_term: u64,
        /// Who has its vote in that term.
        pub voted_for: Option<NodeId>,
    }

    /// The part that a server plays.
    pub enum Role {
        Follower,
        Candidate { votes: BTreeSet<NodeId> },
        Leader,
    }

    /// What servers say to each other (Figure 2, without logs).
    pub enum Msg {
        RequestVote { term: u64 },
        Vote { term: u64, granted: bool },
        AppendEntries { term: u64 },
        AppendReply { term: u64 },
    }

    /// Timers.
    #[derive(Copy)]
    pub enum Timer {
        Election,
        Heartbeat,
    }
}

impl Disk for Stable {
    type Write = Stable;

    fn apply(&mut self, write: Stable) {
        *self = write;
    }
}

impl Node for Server {
    type Config = ();
    type Msg = Msg;
    type Timer = Timer;
    type Disk = Stable;

    fn boot(ctx: &mut Ctx<Self>, (): &(), disk: &Stable) -> Self {
        let server = Server { stable: disk.clone(), role: Role::Follower };
        server.reset_election_timer(ctx);
        server
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Msg) {
        let term = msg.term();
        if term > self.stable.current_term {
            self.follow(ctx, term);
        }
        match msg {
            Msg::RequestVote { .. } => self.on_request_vote(ctx, from, term),
            Msg::Vote { granted, .. } => self.on_vote(ctx, from, term, granted),
            Msg::AppendEntries { .. } => self.on_append_entries(ctx, from, term),
            Msg::AppendReply { .. } => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: Timer) {
        match (timer, &self.role) {
            (Timer::Heartbeat, Role::Leader) => self.send_heartbeats(ctx),
            (Timer::Election, Role::Follower | Role::Candidate { .. }) => self.stand(ctx),
            _ => {}
        }
    }

    fn badge(&self) -> Badge {
        let role = match self.role {
            Role::Follower => "follower",
            Role::Candidate { .. } => "candidate",
            Role::Leader => "leader",
        };
        Badge { role, term: Some(self.stable.current_term), leads: self.role == Role::Leader }
    }
}

impl Server {
    /// Figure 2, all servers, rule 2: a higher term is entered, and whoever led or stood follows.
    fn follow(&mut self, ctx: &mut Ctx<Self>, term: u64) {
        self.keep(ctx, Stable { current_term: term, voted_for: None });
        if self.role != Role::Follower {
            self.role = Role::Follower;
            ctx.cancel_timer(Timer::Heartbeat);
            ctx.observe(Fact::BecameFollower { term });
            self.reset_election_timer(ctx);
        }
    }

    /// Figure 2, candidates, rule 1.
    fn stand(&mut self, ctx: &mut Ctx<Self>) {
        let (term, me) = (self.stable.current_term + 1, ctx.me());
        self.keep(ctx, Stable { current_term: term, voted_for: Some(me) });
        self.role = Role::Candidate { votes: BTreeSet::from([me]) };
        ctx.observe(Fact::BecameCandidate { term });
        ctx.observe(Fact::Voted { term, candidate: me });
        self.reset_election_timer(ctx);
        for other in ctx.others() {
            ctx.send(other, Msg::RequestVote { term });
        }
        self.count(ctx);
    }

    /// Figure 2, RequestVote, receiver: one vote a term, first come, first served.
    fn on_request_vote(&mut self, ctx: &mut Ctx<Self>, from: NodeId, term: u64) {
        let Stable { current_term, voted_for } = self.stable;
        let granted = term == current_term && voted_for.is_none_or(|candidate| candidate == from);
        if granted && voted_for.is_none() {
            self.keep(ctx, Stable { current_term, voted_for: Some(from) });
            ctx.observe(Fact::Voted { term, candidate: from });
        }
        if granted {
            self.reset_election_timer(ctx);
        }
        ctx.send(from, Msg::Vote { term: current_term, granted });
    }

    /// Figure 2, candidates, rule 2.
    fn on_vote(&mut self, ctx: &mut Ctx<Self>, from: NodeId, term: u64, granted: bool) {
        if let Role::Candidate { votes } = &mut self.role
            && term == self.stable.current_term
            && granted
        {
            votes.insert(from);
            self.count(ctx);
        }
    }

    fn count(&mut self, ctx: &mut Ctx<Self>) {
        let Role::Candidate { votes } = &self.role else { return };
        if votes.len() * 2 > ctx.peers().len() {
            self.role = Role::Leader;
            ctx.cancel_timer(Timer::Election);
            ctx.observe(Fact::BecameLeader { term: self.stable.current_term });
            self.send_heartbeats(ctx);
        }
    }

    /// Figure 2, leaders, rule 1.
    fn send_heartbeats(&mut self, ctx: &mut Ctx<Self>) {
        ctx.set_timer(Timer::Heartbeat, HEARTBEAT);
        for other in ctx.others() {
            ctx.send(other, Msg::AppendEntries { term: self.stable.current_term });
        }
    }

    /// Figure 2, AppendEntries, receiver, rule 1; candidates, rule 3.
    fn on_append_entries(&mut self, ctx: &mut Ctx<Self>, from: NodeId, term: u64) {
        if term == self.stable.current_term {
            if let Role::Candidate { .. } = self.role {
                self.role = Role::Follower;
                ctx.observe(Fact::BecameFollower { term });
            }
            self.reset_election_timer(ctx);
        }
        ctx.send(from, Msg::AppendReply { term: self.stable.current_term });
    }

    fn reset_election_timer(&self, ctx: &mut Ctx<Self>) {
        ctx.set_timer_between(Timer::Election, ELECTION.0..=ELECTION.1);
    }

    /// Changes what survives, in memory and on the disk; what follows waits until it is there.
    fn keep(&mut self, ctx: &mut Ctx<Self>, stable: Stable) {
        self.stable = stable.clone();
        ctx.write(stable);
        ctx.sync();
    }
}

impl Msg {
    /// The term of whoever sent it.
    pub fn term(&self) -> u64 {
        match self {
            Msg::RequestVote { term } | Msg::Vote { term, .. } => *term,
            Msg::AppendEntries { term } | Msg::AppendReply { term } => *term,
        }
    }
}

/// The protocols that scenarios may name.
pub fn registry() -> Registry {
    Registry::standard().with::<Server>("Elections")
}
