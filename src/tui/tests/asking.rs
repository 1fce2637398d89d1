//! The tool's own questions: what they ask, and that the run answers as they say.

use super::*;
use crate::check::{Claim, Promise};
use crate::node::{EventId, Fact, Op, Outcome};
use crate::scenario::{Opened, Registry, Scenario, library};
use crate::trace::{EventKind, Lines, Trace};
use crate::tui::panels::{Mode, Standing};
use crate::tui::{Asking, Question, Score, Topic, ask};
use std::cell::RefCell;
use std::rc::Rc;

/// A built-in scenario's run. A variant stands after a colon.
fn opened(name: &str) -> (Scenario, Opened) {
    let (name, variant) = name.split_once(':').map_or((name, None), |(name, variant)| (name, Some(variant)));
    let text = library::find(name).unwrap_or_else(|| panic!("{name} is built in"));
    let scenario = Scenario::parse(name, text, variant).unwrap_or_else(|mistake| panic!("{mistake}"));
    let runner = Registry::standard().prepare(&scenario).unwrap_or_else(|mistake| panic!("{mistake}"));
    let opened = runner.open(scenario.plan.seed, Lines::None, &mut |_, _| true).unwrap();
    (scenario, opened)
}

fn asked(name: &str) -> (Opened, Vec<Question>) {
    let (_, opened) = opened(name);
    let questions = ask::questions(opened.session.trace(), true, &[]);
    (opened, questions)
}

fn of(questions: Vec<Question>, topic: Topic) -> Vec<Question> {
    let questions: Vec<Question> = questions.into_iter().filter(|question| question.topic == topic).collect();
    assert!(!questions.is_empty(), "nothing is asked about {}", topic.name());
    questions
}

#[test]
#[ignore = "to look at"]
fn every_question() {
    for (place, name) in library::names().enumerate() {
        let scenario = Scenario::parse(name, library::find(name).unwrap(), None).unwrap();
        if scenario.plan.until.0 > 20_000_000_000 { continue; }
        let start = std::time::Instant::now();
        let (opened, _) = (opened(name).1, 0);
        let made = start.elapsed();
        let start = std::time::Instant::now();
        let questions = ask::questions(opened.session.trace(), true, &[]);
        println!("== {place} {name} {} events, run {made:?} asked {:?}", opened.session.trace().len(), start.elapsed());
        for q in questions {
            println!("  {} {} -> {:?}: {}\n     {:?}\n     = {:?}; {}", q.topic.name(), q.before, q.shown, q.text, q.options, q.answer, q.because);
        }
    }
}
