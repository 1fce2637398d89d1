//! Explanations of the events of whole runs.

use super::*;
use crate::node::FactKind;
use crate::scenario::Session;
use crate::trace::story::tests::{all, run};

fn text(trace: &Trace, event: EventId) -> String {
    why_lines(event, &why(trace, event, STEPS)).join("\n")
}

#[test]
fn every_event_is_explained_from_a_root_on() {
    for (name, plan) in all() {
        let run = run(plan);
        let trace = run.trace();
        let survey = Survey::of(trace);
        let explainer = Explainer::new(&survey);
        for event in trace.ids() {
            let steps = explainer.steps(event, STEPS);
            assert!((1..=STEPS).contains(&steps.len()), "{name} {event}: {}", steps.len());
            assert_eq!(steps.last().map(|step| step.event), Some(event), "{name}");
            let root = steps[0].event;
            assert_eq!(explainer.first(root), None, "{name} {event}: {root} is no root");
            assert!(steps.is_sorted_by(|a, b| a.event < b.event), "{name} {event}");
            for line in why_lines(event, &steps) {
                assert!(line.len() <= COLUMNS && line.is_ascii(), "{name}: {line}");
            }
        }
    }
}

#[test]
fn golden() {
    for (name, plan) in all().into_iter().filter(|(name, _)| *name != "tiny") {
        let run = run(plan);
        let trace = run.trace();
        let mut told = String::new();
        let kinds = [
            FactKind::BecameLeader,
            FactKind::Committed,
            FactKind::Returned,
            FactKind::TimedOut,
            FactKind::BecameFollower,
            FactKind::Truncated,
            FactKind::Applied,
        ];
        for kind in kinds {
            let last = trace.facts().filter(|(_, _, fact)| fact.kind() == kind).last();
            if let Some((event, ..)) = last {
                told += &(text(trace, event) + "\n");
            }
        }
        insta::assert_snapshot!(name, told);
    }
}

#[test]
fn there_is_no_reason_for_what_never_happened() {
    let (_, plan) = all().swap_remove(5);
    let run = run(plan);
    assert_eq!(why(run.trace(), EventId(u32::MAX), STEPS), []);
}
