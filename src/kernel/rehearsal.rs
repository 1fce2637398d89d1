//! A run written down as a list of what happened, and played again with parts of the list left out.
//!
//! A [`Schedule`] names a message by its kind and its place among those that are on their way, and it ends where a step
//! cannot happen. Of a list that is to be made shorter both would be in the way: with one step less the places of others
//! shift, and what followed from that step cannot happen. So a [`Script`] knows a message by what it says, and in a
//! rehearsal what cannot happen is passed over. What did happen is told as steps of a schedule.
//!
//! Nothing else of a run is needed: a lost message is one that never arrives, and so is one that a cut holds up; a node
//! that is paused, or slow, is one that nothing happens to for a while.

use super::plan::{Action, NodeSelector, Plan, Rule, Trigger};
use super::process::Parcel;
use super::schedule::{Alarm, Choice, Letter, Schedule, Step};
use super::world::World;
use crate::node::{Event, EventId, Fault, LocalSpan, Node, NodeId, Op, Retry, SimTime, Sink, What, digest, kind_of};
use serde::Serialize;
use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::Arc;

/// A run's order, to be played again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// What happened, in order.
    pub cues: Vec<Cue>,
    /// How far a node's clock goes on at each of its ticks.
    pub tick: LocalSpan,
    /// Whether a sync is done as soon as it is asked for.
    pub syncs_at_once: bool,
}

/// One thing that happened, and what the handler that it started has chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cue {
    /// What happened.
    pub act: Act,
    /// The answers to the node's `choose`, in order.
    pub answers: Vec<u32>,
    /// The event that it was in the run that was written down.
    pub event: EventId,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// A message arrived; where the second is true, a copy of it stayed on its way.
    Deliver(Known, bool),
    /// A timer fired.
    Expire(NodeId, String, u64),
    /// A sync was done; which of those under way, counted from 1.
    Synced(NodeId, u32),
    /// A client was asked for something.
    Ask(Question),
    /// A process died; of what it had not synced, the first so many writes survived.
    Crash(NodeId, u32),
    /// A process started again.
    Restart(NodeId),
    /// A node's clock went on.
    Tick(NodeId),
}

/// A message, by what it says; where none says that, by its kind and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Who sent it.
    pub from: NodeId,
    /// Who received it.
    pub to: NodeId,
    /// Its kind.
    pub kind: String,
    /// The digest of what it says.
    pub print: u64,
    /// How many of its kind had been sent after it on its link and not arrived. The last ones are those that an earlier
    /// change moves least.
    pub from_last: u32,
}

/// Something that a client is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The client.
    pub client: NodeId,
    /// What it is asked for.
    pub op: Op,
    /// How long it waits.
    pub timeout: Option<LocalSpan>,
    /// Whether it asks again meanwhile.
    pub retry: Retry,
}

/// What of a script has happened in a rehearsal: for each cue the step that it was, and how many events there were then.
pub type Taken = Vec<Option<(Step, u32)>>;

impl Act {
    /// The node at which it happens.
    pub fn node(&self) -> NodeId {
        match self {
            Act::Deliver(letter, _) => letter.to,
            Act::Expire(node, ..) | Act::Synced(node, _) | Act::Crash(node, _) => *node,
            Act::Restart(node) | Act::Tick(node) => *node,
            Act::Ask(question) => question.client,
        }
    }

    /// What a client is asked for, where that is what happens.
    pub fn question(&self) -> Option<&Question> {
        if let Act::Ask(question) = self { Some(question) } else { None }
    }

    /// The same among other nodes; `None` where one of its nodes is not among them.
    pub fn renamed(&self, name: &impl Fn(NodeId) -> Option<NodeId>) -> Option<Act> {
        Some(match self {
            Act::Deliver(letter, stays) => {
                let (from, to) = (name(letter.from)?, name(letter.to)?);
                Act::Deliver(Known { from, to, ..letter.clone() }, *stays)
            }
            Act::Expire(node, kind, print) => Act::Expire(name(*node)?, kind.clone(), *print),
            Act::Synced(node, nth) => Act::Synced(name(*node)?, *nth),
            Act::Ask(question) => Act::Ask(Question { client: name(question.client)?, ..question.clone() }),
            Act::Crash(node, survive) => Act::Crash(name(*node)?, *survive),
            Act::Restart(node) => Act::Restart(name(*node)?),
            Act::Tick(node) => Act::Tick(name(*node)?),
        })
    }
}

