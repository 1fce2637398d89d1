//! Runs whose order is laid down: which message arrives next, which timer fires, who crashes.
//!
//! A search finds such an order, and a run that was made as short as can be is one. In it nothing happens by itself: a
//! message is on its way until it is delivered, a timer is set until it fires, a sync goes on until it is done. Nor does
//! time pass for the nodes: their clocks stand, and go on by one tick where the schedule says so. What is drawn in other
//! runs, delays and losses and timeouts, is not drawn here; only what a node chooses when it boots first still is.
//!
//! A true time is shown beside each step, so that a run can be looked at like any other: a millisecond a step.

use super::faults::with_fresh_value;
use super::plan::{Action, NodeSelector, Plan, RuleId, Trigger};
use super::process::Parcel;
use super::world::{Over, World};
use crate::node::{
    ClockReading, Fault, LocalSpan, LocalTime, LossReason, Node, NodeId, Operation, OperationId, SimSpan, Sink,
    kind_of,
};
use std::collections::BTreeMap;
use std::fmt;

/// How far apart steps are shown.
const BETWEEN_STEPS: SimSpan = SimSpan::millis(1);

/// A run's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// What happens, in order, after every node has booted.
    pub steps: Vec<Step>,
    /// How far a node's clock goes on at each of its ticks.
    pub tick: LocalSpan,
    /// Whether a sync is done as soon as it is asked for.
    pub syncs_at_once: bool,
}

/// One thing that happens, and what the handler that it starts chooses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    /// What happens.
    pub choice: Choice,
    /// The answers to the node's `choose`, in order; 0 where there are too few.
    pub answers: Vec<u32>,
}

/// What happens next.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Choice {
    /// A message arrives.
    Deliver(Letter),
    /// A message arrives, and a copy of it is still on its way.
    Duplicate(Letter),
    /// A message is lost.
    Drop(Letter),
    /// A timer fires.
    Expire(Alarm),
    /// The oldest sync of a node is done; or a later one, counted from 1.
    Synced(NodeId, u32),
    /// A client is given its next operation.
    Ask(NodeId),
    /// A process dies; of what it had not synced, the first so many writes survive.
    Crash(NodeId, u32),
    /// A process starts again.
    Restart(NodeId),
    /// A node's clock goes on.
    Tick(NodeId),
}

/// A message on its way, by what can be read of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Letter {
    /// Its kind.
    pub kind: String,
    /// Who sent it.
    pub from: NodeId,
    /// Who is to receive it.
    pub to: NodeId,
    /// Which of those, counted from 1 in the order of sending.
    pub nth: u32,
}

/// A timer that is set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Alarm {
    /// Where.
    pub node: NodeId,
    /// Its kind.
    pub kind: String,
    /// Which of those that are set, counted from 1 in their own order.
    pub nth: u32,
}

/// Why a step cannot happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// Which step, counted from 1.
    pub step: usize,
    /// Why, in a sentence without its end.
    pub why: String,
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {} of the schedule cannot happen: {}", self.step, self.why)
    }
}

/// An operation that a client is given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Command {
    /// The client.
    pub client: NodeId,
    /// The rule that it comes from.
    pub rule: RuleId,
    /// What for.
    pub operation: Operation,
}

/// Why a plan's workload cannot be laid down as a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlisted {
    /// This rule's client is drawn.
    Client(RuleId),
    /// What this rule asks for is drawn, or under which key.
    Drawn(RuleId),
    /// This rule waits for something to happen.
    Waits(RuleId),
    /// This rule goes on and on.
    Endless(RuleId),
}

/// The most operations that a rule of a search may stand for. Our choice: a search of more would never end.
const MAX_TIMES: u32 = 1000;

