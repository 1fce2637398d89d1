//! A world and how it moves from one event to the next.

use super::chance::{Census, Chance, Fates};
use super::draw::{Draw, Key, derive_key, subject};
use super::faults::Ending;
use super::loops::Asking;
use super::network::{LinkState, Wiring};
use super::plan::{Plan, RuleId, SyncHolds};
use super::process::{Parcel, Process, Waiting};
use super::queue::{Class, Due, Queue};
use super::rules::{RuleState, Watch};
use super::schedule::Progress;
use super::steering::Tick;
use crate::node::{
    Cluster, Ctx, DiskMode, Effect, Event, EventId, Fact, LocalSpan, LocalTime, Log, LossReason, Node, NodeId,
    Operation, OperationId, SimSpan, SimTime, Sink, What,
};
use rand::RngExt;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many events may happen at one instant before time is taken to stand still.
pub const MAX_EVENTS_AT_ONCE: u32 = 1_000_000;

/// A cluster of one type of node, its network, clocks and disks, at one instant of a run.
///
/// A clone is an independent world that will go the same way.
#[derive(Clone, Debug)]
pub struct World<N: Node> {
    pub(super) plan: Arc<Plan>,
    pub(super) config: Arc<N::Config>,
    pub(super) wiring: Arc<Wiring>,
    pub(super) watch: Arc<Watch>,
    pub(super) now: SimTime,
    /// The number of the next event.
    pub(super) events: u32,
    /// The first event at the present instant.
    first_now: u32,
    pub(super) queue: Queue<Job<N>>,
    pub(super) processes: Vec<Process<N>>,
    pub(super) links: Vec<LinkState>,
    /// Messages that wait on a link, in the order in which they came to wait.
    pub(super) held: Vec<Parcel<N::Msg>>,
    pub(super) chance: Chance,
    pub(super) rules: Vec<RuleState>,
    /// Which rule each operation came from.
    pub(super) operations: Log<u32>,
    /// How far each client is with what each rule asks of it.
    pub(super) asking: BTreeMap<(RuleId, NodeId), Asking>,
    /// How often each cable or site is cut, by what it is called.
    pub(super) cut_carriers: BTreeMap<Arc<str>, u16>,
    /// The last fresh number for each key.
    pub(super) fresh: BTreeMap<Arc<str>, i64>,
    /// Who became leader last, in the highest term.
    pub(super) leader: Option<(u64, NodeId)>,
    /// How many jobs of the queue only see to a clock, and would for ever: see [`Tick::goes_on`].
    pub(super) upkeep: usize,
    /// How far the schedule is, where there is one.
    pub(super) progress: Progress,
    over: Option<Over>,
    /// Effects of the handler that runs; kept for its memory.
    scratch: Vec<Effect<N>>,
}

/// Something that is going to happen.
#[derive(Clone, Debug)]
pub enum Job<N: Node> {
    /// A process starts.
    Boot(NodeId),
    /// A message arrives.
    Deliver(Parcel<N::Msg>),
    /// A slow process has served the first message in its inbox.
    Serve(NodeId),
    /// A timer may be due.
    Timer(NodeId, usize),
    /// A sync is done.
    SyncDone(NodeId, u32),
    /// Something that waited at a process that stood still.
    Waited(NodeId, Box<Waiting<N>>),
    /// A rule applies.
    Apply(RuleId),
    /// What a rule did comes to its end.
    End(RuleId, Box<Ending>),
    /// A rule that applies again and again counts its next gap.
    Again(RuleId),
    /// A client's turn comes in a loop of its own.
    Turn(RuleId, NodeId, u32),
    /// A clock is due for something.
    Clock(NodeId, Tick),
}

/// Why a run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Its time is up.
    Until,
    /// Nothing more can happen.
    Quiet,
    /// It has had as many events as it may.
    Events,
    /// Time stands still: events without end at one instant.
    Standstill,
    /// All that a schedule lays down has happened.
    Scheduled,
    /// A schedule lays down what cannot happen: see [`World::stuck`].
    Stuck,
}

