//! What people get wrong: late messages, repeated commands, stale reads, snapshots, disturbers.

use super::super::messages::{AppendEntries, AppendReply, AppendResult, Conflict, Entry, InstallSnapshot, Msg, Vote};
use super::super::replica::Role;
use super::super::{Config, Raft, ReadMode, Timer};
use super::lab::Lab;
use super::{THREE, add, elect, get, heartbeat, led_by_n1, put};
use crate::node::{Fact, LocalSpan, OperationId};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn reply(term: u64, result: AppendResult) -> Msg {
    Msg::AppendReply(AppendReply { term, round: 0, result })
}

fn progress(lab: &Lab<Raft>, leader: &str, follower: &str) -> (u64, u64) {
    let progress = &lab.server(leader).leader().expect("it leads").progress[&lab.id(follower)];
    (progress.next_index, progress.match_index)
}

#[test]
fn a_command_that_is_sent_twice_is_applied_once() {
    let mut lab = led_by_n1(Config::default());
    lab.operate(add("x", 1));
    let request = lab.wire[0].2.clone();
    lab.tell("c1", "n1", request.clone()); // Both copies reach the log.
    lab.deliver();
    assert_eq!(lab.terms("n1"), [1, 1, 1]);
    lab.tell("c1", "n1", request.clone()); // This one is known to be done, and is answered at once.
    assert_eq!(lab.terms("n1"), [1, 1, 1]);
    assert!(matches!(lab.wire.back(), Some((_, _, Msg::Response(_)))));
    lab.operate(get("x"));
    lab.operate(put("y", 1)); // Awaits 1 and 2: 0 is over.
    lab.deliver();
    lab.operate(put("y", 2)); // Awaits 3 only: all before is forgotten.
    lab.deliver();
    lab.tell("c1", "n1", request); // What is forgotten must not be done again.
    assert!(lab.wire.is_empty());
    let returned: Vec<String> = lab.returned().into_iter().map(|(_, outcome)| outcome).collect();
    assert_eq!(returned, ["Ok(Absent)", "Ok(List([Int(1)]))", "Ok(Absent)", "Ok(Absent)"]);
}

#[test]
fn a_client_finds_the_leader() {
    let mut lab = Lab::<Raft>::new(THREE, Config::default());
    elect(&mut lab, "n3");
    let id = lab.operate(put("x", 1));
    lab.deliver();
    assert_eq!(lab.returned(), []);
    lab.fire("c1", Timer::AskAgain(id));
    lab.deliver();
    assert_eq!(lab.returned(), [(0, "Ok(Absent)".to_owned())]);
    assert!(!lab.is_set("c1", Timer::AskAgain(id)));
    // n3 falls silent. The client asks the next in order, which knows no better; and the next.
    lab.isolated.insert(lab.id("n3"));
    let id = lab.operate(put("x", 2));
    lab.deliver();
    lab.fire("n1", Timer::Election);
    lab.deliver();
    lab.fire("c1", Timer::AskAgain(id));
    lab.deliver();
    assert_eq!(lab.returned().last(), Some(&(1, "Ok(Absent)".to_owned())));
}

#[test]
fn a_read_is_not_answered_without_a_majority() {
    let mut lab = led_by_n1(Config::default());
    lab.operate(put("x", 1));
    lab.deliver();
    for name in ["n2", "n3"] {
        lab.isolated.insert(lab.id(name));
    }
    lab.operate(get("x"));
    lab.deliver();
    heartbeat(&mut lab, "n1");
    assert_eq!(lab.returned().len(), 1);
    // An answer to an earlier heartbeat confirms nothing.
    lab.isolated.clear();
    lab.tell("n2", "n1", reply(1, AppendResult::Match(2)));
    lab.tell("n3", "n1", reply(1, AppendResult::Match(2)));
    lab.deliver();
    assert_eq!(lab.returned().len(), 1);
    heartbeat(&mut lab, "n1");
    assert_eq!(lab.returned().last(), Some(&(1, "Ok(Int(1))".to_owned())));
}