impl Script {
    /// A plan for a rehearsal: nothing happens by itself, and clients are asked for what stands in the script.
    pub fn plan(&self, plan: &Plan) -> Plan {
        let rule = |cue: &Cue| {
            let Act::Ask(Question { client, op, timeout, retry }) = &cue.act else { return None };
            let (by, op) = (NodeSelector::Node(*client), op.clone());
            let action = Action::Operation { by, op, fresh: false, timeout: *timeout, retry: *retry };
            Some(Rule { label: None, trigger: Trigger::At(SimTime::ZERO), after: None, lasting: None, action })
        };
        Plan {
            rules: self.cues.iter().filter_map(rule).collect(),
            keys: BTreeMap::new(),
            schedule: Some(Schedule { steps: Vec::new(), tick: self.tick, syncs_at_once: self.syncs_at_once }),
            ..plan.clone()
        }
    }
}

impl<N: Node> World<N> {
    /// Runs a plan and writes down what happens.
    pub fn written_down(plan: impl Into<Arc<Plan>>, config: N::Config) -> Script {
        let mut world = World::<N>::new(plan, config);
        let mut writer = Writer { cues: Vec::new(), way: BTreeMap::new(), arrived: BTreeMap::new() };
        world.progress.chosen = Some(Vec::new());
        loop {
            let first = writer.cues.len();
            world.progress.chosen.iter_mut().for_each(Vec::clear);
            let tick = world.next_tick();
            let over = world.step(&mut (&mut writer as &mut dyn Sink<N>));
            if let Some(node) = tick {
                let event = EventId(world.events() - 1);
                writer.cues.push(Cue { act: Act::Tick(node), answers: Vec::new(), event });
            }
            for cue in &mut writer.cues[first..] {
                match &mut cue.act {
                    Act::Synced(node, nth) => *nth = world.processes[node.index()].disk.ended as u32 + 1,
                    Act::Crash(node, survive) => *survive = world.processes[node.index()].disk.survived as u32,
                    _ => {}
                }
            }
            if let (Some(cue), Some(chosen)) = (writer.cues.get_mut(first), &world.progress.chosen) {
                cue.answers.clone_from(chosen);
            }
            if over.is_some() {
                break;
            }
        }
        let schedule = world.plan.schedule.as_ref();
        Script {
            cues: writer.cues,
            tick: schedule.map_or(LocalSpan::seconds(1), |schedule| schedule.tick),
            syncs_at_once: schedule.is_some_and(|schedule| schedule.syncs_at_once),
        }
    }

    /// The node whose clock a schedule has go on next.
    fn next_tick(&self) -> Option<NodeId> {
        let is_booted = self.processes.iter().all(|process| process.boots > 0);
        let step = self.plan.schedule.as_ref().filter(|_| is_booted)?.steps.get(self.progress.next)?;
        if let Choice::Tick(node) = step.choice { Some(node) } else { None }
    }

