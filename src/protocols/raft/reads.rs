//! What clients ask of a server: commands go through the log, reads do not have to (§8, dissertation §6.4).
//!
//! A read must see all that was acknowledged before it was asked for. The leader's state machine has that, once the
//! leader knows what is committed, but only if it *is* the leader still: another may have been elected and have answered
//! writes meanwhile. So the leader notes how far the log is committed (the read index), sends a round of heartbeats, and
//! answers when a majority has answered a heartbeat of that round or a later one and the log is applied to the read
//! index. Rounds are numbered, so that an answer to an older heartbeat confirms nothing.

use super::Ctx;
use super::config::ReadMode;
use super::machine::Known;
use super::messages::{Entry, Index, Msg, NotLeader, Request, Response};
use super::replica::{Replica, Role};
use crate::node::{Datum, Key, NodeId, Op, OperationId, Outcome, node_value};
use std::collections::VecDeque;

node_value! {
    /// A read that waits.
    pub struct Read {
        /// Who asked.
        pub client: NodeId,
        /// Under which number.
        pub operation: OperationId,
        /// What for.
        pub key: Key,
        /// How far the log must be applied before it is answered.
        pub read_index: Index,
        /// The round of heartbeats that must confirm it.
        pub round: u64,
    }
}

impl Replica {
    /// Fig. 2, Leaders, rule 2, and §8.
    pub(super) fn on_request(&mut self, ctx: &mut Ctx, from: NodeId, request: Request) {
        let Some(call) = request.command.call() else { return };
        let operation = call.serial;
        if self.leader().is_none() {
            let leader = self.known_leader(ctx.me());
            return ctx.send(from, Msg::NotLeader(NotLeader { operation, leader }));
        }
        if let Op::Get(key) = &call.op {
            return self.on_read(ctx, from, operation, key.clone());
        }
        // §8: "If it receives a command whose serial number has already been executed, it responds immediately."
        match self.volatile.machine.known(call) {
            Known::Done(outcome) => ctx.send(from, Msg::Response(Response { operation, outcome })),
            Known::Forgotten => {}
            Known::New => {
                let term = self.persistent.current_term;
                self.propose(ctx, Entry { term, command: request.command });
            }
        }
    }

    /// Dissertation §6.4, steps 1 to 3.
    fn on_read(&mut self, ctx: &mut Ctx, client: NodeId, operation: OperationId, key: Key) {
        let Role::Leader(leader) = &mut self.role else { return };
        if self.config.read == ReadMode::Local {
            let value = self.volatile.machine.values().get(&key);
            return answer(ctx, client, operation, value);
        }
        // Until the no-op of its term is committed a leader's commit index may be behind what its predecessors
        // acknowledged. All of that is before the no-op, so the no-op's place serves as well.
        let read_index = self.volatile.commit_index.max(leader.term_start);
        leader.round += 1;
        leader.reads.push_back(Read { client, operation, key, read_index, round: leader.round });
        self.confirm_leadership(ctx);
        self.answer_reads(ctx); // Alone, it is a majority.
    }

    /// Sends a round of empty heartbeats.
    fn confirm_leadership(&self, ctx: &mut Ctx) {
        let Some(leader) = self.leader() else { return };
        for (&peer, progress) in &leader.progress {
            let prev = (progress.next_index - 1).max(self.persistent.snapshot_index());
            self.send_append_entries(ctx, peer, prev, Vec::new());
        }
    }

    /// Dissertation §6.4, steps 4 and 5: answers the reads that are confirmed and whose index is applied.
    pub(super) fn answer_reads(&mut self, ctx: &mut Ctx) {
        let Role::Leader(leader) = &mut self.role else { return };
        if leader.reads.is_empty() {
            return;
        }
        let confirmed = leader.reached_by_majority(ctx, leader.round, |progress| progress.round);
        let is_ready = |read: &Read| read.round <= confirmed && read.read_index <= self.volatile.last_applied;
        while leader.reads.front().is_some_and(is_ready)
            && let Some(read) = leader.reads.pop_front()
        {
            answer(ctx, read.client, read.operation, self.volatile.machine.values().get(&read.key));
        }
    }

    /// A server that no longer leads cannot confirm its reads. They had no effect, so that their clients may be told.
    pub(super) fn refuse_reads(&self, ctx: &mut Ctx, reads: VecDeque<Read>) {
        for Read { client, operation, .. } in reads {
            ctx.send(client, Msg::NotLeader(NotLeader { operation, leader: None }));
        }
    }
}

fn answer(ctx: &mut Ctx, client: NodeId, operation: OperationId, value: Datum) {
    ctx.send(client, Msg::Response(Response { operation, outcome: Outcome::Ok(value) }));
}
