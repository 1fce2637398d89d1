//! The primary: it takes writes, hands them on, and says when they are done.

use super::config::{Ack, Failover};
use super::database::{Database, Role};
use super::messages::{Entry, Epoch, Index, Msg, Place};
use super::{Ctx, MAX_BATCH, Timer};
use crate::node::{Fact, LocalSpan, NodeId, node_value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

node_value! {
    /// What a primary knows besides.
    pub struct Primary {
        /// Whether it may lead: with fencing, a majority of the monitors must have confirmed a recent heartbeat.
        pub leads: bool,
        /// The log is acknowledged up to here.
        pub acknowledged: Index,
        /// How far each follower is.
        pub followers: BTreeMap<NodeId, Progress>,
        /// Places of writes whose clients wait.
        pub waiting: BTreeSet<Index>,
        /// When, by this node's monotonic clock, it sent the last heartbeat that each monitor has confirmed.
        pub heard: BTreeMap<NodeId, u64>,
        /// The followers that keep up, and itself.
        pub in_sync: BTreeSet<NodeId>,
        /// The same, as a majority of the monitors knows it.
        pub in_sync_known: BTreeSet<NodeId>,
        /// When it changed last.
        pub in_sync_since: u64,
    }

    /// How far a follower is, as its primary knows it.
    pub struct Progress {
        /// Its disk has all up to here.
        pub has: Index,
        /// The next entry to send.
        pub next: Index,
        /// Whether entries are on their way. What is written meanwhile goes with the next.
        pub is_busy: bool,
        /// When the last message left.
        pub sent: u64,
        /// When it was last known to have all that the primary then had.
        pub kept_up: u64,
    }
}

impl Database {
    /// Begins to lead the epoch that is on the disk.
    pub(super) fn lead(&mut self, ctx: &mut Ctx) {
        let (last, now) = (self.kept.last().index, ctx.uptime().0);
        let progress = Progress { has: 0, next: last + 1, is_busy: false, sent: now, kept_up: now };
        // What a primary inherits, it has on its own disk; whether others have it, they must say anew.
        let acknowledged = if self.config.ack == Ack::Async { last } else { 0 };
        let everyone: BTreeSet<NodeId> = ctx.peers().iter().copied().collect();
        self.role = Role::Primary(Primary {
            leads: false,
            acknowledged,
            followers: ctx.others().map(|other| (other, progress.clone())).collect(),
            waiting: BTreeSet::new(),
            heard: BTreeMap::new(),
            in_sync: everyone.clone(),
            in_sync_known: everyone,
            in_sync_since: now,
        });
        if self.config.lease().is_none() {
            self.begin_to_lead(ctx);
        }
        self.on_beat(ctx);
    }

    fn begin_to_lead(&mut self, ctx: &mut Ctx) {
        if let Role::Primary(primary) = &mut self.role {
            primary.leads = true;
            ctx.observe(Fact::BecameLeader { term: self.kept.epoch });
            self.acknowledge(ctx);
        }
    }

    /// Whether it takes writes.
    pub(super) fn leads(&self) -> bool {
        matches!(&self.role, Role::Primary(primary) if primary.leads)
    }

    /// The latest of its heartbeats that a majority of the monitors has confirmed; where nobody watches, now.
    fn confirmed(&self, ctx: &Ctx) -> Option<u64> {
        let Role::Primary(primary) = &self.role else { return None };
        let monitors = self.config.monitors(ctx.cluster());
        if monitors.is_empty() {
            return Some(ctx.uptime().0);
        }
        let mut heard: Vec<u64> = primary.heard.values().copied().collect();
        heard.sort_unstable_by(|one, other| other.cmp(one));
        heard.get(monitors.len() / 2).copied()
    }

    /// How long it may lead yet, where that is limited.
    fn lease_left(&self, ctx: &Ctx) -> Option<LocalSpan> {
        let lease = self.config.lease()?;
        let until = self.confirmed(ctx).map_or(0, |at| at + lease.0);
        Some(LocalSpan(until.saturating_sub(ctx.uptime().0)))
    }

    /// Stops when the lease has run out: it is looked at before anything else is done, whatever timers do.
    pub(super) fn check_lease(&mut self, ctx: &mut Ctx) {
        if self.leads() && self.lease_left(ctx) == Some(LocalSpan::ZERO) {
            if let Role::Primary(primary) = &mut self.role {
                primary.leads = false;
            }
            ctx.observe(Fact::note("a majority of the monitors is out of reach: takes no more writes"));
            ctx.observe(Fact::BecameFollower { term: self.kept.epoch });
        }
    }

    /// A monitor has heard a heartbeat, and will not suspect this primary before its patience has passed since then.
    pub(super) fn on_heard(&mut self, ctx: &mut Ctx, from: NodeId, epoch: Epoch, at: u64) {
        let Role::Primary(primary) = &mut self.role else { return };
        if epoch != self.kept.epoch {
            return;
        }
        let heard = primary.heard.entry(from).or_default();
        *heard = at.max(*heard);
        if let Some(left) = self.lease_left(ctx).filter(|left| *left > LocalSpan::ZERO) {
            if !self.leads() {
                self.begin_to_lead(ctx);
            }
            ctx.set_timer(Timer::Lease, left);
        }
        let confirmed = self.confirmed(ctx);
        if let Role::Primary(primary) = &mut self.role
            && confirmed >= Some(primary.in_sync_since)
        {
            primary.in_sync_known = primary.in_sync.clone();
        }
        self.acknowledge(ctx);
    }

    /// Takes a client's write; one that is asked for again is looked for in the log first.
    pub(super) fn take_write(&mut self, ctx: &mut Ctx, entry: Entry, again: bool) {
        let held = || self.kept.log.iter().position(|held| held.operation == entry.operation);
        let index = match again.then(held).flatten() {
            Some(position) => {
                let index = position as Index + 1;
                if let Some(outcome) = self.outcomes.get(position).filter(|_| index <= self.acknowledged()) {
                    let outcome = outcome.clone();
                    let (epoch, operation) = (self.kept.epoch, entry.operation);
                    return ctx.send(entry.client, Msg::Reply { epoch, operation, outcome });
                }
                index
            }
            None => {
                let index = self.kept.last().index + 1;
                self.append(ctx, index, vec![Arc::new(entry)]);
                index
            }
        };
        let Role::Primary(primary) = &mut self.role else { return };
        primary.waiting.insert(index);
        let idle = primary.followers.iter().filter(|(_, progress)| !progress.is_busy).map(|(id, _)| *id);
        idle.collect::<Vec<_>>().into_iter().for_each(|follower| self.ship(ctx, follower));
        self.acknowledge(ctx);
    }

    fn acknowledged(&self) -> Index {
        match &self.role {
            Role::Primary(primary) => primary.acknowledged,
            Role::Follower | Role::Off => 0,
        }
    }

    /// Up to where the rule is met.
    fn acknowledgeable(&self, primary: &Primary, me: NodeId) -> Index {
        let last = self.kept.last().index;
        let mut has: Vec<Index> = primary.followers.values().map(|progress| progress.has).collect();
        has.sort_unstable_by(|one, other| other.cmp(one));
        match self.config.ack {
            Ack::Async => last,
            Ack::Replicas(count) => has.get(count - 1).copied().unwrap_or(last),
            Ack::All => has.last().copied().unwrap_or(last),
            Ack::InSync { least, .. } if primary.in_sync.len() < least => 0,
            Ack::InSync { .. } => {
                // Who was left out counts until a majority of the monitors knows that it was.
                let counted = primary.in_sync.union(&primary.in_sync_known).filter(|id| **id != me);
                counted.map(|id| primary.followers[id].has).min().unwrap_or(last)
            }
        }
    }

    /// Applies what the rule allows, and tells the clients. MySQL calls the order "after sync": the followers have a write,
    /// and apply it, before the primary shows it to anyone.
    pub(super) fn acknowledge(&mut self, ctx: &mut Ctx) {
        let Role::Primary(primary) = &self.role else { return };
        let index = self.acknowledgeable(primary, ctx.me());
        if !primary.leads || index <= primary.acknowledged {
            return;
        }
        self.apply(ctx, index);
        ctx.observe(Fact::Committed { index, term: self.kept.epoch });
        let Role::Primary(primary) = &mut self.role else { return };
        primary.acknowledged = index;
        let later = primary.waiting.split_off(&(index + 1));
        for index in std::mem::replace(&mut primary.waiting, later) {
            let outcome = self.outcomes.get(index as usize - 1).cloned();
            if let (Some(entry), Some(outcome)) = (self.kept.entry(index), outcome) {
                let (epoch, operation) = (self.kept.epoch, entry.operation);
                ctx.send(entry.client, Msg::Reply { epoch, operation, outcome });
            }
        }
    }

    /// Hands a follower what it lacks, as far as is known, or nothing: then it is a sign of life.
    fn ship(&mut self, ctx: &mut Ctx, to: NodeId) {
        let Role::Primary(primary) = &mut self.role else { return };
        let Some(progress) = primary.followers.get_mut(&to) else { return };
        let prev = self.kept.place(progress.next - 1);
        let entries = self.kept.log.iter_from(prev.index as usize).take(MAX_BATCH).cloned().collect();
        (progress.is_busy, progress.sent) = (true, ctx.uptime().0);
        ctx.send(to, Msg::Ship { epoch: self.kept.epoch, prev, entries });
    }

    /// Makes itself heard, and repeats what was not confirmed.
    pub(super) fn on_beat(&mut self, ctx: &mut Ctx) {
        self.leave_out_laggards(ctx);
        let Role::Primary(primary) = &self.role else { return };
        let in_sync = if self.counts_in_sync() { primary.in_sync.clone() } else { BTreeSet::new() };
        for &monitor in self.config.monitors(ctx.cluster()) {
            let (epoch, at, in_sync) = (self.kept.epoch, ctx.uptime().0, in_sync.clone());
            ctx.send(monitor, Msg::Beat { epoch, at, in_sync });
        }
        ctx.others().for_each(|follower| self.ship(ctx, follower));
        ctx.set_timer(Timer::Beat, self.config.heartbeat);
    }

    /// Followers that are too far behind are waited for no longer.
    fn leave_out_laggards(&mut self, ctx: &mut Ctx) {
        let Ack::InSync { lag_max, .. } = self.config.ack else { return };
        let (me, now) = (ctx.me(), ctx.uptime().0);
        let Role::Primary(primary) = &mut self.role else { return };
        let keeps_up = |id: &NodeId| {
            *id == me || primary.followers.get(id).is_some_and(|progress| now - progress.kept_up <= lag_max.0)
        };
        let in_sync: BTreeSet<NodeId> = primary.in_sync.iter().copied().filter(keeps_up).collect();
        self.set_in_sync(ctx, in_sync);
    }

    fn set_in_sync(&mut self, ctx: &mut Ctx, in_sync: BTreeSet<NodeId>) {
        let is_watched = matches!(self.config.failover, Failover::Majority { .. });
        let Role::Primary(primary) = &mut self.role else { return };
        if in_sync == primary.in_sync {
            return;
        }
        let names: Vec<&str> = in_sync.iter().map(|id| ctx.cluster().name(*id)).collect();
        ctx.observe(Fact::note(format!("in sync: {}", names.join(" "))));
        (primary.in_sync, primary.in_sync_since) = (in_sync, ctx.uptime().0);
        if !is_watched {
            primary.in_sync_known = primary.in_sync.clone();
        }
        self.acknowledge(ctx);
    }

    /// A follower has all up to there.
    pub(super) fn on_have(&mut self, ctx: &mut Ctx, from: NodeId, epoch: Epoch, index: Index) {
        let last = self.kept.last().index;
        let Role::Primary(primary) = &mut self.role else { return };
        let Some(progress) = primary.followers.get_mut(&from).filter(|_| epoch == self.kept.epoch) else { return };
        progress.has = index.max(progress.has);
        progress.next = progress.has + 1;
        progress.is_busy = false;
        progress.kept_up = progress.sent;
        let (lacks, keeps_up) = (progress.has < last, progress.has == last);
        if keeps_up && !primary.in_sync.contains(&from) {
            let in_sync = primary.in_sync.iter().copied().chain([from]).collect();
            self.set_in_sync(ctx, in_sync);
        }
        self.hears_the_other(ctx);
        if lacks {
            self.ship(ctx, from);
        }
        self.acknowledge(ctx);
    }

    /// A follower's log departs from this one: what is shipped next starts where the two may agree. As both know of the
    /// last place which epoch it is of, one answer passes over all that an epoch has added (Kafka's KIP-101).
    pub(super) fn on_differs(&mut self, ctx: &mut Ctx, from: NodeId, epoch: Epoch, place: Place) {
        let next = self.kept.last_up_to(place).index + 1;
        let Role::Primary(primary) = &mut self.role else { return };
        let Some(progress) = primary.followers.get_mut(&from).filter(|_| epoch == self.kept.epoch) else { return };
        progress.next = next;
        self.ship(ctx, from);
    }
}
