//! A database: what it keeps, its roles, and how one follows another.
//!
//! Between two events a follower has applied all that it holds, except for what it took as a primary and could not
//! acknowledge: that it applies when the next primary's log turns out to hold it too.

use super::config::{Ack, Config, Failover, Fence, Reads};
use super::messages::{Entry, Epoch, Index, Msg, Place};
use super::primary::Primary;
use super::storage::{Kept, Write};
use super::{Ctx, Timer};
use crate::node::{Badge, Fact, Log, NodeId, Op, OperationId, Outcome, node_value};
use crate::protocols::store::Store;
use std::collections::BTreeSet;
use std::sync::Arc;

node_value! {
    /// A database.
    pub struct Database {
        #[serde(skip)]
        pub(super) config: Arc<Config>,
        /// What survives a crash, as it will be once the disk has caught up.
        pub(super) kept: Kept,
        /// What the applied part of the log has built.
        store: Store,
        /// How each applied write ended, in the order of the log.
        pub(super) outcomes: Log<Outcome>,
        /// What it is doing.
        pub(super) role: Role,
    }

    /// What a database is doing.
    pub enum Role {
        /// It copies a primary's log, or waits for one.
        Follower,
        /// It is the primary, or takes itself for it.
        Primary(Primary),
        /// Somebody switched it off.
        Off,
    }
}

impl Database {
    /// Starts from what the disk holds. The first primary is known from the start; later ones say who they are.
    pub(super) fn boot(ctx: &mut Ctx, config: &Config, disk: &Kept) -> Self {
        let config = Arc::new(config.clone());
        let kept = disk.clone();
        let mut database =
            Database { config, kept, store: Store::default(), outcomes: Log::new(), role: Role::Follower };
        if database.kept.epoch == 0 {
            let primary = database.config.first_primary(ctx.cluster());
            database.write(ctx, Write::Reign { epoch: 1, primary });
            ctx.sync();
        } else {
            for (index, entry) in (1..).zip(database.kept.log.iter()) {
                ctx.observe(entry.restored(index));
            }
            ctx.observe(Fact::Recovered { index: database.kept.last().index, term: database.kept.epoch });
            database.apply(ctx, database.kept.last().index);
        }
        if database.kept.primary == Some(ctx.me()) {
            database.lead(ctx);
        }
        database.hears_the_other(ctx);
        database
    }

    pub(super) fn on_message(&mut self, ctx: &mut Ctx, from: NodeId, msg: Msg) {
        if self.role == Role::Off {
            return;
        }
        self.check_lease(ctx);
        match msg {
            Msg::Request { epoch, operation, op, again } => {
                self.on_request(ctx, from, epoch, operation, op, again);
            }
            Msg::Ship { epoch, prev, entries } => self.on_ship(ctx, from, epoch, prev, entries),
            Msg::Have { epoch, index } => self.on_have(ctx, from, epoch, index),
            Msg::Differs { epoch, place } => self.on_differs(ctx, from, epoch, place),
            Msg::Heard { epoch, at } => self.on_heard(ctx, from, epoch, at),
            Msg::Survey { epoch } => self.on_survey(ctx, from, epoch),
            Msg::Promote { epoch } => self.on_promote(ctx, epoch),
            Msg::Primary { epoch, primary } => self.on_primary(ctx, epoch, primary),
            Msg::Shoot => self.on_shoot(ctx),
            _ => {} // For monitors and clients.
        }
    }

    pub(super) fn on_timer(&mut self, ctx: &mut Ctx, timer: Timer) {
        if self.role == Role::Off {
            return;
        }
        self.check_lease(ctx);
        match timer {
            Timer::Beat => self.on_beat(ctx),
            Timer::Suspect => self.on_silence(ctx),
            _ => {} // The lease was looked at; the others are not ours.
        }
    }

    pub(super) fn badge(&self) -> Badge {
        let (role, leads) = match &self.role {
            Role::Follower => ("follower", false),
            Role::Primary(primary) => ("primary", primary.leads),
            Role::Off => ("off", false),
        };
        Badge { role, term: Some(self.kept.epoch), leads }
    }