/// What is to be done with the effects of a handler that syncs, where a sync holds only those.
type OwnSync = Option<u32>;

impl<N: Node> World<N> {
    /// A world before its first event. Panics where the plan names nodes of another cluster.
    pub fn new(plan: impl Into<Arc<Plan>>, config: N::Config) -> Self {
        let plan: Arc<Plan> = plan.into();
        let process = |id: NodeId| {
            let clock = plan.clocks.get(&id).copied().unwrap_or_default();
            let disk = plan.disks.get(&id).unwrap_or(&plan.disk);
            let service = plan.service.get(&id).copied().filter(|_| plan.schedule.is_none());
            Process::new(clock, disk, service.unwrap_or_default())
        };
        let wiring = Arc::new(Wiring::new(&plan));
        let mut world = World {
            processes: plan.cluster.ids().map(process).collect(),
            links: vec![LinkState::default(); plan.cluster.len() * plan.cluster.len()],
            watch: Arc::new(Watch::new(&plan)),
            rules: vec![RuleState::default(); plan.rules.len()],
            config: Arc::new(config),
            wiring,
            now: SimTime::ZERO,
            events: 0,
            first_now: 0,
            queue: Queue::new(),
            held: Vec::new(),
            chance: Chance::Drawn { census: Census::default(), record: None },
            operations: Log::new(),
            asking: BTreeMap::new(),
            cut_carriers: BTreeMap::new(),
            fresh: BTreeMap::new(),
            leader: None,
            upkeep: 0,
            progress: Progress::default(),
            over: None,
            scratch: Vec::new(),
            plan,
        };
        for id in world.plan.cluster.clone().ids() {
            world.queue.add(SimTime::ZERO, Class::Intervention, Job::Boot(id));
        }
        if world.plan.schedule.is_some() {
            world.progress = Progress::new(&world.plan);
            world.operations = world.progress.commands.iter().rev().map(|command| command.rule as u32).collect();
        } else {
            world.schedule_rules();
            world.start_clocks();
        }
        world
    }

    /// Who takes part.
    pub fn cluster(&self) -> &Cluster {
        &self.plan.cluster
    }

    /// What was planned.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The present instant.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// How many events have happened; the number of the next one.
    pub fn events(&self) -> u32 {
        self.events
    }

    /// A node's state; `None` while it is down.
    pub fn node(&self, id: NodeId) -> Option<&N> {
        self.processes[id.index()].state.as_ref()
    }

    /// What a node's platter holds.
    pub fn platter(&self, id: NodeId) -> &N::Disk {
        &self.processes[id.index()].disk.platter
    }

    /// How many writes a node's disk has not made durable.
    pub fn unsynced(&self, id: NodeId) -> usize {
        self.processes[id.index()].disk.unsynced()
    }

    /// Whether a node stands still.
    pub fn is_paused(&self, id: NodeId) -> bool {
        self.processes[id.index()].paused
    }

    /// What a node's wall clock shows now.
    pub fn local_time(&self, id: NodeId) -> LocalTime {
        match &self.plan.schedule {
            None => self.processes[id.index()].clock.wall(self.now),
            Some(schedule) => self.plan.standing_clock(id, self.progress.ticks[id.index()], schedule.tick).wall,
        }
    }

    /// The timers that are set at a node, each with the instant at which it will fire as things stand; `None` where a
    /// schedule says when.
    pub fn timers(&self, id: NodeId) -> Vec<(&N::Timer, Option<SimTime>)> {
        let mut timers: Vec<_> = self.processes[id.index()].timers.iter_set().collect();
        timers.sort_by_key(|(_, due)| *due);
        let is_known = self.plan.schedule.is_none();
        timers.into_iter().map(|(timer, due)| (timer, is_known.then(|| due.time()))).collect()
    }

