//! Each known bug does its harm in a run of a few steps, in which the clean code does none.

use super::super::messages::Msg;
use super::super::mutants::Config as MutantConfig;
use super::super::{Bug, Config, Mutant, Raft, Timer};
use super::lab::{Lab, Subject};
use super::{THREE, elect, get, heartbeat, put};

/// Whether the harm is done in a run with the bug and in one without.
fn harm(bug: Bug, with: fn(Lab<Mutant>) -> bool, without: fn(Lab<Raft>) -> bool) -> (bool, bool) {
    let config = MutantConfig { bug, raft: Config::default() };
    (with(Lab::new(THREE, config)), without(Lab::new(THREE, Config::default())))
}

/// n1 and n2 are rivals in term 1; n3 votes for n1, crashes, comes back, and is asked by n2.
fn two_leaders_after_a_crash<N: Subject>(mut lab: Lab<N>) -> bool {
    lab.fire("n1", Timer::Election);
    lab.fire("n2", Timer::Election);
    lab.step("n1", "n3");
    lab.step("n3", "n1");
    lab.crash("n3");
    lab.restart("n3");
    lab.step("n2", "n3");
    lab.step("n3", "n2");
    lab.leads("n1") && lab.leads("n2")
}

#[test]
fn vote_not_persisted() {
    assert_eq!(harm(Bug::VoteNotPersisted, two_leaders_after_a_crash, two_leaders_after_a_crash), (true, false));
}

/// The same, but the crash comes before n3's disk is done.
fn two_leaders_after_an_early_crash<N: Subject>(mut lab: Lab<N>) -> bool {
    lab.slow_disk("n3");
    lab.fire("n1", Timer::Election);
    lab.fire("n2", Timer::Election);
    lab.step("n1", "n3");
    let n3 = lab.id("n3");
    if lab.wire.iter().any(|(from, _, _)| *from == n3) {
        lab.step("n3", "n1");
    }
    lab.crash("n3");
    lab.restart("n3");
    lab.step("n2", "n3");
    if lab.wire.iter().any(|(from, _, _)| *from == n3) {
        lab.step("n3", "n2");
    }
    lab.leads("n1") && lab.leads("n2")
}

#[test]
fn replies_before_sync() {
    let run = (two_leaders_after_an_early_crash, two_leaders_after_an_early_crash);
    assert_eq!(harm(Bug::RepliesBeforeSync, run.0, run.1), (true, false));
}

/// n1 and n2 commit a command that n3 has not heard of; n3 then asks for votes.
fn a_leader_without_a_committed_entry<N: Subject>(mut lab: Lab<N>) -> bool {
    elect(&mut lab, "n1");
    lab.isolated.insert(lab.id("n3"));
    lab.operate(put("x", 1));
    lab.deliver();
    assert_eq!(lab.commit_index("n1"), 2);
    lab.isolated.clear();
    lab.fire("n3", Timer::Election);
    lab.deliver();
    lab.leads("n3")
}

#[test]
fn votes_without_up_to_date_check() {
    let run = (a_leader_without_a_committed_entry, a_leader_without_a_committed_entry);
    assert_eq!(harm(Bug::VotesWithoutUpToDateCheck, run.0, run.1), (true, false));
}

/// n1 leads alone and appends what nobody else has; n2 leads on and commits other entries; n1 hears a heartbeat.
fn an_entry_applied_that_was_never_committed<N: Subject>(mut lab: Lab<N>) -> bool {
    elect(&mut lab, "n1");
    lab.operate(put("x", 1));
    lab.wire.retain(|(_, _, msg)| matches!(msg, Msg::Request(_)));
    lab.isolated = [lab.id("n2"), lab.id("n3")].into();
    lab.deliver();
    assert_eq!(lab.terms("n1"), [1, 1]);
    lab.isolated = [lab.id("n1")].into();
    elect(&mut lab, "n2");
    lab.isolated.clear();
    lab.fire("n2", Timer::Heartbeat);
    lab.deliver();
    let applied = lab.server("n1").volatile.machine.values().get(&"x".into());
    applied != lab.server("n2").volatile.machine.values().get(&"x".into())
}

#[test]
fn heartbeat_skips_consistency_check() {
    let run = (an_entry_applied_that_was_never_committed, an_entry_applied_that_was_never_committed);
    assert_eq!(harm(Bug::HeartbeatSkipsConsistencyCheck, run.0, run.1), (true, false));
}

/// A client asks a server that hears no leader: does the server wait anew?
fn a_request_prolongs_the_wait<N: Subject>(mut lab: Lab<N>) -> bool {
    lab.forget_timers("n1");
    lab.operate(get("x"));
    lab.deliver();
    lab.is_set("n1", Timer::Election)
}

#[test]
fn timer_reset_by_any_message() {
    let run = (a_request_prolongs_the_wait, a_request_prolongs_the_wait);
    assert_eq!(harm(Bug::TimerResetByAnyMessage, run.0, run.1), (true, false));
}

#[test]
fn without_faults_a_mutant_works() {
    for bug in
        [Bug::VoteNotPersisted, Bug::CommitsOldTerm, Bug::RepliesBeforeSync, Bug::HeartbeatSkipsConsistencyCheck]
    {
        let mut lab = Lab::<Mutant>::new(THREE, MutantConfig { bug, raft: Config::default() });
        elect(&mut lab, "n1");
        lab.operate(put("x", 1));
        lab.deliver();
        lab.operate(get("x"));
        lab.deliver();
        heartbeat(&mut lab, "n1");
        assert_eq!(lab.returned().last(), Some(&(1, "Ok(Int(1))".to_owned())), "{bug:?}");
    }
}
