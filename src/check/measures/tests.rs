//! Measures of calls that are written down by hand.

use super::*;
use crate::check::calls::Point;
use crate::node::Datum;
use proptest::prelude::*;

const MS: u64 = 1_000_000;

fn call(op: Op, asked: u64, ended: Option<u64>, ending: Ending) -> Call {
    let point = |ms: u64| Point { place: ms as u32, time: Some(SimTime(ms * MS)) };
    Call { client: "c1".into(), label: None, op, invoked: point(asked), ended: ended.map(point), ending }
}

fn put(asked: u64, ended: u64) -> Call {
    call(Op::Put("x".into(), Datum::Int(1)), asked, Some(ended), Ending::Ok(Datum::Absent))
}

fn unknown(asked: u64, ended: u64) -> Call {
    call(Op::Put("x".into(), Datum::Int(1)), asked, Some(ended), Ending::Unknown)
}

fn get(asked: u64, ended: Option<u64>) -> Call {
    let ending = if ended.is_some() { Ending::Ok(Datum::Int(1)) } else { Ending::Pending };
    call(Op::Get("x".into()), asked, ended, ending)
}

fn of(calls: &[Call]) -> Measures {
    Measures::of_calls(calls, SimTime(1000 * MS))
}

#[test]
fn percentiles_by_hand() {
    let ten = Latencies::new((1..=10).rev().map(SimSpan));
    let at = |thousandths| ten.percentile(thousandths).unwrap().0;
    assert_eq!([500, 510, 900, 901, 990, 999, 1000, 0].map(at), [5, 6, 9, 10, 10, 10, 10, 1]);
    assert_eq!(Latencies::default().percentile(500), None);
    assert_eq!(Latencies::new([SimSpan(7)]).percentile(1), Some(SimSpan(7)));
}

#[test]
fn what_had_no_time_to_be_answered_is_not_due() {
    // The slowest answer took 40 ms. Of the two that are open one has waited for 50 ms, the other for 10.
    let run = of(&[put(0, 40), unknown(100, 200), get(950, None), get(990, None)]);
    assert_eq!((run.answered, run.due, run.asked()), (1, 3, 4));
    assert_eq!((run.writes.ok, run.writes.unknown, run.reads.open), (1, 1, 2));
    // Where nobody was ever answered, all had time.
    assert_eq!((of(&[get(999, None)]).answered, of(&[get(999, None)]).due), (0, 1));
}

#[test]
fn a_refusal_is_an_answer_only_where_the_operation_asks_for_one() {
    let cas = Op::Cas { key: "x".into(), expected: Datum::Int(1), new: Datum::Int(2) };
    let refused = |op| call(op, 0, Some(5), Ending::Failed);
    let run = of(&[refused(cas), refused(Op::Put("x".into(), Datum::Int(1)))]);
    assert_eq!((run.answered, run.due, run.writes.failed), (1, 2, 2));
    assert_eq!(run.writes.latencies, Latencies::default());
}

#[test]
fn the_longest_silence_is_from_asking_until_anybody_is_answered() {
    let silence = |calls: &[Call]| of(calls).silence.map(|span| span.0 / MS);
    assert_eq!(silence(&[]), None);
    assert_eq!(silence(&[put(0, 5), put(500, 520)]), Some(20));
    // Three give up one after the other; the fourth is answered.
    assert_eq!(silence(&[put(0, 5), unknown(100, 150), unknown(160, 210), put(220, 230)]), Some(130));
    // The first is answered late, but somebody was answered after 15 ms: that the first had to wait is its latency.
    assert_eq!(silence(&[put(0, 90), put(10, 15), put(50, 60)]), Some(15));
    // Nobody was answered any more: until the last gave up, or until the end.
    assert_eq!(silence(&[put(0, 5), unknown(100, 150), unknown(160, 210)]), Some(110));
    assert_eq!(silence(&[put(0, 5), get(900, None)]), Some(100));
}

#[test]
fn the_card_of_a_run_by_hand() {
    let mut run = of(&[put(0, 4), put(10, 16), get(20, Some(23)), unknown(30, 60)]);
    assert_eq!(
        run.card(),
        "available 75 %, silent up to 30 ms; writes p50 4 ms, p99 6; \
         reads p50 3 ms, p99 3; 0 messages an operation"
    );
    (run.messages, run.bytes, run.lost, run.stale) = (10, Some(250), Some(1), Some((0, 1)));
    assert!(
        run.card().ends_with("2.50 messages, 62.5 bytes an operation; 1 acknowledged and lost; 0 stale of 1 reads"),
        "{}",
        run.card()
    );
    assert_eq!(of(&[]).card(), "");
}

#[test]
fn numbers_are_short() {
    let told = [0.0, 0.0123, 0.5, 3.0, 3.456, 12.34, 99.96, 100.0, 1234.5].map(short);
    assert_eq!(told, ["0", "0.012", "0.50", "3", "3.46", "12.3", "100", "100", "1234"]);
}

#[test]
fn figures_have_names_of_their_own_and_short_words() {
    for (place, figure) in FIGURES.iter().enumerate() {
        assert!(FIGURES[..place].iter().all(|other| other.name != figure.name && other.words != figure.words));
        assert!(figure.words.len() <= 20, "{}", figure.words);
    }
}

proptest! {
    #[test]
    fn a_percentile_is_one_of_the_values(spans in prop::collection::vec(0u64..1000, 1..50), thousandths in 0u64..=1000) {
        let found = Latencies::new(spans.iter().copied().map(SimSpan)).percentile(thousandths).unwrap();
        prop_assert!(spans.contains(&found.0));
        // So many of a thousand are no larger.
        let below = spans.iter().filter(|span| **span <= found.0).count() as u64;
        prop_assert!(below * 1000 >= thousandths * spans.len() as u64);
    }
}
