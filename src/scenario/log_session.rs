//! The log of another system as a session. It has an order and nothing else: no true time, no state, no message.

use super::session::{Moment, NodePicture, Picture, Session};
use crate::kernel::{Over, RuleId};
use crate::node::{Badge, EventId, NodeId, SimTime};
use crate::trace::{Change, ForeignLog, LogMistake, STEPS, Step, Trace, Tree, why};

/// A log that can be walked through.
pub struct LogSession(Trace);

impl LogSession {
    /// The session of a log; refuses one with more hosts than a trace can number.
    pub fn new(log: &ForeignLog) -> Result<Self, LogMistake> {
        log.trace().map(LogSession)
    }
}

impl Session for LogSession {
    fn trace(&self) -> &Trace {
        &self.0
    }

    fn over(&self) -> Over {
        Over::Quiet
    }

    fn end(&self) -> SimTime {
        SimTime::ZERO
    }

    fn knows_time(&self) -> bool {
        false
    }

    fn digest(&self) -> Option<&str> {
        None
    }

    fn moments(&self) -> &[Moment] {
        &[]
    }

    fn applied(&self, _: RuleId) -> u32 {
        0
    }

    fn picture(&mut self, _: EventId) -> Picture {
        let node = |_| NodePicture {
            badge: Some(Badge::role("unknown")),
            paused: false,
            local: None,
            unsynced: 0,
            timers: Vec::new(),
        };
        Picture { time: SimTime::ZERO, nodes: self.0.cluster().ids().map(node).collect(), messages: Vec::new() }
    }

    fn state(&mut self, _: EventId, _: NodeId) -> Option<Tree> {
        Some(Tree::Word("unknown: a log tells no states".to_owned()))
    }

    fn changes(&mut self, _: EventId) -> Vec<Change> {
        Vec::new()
    }

    fn message(&mut self, _: EventId) -> Option<Tree> {
        None
    }

    fn why(&mut self, event: EventId) -> Vec<Step> {
        why(&self.0, event, STEPS, &mut ())
    }

    fn bytes(&self) -> usize {
        self.0.bytes()
    }
}
