//! Every known bug of Raft is seen by the promise that it breaks, under a plan in which the clean code breaks none; and
//! so are disks that break the contract.

use super::super::{Claim, Judge, Promise, Since, State, Violation};
use super::runs::{again, crash, cut, ms, plan, run, seeds};
use crate::kernel::{Action, Law, LinkSelector, NodeSelector, Plan, Rule, SyncHolds, Trigger};
use crate::node::{DiskMode, LocalSpan, SimSpan, SimTime};
use crate::protocols::raft::mutants::Config as MutantConfig;
use crate::protocols::raft::{Bug, Config, Mutant, Raft};

const END: SimTime = SimTime(4_000_000_000);

/// Servers that stand for election soon and often at once.
fn hasty() -> Config {
    let election = (LocalSpan::millis(40), LocalSpan::millis(60));
    Config { heartbeat: LocalSpan::millis(15), election, ..Config::default() }
}

/// Disks are slow and servers fall over all the time: often between a write and its sync. They are back at once, often
/// within the same election.
fn short_crashes(seed: u64) -> Plan {
    let fall = |label, who, least, most| again(label, ms(least, most), ms(1, 15), crash(who));
    let falls = vec![fall("any", NodeSelector::Random, 10, 60), fall("top", NodeSelector::Leader, 50, 150)];
    let mut plan = plan(3, seed, falls);
    plan.link.delay = ms(1, 20);
    plan.disk.sync = ms(1, 12);
    plan
}

/// Leaders crash or are cut off with a minority, and return soon.
fn lonely_leaders(seed: u64) -> Plan {
    let faults = vec![
        again("cut", ms(60, 250), ms(50, 300), cut(LinkSelector::MinorityWith(NodeSelector::Leader))),
        again("crash", ms(60, 250), ms(20, 200), crash(NodeSelector::Leader)),
    ];
    plan(5, seed, faults)
}

/// Runs seeds until one breaks the promise; gives that one. All of them where more seeds are asked for, to tell how many
/// do.
fn find(what: &str, promise: Promise, usual: u64, run: impl Fn(u64) -> Judge) -> (u64, Violation) {
    let tell_rate = std::env::var_os("PESSIMIST_SEEDS").is_some();
    let range = seeds(usual);
    let broken = |seed: u64| Some((seed, run(seed).violation(promise)?));
    let mut found = range.clone().filter_map(broken);
    let first = found.next().unwrap_or_else(|| panic!("{what}: {promise} holds in all of {range:?}"));
    if tell_rate {
        println!("{what}: {promise} broken in {} of {range:?}, first in {}", 1 + found.count(), first.0);
    }
    first
}

/// A bug breaks a promise under some seed, and the clean code does not.
#[track_caller]
fn caught(bug: Bug, promise: Promise, plan: fn(u64) -> Plan) -> Violation {
    let spoiled = |seed| run::<Mutant>(plan(seed), MutantConfig { bug, raft: hasty() });
    let (seed, violation) = find(&format!("{bug:?}"), promise, 100, spoiled);
    for seed in 0..=seed.min(20) {
        let clean = run::<Raft>(plan(seed), hasty());
        assert_eq!(clean.violation(Promise::RaftSafety), None, "clean, seed {seed}");
        assert_eq!(clean.violation(Promise::AcksDurable), None, "clean, seed {seed}");
    }
    violation
}

#[test]
fn a_vote_that_is_not_persisted() {
    let violation = caught(Bug::VoteNotPersisted, Promise::ElectionSafety, short_crashes);
    assert!(violation.insight.unwrap().contains(" in both majorities: "));
    assert!(violation.culprits.len() >= 5, "two votes, two elections and a boot: {:?}", violation.culprits);
}

#[test]
fn a_reply_before_the_sync() {
    let violation = caught(Bug::RepliesBeforeSync, Promise::ElectionSafety, short_crashes);
    assert!(violation.headline.starts_with("two leaders in term"));
    caught(Bug::RepliesBeforeSync, Promise::LeaderCompleteness, short_crashes);
}

#[test]
fn a_commit_of_an_old_term() {
    let violation = caught(Bug::CommitsOldTerm, Promise::LeaderCompleteness, lonely_leaders);
    assert!(violation.insight.unwrap().contains("(Raft, 5.4.2)"));
    caught(Bug::CommitsOldTerm, Promise::StateMachineSafety, lonely_leaders);
}

#[test]
fn votes_for_anyone() {
    let violation = caught(Bug::VotesWithoutUpToDateCheck, Promise::LeaderCompleteness, lonely_leaders);
    assert!(violation.insight.unwrap().contains("though its own log held more (Raft, 5.4.1)"));
    caught(Bug::VotesWithoutUpToDateCheck, Promise::AcksDurable, lonely_leaders);
}

#[test]
fn heartbeats_without_a_check() {
    caught(Bug::HeartbeatSkipsConsistencyCheck, Promise::StateMachineSafety, lonely_leaders);
}

/// A bug of liveness: no promise is broken, but nobody leads while clients keep asking.
#[test]
fn timers_that_every_message_resets() {
    let fall = Rule {
        label: Some("silence".to_owned()),
        trigger: Trigger::At(SimTime(1_000_000_000)),
        after: None,
        lasting: None,
        action: Action::Node(crate::kernel::NodeAction::Crash, NodeSelector::Leader),
    };
    let within = Some(SimSpan::seconds(2));
    let claim =
        Claim::Eventually { that: State::HasLeader, after: Some(Since::Beginning("silence".to_owned())), within };
    let raft = Config { patience: Some(LocalSpan::millis(100)), ..Config::default() };
    for seed in seeds(10) {
        let plan = || plan(5, seed, vec![fall.clone()]);
        let clean = run::<Raft>(plan(), raft.clone()).verdict(&claim, END);
        assert!(clean.holds, "clean, seed {seed}: {}", clean.text);
        let config = MutantConfig { bug: Bug::TimerResetByAnyMessage, raft: raft.clone() };
        let judge = run::<Mutant>(plan(), config);
        let spoiled = judge.verdict(&claim, END);
        assert!(!spoiled.holds, "seed {seed}: {}", spoiled.text);
        assert_eq!(judge.violation(Promise::RaftSafety), None);
    }
}

/// Raft rests on the contract of the disk: what was synced is there after a crash, and nothing leaves before it is.
#[test]
fn disks_that_break_the_contract() {
    let lies = |seed| {
        let mut plan = short_crashes(seed);
        plan.disk.mode = DiskMode::Lies;
        run::<Raft>(plan, hasty())
    };
    find("lying disks", Promise::ElectionSafety, 100, lies);
    find("lying disks", Promise::AcksDurable, 100, lies);
    // A repeated RequestVote writes nothing, so that its grant leaves before the vote that it rests on is durable.
    let holds_the_handler_only = |seed| {
        let mut plan = short_crashes(seed);
        plan.disk.sync = Law::Constant(SimSpan::millis(12));
        plan.link.duplicate_ppm = 800_000;
        plan.sync_holds = SyncHolds::Handler;
        run::<Raft>(plan, hasty())
    };
    find("syncs that hold one handler", Promise::ElectionSafety, 300, holds_the_handler_only);
}
