//! Scores written, read, told; and files that are damaged.

use super::*;
use crate::node::EventId;
use std::sync::atomic::{AtomicU32, Ordering};

fn folder() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("pessimist-scores-{}-{number}", std::process::id()))
}

fn score(topic: Topic, said: &str, answer: &str, sure: Option<u8>) -> Score {
    let question = format!("Is it {answer}?");
    let (said, answer, right) = (said.to_owned(), answer.to_owned(), said == answer);
    Score { topic, question, before: EventId(12), said, answer, right, sure, by_hand: false }
}

fn keeper(file: PathBuf) -> Keeper {
    Keeper { scenario: "raft/figure-8".to_owned(), variant: None, seed: 7, file: Ok(file), waiting: Vec::new() }
}

#[test]
fn what_is_kept_is_read_and_told() {
    let folder = folder();
    let file = folder.join("scores.jsonl");
    let mut keeper = keeper(file.clone());
    for (said, sure) in [("no", Some(80)), ("yes", Some(100)), ("no", Some(60)), ("no", Some(40)), ("yes", None)] {
        assert_eq!(keeper.keep(score(Topic::Survives, said, "yes", sure)), Ok(()));
    }
    assert_eq!(keeper.keep(score(Topic::Lesson, "n1", "n1", Some(100))), Ok(()));
    let (records, damaged) = read(&file).unwrap();
    assert_eq!((records.len(), damaged.len()), (6, 0));
    let first = &records[0];
    assert_eq!((first.seed, first.before, first.said.as_str(), first.sure), (7, 12, "no", Some(80)));
    let told = told(&records, &file);
    // (0.8^2 + 0 + 0.6^2 + 0.4^2) / 4, and with the lesson's answer a fifth of it.
    assert!(told.contains("\nsurvives         5      2    70%    0.29\n"), "{told}");
    assert!(told.contains("\nall              6      3    76%    0.23\n"), "{told}");
    assert!(told.contains("  2 x survives: you said \"no\", it was \"yes\""), "{told}");
    assert!(told.contains("--at e11") && told.contains("76% sure on average and 40% right: too sure"), "{told}");
    assert!(told.contains("raft/nemesis --quiz"), "{told}");
    assert!(told.lines().all(|line| line.len() <= 80 || line.contains("scores.jsonl")), "{told}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn damaged_lines_are_told_and_the_rest_counts() {
    let folder = folder();
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("scores.jsonl");
    // The second line was cut off: what is added does not become part of it.
    std::fs::write(&file, b"\xff\xfe\n{\"version\": \"0.1").unwrap();
    keeper(file.clone()).keep(score(Topic::Read, "1", "2", None)).unwrap();
    let (records, damaged) = read(&file).unwrap();
    assert_eq!((records.len(), damaged.len()), (1, 2));
    assert!(damaged[1].contains("scores.jsonl:2: "), "{damaged:?}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_cannot_be_written_waits() {
    let folder = folder();
    std::fs::create_dir_all(&folder).unwrap();
    // A folder stands where the file is to be.
    let file = folder.join("scores.jsonl");
    std::fs::create_dir(&file).unwrap();
    let mut keeper = keeper(file.clone());
    assert!(keeper.keep(score(Topic::Read, "1", "2", None)).unwrap_err().contains("scores.jsonl"));
    std::fs::remove_dir(&file).unwrap();
    assert_eq!(keeper.keep(score(Topic::Read, "2", "2", None)), Ok(()));
    assert_eq!(read(&file).unwrap().0.len(), 2);
    std::fs::remove_dir_all(folder).unwrap();
}
