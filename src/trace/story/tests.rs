//! Stories of whole runs.

use super::*;
use crate::kernel::{
    Action, Law, LinkAction, LinkSelector, NodeAction, NodeSelector, Order, Pattern, Plan, Rule, Trigger,
};
use crate::node::{Cluster, Datum, FactKind, LocalSpan, Node, Op, Retry, SimSpan};
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
    telling.verdicts =
        (0..30).map(|place| (if place % 2 == 0 { Standing::Held } else { Standing::Broken }, "a promise that is told at some length ".repeat(2))).collect();
    telling.questions = question(&run, None);
    well_formed(&tell(run.trace(), &telling), run.trace());
}
