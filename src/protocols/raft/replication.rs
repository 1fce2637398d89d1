//! How the leader's log becomes everyone's (§5.3), and when an entry is committed (§5.4.2).

use super::messages::{AppendEntries, AppendReply, AppendResult, Conflict, Entry, Index, Msg, Response, Term};
use super::replica::{Leader, Progress, Replica, Role, majority, others};
use super::storage::Write;
use super::{Ctx, Timer};
use crate::node::{Fact, NodeId};
use std::sync::Arc;

impl Replica {
    /// Fig. 2, Leaders, rule 2 (§5.3): stores a client's command and hands it out.
    pub(super) fn propose(&mut self, ctx: &mut Ctx, entry: Entry) {
        self.append(ctx, self.persistent.last_index() + 1, vec![entry]);
        for peer in others(ctx) {
            if self.leader().is_some_and(|leader| leader.progress[&peer].is_idle()) {
                self.replicate(ctx, peer);
            }
        }
        self.advance_commit_index(ctx); // Alone, it is a majority.
    }

    /// Writes entries to the log, in place of what is there from `first` on.
    pub(super) fn append(&mut self, ctx: &mut Ctx, first: Index, entries: Vec<Entry>) {
        let replaces = first <= self.persistent.last_index();
        self.write(ctx, Write::Entries { first, entries });
        self.sync(ctx);
        if replaces {
            ctx.observe(Fact::Truncated { index: first });
        }
        let appended = self.persistent.log.iter_from((first - self.persistent.snapshot_index() - 1) as usize);
        for (index, entry) in (first..).zip(appended) {
            ctx.observe(entry.appended(index));
        }
    }

    /// Fig. 2, Leaders, rule 1 (§5.2). What a follower has not acknowledged goes out again: a leader "retries
    /// AppendEntries RPCs indefinitely" (§5.3).
    pub(super) fn on_heartbeat(&mut self, ctx: &mut Ctx) {
        if self.leader().is_none() {
            return;
        }
        others(ctx).for_each(|peer| self.replicate(ctx, peer));
        ctx.set_timer(Timer::Heartbeat, self.config.heartbeat);
    }

    /// Sends a follower what its log lacks, as far as is known: Fig. 2, Leaders, rule 3 (§5.3).
    pub(super) fn replicate(&mut self, ctx: &mut Ctx, to: NodeId) {
        let Role::Leader(leader) = &mut self.role else { return };
        let Some(progress) = leader.progress.get_mut(&to) else { return };
        if progress.next_index <= self.persistent.snapshot_index() {
            return self.send_snapshot(ctx, to); // §7
        }
        let prev_log_index = progress.next_index - 1;
        let entries = self.persistent.entries_from(progress.next_index, self.config.max_batch);
        progress.sent_index = prev_log_index + entries.len() as Index;
        self.send_append_entries(ctx, to, prev_log_index, entries);
    }

    /// Sends an AppendEntries with these entries, perhaps none.
    pub(super) fn send_append_entries(&self, ctx: &mut Ctx, to: NodeId, prev: Index, entries: Vec<Entry>) {
        let (Some(leader), Some(prev_log_term)) = (self.leader(), self.persistent.term_at(prev)) else { return };
        ctx.send(
            to,
            Msg::AppendEntries(AppendEntries {
                term: self.persistent.current_term,
                prev_log_index: prev,
                prev_log_term,
                entries,
                leader_commit: self.volatile.commit_index,
                round: leader.round,
            }),
        );
    }

    /// Fig. 2, AppendEntries RPC, receiver.
    pub(super) fn on_append_entries(&mut self, ctx: &mut Ctx, from: NodeId, append: AppendEntries) {
        let (round, leader_commit) = (append.round, append.leader_commit);
        // Rule 1 (§5.1).
        let result = if append.term < self.persistent.current_term {
            AppendResult::StaleTerm
        } else {
            self.follow(ctx, from);
            self.take_entries(ctx, append)
        };
        if let AppendResult::Match(match_index) = result {
            // Rule 5. Beyond the last entry that this message vouches for, the log may differ from the leader's.
            self.commit(ctx, leader_commit.min(match_index));
        }
        self.sync(ctx);
        ctx.send(from, Msg::AppendReply(AppendReply { term: self.persistent.current_term, round, result }));
    }

