//! Random schedules: messages late, lost, doubled and out of order, timers at any moment, crashes, slow disks.
//!
//! The harm that each bug does is found by the same schedules in which the clean code does none.

use super::super::mutants::Config as MutantConfig;
use super::super::{Bug, Config, Mutant, Raft, Timer};
use super::lab::{Lab, Subject};
use super::{add, get};
use crate::node::{Datum, Fact, NodeId, Outcome, StableHasher};
use std::collections::BTreeMap;
use std::hash::Hasher;

const FIVE: &[&str] = &["n1", "n2", "n3", "n4", "n5"];

/// Draws by number from a seed.
struct Draw {
    seed: u64,
    count: u64,
}

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.count += 1;
        let mut hasher = StableHasher::new([self.seed, 0]);
        hasher.write_u64(self.count);
        (hasher.finish() % bound as u64) as usize
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }
}

/// Judges facts as they come: Election Safety, State Machine Safety, and what the one client sees.
#[derive(Default)]
struct Judge {
    seen: usize,
    leaders: BTreeMap<u64, NodeId>,
    applied: BTreeMap<u64, u64>,
    appended: Vec<Datum>,
    returned: usize,
}

impl Judge {
    fn judge<N: Subject>(&mut self, lab: &mut Lab<N>) -> Result<(), String> {
        for (node, fact) in lab.facts.drain(..) {
            self.seen += 1;
            match fact {
                Fact::BecameLeader { term } if *self.leaders.entry(term).or_insert(node) != node => {
                    return Err(format!("two leaders in term {term}"));
                }
                Fact::Applied { index, entry, .. } if *self.applied.entry(index).or_insert(entry) != entry => {
                    return Err(format!("two commands applied at {index}"));
                }
                Fact::Returned { outcome: Outcome::Ok(value), .. } => {
                    self.returned += 1;
                    // The client awaits one operation at a time: every second is a read of all that it added.
                    if self.returned.is_multiple_of(2) && value != Datum::List(self.appended.clone().into()) {
                        return Err(format!("a read returned {value} instead of {:?}", self.appended));
                    }
                }
                _ => {}
            }
        }
        lab.journal.clear();
        Ok(())
    }
}

/// One random run. Says what went wrong, or how many operations ended.
fn run<N: Subject>(config: N::Config, seed: u64, steps: usize) -> Result<usize, String> {
    let servers = &FIVE[..3 + (seed % 3) as usize];
    let mut lab = Lab::<N>::new(servers, config);
    let (mut draw, mut judge, mut asked) = (Draw { seed, count: 0 }, Judge::default(), 0);
    servers.iter().for_each(|server| lab.slow_disk(server));
    for _ in 0..steps {
        if asked == judge.returned {
            asked += 1;
            if asked % 2 == 1 {
                judge.appended.push(Datum::Int(asked as i64));
                lab.operate(add("x", asked as i64));
            } else {
                lab.operate(get("x"));
            }
        }
        random_step(&mut lab, servers[draw.below(servers.len())], &mut draw);
        judge.judge(&mut lab)?;
    }
    Ok(judge.returned)
}

fn random_step<N: Subject>(lab: &mut Lab<N>, server: &str, draw: &mut Draw) {
    match draw.below(100) {
        _ if !lab.is_up(server) => {
            if draw.one_in(4) {
                lab.restart(server);
            }
        }
        0 if draw.one_in(2) => lab.crash(server),
        1 if draw.one_in(4) => {
            let id = lab.id(server);
            if !lab.isolated.remove(&id) {
                lab.isolated.insert(id);
            }
        }
        2..10 => fire_one(lab, draw),
        _ if lab.is_syncing(server) && draw.one_in(3) => lab.finish_sync(server),
        _ if !lab.wire.is_empty() => {
            // Mostly in order, or nothing would ever be agreed on.
            let place = if draw.one_in(4) { draw.below(lab.wire.len()) } else { 0 };
            let (from, to, msg) = lab.wire.remove(place).expect("it is within");
            if draw.one_in(20) {
                lab.wire.push_back((from, to, msg.clone()));
            }
            if !draw.one_in(20) {
                let (from, to) = (lab.cluster.name(from).to_owned(), lab.cluster.name(to).to_owned());
                lab.tell(&from, &to, msg);
            }
        }
        _ => fire_one(lab, draw),
    }
}

/// Fires a timer, one of an election seldom.
fn fire_one<N: Subject>(lab: &mut Lab<N>, draw: &mut Draw) {
    let timers = lab.timers();
    let (id, timer) = timers[draw.below(timers.len())];
    let is_rare = matches!(timer, Timer::Election | Timer::CheckQuorum);
    if !is_rare || draw.one_in(6) {
        let name = lab.cluster.name(id).to_owned();
        lab.fire(&name, timer);
    }
}

#[test]
fn random_schedules_break_no_promise() {
    let configs = [
        Config::default(),
        Config { snapshot_every: Some(4), max_batch: 2, ..Config::default() },
        Config { pre_vote: true, check_quorum: true, snapshot_every: Some(9), ..Config::default() },
    ];
    // More on demand: `PESSIMIST_SEEDS=5000 cargo test raft`.
    let seeds = std::env::var("PESSIMIST_SEEDS").map_or(60, |seeds| seeds.parse().expect("a number of seeds"));
    for (number, config) in configs.into_iter().enumerate() {
        let ended: usize = (0..seeds)
            .map(|seed| {
                run::<Raft>(config.clone(), seed, 4000)
                    .unwrap_or_else(|e| panic!("config {number}, seed {seed}: {e}"))
            })
            .sum();
        assert!(ended > 5 * seeds as usize, "config {number}: only {ended} operations ended");
    }
}

#[test]
fn random_schedules_find_the_bugs() {
    let bugs = [
        Bug::VoteNotPersisted,
        Bug::CommitsOldTerm,
        Bug::VotesWithoutUpToDateCheck,
        Bug::RepliesBeforeSync,
        Bug::HeartbeatSkipsConsistencyCheck,
    ];
    for bug in bugs {
        let config = MutantConfig { bug, raft: Config::default() };
        let found = (0..2000).find(|seed| run::<Mutant>(config.clone(), *seed, 4000).is_err());
        assert!(found.is_some(), "{bug:?} does no harm");
    }
}
