//! What clients of a store were promised, judged by their calls: for each promise its textbook histories, and random ones
//! of stores that keep it.
//!
//! A call a line: who, from when to when (nothing where nobody knows), what.
//!
//! ```text
//! c1 0-5 x=1             c1 0- x=1          put, outcome unknown     c1 0-5 x=1!        failed
//! c2 6-7 x?1             c2 6-7 x?-         read nothing             c2 6-7 x?[1,2]     read a list, or siblings
//! c1 0-5 x+=1            c1 0-5 x=-         append, delete
//! ```

use crate::check::Ending;
use crate::check::calls::causal::causally_consistent;
use crate::check::calls::sessions::{monotonic_reads, monotonic_writes, read_your_writes, writes_follow_reads};
use crate::check::calls::staleness::{Staleness, staleness};
use crate::check::calls::{Breach, Call, Point};
use crate::node::{Datum, Key, Op, SimSpan, SimTime};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn datum(text: &str) -> Datum {
    match text.strip_prefix('[') {
        Some(list) => {
            let items = list.trim_end_matches(']').split(',').filter(|item| !item.is_empty());
            Datum::List(items.map(datum).collect())
        }
        None if text == "-" => Datum::Absent,
        None => Datum::Int(text.parse().unwrap()),
    }
}

fn point(place: u32) -> Point {
    Point { place, time: Some(SimTime(u64::from(place) * 1_000_000)) }
}

fn calls(history: &str) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    for line in history.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let [client, span, what] = line.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{line:?}") };
        let (begin, end) = span.split_once('-').unwrap();
        let (op, value) = if let Some((key, value)) = what.split_once('?') {
            (Op::Get(key.into()), datum(value))
        } else if let Some((key, value)) = what.split_once("+=") {
            (Op::Append(key.into(), datum(value)), Datum::Absent)
        } else {
            let (key, value) = what.trim_end_matches('!').split_once('=').unwrap();
            let op = if value == "-" { Op::Delete(key.into()) } else { Op::Put(key.into(), datum(value)) };
            (op, Datum::Absent)
        };
        let ended = end.parse().ok().map(point);
        let ending = match ended {
            None => Ending::Unknown,
            Some(_) if what.ends_with('!') => Ending::Failed,
            Some(_) => Ending::Ok(value),
        };
        calls.push(Call {
            client: client.into(),
            label: None,
            op,
            invoked: point(begin.parse().unwrap()),
            ended,
            ending,
        });
    }
    calls.sort_by_key(|call| call.invoked);
    calls
}

type Checker = fn(&[Call]) -> Result<Option<Breach>, String>;

const ALL: [Checker; 5] =
    [read_your_writes, monotonic_reads, monotonic_writes, writes_follow_reads, causally_consistent];

#[track_caller]
fn broken(checker: Checker, history: &str) -> String {
    let breach = checker(&calls(history)).unwrap().unwrap_or_else(|| panic!("kept by {history}"));
    assert!(!breach.seen.is_empty());
    breach.headline
}

#[track_caller]
fn kept(checkers: &[Checker], history: &str) {
    for checker in checkers {
        assert_eq!(checker(&calls(history)).unwrap(), None, "{history}");
    }
}