#[test]
fn a_local_read_is_stale_where_a_confirmed_one_waits() {
    for (read, answers) in [(ReadMode::Local, 2), (ReadMode::ReadIndex, 1)] {
        let mut lab = led_by_n1(Config { read, ..Config::default() });
        lab.operate(put("x", 1));
        lab.deliver();
        lab.isolated.insert(lab.id("n1"));
        elect(&mut lab, "n2");
        lab.isolated = [lab.id("n2"), lab.id("n3")].into();
        lab.operate(get("x"));
        lab.deliver();
        assert_eq!(lab.returned().len(), answers, "{read:?}");
    }
}

#[test]
fn a_new_leader_answers_reads_only_when_it_knows_what_is_committed() {
    let mut lab = led_by_n1(Config::default());
    lab.operate(put("x", 1));
    lab.deliver(); // n2 has the entry, and does not know that it is committed.
    assert_eq!(lab.commit_index("n2"), 1);
    lab.fire("n2", Timer::Election);
    lab.deliver_if(|_, _, msg| matches!(msg, Msg::RequestVote(_) | Msg::Vote(_)));
    let id = lab.operate(get("x")); // n1 is asked, and no longer leads.
    lab.deliver();
    lab.fire("c1", Timer::AskAgain(id));
    lab.deliver();
    assert_eq!(lab.returned().len(), 1, "its own term's first entry is not committed");
    heartbeat(&mut lab, "n2");
    assert_eq!(lab.returned().last(), Some(&(1, "Ok(Int(1))".to_owned())));
}

#[test]
fn a_follower_far_behind_takes_over_a_snapshot() {
    let mut lab = led_by_n1(Config { snapshot_every: Some(5), ..Config::default() });
    lab.isolated.insert(lab.id("n3"));
    for n in 0..12 {
        lab.operate(put("x", n));
        lab.deliver();
    }
    assert_eq!(lab.server("n1").persistent.snapshot_index(), 10);
    lab.isolated.clear();
    heartbeat(&mut lab, "n1");
    assert!(lab.facts_of("n3").contains(&&Fact::Installed { index: 10, term: 1 }));
    assert_eq!(lab.server("n3").volatile, lab.server("n1").volatile);
    assert_eq!(lab.terms("n3"), lab.terms("n1"));
    // After a restart the snapshot is what was applied; the rest waits for the leader's word.
    lab.facts.clear();
    lab.crash("n3");
    lab.restart("n3");
    assert_eq!(lab.commit_index("n3"), 10);
    let kinds: Vec<&str> = lab.facts_of("n3").iter().map(|fact| fact.kind().name()).collect();
    assert_eq!(kinds, ["Installed", "Restored", "Restored", "Restored", "Recovered"]);
    // A copy of the snapshot that arrives late takes nothing back.
    heartbeat(&mut lab, "n1");
    let before = lab.server("n3").clone();
    let snapshot = lab.server("n1").persistent.snapshot.clone().unwrap();
    lab.tell("n1", "n3", Msg::InstallSnapshot(InstallSnapshot { term: 1, snapshot }));
    assert_eq!(*lab.server("n3"), before);
}

#[test]
fn a_late_append_entries_takes_nothing_back() {
    let mut lab = led_by_n1(Config::default());
    lab.operate(put("x", 1));
    lab.deliver();
    lab.operate(put("x", 2));
    lab.deliver();
    let late = |prev_log_index, prev_log_term, entries| {
        let (term, leader_commit, round) = (1, 0, 0);
        Msg::AppendEntries(AppendEntries { term, prev_log_index, prev_log_term, entries, leader_commit, round })
    };
    let first = lab.server("n1").persistent.entry(1).unwrap().clone();
    lab.tell("n1", "n2", late(0, 0, vec![first]));
    lab.tell("n1", "n2", late(0, 0, vec![]));
    assert_eq!(lab.terms("n2"), [1, 1, 1]);
    assert!(!lab.facts_of("n2").iter().any(|fact| matches!(fact, Fact::Truncated { .. })));
}

