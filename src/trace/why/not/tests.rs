//! What is missing, asked of whole runs.

use super::*;
use crate::node::Fact;
use crate::scenario::{Opened, Registry, Scenario, library};
use crate::trace::Lines;

/// A built-in scenario, run.
fn opened(name: &str, variant: Option<&str>) -> Opened {
    let scenario = Scenario::parse(name, library::find(name).unwrap(), variant).unwrap();
    let runner = Registry::standard().prepare(&scenario).unwrap();
    runner.open(scenario.plan.seed, Lines::None, &mut |_, _| true).unwrap()
}

fn asked(trace: &Trace, what: &str, at: EventId) -> Absence {
    let wanted = Wanted::parse(&[what.to_owned()], trace).unwrap();
    let absence = why_not(trace, &wanted, at);
    for line in why_not_lines(trace, &wanted, at, &absence) {
        assert!(line.len() <= COLUMNS && line.is_ascii(), "{line}");
    }
    absence
}

fn text(absence: &Absence) -> String {
    let rows = absence.found.iter().map(|row| format!("{} {}", row.head, row.text));
    rows.chain([absence.takes.clone()]).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_has_happened_is_said_to_have_and_one_event_earlier_it_is_not() {
    let crash = opened("raft/leader-crash", None);
    let trace = crash.session.trace();
    let mut high = 0;
    for (id, node, fact) in trace.facts() {
        let what = match fact {
            Fact::Committed { index, .. } if *index > high => {
                high = *index;
                format!("committed {index}")
            }
            Fact::BecameLeader { .. } => format!("leader {}", trace.cluster().name(node)),
            _ => continue,
        };
        assert_eq!(asked(trace, &what, id).happened, Some(id), "{what}");
        let before = asked(trace, &what, EventId(id.0 - 1));
        assert_eq!(before.happened, None, "{what}");
        assert!(!before.found.is_empty() && !before.takes.is_empty(), "{what}");
    }
    assert!(high > 10, "the run commits to entries");
}

#[test]
fn a_lost_answer_and_a_lost_request_are_told_apart() {
    let unknown = opened("start/silence-means-unknown", None);
    let trace = unknown.session.trace();
    let end = trace.ids().next_back().unwrap();
    let request = text(&asked(trace, "returned account+=20", end));
    assert!(request.contains("Request left c1 at 0.300; LOST: dropped by a fault, e14"), "{request}");
    assert!(!request.contains("took effect"), "{request}");
    let answer = text(&asked(trace, "returned account+=30", end));
    assert!(answer.contains("Reply left bank at 0.505; LOST: dropped by a fault, e25"), "{answer}");
    assert!(answer.contains("It took effect: bank applied it in e23"), "{answer}");
}

#[test]
fn what_is_held_back_names_what_it_waits_for() {
    let total = opened("broadcast/total-order", None);
    let end = total.session.trace().ids().next_back().unwrap();
    let waits = text(&asked(total.session.trace(), "delivered second a", end));
    assert!(waits.contains("has heard nothing of c that was sent since: c crashed in e21"), "{waits}");
    let causal = opened("broadcast/causal", Some("causal"));
    // b's answer has reached c, and the question has not.
    let waits = text(&asked(causal.session.trace(), "delivered Yes! c", EventId(18)));
    assert!(waits.contains("has not delivered \"Lunch?\" of a, which came before it"), "{waits}");
}

#[test]
fn copies_cut_off_are_named_with_the_cut() {
    let cut = opened("raft/majority-partition", None);
    let trace = cut.session.trace();
    let mut longest = 0;
    for (id, _, fact) in trace.facts() {
        longest = longest.max(match fact {
            Fact::Appended { index, .. } => *index,
            _ => 0,
        });
        let missing = asked(trace, &format!("committed {}", longest.max(1)), id);
        if missing.happened.is_none() && text(&missing).contains("LOST: CUT") {
            assert!(text(&missing).contains("are needed"), "{}", text(&missing));
            return;
        }
    }
    panic!("no copy was lost to the cut");
}

#[test]
fn an_old_terms_entry_is_not_committed_by_counting() {
    let old = opened("raft/figure-8", None);
    let trace = old.session.trace();
    let told = |(id, ..): (EventId, NodeId, &Fact)| text(&asked(trace, "committed 2", id)).contains("Figure 8");
    assert!(trace.facts().any(told), "a new leader copies an old term's entry");
}

#[test]
fn what_cannot_be_asked_is_refused_with_what_can() {
    let crash = opened("raft/leader-crash", None);
    let told = |words: &str| Wanted::parse(&[words.to_owned()], crash.session.trace()).unwrap_err();
    for (words, part) in [
        ("", "accepted: committed 5"),
        ("frobnicated", "accepted: committed 5"),
        ("committed", "accepted: committed 5"),
        ("committed 0", "counted from 1"),
        ("leader n9", "accepted: n1 n2 n3 n4 n5 c1"),
        ("delivered x", "nobody broadcasts or delivers"),
        ("returned zz", "accepted: x=1"),
    ] {
        assert!(told(words).contains(part), "{words}: {}", told(words));
    }
}