    /// Plays a script in a world whose plan is [`Script::plan`]. What cannot happen is passed over. Before each cue, and
    /// after the last, `look` sees the world.
    pub fn rehearse<S: Sink<N>>(&mut self, cues: &[Cue], sink: &mut S, look: &mut dyn FnMut(&Self)) -> Taken {
        self.run(sink);
        let (mut way, mut asked) = (Way::new(cues), 0);
        let mut taken = Vec::with_capacity(cues.len());
        for cue in cues {
            look(self);
            way.sent(&self.held);
            let step = match &cue.act {
                Act::Deliver(known, stays) => way.look_for(known).map(|(place, letter)| {
                    self.begin_step(&cue.answers);
                    let parcel = if *stays { self.held[place].clone() } else { self.held.remove(place) };
                    if !*stays {
                        way.letters.remove(place);
                    }
                    self.arrive_at_process(parcel, sink);
                    if *stays { Choice::Duplicate(letter) } else { Choice::Deliver(letter) }
                }),
                Act::Expire(node, kind, print) => self.look_for_timer(*node, kind, *print).map(Choice::Expire),
                Act::Synced(node, nth) => Some(Choice::Synced(*node, *nth)),
                Act::Ask(question) => Some(Choice::Ask(question.client)),
                Act::Crash(node, survive) => Some(Choice::Crash(*node, (*survive).min(self.unsynced(*node) as u32))),
                Act::Restart(node) => Some(Choice::Restart(*node)),
                Act::Tick(node) => Some(Choice::Tick(*node)),
            };
            let step = step.map(|choice| Step { choice, answers: cue.answers.clone() });
            let is_done = matches!(cue.act, Act::Deliver(..));
            let step = step.filter(|step| is_done || self.take_step(step, sink).is_ok());
            if let Act::Ask(_) = cue.act {
                // What could not be asked is never asked, and the client's next is the next of the script.
                self.progress.commands.retain(|command| step.is_some() || command.rule != asked);
                asked += 1;
            }
            let events = self.events();
            taken.push(step.map(|step| (step, events)));
        }
        look(self);
        taken
    }

    /// What may happen next of itself: messages, timers, syncs, restarts. Nothing that goes wrong, and no clocks.
    pub fn possible(&self) -> Vec<Act> {
        let known = |(place, parcel): (usize, &Parcel<N::Msg>)| {
            let Parcel { from, to, msg, .. } = parcel;
            let kind = kind_of(msg);
            let is_like =
                |other: &&Parcel<N::Msg>| (other.from, other.to) == (*from, *to) && kind_of(&other.msg) == kind;
            let from_last = self.held[place + 1..].iter().filter(is_like).count() as u32;
            Known { from: *from, to: *to, kind: kind.to_owned(), print: digest(msg), from_last }
        };
        let mut acts: Vec<Act> =
            self.held.iter().enumerate().map(|parcel| Act::Deliver(known(parcel), false)).collect();
        for node in self.plan.cluster.ids() {
            let process = &self.processes[node.index()];
            let timers = process.timers.set_in_order().map(|slot| &process.timers.get(slot).timer);
            acts.extend(timers.map(|timer| Act::Expire(node, kind_of(timer).to_owned(), digest(timer))));
            acts.extend((1..=process.disk.syncs.len()).map(|nth| Act::Synced(node, nth as u32)));
            if process.state.is_none() {
                acts.push(Act::Restart(node));
            }
        }
        acts
    }

    /// The timer of a node that reads so; where none does, its first of that kind.
    fn look_for_timer(&self, node: NodeId, kind: &str, print: u64) -> Option<Alarm> {
        let timers = &self.processes[node.index()].timers;
        let of_kind =
            timers.set_in_order().map(|slot| &timers.get(slot).timer).filter(|timer| kind_of(*timer) == kind);
        let prints: Vec<u64> = of_kind.map(digest).collect();
        let place = prints.iter().position(|other| *other == print).or((!prints.is_empty()).then_some(0))?;
        Some(Alarm { node, kind: kind.to_owned(), nth: place as u32 + 1 })
    }
}

/// The messages that are on their way, as a rehearsal looks for them.
struct Way {
    /// Each as it stands in [`World::held`].
    letters: Vec<Seen>,
    /// How many cues still want a message that says just this.
    wanted: BTreeMap<(NodeId, NodeId, u64), usize>,
}

struct Seen {
    from: NodeId,
    to: NodeId,
    print: u64,
    kind: &'static str,
}

impl Way {
    fn new(cues: &[Cue]) -> Self {
        let mut wanted = BTreeMap::new();
        for cue in cues {
            if let Act::Deliver(Known { from, to, print, .. }, _) = &cue.act {
                *wanted.entry((*from, *to, *print)).or_default() += 1;
            }
        }
        Way { letters: Vec::new(), wanted }
    }

