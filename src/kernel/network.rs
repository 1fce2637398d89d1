//! The network: what becomes of a message between its sending and its arrival.

use super::draw::{Key, derive_key};
use super::plan::{Link, MessageAction, OnCut, Order, Plan};
use super::process::{Parcel, Waiting};
use super::queue::Class;
use super::world::{Job, World, node_keys};
use crate::node::{EventId, Fault, LossReason, Node, NodeId, SimSpan, SimTime, Sink, What};

/// What of the network never changes in a run.
#[derive(Clone, Debug)]
pub struct Wiring {
    nodes: usize,
    /// The kinds of links that there are, and for each directed pair which it has.
    palette: Vec<Link>,
    kinds: Vec<u16>,
    /// The key for the draws of each directed pair.
    keys: Vec<Key>,
    pub timer_keys: Vec<Key>,
    pub disk_keys: Vec<Key>,
    pub choice_keys: Vec<Key>,
}

impl Wiring {
    pub fn new(plan: &Plan) -> Self {
        let names = plan.cluster.names();
        let mut wiring = Wiring {
            nodes: names.len(),
            palette: vec![plan.link.clone()],
            kinds: vec![0; names.len() * names.len()],
            keys: Vec::with_capacity(names.len() * names.len()),
            timer_keys: node_keys(plan, "timer"),
            disk_keys: node_keys(plan, "disk"),
            choice_keys: node_keys(plan, "choose"),
        };
        for from in names {
            for to in names {
                wiring.keys.push(derive_key(plan.seed, "link", &[from, to]));
            }
        }
        for (&(from, to), link) in &plan.links {
            let index = wiring.index(from, to);
            let kind = wiring.palette.iter().position(|other| other == link).unwrap_or_else(|| {
                wiring.palette.push(link.clone());
                wiring.palette.len() - 1
            });
            wiring.kinds[index] = kind as u16;
        }
        wiring
    }

    /// The place of a directed pair in tables of links.
    #[inline]
    pub fn index(&self, from: NodeId, to: NodeId) -> usize {
        from.index() * self.nodes + to.index()
    }

    #[inline]
    fn link(&self, index: usize) -> &Link {
        &self.palette[usize::from(self.kinds[index])]
    }
}

/// A message on its way.
#[derive(Clone, Copy, Debug)]
pub struct InFlight<'a, N: Node> {
    /// Who sent it.
    pub from: NodeId,
    /// Who is to receive it.
    pub to: NodeId,
    /// The message.
    pub msg: &'a N::Msg,
    /// The sending.
    pub send: EventId,
    /// When it arrives; `None` where it waits on a link or at its receiver.
    pub due: Option<SimTime>,
}

/// What of one directed link changes in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkState {
    /// How many faults cut it at present.
    pub cuts: u16,
    /// Whether it holds messages.
    pub holds: bool,
    /// How many messages of a million it loses, where a fault says so.
    pub loss_ppm: Option<u32>,
    /// How much longer each message takes.
    pub lag: SimSpan,
    /// When the last message so far arrives; for links that keep order.
    last_arrival: SimTime,
}

impl<N: Node> World<N> {
    /// A message leaves.
    #[inline]
    pub(super) fn send<S: Sink<N>>(&mut self, from: NodeId, to: NodeId, msg: N::Msg, cause: EventId, sink: &mut S) {
        let index = self.wiring.index(from, to);
        let state = self.links[index];
        let planned = self.wiring.link(index);
        let mut fate = match state.loss_ppm {
            None => self.chance.fate(planned, self.wiring.keys[index], &msg),
            Some(loss_ppm) => {
                let lossy = Link { loss_ppm, ..planned.clone() };
                self.chance.fate(&lossy, self.wiring.keys[index], &msg)
            }
        };
        if from == to {
            // What a process tells itself crosses no network.
            fate = super::chance::Fate { delay: SimSpan::ZERO, lost: false, copy: None };
        }
        let faults = if self.watch.messages { self.message_faults(from, to, &msg) } else { Vec::new() };
        let dropped = faults.iter().any(|(_, action)| *action == MessageAction::Drop);
        for (_, action) in &faults {
            match action {
                MessageAction::Delay(span) => fate.delay = fate.delay + *span,
                MessageAction::Arrive(span) => (fate.delay, fate.lost) = (*span, false),
                MessageAction::Duplicate => fate.copy = fate.copy.or(Some(fate.delay)),
                MessageAction::Drop => {}
            }
        }
        let arrival = self.arrival(index, fate.delay + state.lag);
        let waits = state.holds || state.cuts > 0 || self.plan.schedule.is_some();
        let due = (!fate.lost && !dropped && !waits).then_some(arrival);
        let id = self.emit(Some(from), Some(cause), What::Send { to, msg: &msg, due }, sink);
        for (rule, action) in faults {
            self.tell_message_fault(rule, &action, from, to, id, sink);
        }
        let parcel = Parcel { from, to, msg, send: id, lost: fate.lost };
        if dropped {
            self.lose(parcel, LossReason::Dropped, sink);
        } else if state.cuts > 0 && self.wiring.link(index).on_cut == OnCut::Drop {
            self.lose(parcel, LossReason::Cut, sink);
        } else if waits {
            self.held.push(parcel);
        } else {
            if let Some(delay) = fate.copy {
                let arrival = self.arrival(index, delay + state.lag);
                let copy = Parcel { lost: false, ..parcel.clone() };
                self.queue.add(arrival, Class::Ordinary, Job::Deliver(copy));
            }
            self.queue.add(arrival, Class::Ordinary, Job::Deliver(parcel));
        }
    }