    /// How often a rule has applied.
    pub fn applied(&self, rule: RuleId) -> u32 {
        self.rules[rule].applied
    }

    /// Why the run is over, once it is.
    pub fn over(&self) -> Option<Over> {
        self.over
    }

    /// Keeps a record of what becomes of messages, so that checkpoints of this world can run again without drawing.
    /// To be called before the first event.
    pub fn keep_record(&mut self) {
        assert_eq!(self.events, 0, "a record begins with the run");
        self.chance = Chance::Drawn { census: Census::default(), record: Some(Fates::default()) };
    }

    /// The record that was kept; empties it.
    pub fn take_record(&mut self) -> Fates {
        match &mut self.chance {
            Chance::Drawn { record, .. } => record.take().unwrap_or_default(),
            Chance::Recorded { .. } => Fates::default(),
        }
    }

    /// A copy of this world from which the same run can go on, given its record: see [`World::resume`]. Much smaller
    /// than a clone, which keeps the count of all messages sent.
    pub fn checkpoint(&self) -> World<N> {
        let chance = Chance::Recorded { fates: None, cursor: self.chance.cursor() };
        World {
            plan: self.plan.clone(),
            config: self.config.clone(),
            wiring: self.wiring.clone(),
            watch: self.watch.clone(),
            now: self.now,
            events: self.events,
            first_now: self.first_now,
            queue: self.queue.clone(),
            processes: self.processes.clone(),
            links: self.links.clone(),
            held: self.held.clone(),
            chance,
            rules: self.rules.clone(),
            operations: self.operations.clone(),
            asking: self.asking.clone(),
            cut_carriers: self.cut_carriers.clone(),
            fresh: self.fresh.clone(),
            leader: self.leader,
            upkeep: self.upkeep,
            progress: self.progress.clone(),
            over: self.over,
            scratch: Vec::new(),
        }
    }

    /// Gives a checkpoint the record of its run, so that it can go on up to where the record ends.
    pub fn resume(&mut self, record: &Arc<Fates>) {
        if let Chance::Recorded { fates, .. } = &mut self.chance {
            *fates = Some(record.clone());
        }
    }

    /// Runs to the end.
    pub fn run<S: Sink<N>>(&mut self, sink: &mut S) -> Over {
        loop {
            if let Some(over) = self.step(sink) {
                return over;
            }
        }
    }

    /// Takes one step: an event and its effects. Says whether the run is over.
    pub fn step<S: Sink<N>>(&mut self, sink: &mut S) -> Option<Over> {
        if self.over.is_some() {
            return self.over;
        }
        match self.queue.next() {
            None if self.plan.schedule.is_some() => {
                let plan = self.plan.clone();
                self.over = plan.schedule.as_ref().and_then(|schedule| self.step_by_schedule(schedule, sink));
            }
            None => self.over = Some(Over::Quiet),
            // Clocks are seen to as long as anybody may look at them.
            Some(_) if self.queue.len() == self.upkeep => self.over = Some(Over::Quiet),
            Some(time) if time > self.plan.until => {
                self.now = self.plan.until;
                self.over = Some(Over::Until);
            }
            Some(_) if self.events >= self.plan.max_events => self.over = Some(Over::Events),
            Some(time) => {
                if time > self.now {
                    (self.now, self.first_now) = (time, self.events);
                } else if self.events - self.first_now >= MAX_EVENTS_AT_ONCE {
                    self.over = Some(Over::Standstill);
                    return self.over;
                }
                let (due, job) = self.queue.pop().expect("the queue has a next job");
                let first = self.events;
                self.perform_job(due, job, sink);
                if !self.watch.events.is_empty() {
                    self.after_events(first, sink);
                }
            }
        }
        self.over
    }

