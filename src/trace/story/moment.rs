//! What a story may tell: one line with its weight.

use crate::node::{EventId, OperationId};

/// One thing worth telling.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    /// The event in whose order, and at whose instant, it is told.
    pub at: EventId,
    /// Whether the event's number stands at the right.
    pub named: bool,
    /// What stands at the right instead.
    pub tag: Option<String>,
    /// Whether the line begins with its instant.
    pub timed: bool,
    /// `*` progress, `!` a fault, `?` a question.
    pub mark: char,
    pub text: String,
    /// What is said in its place where it is not read but heard.
    pub spoken: Option<String>,
    pub weight: u32,
    /// What kind of thing it is.
    pub class: &'static str,
    /// The operations whose ends this line tells.
    pub ends: Vec<OperationId>,
    /// Lines that go with it.
    pub below: Vec<String>,
    /// Further lines that are told where there is room.
    pub aside: Vec<String>,
}

impl Moment {
    pub fn new(at: EventId, weight: u32, class: &'static str, text: impl Into<String>) -> Self {
        Moment {
            at,
            named: true,
            tag: None,
            timed: true,
            mark: ' ',
            text: text.into(),
            spoken: None,
            weight,
            class,
            ends: Vec::new(),
            below: Vec::new(),
            aside: Vec::new(),
        }
    }

    pub fn mark(self, mark: char) -> Self {
        Moment { mark, ..self }
    }

    pub fn spoken(self, spoken: String) -> Self {
        Moment { spoken: Some(spoken), ..self }
    }

    pub fn unnamed(self) -> Self {
        Moment { named: false, ..self }
    }

    pub fn untimed(self) -> Self {
        Moment { timed: false, named: false, ..self }
    }

    pub fn ending(mut self, operations: impl IntoIterator<Item = OperationId>) -> Self {
        self.ends.extend(operations);
        self
    }
}