    /// Makes a change in memory, and asks the disk for it.
    pub(super) fn write(&mut self, ctx: &mut Ctx, write: Write) {
        self.kept.make(&write);
        ctx.write(write);
    }

    /// Applies the log up to a place. What the keys hold then is declared once, however many entries change them.
    pub(super) fn apply(&mut self, ctx: &mut Ctx, index: Index) {
        let applied = self.outcomes.len();
        let due = (index as usize).saturating_sub(applied);
        let mut changed = BTreeSet::new();
        for (entry, index) in self.kept.log.iter_from(applied).take(due).zip(applied as Index + 1..) {
            let (outcome, key) = self.store.execute_declared(&entry.op);
            self.outcomes.push(outcome);
            changed.extend(key);
            ctx.observe(entry.applied(index));
        }
        changed.iter().for_each(|key| ctx.observe(self.store.stored(key)));
    }

    fn on_request(&mut self, ctx: &mut Ctx, from: NodeId, epoch: Epoch, operation: OperationId, op: Op, again: bool) {
        if op.is_read() && self.config.reads != Reads::Leader {
            return self.answer_read(ctx, from, operation, &op);
        }
        if self.config.fence == Fence::Epoch && epoch > self.kept.epoch {
            self.adopt(ctx, epoch, None);
        }
        if !self.leads() {
            let primary = self.kept.primary.filter(|primary| *primary != ctx.me());
            ctx.send(from, Msg::NotPrimary { epoch: self.kept.epoch, operation, primary });
        } else if op.is_read() {
            self.answer_read(ctx, from, operation, &op);
        } else {
            self.take_write(ctx, Entry { epoch: self.kept.epoch, client: from, operation, op }, again);
        }
    }

    fn answer_read(&self, ctx: &mut Ctx, to: NodeId, operation: OperationId, op: &Op) {
        let outcome = Outcome::Ok(op.key().map(|key| self.store.get(key)).unwrap_or_default());
        ctx.send(to, Msg::Reply { epoch: self.kept.epoch, operation, outcome });
    }

    /// A primary hands on entries. One of an older epoch is told that its time is over, and nothing is taken from it.
    fn on_ship(&mut self, ctx: &mut Ctx, from: NodeId, epoch: Epoch, prev: Place, entries: Vec<Arc<Entry>>) {
        if epoch < self.kept.epoch {
            let primary = self.kept.primary;
            return ctx.send(from, Msg::Primary { epoch: self.kept.epoch, primary });
        }
        self.adopt(ctx, epoch, Some(from));
        self.hears_the_other(ctx);
        if prev.index > self.kept.last().index || self.kept.place(prev.index) != prev {
            return ctx.send(from, Msg::Differs { epoch, place: self.kept.last_up_to(prev) });
        }
        let has = prev.index + entries.len() as Index;
        // What is here already stays, with all that follows it: this message may be older than what follows.
        let known = (prev.index + 1..)
            .zip(&entries)
            .take_while(|(index, entry)| self.kept.entry(*index).is_some_and(|held| held.epoch == entry.epoch));
        let known = known.count();
        if known < entries.len() {
            self.append(ctx, prev.index + 1 + known as Index, entries[known..].to_vec());
        }
        self.apply(ctx, has);
        ctx.send(from, Msg::Have { epoch, index: has });
    }

    /// Writes entries to the log, in place of what is there from `first` on.
    pub(super) fn append(&mut self, ctx: &mut Ctx, first: Index, entries: Vec<Arc<Entry>>) {
        let last = self.kept.last().index;
        self.write(ctx, Write::Entries { first, entries: entries.clone() });
        ctx.sync();
        if first <= last {
            ctx.observe(Fact::Truncated { index: first });
            self.take_back(ctx, first);
        }
        for (index, entry) in (first..).zip(&entries) {
            ctx.observe(entry.appended(index));
        }
    }