#[test]
fn read_your_writes_in_registers() {
    let wrote = "c1 0-1 x=1 \n c2 2-3 x=2 \n";
    assert_eq!(broken(read_your_writes, &format!("{wrote} c2 4-5 x?1")), "c2 wrote x=2, then read x=1");
    assert_eq!(broken(read_your_writes, "c1 0-1 x=1 \n c1 2-3 x?-"), "c1 wrote x=1, then read x=nothing");
    kept(&ALL, &format!("{wrote} c2 4-5 x?2 \n c1 4-5 x?2"));
    // Another's later write, or one that overlaps; what is not acknowledged; another key; what somebody deleted.
    kept(&ALL, "c1 0-1 x=1 \n c2 2-3 x=2 \n c1 4-5 x?2");
    kept(&ALL, "c1 0-9 x=1 \n c2 2-3 x=2 \n c2 4-5 x?1");
    kept(&[read_your_writes], "c1 0-1 x=1 \n c2 2- x=2 \n c2 4-5 x?1");
    kept(&[read_your_writes], "c1 0-1 x=1 \n c2 2-3 x=2! \n c2 4-5 x?1");
    kept(&ALL, "c1 0-1 x=1 \n c1 2-3 y?-");
    kept(&ALL, "c1 0-1 x=1 \n c2 0- x=- \n c1 2-3 x?-");
    // The read began before the write was over.
    kept(&[read_your_writes], "c1 0-1 x=1 \n c2 2-5 x=2 \n c2 4-6 x?1");
    // A deletion that a client made itself.
    broken(read_your_writes, "c1 0-1 x=1 \n c1 2-3 x=- \n c1 4-5 x?1");
}

#[test]
fn read_your_writes_among_siblings_and_in_lists() {
    kept(&ALL, "c1 0-1 x=1 \n c2 2-3 x=2 \n c1 4-5 x?[1,2] \n c2 4-5 x?[2]");
    broken(read_your_writes, "c1 0-1 x=1 \n c2 2-3 x=2 \n c3 2-3 x=3 \n c3 4-5 x?[1]");
    assert_eq!(
        broken(read_your_writes, "c1 0-1 x+=1 \n c2 0-1 x+=2 \n c1 2-3 x?[2]"),
        "c1 wrote x+=1, then read x=[2]"
    );
    kept(&ALL, "c1 0-1 x+=1 \n c2 0-1 x+=2 \n c1 2-3 x?[2,1]");
    broken(read_your_writes, "c1 0-1 x+=1 \n c1 2-3 x?-");
}

#[test]
fn monotonic_reads_in_registers() {
    let back = broken(monotonic_reads, "c1 0-1 x=1 \n c2 2-3 x?1 \n c2 4-5 x?-");
    assert_eq!(back, "c2 read x=1, then x=nothing: its reads went back in time");
    broken(monotonic_reads, "c1 0-1 x=1 \n c1 2-3 x=2 \n c2 4-5 x?2 \n c2 6-7 x?1");
    // Nobody knows in which order the two were written: but not once so and once so.
    let two = "c1 0-9 x=1 \n c2 0-9 x=2 \n c3 1-2 x?1 \n c3 3-4 x?2 \n";
    kept(&ALL, two);
    broken(monotonic_reads, &format!("{two} c3 5-6 x?1"));
    // Another client may see another order, and reads that overlap are in none.
    kept(&[monotonic_reads], &format!("{two} c4 1-2 x?2 \n c4 3-4 x?1"));
    kept(&[monotonic_reads], "c1 0-1 x=1 \n c1 2-3 x=2 \n c2 4-7 x?2 \n c2 5-8 x?1");
    // A write whose outcome is unknown may take effect late.
    kept(&[monotonic_reads], "c1 0- x=1 \n c1 2-3 x=2 \n c2 4-5 x?2 \n c2 6-7 x?1");
    // It had taken effect before the other began: a read had shown it.
    broken(monotonic_reads, "c1 0- x=1 \n c3 1-2 x?1 \n c1 3-4 x=2 \n c2 5-6 x?2 \n c2 7-8 x?1");
    // Deleted meanwhile.
    kept(&[monotonic_reads], "c1 0-1 x=1 \n c2 2-3 x?1 \n c1 4-5 x=- \n c2 6-7 x?-");
    broken(monotonic_reads, "c1 0-1 x=- \n c1 2-3 x=1 \n c2 4-5 x?1 \n c2 6-7 x?-");
}

