//! One node's machine in a search: all of it that matters for what may happen next, and what handlers make of it.
//!
//! The same rules as in [`World`](crate::kernel::World), without time: a test takes random walks through both and compares.

use crate::kernel::process::{Process, Storage};
use crate::kernel::{Plan, SyncHolds};
use crate::node::{ClockReading, Ctx, Disk, DiskMode, Effect, LocalSpan, Node, NodeId, Operation, Seen};
use std::collections::BTreeSet;

/// A node's process, timers and disk.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Machine<N: Node> {
    /// The state; `None` while it is down.
    pub state: Option<N>,
    /// What is durable.
    pub platter: N::Disk,
    /// What is written and not durable.
    cache: Vec<<N::Disk as Disk>::Write>,
    /// The syncs under way, the oldest first.
    syncs: Vec<Sync<N>>,
    /// The timers that are set.
    pub timers: BTreeSet<N::Timer>,
    /// How often the clock has gone on.
    ticks: u32,
}

/// A sync under way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Sync<N: Node> {
    /// How many writes of the cache it makes durable.
    covers: usize,
    /// The effects that wait for it, in order.
    held: Vec<Effect<N>>,
}

/// Something that happens to one node.
#[derive(Clone, Debug)]
pub enum Happening<'a, N: Node> {
    Restart,
    Deliver(NodeId, &'a N::Msg),
    Expire(&'a N::Timer),
    /// The sync at this place, from 0, is done.
    Synced(usize),
    Operation(&'a Operation),
    /// Of the cache, so many writes survive.
    Crash(usize),
    Tick,
}

/// What became of something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<N: Node> {
    pub machine: Machine<N>,
    pub sends: Vec<(NodeId, N::Msg)>,
    pub seen: Vec<Seen>,
    /// What the node chose.
    pub answers: Vec<u32>,
    /// Whether it looked at a clock.
    pub asked_time: bool,
}

/// What a machine's rules depend on.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a, N: Node> {
    pub plan: &'a Plan,
    pub config: &'a N::Config,
    pub node: NodeId,
    /// How far a clock goes on at each tick.
    pub tick: LocalSpan,
    /// Whether a sync is done as soon as it is asked for.
    pub syncs_at_once: bool,
}

impl<N: Node> Rules<'_, N> {
    fn disk_mode(&self) -> DiskMode {
        self.plan.disks.get(&self.node).unwrap_or(&self.plan.disk).mode
    }

    fn clock(&self, ticks: u32) -> ClockReading {
        self.plan.standing_clock(self.node, ticks, self.tick)
    }
}

impl<N: Node> Machine<N> {
    /// The machine of a process in a scheduled world, its clock after so many ticks.
    pub fn of(process: &Process<N>, ticks: u32) -> Self {
        let Storage { platter, syncs, .. } = &process.disk;
        Machine {
            state: process.state.clone(),
            platter: platter.clone(),
            cache: process.disk.cache().cloned().collect(),
            syncs: syncs
                .iter()
                .map(|sync| Sync {
                    covers: process.disk.covered(sync),
                    held: sync.held.iter().map(|(effect, _)| effect.clone()).collect(),
                })
                .collect(),
            timers: process.timers.iter_set().map(|(timer, _)| timer.clone()).collect(),
            ticks,
        }
    }

    /// How many syncs are under way that may end.
    pub fn syncs(&self, rules: &Rules<'_, N>) -> usize {
        if rules.disk_mode() == DiskMode::Full { 0 } else { self.syncs.len() }
    }

    /// The writes in the cache, and how often the clock has gone on.
    pub fn rest(&self) -> (&[<N::Disk as Disk>::Write], u32) {
        (&self.cache, self.ticks)
    }

    /// The syncs under way: how many writes each covers, and the effects that wait for it.
    pub fn waiting(&self) -> impl Iterator<Item = (usize, &[Effect<N>])> {
        self.syncs.iter().map(|sync| (sync.covers, sync.held.as_slice()))
    }

    /// How many unsynced writes may survive a crash.
    pub fn may_survive(&self, rules: &Rules<'_, N>) -> std::ops::RangeInclusive<usize> {
        match rules.disk_mode() {
            DiskMode::Keeps => self.cache.len()..=self.cache.len(),
            DiskMode::Tears => 0..=self.cache.len(),
            DiskMode::Loses | DiskMode::Lies | DiskMode::Slow(_) | DiskMode::Full => 0..=0,
        }
    }

    /// All that can become of something that happens: one outcome for each way in which the node may choose.
    pub fn outcomes(&self, rules: &Rules<'_, N>, happening: &Happening<'_, N>) -> Vec<Outcome<N>> {
        let mut outcomes = Vec::new();
        let mut answers: Vec<u32> = Vec::new();
        loop {
            let mut bounds = Vec::new();
            let mut choose = |bound: u32| {
                bounds.push(bound);
                answers.get(bounds.len() - 1).copied().unwrap_or(0)
            };
            let mut outcome = self.outcome(rules, happening, &mut choose);
            answers.resize(bounds.len(), 0);
            outcome.answers = answers.clone();
            outcomes.push(outcome);
            // The next answers, counted like a number whose last digit changes first.
            loop {
                let Some(last) = answers.pop() else { return outcomes };
                if last + 1 < bounds[answers.len()] {
                    answers.push(last + 1);
                    break;
                }
            }
        }
    }