    /// Fig. 2, AppendEntries RPC, receiver, rules 2 to 4 (§5.3).
    fn take_entries(&mut self, ctx: &mut Ctx, append: AppendEntries) -> AppendResult {
        let AppendEntries { prev_log_index, prev_log_term, mut entries, .. } = append;
        let match_index = prev_log_index + entries.len() as Index;
        let persistent = &self.persistent;
        // What the snapshot covers is committed, and so in the leader's log as well.
        if prev_log_index >= persistent.snapshot_index() && persistent.term_at(prev_log_index) != Some(prev_log_term)
        {
            return AppendResult::Conflict(self.conflict_at(prev_log_index)); // Rule 2.
        }
        // Rule 3. Entries that are here already stay, with all that follows them: this message may be older than what
        // follows, and that may be committed. Only an entry of another term ends what is kept.
        let known = (prev_log_index + 1..).zip(&entries).take_while(|(index, entry)| {
            *index <= persistent.snapshot_index() || persistent.term_at(*index) == Some(entry.term)
        });
        let known = known.count();
        if known < entries.len() {
            entries.drain(..known);
            self.append(ctx, prev_log_index + 1 + known as Index, entries); // Rule 4.
        }
        AppendResult::Match(match_index)
    }

    /// §5.3, end: the term of the conflicting entry and the first place of that term, so that the leader can pass over
    /// all of it at once.
    fn conflict_at(&self, prev_log_index: Index) -> Conflict {
        let term = self.persistent.term_at(prev_log_index);
        let first_index = match term {
            Some(term) => self.persistent.first_index_from(term),
            None => self.persistent.last_index() + 1,
        };
        Conflict { prev_log_index, term, first_index }
    }

    /// Fig. 2, Leaders, rule 3 (§5.3).
    pub(super) fn on_append_reply(&mut self, ctx: &mut Ctx, from: NodeId, reply: AppendReply) {
        let current_term = self.persistent.current_term;
        let Role::Leader(leader) = &mut self.role else { return };
        let Some(progress) = leader.progress.get_mut(&from) else { return };
        // An answer from another term says nothing about this leader's messages, and neither does one that called
        // their term stale: it was meant for this server's earlier self.
        if reply.term != current_term || reply.result == AppendResult::StaleTerm {
            return;
        }
        progress.heard = true;
        progress.round = progress.round.max(reply.round);
        match reply.result {
            AppendResult::Match(index) => self.on_match(ctx, from, index),
            AppendResult::Conflict(conflict) => self.on_conflict(ctx, from, conflict),
            AppendResult::StaleTerm => {}
        }
        self.answer_reads(ctx);
    }

    /// A follower's log agrees up to `index`: Fig. 2, Leaders, rule 3, success.
    pub(super) fn on_match(&mut self, ctx: &mut Ctx, from: NodeId, index: Index) {
        let Role::Leader(leader) = &mut self.role else { return };
        let Some(progress) = leader.progress.get_mut(&from) else { return };
        progress.next_index = progress.next_index.max(index + 1);
        if index > progress.match_index {
            progress.match_index = index;
            self.advance_commit_index(ctx);
        }
        self.send_rest(ctx, from);
    }

    /// Goes on with a follower that has answered and still lacks entries.
    fn send_rest(&mut self, ctx: &mut Ctx, to: NodeId) {
        let last_index = self.persistent.last_index();
        let Some(progress) = self.leader().and_then(|leader| leader.progress.get(&to)) else { return };
        if progress.is_idle() && progress.next_index <= last_index {
            self.replicate(ctx, to);
        }
    }

