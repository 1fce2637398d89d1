//! What is wrong with a student's protocol, told step by step: never more than the teacher lets it say.

use std::fmt;

/// How much a failing test says. The teacher sets it for an assignment, by the environment variable `PESSIMIST_HINTS`
/// that `.cargo/config.toml` of the student's crate sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hints {
    /// 1: the promise that was broken, and the story.
    #[default]
    Story,
    /// 2: and a question: which step is wrong first?
    Question,
    /// 3: and the causal story of the event at which it was seen.
    Why,
}

impl Hints {
    /// As the environment says; the least where it says nothing.
    pub fn from_environment() -> Self {
        match std::env::var("PESSIMIST_HINTS").as_deref().map(str::trim) {
            Ok("2") => Hints::Question,
            Ok("3") => Hints::Why,
            _ => Hints::Story,
        }
    }
}

/// A test's failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// Which run: `scenarios/lossy.ron, seed 17`.
    pub run: String,
    /// What went wrong, in one line.
    pub headline: String,
    /// What was promised, seen, or is to be done: a line each.
    pub details: Vec<String>,
    /// What the story is: the shortest that was found, or what happened in the run.
    pub told: String,
    /// The story's steps.
    pub story: Vec<String>,
    /// A question that leads on, where hints may be given.
    pub question: Option<String>,
    /// The causal story, where it may be told.
    pub why: Vec<String>,
    /// Commands that open the run.
    pub next: Vec<String>,
}

/// Lines of the story at the most: what fits on a screen with the rest.
const STORY: usize = 20;

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.run, self.headline)?;
        for detail in &self.details {
            writeln!(f, "  {detail}")?;
        }
        if !self.story.is_empty() {
            writeln!(f, "\n{}:", self.told)?;
            let passed = self.story.len().saturating_sub(STORY);
            if passed > 0 {
                writeln!(f, "   ..  {} steps before", passed + 1)?;
            }
            // The line that counts the others takes the room of one.
            let from = if passed > 0 { passed + 1 } else { 0 };
            for (place, step) in self.story.iter().enumerate().skip(from) {
                writeln!(f, "  {:>3}  {step}", place + 1)?;
            }
        }
        if let Some(question) = &self.question {
            writeln!(f, "\n{question}")?;
        }
        if !self.why.is_empty() {
            writeln!(f)?;
            self.why.iter().try_for_each(|line| writeln!(f, "  {line}"))?;
        }
        for (place, command) in self.next.iter().enumerate() {
            write!(f, "{}{command}", if place == 0 { "\nNEXT  " } else { "\n      " })?;
        }
        Ok(())
    }
}
