//! Raft, searched: each known mistake is found with its shortest story, and the correct protocol breaks nothing.
//!
//! How many states a search sees is pinned: a number that changes says that the space has changed, and is to be explained.

use pessimist::check::Promise::{self, *};
use pessimist::explore::{Ended, Limits, Looked, Manner, Options, Report, limits_of, marks_of, search};
use pessimist::kernel::Plan;
use pessimist::scenario::{Registry, Runner, Scenario, library, step_written};

/// Each mistake, what it breaks, in how many steps at least, and how many states are seen until then.
const MUTANTS: &[(&str, Promise, usize, u64)] = &[
    ("vote-not-persisted", ElectionSafety, 8, 18773),
    ("commits-old-term", LeaderCompleteness, 11, 15156),
    ("votes-without-up-to-date-check", LeaderCompleteness, 8, 4747),
    ("replies-before-sync", ElectionSafety, 10, 89198),
    ("heartbeat-skips-consistency-check", StateMachineSafety, 7, 4465),
    ("sync-holds-handler", ElectionSafety, 12, 304447),
];

fn read(name: &str, variant: &str) -> (Scenario, Box<dyn Runner>) {
    let text = library::find(name).unwrap_or_else(|| panic!("{name} is not built in"));
    let scenario = Scenario::parse(name, text, Some(variant)).unwrap_or_else(|mistake| panic!("{mistake}"));
    let runner = Registry::standard().prepare(&scenario).unwrap_or_else(|mistake| panic!("{mistake}"));
    (scenario, runner)
}

fn explore(scenario: &Scenario, runner: &dyn Runner, limits: Limits) -> Report {
    let exploration = &scenario.exploration;
    let mut space = runner.space(&exploration.bounds, &exploration.wanted).expect("the workload is a list");
    let mut go_on = |_: Looked| true;
    let options = Options { limits, jobs: 2, ..Options::plain() };
    let report = search(space.as_mut(), Manner::Breadth, marks_of(&exploration.wanted), &options, &mut go_on);
    report.unwrap_or_else(|flaw| panic!("{flaw:?}"))
}

#[test]
fn every_mistake_has_its_shortest_story() {
    let mut stories = Vec::new();
    for (variant, promise, steps, states) in MUTANTS {
        let (scenario, runner) = read("raft/search-mutants", variant);
        let report = explore(&scenario, runner.as_ref(), limits_of(&scenario.exploration));
        let found = report.found.unwrap_or_else(|| panic!("{variant}: nothing is broken"));
        let broken = scenario.exploration.wanted.always[found.mark as usize];
        let length = found.schedule.steps.len();
        assert_eq!((broken, length, report.states), (*promise, *steps, *states), "{variant}");
        let told: Vec<String> =
            found.schedule.steps.iter().map(|step| step_written(step, &scenario.plan.cluster)).collect();
        // Run as any other run, the judge says the same, and the last step is the one that breaks it.
        let whole = found.schedule.steps.clone();
        for (steps, is_broken) in [(length, true), (length - 1, false)] {
            let schedule = pessimist::kernel::Schedule { steps: whole[..steps].to_vec(), ..found.schedule.clone() };
            let plan = Plan { schedule: Some(schedule), ..scenario.plan.clone() };
            let judged =
                runner.replanned(plan).judge(scenario.plan.seed).unwrap_or_else(|failure| panic!("{failure}"));
            let violation = judged.judge.violation(RaftSafety).map(|violation| violation.promise);
            assert_eq!(violation, is_broken.then_some(*promise), "{variant}, {steps} steps");
        }
        stories.push(format!("{variant}: {promise} is broken in {length} steps\n  {}\n", told.join("\n  ")));
    }
    insta::assert_snapshot!(stories.join("\n"));
}

/// A liveness bug breaks no promise, and a search knows no times: in it, a timer that is set may always fire.
#[test]
fn a_timer_that_is_set_again_and_again_breaks_nothing() {
    let text = library::find("raft/search").expect("it is built in");
    let text = text.replacen("protocol: Raft()", "protocol: RaftMutant(bug: TimerResetByAnyMessage)", 1);
    let scenario = Scenario::parse("timer", &text, Some("one-timeout")).unwrap_or_else(|mistake| panic!("{mistake}"));
    let runner = Registry::standard().prepare(&scenario).unwrap_or_else(|mistake| panic!("{mistake}"));
    let report = explore(&scenario, runner.as_ref(), limits_of(&scenario.exploration));
    assert_eq!((report.ended, report.found), (Ended::Complete, None));
}

#[test]
fn a_correct_raft_breaks_nothing() {
    for (variant, states) in [("one-timeout", 7369), ("slow-disks", 18081)] {
        let (scenario, runner) = read("raft/search", variant);
        let report = explore(&scenario, runner.as_ref(), limits_of(&scenario.exploration));
        assert_eq!((report.ended, report.states, report.found), (Ended::Complete, states, None), "{variant}");
    }
}
