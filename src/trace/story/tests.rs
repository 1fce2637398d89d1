//! Stories of whole runs.

use super::*;
use crate::kernel::{
    Action, Law, LinkAction, LinkSelector, NodeAction, NodeSelector, Order, Pattern, Plan, Rule, Trigger,
};
use crate::node::{ClockChange, Cluster, Datum, DiskMode, FactKind, LocalSpan, Node, Op, Retry, SimSpan};
use crate::protocols::{postcards, raft, single_server, two_generals};
use crate::scenario::{Run, Scenario, Session};
use crate::trace::Lines;
use std::sync::Arc;

pub(in crate::trace) fn rule(label: &str, trigger: Trigger, after: Option<Law>, action: Action) -> Rule {
    let label = (!label.is_empty()).then(|| label.to_owned());
    Rule { label, trigger, after, lasting: None, action }
}

pub(in crate::trace) fn every(ms: u64) -> Trigger {
    let gap = Law::Constant(SimSpan::millis(ms));
    Trigger::Every { gap, from: SimTime(0), until: SimTime(u64::MAX), times: u32::MAX }
}

pub(in crate::trace) fn at(ms: u64) -> Trigger {
    Trigger::At(SimTime(ms * 1_000_000))
}

fn cluster(replicas: usize) -> Cluster {
    let names: Vec<String> = (1..=replicas).map(|place| format!("n{place}")).collect();
    Cluster::new([("replica", names), ("client", vec!["c1".to_owned()])]).unwrap()
}

fn plan(replicas: usize, seed: u64, end_ms: u64) -> Plan {
    let mut plan = Plan::new(cluster(replicas));
    (plan.seed, plan.until, plan.link.order) = (seed, SimTime(end_ms * 1_000_000), Order::Fifo);
    plan
}

fn put(plan: &Plan, key: &str, value: Option<i64>, retry: Retry) -> Action {
    Action::Operation {
        by: NodeSelector::Node(plan.cluster.find("c1").unwrap()),
        op: Op::Put(key.into(), value.map_or(Datum::Absent, Datum::Int)),
        fresh: value.is_none(),
        timeout: Some(LocalSpan::millis(100)),
        retry,
    }
}

fn leader_crash(seed: u64) -> Plan {
    let mut plan = plan(5, seed, 3000);
    let uniform = Law::Uniform(SimSpan::millis(1), SimSpan::millis(12));
    let on = |pattern| Trigger::On { pattern, nth: 1, times: 1 };
    plan.rules = vec![
        rule("", every(100), None, put(&plan, "x", None, Retry::Never)),
        rule("last", at(990), None, put(&plan, "y", Some(7), Retry::Never)),
        rule(
            "silence",
            on(Pattern::Invoked(1)),
            Some(uniform),
            Action::Node(NodeAction::Crash, NodeSelector::Leader),
        ),
        rule(
            "return",
            on(Pattern::Fired(2)),
            Some(Law::Constant(SimSpan::seconds(1))),
            Action::Node(NodeAction::Restart, NodeSelector::Same(2)),
        ),
    ];
    plan
}

fn partition(seed: u64) -> Plan {
    let mut plan = plan(5, seed, 3000);
    let sides = LinkSelector::MinorityWith(NodeSelector::Leader);
    plan.rules = vec![
        rule("", every(70), None, put(&plan, "x", None, Retry::UntilTimeout)),
        rule("split", at(1000), None, Action::Link(LinkAction::Cut, sides)),
        rule("mended", at(2000), None, Action::Link(LinkAction::Heal, LinkSelector::All)),
    ];
    plan
}

fn lossy(seed: u64) -> Plan {
    let mut plan = plan(5, seed, 2000);
    (plan.link.loss_ppm, plan.link.duplicate_ppm, plan.link.reorder_ppm) = (150_000, 50_000, 50_000);
    plan.link.order = Order::Any;
    plan.rules = vec![rule("", every(50), None, put(&plan, "x", None, Retry::UntilTimeout))];
    plan
}

fn tiny(seed: u64) -> Plan {
    plan(3, seed, 180)
}