    fn perform_job<S: Sink<N>>(&mut self, due: Due, job: Job<N>, sink: &mut S) {
        match job {
            Job::Deliver(parcel) => self.arrive(parcel, sink),
            Job::Timer(node, slot) => self.timer_due(node, slot, due, sink),
            Job::SyncDone(node, token) => self.sync_done(node, token, sink),
            Job::Boot(node) => self.boot(node, None, sink),
            Job::Serve(node) => self.serve(node, sink),
            Job::Waited(node, waiting) => self.go_on(node, *waiting, sink),
            Job::Apply(rule) => self.apply_rule(rule, sink),
            Job::End(rule, ending) => self.end_rule(rule, *ending, sink),
            Job::Again(rule) => self.again(rule, sink),
            Job::Turn(rule, client, turn) => self.take_turn(rule, client, turn, sink),
            Job::Clock(node, tick) => self.tick(node, tick, sink),
        }
    }

    /// Numbers an event and tells the sink of it.
    #[inline]
    pub(super) fn emit<S: Sink<N>>(
        &mut self,
        node: Option<NodeId>,
        cause: Option<EventId>,
        what: What<'_, N>,
        sink: &mut S,
    ) -> EventId {
        let id = EventId(self.events);
        self.events += 1;
        if sink.watches() {
            let local = node.map_or(LocalTime(0), |node| self.local_time(node));
            sink.event(&Event { id, time: self.now, node, local, cause, what });
        }
        id
    }

    /// Starts a process from what its disk holds. `cause` is the fault that restarts it, if one does.
    pub(super) fn boot<S: Sink<N>>(&mut self, node: NodeId, cause: Option<EventId>, sink: &mut S) {
        let process = &mut self.processes[node.index()];
        if process.state.is_some() {
            return;
        }
        let incarnation = process.boots;
        process.boots += 1;
        let disk = std::mem::take(&mut process.disk.platter);
        let id = self.emit(Some(node), cause, What::Boot { incarnation, disk: &disk }, sink);
        let config = self.config.clone();
        let state = self.in_context(node, |_, ctx| N::boot(ctx, &config, &disk));
        let process = &mut self.processes[node.index()];
        process.disk.platter = disk;
        process.state = Some(state);
        self.settle(node, id, sink);
        if incarnation > 0 {
            self.back_in_loops(node);
        }
    }

    /// Runs a handler of a node that is up.
    #[inline]
    fn handle<S: Sink<N>>(
        &mut self,
        node: NodeId,
        cause: EventId,
        sink: &mut S,
        handler: impl FnOnce(&mut N, &mut Ctx<N>),
    ) {
        self.in_context(node, |state, ctx| handler(state.as_mut().expect("only called while the node is up"), ctx));
        self.settle(node, cause, sink);
    }

    /// Runs `body` with a node's state and a context whose effects go to `scratch`.
    #[inline]
    fn in_context<R>(&mut self, node: NodeId, body: impl FnOnce(&mut Option<N>, &mut Ctx<N>) -> R) -> R {
        let World { processes, plan, scratch, wiring, now, progress, .. } = self;
        let process = &mut processes[node.index()];
        let reading = match &plan.schedule {
            None => process.clock.read(*now),
            Some(schedule) => plan.standing_clock(node, progress.ticks[node.index()], schedule.tick),
        };
        let (key, now, mut asked) = (wiring.choice_keys[node.index()], now.0, 0);
        let mut choose = |bound: u32| {
            asked += 1;
            let chosen = match &progress.answers {
                None => Draw::new(subject(key, &now), asked).random_range(0..bound),
                Some(answers) => answers.get(asked as usize - 1).copied().unwrap_or(0).min(bound - 1),
            };
            progress.chosen.iter_mut().for_each(|list| list.push(chosen));
            chosen
        };
        let mut ctx = Ctx::new(node, &plan.cluster, reading, scratch, &mut choose);
        body(&mut process.state, &mut ctx)
    }

