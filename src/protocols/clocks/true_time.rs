//! Commit wait: timestamps that follow real time, with clocks that admit how far off they are.
//!
//! # The problem
//!
//! A client commits a transaction at one server, and tells somebody, who commits another at a second server. Everybody
//! expects the second timestamp to be larger. No message went from the first server to the second, so that no logical
//! clock helps, and the second server's clock may be behind.
//!
//! # The model
//!
//! A server's clock gives an interval ([`Ctx::now_interval`]), and true time lies in it. All else may go wrong: delays
//! have no bound.
//!
//! # What is guaranteed
//!
//! *External consistency*: if one transaction's commit returned before another began, its timestamp is smaller. A server
//! takes the end of the interval for a timestamp (*start*), and does not answer before the beginning of the interval has
//! passed it (*commit wait*). So the timestamp lies between the true times of the beginning and of the answer. The price
//! is a wait of twice the error of the clock.
//!
//! An interval that is too narrow breaks the promise: it rests on the clock's honesty and on nothing else.
//!
//! # The messages
//!
//! [`Msg::Commit`] from a client to the server of its place in its group; [`Msg::Committed`] back. Clients ask once.
//!
//! # What is left out
//!
//! Paxos, locks, transactions over several servers and snapshot reads: all of Spanner but its clock.
//!
//! # References
//!
//! James Corbett and others, *Spanner: Google's Globally-Distributed Database*, 2012: sections 3 and 4.1.2.

use crate::node::{
    Badge, Ctx, Datum, Effect, Fact, LocalSpan, LocalTime, Node, NodeId, Operation, OperationId, Outcome, Stamp,
    node_value,
};
use crate::protocols::mutant::{Mutant, Mutation};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// There is nothing to be set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {}

node_value! {
    /// A node: those of the group `server` commit, all others are clients.
    pub enum TrueTime {
        /// Commits.
        Server(Server),
        /// Asks.
        Client,
    }

    /// A server and the transactions that wait.
    #[derive(Default)]
    pub struct Server {
        /// The last timestamp that was given.
        last: LocalTime,
        /// The timestamps of those that wait.
        waiting: BTreeMap<OperationId, LocalTime>,
    }

    /// What is said.
    #[derive(Copy)]
    pub enum Msg {
        /// Commit this.
        Commit(OperationId),
        /// It is committed, and its timestamp is past.
        Committed(OperationId),
    }

    /// The wait of a transaction may be over.
    #[derive(Copy)]
    pub struct Waited {
        /// The transaction.
        pub operation: OperationId,
        /// Who is to be told.
        pub client: NodeId,
    }
}

impl Node for TrueTime {
    type Config = Config;
    type Msg = Msg;
    type Timer = Waited;
    type Disk = ();

    fn boot(ctx: &mut Ctx<Self>, _: &Config, (): &()) -> Self {
        let serves = ctx.cluster().group("server").contains(&ctx.me());
        if serves { TrueTime::Server(Server::default()) } else { TrueTime::Client }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Msg) {
        match (self, msg) {
            (TrueTime::Server(server), Msg::Commit(operation)) => server.on_commit(ctx, from, operation),
            (TrueTime::Client, Msg::Committed(operation)) => {
                ctx.observe(Fact::Returned { operation, outcome: Outcome::Ok(Datum::Absent) });
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, Waited { operation, client }: Waited) {
        let TrueTime::Server(server) = self else { return };
        server.commit_wait(ctx, operation, client);
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        let servers = ctx.cluster().group("server");
        let place = ctx.peers().iter().position(|&peer| peer == ctx.me()).unwrap_or(0);
        if let (TrueTime::Client, false) = (&self, servers.is_empty()) {
            ctx.send(servers[place % servers.len()], Msg::Commit(operation.id));
        }
    }

    fn badge(&self) -> Badge {
        Badge::role(match self {
            TrueTime::Server(_) => "server",
            TrueTime::Client => "client",
        })
    }
}

impl Server {
    /// Section 4.1.2, *start*: no less than the end of the interval after the request has come.
    fn on_commit(&mut self, ctx: &mut Ctx<TrueTime>, from: NodeId, operation: OperationId) {
        let (earliest, latest) = ctx.now_interval();
        self.last = latest.max(self.last + LocalSpan(1));
        let error = LocalSpan(latest.since(earliest).0.div_ceil(2));
        ctx.observe(Fact::ClockEstimated { time: ctx.now().0, error });
        let stamp = Stamp::Time { time: self.last.0, count: 0 };
        ctx.observe(Fact::Stamped { stamp, bound: None, operation: Some(operation) });
        self.waiting.insert(operation, self.last);
        ctx.set_timer(Waited { operation, client: from }, self.last.since(earliest));
    }

    /// Section 4.1.2, *commit wait*: nobody sees the commit before its timestamp is past, whatever the true time is.
    fn commit_wait(&mut self, ctx: &mut Ctx<TrueTime>, operation: OperationId, client: NodeId) {
        let Some(&timestamp) = self.waiting.get(&operation) else { return };
        let (earliest, _) = ctx.now_interval();
        if earliest <= timestamp {
            // The error has grown meanwhile.
            ctx.set_timer(Waited { operation, client }, timestamp.since(earliest) + LocalSpan(1));
            return;
        }
        self.waiting.remove(&operation);
        ctx.send(client, Msg::Committed(operation));
    }
}

node_value! {
    /// A bug: no commit wait. The answer leaves as soon as there is a timestamp.
    pub struct NoWait;
}

impl Mutation for NoWait {
    type Protocol = TrueTime;
    type Config = Config;

    fn read(config: &Config) -> (Self, Config) {
        (NoWait, config.clone())
    }

    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, mut effects: Vec<Effect<TrueTime>>) -> Vec<Effect<TrueTime>> {
        for effect in &mut effects {
            if let Effect::SetTimer { timer: Waited { operation, client }, .. } = *effect {
                *effect = Effect::Send { to: client, msg: Msg::Committed(operation) };
            }
        }
        effects
    }
}