    fn outcome(
        &self,
        rules: &Rules<'_, N>,
        happening: &Happening<'_, N>,
        choose: &mut dyn FnMut(u32) -> u32,
    ) -> Outcome<N> {
        let machine = self.clone();
        let mut outcome =
            Outcome { machine, sends: Vec::new(), seen: Vec::new(), answers: Vec::new(), asked_time: false };
        match happening {
            Happening::Crash(survive) => outcome.crash(*survive),
            Happening::Tick => outcome.machine.ticks += 1,
            Happening::Synced(place) => outcome.synced(rules, *place),
            Happening::Restart => {
                outcome.seen.push(Seen::Boot);
                outcome.handle(rules, choose, |machine, ctx| {
                    machine.state = Some(N::boot(ctx, rules.config, &machine.platter));
                });
            }
            Happening::Deliver(from, msg) => {
                outcome
                    .handle(rules, choose, |machine, ctx| machine.running().on_message(ctx, *from, (*msg).clone()));
            }
            Happening::Expire(timer) => {
                outcome.machine.timers.remove(*timer);
                outcome.handle(rules, choose, |machine, ctx| machine.running().on_timer(ctx, (*timer).clone()));
            }
            Happening::Operation(operation) => {
                outcome.seen.push(Seen::Operation((*operation).clone()));
                outcome
                    .handle(rules, choose, |machine, ctx| machine.running().on_operation(ctx, (*operation).clone()));
            }
        }
        outcome
    }

    fn running(&mut self) -> &mut N {
        self.state.as_mut().expect("only what is up is reached")
    }

    /// Brings the first writes of the cache to the platter.
    fn settle(&mut self, count: usize) {
        let count = count.min(self.cache.len());
        self.cache.drain(..count).for_each(|write| self.platter.apply(write));
        self.syncs.iter_mut().for_each(|sync| sync.covers = sync.covers.saturating_sub(count));
    }
}

impl<N: Node> Outcome<N> {
    fn crash(&mut self, survive: usize) {
        let machine = &mut self.machine;
        machine.settle(survive);
        machine.state = None;
        machine.cache.clear();
        machine.syncs.clear();
        machine.timers.clear();
        self.seen.push(Seen::Crash);
    }

    /// Runs a handler, and lets its effects take place, or wait.
    fn handle(
        &mut self,
        rules: &Rules<'_, N>,
        choose: &mut dyn FnMut(u32) -> u32,
        handler: impl FnOnce(&mut Machine<N>, &mut Ctx<N>),
    ) {
        let mut effects = Vec::new();
        let clock = rules.clock(self.machine.ticks);
        let mut ctx = Ctx::new(rules.node, &rules.plan.cluster, clock, &mut effects, choose);
        handler(&mut self.machine, &mut ctx);
        self.asked_time |= ctx.asked_time();
        let mut own_sync = None;
        for effect in effects {
            let holder = match rules.plan.sync_holds {
                SyncHolds::Node => self.machine.syncs.len().checked_sub(1),
                SyncHolds::Handler => own_sync,
            };
            match holder {
                Some(place) => self.machine.syncs[place].held.push(effect),
                None => own_sync = self.perform(rules, effect).or(own_sync),
            }
        }
    }

    /// Lets an effect take place; gives the place of the sync that it begins, if it does.
    fn perform(&mut self, rules: &Rules<'_, N>, effect: Effect<N>) -> Option<usize> {
        let machine = &mut self.machine;
        match effect {
            Effect::Send { to, msg } => self.sends.push((to, msg)),
            Effect::SetTimer { timer, .. } | Effect::SetTimerBetween { timer, .. } => {
                machine.timers.insert(timer);
            }
            Effect::CancelTimer(timer) => {
                machine.timers.remove(&timer);
            }
            Effect::Write(write) => machine.cache.push(write),
            Effect::Sync if rules.syncs_at_once => {
                if rules.disk_mode() != DiskMode::Lies {
                    machine.settle(machine.cache.len());
                }
            }
            Effect::Sync => {
                machine.syncs.push(Sync { covers: machine.cache.len(), held: Vec::new() });
                return Some(machine.syncs.len() - 1);
            }
            Effect::Observe(fact) => self.seen.push(Seen::Fact(fact)),
        }
        None
    }

    fn synced(&mut self, rules: &Rules<'_, N>, place: usize) {
        let Sync { covers, held } = self.machine.syncs.remove(place);
        if rules.disk_mode() != DiskMode::Lies {
            self.machine.settle(covers);
        }
        let mut held = held.into_iter();
        while let Some(effect) = held.next() {
            if let Some(next) = self.perform(rules, effect) {
                self.machine.syncs[next].held = held.collect();
                return;
            }
        }
    }
}