    /// Tells the sink of a node's new state, and lets the handler's effects take place, or wait.
    #[inline]
    fn settle<S: Sink<N>>(&mut self, node: NodeId, cause: EventId, sink: &mut S) {
        if sink.watches() {
            sink.state(cause, node, self.processes[node.index()].state.as_ref());
        }
        let mut own_sync: OwnSync = None;
        self.scratch.reverse();
        loop {
            // Whether it waits is asked before it is taken out: what is matched where it lies is not copied.
            if let Some(sync) = self.holder(node, own_sync) {
                let Some(effect) = self.scratch.pop() else { return };
                self.processes[node.index()].disk.syncs[sync].held.push_back((effect, cause));
            } else {
                let Some(effect) = self.scratch.pop() else { return };
                self.perform_effect(node, cause, effect, &mut own_sync, sink);
            }
        }
    }

    /// The place of the sync for which a node's next effect has to wait.
    #[inline]
    fn holder(&self, node: NodeId, own_sync: OwnSync) -> Option<usize> {
        let syncs = &self.processes[node.index()].disk.syncs;
        match self.plan.sync_holds {
            SyncHolds::Node => syncs.len().checked_sub(1),
            SyncHolds::Handler => syncs.iter().position(|sync| Some(sync.token) == own_sync),
        }
    }

    #[inline(always)]
    fn perform_effect<S: Sink<N>>(
        &mut self,
        node: NodeId,
        cause: EventId,
        effect: Effect<N>,
        own_sync: &mut OwnSync,
        sink: &mut S,
    ) {
        match effect {
            Effect::Send { to, msg } => self.send(node, to, msg, cause, sink),
            Effect::SetTimer { timer, after } => self.set_timer(node, timer, after, cause),
            Effect::SetTimerBetween { timer, least, most } => {
                let key = self.wiring.timer_keys[node.index()];
                let mut draw = Draw::new(subject(key, &timer), self.now.0);
                let after = LocalSpan(draw.random_range(least.0.min(most.0)..=most.0.max(least.0)));
                self.set_timer(node, timer, after, cause);
            }
            Effect::CancelTimer(timer) => self.processes[node.index()].timers.cancel(&timer),
            Effect::Write(write) => self.processes[node.index()].disk.write(write),
            Effect::Sync if self.plan.schedule.as_ref().is_some_and(|schedule| schedule.syncs_at_once) => {
                self.processes[node.index()].disk.sync_at_once();
            }
            Effect::Sync => *own_sync = Some(self.begin_sync(node, cause)),
            Effect::Observe(fact) => self.observe(node, cause, fact, sink),
        }
    }

    fn observe<S: Sink<N>>(&mut self, node: NodeId, cause: EventId, fact: Fact, sink: &mut S) {
        self.emit(Some(node), Some(cause), What::Fact(&fact), sink);
        match fact {
            Fact::BecameLeader { term } if self.leader.is_none_or(|(highest, _)| term >= highest) => {
                self.leader = Some((term, node));
            }
            Fact::BecameFollower { .. } if self.leader.is_some_and(|(_, leader)| leader == node) => {
                self.leader = None;
            }
            _ => {}
        }
        if self.watch.facts {
            self.fact_happened(node, &fact);
        }
    }

    // Timers.

    fn set_timer(&mut self, node: NodeId, timer: N::Timer, after: LocalSpan, cause: EventId) {
        let process = &mut self.processes[node.index()];
        let deadline = process.clock.monotonic(self.now) + after;
        let due = self.queue.due(process.clock.when(deadline, self.now), Class::Ordinary);
        let slot = process.timers.slot_for(timer);
        let timer = process.timers.get_mut(slot);
        (timer.deadline, timer.due, timer.cause) = (deadline, Some(due), cause);
        if self.plan.schedule.is_some() {
            return;
        }
        if timer.queued.is_none_or(|queued| due < queued) {
            timer.queued = Some(due);
            self.queue.push(due, Job::Timer(node, slot));
        }
    }

