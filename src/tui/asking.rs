//! Being asked: by the lesson, and by the tool itself where a person wants that.

use super::ask;
use super::model::Model;
use super::panels::{Panel, Standing};
use super::score::{Keeps, Score};
use super::update::go;
use super::{Question, Topic};
use crate::node::EventId;

/// The tool's own questions, and what is done with answers.
#[derive(Default)]
pub struct Asking<'a> {
    /// Whether nothing is asked at all.
    pub(super) is_off: bool,
    /// Whether the tool's own questions are put like a lesson's.
    pub(super) is_quiz: bool,
    /// Keeps scores; `None` where nobody does.
    pub(super) keeps: Option<Keeps<'a>>,
    /// The tool's own questions about this run, once they were wanted.
    own: Option<Vec<Question>>,
}

impl<'a> Asking<'a> {
    /// Whether nothing is asked at all; whether the tool's own questions are put like a lesson's; who keeps the scores.
    pub fn new(is_off: bool, is_quiz: bool, keeps: Keeps<'a>) -> Self {
        Asking { is_off, is_quiz, keeps: Some(keeps), own: None }
    }

    /// This is another run.
    pub fn forget(&mut self) {
        self.own = None;
    }
}

/// In a quiz all of the tool's own questions wait from the start.
pub fn begin(model: &mut Model) {
    if !model.asking.is_quiz || model.asking.is_off {
        return;
    }
    for question in own(model) {
        if question.before > model.cursor {
            model.quiz.add(question);
        }
    }
}

/// Puts the next of the tool's own questions, here or further on.
pub fn put_next(model: &mut Model) -> Result<String, String> {
    if model.asking.is_off {
        return Err("questions are off: --no-ask, or ask: false in config.ron".to_owned());
    }
    let cursor = model.cursor;
    let next = own(model).into_iter().find(|own| own.before > cursor && !model.quiz.has_put(own));
    let Some(next) = next else {
        // What waits is put, whoever asks it.
        let Some((_, before)) = model.quiz.waiting() else {
            return Err("there is nothing to ask from here on; Home and Q ask from the beginning".to_owned());
        };
        go(model, before.0);
        return Ok(String::new());
    };
    // Answered, it goes on to where the run shows it; what only the end shows is told, and the person stays.
    let last = model.events() - 1;
    let target = next.shown.filter(|shown| shown.0 < last).unwrap_or(next.before);
    model.quiz.add(next);
    go(model, target.0);
    Ok(String::new())
}

/// The tool's own questions about the run that is shown. They are made once, when they are wanted.
fn own(model: &mut Model) -> Vec<Question> {
    if model.asking.own.is_none() {
        let lesson: Vec<Question> = model.quiz.all().filter(|asked| asked.topic == Topic::Lesson).cloned().collect();
        model.asking.own = Some(ask::questions(model.trace(), model.knows_time(), &lesson));
    }
    model.asking.own.clone().unwrap_or_default()
}

/// Tells the answer, and hands out what was said.
pub fn tell(model: &mut Model, panel: &mut Panel, choice: Option<usize>, sure: Option<u8>) {
    panel.told = true;
    model.quiz.settle(panel.number, Standing::Answered(choice, sure));
    let by_hand = !model.branches.get(model.branches.here()).deeds.is_empty();
    let score = Score::of(model.quiz.get(panel.number), choice, sure).map(|score| Score { by_hand, ..score });
    if let (Some(score), Some(keeps)) = (score, &mut model.asking.keeps)
        && let Err(why) = keeps(score)
    {
        model.notice = Some(format!("the score is not kept yet: {why}"));
    }
}

impl Question {
    /// Whether an option is the answer. One from many seeds says more than its option: `sometimes: in 3 of 9 seeds`.
    pub fn is_right(&self, choice: usize) -> bool {
        let (Some(said), Some(answer)) = (self.options.get(choice), &self.answer) else { return false };
        answer == said || answer.strip_prefix(said.as_str()).is_some_and(|rest| rest.starts_with(": in "))
    }

    /// Where it is put: something must be there to be asked about.
    pub fn stands(mut self) -> Question {
        self.before = self.before.max(EventId(1));
        self
    }
}
