//! Explanations of the events of whole runs.

use super::*;
use crate::kernel::{Action, Law, NodeAction, NodeSelector, Plan};
use crate::node::{Cluster, DiskMode, FactKind, LocalSpan, Node, NodeId, SimSpan, SimTime};
use crate::protocols::raft;
use crate::scenario::{Run, Session};
use crate::trace::story::tests::{all, every, rule, run};
use crate::trace::{Lines, Telling, tell};
use std::sync::Arc;

fn text(trace: &Trace, event: EventId) -> String {
    why_lines(event, &why(trace, event, STEPS, &mut ())).join("\n")
}

#[test]
fn every_event_is_explained_from_a_root_on() {
    for (name, plan) in all() {
        let run = run(plan);
        let trace = run.trace();
        let survey = Survey::of(trace);
        let explainer = Explainer::new(&survey);
        for event in trace.ids() {
            let steps = explainer.steps(event, STEPS, &mut ());
            assert!((1..=STEPS).contains(&steps.len()), "{name} {event}: {}", steps.len());
            assert_eq!(steps.last().map(|step| step.event), Some(event), "{name}");
            let root = steps[0].event;
            let before = explainer.first(root);
            let started = before.is_none_or(|before| explainer.goes_without_saying(before, &[root]));
            assert!(started, "{name} {event}: {root} is no root");
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
    assert_eq!(why(run.trace(), EventId(u32::MAX), STEPS, &mut ()), []);
}

/// Three servers that crash all the time, and forget their votes.
fn forgetful(seed: u64) -> (Plan, <raft::Mutant as Node>::Config) {
    let names = vec!["n1", "n2", "n3"];
    let mut plan = Plan::new(Cluster::new([("replica", names)]).unwrap());
    (plan.seed, plan.until) = (seed, SimTime(3_000_000_000));
    let mut crash = rule("", every(31), None, Action::Node(NodeAction::Crash, NodeSelector::Random));
    crash.lasting = Some(Law::Uniform(SimSpan::millis(1), SimSpan::millis(9)));
    plan.rules = vec![crash];
    let raft = raft::Config {
        election: (LocalSpan::millis(30), LocalSpan::millis(33)),
        heartbeat: LocalSpan::millis(10),
        ..Default::default()
    };
    (plan, raft::mutants::Config { bug: raft::Bug::VoteNotPersisted, raft })
}

#[test]
fn two_leaders_of_one_term_are_explained_by_the_vote_that_was_forgotten() {
    let found = (0..400).find_map(|seed| {
        let (plan, config) = forgetful(seed);
        let run =
            Run::<raft::Mutant>::new(Arc::new(plan), config, Lines::None, &mut (), &mut |_, _| true).unwrap()?;
        let leaders: Vec<(EventId, NodeId, u64)> = run
            .trace()
            .facts()
            .filter(|(_, _, fact)| fact.kind() == FactKind::BecameLeader)
            .filter_map(|(id, node, fact)| Some((id, node, fact.term()?)))
            .collect();
        let (second, first) = leaders
            .iter()
            .find_map(|b| Some((*b, *leaders.iter().find(|a| a.2 == b.2 && a.1 != b.1 && a.0 < b.0)?)))?;
        Some((seed, run, first, second))
    });
    let (seed, run, first, second) = found.expect("the bug shows itself");
    let name = |node| run.trace().cluster().name(node).to_owned();
    let violation = Violation {
        name: "ElectionSafety".to_owned(),
        at: Some(second.0),
        headline: format!("two leaders in term {}", second.2),
        promised: "at most one leader a term (Raft, Figure 3)".to_owned(),
        seen: vec![
            format!("{} leads since {}", name(first.1), first.0),
            format!("{} leads since {}", name(second.1), second.0),
        ],
        picture: vec![],
        culprits: vec![first.0, second.0],
        insight: vec!["Majorities share a node; safety rests on its memory.".to_owned()],
        from_start: Vec::new(),
        next: vec![format!("pessimist view raft/forgotten-vote --seed {seed} --at {}", second.0)],
    };
    let lines = explain_violation(run.trace(), &violation);
    assert!(lines.iter().all(|line| line.len() <= COLUMNS && line.is_ascii()));
    assert!(lines.iter().any(|line| line.contains("promise dies here")), "{}", lines.join("\n"));
    insta::assert_snapshot!("forgotten-vote", lines.join("\n"));
    insta::assert_snapshot!("forgotten-vote-story", tell(run.trace(), &Telling::default()).join("\n"));
}

#[test]
fn a_disk_that_lies_about_a_vote_is_named() {
    let (plan, config) = forgetful(0);
    let voter = plan.cluster.find("n1").unwrap();
    let found = (0..400).find_map(|seed| {
        let plan = Plan { seed, ..plan.clone() };
        let run = Run::<raft::Mutant>::new(Arc::new(plan), config.clone(), Lines::None, &mut (), &mut |_, _| true)
            .unwrap()?;
        let survey = Survey::of(run.trace());
        let explainer = Explainer::new(&survey);
        let leaders: Vec<EventId> = survey.reigns.iter().map(|reign| reign.from).collect();
        let first = explainer.double_votes(&leaders).into_iter().find(|double| double.voter == voter)?.first;
        Some((run, leaders, first))
    });
    let (run, culprits, first) = found.expect("n1 votes twice in some seed");
    let from_start = vec![Fault::Disk(voter, DiskMode::Lies)];
    let survey = Survey::of(run.trace());
    let explainer = Explainer { from_start: &from_start, ..Explainer::new(&survey) };
    let doubles = explainer.double_votes(&culprits);
    let steps = explainer.steps_of_all(&culprits, &doubles);
    let step = steps.iter().find(|step| step.event == first).unwrap();
    assert!(step.words.ends_with(", syncs; its disk LIES \"done\""), "{step:?}");
    assert!(step.note.as_ref().is_some_and(|note| note.starts_with("fault ")), "{step:?}");
    assert!(steps.iter().all(|step| !step.words.ends_with(" boots")), "{steps:?}");
}