    /// Builds the store anew, from what stands before a place: what was applied from there on is undone.
    fn take_back(&mut self, ctx: &mut Ctx, first: Index) {
        let kept = (first as usize - 1).min(self.outcomes.len());
        self.outcomes.truncate(kept);
        let before = std::mem::take(&mut self.store);
        self.kept.log.iter().take(kept).for_each(|entry| {
            self.store.execute(&entry.op);
        });
        self.store.differing(&before).iter().for_each(|key| ctx.observe(self.store.stored(key)));
    }

    /// Follows whoever leads a newer epoch, or learns who leads this one.
    pub(super) fn adopt(&mut self, ctx: &mut Ctx, epoch: Epoch, primary: Option<NodeId>) {
        let is_news = epoch > self.kept.epoch || self.kept.primary.is_none() && primary.is_some();
        if epoch < self.kept.epoch || !is_news || primary == Some(ctx.me()) {
            return;
        }
        self.write(ctx, Write::Reign { epoch, primary });
        ctx.sync();
        if let Role::Primary(_) = &self.role {
            self.role = Role::Follower;
            ctx.cancel_timer(Timer::Beat);
            ctx.cancel_timer(Timer::Lease);
            ctx.observe(Fact::BecameFollower { term: epoch });
        }
    }

    /// A monitor wants to know how far the log goes. With fencing the answer is a promise as well: nothing more is taken
    /// from an older epoch, so that what this database confirms later is not missed by who counts the answers.
    fn on_survey(&mut self, ctx: &mut Ctx, from: NodeId, epoch: Epoch) {
        if epoch < self.kept.epoch {
            let primary = self.kept.primary;
            return ctx.send(from, Msg::Primary { epoch: self.kept.epoch, primary });
        }
        if self.config.fence == Fence::Epoch {
            self.adopt(ctx, epoch, None);
        }
        ctx.send(from, Msg::Position { epoch, place: self.kept.last() });
    }

    /// A monitor names this database the primary.
    fn on_promote(&mut self, ctx: &mut Ctx, epoch: Epoch) {
        let is_taken = epoch == self.kept.epoch && self.kept.primary.is_some();
        if epoch >= self.kept.epoch && !is_taken {
            self.promote(ctx, epoch);
        }
    }

    /// Leads an epoch, and says so on its disk first.
    fn promote(&mut self, ctx: &mut Ctx, epoch: Epoch) {
        self.write(ctx, Write::Reign { epoch, primary: Some(ctx.me()) });
        ctx.sync();
        self.apply(ctx, self.kept.last().index);
        self.lead(ctx);
    }

    /// Somebody knows of a newer primary, or that one is about to be named.
    fn on_primary(&mut self, ctx: &mut Ctx, epoch: Epoch, primary: Option<NodeId>) {
        self.adopt(ctx, epoch, primary);
    }

    /// One of a pair hears the other.
    pub(super) fn hears_the_other(&self, ctx: &mut Ctx) {
        if let Failover::Pair { suspect, .. } = self.config.failover {
            ctx.set_timer(Timer::Suspect, suspect);
        }
    }

    /// One of a pair has not heard the other for too long. A cut looks just like this, and so does a slow network.
    fn on_silence(&mut self, ctx: &mut Ctx) {
        let Failover::Pair { shoot, .. } = self.config.failover else { return };
        self.hears_the_other(ctx);
        if shoot {
            for other in ctx.others() {
                ctx.observe(Fact::note(format!("hears nothing, and shoots {}", ctx.cluster().name(other))));
                ctx.send(other, Msg::Shoot);
            }
        }
        if self.role == Role::Follower {
            self.promote(ctx, self.kept.epoch + 1);
        }
    }

    fn on_shoot(&mut self, ctx: &mut Ctx) {
        ctx.observe(Fact::note("is shot: the power is off"));
        ctx.observe(Fact::BecameFollower { term: self.kept.epoch });
        self.role = Role::Off;
    }

    /// Whether followers of this one are asked to keep up.
    pub(super) fn counts_in_sync(&self) -> bool {
        matches!(self.config.ack, Ack::InSync { .. })
    }
}
