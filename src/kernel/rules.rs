//! Rules: when faults, operations and questions apply, to whom, and what they do.

use super::draw::{Draw, Key, derive_key, subject};
use super::plan::{
    Action, FactPattern, LinkAction, LinkSelector, MessageAction, NodeAction, NodeSelector, Pattern, Plan, Rule,
    RuleId, Trigger,
};
use super::queue::Class;
use super::world::{Job, World};
use crate::node::{
    ClockChange, Datum, DiskMode, EventId, Fact, Fault, LossReason, Node, NodeId, Op, Operation, SimSpan, SimTime,
    Sink, What, kind_of,
};
use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom};
use std::collections::BTreeMap;

/// What of a rule changes in a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct RuleState {
    /// How often its trigger has matched.
    matched: u32,
    /// How often it was drawn when to apply next.
    drawn: u32,
    /// How often it has applied.
    pub applied: u32,
    /// The node that it hit last.
    hit: Option<NodeId>,
}

/// How a rule that lasted is undone.
#[derive(Clone, Debug)]
pub enum Ending {
    /// By doing this.
    Fault(Fault),
    /// By taking one cut from each of these links.
    Uncut(Vec<(NodeId, NodeId)>),
}

/// Which rules wait for what, so that what nobody waits for costs nothing.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// Whether any rule waits for a fact, a return or a timeout.
    pub facts: bool,
    /// Whether any rule waits for a message.
    pub messages: bool,
    /// The rules that wait for an event by its number.
    pub events: BTreeMap<u32, Vec<RuleId>>,
    patterns: Vec<(Pattern, RuleId)>,
}

impl Watch {
    pub fn new(rules: &[Rule]) -> Self {
        let mut watch = Watch::default();
        for (id, rule) in rules.iter().enumerate() {
            match &rule.trigger {
                Trigger::On { pattern, .. } => {
                    watch.messages |= matches!(pattern, Pattern::Message(_));
                    watch.facts |= matches!(pattern, Pattern::Fact(_) | Pattern::Returned(_) | Pattern::TimedOut(_));
                    watch.patterns.push((pattern.clone(), id));
                }
                Trigger::Event { id: event, .. } => {
                    watch.events.entry(*event).or_default().push(id);
                }
                Trigger::At(_) | Trigger::Every { .. } => {}
            }
        }
        watch
    }

    fn waiting(&self, matches: impl Fn(&Pattern) -> bool) -> Vec<RuleId> {
        self.patterns.iter().filter(|(pattern, _)| matches(pattern)).map(|&(_, rule)| rule).collect()
    }
}

impl<N: Node> World<N> {
    // When rules apply.

    /// Schedules all rules whose time is known from the start.
    pub(super) fn schedule_rules(&mut self) {
        let plan = self.plan.clone();
        for (id, rule) in plan.rules.iter().enumerate() {
            match &rule.trigger {
                Trigger::At(time) => self.schedule(id, *time),
                Trigger::Every { from, .. } => self.count_gap(id, *from),
                Trigger::On { .. } | Trigger::Event { .. } => {}
            }
        }
    }

    /// Schedules a rule for its span after `time`.
    fn schedule(&mut self, rule: RuleId, time: SimTime) {
        let after = match &self.plan.clone().rules[rule].after {
            Some(law) => law.draw(&mut self.rule_draw(rule, AFTER)),
            None => SimSpan::ZERO,
        };
        self.queue.add(time + after, Class::Intervention, Job::Apply(rule));
    }

    /// Counts the next gap of a rule that applies again and again.
    fn count_gap(&mut self, rule: RuleId, from: SimTime) {
        let plan = self.plan.clone();
        let Trigger::Every { gap, until, times, .. } = &plan.rules[rule].trigger else { return };
        if self.rules[rule].matched >= *times {
            return;
        }
        let time = from + gap.draw(&mut self.rule_draw(rule, GAP));
        if time <= *until {
            self.queue.add(time, Class::Intervention, Job::Again(rule));
        }
    }

    /// A gap has passed.
    pub(super) fn again<S: Sink<N>>(&mut self, rule: RuleId, sink: &mut S) {
        self.rules[rule].matched += 1;
        self.count_gap(rule, self.now);
        if self.plan.rules[rule].after.is_some() {
            self.schedule(rule, self.now);
        } else {
            self.apply_rule(rule, sink);
        }
    }