    /// An entry of the queue for a timer has come up: the timer fires, or was moved, or is gone.
    fn timer_due<S: Sink<N>>(&mut self, node: NodeId, slot: usize, entry: Due, sink: &mut S) {
        let process = &mut self.processes[node.index()];
        let timer = process.timers.get_mut(slot);
        if timer.queued != Some(entry) {
            return;
        }
        timer.queued = None;
        match timer.due {
            None => process.timers.release(slot),
            Some(due) if due > entry => {
                timer.queued = Some(due);
                self.queue.push(due, Job::Timer(node, slot));
            }
            Some(_) if process.paused => process.waiting.push_back(Waiting::Timer(slot)),
            Some(_) => self.fire_timer(node, slot, sink),
        }
    }

    pub(super) fn fire_timer<S: Sink<N>>(&mut self, node: NodeId, slot: usize, sink: &mut S) {
        let timers = &mut self.processes[node.index()].timers;
        let timer = timers.get_mut(slot);
        timer.due = None;
        let (name, cause) = (timer.timer.clone(), timer.cause);
        timers.release(slot);
        let id = self.emit(Some(node), Some(cause), What::TimerFired { timer: &name }, sink);
        self.handle(node, id, sink, |state, ctx| state.on_timer(ctx, name));
    }

    /// A clock runs at another rate: all its timers are due at other instants.
    pub(super) fn reschedule_timers(&mut self, node: NodeId) {
        let process = &mut self.processes[node.index()];
        let set: Vec<usize> = process.timers.set().collect();
        for slot in set {
            let timer = process.timers.get_mut(slot);
            let due = timer.due.expect("only timers that are set").at(process.clock.when(timer.deadline, self.now));
            timer.due = Some(due);
            if timer.queued.is_some_and(|queued| due < queued) {
                timer.queued = Some(due);
                self.queue.push(due, Job::Timer(node, slot));
            }
        }
    }

    // The disk.

    fn begin_sync(&mut self, node: NodeId, cause: EventId) -> u32 {
        let key = self.wiring.disk_keys[node.index()];
        let law = &self.plan.disks.get(&node).unwrap_or(&self.plan.disk).sync;
        let disk = &mut self.processes[node.index()].disk;
        let token = disk.begin_sync(cause);
        if self.plan.schedule.is_some() {
            return token;
        }
        let span = match disk.mode {
            DiskMode::Full => return token,
            DiskMode::Slow(span) => span,
            _ => law.draw(&mut Draw::new(subject(key, &token), self.now.0)),
        };
        self.queue.add(self.now + span, Class::Ordinary, Job::SyncDone(node, token));
        token
    }

    pub(super) fn sync_done<S: Sink<N>>(&mut self, node: NodeId, token: u32, sink: &mut S) {
        let process = &mut self.processes[node.index()];
        if process.paused {
            process.waiting.push_back(Waiting::SyncDone(token));
            return;
        }
        let Some(mut sync) = process.disk.end_sync(token) else { return };
        let id = self.emit(Some(node), Some(sync.cause), What::SyncDone, sink);
        while let Some((effect, asked_by)) = sync.held.pop_front() {
            let mut next_sync: OwnSync = None;
            // What is released is caused by the release; but a sync is caused by who asked for it.
            let cause = if matches!(effect, Effect::Sync) { asked_by } else { id };
            self.perform_effect(node, cause, effect, &mut next_sync, sink);
            if let Some(token) = next_sync {
                let next = self.processes[node.index()].disk.syncs.iter_mut().find(|next| next.token == token);
                next.expect("it has just begun").held = sync.held;
                break;
            }
        }
    }

    // What reaches a process.

