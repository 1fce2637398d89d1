//! What a story may tell: one line with its weight. The heaviest lines are told, the others counted.

use crate::node::{EventId, OperationId};

/// One thing worth telling.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    /// The event in whose order, and at whose instant, it is told.
    pub at: EventId,
    /// Whether the event's number stands at the right.
    pub named: bool,
    /// Whether the line begins with its instant.
    pub timed: bool,
    /// `*` progress, `!` a fault, `?` a question.
    pub mark: char,
    pub text: String,
    pub weight: u32,
    /// What it counts as where it is not told.
    pub class: &'static str,
    /// How many of that class it stands for.
    pub count: usize,
    /// The operation whose end this line tells.
    pub ends: Option<OperationId>,
    /// Lines that go with it: told only where it is told.
    pub below: Vec<String>,
}

impl Moment {
    pub fn new(at: EventId, weight: u32, class: &'static str, text: impl Into<String>) -> Self {
        Moment {
            at,
            named: true,
            timed: true,
            mark: ' ',
            text: text.into(),
            weight,
            class,
            count: 1,
            ends: None,
            below: Vec::new(),
        }
    }

    pub fn mark(self, mark: char) -> Self {
        Moment { mark, ..self }
    }

    pub fn unnamed(self) -> Self {
        Moment { named: false, ..self }
    }

    pub fn untimed(self) -> Self {
        Moment { timed: false, named: false, ..self }
    }

    pub fn ending(self, operation: OperationId) -> Self {
        Moment { ends: Some(operation), ..self }
    }

    pub fn counting(self, count: usize) -> Self {
        Moment { count, ..self }
    }
}