    /// Something has happened that a rule waits for: it applies if this is an occurrence that counts.
    fn matched(&mut self, rule: RuleId) {
        if self.counts(rule) {
            self.schedule(rule, self.now);
        }
    }

    /// Counts an occurrence of what a rule waits for, and says whether the rule applies to it.
    fn counts(&mut self, rule: RuleId) -> bool {
        self.rules[rule].matched += 1;
        let matched = self.rules[rule].matched;
        match self.plan.rules[rule].trigger {
            Trigger::On { nth, times, .. } => matched >= nth && matched - nth < times,
            _ => false,
        }
    }

    fn wake(&mut self, matches: impl Fn(&Pattern) -> bool) {
        for rule in self.watch.clone().waiting(matches) {
            self.matched(rule);
        }
    }

    pub(super) fn invoked(&mut self, rule: RuleId) {
        self.wake(|pattern| *pattern == Pattern::Invoked(rule));
    }

    pub(super) fn fact_happened(&mut self, node: NodeId, fact: &Fact) {
        let from = fact.operation().and_then(|id| self.operations.get(id.0 as usize).copied());
        let rule = from.map(|rule| rule as RuleId);
        self.wake(|pattern| match pattern {
            Pattern::Fact(wanted) => wanted.matches(node, fact),
            Pattern::Returned(of) => matches!(fact, Fact::Returned { .. }) && rule == Some(*of),
            Pattern::TimedOut(of) => matches!(fact, Fact::TimedOut { .. }) && rule == Some(*of),
            _ => false,
        });
    }

    /// What rules do to a message that is being sent. A rule of another kind that waits for it applies afterwards.
    pub(super) fn message_faults(&mut self, from: NodeId, to: NodeId, msg: &N::Msg) -> Vec<(RuleId, MessageAction)> {
        let kind = kind_of(msg);
        let waiting = self.watch.clone().waiting(|pattern| match pattern {
            Pattern::Message(wanted) => {
                wanted.kind.as_deref().is_none_or(|wanted| wanted == kind)
                    && wanted.from.is_none_or(|wanted| wanted == from)
                    && wanted.to.is_none_or(|wanted| wanted == to)
            }
            _ => false,
        });
        let mut faults = Vec::new();
        for rule in waiting {
            match &self.plan.clone().rules[rule].action {
                Action::Message(action) => {
                    if self.counts(rule) {
                        faults.push((rule, action.clone()));
                    }
                }
                _ => self.matched(rule),
            }
        }
        faults
    }

    /// Rules that wait for one of the events from `first` on apply, now that its effects have taken place.
    pub(super) fn after_events<S: Sink<N>>(&mut self, first: u32, sink: &mut S) {
        let waiting: Vec<RuleId> =
            self.watch.events.range(first..self.events).flat_map(|(_, rules)| rules.clone()).collect();
        for rule in waiting {
            self.apply_rule(rule, sink);
        }
    }

    /// A rule has applied: others may wait for that.
    pub(super) fn fired(&mut self, rule: RuleId, hit: Option<NodeId>) {
        self.rules[rule].applied += 1;
        self.rules[rule].hit = hit.or(self.rules[rule].hit);
        self.wake(|pattern| *pattern == Pattern::Fired(rule));
    }

    // What rules do.

    pub(super) fn apply_rule<S: Sink<N>>(&mut self, rule: RuleId, sink: &mut S) {
        let plan = self.plan.clone();
        let mut action = &plan.rules[rule].action;
        if let Action::OneOf(menu) = action {
            let weights: u64 = menu.iter().map(|(weight, _)| u64::from(*weight)).sum();
            let mut ticket = self.rule_draw(rule, MENU).random_range(0..weights.max(1));
            for (weight, choice) in menu {
                action = choice;
                if ticket < u64::from(*weight) {
                    break;
                }
                ticket -= u64::from(*weight);
            }
        }
        match action {
            Action::Node(node_action, selector) => {
                if let Some(fault) = self.node_fault(rule, node_action, selector) {
                    self.strike(rule, fault, sink);
                }
            }
            Action::Link(link_action, selector) => {
                if let Some(fault) = self.link_fault(rule, link_action, selector) {
                    self.strike(rule, fault, sink);
                }
            }
            Action::Operation { by, op, fresh, timeout, retry } => {
                let Some(client) = self.select(rule, by, |_| true) else { return };
                let op = if *fresh { self.with_fresh_value(op) } else { op.clone() };
                let id = self.next_operation(rule);
                self.rules[rule].applied += 1;
                self.rules[rule].hit = Some(client);
                let operation = Operation { id, op, timeout: *timeout, retry: *retry };
                self.operate(client, operation, Some(rule), sink);
            }
            Action::Ask(number) => {
                if S::WATCHES {
                    sink.moment(*number, self.now, EventId(self.events));
                }
            }
            Action::Mark => self.strike(rule, Fault::Mark, sink),
            Action::Message(_) | Action::OneOf(_) => {}
        }
    }