#[test]
fn monotonic_reads_of_lists() {
    let two = "c1 0-9 x+=1 \n c2 0-9 x+=2 \n c3 1-2 x?[1] \n";
    broken(monotonic_reads, &format!("{two} c3 3-4 x?[2]"));
    kept(&[monotonic_reads], &format!("{two} c3 3-4 x?[2,1]"));
    broken(monotonic_reads, &format!("{two} c3 3-4 x?-"));
}

#[test]
fn monotonic_writes_in_lists() {
    let two = "c1 0-1 x+=1 \n c1 2-3 x+=2 \n";
    let without = broken(monotonic_writes, &format!("{two} c2 4-5 x?[2]"));
    assert_eq!(without, "c2 read x=[2]: c1's x+=2 without its x+=1");
    let before = broken(monotonic_writes, &format!("{two} c2 4-5 x?[2,1] \n c3 6-7 x?[2,1,3] \n c4 0-9 x+=3"));
    assert_eq!(before, "c2 read x=[2 1]: c1's x+=2 before its x+=1");
    kept(&ALL, &format!("{two} c2 4-5 x?[1,2] \n c3 4-5 x?[1]"));
    kept(&ALL, "c1 0- x+=1 \n c1 2-3 x+=2 \n c2 4-5 x?[2,1]");
}

#[test]
fn writes_follow_reads_in_lists() {
    let answer = "c1 0-1 x+=1 \n c2 2-3 x?[1] \n c2 4-5 x+=2 \n";
    let without = broken(writes_follow_reads, &format!("{answer} c3 6-7 x?[2]"));
    assert_eq!(without, "c3 read x=[2]: c2's x+=2 without what it answers");
    broken(writes_follow_reads, &format!("{answer} c3 6-7 x?[2,1]"));
    kept(&ALL, &format!("{answer} c3 6-7 x?[1,2]"));
    // It had not been shown it.
    kept(&ALL, "c1 0-1 x+=1 \n c2 2-3 x?- \n c2 4-5 x+=2 \n c3 6-7 x?[2,1]");
}

#[test]
fn causal_consistency() {
    // Bouajjani and others, section 3: WriteCOInitRead, WriteCORead, ThinAirRead, CyclicCO.
    let answer = "c1 0-1 x=1 \n c2 2-3 x?1 \n c2 4-5 y=1 \n c3 6-7 y?1 \n";
    let missed = broken(causally_consistent, &format!("{answer} c3 8-9 x?-"));
    assert_eq!(missed, "c3 read x=nothing, though it may depend on c1's x=1");
    kept(&ALL, &format!("{answer} c3 8-9 x?1"));
    broken(causally_consistent, "c1 0-1 x=1 \n c2 2-3 x?1 \n c2 4-5 x=2 \n c3 6-7 x?2 \n c3 8-9 x?1");
    assert_eq!(broken(causally_consistent, "c1 0-1 x?7"), "c1 read x=7: nobody wrote 7");
    broken(causally_consistent, "c1 0-1 x?1 \n c1 2-3 y=1 \n c2 0-1 y?1 \n c2 2-3 x=1");
    // Concurrent writes may be seen in any order (figure 3 (b) of the paper, causal and no more).
    kept(&[causally_consistent], "c1 0-1 x=1 \n c2 0-1 x=2 \n c3 2-3 x?1 \n c3 4-5 x?2 \n c4 2-3 x?2 \n c4 4-5 x?1");
    // Real time is not looked at, and what is unknown need not have happened.
    kept(&[causally_consistent], "c1 0-1 x=1 \n c2 2-3 x?-");
    kept(&[causally_consistent], "c1 0- x=1 \n c1 2-3 y=1 \n c2 4-5 y?1 \n c2 6-7 x?-");
    // Of deletions the one that explains it counts.
    kept(&[causally_consistent], "c1 0-1 x=1 \n c2 0- x=- \n c1 2-3 x?-");
    broken(causally_consistent, "c1 0-1 x=- \n c1 2-3 x=1 \n c1 4-5 x?-");
    // Lists, and what stands side by side.
    broken(causally_consistent, "c1 0-1 x+=1 \n c2 2-3 x?[1] \n c2 4-5 x+=2 \n c3 6-7 x?[2]");
    broken(causally_consistent, "c1 0-1 x+=1 \n c2 2-3 x?[1] \n c2 4-5 x+=2 \n c3 6-7 x?[2,1]");
    kept(&[causally_consistent], "c1 0-1 x=1 \n c2 0-1 x=2 \n c1 2-3 x?[1,2] \n c2 2-3 x?[2]");
}