impl Plan {
    /// What clients are asked for, in the order of the rules, and numbered so: whatever order a search gives it in, an
    /// operation keeps its number and its fresh value.
    pub fn commands(&self) -> Result<Vec<Command>, Unlisted> {
        let mut commands = Vec::new();
        let mut fresh = BTreeMap::new();
        for (id, rule) in self.rules.iter().enumerate() {
            let Some(asker) = rule.action.asker() else { continue };
            let Action::Operation { op, fresh: is_fresh, timeout, retry, .. } = &rule.action else {
                return Err(Unlisted::Drawn(id));
            };
            let clients = match asker {
                NodeSelector::Node(client) => vec![*client],
                NodeSelector::Each(group) => self.cluster.group(group).to_vec(),
                _ => return Err(Unlisted::Client(id)),
            };
            let times = match rule.trigger {
                Trigger::At(_) => 1,
                Trigger::Every { times, .. } | Trigger::Loop { times, .. } if times > MAX_TIMES => {
                    return Err(Unlisted::Endless(id));
                }
                Trigger::Every { times, .. } | Trigger::Loop { times, .. } => times,
                Trigger::On { .. } | Trigger::Event { .. } => return Err(Unlisted::Waits(id)),
            };
            if self.keys.contains_key(&id) {
                return Err(Unlisted::Drawn(id));
            }
            for client in (0..times).flat_map(|_| clients.iter()) {
                let op = if *is_fresh { with_fresh_value(op, &mut fresh) } else { op.clone() };
                let number = OperationId(commands.len() as u32);
                let operation = Operation { id: number, op, timeout: *timeout, retry: *retry };
                commands.push(Command { client: *client, rule: id, operation });
            }
        }
        Ok(commands)
    }

    /// What a node's clock shows where time does not pass, after so many ticks.
    pub(super) fn standing_clock(&self, node: NodeId, ticks: u32, tick: LocalSpan) -> ClockReading {
        let planned = self.clocks.get(&node).copied().unwrap_or_default();
        let passed = LocalSpan(tick.0.saturating_mul(u64::from(ticks)));
        ClockReading { wall: LocalTime(planned.offset_ns) + passed, error: planned.error, uptime: passed }
    }
}

/// How far a scheduled run is.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// The number of the next step, from 0.
    pub next: usize,
    /// What a node is to choose in the present step; `None` as nodes boot.
    pub answers: Option<Vec<u32>>,
    /// What nodes have chosen, where that is written down.
    pub chosen: Option<Vec<u32>>,
    /// How often each node's clock has gone on.
    pub ticks: Vec<u32>,
    /// The operations that clients have not been given yet, the next one last.
    pub commands: Vec<Command>,
    /// Why the run could not go on.
    pub stuck: Option<Stuck>,
}

impl Progress {
    pub fn new(plan: &Plan) -> Progress {
        let mut commands = plan.commands().unwrap_or_default();
        commands.reverse();
        Progress { next: 0, answers: None, chosen: None, ticks: vec![0; plan.cluster.len()], commands, stuck: None }
    }
}

impl<N: Node> World<N> {
    /// Why a scheduled run could not go on, where it could not.
    pub fn stuck(&self) -> Option<&Stuck> {
        self.progress.stuck.as_ref()
    }

    /// Takes the next step of the schedule.
    pub(super) fn step_by_schedule<S: Sink<N>>(&mut self, schedule: &Schedule, sink: &mut S) -> Option<Over> {
        let place = self.progress.next;
        let Some(step) = schedule.steps.get(place) else { return Some(Over::Scheduled) };
        self.progress.next += 1;
        match self.take_step(step, sink) {
            Ok(()) => None,
            Err(why) => {
                self.progress.stuck = Some(Stuck { step: place + 1, why });
                Some(Over::Stuck)
            }
        }
    }

    /// Does what a schedule says, or says why it cannot be done.
    pub(super) fn take_step<S: Sink<N>>(&mut self, step: &Step, sink: &mut S) -> Result<(), String> {
        self.begin_step(&step.answers);
        self.take(&step.choice, sink)
    }

    /// The next step begins, in which a node is to choose so.
    pub(super) fn begin_step(&mut self, answers: &[u32]) {
        self.now = self.now + BETWEEN_STEPS;
        self.progress.answers = Some(answers.to_vec());
    }

