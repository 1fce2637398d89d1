//! Judges of calls on histories whose answers are known, and against all orders there are.

use super::bars::Places;
use super::entries::{Entry, Meaning, by_key};
use super::models::{Model, Told};
use super::pages::of_conflict;
use super::smallest::fits;
use super::{Budget, Call, Judgement, Point, linearizable, sequential};
use crate::check::history::Ending;
use crate::node::{Datum, Op, SimTime};
use proptest::prelude::*;

/// A history: `c1 0 40 put 1`, a call a line; an end of `-` is unknown; what was got comes last.
fn history(text: &str) -> Vec<Call> {
    let mut calls: Vec<Call> = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(call).collect();
    calls.sort_by_key(|call| call.invoked);
    calls
}

fn call(line: &str) -> Call {
    let words: Vec<&str> = line.split_whitespace().collect();
    let value = |place: usize| match words.get(place) {
        None | Some(&"nil") => Datum::Absent,
        Some(word) if word.starts_with('[') => Datum::List(
            word.trim_matches(['[', ']']).split(',').map(|item| Datum::Int(item.parse().unwrap())).collect(),
        ),
        Some(word) => word.parse().map_or_else(|_| Datum::Text((*word).into()), Datum::Int),
    };
    let key: crate::node::Key = "x".into();
    let (op, told) = match words[3] {
        "get" => (Op::Get(key), value(4)),
        "put" => (Op::Put(key, value(4)), Datum::Absent),
        "add" => (Op::Append(key, value(4)), Datum::Absent),
        "take" => (Op::Take(key), value(4)),
        "lock" => (Op::Acquire(key), Datum::Absent),
        "unlock" => (Op::Release(key), Datum::Absent),
        "cas" => (Op::Cas { key, expected: value(4), new: value(5) }, Datum::Absent),
        other => panic!("{other}"),
    };
    let point = |word: &str| {
        let place: u32 = word.parse().unwrap();
        Point { place, time: Some(SimTime(u64::from(place) * 1_000_000)) }
    };
    let ended = (words[2] != "-").then(|| point(words[2]));
    let failed = words.last() == Some(&"failed");
    let ending = match ended {
        None => Ending::Pending,
        Some(_) if failed => Ending::Failed,
        Some(_) => Ending::Ok(told),
    };
    Call { client: words[0].into(), label: None, op, invoked: point(words[1]), ended, ending }
}

const FILE: Meaning = Meaning { model: Model::Store, failed_cas_is_mismatch: true };

fn judged(calls: &[Call], meaning: Meaning) -> Judgement {
    linearizable(calls, meaning, &mut Budget { states: 1_000_000, go_on: &mut || true })
}

fn is_linearizable(text: &str, meaning: Meaning) -> bool {
    match judged(&history(text), meaning) {
        Judgement::Explained { .. } => true,
        Judgement::Unexplained(_) => false,
        Judgement::Undecided { .. } => panic!("not decided"),
    }
}