    /// A rule's fault happens, and its end is scheduled where it lasts.
    fn strike<S: Sink<N>>(&mut self, rule: RuleId, fault: Fault, sink: &mut S) {
        let plan = self.plan.clone();
        let lasting = &plan.rules[rule].lasting;
        if let Some(law) = lasting
            && let Some(ending) = self.ending(&fault)
        {
            let end = self.now + law.draw(&mut self.rule_draw(rule, LASTING));
            self.queue.add(end, Class::Intervention, Job::End(rule, Box::new(ending)));
        }
        let hit = fault.node();
        self.inflict(fault, plan.rules[rule].name(), false, sink);
        self.fired(rule, hit);
    }

    /// What a rule did comes to its end.
    pub(super) fn end_rule<S: Sink<N>>(&mut self, rule: RuleId, ending: Ending, sink: &mut S) {
        let plan = self.plan.clone();
        let fault = match ending {
            Ending::Fault(fault) => fault,
            Ending::Uncut(mut links) => {
                // A link that another fault cuts as well stays cut.
                links.retain(|&(from, to)| {
                    let state = &mut self.links[self.wiring.index(from, to)];
                    state.cuts = state.cuts.saturating_sub(1);
                    state.cuts == 0
                });
                Fault::Heal(links)
            }
        };
        self.inflict(fault, plan.rules[rule].name(), true, sink);
        self.wake(|pattern| *pattern == Pattern::Ended(rule));
    }

    /// How a fault that has not happened yet will be undone.
    fn ending(&self, fault: &Fault) -> Option<Ending> {
        let undo = match fault {
            Fault::Crash(node) => Fault::Restart(*node),
            Fault::Pause(node) => Fault::Resume(*node),
            Fault::Slow(node, _) => Fault::Slow(*node, self.plan.service.get(node).copied().unwrap_or_default()),
            Fault::Cut(links) => return Some(Ending::Uncut(links.clone())),
            Fault::Loss(links, _) => Fault::Loss(links.clone(), None),
            Fault::Lag(links, _) => Fault::Lag(links.clone(), SimSpan::ZERO),
            Fault::Hold(links) => Fault::Release(links.clone()),
            Fault::Disk(node, _) => Fault::Disk(*node, self.plan.disks.get(node).unwrap_or(&self.plan.disk).mode),
            Fault::Clock(node, ClockChange::Rate(_)) => {
                let planned = self.plan.clocks.get(node).map_or(0, |clock| clock.rate_ppb);
                Fault::Clock(*node, ClockChange::Rate(planned))
            }
            Fault::Clock(node, ClockChange::Freeze) => Fault::Clock(*node, ClockChange::Thaw),
            Fault::Clock(node, ClockChange::Step(ns)) => Fault::Clock(*node, ClockChange::Step(ns.saturating_neg())),
            Fault::Mark => Fault::Mark,
            _ => return None,
        };
        Some(Ending::Fault(undo))
    }

