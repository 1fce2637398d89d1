//! A run that has happened, whatever its protocol: the one type-erased door to a world.
//!
//! A [`Session`] keeps the run's trace, and checkpoints of its world every few thousand events. What a node's state was,
//! what a message said and what changed at any event is had by running again from the checkpoint before it, which takes
//! a millisecond or two however long the run is.

use crate::kernel::{Fates, Over, Plan, RuleId, Stuck, World};
use crate::node::{Badge, Cluster, Event, EventId, LocalTime, Node, NodeId, SimTime, Sink, What, kind_of};
use crate::trace::{Again, Change, Lines, Recorder, STEPS, Step, Trace, Tree, changes, outline_of, why};
use serde::Serialize;
use std::sync::Arc;

/// Events between two checkpoints: our choice, some two milliseconds of running.
const CHECKPOINT_EVERY: u32 = 4096;

/// A finished run that can be looked at.
pub trait Session: Send {
    /// All events.
    fn trace(&self) -> &Trace;

    /// Why the run ended.
    fn over(&self) -> Over;

    /// What of a schedule could not happen, where the run ended at that.
    fn stuck(&self) -> Option<&Stuck> {
        None
    }

    /// The instant at which it ended.
    fn end(&self) -> SimTime;

    /// Whether true time is known: of a log of another system only the order is.
    fn knows_time(&self) -> bool {
        true
    }

    /// The digest of its event lines, where it was computed.
    fn digest(&self) -> Option<&str>;

    /// The questions that came up: number, instant, and the event before which each is put.
    fn moments(&self) -> &[Moment];

    /// How often a rule of the scenario applied.
    fn applied(&self, rule: RuleId) -> u32;

    /// Every node and every message on its way, as they were after an event and its effects.
    fn picture(&mut self, at: EventId) -> Picture;

    /// A node's state after an event and its effects in outline: of long sequences the ends. `None` while it is down.
    fn state(&mut self, at: EventId, node: NodeId) -> Option<Tree>;

    /// What the event, or the handler that brought it about, changed in the state of its node.
    fn changes(&mut self, at: EventId) -> Vec<Change>;

    /// What the message said that an event sent, delivered or lost, in outline.
    fn message(&mut self, at: EventId) -> Option<Tree>;

    /// The causal story of an event: its steps, the oldest first.
    fn why(&mut self, event: EventId) -> Vec<Step>;

    /// How many bytes the trace, the record of draws and the checkpoints' own tables take, as far as can be told.
    fn bytes(&self) -> usize;
}

impl<N: Node> Again for Run<N> {
    fn changes(&mut self, event: EventId) -> Vec<Change> {
        Session::changes(self, event)
    }

    fn message(&mut self, event: EventId) -> Option<Tree> {
        Session::message(self, event)
    }
}

/// A question that came up in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The question's number in the scenario.
    pub question: usize,
    /// When.
    pub time: SimTime,
    /// The event before which it is put.
    pub before: EventId,
}

/// A cluster at one moment.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The instant.
    pub time: SimTime,
    /// Every node in order.
    pub nodes: Vec<NodePicture>,
    /// Every message on its way, in the order of sending.
    pub messages: Vec<Flight>,
}

/// A node at one moment.
#[derive(Clone, Debug)]
pub struct NodePicture {
    /// Its role and term; `None` while it is down.
    pub badge: Option<Badge>,
    /// Whether it stands still.
    pub paused: bool,
    /// What its wall clock shows; `None` where that is not known.
    pub local: Option<LocalTime>,
    /// How many writes its disk has not made durable.
    pub unsynced: usize,
    /// Its timers that are set, by what they say or are called, and when they will fire as things stand; `None` where a
    /// schedule says when.
    pub timers: Vec<(String, Option<SimTime>)>,
}

/// A message on its way.
#[derive(Clone, Debug)]
pub struct Flight {
    /// Who sent it.
    pub from: NodeId,
    /// Who is to receive it.
    pub to: NodeId,
    /// The sending.
    pub send: EventId,
    /// When it arrives; `None` where it waits.
    pub due: Option<SimTime>,
}

/// A run of one type of node.
pub struct Run<N: Node> {
    trace: Arc<Trace>,
    moments: Vec<Moment>,
    over: Over,
    digest: Option<String>,
    /// The world at the end.
    last: World<N>,
    /// The first event of each step.
    steps: Vec<u32>,
    /// Worlds before a step, in order; the first is before the first.
    checkpoints: Vec<World<N>>,
    record: Arc<Fates>,
    /// The world after the step that was looked at last, and that step's place.
    here: World<N>,
    /// The world before that step.
    before: World<N>,
    place: usize,
}

impl<N: Node> Run<N> {
    /// Runs a plan to its end, with `also` watching beside the recorder.
    ///
    /// `progress` is called every few thousand events with their number and the true time; where it answers false, the
    /// run is interrupted and `None` is returned.
    pub fn new(
        plan: Arc<Plan>,
        config: N::Config,
        lines: Lines,
        also: &mut dyn Sink<N>,
        progress: &mut dyn FnMut(u32, SimTime) -> bool,
    ) -> Result<Option<Self>, std::io::Error> {
        let mut world = World::<N>::new(plan, config);
        world.keep_record();
        let mut recorder = Recorder::new(world.cluster().clone(), lines);
        let mut steps = Vec::new();
        let mut checkpoints = vec![world.checkpoint()];
        let over = loop {
            let first = world.events();
            if first - checkpoints.last().map_or(0, World::events) >= CHECKPOINT_EVERY {
                checkpoints.push(world.checkpoint());
                if !progress(first, world.now()) {
                    return Ok(None);
                }
            }
            let mut both = (&mut recorder, &mut *also);
            let over = world.step(&mut (&mut both as &mut dyn Sink<N>));
            if world.events() > first {
                steps.push(first);
            }
            if let Some(over) = over {
                break over;
            }
        };
        recorder.take_failure().map_or(Ok(()), Err)?;
        let digest = recorder.digest();
        let moment = |&(question, time, before)| Moment { question, time, before };
        let moments = recorder.moments.iter().map(moment).collect();
        let mut trace = recorder.trace;
        trace.shrink();
        steps.shrink_to_fit();
        let record = Arc::new(world.take_record());
        let mut run = Run {
            trace: Arc::new(trace),
            moments,
            over,
            digest,
            steps,
            record,
            here: checkpoints[0].clone(),
            before: checkpoints[0].clone(),
            place: usize::MAX,
            last: world.checkpoint(),
            checkpoints,
        };
        run.here.resume(&run.record);
        Ok(Some(run))
    }

