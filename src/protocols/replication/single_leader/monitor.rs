//! A monitor: it listens for the primary, and has a say in who replaces it.
//!
//! In an epoch a monitor votes once, and remembers that on its disk. So no two are elected in one epoch, and as who is
//! elected names one database, no two lead it: *Election Safety*. Whether the database that is named has what the last
//! primary had acknowledged is another question, and no vote answers it.

use super::config::{Ack, Config, Failover, Fence};
use super::messages::{Epoch, InSync, Msg, Place};
use super::storage::{Kept, Write};
use super::{Ctx, DATABASES, Timer};
use crate::node::{Badge, Fact, LocalSpan, NodeId, node_value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

node_value! {
    /// A monitor.
    pub struct Monitor {
        #[serde(skip)]
        config: Arc<Config>,
        /// What survives a crash, as it will be once the disk has caught up.
        kept: Kept,
        /// Whether the primary was silent for too long.
        suspects: bool,
        /// What it does about it.
        campaign: Option<Campaign>,
    }

    /// The attempt to name a primary.
    pub struct Campaign {
        /// Of this epoch.
        epoch: Epoch,
        /// Who has voted for it.
        votes: BTreeSet<NodeId>,
        /// How far each database's log goes, as far as they have answered.
        positions: BTreeMap<NodeId, Place>,
        /// Whether one was named.
        is_over: bool,
    }
}

impl Monitor {
    /// Starts from what the disk holds, and takes the primary to have been heard just now.
    pub(super) fn boot(ctx: &mut Ctx, config: &Config, disk: &Kept) -> Self {
        let config = Arc::new(config.clone());
        let mut monitor = Monitor { config, kept: disk.clone(), suspects: false, campaign: None };
        if monitor.kept.epoch == 0 {
            let primary = monitor.config.first_primary(ctx.cluster());
            monitor.write(ctx, Write::Reign { epoch: 1, primary });
            ctx.sync();
        }
        monitor.wait(ctx);
        monitor
    }

    pub(super) fn on_message(&mut self, ctx: &mut Ctx, from: NodeId, msg: Msg) {
        match msg {
            Msg::Beat { epoch, at, in_sync } => self.on_beat(ctx, from, epoch, at, in_sync),
            Msg::Elect { epoch } => self.on_elect(ctx, from, epoch),
            Msg::Vote { epoch, granted, newest, in_sync } => {
                self.on_vote(ctx, from, epoch, granted, newest, in_sync);
            }
            Msg::Position { epoch, place } => self.on_position(ctx, from, epoch, place),
            Msg::Primary { epoch, primary } if epoch > self.kept.epoch && primary.is_some() => {
                self.write(ctx, Write::Reign { epoch, primary });
                ctx.sync();
            }
            Msg::Where => ctx.send(from, Msg::Primary { epoch: self.kept.epoch, primary: self.kept.primary }),
            _ => {} // For databases and clients.
        }
    }

    pub(super) fn on_timer(&mut self, ctx: &mut Ctx, timer: Timer) {
        match timer {
            Timer::Suspect => self.campaign(ctx),
            Timer::Survey => self.name_primary(ctx),
            _ => {}
        }
    }

    pub(super) fn badge(&self) -> Badge {
        Badge { role: if self.suspects { "suspects" } else { "monitor" }, term: Some(self.kept.epoch), leads: false }
    }

    fn write(&mut self, ctx: &mut Ctx, write: Write) {
        self.kept.make(&write);
        ctx.write(write);
    }

    /// Waits for the primary's next heartbeat. By up to one heartbeat longer than it must: else all monitors would stand
    /// at once.
    fn wait(&self, ctx: &mut Ctx) {
        let Some(suspect) = self.config.suspect() else { return };
        ctx.set_timer_between(Timer::Suspect, suspect..=suspect + self.config.heartbeat);
    }

    /// A primary makes itself heard. To confirm it is to promise not to replace it for a while; so with fencing none is
    /// confirmed that is older than a vote which was given.
    fn on_beat(&mut self, ctx: &mut Ctx, from: NodeId, epoch: Epoch, at: u64, in_sync: BTreeSet<NodeId>) {
        if epoch < self.kept.epoch {
            return ctx.send(from, Msg::Primary { epoch: self.kept.epoch, primary: self.kept.primary });
        }
        if self.config.fence == Fence::Epoch && epoch < self.kept.voted {
            return;
        }
        if (epoch, Some(from)) != (self.kept.epoch, self.kept.primary) {
            self.write(ctx, Write::Reign { epoch, primary: Some(from) });
            ctx.sync();
        }
        self.note_in_sync(ctx, InSync { epoch, at, nodes: in_sync });
        (self.suspects, self.campaign) = (false, None);
        self.wait(ctx);
        ctx.send(from, Msg::Heard { epoch, at });
    }

    /// Keeps who keeps up, where that matters.
    fn note_in_sync(&mut self, ctx: &mut Ctx, in_sync: InSync) {
        let changes = in_sync.nodes != self.kept.in_sync.nodes || in_sync.epoch != self.kept.in_sync.epoch;
        if matches!(self.config.ack, Ack::InSync { .. }) && in_sync > self.kept.in_sync && changes {
            self.write(ctx, Write::InSync(in_sync));
            ctx.sync();
        }
    }

    /// The newest epoch that it voted in or knows of.
    fn newest(&self) -> Epoch {
        self.kept.epoch.max(self.kept.voted)
    }

    /// The primary was silent for too long, or the last attempt came to nothing. It votes for itself only when that makes a
    /// majority: a monitor that is cut off alone leaves no trace.
    fn campaign(&mut self, ctx: &mut Ctx) {
        let epoch = self.newest() + 1;
        if !self.suspects {
            let name = self.kept.primary.map_or("the primary", |primary| ctx.cluster().name(primary));
            ctx.observe(Fact::note(format!("has not heard {name} for too long, and asks for votes")));
        }
        self.suspects = true;
        let (votes, positions) = (BTreeSet::new(), BTreeMap::new());
        self.campaign = Some(Campaign { epoch, votes, positions, is_over: false });
        ctx.others().for_each(|other| ctx.send(other, Msg::Elect { epoch }));
        self.rest(ctx);
        self.survey_if_elected(ctx);
    }

    /// Takes the primary for silent, whatever it heard: for a mutant.
    pub(super) fn suspect(&mut self) {
        self.suspects = true;
    }

    /// Gives an attempt time, its own or another's, before it makes one.
    fn rest(&self, ctx: &mut Ctx) {
        let heartbeat = self.config.heartbeat.0;
        ctx.set_timer_between(Timer::Suspect, LocalSpan(3 * heartbeat)..=LocalSpan(6 * heartbeat));
    }

    /// Gives its one vote of an epoch, and brings that to disk before anyone hears of it.
    fn vote(&mut self, ctx: &mut Ctx, epoch: Epoch) {
        self.write(ctx, Write::Vote { epoch });
        ctx.sync();
    }

    /// Another monitor asks for a vote. Who hears the primary gives none; nor does who stands in the same epoch and comes
    /// first in the group: else two would vote for each other, and neither for itself.
    fn on_elect(&mut self, ctx: &mut Ctx, from: NodeId, epoch: Epoch) {
        let stands = self.campaign.as_ref().is_some_and(|campaign| campaign.epoch == epoch);
        let granted = self.suspects && epoch > self.newest() && !(stands && ctx.me() < from);
        if granted {
            self.vote(ctx, epoch);
            self.campaign = None;
            self.rest(ctx);
        }
        let (newest, in_sync) = (self.newest(), self.kept.in_sync.clone());
        ctx.send(from, Msg::Vote { epoch, granted, newest, in_sync });
    }

    fn on_vote(&mut self, ctx: &mut Ctx, from: NodeId, epoch: Epoch, granted: bool, newest: Epoch, in_sync: InSync) {
        let Some(campaign) = self.campaign.as_mut().filter(|campaign| campaign.epoch == epoch) else { return };
        if granted {
            campaign.votes.insert(from);
            self.note_in_sync(ctx, in_sync);
            self.survey_if_elected(ctx);
        } else if newest > self.newest() {
            // It has been overtaken; its next attempt must be newer than that.
            self.campaign = None;
            self.vote(ctx, newest);
        }
    }

    /// With the votes of a majority, its own the last, asks every database how far its log goes.
    fn survey_if_elected(&mut self, ctx: &mut Ctx) {
        let needed = ctx.peers().len() / 2;
        let is_elected = |campaign: &Campaign| campaign.votes.len() == needed;
        let Some(epoch) = self.campaign.as_ref().filter(|it| is_elected(it)).map(|it| it.epoch) else { return };
        if epoch <= self.newest() {
            return; // Its own vote went to another meanwhile.
        }
        self.vote(ctx, epoch);
        if let Some(campaign) = &mut self.campaign {
            campaign.votes.insert(ctx.me());
            let voters: Vec<&str> = campaign.votes.iter().map(|voter| ctx.cluster().name(*voter)).collect();
            let text = format!("elected by {} to name the primary of epoch {}", voters.join("+"), campaign.epoch);
            ctx.observe(Fact::note(text));
            for &database in ctx.cluster().group(DATABASES) {
                ctx.send(database, Msg::Survey { epoch: campaign.epoch });
            }
            ctx.set_timer(Timer::Survey, self.config.heartbeat);
        }
    }

    fn on_position(&mut self, ctx: &mut Ctx, from: NodeId, epoch: Epoch, place: Place) {
        let Some(campaign) = self.campaign.as_mut().filter(|campaign| campaign.epoch == epoch) else { return };
        campaign.positions.insert(from, place);
        if campaign.positions.len() == ctx.cluster().group(DATABASES).len() {
            self.name_primary(ctx);
        }
    }

    /// Names the database whose log goes furthest, of those that have answered and may lead.
    fn name_primary(&mut self, ctx: &mut Ctx) {
        let unclean = matches!(self.config.failover, Failover::Majority { unclean: true, .. });
        let any = unclean || !matches!(self.config.ack, Ack::InSync { .. }) || self.kept.in_sync.nodes.is_empty();
        let Some(campaign) = self.campaign.as_mut().filter(|campaign| !campaign.is_over) else { return };
        let in_sync = &self.kept.in_sync.nodes;
        let candidates = campaign.positions.iter().filter(|(id, _)| any || in_sync.contains(id));
        // Of equals the first: `max_by_key` would take the last.
        let Some((&primary, place)) = candidates.rev().max_by_key(|(_, place)| **place) else {
            ctx.observe(Fact::note("nobody who may lead has answered"));
            return;
        };
        campaign.is_over = true;
        let name = ctx.cluster().name(primary);
        ctx.observe(Fact::note(format!("names {name}, whose log goes to {}", place.index)));
        ctx.send(primary, Msg::Promote { epoch: campaign.epoch });
    }
}
