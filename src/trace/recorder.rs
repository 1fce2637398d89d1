//! A recorder watches a run and keeps its trace.

use super::line::{json_line, log_line};
use super::record::{EventKind, FaultRecord, OperationRecord, Record, Trace};
use crate::node::{Cluster, Event, Node, Sink, What, kind_of};
use std::io::Write;

/// The digest of a run: blake3 over its event lines.
#[derive(Clone, Debug, Default)]
pub struct Digest(blake3::Hasher);

impl Digest {
    /// Adds an event's line, without its line feed.
    pub fn add(&mut self, line: &str) {
        self.0.update(line.as_bytes());
        self.0.update(b"\n");
    }

    /// Sixteen hexadecimal digits.
    pub fn shown(&self) -> String {
        self.0.finalize().to_hex()[..16].to_owned()
    }
}

/// What is written of each event while the run goes on.
#[derive(Default)]
pub enum Lines {
    /// Nothing: neither lines nor a digest.
    #[default]
    None,
    /// The digest is computed.
    Digest(Digest),
    /// The digest is computed, and each event's JSON line is written.
    Json(Digest, Box<dyn Write>),
    /// The digest is computed, and each event's line for people is written.
    Log(Digest, Box<dyn Write>),
}

/// Keeps the trace of a run.
pub struct Recorder {
    /// The trace so far.
    pub trace: Trace,
    lines: Lines,
    line: String,
    failure: Option<std::io::Error>,
    /// The event of each question, by the question's number.
    pub moments: Vec<(usize, crate::node::SimTime, crate::node::EventId)>,
}

impl Recorder {
    /// A recorder before the first event.
    pub fn new(cluster: Cluster, lines: Lines) -> Self {
        Recorder { trace: Trace::new(cluster), lines, line: String::new(), failure: None, moments: Vec::new() }
    }

    /// The digest so far, where one is computed.
    pub fn digest(&self) -> Option<String> {
        match &self.lines {
            Lines::None => None,
            Lines::Digest(digest) | Lines::Json(digest, _) | Lines::Log(digest, _) => Some(digest.shown()),
        }
    }

    /// The first failure to write a line, if there was one; later lines were not written.
    pub fn take_failure(&mut self) -> Option<std::io::Error> {
        if let Lines::Json(_, out) | Lines::Log(_, out) = &mut self.lines
            && self.failure.is_none()
        {
            self.failure = out.flush().err();
        }
        self.failure.take()
    }

    fn name(&mut self, name: &'static str) -> u16 {
        let names = &mut self.trace.names;
        // Nearly always the very same text: texts are only compared where it is not.
        let known = names.iter().position(|known| std::ptr::eq(*known, name));
        let known = known.or_else(|| names.iter().position(|known| *known == name));
        let place = known.unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        });
        place as u16
    }

    /// What of an event is kept.
    #[inline]
    fn record<N: Node>(&mut self, event: &Event<'_, N>) -> Record {
        let kind = match event.what {
            What::Boot { .. } => EventKind::Boot,
            What::Deliver { .. } => EventKind::Deliver,
            What::TimerFired { .. } => EventKind::TimerFired,
            What::SyncDone => EventKind::SyncDone,
            What::Operation { .. } => EventKind::Operation,
            What::Send { .. } => EventKind::Send,
            What::Lost { .. } => EventKind::Lost,
            What::Fact(_) => EventKind::Fact,
            What::Fault { .. } => EventKind::Fault,
        };
        let mut record = Record::new(kind, event.time, event.local);
        match &event.what {
            What::Boot { incarnation, .. } => record.detail = *incarnation,
            What::Deliver { from, msg } => {
                (record.peer, record.name) = (from.index() as u16, self.name(kind_of(*msg)));
            }
            What::TimerFired { timer } => record.name = self.name(kind_of(*timer)),
            What::SyncDone => {}
            What::Operation { operation, label } => {
                record.detail = self.trace.operations.len() as u32;
                let (operation, label) = ((*operation).clone(), label.map(str::to_owned));
                self.trace.operations.push(OperationRecord { operation, label, event: event.id });
            }
            What::Send { to, msg, .. } => {
                (record.peer, record.name) = (to.index() as u16, self.name(kind_of(*msg)));
            }
            What::Lost { from, reason, msg, .. } => {
                (record.peer, record.name) = (from.index() as u16, self.name(kind_of(*msg)));
                record.detail = *reason as u32;
            }
            What::Fact(fact) => {
                record.detail = self.trace.facts.len() as u32;
                self.trace.facts.push((*fact).clone());
            }
            What::Fault { fault, label, ends } => {
                record.detail = self.trace.faults.len() as u32;
                let (fault, label) = ((*fault).clone(), label.map(str::to_owned));
                self.trace.faults.push(FaultRecord { fault, label, ends: *ends, event: event.id });
            }
        }
        record
    }

    /// Sets an event's place in the order of its node and its stamps.
    #[inline]
    fn stamp<N: Node>(&mut self, record: &mut Record, event: &Event<'_, N>) {
        record.set_cause(event.cause);
        let trace = &mut self.trace;
        let mut lamport = 0;
        if let Some(cause) = event.cause {
            let caused = &mut trace.records[cause.0 as usize];
            lamport = caused.lamport;
            if matches!(record.kind, EventKind::Deliver | EventKind::Lost) && caused.detail == u32::MAX {
                caused.detail = event.id.0;
            }
        }
        if let Some(node) = event.node {
            let node = node.index();
            record.node = node as u16;
            record.own = trace.stamps.count(node);
            if let Some(&last) = trace.by_node[node].last() {
                lamport = lamport.max(trace.records[last as usize].lamport);
            }
            trace.by_node[node].push(event.id.0);
            if record.kind == EventKind::Deliver {
                let sent = trace.records[record.cause as usize].own;
                trace.stamps.learn(node, record.own, usize::from(record.peer), sent);
            }
        }
        record.lamport = lamport + 1;
    }

    #[cold]
    fn write_line<N: Node>(&mut self, event: &Event<'_, N>) {
        self.line.clear();
        json_line(&self.trace, event, &mut self.line);
        let (digest, out) = match &mut self.lines {
            Lines::None => return,
            Lines::Digest(digest) => (digest, None),
            Lines::Json(digest, out) => (digest, Some(out)),
            Lines::Log(digest, out) => {
                digest.add(&self.line);
                self.line.clear();
                log_line(&self.trace, event, &mut self.line);
                self.line.push('\n');
                if self.failure.is_none() {
                    self.failure = out.write_all(self.line.as_bytes()).err();
                }
                return;
            }
        };
        digest.add(&self.line);
        if let Some(out) = out
            && self.failure.is_none()
        {
            self.line.push('\n');
            self.failure = out.write_all(self.line.as_bytes()).err();
        }
    }
}

impl<N: Node> Sink<N> for Recorder {
    #[inline]
    fn event(&mut self, event: &Event<'_, N>) {
        let mut record = self.record(event);
        self.stamp(&mut record, event);
        self.trace.records.push(record);
        if !matches!(self.lines, Lines::None) {
            self.write_line(event);
        }
    }

    fn moment(&mut self, number: usize, time: crate::node::SimTime, next: crate::node::EventId) {
        self.moments.push((number, time, next));
    }
}