    /// When a message that takes `span` arrives; on a link that keeps order not before the one ahead of it.
    #[inline]
    fn arrival(&mut self, index: usize, span: SimSpan) -> SimTime {
        let arrival = self.now + span;
        if self.wiring.link(index).order == Order::Any {
            return arrival;
        }
        let state = &mut self.links[index];
        state.last_arrival = state.last_arrival.max(arrival);
        state.last_arrival
    }

    /// A message comes to the end of its way, which may be cut by now.
    #[inline]
    pub(super) fn arrive<S: Sink<N>>(&mut self, parcel: Parcel<N::Msg>, sink: &mut S) {
        let index = self.wiring.index(parcel.from, parcel.to);
        let state = self.links[index];
        if parcel.lost {
            self.lose(parcel, LossReason::Chance, sink);
        } else if state.cuts > 0 && self.wiring.link(index).on_cut == OnCut::Drop {
            self.lose(parcel, LossReason::Cut, sink);
        } else if state.cuts > 0 || state.holds {
            self.held.push(parcel);
        } else {
            self.arrive_at_process(parcel, sink);
        }
    }

    /// A message is lost.
    pub(super) fn lose<S: Sink<N>>(&mut self, parcel: Parcel<N::Msg>, reason: LossReason, sink: &mut S) {
        let Parcel { from, to, msg, send, .. } = parcel;
        self.emit(None, Some(send), What::Lost { from, to, reason, msg: &msg }, sink);
    }

    /// Links carry again: what waited on them, and need wait no longer, arrives now, in the order in which it came.
    pub(super) fn let_go(&mut self, links: &[(NodeId, NodeId)]) {
        let (wiring, states, queue, now) = (&self.wiring, &self.links, &mut self.queue, self.now);
        let freed = |parcel: &Parcel<N::Msg>| {
            let state = states[wiring.index(parcel.from, parcel.to)];
            state.cuts == 0 && !state.holds && links.contains(&(parcel.from, parcel.to))
        };
        for parcel in std::mem::take(&mut self.held) {
            if freed(&parcel) {
                queue.add(now, Class::Ordinary, Job::Deliver(parcel));
            } else {
                self.held.push(parcel);
            }
        }
    }

    /// The messages on their way, in the order of their sending.
    pub fn in_flight(&self) -> Vec<InFlight<'_, N>> {
        let flying = self.queue.iter().filter_map(|(due, job)| match job {
            Job::Deliver(parcel) => Some((parcel, Some(due.time()))),
            _ => None,
        });
        let unread = self.processes.iter().flat_map(|process| {
            let waiting = process.waiting.iter().filter_map(|waiting| match waiting {
                Waiting::Message(parcel) => Some(parcel),
                _ => None,
            });
            process.inbox.iter().chain(waiting)
        });
        let waiting = self.held.iter().chain(unread).map(|parcel| (parcel, None));
        let mut messages: Vec<_> = flying
            .chain(waiting)
            .map(|(Parcel { from, to, msg, send, .. }, due)| InFlight { from: *from, to: *to, msg, send: *send, due })
            .collect();
        messages.sort_by_key(|message| (message.send, message.due));
        messages
    }

    fn tell_message_fault<S: Sink<N>>(
        &mut self,
        rule: usize,
        action: &MessageAction,
        from: NodeId,
        to: NodeId,
        send: EventId,
        sink: &mut S,
    ) {
        let fault = match *action {
            MessageAction::Drop => Fault::Drop(from, to),
            MessageAction::Delay(span) => Fault::Delay(from, to, span),
            MessageAction::Arrive(span) => Fault::Arrive(from, to, span),
            MessageAction::Duplicate => Fault::Duplicate(from, to),
        };
        let plan = self.plan.clone();
        let label = plan.rules[rule].name();
        self.emit(None, Some(send), What::Fault { fault: &fault, label, ends: false }, sink);
        self.fired(rule, None);
    }
}