#[test]
fn a_cycle_is_told_step_by_step() {
    let breach =
        causally_consistent(&calls("c1 0-1 x?1 \n c1 2-3 y=1 \n c2 0-1 y?1 \n c2 2-3 x=1")).unwrap().unwrap();
    let lines: Vec<&str> = breach.seen.iter().map(|(line, _)| line.as_str()).collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines.contains(&"c1 was shown c2's x=1") && lines.contains(&"then c1 asked for y=1"), "{lines:?}");
}

#[test]
fn what_cannot_be_judged() {
    let twice = read_your_writes(&calls("c1 0-1 x=1 \n c2 2-3 x=1")).unwrap_err();
    assert_eq!(twice, "two writes of x store 1: whose effect a read shows cannot be said");
    assert!(monotonic_reads(&calls("c1 0-1 x=1 \n c2 2-3 x+=2")).is_err());
    // One of them certainly did nothing.
    kept(&ALL, "c1 0-1 x=1! \n c2 2-3 x=1 \n c1 4-5 x?1");
}

#[test]
fn staleness_in_versions_and_time() {
    let wrote = "c1 0-1 x=1 \n c1 2-3 x=2 \n c1 4-5 x=3 \n";
    let reads =
        staleness(&calls(&format!("{wrote} c2 10-11 x?1 \n c2 12-13 x?3 \n c3 2-9 x?1 \n c4 6-7 x?-"))).unwrap();
    let found: Vec<(usize, Option<SimSpan>)> = reads.iter().map(|read| (read.versions_behind, read.behind)).collect();
    // By their beginnings: c3, c4, c2, c2. When c3 began, x=2 was not acknowledged.
    let ms = |ms| Some(SimSpan::millis(ms));
    assert_eq!(found, [(0, None), (3, ms(5)), (2, ms(7)), (0, None)]);
    let all = Staleness::of(&reads);
    assert_eq!((all.reads(), all.fresh(), all.by_versions.clone()), (4, 2, vec![2, 0, 1, 1]));
    assert_eq!((all.percentile(50), all.percentile(100)), (ms(5), ms(7)));
    assert_eq!((all.share_within(0), all.share_within(2)), (Some(0.5), Some(0.75)));
    assert_eq!(Staleness::of(&[]).share_within(0), None);
    // Of writes that overlap neither is newer.
    assert_eq!(staleness(&calls("c1 0-5 x=1 \n c2 1-3 x=2 \n c3 6-7 x?1")).unwrap()[0].versions_behind, 0);
    assert_eq!(staleness(&calls("c1 0-1 x+=1 \n c1 2-3 x+=2 \n c3 6-7 x?[1]")).unwrap()[0].versions_behind, 1);
}

/// What one client does, and where.
type Step = (usize, u8, u8);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec((0..4usize, any::<u8>(), any::<u8>()), 1..300)
}

/// What a client asks for: registers x and y, a list l. Every write stores another value.
fn op(kind: u8, key: u8, fresh: i64) -> Op {
    let key: Key = ["x", "y", "l"][usize::from(key % 3)].into();
    match kind % 8 {
        0..4 => Op::Get(key),
        _ if &*key == "l" => Op::Append(key, Datum::Int(fresh)),
        4 => Op::Delete(key),
        _ => Op::Put(key, Datum::Int(fresh)),
    }
}