#[test]
fn a_stale_reply_is_not_taken_for_a_new_one() {
    let mut lab = led_by_n1(Config::default());
    lab.operate(put("x", 1));
    lab.deliver();
    let before = progress(&lab, "n1", "n2");
    assert_eq!(before, (3, 2));
    let conflict =
        |prev_log_index, first_index| AppendResult::Conflict(Conflict { prev_log_index, term: None, first_index });
    lab.tell("n2", "n1", reply(1, AppendResult::Match(1)));
    lab.tell("n2", "n1", reply(1, conflict(1, 1)));
    lab.tell("n2", "n1", reply(0, AppendResult::Match(9)));
    lab.tell("n2", "n1", reply(1, AppendResult::StaleTerm));
    assert_eq!(progress(&lab, "n1", "n2"), before);
    // One that cannot be told from a new one costs a message, and the count of who has what stays.
    lab.tell("n2", "n1", reply(1, conflict(2, 1)));
    assert_eq!(progress(&lab, "n1", "n2").1, 2);
    lab.deliver();
    assert_eq!(progress(&lab, "n1", "n2"), before);
    // A vote of an earlier term elects nobody.
    lab.isolated.insert(lab.id("n1"));
    lab.fire("n2", Timer::Election);
    lab.wire.clear();
    lab.fire("n2", Timer::Election);
    lab.tell("n3", "n2", Msg::Vote(Vote { term: 2, granted: true }));
    assert!(!lab.leads("n2"));
    lab.tell("n3", "n2", Msg::Vote(Vote { term: 3, granted: true }));
    assert!(lab.leads("n2"));
}

#[test]
fn a_vote_is_not_given_twice_across_a_crash() {
    let mut lab = Lab::<Raft>::new(THREE, Config::default());
    lab.fire("n1", Timer::Election);
    lab.fire("n2", Timer::Election);
    lab.step("n1", "n3");
    lab.crash("n3");
    lab.restart("n3");
    lab.deliver();
    assert!(lab.leads("n1") && !lab.leads("n2"));
}

#[test]
fn a_vote_leaves_only_when_it_is_durable() {
    let mut lab = Lab::<Raft>::new(THREE, Config::default());
    lab.slow_disk("n3");
    lab.fire("n1", Timer::Election);
    lab.step("n1", "n3");
    assert!(!lab.wire.iter().any(|(_, _, msg)| matches!(msg, Msg::Vote(_))));
    assert!(!lab.facts_of("n3").iter().any(|fact| matches!(fact, Fact::Voted { .. })));
    lab.finish_sync("n3");
    assert!(lab.wire.iter().any(|(_, _, msg)| matches!(msg, Msg::Vote(_))));
}

#[test]
fn a_candidate_asks_again_who_has_not_answered() {
    let mut lab = Lab::<Raft>::new(THREE, Config::default());
    lab.fire("n1", Timer::Election);
    lab.wire.clear();
    lab.fire("n1", Timer::Retry);
    lab.deliver();
    assert!(lab.leads("n1"));
    assert!(!lab.is_set("n1", Timer::Retry) && !lab.is_set("n1", Timer::Election));
}

#[test]
fn pre_vote_keeps_a_returning_server_from_disturbing() {
    for (pre_vote, stays) in [(true, true), (false, false)] {
        let mut lab = led_by_n1(Config { pre_vote, ..Config::default() });
        lab.isolated.insert(lab.id("n3"));
        for _ in 0..3 {
            lab.fire("n3", Timer::Election);
            lab.deliver();
        }
        assert_eq!(lab.term("n3"), if pre_vote { 1 } else { 4 });
        lab.isolated.clear();
        lab.fire("n3", Timer::Election);
        lab.deliver();
        lab.fire("n2", Timer::Election); // n2 has been loyal for longer than anyone.
        heartbeat_if_leading(&mut lab, "n1");
        assert_eq!(lab.leads("n1") && lab.term("n1") == 1, stays, "pre_vote {pre_vote}");
    }
}

fn heartbeat_if_leading(lab: &mut Lab<Raft>, name: &str) {
    if lab.leads(name) {
        heartbeat(lab, name);
    }
}

