//! What a handler may ask of the world.

use super::{Cluster, Disk, Fact, LocalSpan, LocalTime, Node, NodeId};
use std::cell::Cell;
use std::ops::RangeInclusive;

/// What a handler asked for. Effects take place in the order in which they were asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect<N: Node> {
    /// Send a message.
    Send {
        /// Who is to receive it; the sender itself is allowed.
        to: NodeId,
        /// The message.
        msg: N::Msg,
    },
    /// Set or move a timer.
    SetTimer {
        /// Which.
        timer: N::Timer,
        /// How long from now, by this node's monotonic clock.
        after: LocalSpan,
    },
    /// Set or move a timer; the world draws when, from `least` to `most`.
    SetTimerBetween {
        /// Which.
        timer: N::Timer,
        /// The shortest span that may be drawn.
        least: LocalSpan,
        /// The longest.
        most: LocalSpan,
    },
    /// Stop a timer, if it is set.
    CancelTimer(N::Timer),
    /// Change the disk's cache.
    Write(<N::Disk as Disk>::Write),
    /// Bring the cache to the platter, and hold what follows until that is done.
    Sync,
    /// Declare a fact.
    Observe(Fact),
}

impl<N: Node> Effect<N> {
    /// The same effect, asked for by a node that wraps this one and speaks as it does.
    pub fn retyped<M: Node<Msg = N::Msg, Timer = N::Timer, Disk = N::Disk>>(self) -> Effect<M> {
        match self {
            Effect::Send { to, msg } => Effect::Send { to, msg },
            Effect::SetTimer { timer, after } => Effect::SetTimer { timer, after },
            Effect::SetTimerBetween { timer, least, most } => Effect::SetTimerBetween { timer, least, most },
            Effect::CancelTimer(timer) => Effect::CancelTimer(timer),
            Effect::Write(write) => Effect::Write(write),
            Effect::Sync => Effect::Sync,
            Effect::Observe(fact) => Effect::Observe(fact),
        }
    }
}

/// What a node's own clock shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockReading {
    /// The time of day, as this node believes it.
    pub wall: LocalTime,
    /// How far the clock claims to be off at the most.
    pub error: LocalSpan,
    /// How long this machine has been up, by its monotonic clock.
    pub uptime: LocalSpan,
}

/// A handler's one way to the world.
pub struct Ctx<'a, N: Node> {
    me: NodeId,
    cluster: &'a Cluster,
    clock: ClockReading,
    effects: &'a mut Vec<Effect<N>>,
    choose: &'a mut dyn FnMut(u32) -> u32,
    asked_time: Cell<bool>,
}

impl<'a, N: Node> Ctx<'a, N> {
    /// A context, for those who run nodes: the kernel and tests of single handlers.
    ///
    /// Effects are added to `effects`; `choose` answers [`Ctx::choose`] with a number below its argument.
    pub fn new(
        me: NodeId,
        cluster: &'a Cluster,
        clock: ClockReading,
        effects: &'a mut Vec<Effect<N>>,
        choose: &'a mut dyn FnMut(u32) -> u32,
    ) -> Self {
        Ctx { me, cluster, clock, effects, choose, asked_time: Cell::new(false) }
    }

    /// Runs `body` with a context for another node type on the same machine, and hands its effects to `adopt`.
    ///
    /// For a cluster of unlike nodes, and for wrappers that change what a node does.
    pub fn with<M: Node, R>(
        &mut self,
        body: impl FnOnce(&mut Ctx<M>) -> R,
        mut adopt: impl FnMut(&mut Ctx<N>, Effect<M>),
    ) -> R {
        let mut effects = Vec::new();
        let mut inner = Ctx::new(self.me, self.cluster, self.clock, &mut effects, &mut *self.choose);
        let result = body(&mut inner);
        let asked_time = inner.asked_time();
        self.asked_time.set(asked_time || self.asked_time());
        effects.into_iter().for_each(|effect| adopt(self, effect));
        result
    }

    /// This node.
    pub fn me(&self) -> NodeId {
        self.me
    }

    /// All nodes and their groups. Fixed for the run, and known to every node.
    pub fn cluster(&self) -> &'a Cluster {
        self.cluster
    }

    /// The nodes of this node's own group, itself among them, in order.
    pub fn peers(&self) -> &'a [NodeId] {
        &self.cluster.group_of(self.me).members
    }

    /// The other nodes of this node's own group, in order.
    pub fn others(&self) -> impl Iterator<Item = NodeId> + use<'a, N> {
        let me = self.me;
        self.peers().iter().copied().filter(move |&peer| peer != me)
    }

    /// The time of day by this node's own clock, which drifts and can step.
    pub fn now(&self) -> LocalTime {
        self.asked_time.set(true);
        self.clock.wall
    }

    /// The clock with its claimed error: true time lies between the two, if the claim is true.
    pub fn now_interval(&self) -> (LocalTime, LocalTime) {
        self.asked_time.set(true);
        (self.clock.wall - self.clock.error, self.clock.wall + self.clock.error)
    }

    /// How long this machine has been up by its monotonic clock, which drifts but never steps.
    pub fn uptime(&self) -> LocalSpan {
        self.asked_time.set(true);
        self.clock.uptime
    }

    /// Whether the handler has looked at a clock. For those who run nodes: where time stands still, that is worth a remark.
    pub fn asked_time(&self) -> bool {
        self.asked_time.get()
    }

    /// Sets a timer, or moves it where it is set, by the monotonic clock.
    pub fn set_timer(&mut self, timer: N::Timer, after: LocalSpan) {
        self.effects.push(Effect::SetTimer { timer, after });
    }

    /// Sets a timer to a span that the world draws; a search takes it to fire at any moment.
    pub fn set_timer_between(&mut self, timer: N::Timer, span: RangeInclusive<LocalSpan>) {
        let (least, most) = span.into_inner();
        self.effects.push(Effect::SetTimerBetween { timer, least, most });
    }

    /// Stops a timer, if it is set.
    pub fn cancel_timer(&mut self, timer: N::Timer) {
        self.effects.push(Effect::CancelTimer(timer));
    }

    /// Sends a message. It may be lost, delayed without bound, duplicated, or overtaken.
    pub fn send(&mut self, to: NodeId, msg: N::Msg) {
        self.effects.push(Effect::Send { to, msg });
    }

    /// Writes to the disk's cache: not durable before the next [`Ctx::sync`] is done.
    pub fn write(&mut self, write: <N::Disk as Disk>::Write) {
        self.effects.push(Effect::Write(write));
    }

    /// Makes all writes so far durable. Every later effect of this node, of later handlers too, waits until that is
    /// done; its state does not.
    pub fn sync(&mut self) {
        self.effects.push(Effect::Sync);
    }

    /// Declares a fact to checkers and people.
    pub fn observe(&mut self, fact: Fact) {
        self.effects.push(Effect::Observe(fact));
    }

    /// Asks for an effect as a value; for wrappers that change what a node does.
    pub fn effect(&mut self, effect: Effect<N>) {
        self.effects.push(effect);
    }

    /// A number below `bound`: seeded in a run, every one of them in a search. For choices of the protocol's logic;
    /// spans of timers are drawn by [`Ctx::set_timer_between`]. Panics where `bound` is zero.
    pub fn choose(&mut self, bound: u32) -> u32 {
        assert!(bound > 0, "choose(0): there is nothing to choose from");
        (self.choose)(bound)
    }
}
