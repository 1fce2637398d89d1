//! What rules do, and people by hand: faults happen and end. What clients are asked for is in [`loops`](super::loops).

use super::draw::{Draw, derive_key, subject};
use super::law::chosen;
use super::network::LinkState;
use super::plan::{Action, LinkAction, LinkSelector, NodeAction, NodeSelector, Pattern, RuleId};
use super::process::Waiting;
use super::queue::Class;
use super::rules::Aspect;
use super::world::{Job, World};
use crate::node::{
    ClockChange, Datum, DiskMode, EventId, Fault, Key, Links, LossReason, Node, NodeId, Op, SimSpan, Sink, What,
    kind_of,
};
use rand::RngExt;
use std::collections::BTreeMap;

/// How a rule that lasted is undone.
#[derive(Clone, Debug)]
pub enum Ending {
    /// By doing this.
    Fault(Fault),
    /// By taking one cut from each of these links.
    Uncut(Links),
}

impl<N: Node> World<N> {
    pub(super) fn apply_rule<S: Sink<N>>(&mut self, rule: RuleId, sink: &mut S) {
        let plan = self.plan.clone();
        let mut action = &plan.rules[rule].action;
        if let Some(asker) = action.asker() {
            return self.ask_all(rule, asker, sink);
        }
        if let Action::OneOf(menu) = action {
            action = chosen(menu, &mut self.rule_draw(rule, Aspect::Menu)).unwrap_or(action);
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
            Action::Ask(number) => {
                if sink.watches() {
                    sink.moment(*number, self.now, EventId(self.events));
                }
            }
            Action::Mark => self.strike(rule, Fault::Mark, sink),
            Action::Message(_) | Action::OneOf(_) | Action::Operation { .. } => {}
        }
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
        let mut links = self.select_links(rule, selector)?;
        if links.is_empty() {
            return None;
        }
        Some(match action {
            LinkAction::Cut => Fault::Cut(links),
            LinkAction::Heal => {
                if links.carrier.is_some() {
                    self.take_cuts(&mut links, u16::MAX);
                }
                Fault::Heal(links)
            }
            LinkAction::Loss(ppm) => Fault::Loss(links, Some(*ppm)),
            LinkAction::Lag(span) => Fault::Lag(links, *span),
            LinkAction::Hold => Fault::Hold(links),
            LinkAction::Release => Fault::Release(links),
        })
    }

    /// A rule's fault happens, and its end is scheduled where it lasts.
    fn strike<S: Sink<N>>(&mut self, rule: RuleId, fault: Fault, sink: &mut S) {
        let plan = self.plan.clone();
        let lasting = &plan.rules[rule].lasting;
        if let Some(law) = lasting
            && let Some(ending) = self.ending(&fault)
        {
            let end = self.now + law.draw(&mut self.rule_draw(rule, Aspect::Lasting));
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
                self.take_cuts(&mut links, 1);
                Fault::Heal(links)
            }
        };
        self.inflict(fault, plan.rules[rule].name(), true, sink);
        self.wake(|pattern| *pattern == Pattern::Ended(rule));
    }

    /// Takes a cut from each of these links: as many as `most`, where they have a carrier that was cut as often. Leaves of
    /// the links those that carry again: what another fault cuts as well stays cut.
    fn take_cuts(&mut self, links: &mut Links, most: u16) {
        let cuts = match &links.carrier {
            None => 1,
            Some(carrier) => {
                let left = self.cut_carriers.entry(carrier.clone()).or_insert(0);
                let taken = most.min(*left);
                *left -= taken;
                taken
            }
        };
        links.pairs.retain(|&(from, to)| {
            let state = &mut self.links[self.wiring.index(from, to)];
            state.cuts = state.cuts.saturating_sub(cuts);
            state.cuts == 0
        });
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
            Fault::Cut(links) => {
                if let Some(carrier) = &links.carrier {
                    *self.cut_carriers.entry(carrier.clone()).or_insert(0) += 1;
                }
                self.each_link(&links, |state| state.cuts += 1);
            }
            Fault::Heal(links) => {
                let nodes = self.processes.len();
                if links.len() == nodes * (nodes - 1) {
                    self.cut_carriers.clear();
                }
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
            Fault::Drop(..) | Fault::Delay(..) | Fault::Arrive(..) | Fault::Duplicate(..) | Fault::Mark => {}
        }
    }

    fn each_link(&mut self, links: &[(NodeId, NodeId)], change: impl Fn(&mut LinkState)) {
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
            Waiting::Message(parcel) => Some(parcel),
            _ => None,
        });
        let unread: Vec<_> = waiting.chain(std::mem::take(&mut process.inbox)).collect();
        if sink.watches() {
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
                process.waiting.push_back(Waiting::Timer(slot));
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
}

/// The same operation with a number that its key has not held before; `last` are the numbers given out.
pub(super) fn with_fresh_value(op: &Op, last: &mut BTreeMap<Key, i64>) -> Op {
    let number = last.entry(op.key().cloned().unwrap_or_else(|| "".into())).or_insert(0);
    *number += 1;
    let value = Datum::Int(*number);
    match op {
        Op::Put(key, _) => Op::Put(key.clone(), value),
        Op::Append(key, _) => Op::Append(key.clone(), value),
        Op::Cas { key, expected, .. } => Op::Cas { key: key.clone(), expected: expected.clone(), new: value },
        Op::Broadcast(_) => Op::Broadcast(value),
        Op::Do(name, _) => Op::Do(name.clone(), value),
        other => other.clone(),
    }
}
