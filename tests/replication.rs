//! Replication against figures that others have published.

use pessimist::check::{Ending, OperationHistory};
use pessimist::node::{Datum, Op};
use pessimist::scenario::{Registry, Scenario, library};
use rayon::prelude::*;

/// How many versions each read was behind, in runs with these seeds: reads begin the moment that a write returned, writes
/// are numbered from 1 and follow each other.
fn versions_behind(name: &str, text: &str, variant: Option<&str>, seeds: u64) -> Vec<i64> {
    let scenario = Scenario::parse(name, text, variant).unwrap_or_else(|mistake| panic!("{mistake}"));
    let runner = Registry::standard().prepare(&scenario).unwrap_or_else(|mistake| panic!("{mistake}"));
    let of_seed = |seed| {
        let judged = runner.judge(seed).unwrap_or_else(|failure| panic!("{name}, seed {seed}: {failure}"));
        let operations: Vec<OperationHistory> = judged.judge.history().operations().cloned().collect();
        let (mut written, mut behind) = (0, Vec::new());
        for operation in operations {
            match (&operation.op, &operation.ending) {
                (Op::Put(_, Datum::Int(number)), Ending::Ok(_)) => written = *number,
                (Op::Get(_), Ending::Ok(Datum::Int(number))) => behind.push((written - number).max(0)),
                (Op::Get(_), Ending::Ok(Datum::Absent)) => behind.push(written),
                (op, ending) => panic!("{op:?} {ending:?}"),
            }
        }
        behind
    };
    (0..seeds).into_par_iter().flat_map_iter(of_seed).collect()
}

/// How large a part of the reads is less than `k` versions behind.
fn within(behind: &[i64], k: i64) -> f64 {
    behind.iter().filter(|versions| **versions < k).count() as f64 / behind.len() as f64
}

/// Bailis and others (2012), LNKD-DISK, N=3, R=W=1: a read at the moment of the commit is fresh with probability .439, and
/// 999 of 1000 reads are fresh 45.5 ms after it (their *t-visibility* at 99.9 %).
///
/// The paper's model can be computed by itself, without a simulator: a replica has the write when it arrives there, the
/// commit is the first acknowledgement, a read asks all three and takes the first answer, and it is stale if its question
/// reached that replica before the write. 1.3 * 10^8 draws of that give .4367 at once, .9262 after 10 ms, and 99.9 % after
/// 52.2 ms (standard errors .0001, .0001 and .1 ms). Without the delays of the read it is .393, and 52.4 ms.
///
/// So the published .439 is within .01 of the model's value, and is what is asserted here. The published 45.5 ms is 13 %
/// below the model's, which lies at the edge of what 15 % allow, so that being near it proves little: the law of slow disks
/// has a long tail, and of 50,000 draws the 999th of 1000 lies between 48.4 and 57.4 ms in two cases of three. What is
/// asserted is the model's: 52.2 ms after the commit one read of 1000 is stale, within four standard errors.
///
/// Larger samples by the release binary, whose sizes were chosen first: 1230 seeds are 246,000 reads, a standard error
/// of .001, and gave .4356; 20,000 seeds are 4 million, one of .000016 or, at the slope of the tail there, .5 ms.
///
/// ```text
/// pessimist compare replication/pbs --seeds 0..1230
/// pessimist compare replication/pbs --variant tail --seeds 0..20000
/// ```
#[test]
fn staleness_is_that_of_pbs() {
    let text = library::find("replication/pbs").unwrap();
    let fresh = |variant, seeds| {
        let behind = versions_behind("replication/pbs", text, variant, seeds);
        let share = within(&behind, 1);
        (share, (share * (1.0 - share) / behind.len() as f64).sqrt())
    };
    let near = |(is, error): (f64, f64), expected: f64, tolerance: f64| {
        println!("fresh: {is:.5} with a standard error of {error:.5}, {expected} expected");
        assert!((is - expected).abs() < tolerance, "{is}, and not {expected}, within {tolerance}");
    };
    near(fresh(None, 300), 0.439, 0.01);
    near(fresh(Some("later"), 30), 0.9262, 0.01);
    near(fresh(Some("tail"), 40), 0.999, 4.0 * (0.999 * 0.001 / 8_000f64).sqrt());
    near(fresh(Some("strict"), 5), 1.0, f64::EPSILON);
}

/// The same paper, k-staleness: where writes reach W replicas and no more, a read misses the last k versions with
/// probability `(C(N-W, R) / C(N, R))^k`.
#[test]
fn staleness_in_versions_is_the_closed_form() {
    let text = |w: usize, r: usize| {
        format!(
            r#"Scenario(
  title: "Versions",
  protocol: Leaderless(n: 3, w: {w}, r: {r}, fan_out: Quorum, read_repair: false),
  cluster: {{"replica": ["A", "B", "C"], "client": ["writer", "reader"]}},
  network: (delay: "1ms"),
  workload: [
    (every: "10ms", times: 1000, by: "writer", op: Put("x", Fresh), label: "write"),
    (on: Returned("write"), times: 1000, by: "reader", op: Get("x")),
  ],
  until: "11s", seed: 1,
)
"#
        )
    };
    for (w, r, missed) in [(1, 1, 2.0f64 / 3.0), (1, 2, 1.0 / 3.0), (2, 2, 0.0)] {
        let behind = versions_behind("versions.ron", &text(w, r), None, 40);
        for k in 1..=4 {
            let (is, expected) = (within(&behind, k), 1.0 - missed.powi(k as i32));
            assert!((is - expected).abs() < 0.01, "w {w} r {r} k {k}: {is:.4}, and not {expected:.4}");
        }
    }
}
