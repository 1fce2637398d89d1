//! Handlers one by one: what a clock says after a message and a reading.

use super::cristian::{self, Cristian};
use super::hybrid::{self, Hybrid, Pair, Stamped};
use crate::node::{ClockReading, Cluster, Ctx, Effect, Fact, LocalSpan, LocalTime, Node, Stamp};
use proptest::prelude::*;

fn cluster() -> Cluster {
    Cluster::new([("server", vec!["s"]), ("client", vec!["c"])]).unwrap()
}

/// Runs a handler of the client at a reading; gives the facts that it declares.
fn at<N: Node>(reading: ClockReading, handler: impl FnOnce(&mut Ctx<N>)) -> Vec<Fact> {
    let (cluster, mut effects) = (cluster(), Vec::new());
    let client = cluster.find("c").unwrap();
    handler(&mut Ctx::new(client, &cluster, reading, &mut effects, &mut |_| 0));
    let fact = |effect| match effect {
        Effect::Observe(fact) => Some(fact),
        _ => None,
    };
    effects.into_iter().filter_map(fact).collect()
}

fn up(millis: u64) -> ClockReading {
    ClockReading { uptime: LocalSpan::millis(millis), ..ClockReading::default() }
}

/// What a client of Cristian's takes the time to be after an answer and some time, in microseconds, and how far off.
fn estimates(answers: &[(u64, u64, i64)], read: u64) -> (i64, u64) {
    let config = cristian::Config { drift: 0, slew: 500, ..cristian::Config::default() };
    let mut client = None;
    at::<Cristian>(up(0), |ctx| client = Some(Cristian::boot(ctx, &config, &())));
    let mut client = client.unwrap();
    let server = cluster().find("s").unwrap();
    for &(asked, heard, time) in answers {
        let (asked, time) = (LocalSpan::millis(asked), LocalTime(time * 1_000_000));
        let told = cristian::Msg::Tell { asked, time, error: LocalSpan::ZERO };
        at(up(heard), |ctx| client.on_message(ctx, server, told));
    }
    match at(up(read), |ctx| client.on_timer(ctx, cristian::Poll))[..] {
        [Fact::ClockEstimated { time, error }] => (time / 1000, error.0 / 1000),
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn half_the_round_trip_is_the_error() {
    assert_eq!(estimates(&[(0, 40, 1020)], 40), (1_040_000, 20_000));
}

#[test]
fn a_small_offset_is_slewed_and_counts_as_error_until_then() {
    let answers = [(0, 0, 0), (0, 0, 10)];
    assert_eq!(estimates(&answers, 0), (0, 10_000));
    assert_eq!(estimates(&answers, 10_000), (10_005_000, 5_000));
    assert_eq!(estimates(&answers, 30_000), (30_010_000, 0));
}

#[test]
fn a_large_offset_is_stepped() {
    assert_eq!(estimates(&[(0, 0, 0), (0, 0, 5000)], 0), (5_000_000, 0));
}

proptest! {
    /// Figure 5 of the paper: later than its own last, later than what was heard, never behind the clock.
    #[test]
    fn hybrid_timestamps_only_grow(steps in proptest::collection::vec((-20i64..20, -20i64..20, 0u64..3), 1..40)) {
        let mut node = None;
        at::<Hybrid>(up(0), |ctx| node = Some(Hybrid::boot(ctx, &hybrid::Config::default(), &())));
        let (mut node, mut last) = (node.unwrap(), Pair { l: i64::MIN, c: 0 });
        let server = cluster().find("s").unwrap();
        for (wall, l, c) in steps {
            let heard = Pair { l, c };
            let reading = ClockReading { wall: LocalTime(wall), ..up(0) };
            let facts = at(reading, |ctx| node.on_message(ctx, server, Stamped { sent: heard }));
            let [Fact::Stamped { stamp: Stamp::Time { time, count }, .. }] = facts[..] else { panic!("{facts:?}") };
            let now = Pair { l: time, c: count };
            prop_assert!(now > last && now > heard && now.l >= wall);
            last = now;
        }
    }
}
