//! Recorded histories: what is read, what is refused, and the verdicts that others published.

use super::{Kind, read, write_edn};
use crate::check::calls::{Budget, Call, Judgement, linearizable};
use crate::check::history::Ending;
use crate::node::{Datum, Op};
use std::path::Path;

fn is_linearizable(calls: &[Call], kind: Kind) -> bool {
    let mut budget = Budget { states: 5_000_000, go_on: &mut || true };
    match linearizable(calls, kind.meaning(), &mut budget) {
        Judgement::Explained { .. } => true,
        Judgement::Unexplained(_) => false,
        Judgement::Undecided { .. } => panic!("not decided"),
    }
}

fn judged(text: &str, kind: Kind) -> bool {
    is_linearizable(&read(text, kind).unwrap_or_else(|mistake| panic!("{mistake:?}")).calls, kind)
}

#[test]
fn a_jepsen_log_is_read_with_any_white_space_and_other_remarks() {
    let text = "INFO jepsen.core - Running test\n\
        INFO  jepsen.util - 0\t:invoke\t:write\t1\n\
        2026-01-01 10:00:00,000{GMT} INFO [jepsen worker 0] jepsen.util - 0  :ok  :write 1\n\
        INFO jepsen.util - :nemesis :info :start nil\n\
        INFO jepsen.util - 1 :invoke :cas [1 2]\n\
        INFO jepsen.util - 1 :info :cas :timed-out\n\
        INFO jepsen.util - 2 :invoke :read nil\n\
        INFO jepsen.util - 2 :ok :read 2\n";
    let recorded = read(text, Kind::Register).unwrap();
    assert_eq!(recorded.form, "a Jepsen log");
    assert_eq!(recorded.calls.len(), 3);
    assert_eq!(recorded.calls[1].ending, Ending::Unknown);
    assert_eq!(recorded.calls[2].ending, Ending::Ok(Datum::Int(2)));
    assert!(is_linearizable(&recorded.calls, Kind::Register));
    assert!(!judged(&text.replace(":ok :read 2", ":ok :read 3"), Kind::Register));
}

#[test]
fn edn_is_read_as_lines_and_as_a_vector() {
    let lines = "; a comment\n{:index 0, :time 5, :type :invoke, :process 0, :f :write, :value 1}\n\
        {:type :ok, :process 0, :f :write, :value 1}\n{:type :info, :process :nemesis, :f :start}\n\
        #jepsen.history.Op{:type :invoke, :process 1, :f :read, :value nil}{:type :ok :process 1 :f :read :value 1}";
    assert!(judged(lines, Kind::Register));
    assert!(judged(&format!("[{lines}]"), Kind::Register));
    assert!(!judged(&lines.replace(":f :read :value 1", ":f :read :value nil"), Kind::Register));
}

#[test]
fn pairs_of_key_and_value_are_told_apart() {
    let text = "{:type :invoke, :process 0, :f :write, :value [1 7]}\n{:type :ok, :process 0, :f :write, :value [1 7]}\n\
        {:type :invoke, :process 0, :f :cas, :value [1 [7 8]]}\n{:type :ok, :process 0, :f :cas, :value [1 [7 8]]}\n\
        {:type :invoke, :process 1, :f :read, :value [2 nil]}\n{:type :ok, :process 1, :f :read, :value [2 nil]}";
    let calls = read(text, Kind::Register).unwrap().calls;
    assert_eq!(calls[1].op, Op::Cas { key: "1".into(), expected: Datum::Int(7), new: Datum::Int(8) });
    assert_eq!(calls[2].op, Op::Get("2".into()));
    assert!(is_linearizable(&calls, Kind::Register));
}