    fn take<S: Sink<N>>(&mut self, choice: &Choice, sink: &mut S) -> Result<(), String> {
        match choice {
            Choice::Deliver(letter) => {
                let parcel = self.held.remove(self.find(letter)?);
                self.arrive_at_process(parcel, sink);
            }
            Choice::Duplicate(letter) => {
                let parcel = self.held[self.find(letter)?].clone();
                self.arrive_at_process(parcel, sink);
            }
            Choice::Drop(letter) => {
                let parcel = self.held.remove(self.find(letter)?);
                self.lose(parcel, LossReason::Dropped, sink);
            }
            Choice::Expire(alarm) => {
                let slot = self.find_timer(alarm)?;
                self.fire_timer(alarm.node, slot, sink);
            }
            Choice::Synced(node, nth) => {
                let syncs = &self.processes[node.index()].disk.syncs;
                let sync = syncs.get(*nth as usize - 1).ok_or_else(|| match syncs.len() {
                    0 => format!("{} syncs nothing", self.name(*node)),
                    count => format!("{} has {count} syncs under way, and not {nth}", self.name(*node)),
                })?;
                let token = sync.token;
                self.sync_done(*node, token, sink);
            }
            Choice::Ask(client) => {
                self.up(*client)?;
                let mut left = self.progress.commands.iter();
                let place = left.rposition(|command| command.client == *client);
                let place = place.ok_or_else(|| format!("{} has no operation left", self.name(*client)))?;
                let command = self.progress.commands.remove(place);
                self.rules[command.rule].applied += 1;
                self.rules[command.rule].hit = Some(*client);
                self.operate(*client, command.operation, Some(command.rule), sink);
            }
            Choice::Crash(node, survive) => {
                self.up(*node)?;
                self.processes[node.index()].disk.survive = Some(u64::from(*survive));
                self.inflict(Fault::Crash(*node), None, false, sink);
            }
            Choice::Restart(node) => {
                if self.node(*node).is_some() {
                    return Err(format!("{} is not down", self.name(*node)));
                }
                self.inflict(Fault::Restart(*node), None, false, sink);
            }
            Choice::Tick(node) => {
                self.progress.ticks[node.index()] += 1;
                self.inflict(Fault::Mark, Some("tick"), false, sink);
            }
        }
        Ok(())
    }

    fn name(&self, node: NodeId) -> &str {
        self.plan.cluster.name(node)
    }

    fn up(&self, node: NodeId) -> Result<(), String> {
        match self.node(node) {
            Some(_) => Ok(()),
            None => Err(format!("{} is down", self.name(node))),
        }
    }

    /// The place of a message among those that are on their way.
    fn find(&self, letter: &Letter) -> Result<usize, String> {
        let Letter { kind, from, to, nth } = letter;
        let is_it =
            |parcel: &Parcel<N::Msg>| (parcel.from, parcel.to) == (*from, *to) && kind_of(&parcel.msg) == *kind;
        let mut found = self.held.iter().enumerate().filter(|(_, parcel)| is_it(parcel));
        let count = found.clone().count();
        found.nth(*nth as usize - 1).map(|(place, _)| place).ok_or_else(|| {
            let way = format!("from {} to {}", self.name(*from), self.name(*to));
            match count {
                0 => format!("no {kind} is on its way {way}"),
                _ => format!("{count} messages {kind} are on their way {way}, and not {nth}"),
            }
        })
    }

    fn find_timer(&self, alarm: &Alarm) -> Result<usize, String> {
        self.up(alarm.node)?;
        let timers = &self.processes[alarm.node.index()].timers;
        let slots = timers.set_in_order();
        let mut of_kind = slots.filter(|slot| kind_of(&timers.get(*slot).timer) == alarm.kind);
        let name = self.name(alarm.node);
        let nth = alarm.nth as usize;
        of_kind.nth(nth - 1).ok_or_else(|| match nth {
            1 => format!("{name} has set no timer {}", alarm.kind),
            _ => format!("{name} has not set {nth} timers {}", alarm.kind),
        })
    }
}
