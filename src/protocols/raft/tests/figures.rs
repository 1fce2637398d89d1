//! Situations that the paper draws.

use super::super::messages::{AppendReply, AppendResult, Msg};
use super::super::{Bug, Config, Mutant, Raft, Timer, mutants};
use super::elect;
use super::heartbeat;
use super::lab::{Lab, Subject};
use crate::node::Fact;
use std::collections::BTreeMap;

fn logs(logs: &[(&str, &[u64])]) -> BTreeMap<String, Vec<u64>> {
    logs.iter().map(|(name, terms)| (name.to_string(), terms.to_vec())).collect()
}

/// Figure 7: the leader of term 8 makes every log like its own, whatever is missing from it or too much.
#[test]
fn figure_7_followers_are_repaired() {
    let logs = logs(&[
        ("leader", &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6]),
        ("a", &[1, 1, 1, 4, 4, 5, 5, 6, 6]),
        ("b", &[1, 1, 1, 4]),
        ("c", &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6]),
        ("d", &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7]),
        ("e", &[1, 1, 1, 4, 4, 4, 4]),
        ("f", &[1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]),
    ]);
    let config = Config { logs, ..Config::default() };
    let mut lab = Lab::<Raft>::new(&["leader", "a", "b", "c", "d", "e", "f"], config);
    assert_eq!(lab.facts_of("b").last(), Some(&&Fact::Recovered { index: 4, term: 7 }));
    elect(&mut lab, "leader");
    assert_eq!(lab.term("leader"), 8);
    for name in ["leader", "a", "b", "c", "d", "e", "f"] {
        assert_eq!(lab.terms(name), [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 8], "{name}");
        assert_eq!(lab.commit_index(name), 11, "{name}");
    }
    let truncated = |name| -> Vec<u64> {
        let index = |fact: &Fact| matches!(fact, Fact::Truncated { .. }).then(|| fact.index().unwrap());
        lab.facts_of(name).into_iter().filter_map(index).collect()
    };
    assert_eq!(truncated("a"), Vec::<u64>::new());
    assert_eq!(truncated("e"), [6]);
    assert_eq!(truncated("f"), [4]);
}

/// Figure 8 up to (c): the entry of term 2 is on s1, s2 and s3, and s1 leads term 4 and has nothing of its own on a
/// majority.
fn figure_8_c<N: Subject>(config: N::Config) -> Lab<N> {
    let is_election = |msg: &Msg| matches!(msg, Msg::RequestVote(_) | Msg::Vote(_));
    let mut lab = Lab::<N>::new(&["s1", "s2", "s3", "s4", "s5"], config);
    // (a) s1 leads term 2, and its entry reaches s2 alone.
    lab.fire("s1", Timer::Election);
    for peer in ["s2", "s3"] {
        lab.step("s1", peer);
        lab.step(peer, "s1");
    }
    assert!(lab.leads("s1"));
    let s2 = lab.id("s2");
    lab.deliver_if(|_, to, msg| to == s2 && matches!(msg, Msg::AppendEntries(_)));
    assert_eq!(lab.terms("s2"), [1, 2]);
    // (b) s1 crashes. s5 leads term 3 with the votes of s3 and s4; its entry reaches nobody.
    lab.crash("s1");
    lab.fire("s5", Timer::Election);
    lab.deliver_if(|_, _, msg| is_election(msg));
    if !lab.leads("s5") {
        lab.fire("s5", Timer::Election);
        lab.deliver_if(|_, to, msg| to != s2 && is_election(msg));
    }
    assert_eq!((lab.leads("s5"), lab.terms("s5")), (true, vec![1, 3]));
    // (c) s5 crashes. s1 is back, leads term 4, and sends s3 what it lacks: first the entry of term 2.
    lab.crash("s5");
    lab.restart("s1");
    while !lab.leads("s1") {
        lab.fire("s1", Timer::Election);
        lab.wire.retain(|(_, to, _)| *to != s2);
        lab.deliver_if(|_, _, msg| is_election(msg));
    }
    lab.fire("s1", Timer::Heartbeat);
    for _ in 0..2 {
        lab.step("s1", "s3");
        lab.step("s3", "s1");
    }
    lab.wire.clear();
    // s2 has it already; this is its answer to an empty heartbeat.
    let term = lab.term("s1");
    lab.tell("s2", "s1", Msg::AppendReply(AppendReply { term, round: 0, result: AppendResult::Match(2) }));
    lab
}

fn figure_8_config() -> Config {
    let logs = logs(&[("s1", &[1]), ("s2", &[1]), ("s3", &[1]), ("s4", &[1]), ("s5", &[1])]);
    Config { logs, max_batch: 1, ..Config::default() }
}

/// Figure 8: an entry of an old term is not committed by counting, and may still be overwritten.
#[test]
fn figure_8_an_old_entry_on_a_majority_is_not_committed() {
    let mut lab = figure_8_c::<Raft>(figure_8_config());
    assert_eq!(lab.terms("s3"), [1, 2]);
    assert_eq!(lab.server("s1").leader().unwrap().progress.values().filter(|p| p.match_index == 2).count(), 2);
    assert_eq!(lab.commit_index("s1"), 0);
    // (d) s1 crashes, and s5 makes everyone's log like its own.
    lab.crash("s1");
    lab.restart("s5");
    while !lab.leads("s5") {
        lab.fire("s5", Timer::Election);
        lab.deliver();
    }
    heartbeat(&mut lab, "s5");
    let term = lab.term("s5");
    for name in ["s2", "s3", "s4", "s5"] {
        assert_eq!(lab.terms(name), [1, 3, term]);
    }
}

/// Figure 8 (e): once an entry of the leader's own term is on a majority, what is before it is committed.
#[test]
fn figure_8_an_entry_of_the_current_term_commits_the_old_ones() {
    let mut lab = figure_8_c::<Raft>(figure_8_config());
    heartbeat(&mut lab, "s1");
    assert_eq!(lab.commit_index("s1"), 3);
    assert_eq!(lab.commit_index("s3"), 3);
}

/// Figure 8, with the bug that it warns of.
#[test]
fn figure_8_the_mutant_commits_by_counting() {
    let config = mutants::Config { bug: Bug::CommitsOldTerm, raft: figure_8_config() };
    let lab = figure_8_c::<Mutant>(config);
    assert_eq!(lab.commit_index("s1"), 2);
}