    /// The place of the step that an event belongs to.
    fn step_of(&self, id: EventId) -> usize {
        self.steps.partition_point(|&first| first <= id.0).saturating_sub(1)
    }

    /// Brings `before` and `here` to the two sides of the step that an event belongs to.
    fn seek(&mut self, id: EventId, mut sink: &mut dyn Sink<N>) {
        let place = self.step_of(id);
        if place == self.place && !sink.watches() {
            return;
        }
        let first = self.steps[place];
        if place == self.place {
            self.here = self.before.clone();
        } else if self.here.events() > first || first - self.here.events() > CHECKPOINT_EVERY {
            let after = self.checkpoints.partition_point(|world| world.events() <= first);
            self.here = self.checkpoints[after - 1].clone();
            self.here.resume(&self.record);
        }
        while self.here.events() < first {
            self.here.step(&mut (&mut () as &mut dyn Sink<N>));
        }
        self.before = self.here.clone();
        self.place = place;
        while self.here.events() == first {
            self.here.step(&mut sink);
        }
    }
}

impl<N: Node> Session for Run<N> {
    fn trace(&self) -> &Trace {
        &self.trace
    }

    fn over(&self) -> Over {
        self.over
    }

    fn stuck(&self) -> Option<&Stuck> {
        self.last.stuck()
    }

    fn end(&self) -> SimTime {
        self.last.now()
    }

    fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    fn moments(&self) -> &[Moment] {
        &self.moments
    }

    fn applied(&self, rule: RuleId) -> u32 {
        self.last.applied(rule)
    }

    fn picture(&mut self, at: EventId) -> Picture {
        self.seek(at, &mut ());
        let world = &self.here;
        let cluster = world.cluster();
        let node = |id: NodeId| NodePicture {
            badge: world.node(id).map(Node::badge),
            paused: world.is_paused(id),
            local: Some(world.local_time(id)),
            unsynced: world.unsynced(id),
            timers: world.timers(id).into_iter().map(|(timer, due)| (timer_name(timer, cluster), due)).collect(),
        };
        let flight = |message: crate::kernel::InFlight<'_, N>| Flight {
            from: message.from,
            to: message.to,
            send: message.send,
            due: message.due,
        };
        Picture {
            time: world.now(),
            nodes: cluster.ids().map(node).collect(),
            messages: world.in_flight().into_iter().map(flight).collect(),
        }
    }

    fn state(&mut self, at: EventId, node: NodeId) -> Option<Tree> {
        self.seek(at, &mut ());
        self.here.node(node).map(|state| outline_of(state, self.here.cluster()))
    }

    fn changes(&mut self, at: EventId) -> Vec<Change> {
        let Some(node) = self.trace.node(at) else { return Vec::new() };
        self.seek(at, &mut ());
        match (self.before.node(node), self.here.node(node)) {
            (Some(before), Some(after)) => changes(before, after, self.here.cluster()),
            (None, None) => Vec::new(),
            (before, after) => {
                let told = |state: Option<&N>| Some(if state.is_some() { "up" } else { "down" }.to_owned());
                vec![Change { path: "process".to_owned(), before: told(before), after: told(after) }]
            }
        }
    }

    fn message(&mut self, at: EventId) -> Option<Tree> {
        if self.trace.name(at).is_empty() {
            // Nothing was said, and a step of many effects need not be run again to find that out.
            return None;
        }
        let mut catcher = Catcher { wanted: at, cluster: self.trace.cluster().clone(), message: None };
        self.seek(at, &mut catcher);
        catcher.message
    }

    fn why(&mut self, event: EventId) -> Vec<Step> {
        let trace = self.trace.clone();
        why(&trace, event, STEPS, self)
    }

    fn bytes(&self) -> usize {
        self.trace.bytes() + self.record.bytes() + self.steps.capacity() * 4
    }
}

/// What a timer says, or where it says nothing its name; empty where it has none.
fn timer_name<T: Serialize>(timer: &T, cluster: &Cluster) -> String {
    match outline_of(timer, cluster) {
        Tree::Struct(_, fields) if fields.is_empty() => kind_of(timer).trim_matches('-').to_owned(),
        said => said.to_string(),
    }
}

/// Catches what one event's message says.
struct Catcher {
    wanted: EventId,
    cluster: Cluster,
    message: Option<Tree>,
}

impl<N: Node> Sink<N> for Catcher {
    fn event(&mut self, event: &Event<'_, N>) {
        if event.id != self.wanted {
            return;
        }
        self.message = match event.what {
            What::Send { msg, .. } | What::Deliver { msg, .. } | What::Lost { msg, .. } => {
                Some(outline_of(msg, &self.cluster))
            }
            What::TimerFired { timer } => Some(outline_of(timer, &self.cluster)),
            _ => None,
        };
    }
}
