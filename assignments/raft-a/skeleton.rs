//! Assignment 9a: Raft's elections. See HANDOUT.md. The names are those of the paper's Figure 2.

use pessimist::node::{Badge, Ctx, Disk, Fact, LocalSpan, Node, NodeId, node_value};
use pessimist::scenario::Registry;
use std::collections::BTreeSet;

/// How often a leader says that it is there, and how long the others wait for it.
const HEARTBEAT: LocalSpan = LocalSpan::millis(50);
const ELECTION: (LocalSpan, LocalSpan) = (LocalSpan::millis(150), LocalSpan::millis(300));

node_value! {
    /// A server.
    pub struct Server {
        stable: Stable,
        role: Role,
    }

    /// What survives a crash: it is written with `ctx.write(...)`, and is safe after `ctx.sync()`.
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

    /// What servers say to each other. There are no logs yet.
    pub enum Msg {
        RequestVote { term: u64 },
        Vote { term: u64, granted: bool },
        AppendEntries { term: u64 },
        AppendReply { term: u64 },
    }

    /// Timers. Setting one that is set moves it.
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

    /// A server starts, for the first time or again. Only the disk remembers.
    fn boot(ctx: &mut Ctx<Self>, _config: &(), disk: &Stable) -> Self {
        let server = Server { stable: disk.clone(), role: Role::Follower };
        server.reset_election_timer(ctx);
        server
    }

    /// A message has arrived.
    fn on_message(&mut self, _ctx: &mut Ctx<Self>, _from: NodeId, msg: Msg) {
        match msg {
            // Your part. Which rule comes before all others, whatever the message is?
            Msg::RequestVote { .. } => {}
            Msg::Vote { .. } => {}
            Msg::AppendEntries { .. } => {}
            Msg::AppendReply { .. } => {}
        }
    }

    /// A timer has fired.
    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: Timer) {
        match timer {
            Timer::Election => self.stand(ctx),
            // Your part.
            Timer::Heartbeat => {
                let _ = HEARTBEAT;
            }
        }
    }

    /// What people see of a server.
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
    /// Figure 2, candidates, rule 1. It is begun; what is missing?
    fn stand(&mut self, ctx: &mut Ctx<Self>) {
        let (term, me) = (self.stable.current_term + 1, ctx.me());
        self.stable = Stable { current_term: term, voted_for: Some(me) };
        self.role = Role::Candidate { votes: BTreeSet::from([me]) };
        ctx.observe(Fact::BecameCandidate { term });
        ctx.observe(Fact::Voted { term, candidate: me });
        self.reset_election_timer(ctx);
        for other in ctx.others() {
            ctx.send(other, Msg::RequestVote { term });
        }
    }

    /// The world draws a span between the two, anew each time.
    fn reset_election_timer(&self, ctx: &mut Ctx<Self>) {
        ctx.set_timer_between(Timer::Election, ELECTION.0..=ELECTION.1);
    }
}

/// The protocols that scenarios may name.
pub fn registry() -> Registry {
    Registry::standard().with::<Server>("Elections")
}