    /// Takes note of what was sent: it stands at the end of what is on its way.
    fn sent<M: Serialize + Hash>(&mut self, held: &[Parcel<M>]) {
        let seen = |Parcel { from, to, msg, .. }: &Parcel<M>| Seen {
            from: *from,
            to: *to,
            print: digest(msg),
            kind: kind_of(msg),
        };
        self.letters.extend(held[self.letters.len()..].iter().map(seen));
    }

    /// The place of a message, and its name in a schedule. One that says the same; or one of its kind that no later cue
    /// wants for what it says.
    fn look_for(&mut self, known: &Known) -> Option<(usize, Letter)> {
        let Known { from, to, kind, print, from_last } = known;
        if let Some(count) = self.wanted.get_mut(&(*from, *to, *print)) {
            *count -= 1;
        }
        let on_link = |seen: &Seen| (seen.from, seen.to) == (*from, *to);
        let of_kind = |seen: &Seen| on_link(seen) && seen.kind == kind;
        let is_free =
            |seen: &Seen| self.wanted.get(&(seen.from, seen.to, seen.print)).is_none_or(|count| *count == 0);
        let same = self.letters.iter().position(|seen| seen.print == *print && on_link(seen));
        let place = same.or_else(|| {
            let others = self.letters.iter().enumerate().rev().filter(|(_, seen)| of_kind(seen) && is_free(seen));
            others.map(|(place, _)| place).take(*from_last as usize + 1).last()
        })?;
        let nth = self.letters[..=place].iter().filter(|seen| of_kind(seen)).count() as u32;
        (nth > 0).then(|| (place, Letter { kind: kind.clone(), from: *from, to: *to, nth }))
    }
}

/// Writes down what happens.
struct Writer {
    cues: Vec<Cue>,
    /// The messages on each link that have not arrived: the sending, and the kind.
    way: BTreeMap<(NodeId, NodeId), Vec<(EventId, &'static str)>>,
    /// Which cue the first arrival of a message is.
    arrived: BTreeMap<EventId, usize>,
}

impl Writer {
    fn arrival(&mut self, way: (NodeId, NodeId), send: Option<EventId>, kind: &'static str) -> u32 {
        let Some(send) = send else { return 0 };
        // A message that arrives twice stays on its way until it has arrived last.
        if let Some(earlier) = self.arrived.insert(send, self.cues.len())
            && let Act::Deliver(_, stays) = &mut self.cues[earlier].act
        {
            *stays = true;
        }
        let waiting = self.way.entry(way).or_default();
        let Some(place) = waiting.iter().rposition(|(id, _)| *id == send) else { return 0 };
        waiting.remove(place);
        waiting[place..].iter().filter(|(_, other)| *other == kind).count() as u32
    }
}

impl<N: Node> Sink<N> for Writer {
    fn event(&mut self, event: &Event<'_, N>) {
        let act = match (&event.what, event.node) {
            (What::Send { to, msg, .. }, Some(from)) => {
                return self.way.entry((from, *to)).or_default().push((event.id, kind_of(*msg)));
            }
            (What::Deliver { from, msg }, Some(to)) => {
                let kind = kind_of(*msg);
                let from_last = self.arrival((*from, to), event.cause, kind);
                let known = Known { from: *from, to, kind: kind.to_owned(), print: digest(*msg), from_last };
                Act::Deliver(known, false)
            }
            (What::TimerFired { timer }, Some(node)) => Act::Expire(node, kind_of(*timer).to_owned(), digest(*timer)),
            (What::SyncDone, Some(node)) => Act::Synced(node, 1),
            (What::Operation { operation, .. }, Some(client)) => Act::Ask(Question {
                client,
                op: operation.op.clone(),
                timeout: operation.timeout,
                retry: operation.retry,
            }),
            (What::Fault { fault: Fault::Crash(node), .. }, _) => Act::Crash(*node, 0),
            (What::Fault { fault: Fault::Restart(node), .. }, _) => Act::Restart(*node),
            _ => return,
        };
        self.cues.push(Cue { act, answers: Vec::new(), event: event.id });
    }
}
