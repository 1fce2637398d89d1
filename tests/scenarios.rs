//! Every scenario that is built in does what it says: with its own seed, and with others.
//!
//! A scenario that is about one seed says so in a comment line that begins with `// One seed:`, and one whose runs are long
//! with `// Long runs:`: of these a few seeds are run here, and the rest by a sweep.
//!
//! Where code is not optimised, fewer seeds are run and no long ones: the gate runs these tests in release as well.

use pessimist::check::{Answer, Claim, Promise, Question};
use pessimist::explore::shrink::{Goal, shrink};
use pessimist::explore::{Ended, Limits, Looked, Manner, Options, Searched, limits_of, marks_of, search};
use pessimist::kernel::{Action, Plan};
use pessimist::node::{EventId, Fact};
use pessimist::scenario::{Judged, Opened, Registry, Runner, Scenario, library};
use pessimist::trace::Lines;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// How many seeds beside its own each scenario is run with.
const SEEDS: u64 = if cfg!(debug_assertions) { 20 } else { 100 };

/// The same for scenarios with long runs.
const FEW_SEEDS: u64 = 4;

/// The variants that are bugs to be found by a sweep, with the first seed that finds them and the promise that is broken.
const MUTANTS: &[(&str, &str, u64, Promise)] = &[
    ("raft/nemesis", "vote-not-persisted", 139, Promise::ElectionSafety),
    ("raft/nemesis", "commits-old-term", 37, Promise::LeaderCompleteness),
    ("raft/nemesis", "votes-without-up-to-date-check", 0, Promise::LeaderCompleteness),
    ("raft/nemesis", "replies-before-sync", 144, Promise::LeaderCompleteness),
    ("raft/nemesis", "heartbeat-skips-consistency-check", 1, Promise::StateMachineSafety),
    ("raft/nemesis", "sync-holds-handler", 0, Promise::StateMachineSafety),
];

fn is_mutant(name: &str, variant: Option<&str>) -> bool {
    MUTANTS.iter().any(|mutant| (mutant.0, Some(mutant.1)) == (name, variant))
}

fn text_of(name: &str) -> &'static str {
    library::find(name).unwrap_or_else(|| panic!("{name} is not built in"))
}

fn read(name: &str, variant: Option<&str>) -> (Scenario, Box<dyn Runner>) {
    let scenario = Scenario::parse(name, text_of(name), variant).unwrap_or_else(|mistake| panic!("{mistake}"));
    let runner = Registry::standard().prepare(&scenario).unwrap_or_else(|mistake| panic!("{mistake}"));
    (scenario, runner)
}

/// Every scenario with each of its variants, and without.
fn all() -> Vec<(&'static str, Option<String>)> {
    let with_variants = |name| {
        let variants = read(name, None).0.variants.into_iter().map(Some);
        [None].into_iter().chain(variants).map(move |variant| (name, variant))
    };
    let is_short = |name: &&str| !cfg!(debug_assertions) || !says(name, "// Long runs:");
    library::names().filter(is_short).flat_map(with_variants).collect()
}

/// Whether a scenario has a comment line that begins so.
fn says(name: &str, words: &str) -> bool {
    text_of(name).lines().any(|line| line.trim().starts_with(words))
}

/// What a run was expected to do and did not.
fn missed(scenario: &Scenario, judged: &Judged) -> Vec<String> {
    let told = |expectation: &pessimist::scenario::Expectation| {
        let verdict = judged.judge.verdict(&expectation.claim, judged.end);
        (!verdict.holds).then(|| format!("{}: {}", expectation.text, verdict.text))
    };
    scenario.expect.iter().filter_map(told).collect()
}

fn open(scenario: &Scenario, runner: &dyn Runner) -> Opened {
    runner.open(scenario.plan.seed, Lines::None, &mut |_, _| true).unwrap_or_else(|failure| panic!("{failure}"))
}

#[test]
fn the_library_holds_every_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut files = BTreeSet::new();
    for shelf in std::fs::read_dir(&folder).unwrap() {
        let shelf = shelf.unwrap();
        for file in std::fs::read_dir(shelf.path()).unwrap() {
            let (shelf, file) = (shelf.file_name(), file.unwrap().file_name());
            let name = format!("{}/{}", shelf.to_str().unwrap(), file.to_str().unwrap());
            files.insert(name.strip_suffix(".ron").unwrap_or(&name).to_owned());
        }
    }
    assert_eq!(files, library::names().map(str::to_owned).collect());
}