fn told(text: &str, meaning: Meaning) -> String {
    let calls = history(text);
    match judged(&calls, meaning) {
        Judgement::Unexplained(conflict) => of_conflict(&calls, &conflict, meaning, Places::Lines).lines.join("\n"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_model_accepts_a_good_history_and_refuses_a_bad_one() {
    let of = |model| Meaning { model, failed_cas_is_mismatch: true };
    let cases = [
        (Model::Store, "a 0 9 put 1 \n b 1 2 get 1 \n c 3 4 get 1", true),
        (Model::Store, "a 0 9 put 1 \n b 1 2 get 1 \n c 3 4 get nil", false),
        (Model::Store, "a 0 1 put 1 \n b 2 3 cas 1 2 \n c 4 5 get 2", true),
        (Model::Store, "a 0 1 put 1 \n b 2 3 cas 1 2 \n c 4 5 get 1", false),
        (Model::Store, "a 0 1 put 1 \n b 2 3 cas 1 2 failed", false),
        (Model::Store, "a 0 1 put 1 \n b 2 3 cas 5 2 failed \n a 4 5 get 1", true),
        (Model::Store, "a 0 - put 1 \n b 2 3 get nil \n b 4 5 get 1", true),
        (Model::Store, "a 0 - put 1 \n b 2 3 get 1 \n b 4 5 get nil", false),
        (Model::Store, "a 0 1 add 1 \n b 0 1 add 2 \n c 2 3 get [2,1]", true),
        (Model::Store, "a 0 1 add 1 \n b 2 3 add 2 \n c 4 5 get [2,1]", false),
        (Model::Text, "a 0 1 add x \n b 0 1 add y \n c 2 3 get yx", true),
        (Model::Text, "a 0 1 add x \n b 2 3 add y \n c 4 5 get yx", false),
        (Model::Set, "a 0 1 add 1 \n b 2 3 add 2 \n c 4 5 get [2,1]", true),
        (Model::Set, "a 0 1 add 1 \n b 2 3 add 2 \n c 4 5 get [2]", false),
        (Model::Store, "a 0 1 add 1 \n b 2 3 add 2 \n c 4 5 take 1 \n c 6 7 take 2 \n c 8 9 take nil", true),
        (Model::Store, "a 0 1 add 1 \n b 2 3 add 2 \n c 4 5 take 2", false),
        (Model::Lock, "a 0 1 lock \n b 0 9 lock \n a 5 6 unlock", true),
        (Model::Lock, "a 0 1 lock \n b 2 3 lock \n a 5 6 unlock", false),
        (Model::Lock, "a 0 1 lock \n b 2 3 unlock", false),
    ];
    for (model, text, expected) in cases {
        assert_eq!(is_linearizable(text, of(model)), expected, "{model:?}: {text}");
    }
}

#[test]
fn a_refusal_in_a_run_of_ours_says_nothing() {
    let text = "a 0 1 put 1 \n b 2 3 cas 1 2 failed \n c 4 5 get 1";
    assert!(is_linearizable(text, Meaning::RUN));
    assert!(!is_linearizable(text, FILE));
}

#[test]
fn the_quorum_read_is_explained_in_three_calls() {
    let text = "c1 0 41 put 1 \n c2 11 14 get 1 \n c3 17 20 get nil \n c4 50 51 get 1 \n c4 52 53 put 7";
    let expected = [
        "  ms    0          10          20          30          40",
        "  w  c1 |-------------------- put 1 ---------------------| ok",
        "  r1 c2              |--| got 1",
        "  r2 c3                     |--| got nothing",
        "  r1 ended before r2 began  so r1 before r2",
        "  r1 got 1                  so w before r1",
        "  Hence r2 must see 1. It saw nothing. Drop either read: the rest fit.",
        "  lines   w 0-41, r1 11-14, r2 17-20",
    ];
    assert_eq!(told(text, FILE).lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_stale_read_is_explained_by_what_overwrote_it() {
    let mut text = String::from("a 0 1 put 3 \n a 2 3 put 4 \n a 4 5 put 3 \n b 6 7 get 3\n");
    text += "a 10 12 put 4 \n b 13 15 get 3 \n c 14 20 put 5 \n b 30 31 get 5";
    let told = told(&text, FILE);
    assert!(told.contains("Hence r must see 4. It saw 3."), "{told}");
    assert!(told.contains("One more write of what was read had ended before w1 began."), "{told}");
}

#[test]
fn histories_without_end_or_beginning_do_no_harm() {
    assert!(is_linearizable("", FILE));
    assert!(is_linearizable("a 0 - put 1", FILE));
    assert!(!is_linearizable("a 0 1 get 7", FILE));
    assert!(told("a 0 1 get 7", FILE).contains("Nobody had begun to write 7, which r found."));
}

// Against all orders there are.

/// Whether some order explains a key's calls, found by trying all of them.
fn brute(model: Model, entries: &[Entry], done: &mut Vec<bool>, state: &Datum) -> bool {
    if entries.iter().zip(done.iter()).all(|(entry, done)| *done || entry.ended.is_none()) {
        return true;
    }
    for place in 0..entries.len() {
        let entry = &entries[place];
        let waits = |(other, done): (&Entry, &bool)| !done && other.ended.is_some_and(|end| end < entry.invoked);
        if done[place] || entries.iter().zip(done.iter()).any(waits) {
            continue;
        }
        if let Some(next) = model.step(state, &entry.client, &entry.op, &entry.told) {
            done[place] = true;
            let found = brute(model, entries, done, &next);
            done[place] = false;
            if found {
                return true;
            }
        }
    }
    false
}

fn brute_judged(calls: &[Call], meaning: Meaning) -> bool {
    by_key(calls, meaning)
        .iter()
        .all(|keyed| brute(keyed.model, &keyed.entries, &mut vec![false; keyed.entries.len()], &Datum::Absent))
}

fn register_op() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop_oneof![Just("nil".to_owned()), (1..4).prop_map(|n: i32| n.to_string())].prop_map(|value| format!("get {value}")),
        3 => (1..4).prop_map(|value| format!("put {value}")),
        1 => (1..4, 1..4).prop_map(|(old, new)| format!("cas {old} {new}")),
        1 => (1..4, 1..4).prop_map(|(old, new)| format!("cas {old} {new} failed")),
    ]
}

fn list_op() -> impl Strategy<Value = String> {
    let list = proptest::sample::subsequence(vec!["1", "2", "3"], 1..=3).prop_shuffle();
    prop_oneof![
        3 => list.prop_map(|items| format!("get [{}]", items.join(","))),
        1 => Just("get nil".to_owned()),
        4 => (1..4).prop_map(|value| format!("add {value}")),
        1 => prop_oneof![Just("nil".to_owned()), (1..4).prop_map(|n: i32| n.to_string())].prop_map(|value| format!("take {value}")),
    ]
}

/// Mostly different values, so that a pattern is found without a search.
fn queue_op() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (1..9).prop_map(|value| format!("add {value}")),
        3 => (1..6).prop_map(|value| format!("take {value}")),
        1 => Just("take nil".to_owned()),
    ]
}

fn set_op() -> impl Strategy<Value = String> {
    let some = proptest::sample::subsequence(vec!["1", "2", "3", "4"], 1..=4);
    prop_oneof![
        3 => some.prop_map(|items| format!("get [{}]", items.join(","))),
        1 => Just("get nil".to_owned()),
        4 => (1..7).prop_map(|value| format!("add {value}")),
    ]
}

/// What is written is mostly different, and what is read could have been.
fn text_op() -> impl Strategy<Value = String> {
    let text =
        proptest::sample::subsequence(vec!["a", "b", "c"], 1..=3).prop_shuffle().prop_map(|parts| parts.concat());
    prop_oneof![
        3 => text.prop_map(|text| format!("get {text}")),
        1 => Just("get nil".to_owned()),
        3 => prop_oneof![Just("a"), Just("b"), Just("c")].prop_map(|part| format!("add {part}")),
        2 => prop_oneof![Just("a"), Just("b"), Just("ab")].prop_map(|part| format!("put {part}")),
        1 => Just("cas a b".to_owned()),
        1 => Just("cas ab c failed".to_owned()),
    ]
}

fn lock_op() -> impl Strategy<Value = String> {
    prop_oneof![Just("lock".to_owned()), Just("unlock".to_owned())]
}

/// Each call has its own client, but for locks: that calls of a client follow one another is no matter here.
fn histories(op: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let one = (op, 0..24u32, 1..14u32, 0..6u32, 1..3u32);
    proptest::collection::vec(one, 1..=6).prop_map(|ops| {
        let line = |(place, (op, from, length, unknown, client)): (usize, (String, u32, u32, u32, u32))| {
            // Odd and even places keep beginnings and ends apart.
            let (from, to) = (from * 16 + 2 * place as u32, (from + length) * 16 + 2 * place as u32 + 1);
            let to = if unknown == 0 { "-".to_owned() } else { to.to_string() };
            format!("c{client} {from} {to} {op}")
        };
        ops.into_iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
    })
}

/// The search says what all orders say; what it explains by is a conflict, and the smallest.
fn agrees(text: &str, meaning: Meaning) {
    let calls = history(text);
    let expected = brute_judged(&calls, meaning);
    match judged(&calls, meaning) {
        Judgement::Explained { .. } => assert!(expected, "{text}"),
        Judgement::Undecided { .. } => panic!("not decided: {text}"),
        Judgement::Unexplained(conflict) => {
            assert!(!expected, "{text}");
            assert!(conflict.is_smallest, "{text}");
            assert!(!fits(&calls, &conflict.shown, conflict.model, meaning), "{text}\n{conflict:?}");
            for dropped in &conflict.droppable {
                let rest: Vec<usize> = conflict.shown.iter().copied().filter(|place| place != dropped).collect();
                assert!(fits(&calls, &rest, conflict.model, meaning), "{text}\n{conflict:?}");
            }
            let lines = of_conflict(&calls, &conflict, meaning, Places::Lines).lines;
            assert!(lines.iter().all(|line| line.len() <= 80 && line.is_ascii()), "{}", lines.join("\n"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn registers_agree_with_all_orders(text in histories(register_op())) {
        agrees(&text, FILE);
        agrees(&text, Meaning::RUN);
    }

    #[test]
    fn lists_and_sets_agree_with_all_orders(text in histories(list_op())) {
        agrees(&text, FILE);
        if !text.contains("take") {
            agrees(&text, Meaning { model: Model::Set, ..FILE });
        }
    }

    #[test]
    fn queues_agree_with_all_orders(text in histories(queue_op())) {
        agrees(&text, FILE);
    }

    #[test]
    fn sets_agree_with_all_orders(text in histories(set_op())) {
        agrees(&text, Meaning { model: Model::Set, ..FILE });
    }

    #[test]
    fn texts_agree_with_all_orders(text in histories(text_op())) {
        agrees(&text, Meaning { model: Model::Text, ..FILE });
    }

    #[test]
    fn locks_agree_with_all_orders(text in histories(lock_op())) {
        agrees(&text, FILE);
    }
}

#[test]
fn sequential_consistency_forgets_time_but_not_who() {
    let judged =
        |text: &str| sequential(&history(text), FILE, &mut Budget { states: 100_000, go_on: &mut || true }).unwrap();
    // A stale read of somebody else is in order; one of the writer itself is not.
    assert_eq!(judged("a 0 1 put 1 \n b 2 3 get nil"), None);
    let disorder = judged("a 0 1 put 1 \n a 2 3 get nil \n b 4 5 get 1").unwrap();
    assert_eq!(disorder.shown, [0, 1]);
    // Two readers that see two writes in different orders.
    let text = "a 0 1 put 1 \n b 0 1 put 2 \n c 2 3 get 1 \n c 4 5 get 2 \n d 2 3 get 2 \n d 4 5 get 1";
    assert_eq!(judged(text).unwrap().shown.len(), 6);
    // What a client asks while it waits has no order with what it waits for; with what came before, it has.
    assert_eq!(judged("a 0 9 get 1 \n a 1 8 put 1"), None);
    assert!(judged("a 0 1 get 1 \n a 2 9 put 1 \n a 3 8 get 1").is_some());
    // What is unknown may take effect after its client has gone on.
    assert_eq!(judged("a 0 - put 1 \n a 2 3 get nil \n a 4 5 get 1"), None);
}

#[test]
fn an_unknown_read_or_a_refusal_constrains_nothing() {
    let calls = history("a 0 - get 7 \n b 1 2 put 1 failed");
    assert!(calls.iter().enumerate().all(|(place, call)| Entry::of(place, call, FILE).is_none()));
    let mismatch = history("b 1 2 cas 1 2 failed");
    assert_eq!(Entry::of(0, &mismatch[0], FILE).map(|entry| entry.told), Some(Told::Mismatch));
}