/// Calls that overlap, each of which takes effect at one moment, some late, some never, some unheard.
fn linearizable(steps: &[Step]) -> Vec<Call> {
    let mut store = crate::protocols::store::Store::default();
    let mut calls: Vec<Call> = Vec::new();
    // What each client has under way, and what came out of it, if it has taken effect.
    let mut pending: BTreeMap<usize, (usize, Option<Datum>)> = BTreeMap::new();
    let mut late: Vec<usize> = Vec::new();
    let mut execute = |op: &Op| match store.execute(op) {
        crate::node::Outcome::Ok(value) => value,
        crate::node::Outcome::Failed => panic!("{op}"),
    };
    for (place, &(client, kind, key)) in steps.iter().enumerate() {
        let now = point(place as u32);
        match pending.remove(&client) {
            None => {
                pending.insert(client, (calls.len(), None));
                let (op, name) = (op(kind, key, place as i64), format!("c{client}").into());
                calls.push(Call {
                    client: name,
                    label: None,
                    op,
                    invoked: now,
                    ended: None,
                    ending: Ending::Pending,
                });
            }
            Some((call, effect)) if kind % 16 == 15 => {
                (calls[call].ended, calls[call].ending) = (Some(now), Ending::Unknown);
                late.extend(effect.is_none().then_some(call));
            }
            Some((call, None)) => {
                let value = execute(&calls[call].op);
                pending.insert(client, (call, Some(value)));
            }
            Some((call, Some(value))) => (calls[call].ended, calls[call].ending) = (Some(now), Ending::Ok(value)),
        }
        if kind % 32 == 7 && !late.is_empty() {
            execute(&calls[late.remove(usize::from(key) % late.len())].op);
        }
    }
    calls
}

/// Four replicas, a client at each. Writes reach the others late, but none before what it depends on.
fn causal(steps: &[Step]) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut stores = vec![crate::protocols::store::Store::default(); 4];
    // Of each replica: the writes that it has carried out, in order. A write depends on those there when it came.
    let mut done: Vec<Vec<usize>> = vec![Vec::new(); 4];
    let mut depends: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, &(client, kind, key)) in steps.iter().enumerate() {
        if kind % 2 == 0 {
            let ready = |write: &&usize| {
                !done[client].contains(write) && depends[write].iter().all(|cause| done[client].contains(cause))
            };
            let ready: Vec<usize> = depends.keys().filter(ready).copied().collect();
            if let Some(write) = ready.get(usize::from(key) % ready.len().max(1)) {
                stores[client].execute(&calls[*write].op);
                done[client].push(*write);
            }
            continue;
        }
        let op = op(kind / 2, key, place as i64);
        let crate::node::Outcome::Ok(value) = stores[client].execute(&op) else { panic!("{op}") };
        if !op.is_read() {
            depends.insert(calls.len(), done[client].clone());
            done[client].push(calls.len());
        }
        let [invoked, ended] = [2 * place as u32, 2 * place as u32 + 1].map(point);
        let client = format!("c{client}").into();
        calls.push(Call { client, label: None, op, invoked, ended: Some(ended), ending: Ending::Ok(value) });
    }
    calls
}

proptest! {
    #[test]
    fn a_linearizable_store_keeps_them_all(steps in steps()) {
        let calls = linearizable(&steps);
        for checker in ALL {
            prop_assert_eq!(checker(&calls).unwrap(), None);
        }
        prop_assert!(staleness(&calls).unwrap().iter().all(|read| read.versions_behind == 0));
    }

    #[test]
    fn a_causal_store_is_causal(steps in steps()) {
        let calls = causal(&steps);
        prop_assert_eq!(causally_consistent(&calls).unwrap(), None);
        // Of lists all is known, so that real time plays no part.
        let lists: Vec<Call> = calls.into_iter().filter(|call| call.op.key().is_some_and(|key| &**key == "l")).collect();
        for checker in ALL {
            prop_assert_eq!(checker(&lists).unwrap(), None);
        }
    }
}
