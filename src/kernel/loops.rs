//! Clients that ask, once or in a loop: when, what for, and under which key.
//!
//! In an open loop a client asks when its time has come, whatever became of its last operation: so do people who do not
//! know of each other. In a closed loop it first waits for the end of its last operation and thinks: so does a program.
//! A slow system is asked less by the second kind and flooded by the first (Schroeder, Wierman and Harchol-Balter, "Open
//! versus closed: a cautionary tale", 2006).
//!
//! Every draw is keyed by the rule's name, the client's name and the number of the turn: neither another client nor
//! another rule shifts it.

use super::draw::{Draw, derive_key, subject};
use super::faults::with_fresh_value;
use super::law::chosen;
use super::plan::{Action, DRAWN_KEY, NodeSelector, RuleId, Trigger};
use super::queue::Class;
use super::rules::{Aspect, rule_name};
use super::world::{Job, World};
use crate::node::{Node, NodeId, Operation, OperationId, Sink};

/// How far one client is with what one rule asks of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asking {
    /// How often it was asked.
    asked: u32,
    /// The number of its next turn; an older one that still stands in the queue no longer counts.
    turn: u32,
    /// The operation that a closed loop waits for.
    open: Option<OperationId>,
}

impl<N: Node> World<N> {
    /// The clients that have a loop of their own by this rule.
    fn loopers(&self, rule: RuleId) -> Vec<NodeId> {
        let rule = &self.plan.rules[rule];
        match (&rule.trigger, rule.action.asker()) {
            (Trigger::Loop { .. }, Some(NodeSelector::Node(node))) => vec![*node],
            (Trigger::Loop { .. } | Trigger::Every { .. }, Some(NodeSelector::Each(group))) => {
                self.plan.cluster.group(group).to_vec()
            }
            _ => vec![],
        }
    }

    /// Starts the loops of a rule; says whether it has any.
    pub(super) fn start_loops(&mut self, rule: RuleId) -> bool {
        let clients = self.loopers(rule);
        for &client in &clients {
            self.next_turn(rule, client);
        }
        !clients.is_empty()
    }

    /// A client that crashed is back: what it waited for will never end.
    pub(super) fn back_in_loops(&mut self, client: NodeId) {
        if self.plan.schedule.is_some() {
            return;
        }
        for rule in 0..self.plan.rules.len() {
            let closed = matches!(self.plan.rules[rule].trigger, Trigger::Loop { .. });
            if closed && self.loopers(rule).contains(&client) {
                self.next_turn(rule, client);
            }
        }
    }

    /// Draws when a client's next turn comes.
    fn next_turn(&mut self, rule: RuleId, client: NodeId) {
        let plan = self.plan.clone();
        let (from, gap, until, times) = match &plan.rules[rule].trigger {
            Trigger::Loop { think, from, until, times } => (from, think, until, times),
            Trigger::Every { gap, from, until, times } => (from, gap, until, times),
            _ => return,
        };
        let asking = self.asking.entry((rule, client)).or_default();
        asking.open = None;
        asking.turn += 1;
        let turn = asking.turn;
        if asking.asked >= *times {
            return;
        }
        let time = self.now.max(*from) + gap.draw(&mut self.asking_draw(rule, client, Aspect::Gap, turn));
        if time <= *until {
            self.queue.add(time, Class::Intervention, Job::Turn(rule, client, turn));
        }
    }

    /// A client's turn has come.
    pub(super) fn take_turn<S: Sink<N>>(&mut self, rule: RuleId, client: NodeId, turn: u32, sink: &mut S) {
        if self.asking.get(&(rule, client)).is_none_or(|asking| asking.turn != turn) {
            return;
        }
        if let Trigger::Every { .. } = self.plan.rules[rule].trigger {
            self.count_asked(rule, client);
            self.next_turn(rule, client);
            self.ask(rule, client, turn, sink);
        } else if self.processes[client.index()].state.is_some() {
            self.count_asked(rule, client);
            self.ask(rule, client, turn, sink);
        }
    }

    fn count_asked(&mut self, rule: RuleId, client: NodeId) -> u32 {
        let asking = self.asking.entry((rule, client)).or_default();
        asking.asked += 1;
        asking.asked
    }

    /// An operation has ended for its client: a closed loop that waited for it goes on.
    pub(super) fn ended(&mut self, rule: RuleId, client: NodeId, operation: OperationId) {
        if self.asking.get(&(rule, client)).is_some_and(|asking| asking.open == Some(operation)) {
            self.next_turn(rule, client);
        }
    }

    /// A rule applies whose clients have no loops of their own.
    pub(super) fn ask_all<S: Sink<N>>(&mut self, rule: RuleId, asker: &NodeSelector, sink: &mut S) {
        let clients = match asker {
            NodeSelector::Each(group) => self.plan.cluster.group(group).to_vec(),
            one => self.select(rule, one, |_| true).into_iter().collect(),
        };
        for client in clients {
            let number = self.count_asked(rule, client);
            self.ask(rule, client, number, sink);
        }
    }

    /// Gives a client its next operation: what for is drawn, and the key, where the rule leaves that open.
    fn ask<S: Sink<N>>(&mut self, rule: RuleId, client: NodeId, number: u32, sink: &mut S) {
        let plan = self.plan.clone();
        let mut action = &plan.rules[rule].action;
        if let Action::OneOf(menu) = action {
            let mut chance = self.asking_draw(rule, client, Aspect::Menu, number);
            action = chosen(menu, &mut chance).unwrap_or(action);
        }
        let Action::Operation { op, fresh, timeout, retry, .. } = action else { return };
        let mut op = op.clone();
        if let Some(keys) = plan.keys.get(&rule)
            && let Some(key) = op.key_mut().filter(|key| &***key == DRAWN_KEY)
        {
            *key = keys.draw(&mut self.asking_draw(rule, client, Aspect::Key, number));
        }
        if *fresh {
            op = with_fresh_value(&op, &mut self.fresh);
        }
        let id = self.next_operation(rule);
        self.rules[rule].applied += 1;
        self.rules[rule].hit = Some(client);
        if let Trigger::Loop { .. } = plan.rules[rule].trigger
            && let Some(asking) = self.asking.get_mut(&(rule, client))
        {
            asking.open = Some(id);
        }
        let operation = Operation { id, op, timeout: *timeout, retry: *retry };
        self.operate(client, operation, Some(rule), sink);
    }

    /// The draw for one aspect of one turn of a client.
    fn asking_draw(&self, rule: RuleId, client: NodeId, aspect: Aspect, number: u32) -> Draw {
        let names = [&*rule_name(&self.plan, rule), self.plan.cluster.name(client)];
        let key = derive_key(self.plan.seed, "workload", &names);
        Draw::new(subject(key, &(aspect as u32)), u64::from(number))
    }
}