    /// A follower's log differs: Fig. 2, Leaders, rule 3, failure, with §5.3's shortcut.
    fn on_conflict(&mut self, ctx: &mut Ctx, from: NodeId, conflict: Conflict) {
        let Role::Leader(leader) = &mut self.role else { return };
        let Some(progress) = leader.progress.get_mut(&from) else { return };
        let prev = conflict.prev_log_index;
        // A refusal of anything but what was sent last is an old one. An old one that is like it costs a message, no
        // more: match_index never falls.
        if prev == 0 || prev + 1 != progress.next_index {
            return;
        }
        // Where the leader has entries of the conflicting term, the logs may agree up to the last of them that is
        // before the conflict; where it has none, the follower's entries of that term are all wrong. To go back further
        // than this is slow; to go back less far than one step would never end.
        let own_last = conflict.term.and_then(|term| self.persistent.last_index_of(term)).filter(|own| *own < prev);
        let next_index = own_last.map_or(conflict.first_index, |own| own + 1);
        progress.next_index = next_index.clamp(1, prev);
        self.replicate(ctx, from);
    }

    /// Fig. 2, Leaders, rule 4 (§5.3, §5.4): the highest place that a majority has stored is committed, if its entry is
    /// of the current term. An older entry may be on a majority and still be overwritten (Figure 8): it is committed
    /// only by one of the current term after it.
    pub(super) fn advance_commit_index(&mut self, ctx: &mut Ctx) {
        let stored = self.stored_by_majority(ctx);
        if self.persistent.term_at(stored) == Some(self.persistent.current_term) {
            self.commit(ctx, stored);
        }
    }

    /// The highest place that a majority has stored, as far as this leader knows; 0 where it does not lead.
    ///
    /// The leader counts itself at once: what it does about it waits, as all effects do, until its disk is done.
    pub(super) fn stored_by_majority(&self, ctx: &Ctx) -> Index {
        let own = self.persistent.last_index();
        self.leader().map_or(0, |leader| leader.reached_by_majority(ctx, own, |progress| progress.match_index))
    }

    /// Learns that the log is committed up to `index`, and applies it: Fig. 2, All Servers, rule 1 (§5.3).
    pub(super) fn commit(&mut self, ctx: &mut Ctx, index: Index) {
        if index <= self.volatile.commit_index {
            return;
        }
        self.volatile.commit_index = index;
        ctx.observe(Fact::Committed { index, term: self.persistent.current_term });
        self.apply_committed(ctx);
        self.answer_reads(ctx);
        self.take_snapshot_if_due(ctx);
    }

    /// Fig. 2, All Servers, rule 1 (§5.3).
    fn apply_committed(&mut self, ctx: &mut Ctx) {
        // A leader answers for the entries of its own term: those are what clients asked of it.
        let answered_term: Option<Term> = self.leader().map(|_| self.persistent.current_term);
        let machine = Arc::make_mut(&mut self.volatile.machine);
        while self.volatile.last_applied < self.volatile.commit_index {
            let index = self.volatile.last_applied + 1;
            let Some(entry) = self.persistent.entry(index) else { break };
            self.volatile.last_applied = index;
            let outcome = machine.apply(&entry.command);
            ctx.observe(entry.applied(index));
            if let (Some(outcome), Some(call), true) =
                (outcome, entry.command.call(), answered_term == Some(entry.term))
            {
                ctx.send(call.client, Msg::Response(Response { operation: call.serial, outcome }));
            }
        }
    }

    /// What this server knows as a leader, if it is one.
    pub(super) fn leader(&self) -> Option<&Leader> {
        match &self.role {
            Role::Leader(leader) => Some(leader),
            _ => None,
        }
    }
}

impl Leader {
    /// The highest number that a majority has reached, where the leader itself has reached `own` and each of the others
    /// what `of` says: "a majority of matchIndex\[i\] >= N".
    pub(super) fn reached_by_majority(&self, ctx: &Ctx, own: u64, of: impl Fn(&Progress) -> u64) -> u64 {
        let reached = || self.progress.values().map(&of).chain([own]);
        let by_majority =
            |number: &u64| reached().filter(|other| other >= number).count() >= majority(ctx.peers().len());
        reached().filter(by_majority).max().unwrap_or(0)
    }
}

impl Progress {
    /// Whether all that was sent has been acknowledged.
    pub(super) fn is_idle(&self) -> bool {
        self.sent_index <= self.match_index
    }
}
