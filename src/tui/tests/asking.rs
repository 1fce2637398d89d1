//! The tool's own questions: what they ask, and that the run answers as they say.

use super::*;
use crate::check::Promise;
use crate::node::{EventId, Fact, Outcome};
use crate::scenario::{Opened, Registry, Scenario, library};
use crate::trace::{Lines, Trace};
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

/// The first event from one on that declares such a fact.
fn first(trace: &Trace, from: EventId, is: impl Fn(&Fact) -> bool) -> Option<EventId> {
    trace.facts().find(|(event, _, fact)| *event >= from && is(fact)).map(|(event, _, _)| event)
}

const ASKED: [&str; 12] = [
    "raft/happy-path",
    "raft/leader-crash",
    "raft/split-vote",
    "raft/minority-partition",
    "raft/stale-read",
    "raft/nemesis",
    "raft/paused-leader",
    "replication/abd",
    "replication/async-failover",
    "replication/chain-reconfigured",
    "time/skewed-writes",
    "broadcast/fifo",
];

/// Whatever is asked, its answer can be chosen, comes later, and is the same the next time.
#[test]
fn every_answer_is_an_option_and_is_shown_later() {
    for name in ASKED {
        let (opened, questions) = asked(name);
        let trace = opened.session.trace();
        assert!((1..=12).contains(&questions.len()), "{name}: {}", questions.len());
        assert_eq!(questions, ask::questions(trace, true, &[]), "{name}");
        assert!(questions.windows(2).all(|pair| pair[0].before < pair[1].before), "{name}");
        for question in &questions {
            assert!(question.options.contains(question.answer.as_ref().unwrap()), "{name}: {question:?}");
            let distinct: std::collections::BTreeSet<_> = question.options.iter().collect();
            assert_eq!(distinct.len(), question.options.len(), "{name}: {question:?}");
            assert!(question.options.len() <= crate::tui::panels::OPTIONS_AT_MOST);
            assert!(question.before.0 > 0 && question.before.0 < trace.len() as u32, "{name}: {question:?}");
            assert!(question.shown.is_none_or(|shown| shown >= question.before), "{name}: {question:?}");
        }
    }
}

#[test]
fn the_next_leader_is_whoever_leads_next() {
    for name in
        ["raft/happy-path", "raft/leader-crash", "raft/split-vote", "raft/nemesis", "replication/async-failover"]
    {
        let (opened, questions) = asked(name);
        let trace = opened.session.trace();
        let asked = questions.into_iter().filter(|question| question.topic == Topic::Leader);
        for question in asked {
            let next = first(trace, question.before, |fact| matches!(fact, Fact::BecameLeader { .. }));
            let leads = next.and_then(|event| trace.node(event)).map(|node| trace.cluster().name(node));
            assert_eq!(question.answer.as_deref(), leads.or(Some("nobody, in this run")), "{name}: {question:?}");
            assert!(next.is_none() || question.shown == next);
        }
    }
}

#[test]
fn an_entry_is_committed_if_it_is_applied() {
    for name in
        ["raft/happy-path", "raft/stale-read", "raft/minority-partition", "raft/paused-leader", "raft/nemesis"]
    {
        let (opened, questions) = asked(name);
        let trace = opened.session.trace();
        for question in of(questions, Topic::Committed) {
            let words: Vec<&str> = question.text.split([' ', ':']).collect();
            let after = |word: &str| words[words.iter().position(|other| *other == word).unwrap() + 1];
            let (index, term): (u64, u64) = (after("entry").parse().unwrap(), after("term").parse().unwrap());
            // The entry is known by its digest: so it is not taken for another one with the same operation.
            let digest = trace.facts().find_map(|(_, _, fact)| match fact {
                Fact::Appended { index: at, term: of, entry, .. } if (*at, *of) == (index, term) => Some(*entry),
                _ => None,
            });
            let is_applied = |fact: &Fact| matches!(fact, Fact::Applied { index: at, entry, .. } if *at == index && Some(*entry) == digest);
            let applied = first(trace, EventId(0), is_applied);
            let said = question.answer.as_deref().unwrap();
            assert_eq!(said == "yes", applied.is_some(), "{name}: {question:?}");
            assert!(applied.is_none_or(|event| event >= question.before), "{name}: {question:?}");
        }
    }
}

#[test]
fn a_read_returns_what_its_client_is_told() {
    for name in ["raft/stale-read", "replication/abd", "replication/async-failover", "time/skewed-writes"] {
        let (opened, questions) = asked(name);
        let trace = opened.session.trace();
        for question in of(questions, Topic::Read) {
            let read =
                trace.operation(EventId(question.before.0 - 1)).expect("it is put right after it was asked for");
            let told = trace.fact(question.shown.unwrap());
            let Some(Fact::Returned { operation, outcome: Outcome::Ok(value) }) = told else { panic!("{told:?}") };
            assert_eq!((*operation, Some(value.to_string())), (read.operation.id, question.answer), "{name}");
        }
    }
    let (_, questions) = asked("time/skewed-writes");
    assert!(of(questions, Topic::Read)[0].because.contains("That is stale: x=2"));
}

/// Whether one event leads to another, by a walk along the causes and not by stamps.
fn leads_to(trace: &Trace, from: EventId, to: EventId) -> bool {
    let (mut seen, mut open) = (std::collections::BTreeSet::new(), vec![to]);
    while let Some(event) = open.pop() {
        if event == from {
            return true;
        }
        if event > from && seen.insert(event) {
            open.extend(trace.causes(event));
        }
    }
    false
}

