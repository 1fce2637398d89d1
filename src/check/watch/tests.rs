//! Each monitor accepts what its promise allows and rejects what it forbids, and says the same as the judge.

use super::{JUDGED, Wanted, Watch};
use crate::check::Promise::{self, *};
use crate::check::tests::dsl::{cluster, judge, tell_all};
use crate::kernel::Plan;
use crate::kernel::search::{Arrivals, Bounds, Successors};
use crate::node::{Event, Fault, Node, Seen, Sink, Watcher, What};
use crate::scenario::{Registry, Scenario, library};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// Shows a watch what a run tells.
struct Shown(Watch, u64);

impl<N: Node> Sink<N> for Shown {
    fn event(&mut self, event: &Event<'_, N>) {
        let (node, seen) = match event.what {
            What::Boot { .. } => (event.node, Seen::Boot),
            What::Operation { operation, .. } => (event.node, Seen::Operation(operation.clone())),
            What::Fact(fact) => (event.node, Seen::Fact(fact.clone())),
            What::Fault { fault: Fault::Crash(node), .. } => (Some(*node), Seen::Crash),
            _ => return,
        };
        self.1 |= node.map_or(0, |node| self.0.see(node, &seen));
    }
}

fn wanted(always: &[Promise]) -> Wanted {
    Wanted { always: always.to_vec(), eventually: Vec::new(), sometimes: Vec::new() }
}

/// Whether a monitor finds the promise broken; the judge says the same.
#[track_caller]
fn is_broken(promise: Promise, history: &str) -> bool {
    let mut shown = Shown(Watch::new(&cluster(), wanted(&[promise])), 0);
    tell_all(&mut shown, history);
    let is_broken = shown.1 == 1;
    assert_eq!(judge(history).violation(promise).is_some(), is_broken, "{promise}, and the judge of {history}");
    is_broken
}

#[test]
fn every_monitor_accepts_and_rejects() {
    let kept = [
        (ElectionSafety, "n1 leads 1 \n n2 leads 2 \n n2 crashes \n n2 boots \n n3 leads 3"),
        (LeaderAppendOnly, "n1 leads 1 \n n1 appends 1 1 a \n n1 follows 2 \n n1 truncates 1 \n n1 appends 1 2 b"),
        (LogMatching, "n1 appends 1 1 a \n n2 appends 1 1 a \n n2 appends 2 2 b \n n1 appends 2 2 b"),
        (
            LogMatching,
            "n1 appends 1 1 a \n n2 appends 1 2 b \n n2 truncates 1 \n n2 appends 1 1 a \n n2 appends 2 3 c",
        ),
        (LeaderCompleteness, "n1 leads 1 \n n1 appends 1 1 a \n n2 appends 1 1 a \n n1 commits 1 \n n2 leads 2"),
        (StateMachineSafety, "n1 applies 1 a \n n2 applies 1 a \n n2 applies 2 b"),
        (StateMachineSafety, "n1 applies 1 a \n n1 crashes \n n1 boots \n n1 applies 1 a"),
        (SinglePrimary, "n1 leads 1 \n n1 crashes \n n2 leads 2 \n n2 follows 3 \n n3 leads 3"),
        (Agreement, "n1 decides 1 \n n2 decides 1"),
        (MutualExclusion, "c1 takes-lock 1 \n c1 gives-lock 1 \n c2 takes-lock 2"),
        (MutualExclusion, "n1 takes-lock 1 \n n1 crashes \n n2 takes-lock 2"),
        (Linearizable, "c1 puts #0 7 \n c2 gets #1 \n c2 ok #1 7 \n c1 ok #0"),
        (Linearizable, "c1 puts #0 7 \n c1 gives-up #0 \n c2 gets #1 \n c2 ok #1 \n c2 gets #2 \n c2 ok #2 7"),
        (Linearizable, "c1 puts #0 7 \n c1 ok #0 \n c2 gets-y #1 \n c2 ok #1"),
    ];
    let broken = [
        (ElectionSafety, "n1 leads 2 \n n2 crashes \n n2 boots \n n3 leads 2"),
        (LeaderAppendOnly, "n1 leads 1 \n n1 appends 1 1 a \n n1 truncates 1"),
        (LeaderAppendOnly, "n1 leads 1 \n n1 appends 1 1 a \n n1 appends 1 1 b"),
        (LogMatching, "n1 appends 1 1 a \n n1 appends 2 3 c \n n2 appends 1 2 b \n n2 appends 2 3 c"),
        (LeaderCompleteness, "n1 leads 1 \n n1 appends 1 1 a \n n2 appends 1 1 a \n n1 commits 1 \n n3 leads 2"),
        (LeaderCompleteness, "n1 leads 1 \n n1 appends 1 1 a \n n3 leads 2 \n n2 appends 1 1 a \n n1 commits 1"),
        (StateMachineSafety, "n1 applies 1 a \n n2 applies 1 b"),
        (StateMachineSafety, "n1 applies 1 a \n n1 applies 3 c"),
        (SinglePrimary, "n1 leads 1 \n n2 leads 2"),
        (Agreement, "n1 decides 1 \n n2 decides 0"),
        (MutualExclusion, "c1 takes-lock 1 \n c2 takes-lock 2"),
        (Linearizable, "c1 puts #0 7 \n c1 ok #0 \n c2 gets #1 \n c2 ok #1"),
        (Linearizable, "c1 puts #0 7 \n c2 gets #1 \n c2 ok #1 7 \n c2 gets #2 \n c2 ok #2"),
        (Linearizable, "c1 puts #0 7 \n c1 failed #0 \n c2 gets #1 \n c2 ok #1 7"),
    ];
    for (promise, history) in kept {
        assert!(!is_broken(promise, history), "{promise} is kept by {history}");
    }
    for (promise, history) in broken {
        assert!(is_broken(promise, history), "{promise} is broken by {history}");
    }
    for promise in JUDGED {
        let is_it = |(other, _): &(Promise, &str)| other == promise;
        assert!(kept.iter().any(is_it) && broken.iter().any(is_it), "{promise} has no history");
    }
}

