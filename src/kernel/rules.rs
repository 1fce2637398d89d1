//! Rules: when faults, operations and questions apply. What they do is in [`faults`](super::faults), whom they mean in
//! [`selection`](super::selection).

use super::draw::{Draw, Key, derive_key, subject};
use super::plan::{Action, FactPattern, MessageAction, Pattern, Plan, Rule, RuleId, Trigger};
use super::queue::Class;
use super::world::{Job, World};
use crate::node::{Fact, Node, NodeId, SimSpan, SimTime, Sink, kind_of};
use std::borrow::Cow;
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
    pub hit: Option<NodeId>,
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
    pub fn new(plan: &Plan) -> Self {
        let mut watch = Watch::default();
        // Where a schedule says what happens, all that is left to rules is to ask people.
        let applies = |rule: &Rule| plan.schedule.is_none() || matches!(rule.action, Action::Ask(_));
        for (id, rule) in plan.rules.iter().enumerate().filter(|(_, rule)| applies(rule)) {
            match &rule.trigger {
                Trigger::On { pattern, .. } => {
                    watch.messages |= matches!(pattern, Pattern::Message(_));
                    watch.facts |= matches!(pattern, Pattern::Fact(_) | Pattern::Returned(_) | Pattern::TimedOut(_));
                    watch.patterns.push((pattern.clone(), id));
                }
                Trigger::Event { id: event, .. } => {
                    watch.events.entry(*event).or_default().push(id);
                }
                Trigger::Loop { .. } => watch.facts = true,
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
    /// Schedules all rules whose time is known from the start.
    pub(super) fn schedule_rules(&mut self) {
        let plan = self.plan.clone();
        for (id, rule) in plan.rules.iter().enumerate() {
            match &rule.trigger {
                Trigger::At(time) => self.schedule(id, *time),
                Trigger::Every { .. } | Trigger::Loop { .. } if self.start_loops(id) => {}
                Trigger::Every { from, .. } => self.count_gap(id, *from),
                Trigger::Loop { .. } => {}
                Trigger::On { .. } | Trigger::Event { .. } => {}
            }
        }
    }

    /// Schedules a rule for its span after `time`.
    fn schedule(&mut self, rule: RuleId, time: SimTime) {
        let after = match &self.plan.clone().rules[rule].after {
            Some(law) => law.draw(&mut self.rule_draw(rule, Aspect::After)),
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
        let time = from + gap.draw(&mut self.rule_draw(rule, Aspect::Gap));
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

    pub(super) fn wake(&mut self, matches: impl Fn(&Pattern) -> bool) {
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
        if let (Some(rule), Fact::Returned { operation, .. } | Fact::TimedOut { operation }) = (rule, fact) {
            self.ended(rule, node, *operation);
        }
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

    /// The draw for one aspect of a rule's next application. Keyed by the rule's name and by how often it was drawn for,
    /// so that a rule disturbs no other.
    pub(super) fn rule_draw(&mut self, rule: RuleId, aspect: Aspect) -> Draw {
        self.rules[rule].drawn += 1;
        let key = rule_key(&self.plan, rule);
        Draw::new(subject(key, &(aspect as u32)), u64::from(self.rules[rule].drawn))
    }
}

/// What of a rule is drawn. The numbers are part of each draw.
#[derive(Clone, Copy, Debug)]
pub enum Aspect {
    After = 0,
    Gap = 1,
    Lasting = 2,
    Menu = 3,
    Who = 4,
    Order = 5,
    Size = 6,
    Key = 7,
}

/// By what a rule's draws are keyed: its name where it has one, its place otherwise.
pub(super) fn rule_name(plan: &Plan, rule: RuleId) -> Cow<'_, str> {
    match &plan.rules[rule].label {
        Some(label) => Cow::Borrowed(label),
        None => Cow::Owned(format!("#{rule}")),
    }
}

fn rule_key(plan: &Plan, rule: RuleId) -> Key {
    derive_key(plan.seed, "rule", &[&rule_name(plan, rule)])
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
