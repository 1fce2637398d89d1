use super::*;
use crate::explore::but::{Change, MessageWord};
use crate::node::EventId;
use crate::scenario::{Opened, Registry, Scenario};
use crate::trace::{Digest, Lines};

/// A Raft that loses messages, with faults that do not depend on who leads.
fn raft(seed: u64) -> Scenario {
    let text = r#"Scenario(title: "t", protocol: Raft(),
        cluster: {"replica": ["n1", "n2", "n3"], "client": ["c1"]},
        network: (delay: Uniform("1ms", "5ms"), loss: 0.02, duplicate: 0.02), until: "1s",
        workload: [(every: "60ms", by: "c1", op: Put("x", Fresh), timeout: "150ms")],
        faults: [(at: "500ms", do: Crash("n2"), lasting: "200ms")])"#;
    let mut scenario = Scenario::parse("raft.ron", text, None).unwrap_or_else(|why| panic!("{}", why.render(false)));
    scenario.set_seed(seed);
    scenario
}

fn run(scenario: &Scenario) -> (Opened, History) {
    let reader = Reader::default();
    let runner = Registry::standard().prepare(scenario).expect("it can be run");
    let lines = Lines::Json(Digest::default(), Box::new(reader.clone()));
    let opened = runner.open(scenario.plan.seed, lines, &mut |_, _| true).expect("it runs");
    (opened, reader.take())
}

/// What must be so of any two runs.
fn check(a: &History, b: &History) -> Difference {
    let difference = compare(a, b, 8);
    let [of_a, of_b] = &difference.sides;
    for (side, history) in [(of_a, a), (of_b, b)] {
        assert_eq!(difference.matched + side.own_events(), history.events.len());
        assert!(side.in_future < side.own_events().max(1) && side.telling.len() <= 8);
        assert!(side.telling.iter().all(|id| side.twins[*id as usize] == NONE));
    }
    for (id, twin) in of_a.twins.iter().enumerate().filter(|(_, twin)| **twin != NONE) {
        assert_eq!(of_b.twins[*twin as usize] as usize, id);
        assert_eq!(a.events[id].key, b.events[*twin as usize].key);
    }
    difference
}

#[test]
fn a_run_is_the_same_as_itself() {
    let (_, history) = run(&raft(1));
    let difference = check(&history, &history);
    assert_eq!((difference.matched, difference.at_same_instant), (history.events.len(), history.events.len()));
    assert!(difference.is_same_order() && difference.first_moved.is_none());
    assert!(history.events.len() > 200 && history.operations.len() > 5);
}

#[test]
fn two_seeds_differ_and_nothing_is_counted_twice() {
    let (_, a) = run(&raft(1));
    for seed in 2..6 {
        let (_, b) = run(&raft(seed));
        let (there, back) = (check(&a, &b), check(&b, &a));
        assert!(!there.is_same_order() && there.matched == back.matched);
        assert_eq!(there.sides[0].own, back.sides[1].own);
    }
}

/// The whole point of keyed draws: what one message less changes lies in the causal future of its arrival, and all else
/// happens at the very same instant.
#[test]
fn a_message_less_changes_nothing_but_its_causal_future() {
    let mut dropped = 0;
    for seed in 0..3 {
        let without = raft(seed);
        let (opened, a) = run(&without);
        let trace = opened.session.trace();
        let arrivals = trace.ids().filter(|id| trace.record(*id).kind() == EventKind::Deliver);
        for arrival in arrivals.step_by(17).collect::<Vec<EventId>>() {
            let entry = Change::Message(MessageWord::Drop, arrival).entry(trace).expect("it is a message");
            let (changed, b) = run(&without.with_faults(&[entry]).expect("it reads"));
            let difference = check(&a, &b);
            let sent = trace.record(arrival).cause().expect("it was sent");
            let first_arrival = trace.end_of(sent).expect("it arrived").0;
            assert_eq!(difference.same_before as u32, sent.0 + 1, "the drop itself is the first difference");
            assert_eq!(changed.session.trace().faults().len(), trace.faults().len() + 1);
            let future = future(&a, first_arrival);
            for (id, event) in a.events.iter().enumerate() {
                let is_outside = id as u32 != first_arrival && !future[id] && event.causes[0] != NONE;
                // Of a loss only the kind of message is known: one may be taken for another.
                if is_outside && event.kind != EventKind::Lost {
                    let twin = difference.sides[0].twins[id];
                    assert_ne!(twin, NONE, "seed {seed}, {arrival}: e{id} is missing");
                    assert_eq!(b.events[twin as usize].time, event.time, "seed {seed}, {arrival}: e{id}");
                }
            }
            dropped += 1;
        }
    }
    assert!(dropped > 20, "only {dropped} messages were dropped");
}

#[test]
fn operations_are_matched_by_what_is_asked() {
    let ended = |asked: &str, told: &str| {
        let (client, asked, told) = ("c1".to_owned(), asked.to_owned(), told.to_owned());
        Ended { client, asked, is_ok: told == "ok", told }
    };
    let of = |operations: &[Ended]| History { operations: operations.to_vec(), ..History::default() };
    let a = of(&[ended("x=1", "ok"), ended("get x", "ok: 1"), ended("get x", "UNKNOWN")]);
    let b = of(&[ended("get x", "ok: 1"), ended("x=1", "ok"), ended("get x", "ok: 1"), ended("y=2", "ok")]);
    let (alike, otherwise) = operations(&a, &b);
    assert_eq!(alike.into_iter().collect::<Vec<_>>(), [("ok".to_owned(), 1), ("ok: 1".to_owned(), 1)]);
    let expected =
        [[Some(ended("get x", "UNKNOWN")), Some(ended("get x", "ok: 1"))], [None, Some(ended("y=2", "ok"))]];
    assert_eq!(otherwise, expected);
}