#[test]
fn what_is_malformed_is_refused_with_its_line() {
    let cases = [
        ("", None, "empty"),
        ("hello", Some(1), "no line of a log"),
        ("INFO jepsen.util - 0 :began :read nil", Some(1), ":began stands where :invoke"),
        ("INFO jepsen.util - 0 :invoke :read nil\nINFO jepsen.util - 0 :invoke :read nil", Some(2), "while it waits"),
        ("INFO jepsen.util - 0 :ok :read 3", Some(1), "never began"),
        ("INFO jepsen.util - 0 :invoke :enqueue 3", Some(1), "a register has no :enqueue"),
        ("INFO jepsen.util - 0 :invoke :cas 3", Some(1), ":cas of 3"),
        ("\n{:type :invoke, :process 0, :f :read", Some(2), "not closed"),
        ("{:type :invoke, :f :read, :value nil}", Some(1), "no :process"),
        ("{:type :started, :process 0, :f :read}", Some(1), "no :type"),
        ("{:type :invoke, :process 0, :f}", Some(1), "a key without a value"),
        ("{:type :invoke, :process 0, :f :read, :value \"x}", Some(1), "no end"),
        ("[{:type :invoke, :process 0, :f :read, :value nil}", Some(1), "not closed"),
        ("{:type :invoke, :process 0, :f :read}\n17", Some(2), "17 is no operation"),
    ];
    for (text, line, words) in cases {
        let mistake = read(text, Kind::Register).expect_err(text);
        assert_eq!(mistake.line, line, "{text}: {mistake:?}");
        assert!(mistake.text.contains(words), "{text}: {mistake:?}");
        assert!(mistake.accepted.starts_with("accepted:"), "{text}: {mistake:?}");
    }
    let deep = "[".repeat(100_000);
    assert!(read(&deep, Kind::Register).is_err());
}

#[test]
fn what_is_written_is_read_back() {
    let text = "{:type :invoke, :process 0, :f :put, :key \"a \\\"b\\\"\", :value \"x\\ny\"}\n\
        {:type :info, :process 0, :f :put, :key \"a \\\"b\\\"\", :value nil}\n\
        {:type :invoke, :process 0, :f :append, :key \"l\", :value 1}\n{:type :ok, :process 0, :f :append, :value 1}\n\
        {:type :invoke, :process 1, :f :get, :key \"l\", :value nil}\n{:type :ok, :process 1, :f :get, :value [1]}\n\
        {:type :invoke, :process 1, :f :cas, :key \"m\", :value [nil 1]}\n{:type :ok, :process 1, :f :cas, :value [nil 1]}";
    let calls = read(text, Kind::KeyValue).unwrap().calls;
    let again = read(&write_edn(&calls), Kind::KeyValue).unwrap().calls;
    let what = |calls: &[Call]| calls.iter().map(|call| (call.op.clone(), call.ending.clone())).collect::<Vec<_>>();
    assert_eq!(what(&again), what(&calls));
    assert!(is_linearizable(&again, Kind::KeyValue));
}

#[test]
fn small_histories_that_are_kept_here() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/histories");
    let cases = [
        ("register-stale.log", Kind::Register, false),
        ("register-unknown.log", Kind::Register, true),
        ("kv-append.edn", Kind::KeyValue, true),
    ];
    for (file, kind, expected) in cases {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        assert_eq!(judged(&text, kind), expected, "{file}");
    }
}

fn oracles() -> Option<&'static Path> {
    let folder = Path::new("/work/shared/oracles/linearizability");
    if !folder.exists() {
        eprintln!("skipped: {} is not here", folder.display());
    }
    folder.exists().then_some(folder)
}

#[test]
fn published_verdicts_on_jepsen_logs() {
    let Some(folder) = oracles() else { return };
    let verdicts = std::fs::read_to_string(folder.join("jepsen/verdicts.tsv")).unwrap();
    for line in verdicts.lines() {
        let (file, verdict) = line.split_once('\t').unwrap();
        let text = std::fs::read_to_string(folder.join("jepsen").join(file)).unwrap();
        assert_eq!(judged(&text, Kind::Register), verdict.trim() == "linearizable", "{file}");
    }
}

#[test]
fn published_verdicts_on_key_value_stores() {
    let Some(folder) = oracles() else { return };
    for file in std::fs::read_dir(folder.join("kv")).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(judged(&text, Kind::KeyValue), path.to_str().unwrap().contains("-ok"), "{}", path.display());
    }
}
