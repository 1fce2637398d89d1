//! How a snapshot takes the place of the log's beginning (§7).

use super::Ctx;
use super::messages::{InstallReply, InstallSnapshot, Msg};
use super::replica::{Replica, Role};
use super::storage::{Snapshot, Write};
use crate::node::{Fact, NodeId};
use std::sync::Arc;

impl Replica {
    /// Each server takes its snapshots by itself, of what it has applied (§7).
    pub(super) fn take_snapshot_if_due(&mut self, ctx: &mut Ctx) {
        let last_index = self.volatile.last_applied;
        let applied_since = last_index.saturating_sub(self.persistent.snapshot_index());
        if self.config.snapshot_every.is_none_or(|every| applied_since < every) {
            return;
        }
        let Some(last_term) = self.persistent.term_at(last_index) else { return };
        let snapshot = Snapshot { last_index, last_term, machine: self.volatile.machine.clone() };
        self.write(ctx, Write::Snapshot(Arc::new(snapshot)));
        self.sync(ctx);
        ctx.observe(Fact::Compacted { index: last_index, term: last_term });
    }

    /// Sends a follower the snapshot, because the entries that it lacks are no longer in the log (§7).
    pub(super) fn send_snapshot(&mut self, ctx: &mut Ctx, to: NodeId) {
        let (Role::Leader(leader), Some(snapshot)) = (&mut self.role, &self.persistent.snapshot) else { return };
        let Some(progress) = leader.progress.get_mut(&to) else { return };
        progress.sent_index = snapshot.last_index;
        let term = self.persistent.current_term;
        ctx.send(to, Msg::InstallSnapshot(InstallSnapshot { term, snapshot: snapshot.clone() }));
    }

    /// Fig. 13, InstallSnapshot RPC, receiver. Rules 2 to 4 are about chunks.
    pub(super) fn on_install_snapshot(&mut self, ctx: &mut Ctx, from: NodeId, install: InstallSnapshot) {
        // Rule 1.
        let last_index = if install.term < self.persistent.current_term {
            None
        } else {
            self.follow(ctx, from);
            let last_index = install.snapshot.last_index;
            self.take_over(ctx, install.snapshot);
            Some(last_index)
        };
        self.sync(ctx);
        ctx.send(from, Msg::InstallReply(InstallReply { term: self.persistent.current_term, last_index }));
    }

    /// Fig. 13, rules 5 to 8.
    fn take_over(&mut self, ctx: &mut Ctx, snapshot: Arc<Snapshot>) {
        let (index, term) = (snapshot.last_index, snapshot.last_term);
        // Rule 5: an older snapshot is of no use. It would take back what has been applied.
        if index <= self.volatile.commit_index {
            return;
        }
        // Rule 6: the log holds all that the snapshot stands for, and perhaps more that must stay.
        if self.persistent.term_at(index) == Some(term) {
            return self.commit(ctx, index);
        }
        // Rules 7 and 8.
        self.volatile.commit_index = index;
        self.volatile.last_applied = index;
        self.volatile.machine = snapshot.machine.clone();
        self.write(ctx, Write::Snapshot(snapshot));
        self.sync(ctx);
        ctx.observe(Fact::Installed { index, term });
    }

    /// A follower has what the snapshot covers; the log goes on from there.
    pub(super) fn on_install_reply(&mut self, ctx: &mut Ctx, from: NodeId, reply: InstallReply) {
        let Role::Leader(leader) = &mut self.role else { return };
        let (Some(progress), Some(last_index)) = (leader.progress.get_mut(&from), reply.last_index) else { return };
        if reply.term == self.persistent.current_term {
            progress.heard = true;
            self.on_match(ctx, from, last_index);
        }
    }
}