fn nemesis(seed: u64) -> Plan {
    let mut plan = plan(5, seed, 10_000);
    let law = |ms| Some(Law::Uniform(SimSpan::millis(100), SimSpan::millis(ms)));
    let mut crash = rule("", every(900), law(800), Action::Node(NodeAction::Crash, NodeSelector::Random));
    crash.lasting = law(700);
    let mut cut = rule("", every(1300), law(900), Action::Link(LinkAction::Cut, LinkSelector::RandomSides));
    cut.lasting = law(600);
    let mut pause = rule("", every(2100), law(900), Action::Node(NodeAction::Pause, NodeSelector::Leader));
    pause.lasting = law(600);
    plan.rules = vec![rule("", every(40), None, put(&plan, "x", None, Retry::UntilTimeout)), crash, cut, pause];
    plan
}

pub(in crate::trace) fn run(plan: Plan) -> Run<raft::Raft> {
    let lines = Lines::Digest(Default::default());
    Run::new(Arc::new(plan), Default::default(), lines, &mut (), &mut |_, _| true).unwrap().unwrap()
}

pub(in crate::trace) fn all() -> Vec<(&'static str, Plan)> {
    vec![
        ("leader-crash-42", leader_crash(42)),
        ("leader-crash-7", leader_crash(7)),
        ("leader-crash-3", leader_crash(3)),
        ("partition", partition(5)),
        ("lossy", lossy(1)),
        ("tiny", tiny(1)),
        ("nemesis", nemesis(9)),
    ]
}

pub(in crate::trace) fn telling(name: &str, run: &dyn Session) -> Telling {
    Telling {
        name: format!("raft/{}", name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-')),
        title: "A run for a test".to_owned(),
        seed: 42,
        setting: "n1..n5, client c1; delay 1-5 ms, no loss; election timeout 150-300 ms".to_owned(),
        end: run.end(),
        verdicts: vec![(Standing::Held, "RaftSafety".to_owned())],
        digest: run.digest().map(str::to_owned),
        next: vec![format!("pessimist view raft/{name} --seed 42 --at e683")],
        ..Telling::default()
    }
}

fn question(run: &dyn Session, answered: Option<&str>) -> Vec<Asked> {
    let silence = run.trace().faults()[0].event;
    let won = run.trace().facts().find(|(id, _, fact)| *id > silence && fact.kind() == FactKind::BecameLeader);
    let (shown, leader, _) = won.unwrap();
    vec![Asked {
        before: EventId(silence.0 + 1),
        time: run.trace().record(silence).time(),
        text: "Who leads next?".to_owned(),
        options: ["n1", "n2", "n3", "n4", "n5"].map(str::to_owned).to_vec(),
        answered: answered.map(str::to_owned),
        answer: Some(run.trace().cluster().name(leader).to_owned()),
        shown: Some(shown),
        because: "Whoever's random timeout ended first: nothing before tells you.".to_owned(),
    }]
}

/// A built-in scenario, run.
fn scenario<N: Node>(name: &str, text: &str) -> (Scenario, Run<N>)
where
    N::Config: serde::de::DeserializeOwned,
{
    let scenario = Scenario::parse(name, text, None).unwrap_or_else(|error| panic!("{error}"));
    let config = scenario.protocol.config(&scenario).unwrap();
    let lines = Lines::Digest(Default::default());
    let run = Run::new(Arc::new(scenario.plan.clone()), config, lines, &mut (), &mut |_, _| true).unwrap().unwrap();
    (scenario, run)
}

fn start<N: Node>(name: &str, text: &str)
where
    N::Config: serde::de::DeserializeOwned,
{
    let (scenario, run) = scenario::<N>(name, text);
    let mut telling = telling(name, &run);
    (telling.name, telling.title, telling.seed) = (name.to_owned(), scenario.title.clone(), scenario.plan.seed);
    (telling.setting, telling.verdicts) = (String::new(), Vec::new());
    let asked = |moment: &crate::scenario::Moment| {
        let question = &scenario.questions[moment.question];
        Asked {
            before: moment.before,
            time: moment.time,
            text: question.text().to_owned(),
            options: ["yes", "no"].map(str::to_owned).to_vec(),
            answered: None,
            answer: Some(if question.text().contains("30") { "yes" } else { "no" }.to_owned()),
            shown: None,
            because: question.because().unwrap_or("").to_owned(),
        }
    };
    telling.questions = run.moments().iter().map(asked).collect();
    let lines = tell(run.trace(), &telling);
    insta::assert_snapshot!(name.replace('/', "-"), lines.join("\n"));
    well_formed(&lines, run.trace());
}

#[test]
fn the_first_scenarios() {
    start::<postcards::Postcards>("start/no-shared-now", include_str!("../../../scenarios/start/no-shared-now.ron"));
    start::<single_server::SingleServer>(
        "start/silence-means-unknown",
        include_str!("../../../scenarios/start/silence-means-unknown.ron"),
    );
    start::<two_generals::General>("start/two-generals", include_str!("../../../scenarios/start/two-generals.ron"));
}

#[test]
fn golden() {
    for (name, plan) in all() {
        let run = run(plan);
        let mut telling = telling(name, &run);
        match name {
            "leader-crash-42" => telling.questions = question(&run, Some("n5, 40% sure")),
            "leader-crash-7" => telling.questions = question(&run, None),
            _ => {}
        }
        insta::assert_snapshot!(name, tell(run.trace(), &telling).join("\n"));
    }
}

/// The numbers in square brackets.
fn bracketed(lines: &[String]) -> usize {
    let counts = lines
        .iter()
        .filter_map(|line| line.rsplit_once('[')?.1.split_once(" event")?.0.replace(',', "").parse::<usize>().ok());
    counts.sum::<usize>()
}

fn well_formed(lines: &[String], trace: &Trace) {
    let story = lines.join("\n");
    assert!(lines.len() <= LINES, "{} lines\n{story}", lines.len());
    for line in lines {
        assert!(line.len() <= COLUMNS, "too long: {line}\n{story}");
        assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "not plain: {line:?}");
        assert_eq!(line.trim_end(), line);
    }
    assert_eq!(bracketed(lines), trace.len(), "{story}");
}