    /// A fault happens: by a rule, or by a person's hand.
    pub fn inflict<S: Sink<N>>(&mut self, fault: Fault, label: Option<&str>, ends: bool, sink: &mut S) {
        let cause = self.emit(fault.node(), None, What::Fault { fault: &fault, label, ends }, sink);
        match fault {
            Fault::Crash(node) => self.crash(node, cause, sink),
            Fault::Restart(node) => self.boot(node, Some(cause), sink),
            Fault::Pause(node) => self.processes[node.index()].paused = true,
            Fault::Resume(node) => self.resume_process(node),
            Fault::Slow(node, span) => self.processes[node.index()].service = span,
            Fault::Expire(node, kind) => self.expire(node, &kind, sink),
            Fault::Wipe(node) => self.processes[node.index()].disk.wipe(),
            Fault::Disk(node, mode) => self.change_disk(node, mode),
            Fault::Clock(node, change) => {
                if self.processes[node.index()].clock.change(change, self.now) {
                    self.reschedule_timers(node);
                }
            }
            Fault::Cut(links) => self.each_link(&links, |state| state.cuts += 1),
            Fault::Heal(links) => {
                self.each_link(&links, |state| state.cuts = 0);
                self.let_go(&links);
            }
            Fault::Loss(links, ppm) => self.each_link(&links, |state| state.loss_ppm = ppm),
            Fault::Lag(links, span) => self.each_link(&links, |state| state.lag = span),
            Fault::Hold(links) => self.each_link(&links, |state| state.holds = true),
            Fault::Release(links) => {
                self.each_link(&links, |state| state.holds = false);
                self.let_go(&links);
            }
            Fault::Drop(..) | Fault::Delay(..) | Fault::Duplicate(..) | Fault::Mark => {}
        }
    }

    fn each_link(&mut self, links: &[(NodeId, NodeId)], change: impl Fn(&mut super::network::LinkState)) {
        for &(from, to) in links {
            change(&mut self.links[self.wiring.index(from, to)]);
        }
    }

    fn crash<S: Sink<N>>(&mut self, node: NodeId, cause: EventId, sink: &mut S) {
        let key = derive_key(self.plan.seed, "torn", &[self.plan.cluster.name(node)]);
        let now = self.now.0;
        let process = &mut self.processes[node.index()];
        process.state = None;
        process.paused = false;
        process.timers.clear();
        process.disk.crash(|unsynced| Draw::new(subject(key, &now), 0).random_range(0..=unsynced));
        let waiting = std::mem::take(&mut process.waiting).into_iter().filter_map(|waiting| match waiting {
            super::process::Waiting::Message(parcel) => Some(parcel),
            _ => None,
        });
        let unread: Vec<_> = waiting.chain(std::mem::take(&mut process.inbox)).collect();
        if S::WATCHES {
            sink.state(cause, node, None);
        }
        for parcel in unread {
            self.lose(parcel, LossReason::Down, sink);
        }
        if self.leader.is_some_and(|(_, leader)| leader == node) {
            self.leader = None;
        }
    }

    fn resume_process(&mut self, node: NodeId) {
        let process = &mut self.processes[node.index()];
        process.paused = false;
        for waiting in std::mem::take(&mut process.waiting) {
            self.queue.add(self.now, Class::Ordinary, Job::Waited(node, Box::new(waiting)));
        }
        self.serve_next(node);
    }

    /// The node's timers of a kind end now; a node that is paused will find them ended.
    fn expire<S: Sink<N>>(&mut self, node: NodeId, kind: &str, sink: &mut S) {
        let process = &mut self.processes[node.index()];
        let set: Vec<usize> = process.timers.set().collect();
        for slot in set {
            let process = &mut self.processes[node.index()];
            let timer = process.timers.get_mut(slot);
            if timer.due.is_none() || kind_of(&timer.timer) != kind {
                continue;
            }
            if process.paused {
                process.waiting.push_back(super::process::Waiting::Timer(slot));
            } else {
                self.fire_timer(node, slot, sink);
            }
        }
    }

    /// A disk that is no longer full does at last what it was asked to.
    fn change_disk(&mut self, node: NodeId, mode: DiskMode) {
        let disk = &mut self.processes[node.index()].disk;
        let was_full = std::mem::replace(&mut disk.mode, mode) == DiskMode::Full;
        if was_full && mode != DiskMode::Full {
            for token in disk.syncs.iter().map(|sync| sync.token).collect::<Vec<_>>() {
                self.queue.add(self.now, Class::Ordinary, Job::SyncDone(node, token));
            }
        }
    }

    /// The same operation with a number that its key has not held before.
    fn with_fresh_value(&mut self, op: &Op) -> Op {
        let name = op.key().cloned().unwrap_or_else(|| "".into());
        let last = self.fresh.entry(name).or_insert(0);
        *last += 1;
        let value = Datum::Int(*last);
        match op {
            Op::Put(key, _) => Op::Put(key.clone(), value),
            Op::Append(key, _) => Op::Append(key.clone(), value),
            Op::Cas { key, expected, .. } => Op::Cas { key: key.clone(), expected: expected.clone(), new: value },
            Op::Broadcast(_) => Op::Broadcast(value),
            Op::Do(name, _) => Op::Do(name.clone(), value),
            other => other.clone(),
        }
    }