#[test]
fn every_expectation_is_met() {
    let failures: Vec<String> = all()
        .into_par_iter()
        .filter(|(name, variant)| !is_mutant(name, variant.as_deref()))
        .flat_map(|(name, variant)| {
            let (scenario, runner) = read(name, variant.as_deref());
            assert!(!scenario.expect.is_empty(), "{name} expects nothing");
            let others = match (says(name, "// One seed:"), says(name, "// Long runs:")) {
                (true, _) => 0..0,
                (false, true) => 0..FEW_SEEDS,
                (false, false) => 0..SEEDS,
            };
            let seeds = [scenario.plan.seed].into_iter().chain(others);
            let of_seed = |seed| {
                let judged = runner.judge(seed).unwrap_or_else(|failure| panic!("{name}, seed {seed}: {failure}"));
                let missed = missed(&scenario, &judged).into_iter();
                missed.map(move |text| (seed, text)).collect::<Vec<_>>()
            };
            let told =
                |(seed, text)| format!("{name} {} seed {seed}: {text}", variant.as_deref().unwrap_or_default());
            seeds.flat_map(of_seed).map(told).collect::<Vec<_>>()
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// How many states a search that finds nothing sees here at the most; and one that the scenario calls long, with a comment
/// line that begins with `// Long search:`.
const MANY_STATES: u64 = 100_000;
const FEW_STATES: u64 = 20_000;

/// Every search finds what its scenario expects; where that is nothing, nothing is found in its first states. What is found
/// is a run that the judge says the same of.
#[test]
fn every_search_does_what_it_says() {
    let problems: Vec<String> = all()
        .into_par_iter()
        .filter(|(name, _)| text_of(name).contains("  explore: ("))
        .filter_map(|(name, variant)| {
            let (scenario, runner) = read(name, variant.as_deref());
            let exploration = &scenario.exploration;
            assert!(!exploration.expect.is_empty(), "{name} {variant:?} expects nothing of its search");
            let is_shown = |claim: &Claim| matches!(claim, Claim::Violated(_));
            let is_shown = exploration.expect.iter().any(|expectation| is_shown(&expectation.claim));
            // What is to be found is searched for as far as it takes.
            let most = if says(name, "// Long search:") { FEW_STATES } else { MANY_STATES };
            let states = if is_shown { exploration.states } else { most };
            let limits = Limits { states, ..limits_of(exploration) };
            let options = Options { limits, ..Options::plain() };
            let mut space = runner.space(&exploration.bounds, &exploration.wanted).expect("the workload is a list");
            let mut go_on = |_: Looked| true;
            let report = search(space.as_mut(), Manner::Breadth, marks_of(&exploration.wanted), &options, &mut go_on);
            let report = report.unwrap_or_else(|flaw| panic!("{name} {variant:?}: {flaw:?}"));
            let searched = Searched { exploration, report: &report };
            if let (Some(promise), Some(found)) = (searched.broken(), &report.found) {
                let plan = Plan { schedule: Some(found.schedule.clone()), ..scenario.plan.clone() };
                let judged = runner.replanned(plan).judge(scenario.plan.seed);
                let judged = judged.unwrap_or_else(|failure| panic!("{name} {variant:?}: {failure}"));
                assert!(judged.judge.violation(promise).is_some(), "{name} {variant:?}: the judge sees no {promise}");
            }
            let is_long = says(name, "// Long search:") && matches!(report.ended, Ended::States(_));
            // What a search was to reach may lie beyond its first states.
            let is_met = is_long || searched.is_as_expected() && (report.ended == Ended::Found) == is_shown;
            let is_whole = is_shown || is_long || report.ended == Ended::Complete;
            (!is_met || !is_whole)
                .then(|| format!("{name} {variant:?}: {:?} {:?}", report.ended, searched.verdicts()))
        })
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// A rule that never applies is a mistake in the scenario: its trigger waits for what does not happen.
#[test]
fn every_rule_applies_and_every_question_is_answered() {
    for (name, variant) in all() {
        let (scenario, runner) = read(name, variant.as_deref());
        let opened = open(&scenario, runner.as_ref());
        for (id, rule) in scenario.plan.rules.iter().enumerate() {
            let is_question = matches!(rule.action, Action::Ask(_));
            assert!(is_question || opened.session.applied(id) > 0, "{name} {variant:?}: {rule:?} never applied");
        }
        for (number, question) in scenario.questions.iter().enumerate() {
            let text = question.text();
            let moment = opened.session.moments().iter().find(|moment| moment.question == number);
            let moment = moment.unwrap_or_else(|| panic!("{name} {variant:?} never asks: {text}"));
            assert!(question.because().is_some(), "{name} does not explain: {text}");
            if let Question::Guess { answer, .. } = question {
                let told = opened.judge.answer(answer, (moment.time, moment.before));
                assert!(told.is_some(), "{name} {variant:?} does not answer: {text}");
            }
        }
    }
}

/// What a run has shown of a claim by its first event that settles it, where one does.
fn revealed(opened: &Opened, claim: &Claim) -> Option<EventId> {
    match claim {
        Claim::Holds(promise) | Claim::Violated(promise) => {
            let broken = opened.judge.violations().filter(|violation| promise.parts().contains(&violation.promise));
            broken.map(|violation| violation.event).min()
        }
        Claim::Noted(words) => {
            let is_it = |fact: &Fact| matches!(fact, Fact::Note(text) if text.contains(words.as_str()));
            opened.session.trace().facts().find(|(_, _, fact)| is_it(fact)).map(|(event, ..)| event)
        }
        Claim::Not(claim) => revealed(opened, claim),
        _ => claim.label().and_then(|label| ended(opened, label)),
    }
}

fn ended(opened: &Opened, label: &str) -> Option<EventId> {
    opened.judge.history().labelled(label).filter_map(|operation| operation.ended).map(|moment| moment.event).min()
}

/// People are asked before they can see.
#[test]
fn every_question_comes_before_its_answer() {
    for (name, variant) in all() {
        let (scenario, runner) = read(name, variant.as_deref());
        let opened = open(&scenario, runner.as_ref());
        for moment in opened.session.moments() {
            let question = &scenario.questions[moment.question];
            let shown = match question {
                Question::Guess { answer: Answer::Whether(claim), .. } | Question::Judge { claim, .. } => {
                    // That an operation's effect lasts is not told by its end.
                    if matches!(claim, Claim::Durable(_)) { None } else { revealed(&opened, claim) }
                }
                Question::Guess { answer: Answer::Result(label) | Answer::Outcome(label), .. } => {
                    ended(&opened, label)
                }
                Question::Guess { .. } => None,
            };
            let is_late = shown.is_some_and(|event| event < moment.before);
            assert!(!is_late, "{name} {variant:?} asks at {}, after {shown:?}: {}", moment.before, question.text());
        }
    }
}

/// What each `Judge` is answered by its seeds: a golden, read beside what the scenario says because of it.
#[test]
fn what_the_judges_answer() {
    let told: Vec<String> = all()
        .into_par_iter()
        .filter(|(name, variant)| !is_mutant(name, variant.as_deref()) && !says(name, "// Long runs:"))
        .flat_map(|(name, variant)| {
            let (scenario, runner) = read(name, variant.as_deref());
            let answer = |question: &Question| {
                let Question::Judge { text, claim, seeds, because } = question else { return None };
                let is_true = |seed: &u32| {
                    let judged = runner.judge(u64::from(*seed)).unwrap_or_else(|failure| panic!("{name}: {failure}"));
                    judged.judge.verdict(claim, judged.end).holds
                };
                let count = (0..*seeds).filter(is_true).count() as u32;
                let word = if count == 0 {
                    "never"
                } else if count == *seeds {
                    "always"
                } else {
                    "sometimes"
                };
                let because = because.as_deref().unwrap_or_default();
                let called = variant.as_deref().map(|variant| format!(" ({variant})")).unwrap_or_default();
                Some(format!("{name}{called}\n  {text}\n  {word}: {count} of {seeds}\n  {because}\n"))
            };
            scenario.questions.iter().filter_map(answer).collect::<Vec<_>>()
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

/// Each known bug is found by a sweep, and soon.
#[test]
fn every_mutant_is_found() {
    let found: Vec<_> = MUTANTS
        .par_iter()
        .map(|&(name, variant, ..)| {
            let (_, runner) = read(name, Some(variant));
            let first = (0..1000).find_map(|seed| {
                let judged = runner.judge(seed).unwrap_or_else(|failure| panic!("{variant}, seed {seed}: {failure}"));
                let violation = judged.judge.violation(Promise::RaftSafety)?;
                Some((seed, violation.promise))
            });
            let (seed, promise) = first.unwrap_or_else(|| panic!("{variant} was not found"));
            (name, variant, seed, promise)
        })
        .collect();
    assert_eq!(found, MUTANTS);
}

/// The first scenarios that people meet can be read event by event.
#[test]
fn the_first_scenarios_are_short() {
    for (name, variant) in all().into_iter().filter(|(name, _)| name.starts_with("start/")) {
        let (scenario, runner) = read(name, variant.as_deref());
        let events = runner.judge(scenario.plan.seed).unwrap().events;
        let most = if variant.is_none() { 29 } else { 49 };
        assert!(events <= most, "{name} {variant:?} has {events} events");
    }
}

/// The headings of a story under which nothing is told but a count.
fn empty_sections(story: &str) -> Vec<&str> {
    let lines: Vec<&str> = story.lines().collect();
    let is_count = |line: &str| line.starts_with("         :");
    // A moment after a thousand seconds begins with a digit at the left edge.
    let is_heading = |line: &str| !line.starts_with(|c: char| c == ' ' || c.is_ascii_digit());
    lines.windows(2).filter(|pair| is_count(pair[1]) && is_heading(pair[0])).map(|pair| pair[0]).collect()
}

/// The story without the whole explanation of what was broken, which has room of its own.
fn page_of(story: &str) -> Vec<&str> {
    let (mut page, mut within) = (Vec::new(), false);
    let whole = |at: usize| story.lines().skip(at).take(4).any(|line| line.starts_with("  promised"));
    for (at, line) in story.lines().enumerate() {
        within = (within || line.starts_with("BROKEN") && whole(at)) && !line.starts_with("NEXT");
        if !within {
            page.push(line);
        }
    }
    page
}

/// A story fits on one page: 45 lines and the explanation of what was broken, 80 columns, ASCII.
#[test]
fn every_story_fits_on_a_page() {
    let problems: Vec<String> = all()
        .into_par_iter()
        .flat_map(|(name, variant)| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_pessimist"));
            command.args(["run", name]).args(variant.iter().flat_map(|variant| ["--variant", variant.as_str()]));
            let output = command.output().expect("the program starts");
            let story = String::from_utf8(output.stdout).expect("a story is UTF-8");
            let mut problems = Vec::new();
            let expected = if is_mutant(name, variant.as_deref()) { None } else { Some(0) };
            if expected.is_some_and(|code| output.status.code() != Some(code)) {
                problems.push(format!("ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr)));
            }
            let lines = page_of(&story).len();
            if lines > 45 {
                problems.push(format!("{lines} lines"));
            }
            // A command that is to be pasted is never broken into lines.
            let is_command = |line: &str| line.contains(" --seed") || line.contains("on a terminal: ");
            let bad = |line: &&str| !line.is_ascii() || (line.len() > 80 && !is_command(line));
            problems.extend(empty_sections(&story).iter().map(|title| format!("nothing under {title}")));
            for word in ["untold", "that is all", "RON", "Holds(", "Eventually(", "AtLeast("] {
                problems.extend(story.contains(word).then(|| format!("says {word}")));
            }
            for last in ["VERDICTS, this run only", "digest ", "NEXT  "] {
                problems.extend((!story.contains(&format!("\n{last}"))).then(|| format!("lacks {last}")));
            }
            problems.extend(story.lines().filter(bad).map(|line| format!("too wide or not ASCII: {line}")));
            let called = format!("{name} {}", variant.as_deref().unwrap_or_default());
            problems.into_iter().map(move |problem| format!("{called}: {problem}")).collect::<Vec<_>>()
        })
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// How small the failing runs of mutants become: their events, and what goes wrong in them. Two and four elections among
/// three servers are what the two longest ones need, and each server sends to both others, whether or not that arrives.
const SMALLEST: &[(&str, usize, usize)] = &[
    ("vote-not-persisted", 31, 1),
    ("commits-old-term", 72, 0),
    ("votes-without-up-to-date-check", 36, 0),
    ("replies-before-sync", 39, 1),
    ("heartbeat-skips-consistency-check", 47, 0),
    ("sync-holds-handler", 13, 0),
];

/// The first failing run of a known bug, ten thousand events long, shrinks to a story that fits on a page.
#[test]
fn mutants_shrink() {
    let is_quick = |variant: &str| SMALLEST.iter().any(|(name, ..)| *name == variant);
    let found: Vec<_> = MUTANTS
        .iter()
        .filter(|(_, variant, ..)| is_quick(variant))
        .map(|&(name, variant, seed, promise)| {
            let (mut scenario, _) = read(name, Some(variant));
            scenario.set_seed(seed);
            let shrunk = shrink(&Registry::standard(), &scenario, Goal::Broken(promise), &mut |_| true);
            let shrunk = shrunk.unwrap_or_else(|failure| panic!("{variant}: {failure}"));
            let small = Scenario::parse(variant, &shrunk.text, None).unwrap_or_else(|mistake| panic!("{mistake}"));
            let runner = Registry::standard().prepare(&small).unwrap_or_else(|mistake| panic!("{mistake}"));
            let judged = runner.judge(small.plan.seed).unwrap_or_else(|failure| panic!("{variant}: {failure}"));
            assert!(missed(&small, &judged).is_empty(), "{variant}: {}", shrunk.text);
            (variant, shrunk.to.events, shrunk.to.faults)
        })
        .collect();
    assert_eq!(found, SMALLEST);
}
