//! What a run tells those who watch it. Not for protocols: a node has no path to an event.

use super::{Fact, Fault, LocalTime, Node, NodeId, Operation, SimTime};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The number of an event within its run, from 0. People write `e131`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub u32);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "e{}", self.0)
    }
}

/// One event, while it happens.
pub struct Event<'a, N: Node> {
    /// Its number.
    pub id: EventId,
    /// When, in truth.
    pub time: SimTime,
    /// Where; `None` for events of the network.
    pub node: Option<NodeId>,
    /// When, by the clock of that node; zero for events of the network.
    pub local: LocalTime,
    /// What caused it, besides the event before it on the same node.
    pub cause: Option<EventId>,
    /// What happened.
    pub what: What<'a, N>,
}

/// What an event is.
pub enum What<'a, N: Node> {
    /// A process starts, with what its disk holds.
    Boot {
        /// How often this node has started before.
        incarnation: u32,
        /// What the past left.
        disk: &'a N::Disk,
    },
    /// A message arrives. Its cause is the sending.
    Deliver {
        /// Who sent it.
        from: NodeId,
        /// The message.
        msg: &'a N::Msg,
    },
    /// A timer fires. Its cause is the event that set it.
    TimerFired {
        /// Which.
        timer: &'a N::Timer,
    },
    /// Writes are durable, or are said to be. Its cause is the event that asked for it.
    SyncDone,
    /// A client node is asked for something.
    Operation {
        /// What for.
        operation: &'a Operation,
        /// The operation's label in the scenario.
        label: Option<&'a str>,
    },
    /// A message leaves. Its cause is the event whose handler sent it.
    Send {
        /// Who is to receive it.
        to: NodeId,
        /// The message.
        msg: &'a N::Msg,
        /// When it will arrive, as far as is known now; `None` where it will not, or waits.
        due: Option<SimTime>,
    },
    /// A message is lost on its way. Its cause is the sending.
    Lost {
        /// Who sent it.
        from: NodeId,
        /// Who will not receive it.
        to: NodeId,
        /// Why.
        reason: LossReason,
        /// The message.
        msg: &'a N::Msg,
    },
    /// A node declares a fact. Its cause is the event whose handler observed it.
    Fact(&'a Fact),
    /// Something goes wrong or is mended.
    Fault {
        /// What, of which nodes and links.
        fault: &'a Fault,
        /// The fault's label in the scenario.
        label: Option<&'a str>,
        /// Whether this is the end of a fault that lasted.
        ends: bool,
    },
}

/// Why a message never arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LossReason {
    /// The link lost it, by chance.
    Chance,
    /// A fault dropped this very message.
    Dropped,
    /// The link was cut when it left or when it would have arrived.
    Cut,
    /// The receiver was down.
    Down,
    /// The receiver's inbox was full.
    Full,
}

impl LossReason {
    /// Every reason, in order.
    pub const ALL: [LossReason; 5] =
        [LossReason::Chance, LossReason::Dropped, LossReason::Cut, LossReason::Down, LossReason::Full];

    /// The reason in a few words.
    pub const fn describe(self) -> &'static str {
        match self {
            LossReason::Chance => "lost by chance",
            LossReason::Dropped => "dropped by a fault",
            LossReason::Cut => "the link is cut",
            LossReason::Down => "the receiver is down",
            LossReason::Full => "the receiver's inbox is full",
        }
    }
}

/// Someone who watches a run: a recorder, a checker, a writer of logs.
///
/// The kernel calls it for each event in order. `()` watches nothing and costs nothing. Whoever runs protocols of many
/// types hands in a `&mut dyn Sink<N>`, so that the kernel is compiled once for each protocol and not once for each watcher.
pub trait Sink<N: Node> {
    /// Whether events are wanted at all: where false, none is even put together.
    #[inline]
    fn watches(&self) -> bool {
        true
    }

    /// An event has happened.
    fn event(&mut self, event: &Event<'_, N>);

    /// A handler has run, for the event `id`: the node that it ran on and its state now, `None` after a crash.
    fn state(&mut self, _id: EventId, _node: NodeId, _state: Option<&N>) {}

    /// A moment that the scenario asked to be told of, after the event before `next`; `number` is the question's.
    fn moment(&mut self, _number: usize, _time: SimTime, _next: EventId) {}
}

impl<N: Node> Sink<N> for () {
    #[inline]
    fn watches(&self) -> bool {
        false
    }
    fn event(&mut self, _: &Event<'_, N>) {}
}

impl<N: Node, S: Sink<N> + ?Sized> Sink<N> for &mut S {
    #[inline]
    fn watches(&self) -> bool {
        (**self).watches()
    }
    fn event(&mut self, event: &Event<'_, N>) {
        (**self).event(event);
    }
    fn state(&mut self, id: EventId, node: NodeId, state: Option<&N>) {
        (**self).state(id, node, state);
    }
    fn moment(&mut self, number: usize, time: SimTime, next: EventId) {
        (**self).moment(number, time, next);
    }
}

/// Two who watch the same run.
impl<N: Node, A: Sink<N>, B: Sink<N>> Sink<N> for (A, B) {
    #[inline]
    fn watches(&self) -> bool {
        self.0.watches() || self.1.watches()
    }
    fn event(&mut self, event: &Event<'_, N>) {
        self.0.event(event);
        self.1.event(event);
    }
    fn state(&mut self, id: EventId, node: NodeId, state: Option<&N>) {
        self.0.state(id, node, state);
        self.1.state(id, node, state);
    }
    fn moment(&mut self, number: usize, time: SimTime, next: EventId) {
        self.0.moment(number, time, next);
        self.1.moment(number, time, next);
    }
}
