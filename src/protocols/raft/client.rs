//! A client: it finds the leader, and asks until it is answered (§8).
//!
//! Two kinds of bad news are unlike. "I do not lead" is definite: that server has done nothing and will do nothing, so
//! the client may always ask again. Silence says nothing: the command may have been lost, may be about to be committed,
//! or may have been committed and its answer lost. To ask again after silence is safe only because the same number is
//! used and the state machine carries out each number once ([`machine`](super::machine)); a client that is told not to
//! (`Retry::Never`) waits, and at its timeout knows nothing.

use super::config::Config;
use super::messages::{Action, Call, Command, Msg, NotLeader, Request, Response};
use super::{Ctx, REPLICAS, Timer};
use crate::node::{Fact, NodeId, Operation, OperationId, Retry, node_value};
use crate::protocols::store::Store;
use std::collections::BTreeMap;
use std::sync::Arc;

node_value! {
    /// A client.
    pub struct Client {
        #[serde(skip)]
        config: Arc<Config>,
        /// The server that it takes for the leader; `None` where there are no servers.
        server: Option<NodeId>,
        /// The server that was silent last, until another answers. A follower that is cut off together with an old
        /// leader still names it: who believed that would go to and fro between the two for ever.
        silent: Option<NodeId>,
        /// The operations that it awaits.
        pending: BTreeMap<OperationId, Pending>,
    }

    /// An operation that is awaited.
    pub struct Pending {
        /// What is sent, the same each time.
        command: Arc<Command>,
        /// Whether it is sent again after silence.
        retry: Retry,
        /// The server whose answer is awaited; `None` while the client pauses.
        asked: Option<NodeId>,
    }
}

impl Client {
    /// Starts with a server chosen at random (§8).
    pub(super) fn boot(ctx: &mut Ctx, config: &Config) -> Self {
        let servers = ctx.cluster().group(REPLICAS);
        let server = match servers {
            [] => None,
            _ => Some(servers[ctx.choose(servers.len() as u32) as usize]),
        };
        Client { config: Arc::new(config.clone()), server, silent: None, pending: BTreeMap::new() }
    }

    /// Sends a command under its own number, and remembers it until it ends.
    pub(super) fn on_operation(&mut self, ctx: &mut Ctx, operation: Operation) {
        let Operation { id, op, timeout, retry } = operation;
        if self.server.is_none() || !Store::understands(&op) {
            return ctx.observe(Fact::refused(id));
        }
        let lowest_awaited = self.pending.first_key_value().map_or(id, |(lowest, _)| id.min(*lowest));
        let command = Command::new(Action::Call(Call { client: ctx.me(), serial: id, lowest_awaited, op }));
        self.pending.insert(id, Pending { command, retry, asked: None });
        if let Some(timeout) = timeout {
            ctx.set_timer(Timer::GiveUp(id), timeout);
        }
        self.ask(ctx, id);
    }

    /// Asks the server that is taken for the leader.
    fn ask(&mut self, ctx: &mut Ctx, id: OperationId) {
        let (Some(pending), Some(server)) = (self.pending.get_mut(&id), self.server) else { return };
        pending.asked = Some(server);
        ctx.observe(Fact::Asked { operation: id, server });
        ctx.send(server, Msg::Request(Request { command: pending.command.clone() }));
        match pending.retry {
            Retry::UntilTimeout => ctx.set_timer(Timer::AskAgain(id), self.config.patience()),
            Retry::Never => {}
        }
    }

    /// A message has arrived.
    pub(super) fn on_message(&mut self, ctx: &mut Ctx, from: NodeId, msg: Msg) {
        match msg {
            Msg::Response(response) => self.on_response(ctx, from, response),
            Msg::NotLeader(refusal) => self.on_not_leader(ctx, from, refusal),
            _ => {} // For servers.
        }
    }

    /// The operation has ended. A second answer to it finds nothing pending.
    fn on_response(&mut self, ctx: &mut Ctx, from: NodeId, response: Response) {
        let Response { operation, outcome } = response;
        if self.pending.remove(&operation).is_some() {
            self.server = Some(from);
            self.silent = None;
            self.cancel_timers(ctx, operation);
            ctx.observe(Fact::Returned { operation, outcome });
        }
    }

    /// The server that was asked does not lead: another is asked after a pause, lest requests circle while nobody leads.
    fn on_not_leader(&mut self, ctx: &mut Ctx, from: NodeId, refusal: NotLeader) {
        let NotLeader { operation, leader } = refusal;
        // A refusal by a server that was asked earlier is old news.
        let Some(pending) = self.pending.get_mut(&operation).filter(|pending| pending.asked == Some(from)) else {
            return;
        };
        pending.asked = None;
        self.turn_away_from(ctx, from, leader);
        ctx.set_timer(Timer::AskAgain(operation), self.config.pause());
    }

    /// A timer has fired.
    pub(super) fn on_timer(&mut self, ctx: &mut Ctx, timer: Timer) {
        match timer {
            Timer::AskAgain(operation) => self.on_ask_again(ctx, operation),
            Timer::GiveUp(operation) => self.on_give_up(ctx, operation),
            _ => {} // Of servers.
        }
    }

    /// The pause is over, or the server that was asked was silent for too long.
    fn on_ask_again(&mut self, ctx: &mut Ctx, operation: OperationId) {
        let Some(pending) = self.pending.get(&operation) else { return };
        if let Some(silent) = pending.asked {
            self.silent = Some(silent);
            self.turn_away_from(ctx, silent, None);
        }
        self.ask(ctx, operation);
    }

    /// Whether the operation took effect, or will, is unknown.
    fn on_give_up(&mut self, ctx: &mut Ctx, operation: OperationId) {
        if let Some(pending) = self.pending.remove(&operation) {
            self.cancel_timers(ctx, operation);
            ctx.observe(Fact::TimedOut { operation });
            // Silence is no proof, but it is reason enough to put the next question to someone else.
            if let Some(silent) = pending.asked {
                self.turn_away_from(ctx, silent, None);
            }
        }
    }

    /// Takes another server for the leader: the one it was told of unless that was silent, or the next in order. Does
    /// nothing where another operation has led it away from `server` before.
    fn turn_away_from(&mut self, ctx: &Ctx, server: NodeId, leader: Option<NodeId>) {
        if self.server == Some(server) {
            let servers = ctx.cluster().group(REPLICAS);
            let place = servers.iter().position(|other| *other == server).map_or(0, |place| place + 1);
            let leader = leader.filter(|_| leader != self.silent);
            self.server = leader.or(servers.get(place % servers.len()).copied());
        }
    }

    fn cancel_timers(&self, ctx: &mut Ctx, operation: OperationId) {
        ctx.cancel_timer(Timer::AskAgain(operation));
        ctx.cancel_timer(Timer::GiveUp(operation));
    }
}
