//! However a space is looked through, the same is found in it.

use super::super::{Ended, Manner};
use super::{ALL, Limits, explored, looked, scenario};
use crate::kernel::search::Bounds;
use crate::scenario::Registry;

const WALK: Manner = Manner::Walk { walks: 300, seed: 7 };

/// Small worlds that are looked through to the end, with how many states they have.
const WHOLE: &[(&str, Option<&str>, u64)] = &[
    ("start/search-two-generals", Some("no-dawn"), 4),
    ("time/search-lease", Some("time-stands"), 1007),
    ("raft/search", Some("one-timeout"), 7369),
    ("raft/search", Some("slow-disks"), 18081),
];

#[test]
fn breadth_and_depth_see_the_same_states() {
    for (name, variant, states) in WHOLE {
        let one = explored(name, *variant, Manner::Breadth, ALL, 1);
        assert_eq!(one, explored(name, *variant, Manner::Breadth, ALL, 2), "{name} {variant:?}");
        let depth = explored(name, *variant, Manner::Depth, ALL, 1);
        assert_eq!((one.ended, depth.ended), (Ended::Complete, Ended::Complete), "{name} {variant:?}");
        let numbers = |report: &super::Report| (report.states, report.transitions, report.ends, report.met);
        assert_eq!(numbers(&one), numbers(&depth), "{name} {variant:?}");
        assert_eq!(one.states, *states, "{name} {variant:?}");
    }
}

/// What is found breadth first is the same with any number of threads, and nothing that is found otherwise is shorter.
#[test]
fn breadth_first_finds_the_shortest() {
    let broken = [
        ("start/search-two-generals", Some("nine")),
        ("time/search-lease", None),
        ("raft/search-mutants", Some("heartbeat-skips-consistency-check")),
        ("raft/search-mutants", Some("votes-without-up-to-date-check")),
        ("raft/search-mutants", Some("commits-old-term")),
    ];
    for (name, variant) in broken {
        let one = explored(name, variant, Manner::Breadth, ALL, 1);
        for jobs in [2, 3] {
            assert_eq!(one, explored(name, variant, Manner::Breadth, ALL, jobs), "{name} {variant:?}");
        }
        let shortest = one.found.expect("something is broken").schedule.steps.len();
        for manner in [Manner::Depth, WALK] {
            let found = explored(name, variant, manner, Limits { states: 30_000, ..ALL }, 2).found;
            let length = found.map_or(usize::MAX, |found| found.schedule.steps.len());
            assert!(shortest <= length, "{name} {variant:?}: {shortest} and {length}, {manner:?}");
        }
        let most = Limits { depth: Some(shortest as u32), ..ALL };
        let less = Limits { depth: Some(shortest as u32 - 1), ..ALL };
        for manner in [Manner::Breadth, Manner::Depth] {
            let found = explored(name, variant, manner, most, 1).found.expect("it is not farther than that");
            assert_eq!(found.schedule.steps.len(), shortest, "{name} {variant:?} {manner:?}");
            let nearer = explored(name, variant, manner, less, 1);
            assert!(nearer.found.is_none() && matches!(nearer.ended, Ended::Depth(_)), "{name} {variant:?}");
        }
    }
}

#[test]
fn walks_are_the_same_with_any_number_of_threads() {
    let of = |jobs| explored("raft/search", Some("slow-disks"), WALK, ALL, jobs);
    let one = of(1);
    assert_eq!((one.ended, one.found.is_none()), (Ended::Walked(300), true));
    assert_eq!(one, of(2));
}

/// With a limit of depth a state may be reached late at first, and earlier by another way: what follows it counts then.
#[test]
fn depth_first_within_a_limit_sees_what_breadth_first_sees() {
    for (name, variant, _) in WHOLE {
        for most in [1, 3, 6, 10] {
            let limits = Limits { depth: Some(most), ..ALL };
            let breadth = explored(name, *variant, Manner::Breadth, limits, 2);
            let depth = explored(name, *variant, Manner::Depth, limits, 1);
            let numbers = |report: &super::Report| {
                (report.states, report.transitions, report.ends, report.met, report.depth, report.ended)
            };
            // Breadth first, the states at the limit are counted as its depth; so they are depth first.
            assert_eq!(numbers(&breadth), numbers(&depth), "{name} {variant:?}, {most}");
        }
    }
    // stateright's search of this depth misses it.
    for most in [8, 9] {
        let limits = Limits { depth: Some(most), ..ALL };
        let report = explored("raft/search-forgotten-vote", None, Manner::Depth, limits, 1);
        assert!(report.found.is_some_and(|found| found.schedule.steps.len() <= most as usize), "{most}");
    }
}

#[test]
fn a_limit_says_what_was_not_covered() {
    for manner in [Manner::Breadth, Manner::Depth, Manner::Walk { walks: 2000, seed: 7 }] {
        let explored = |limits| explored("raft/search", Some("no-crash"), manner, limits, 2);
        let report = explored(Limits { states: 5000, ..ALL });
        let Ended::States(left) = report.ended else { panic!("{manner:?}: {:?}", report.ended) };
        assert!(left > 0 && report.states > 5000 && report.found.is_none(), "{manner:?}: {report:?}");
        let most = 300_000;
        let report = explored(Limits { bytes: most, ..ALL });
        let Ended::Memory(left) = report.ended else { panic!("{manner:?}: {:?}", report.ended) };
        assert!(left > 0 && report.bytes + report.waiting_bytes > most && report.found.is_none(), "{manner:?}");
    }
}

#[test]
fn a_person_may_stop_it() {
    let scenario = scenario("raft/search", Some("no-crash"));
    let runner = Registry::standard().prepare(&scenario).expect("it can be run");
    let wanted = &scenario.exploration.wanted;
    for manner in [Manner::Breadth, Manner::Depth, WALK] {
        let mut space = runner.space(&scenario.exploration.bounds, wanted).expect("the workload is a list");
        let mut asked = 0;
        let mut ask = |_: super::Looked| {
            asked += 1;
            asked < 2
        };
        let options = super::Options { limits: ALL, jobs: 2, ..super::Options::plain() };
        let report =
            super::search(space.as_mut(), manner, super::marks_of(wanted), &options, &mut ask).expect("no flaw");
        assert_eq!((report.ended, asked), (Ended::Interrupted, 2), "{manner:?}");
    }
}

/// Nothing that a budget forbids happens, and what it allows does.
#[test]
fn larger_budgets_see_more() {
    let scenario = scenario("raft/search", Some("one-timeout"));
    let runner = Registry::standard().prepare(&scenario).expect("it can be run");
    let wanted = &scenario.exploration.wanted;
    let states = |bounds: Bounds| {
        let mut space = runner.space(&bounds, wanted).expect("the workload is a list");
        looked(space.as_mut(), super::marks_of(wanted), Manner::Breadth, ALL, 2).expect("no flaw").states
    };
    let least = Bounds { timeouts: Some(1), syncs_at_once: true, ..Bounds::default() };
    let fewest = states(least.clone());
    for more in [
        Bounds { drops: Some(1), ..least.clone() },
        Bounds { duplicates: Some(1), ..least.clone() },
        Bounds { crashes: Some(1), ..least.clone() },
        Bounds { syncs_at_once: false, ..least.clone() },
    ] {
        let states = states(more.clone());
        assert!(states > fewest, "{more:?}: {states}, not more than {fewest}");
    }
    let ordered = Bounds { network: crate::kernel::search::Network::Ordered, ..least };
    assert!(states(ordered) < fewest, "links that keep order have fewer orders");
}