/// Clients that put, read and delete two keys, and are told anything.
#[test]
fn any_history_of_clients_is_judged_alike() {
    let mut broken = 0;
    for seed in 0..600 {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let (mut lines, mut waiting, mut count) = (Vec::new(), [None; 4], 0);
        for _ in 0..chance.random_range(2..16) {
            let place = chance.random_range(0..waiting.len());
            let client = ["c1", "c2", "n1", "n2"][place];
            let Some((operation, is_read)) = waiting[place].take() else {
                let what = ["puts", "puts", "gets", "gets", "gets-y", "puts-y", "deletes"][chance.random_range(0..7)];
                let value =
                    if what.starts_with("puts") { format!(" {}", chance.random_range(1..3)) } else { String::new() };
                lines.push(format!("{client} {what} #{count}{value}"));
                waiting[place] = Some((count, what.starts_with("gets")));
                count += 1;
                continue;
            };
            lines.push(match chance.random_range(0..10) {
                0 => format!("{client} gives-up #{operation}"),
                1 => format!("{client} failed #{operation}"),
                _ if is_read && chance.random_bool(0.7) => {
                    format!("{client} ok #{operation} {}", chance.random_range(1..3))
                }
                _ => format!("{client} ok #{operation}"),
            });
        }
        broken += u32::from(is_broken(Linearizable, &lines.join("\n")));
    }
    assert!((100..500).contains(&broken), "{broken} of 600 are broken: too few of one kind show little");
}

/// Takes walks through the space of a scenario and judges each as a run; says how many break something.
fn broken_walks(name: &str, variant: Option<&str>, bounds: impl Fn(Bounds) -> Bounds, always: &[Promise]) -> u32 {
    let text = library::find(name).unwrap_or_else(|| panic!("{name} is not built in"));
    let scenario = Scenario::parse(name, text, variant).unwrap_or_else(|mistake| panic!("{mistake}"));
    let runner = Registry::standard().prepare(&scenario).unwrap_or_else(|mistake| panic!("{mistake}"));
    let bounds = bounds(scenario.exploration.bounds.clone());
    let space = runner.space(&bounds, &wanted(always)).expect("the workload is a list");
    let mut broken = 0;
    for seed in 0..80 {
        let (mut chance, mut desk) = (ChaCha8Rng::seed_from_u64(seed), space.desk());
        let ((mut state, _, mut marks), mut next, mut path) = (space.start(), Successors::default(), Vec::new());
        for _ in 0..40 {
            next.clear();
            space.expand(&mut desk, &state, Arrivals::UNKNOWN, &mut next);
            if next.is_empty() {
                break;
            }
            let at = chance.random_range(0..next.len());
            marks |= next.marks[at];
            path.push((state, next.actions[at]));
            state = next.state(at).to_vec();
        }
        let schedule = Some(space.schedule(&path, &mut desk));
        let judged = runner.replanned(Plan { schedule, ..scenario.plan.clone() }).judge(scenario.plan.seed);
        let judge = judged.unwrap_or_else(|failure| panic!("{name} {variant:?}, walk {seed}: {failure}")).judge;
        for (place, promise) in always.iter().enumerate() {
            let is_broken = marks >> place & 1 == 1;
            assert_eq!(judge.violation(*promise).is_some(), is_broken, "{name} {variant:?}, walk {seed}: {promise}");
        }
        broken += u32::from(marks != 0);
    }
    broken
}

#[test]
fn walks_of_raft_are_judged_alike() {
    let variants = [
        "vote-not-persisted",
        "commits-old-term",
        "votes-without-up-to-date-check",
        "replies-before-sync",
        "heartbeat-skips-consistency-check",
        "sync-holds-handler",
    ];
    let raft = [SinglePrimary].into_iter().chain(RaftSafety.parts().iter().copied()).collect::<Vec<_>>();
    let more = |bounds: Bounds| Bounds { timeouts: Some(5), crashes: Some(2), drops: Some(1), ..bounds };
    let broken: Vec<u32> =
        variants.into_iter().map(|variant| broken_walks("raft/search-mutants", Some(variant), more, &raft)).collect();
    // That the rare ones are judged alike is seen where their shortest stories are run: tests/searches.rs.
    assert!(broken.iter().filter(|count| **count > 0).count() >= 2, "{broken:?}");
    broken_walks("raft/search", None, more, &raft);
}

#[test]
fn walks_of_others_are_judged_alike() {
    let same = |bounds| bounds;
    assert!(broken_walks("start/search-two-generals", None, same, &[Agreement]) > 0);
    broken_walks("time/search-lease", None, same, &[MutualExclusion, Linearizable]);
    broken_walks("replication/search-quorum", None, same, &[Linearizable]);
}