#[test]
fn pre_vote_elects_when_the_leader_is_gone() {
    let mut lab = led_by_n1(Config { pre_vote: true, ..Config::default() });
    lab.crash("n1");
    lab.fire("n2", Timer::Election);
    lab.deliver();
    assert!(matches!(lab.server("n2").role, Role::PreCandidate(_)), "n3 has heard n1 a moment ago");
    lab.fire("n3", Timer::Loyalty);
    lab.fire("n2", Timer::Retry);
    lab.fire("n2", Timer::Election);
    lab.deliver();
    assert!(lab.leads("n2"));
    assert_eq!(lab.term("n2"), 2);
}

#[test]
fn a_leader_that_reaches_no_majority_steps_down() {
    let mut lab = led_by_n1(Config { check_quorum: true, ..Config::default() });
    lab.fire("n1", Timer::CheckQuorum);
    assert!(lab.leads("n1"), "it has heard both");
    for name in ["n2", "n3"] {
        lab.isolated.insert(lab.id(name));
    }
    let id = lab.operate(get("x"));
    lab.deliver();
    lab.fire("n1", Timer::CheckQuorum);
    assert!(!lab.leads("n1"));
    assert_eq!(lab.term("n1"), 1);
    assert!(lab.is_set("n1", Timer::Election) && !lab.is_set("n1", Timer::Heartbeat));
    lab.deliver();
    assert!(lab.is_set("c1", Timer::AskAgain(id)), "the client was told");
    // A timer of the role that is over does nothing.
    let before = lab.server("n1").clone();
    lab.tell("n2", "n1", reply(1, AppendResult::Match(1)));
    assert_eq!(*lab.server("n1"), before);
}

#[test]
fn one_server_alone_is_a_majority() {
    let mut lab = Lab::<Raft>::new(&["n1"], Config::default());
    lab.fire("n1", Timer::Election);
    lab.operate(put("x", 1));
    lab.operate(get("x"));
    lab.deliver();
    assert_eq!(lab.returned(), [(0, "Ok(Absent)".to_owned()), (1, "Ok(Int(1))".to_owned())]);
}

#[test]
fn a_crash_forgets_what_was_not_synced_and_nobody_relied_on_it() {
    let mut lab = led_by_n1(Config::default());
    for name in ["n2", "n3"] {
        lab.slow_disk(name);
    }
    lab.operate(put("x", 1));
    lab.deliver();
    assert_eq!(lab.returned(), []);
    lab.crash("n2");
    lab.restart("n2");
    assert_eq!(lab.terms("n2"), [1]);
    lab.finish_sync("n3");
    lab.deliver();
    assert_eq!(lab.returned(), [(0, "Ok(Absent)".to_owned())]);
}

/// Outside the model, and yet: whoever lost his disk is brought up to date.
#[test]
fn a_server_with_a_wiped_disk_gets_its_log_back() {
    for snapshot_every in [None, Some(2)] {
        let mut lab = led_by_n1(Config { snapshot_every, ..Config::default() });
        for n in 0..4 {
            lab.operate(put("x", n));
            lab.deliver();
        }
        lab.crash("n3");
        lab.wipe("n3");
        lab.restart("n3");
        heartbeat(&mut lab, "n1");
        assert_eq!(lab.server("n3").volatile, lab.server("n1").volatile);
    }
}

