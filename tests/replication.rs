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

/// Bailis and others (2012): with LNKD-DISK and N=3, R=W=1, a read at the moment of the commit is
/// fresh with probability .439. Our own Monte Carlo of the paper's model, a million writes, gives .4375 at once, and
/// .9267 ten milliseconds later.
#[test]
fn staleness_is_that_of_pbs() {
    let text = library::find("replication/pbs").unwrap();
    let fresh = |variant, seeds| within(&versions_behind("replication/pbs", text, variant, seeds), 1);
    // 80,000 reads: a standard error of .002.
    let (at_once, later, strict) = (fresh(None, 400), fresh(Some("later"), 50), fresh(Some("strict"), 5));
    println!("fresh at once {at_once:.4}, after 10 ms {later:.4}, with overlapping quorums {strict:.4}");
    assert!((at_once - 0.439).abs() < 0.01, "{at_once}");
    assert!((later - 0.9267).abs() < 0.01, "{later}");
    assert!((strict - 1.0).abs() < f64::EPSILON, "{strict}");
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
