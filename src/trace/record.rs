//! The compact record of each event.

use super::stamps::Stamps;
use crate::node::{Cluster, EventId, Fact, Fault, LocalTime, LossReason, NodeId, Operation, OperationId, SimTime};

/// What an event is, without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// A process started.
    Boot,
    /// A message arrived.
    Deliver,
    /// A timer fired.
    TimerFired,
    /// Writes became durable.
    SyncDone,
    /// A client was asked for something.
    Operation,
    /// A message left.
    Send,
    /// A message was lost.
    Lost,
    /// A node declared a fact.
    Fact,
    /// Something went wrong or was mended.
    Fault,
}

impl EventKind {
    /// Every kind, in order.
    pub const ALL: [EventKind; 9] = [
        EventKind::Boot,
        EventKind::Deliver,
        EventKind::TimerFired,
        EventKind::SyncDone,
        EventKind::Operation,
        EventKind::Send,
        EventKind::Lost,
        EventKind::Fact,
        EventKind::Fault,
    ];

    /// The kind in one lower-case word, as logs and searches write it.
    pub const fn name(self) -> &'static str {
        match self {
            EventKind::Boot => "boot",
            EventKind::Deliver => "deliver",
            EventKind::TimerFired => "timer",
            EventKind::SyncDone => "synced",
            EventKind::Operation => "operation",
            EventKind::Send => "send",
            EventKind::Lost => "lost",
            EventKind::Fact => "fact",
            EventKind::Fault => "fault",
        }
    }
}

/// No event, no node, or no name.
const NONE: u32 = u32::MAX;
const NOWHERE: u16 = u16::MAX;

/// One event, in 40 bytes.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    pub(super) time: u64,
    pub(super) local: i64,
    pub(super) cause: u32,
    /// The how-manieth event of its node this is, from 1; 0 for events of the network.
    pub(super) own: u32,
    pub(super) lamport: u32,
    /// By kind: incarnation, place in a side table, reason, or for a sending the event in which it ended.
    pub(super) detail: u32,
    pub(super) node: u16,
    pub(super) peer: u16,
    /// The place of the message's or timer's kind among the trace's names.
    pub(super) name: u16,
    pub(super) kind: EventKind,
}

impl Record {
    pub(super) fn new(kind: EventKind, time: SimTime, local: LocalTime) -> Self {
        Record {
            time: time.0,
            local: local.0,
            cause: NONE,
            own: 0,
            lamport: 0,
            detail: NONE,
            node: NOWHERE,
            peer: NOWHERE,
            name: NOWHERE,
            kind,
        }
    }

    pub(super) fn set_cause(&mut self, cause: Option<EventId>) {
        self.cause = cause.map_or(NONE, |id| id.0);
    }

    /// What the event is.
    pub fn kind(&self) -> EventKind {
        self.kind
    }

    /// When it happened, in truth.
    pub fn time(&self) -> SimTime {
        SimTime(self.time)
    }

    /// When it happened by its node's wall clock; zero for events of the network.
    pub fn local(&self) -> LocalTime {
        LocalTime(self.local)
    }

    /// Its Lamport stamp, from 1.
    pub fn lamport(&self) -> u32 {
        self.lamport
    }

    /// The how-manieth event of its node this is, from 1; 0 for events of the network.
    pub fn own(&self) -> u32 {
        self.own
    }

    /// The event that caused it, besides the one before it on its node.
    pub fn cause(&self) -> Option<EventId> {
        (self.cause != NONE).then_some(EventId(self.cause))
    }
}

/// A fault as it happened.
#[derive(Clone, Debug)]
pub struct FaultRecord {
    /// What.
    pub fault: Fault,
    /// Its label in the scenario.
    pub label: Option<String>,
    /// Whether this is the end of one that lasted.
    pub ends: bool,
    /// The event.
    pub event: EventId,
}

/// An operation as it was given to its client.
#[derive(Clone, Debug)]
pub struct OperationRecord {
    /// What was asked.
    pub operation: Operation,
    /// Its label in the scenario.
    pub label: Option<String>,
    /// The event.
    pub event: EventId,
}

/// A whole run, or as much of it as has happened.
#[derive(Clone, Debug)]
pub struct Trace {
    pub(super) cluster: Cluster,
    pub(super) records: Vec<Record>,
    /// The events of each node, in order.
    pub(super) by_node: Vec<Vec<u32>>,
    pub(super) stamps: Stamps,
    pub(super) facts: Vec<Fact>,
    pub(super) faults: Vec<FaultRecord>,
    pub(super) operations: Vec<OperationRecord>,
    pub(super) names: Vec<&'static str>,
}

impl Trace {
    /// A trace without events.
    pub fn new(cluster: Cluster) -> Self {
        Trace {
            records: Vec::new(),
            by_node: vec![Vec::new(); cluster.len()],
            stamps: Stamps::new(cluster.len()),
            facts: Vec::new(),
            faults: Vec::new(),
            operations: Vec::new(),
            names: Vec::new(),
            cluster,
        }
    }