#[test]
fn a_state_can_be_shown() {
    let mut lab = led_by_n1(Config { snapshot_every: Some(2), ..Config::default() });
    lab.operate(put("x", 1));
    lab.deliver();
    let shown = serde_json::to_string(lab.server("n1")).unwrap();
    assert!(shown.contains(r#""commit_index":2"#) && !shown.contains("heartbeat"), "{shown}");
}

#[test]
fn an_operation_that_the_store_does_not_know_fails() {
    let mut lab = led_by_n1(Config::default());
    lab.operate(crate::node::Op::Acquire("lock".into()));
    assert_eq!(lab.returned(), [(0, "Failed".to_owned())]);
    assert_eq!(lab.facts_of("c1").last().unwrap().operation(), Some(OperationId(0)));
}

#[test]
fn settings_under_which_nothing_works_are_refused() {
    let refused = |change: fn(&mut Config)| {
        let mut config = Config::default();
        change(&mut config);
        config.check().unwrap_err()
    };
    assert_eq!(Config::default().check(), Ok(()));
    assert!(refused(|c| c.election = (LocalSpan::millis(300), LocalSpan::millis(150))).contains("shorter"));
    assert!(refused(|c| c.heartbeat = LocalSpan::ZERO).contains("heartbeat"));
    assert!(refused(|c| c.heartbeat = LocalSpan::millis(150)).contains("too late"));
    assert!(refused(|c| c.max_batch = 0).contains("max_batch"));
    assert!(refused(|c| c.snapshot_every = Some(0)).contains("leave it out"));
    assert!(refused(|c| c.patience = Some(LocalSpan::ZERO)).contains("patience"));
    assert!(refused(|c| c.logs = [("n1".to_owned(), vec![2, 1])].into()).contains("n1"));
}

#[test]
fn settings_are_read_from_a_scenario() {
    let text = r#"(heartbeat: "20ms", election: ("100ms", "200ms"), logs: {"n1": [1, 2]}, read: Local)"#;
    let config: Config = ron::from_str(text).unwrap();
    assert_eq!(config.election, (LocalSpan::millis(100), LocalSpan::millis(200)));
    assert_eq!((config.max_batch, config.read), (64, ReadMode::Local));
    assert!(ron::from_str::<Config>("(hartbeat: \"20ms\")").unwrap_err().to_string().contains("hartbeat"));
}

/// Two logs with a common beginning; after it, even terms only in one and odd ones only in the other.
fn diverged_logs() -> impl Strategy<Value = (Vec<u64>, Vec<u64>, usize)> {
    let run = |most| proptest::collection::vec(1u64..6, 0..most);
    (run(6), run(12), run(12)).prop_map(|(mut common, own, other)| {
        common.sort();
        let floor = common.last().map_or(0, |term| term * 2);
        let log = |rest: Vec<u64>, odd| {
            let mut rest: Vec<u64> = rest.into_iter().map(|term| floor + term * 2 + odd).collect();
            rest.sort();
            common.iter().map(|term| term * 2).chain(rest).collect::<Vec<u64>>()
        };
        (log(own, 0), log(other, 1), common.len())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// §5.3, end: the shortcut never passes over the place where the logs still agree, needs one refusal for each term
    /// at most, and ends with logs that are alike.
    #[test]
    fn back_tracking_never_goes_too_far((own, other, common) in diverged_logs(), max_batch in 1usize..4) {
        let logs = BTreeMap::from([("n1".to_owned(), own.clone()), ("n2".to_owned(), other.clone())]);
        let mut lab = Lab::<Raft>::new(THREE, Config { logs, max_batch, ..Config::default() });
        while !lab.leads("n1") {
            lab.fire("n1", Timer::Election);
            let n2 = lab.id("n2");
            // n3 has nothing, and elects anyone; n2 may know better.
            lab.deliver_if(|from, to, msg| from != n2 && to != n2 && !matches!(msg, Msg::AppendEntries(_)));
        }
        lab.isolated.insert(lab.id("n3"));
        lab.fire("n1", Timer::Heartbeat);
        let mut refusals = 0;
        while let Some((from, to, msg)) = lab.wire.front().cloned() {
            lab.wire.pop_front();
            let refused = matches!(&msg, Msg::AppendReply(AppendReply { result: AppendResult::Conflict(_), .. }));
            refusals += usize::from(refused);
            let (from, to) = (lab.cluster.name(from).to_owned(), lab.cluster.name(to).to_owned());
            lab.tell(&from, &to, msg);
            prop_assert!(progress(&lab, "n1", "n2").0 > common as u64, "{own:?} {other:?}");
        }
        let mut terms = other.clone();
        terms.dedup();
        prop_assert!(refusals <= terms.len() + 1, "{refusals} refusals for {other:?}");
        prop_assert_eq!(lab.terms("n1"), lab.terms("n2"));
        let last: Option<Entry> = lab.server("n1").persistent.log.last().cloned();
        prop_assert_eq!(last.as_ref(), lab.server("n2").persistent.log.last());
    }
}