#[test]
fn events_are_concurrent_if_no_causes_lead_from_one_to_the_other() {
    let mut answers = std::collections::BTreeSet::new();
    for name in ["broadcast/fifo", "raft/happy-path", "raft/majority-partition", "time/skewed-writes"] {
        let (opened, questions) = asked(name);
        let trace = opened.session.trace();
        for question in of(questions, Topic::Concurrent) {
            let mut events = question.options[0].split(' ').filter_map(|word| word.strip_prefix('e')?.parse().ok());
            let (one, other) = (EventId(events.next().unwrap()), EventId(events.next().unwrap()));
            let expected = if leads_to(trace, one, other) { 0 } else { 2 };
            assert_eq!(question.answer.as_ref(), Some(&question.options[expected]), "{name}: {question:?}");
            assert!(one < other && other < question.before);
            // Where it is put, the marks beside the rows do not tell.
            let here = EventId(question.before.0 - 1);
            assert!(here != one && here != other && (!leads_to(trace, other, here) || leads_to(trace, one, here)));
            answers.insert(expected);
        }
    }
    assert_eq!(answers.len(), 2, "both answers come up");
}

#[test]
fn what_survives_is_what_the_judge_finds_durable() {
    for (name, expected) in [("raft/nemesis", "yes"), ("replication/async-failover", "no")] {
        let (opened, questions) = asked(name);
        assert_eq!(opened.judge.violation(Promise::AcksDurable).is_some(), expected == "no", "{name}");
        for question in of(questions, Topic::Survives) {
            assert_eq!(question.answer.as_deref(), Some(expected), "{name}: {question:?}");
        }
    }
}

/// A lesson that asks about the same stretch has the first word.
#[test]
fn a_lesson_is_not_spoilt() {
    let (opened, questions) = asked("raft/leader-crash");
    let lesson = runs::question("Who leads next?", opened.session.moments()[0].before);
    // What the crash brings, whoever asks: who leads next, what survives.
    let about = |questions: &[Question]| {
        let of_crash = |question: &&Question| question.text.to_lowercase().contains("crashes");
        questions.iter().filter(of_crash).count()
    };
    assert_eq!(about(&questions), 1);
    assert_eq!(about(&ask::questions(opened.session.trace(), true, &[lesson])), 0);
}

type Scores = Rc<RefCell<Vec<Score>>>;

fn happy(is_off: bool, is_quiz: bool) -> (Model<'static>, Scores) {
    let mut show = runs::show("raft/happy-path", library::find("raft/happy-path").unwrap());
    let scores = Scores::default();
    let kept = scores.clone();
    show.asking = Asking::new(
        is_off,
        is_quiz,
        Box::new(move |score| {
            kept.borrow_mut().push(score);
            Err("the disk is full".to_owned())
        }),
    );
    (sized(Model::new(show), 80, 24), scores)
}

#[test]
fn a_person_asks_to_be_asked() {
    let (mut model, scores) = happy(false, false);
    assert_eq!(model.limit(), model.events(), "nothing is asked unasked");
    keys(&mut model, "Q");
    let Mode::Question(panel) = model.mode.clone() else { panic!("{:?}", model.notice) };
    insta::assert_snapshot!("own_question_80", frame(&model));
    let question = model.quiz.get(panel.number).clone();
    assert_eq!((question.topic, model.limit()), (Topic::Leader, question.before.0));
    keys(&mut model, "15");
    insta::assert_snapshot!("own_question_told_80", frame(&model));
    assert_eq!(model.notice.as_deref(), Some("the score is not kept yet: the disk is full"));
    let score = scores.borrow()[0].clone();
    assert_eq!((score.said.as_str(), score.answer.as_str(), score.right), ("n1", "n3", false));
    assert_eq!((score.sure, score.topic, score.by_hand), (Some(100), Topic::Leader, false));
    // The run goes on to where it is shown.
    press(&mut model, KeyCode::Enter);
    assert_eq!((&model.mode, Some(model.cursor)), (&Mode::Run, question.shown));
    keys(&mut model, "Q");
    let Mode::Question(panel) = model.mode.clone() else { panic!("{:?}", model.notice) };
    assert!(model.quiz.get(panel.number).before > question.before);
    // It can be passed over, and is not asked again.
    press(&mut model, KeyCode::Esc);
    assert_eq!(model.quiz.standing(panel.number), Standing::Skipped);
    press(&mut model, KeyCode::End);
    keys(&mut model, "Q");
    assert!(model.notice.as_ref().is_some_and(|notice| notice.contains("nothing to ask from here on")));
    assert_eq!(scores.borrow().len(), 1);
}

#[test]
fn a_quiz_is_put_by_itself_and_no_ask_puts_nothing() {
    let (mut model, _) = happy(false, true);
    press(&mut model, KeyCode::End);
    assert!(matches!(model.mode, Mode::Question(_)));
    let (mut model, _) = happy(true, true);
    press(&mut model, KeyCode::End);
    assert_eq!(model.cursor.0, model.events() - 1);
    keys(&mut model, "Q");
    assert!(model.notice.as_ref().is_some_and(|notice| notice.contains("questions are off")));
}

/// `cargo test --release --lib asking -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
#[expect(clippy::disallowed_types, reason = "a person's time is measured")]
fn questions_about_a_million_events() {
    let text = include_str!("../../../tests/data/leader-crash.ron").replace("until: \"3s\"", "until: \"1600s\"");
    let show = runs::show("raft/long", &text);
    let start = std::time::Instant::now();
    let questions = ask::questions(show.session.trace(), true, &[]);
    println!("{} events: {} questions in {:?}", show.session.trace().len(), questions.len(), start.elapsed());
}