    /// Who took part.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Every event's number, in order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = EventId> + use<> {
        (0..self.records.len() as u32).map(EventId)
    }

    /// An event's record. Panics where there is no such event.
    pub fn record(&self, id: EventId) -> &Record {
        &self.records[id.0 as usize]
    }

    /// An event's record, if there is such an event.
    pub fn get(&self, id: EventId) -> Option<&Record> {
        self.records.get(id.0 as usize)
    }

    /// The node at which an event happened; `None` for events of the network.
    pub fn node(&self, id: EventId) -> Option<NodeId> {
        self.place(self.record(id).node)
    }

    /// The node at the other end of a message's way: the receiver of a sending, the sender of an arrival or a loss.
    pub fn peer(&self, id: EventId) -> Option<NodeId> {
        self.place(self.record(id).peer)
    }

    fn place(&self, index: u16) -> Option<NodeId> {
        (index != NOWHERE).then(|| self.cluster.id(usize::from(index)))
    }

    /// The kinds of messages and timers that there are in it.
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// The kind of message or timer that an event is about; empty for others.
    pub fn name(&self, id: EventId) -> &'static str {
        self.names.get(usize::from(self.record(id).name)).copied().unwrap_or("")
    }

    /// The fact that an event declares.
    pub fn fact(&self, id: EventId) -> Option<&Fact> {
        self.detail(id, EventKind::Fact).map(|place| &self.facts[place])
    }

    /// The fault that an event is.
    pub fn fault(&self, id: EventId) -> Option<&FaultRecord> {
        self.detail(id, EventKind::Fault).map(|place| &self.faults[place])
    }

    /// The operation that an event gives to a client.
    pub fn operation(&self, id: EventId) -> Option<&OperationRecord> {
        self.detail(id, EventKind::Operation).map(|place| &self.operations[place])
    }

    /// Why a message was lost.
    pub fn loss(&self, id: EventId) -> Option<LossReason> {
        self.detail(id, EventKind::Lost).map(|place| LossReason::ALL[place])
    }

    /// How often the process had booted before this boot.
    pub fn incarnation(&self, id: EventId) -> Option<u32> {
        self.detail(id, EventKind::Boot).map(|place| place as u32)
    }

    /// The event in which a sending ended first: its arrival or its loss; `None` where it is still under way.
    pub fn end_of(&self, send: EventId) -> Option<EventId> {
        let record = self.record(send);
        (record.kind == EventKind::Send && record.detail != NONE).then_some(EventId(record.detail))
    }

    fn detail(&self, id: EventId, kind: EventKind) -> Option<usize> {
        let record = self.record(id);
        (record.kind == kind).then_some(record.detail as usize)
    }

    /// Every fault, in order.
    pub fn faults(&self) -> &[FaultRecord] {
        &self.faults
    }

    /// Every operation, in order.
    pub fn operations(&self) -> &[OperationRecord] {
        &self.operations
    }

    /// The operation of that number.
    pub fn operation_by_id(&self, id: OperationId) -> Option<&OperationRecord> {
        let place = self.operations.binary_search_by_key(&id, |record| record.operation.id);
        // Operations that waited at a paused client may have been given out of order.
        place
            .ok()
            .map(|place| &self.operations[place])
            .or_else(|| self.operations.iter().find(|record| record.operation.id == id))
    }

    /// Every fact with its event, in order.
    pub fn facts(&self) -> impl Iterator<Item = (EventId, NodeId, &Fact)> {
        self.ids().filter_map(|id| Some((id, self.node(id)?, self.fact(id)?)))
    }

    /// The events of a node, in order.
    pub fn events_of(&self, node: NodeId) -> impl DoubleEndedIterator<Item = EventId> + ExactSizeIterator + '_ {
        self.by_node[node.index()].iter().map(|&id| EventId(id))
    }

    /// The event before this one on the same node.
    pub fn previous(&self, id: EventId) -> Option<EventId> {
        let record = self.record(id);
        let place = (record.own as usize).checked_sub(2)?;
        Some(EventId(self.by_node[usize::from(record.node)][place]))
    }

    /// The event after this one on the same node.
    pub fn next(&self, id: EventId) -> Option<EventId> {
        let record = self.record(id);
        if record.own == 0 {
            return None;
        }
        self.by_node[usize::from(record.node)].get(record.own as usize).map(|&id| EventId(id))
    }

    /// The events that caused an event: the one before it on its node, and the one that triggered it.
    pub fn causes(&self, id: EventId) -> impl Iterator<Item = EventId> {
        let (previous, cause) = (self.previous(id), self.record(id).cause());
        previous.into_iter().chain(cause.filter(move |&cause| Some(cause) != previous))
    }

    /// The last event at or before an instant.
    pub fn at_time(&self, time: SimTime) -> Option<EventId> {
        let after = self.records.partition_point(|record| record.time <= time.0);
        after.checked_sub(1).map(|place| EventId(place as u32))
    }

    /// The event whose handler brought an event about: itself, or for a sending or a fact the event that caused it.
    /// A node's state after an event is its state after that handler.
    pub fn handler_of(&self, id: EventId) -> EventId {
        match self.record(id).kind {
            EventKind::Send | EventKind::Fact => self.record(id).cause().unwrap_or(id),
            _ => id,
        }
    }

    /// Vector stamps.
    pub fn stamps(&self) -> &Stamps {
        &self.stamps
    }

    /// How many bytes the trace takes: records, stamps and side tables.
    pub fn bytes(&self) -> usize {
        self.records.capacity() * size_of::<Record>()
            + self.by_node.iter().map(|events| events.capacity() * 4).sum::<usize>()
            + self.stamps.bytes()
            + self.facts.capacity() * size_of::<Fact>()
            + self.faults.capacity() * size_of::<FaultRecord>()
            + self.operations.capacity() * size_of::<OperationRecord>()
    }

    /// Gives back memory that was kept for growth.
    pub fn shrink(&mut self) {
        self.records.shrink_to_fit();
        self.by_node.iter_mut().for_each(Vec::shrink_to_fit);
        self.stamps.shrink();
        self.facts.shrink_to_fit();
        self.operations.shrink_to_fit();
    }
}