#[test]
fn every_story_fits_and_its_counts_add_up() {
    for seed in 0..6 {
        for plan in [leader_crash(seed), partition(seed), lossy(seed), tiny(seed), nemesis(seed)] {
            let run = run(plan);
            let telling = telling("any", &run);
            well_formed(&tell(run.trace(), &telling), run.trace());
        }
    }
}

#[test]
fn any_prefix_of_questions_and_verdicts_fits() {
    let run = run(nemesis(3));
    let mut telling = telling("long", &run);
    telling.verdicts = (0..30)
        .map(|place| {
            (
                if place % 2 == 0 { Standing::Held } else { Standing::Broken },
                "a promise that is told at some length ".repeat(2),
            )
        })
        .collect();
    telling.questions = question(&run, None);
    well_formed(&tell(run.trace(), &telling), run.trace());
}

/// The story of a run, with what was amiss from the start on.
fn story_of(plan: Plan, from_start: Vec<Fault>) -> String {
    let run = run(plan);
    let telling = Telling { from_start, ..telling("any", &run) };
    let lines = tell(run.trace(), &telling);
    well_formed(&lines, run.trace());
    lines.join("\n")
}

#[track_caller]
fn says(story: &str, words: &[&str]) {
    let told = story.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(told.contains(word), "not told: {word}\n{story}");
    }
}

fn on(plan: &Plan, name: &str) -> NodeSelector {
    NodeSelector::Node(plan.cluster.find(name).unwrap())
}

#[test]
fn turning_points_of_every_section_are_told_before_anything_else() {
    let story = story_of(leader_crash(42), Vec::new());
    let sections: Vec<&str> = story.split("\n\n").filter(|part| part.contains("[")).collect();
    assert_eq!(sections.len(), 3, "{story}");
    says(sections[0], &["n4 LEADS term 1", "c1 asks y=7"]);
    says(sections[1], &["n4, leader of term 1, CRASHES", "c1 gives up on x=10 to x=12", "n2 LEADS term 2"]);
    says(sections[2], &["n4 restarts", "n4 follows n2 in term 2, has copied 10-18"]);
    assert!(!story.contains("untold") && !story.contains("that is all"), "{story}");
}

#[test]
fn a_section_without_turning_points_gets_no_heading() {
    let mut plan = leader_crash(42);
    plan.rules.insert(0, rule("early", at(1), None, Action::Node(NodeAction::Pause, on(&plan, "n1"))));
    plan.rules.truncate(2);
    let story = story_of(plan, Vec::new());
    assert!(!story.contains("BEFORE THE FIRST FAULT"), "{story}");
}

