//! The reduction and the symmetry, each held against the plain search on every small model.

use super::{ALL, scenario};
use crate::explore::{Ended, Manner, Options, Report, marks_of, search};
use crate::kernel::search::{Bounds, Flaw};
use crate::scenario::Registry;

/// Small models: searched to their end, or to what they find.
const MODELS: &[(&str, Option<&str>)] = &[
    ("raft/search-forgotten-vote", None),
    ("raft/search", Some("one-timeout")),
    ("raft/search", Some("slow-disks")),
    ("raft/search-mutants", Some("commits-old-term")),
    ("raft/search-mutants", Some("votes-without-up-to-date-check")),
    ("raft/search-mutants", Some("heartbeat-skips-consistency-check")),
    ("start/search-two-generals", None),
    ("start/search-two-generals", Some("four")),
    ("time/search-lease", None),
];

fn searched(name: &str, variant: Option<&str>, reduction: bool, symmetry: bool) -> Result<Report, Flaw> {
    let scenario = scenario(name, variant);
    let runner = Registry::standard().prepare(&scenario).unwrap_or_else(|mistake| panic!("{mistake}"));
    let wanted = &scenario.exploration.wanted;
    let bounds = Bounds { symmetry, ..scenario.exploration.bounds.clone() };
    let mut space = runner.space(&bounds, wanted).expect("the workload is a list");
    let options = Options { limits: ALL, jobs: 2, reduction, symmetry };
    search(space.as_mut(), Manner::Breadth, marks_of(wanted), &options, &mut |_| true)
}

/// What a search found and how near, and what it met.
fn verdict(report: &Report) -> (Option<(u32, usize)>, bool, u64) {
    let found = report.found.as_ref().map(|found| (found.mark, found.schedule.steps.len()));
    (found, report.ended == Ended::Complete, report.met)
}

#[test]
fn a_reduction_leaves_out_steps_and_no_state() {
    let mut spared = 0;
    for (name, variant) in MODELS {
        let plain = searched(name, *variant, false, false).expect("no flaw");
        let reduced = searched(name, *variant, true, false).expect("no flaw");
        assert_eq!(verdict(&reduced), verdict(&plain), "{name} {variant:?}");
        assert_eq!((reduced.states, reduced.ends), (plain.states, plain.ends), "{name} {variant:?}");
        assert!(reduced.transitions <= plain.transitions, "{name} {variant:?}");
        spared += plain.transitions - reduced.transitions;
    }
    assert!(spared > 10_000, "{spared} steps were spared");
}

/// Where nodes are alike, one state stands for up to six. Where they are not, it is noticed: Raft's clients ask the first
/// server first.
#[test]
fn with_symmetry_fewer_states_say_the_same() {
    let mut alike = 0;
    for (name, variant) in MODELS {
        let plain = searched(name, *variant, false, false).expect("no flaw");
        match searched(name, *variant, false, true) {
            Ok(folded) => {
                let (found, is_complete, met) = verdict(&folded);
                let plainly = verdict(&plain);
                assert_eq!((found, is_complete, met), plainly, "{name} {variant:?}");
                let least = plain.states.div_ceil(6);
                assert!((least..=plain.states).contains(&folded.states), "{name} {variant:?}: {}", folded.states);
                alike += u64::from(folded.states < plain.states);
            }
            Err(flaw) => assert_eq!((flaw, *name), (Flaw::NotAlike, "raft/search")),
        }
    }
    assert!(alike > 0, "no model had nodes that are alike");
    assert_eq!(searched("raft/search", Some("one-timeout"), false, true).err(), Some(Flaw::NotAlike));
}