    // Who is meant.

    /// The draw for one aspect of a rule's next application. Keyed by the rule's name and by how often it was drawn for,
    /// so that a rule disturbs no other.
    fn rule_draw(&mut self, rule: RuleId, aspect: u32) -> Draw {
        self.rules[rule].drawn += 1;
        let key = rule_key(&self.plan, rule);
        Draw::new(subject(key, &aspect), u64::from(self.rules[rule].drawn))
    }

    fn node_fault(&mut self, rule: RuleId, action: &NodeAction, selector: &NodeSelector) -> Option<Fault> {
        let (leaves_down, needs_pause) = (*action == NodeAction::Restart, *action == NodeAction::Resume);
        let disk = matches!(action, NodeAction::Disk(_) | NodeAction::Wipe);
        let node = self.select(rule, selector, |process| {
            let down = process.state.is_none();
            if leaves_down {
                down
            } else if needs_pause {
                process.paused
            } else {
                disk || !(down || process.paused)
            }
        })?;
        let down = self.processes[node.index()].state.is_none();
        match action {
            NodeAction::Crash if down => None,
            NodeAction::Restart if !down => None,
            NodeAction::Crash => Some(Fault::Crash(node)),
            NodeAction::Restart => Some(Fault::Restart(node)),
            NodeAction::Pause => Some(Fault::Pause(node)),
            NodeAction::Resume => Some(Fault::Resume(node)),
            NodeAction::Slow(span) => Some(Fault::Slow(node, *span)),
            NodeAction::Expire(kind) => Some(Fault::Expire(node, kind.clone())),
            NodeAction::Disk(mode) => Some(Fault::Disk(node, *mode)),
            NodeAction::Wipe => Some(Fault::Wipe(node)),
            NodeAction::Clock(change) => Some(Fault::Clock(node, *change)),
        }
    }

    fn link_fault(&mut self, rule: RuleId, action: &LinkAction, selector: &LinkSelector) -> Option<Fault> {
        let links = self.select_links(rule, selector)?;
        if links.is_empty() {
            return None;
        }
        Some(match action {
            LinkAction::Cut => Fault::Cut(links),
            LinkAction::Heal => Fault::Heal(links),
            LinkAction::Loss(ppm) => Fault::Loss(links, Some(*ppm)),
            LinkAction::Lag(span) => Fault::Lag(links, *span),
            LinkAction::Hold => Fault::Hold(links),
            LinkAction::Release => Fault::Release(links),
        })
    }

    /// The node that a selector means now; `None` where it means nobody.
    fn select(
        &mut self,
        rule: RuleId,
        selector: &NodeSelector,
        able: impl Fn(&super::process::Process<N>) -> bool,
    ) -> Option<NodeId> {
        let cluster = self.plan.cluster.clone();
        let mut candidates: Vec<NodeId> = match selector {
            NodeSelector::Node(node) => return Some(*node),
            NodeSelector::Same(other) => return self.rules[*other].hit,
            NodeSelector::Leader => return self.leader.map(|(_, node)| node),
            NodeSelector::AFollower => {
                let leader = self.leader.map(|(_, node)| node)?;
                cluster.group_of(leader).members.iter().copied().filter(|&node| node != leader).collect()
            }
            NodeSelector::Random => self.servers(),
            NodeSelector::AnyOf(group) => cluster.group(group).to_vec(),
        };
        candidates.retain(|node| able(&self.processes[node.index()]));
        candidates.choose(&mut self.rule_draw(rule, WHO)).copied()
    }

    /// Every node that is no client.
    fn servers(&self) -> Vec<NodeId> {
        let groups = self.plan.cluster.groups().iter().filter(|group| group.name != CLIENTS);
        groups.flat_map(|group| group.members.iter().copied()).collect()
    }