#[test]
fn marks_disks_clocks_and_slow_nodes_are_told() {
    let mut plan = leader_crash(42);
    plan.rules.truncate(2);
    let (n1, n2) = (on(&plan, "n1"), on(&plan, "n2"));
    let slow = Law::Constant(SimSpan::millis(3));
    let faults = [
        ("", Action::Node(NodeAction::Disk(DiskMode::Lies), n1.clone())),
        ("", Action::Node(NodeAction::Slow(SimSpan::millis(4)), n2.clone())),
        ("", Action::Node(NodeAction::Clock(ClockChange::Rate(-500_000_000)), n1)),
        ("here", Action::Mark),
    ];
    for (place, (label, action)) in faults.into_iter().enumerate() {
        plan.rules.push(rule(label, at(1500 + 10 * place as u64), Some(slow.clone()), action));
    }
    let node = |name: &str| plan.cluster.find(name).unwrap();
    let amiss = ["n1", "n2", "n3"].map(|name| Fault::Disk(node(name), DiskMode::Tears));
    let fast = Fault::Clock(node("n4"), ClockChange::Rate(200_000));
    let behind = Fault::Clock(node("n5"), ClockChange::Step(-5_000_000_000));
    let story = story_of(plan.clone(), amiss.into_iter().chain([fast, behind]).collect());
    says(&story, &["n1's disk LIES", "n2 SLOWS: 4 ms a message", "n1's clock runs SLOW by 50 %"]);
    says(&story, &["this moment is \"here\"", "n1 n2 n3: disk TEARS at a crash, from the start"]);
    says(&story, &["n4's clock runs FAST by 200 ppm, from the start", "n5's clock is 5 s behind, from the start"]);
}

#[test]
fn an_operation_that_never_ends_is_told() {
    let mut plan = leader_crash(42);
    let mut endless = put(&plan, "z", Some(1), Retry::Never);
    if let Action::Operation { timeout, .. } = &mut endless {
        *timeout = None;
    }
    plan.rules.push(rule("lost", at(1050), None, endless));
    says(&story_of(plan, Vec::new()), &["c1 still waits for z=1 when the run ends: UNKNOWN"]);
}

#[test]
fn a_leader_that_crashes_takes_with_it_what_it_alone_has_logged() {
    let told = (0..40).map(|seed| story_of(leader_crash(seed), Vec::new()));
    let told: Vec<String> = told.filter(|story| story.contains("so far on it alone")).collect();
    assert!(!told.is_empty(), "some seed crashes the leader between its log and its followers'");
    says(&told[0], &["logged, not committed: y=7, so far on it alone"]);
}

#[test]
fn a_fault_that_makes_a_node_stand_is_told_once() {
    let mut plan = plan(3, 1, 400);
    let expire = Action::Node(NodeAction::Expire("Election".to_owned()), on(&plan, "n2"));
    plan.rules = vec![rule("stand", at(10), None, expire)];
    let story = story_of(plan, Vec::new());
    assert_eq!(story.matches("made to end").count(), 1, "{story}");
    assert!(!story.contains("timer ends now"), "{story}");
}

#[test]
fn two_faults_of_one_instant_share_a_line() {
    let mut plan = leader_crash(42);
    plan.rules.truncate(2);
    for name in ["n1", "n2"] {
        plan.rules.push(rule("", at(1500), None, Action::Node(NodeAction::Pause, on(&plan, name))));
    }
    says(&story_of(plan, Vec::new()), &["n1 PAUSES; n2 PAUSES"]);
}

#[test]
fn what_was_promised_to_be_broken_is_shown_and_many_claims_share_lines() {
    let run = run(leader_crash(42));
    let mut telling = telling("any", &run);
    telling.verdicts = vec![(Standing::Shown, "P broken, as expected: here".to_owned())];
    telling.verdicts.extend((1..=4).map(|n| (Standing::Held, format!("claim {n}"))));
    let story = tell(run.trace(), &telling).join("\n");
    assert!(story.contains("\n  shown  P broken, as expected: here\n"), "{story}");
    assert!(story.contains("\n  held  claim 1; claim 2; claim 3; claim 4\n"), "{story}");
}

#[test]
fn figure_8_is_told_step_by_step() {
    let (_, run) = scenario::<raft::Raft>("raft/figure-8", include_str!("../../../scenarios/raft/figure-8.ron"));
    let lines = tell(run.trace(), &telling("figure-8", &run));
    well_formed(&lines, run.trace());
    let story = lines.join("\n");
    let counts = ["CUT ", " CRASHES", " restarts; disk", " LEADS "].map(|word| story.matches(word).count());
    assert_eq!(counts, [4, 3, 2, 4], "{story}");
    says(&story, &["s1 logs x=2 as entry 3", "logged, not committed: x=2, so far also on s2 s3"]);
    says(&story, &["s3 drops its entries 2-3 (x=2)", "x=2 was overwritten: it never happened"]);
    assert!(!story.contains("undecided"), "{story}");
}
