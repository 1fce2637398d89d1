//! What a person's answers are worth: each is handed out to whoever keeps them.

use super::Question;
use crate::node::EventId;

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Whatever a lesson asks.
    Lesson,
    /// Who leads next.
    Leader,
    /// Whether an entry of a log is committed.
    Committed,
    /// What a read returns.
    Read,
    /// Whether of two events one happened before the other.
    Concurrent,
    /// Whether an acknowledged write survives.
    Survives,
}

impl Topic {
    /// Every topic, in the order in which they are told.
    pub const ALL: [Topic; 6] =
        [Topic::Lesson, Topic::Leader, Topic::Committed, Topic::Read, Topic::Concurrent, Topic::Survives];

    /// The topic in one word, as files and tables write it.
    pub const fn name(self) -> &'static str {
        match self {
            Topic::Lesson => "lesson",
            Topic::Leader => "leader",
            Topic::Committed => "committed",
            Topic::Read => "read",
            Topic::Concurrent => "concurrent",
            Topic::Survives => "survives",
        }
    }
}

/// An answer that was given, and what it was worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// What the question was about.
    pub topic: Topic,
    /// What was asked.
    pub question: String,
    /// The event before which it was asked.
    pub before: EventId,
    /// What the person said.
    pub said: String,
    /// What the run shows.
    pub answer: String,
    /// Whether that is the same.
    pub right: bool,
    /// How sure the person was, in per cent.
    pub sure: Option<u8>,
    /// Whether the run was changed by hand before: then nobody else sees the same.
    pub by_hand: bool,
}

/// Keeps scores; says why where it cannot.
pub type Keeps<'a> = Box<dyn FnMut(Score) -> Result<(), String> + 'a>;

impl Score {
    /// What an answer is worth; `None` where no option was chosen.
    pub fn of(question: &Question, choice: Option<usize>, sure: Option<u8>) -> Option<Score> {
        Some(Score {
            topic: question.topic,
            question: question.text.clone(),
            before: question.before,
            said: question.options.get(choice?)?.clone(),
            answer: question.answer.clone()?,
            right: question.is_right(choice?),
            sure,
            by_hand: false,
        })
    }
}