    fn select_links(&mut self, rule: RuleId, selector: &LinkSelector) -> Option<Vec<(NodeId, NodeId)>> {
        let cluster = self.plan.cluster.clone();
        let all: Vec<NodeId> = cluster.ids().collect();
        let around = |node: NodeId| all.clone().into_iter().filter(move |&other| other != node);
        let links = match selector {
            LinkSelector::OneWay(from, to) => {
                vec![(self.select(rule, from, |_| true)?, self.select(rule, to, |_| true)?)]
            }
            LinkSelector::Between(one, other) => {
                let (one, other) = (self.select(rule, one, |_| true)?, self.select(rule, other, |_| true)?);
                vec![(one, other), (other, one)]
            }
            LinkSelector::Around(node) => {
                let node = self.select(rule, node, |_| true)?;
                around(node).flat_map(|other| [(node, other), (other, node)]).collect()
            }
            LinkSelector::Into(node) => {
                let node = self.select(rule, node, |_| true)?;
                around(node).map(|other| (other, node)).collect()
            }
            LinkSelector::OutOf(node) => {
                let node = self.select(rule, node, |_| true)?;
                around(node).map(|other| (node, other)).collect()
            }
            LinkSelector::Sides(sides) => across(sides),
            LinkSelector::All => all.iter().flat_map(|&from| around(from).map(move |to| (from, to))).collect(),
            LinkSelector::MinorityWith(node) => {
                let (node, others) = self.shuffled_group(rule, node)?;
                let size = (others.len() / 2).saturating_sub(1);
                split(node, others, size)
            }
            LinkSelector::MajorityWith(node) => {
                let (node, others) = self.shuffled_group(rule, node)?;
                let size = others.len().div_ceil(2);
                split(node, others, size)
            }
            LinkSelector::Bridge(node) => {
                let (_, mut others) = self.shuffled_group(rule, node)?;
                let right = others.split_off(others.len() / 2);
                across(&[others, right])
            }
            LinkSelector::RandomSides => {
                let (node, others) = self.shuffled_group(rule, &NodeSelector::Random)?;
                let size = self.rule_draw(rule, SIZE).random_range(0..others.len().max(1));
                split(node, others, size)
            }
        };
        Some(links.into_iter().filter(|(from, to)| from != to).collect())
    }

    /// A node, and the others of its group in a drawn order.
    fn shuffled_group(&mut self, rule: RuleId, selector: &NodeSelector) -> Option<(NodeId, Vec<NodeId>)> {
        let node = self.select(rule, selector, |_| true)?;
        let cluster = self.plan.cluster.clone();
        let group = cluster.group_of(node).members.iter().copied();
        let mut others: Vec<NodeId> = group.filter(|&other| other != node).collect();
        others.shuffle(&mut self.rule_draw(rule, ORDER));
        Some((node, others))
    }
}

/// The group whose nodes no random fault hits.
pub const CLIENTS: &str = "client";

// The aspects of a rule's draws.
const AFTER: u32 = 0;
const GAP: u32 = 1;
const LASTING: u32 = 2;
const MENU: u32 = 3;
const WHO: u32 = 4;
const ORDER: u32 = 5;
const SIZE: u32 = 6;

/// The key for a rule's draws: by its name where it has one, by its place otherwise.
fn rule_key(plan: &Plan, rule: RuleId) -> Key {
    match &plan.rules[rule].label {
        Some(label) => derive_key(plan.seed, "rule", &[label]),
        None => derive_key(plan.seed, "rule", &[&format!("#{rule}")]),
    }
}

/// All links between nodes of different sides, both ways.
fn across(sides: &[Vec<NodeId>]) -> Vec<(NodeId, NodeId)> {
    let mut links = Vec::new();
    for (place, side) in sides.iter().enumerate() {
        for other in &sides[place + 1..] {
            links.extend(side.iter().flat_map(|&a| other.iter().flat_map(move |&b| [(a, b), (b, a)])));
        }
    }
    links
}

/// The links between `node` with the first `size` of `others` and the rest of them.
fn split(node: NodeId, mut others: Vec<NodeId>, size: usize) -> Vec<(NodeId, NodeId)> {
    let rest = others.split_off(size.min(others.len()));
    others.insert(0, node);
    across(&[others, rest])
}

impl FactPattern {
    /// Whether a fact is meant.
    pub fn matches(&self, node: NodeId, fact: &Fact) -> bool {
        self.kind == fact.kind()
            && self.node.is_none_or(|wanted| wanted == node)
            && self.term.is_none_or(|wanted| fact.term() == Some(wanted))
            && self.index.is_none_or(|wanted| fact.index() == Some(wanted))
    }
}