    /// A message reaches its receiver's machine, which may be down, paused or slow.
    pub(super) fn arrive_at_process<S: Sink<N>>(&mut self, parcel: Parcel<N::Msg>, sink: &mut S) {
        let node = parcel.to;
        let process = &mut self.processes[node.index()];
        if process.state.is_none() {
            self.lose(parcel, LossReason::Down, sink);
        } else if process.paused {
            process.waiting.push_back(Waiting::Message(parcel));
        } else if process.service > SimSpan::ZERO || !process.inbox.is_empty() {
            if process.inbox.len() >= self.plan.inbox {
                self.lose(parcel, LossReason::Full, sink);
                return;
            }
            process.inbox.push_back(parcel);
            if process.inbox.len() == 1 {
                let done = self.now + process.service;
                self.queue.add(done, Class::Ordinary, Job::Serve(node));
            }
        } else {
            self.deliver(parcel, sink);
        }
    }

    fn deliver<S: Sink<N>>(&mut self, parcel: Parcel<N::Msg>, sink: &mut S) {
        let Parcel { from, to, msg, send, .. } = parcel;
        let id = self.emit(Some(to), Some(send), What::Deliver { from, msg: &msg }, sink);
        self.handle(to, id, sink, |state, ctx| state.on_message(ctx, from, msg));
    }

    /// A slow process has served the first message of its inbox.
    fn serve<S: Sink<N>>(&mut self, node: NodeId, sink: &mut S) {
        let process = &mut self.processes[node.index()];
        if process.paused || process.state.is_none() {
            return;
        }
        if let Some(parcel) = process.inbox.pop_front() {
            self.deliver(parcel, sink);
        }
        self.serve_next(node);
    }

    /// Sets a slow process to its next message, where one waits.
    pub(super) fn serve_next(&mut self, node: NodeId) {
        let process = &mut self.processes[node.index()];
        if !process.inbox.is_empty() {
            let done = self.now + process.service;
            self.queue.add(done, Class::Ordinary, Job::Serve(node));
        }
    }

    /// What waited at a process that stood still reaches it now.
    fn go_on<S: Sink<N>>(&mut self, node: NodeId, waiting: Waiting<N>, sink: &mut S) {
        let process = &mut self.processes[node.index()];
        if process.paused {
            process.waiting.push_back(waiting);
            return;
        }
        match waiting {
            Waiting::Message(parcel) => self.arrive_at_process(parcel, sink),
            Waiting::SyncDone(token) => self.sync_done(node, token, sink),
            Waiting::Operation(operation, rule) => self.operate(node, operation, rule, sink),
            Waiting::Timer(slot) => {
                if process.timers.get_mut(slot).due.is_some_and(|due| due.time() <= self.now) {
                    self.fire_timer(node, slot, sink);
                }
            }
        }
    }

    /// A client is asked for something.
    pub(super) fn operate<S: Sink<N>>(
        &mut self,
        node: NodeId,
        operation: Operation,
        rule: Option<RuleId>,
        sink: &mut S,
    ) {
        let process = &mut self.processes[node.index()];
        if process.state.is_none() {
            return;
        }
        if process.paused {
            process.waiting.push_back(Waiting::Operation(operation, rule));
            return;
        }
        let plan = self.plan.clone();
        let label = rule.and_then(|rule| plan.rules[rule].name());
        let id = self.emit(Some(node), None, What::Operation { operation: &operation, label }, sink);
        if let Some(rule) = rule {
            self.invoked(rule);
        }
        self.handle(node, id, sink, |state, ctx| state.on_operation(ctx, operation));
    }

    /// The next operation's number; `rule` is where it came from.
    pub(super) fn next_operation(&mut self, rule: RuleId) -> OperationId {
        self.operations.push(rule as u32);
        OperationId(self.operations.len() as u32 - 1)
    }
}

/// Keys for draws at one node, by purpose.
pub(super) fn node_keys(plan: &Plan, purpose: &str) -> Vec<Key> {
    plan.cluster.names().iter().map(|name| derive_key(plan.seed, purpose, &[name])).collect()
}
