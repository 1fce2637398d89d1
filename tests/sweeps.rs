//! Sweeps that are divided, killed, taken up again and put together; hunts; and the recipes in `deploy/`.

use pessimist::explore::hunt::{Hunt, Hunted, hunt};
use pessimist::explore::sweep::read;
use pessimist::scenario::{Registry, Scenario, library};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of a test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sweeps").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

fn pessimist(folder: &Path, words: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pessimist"));
    command.args(words.split(' ')).current_dir(folder).env("PESSIMIST_COMMAND", "pessimist").env("NO_COLOR", "1");
    command.output().expect("the program can be started")
}

fn told(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

fn said(folder: &Path, words: &str) -> String {
    let output = pessimist(folder, words);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    format!("$ pessimist {words}\n{error}exit {}\n", output.status.code().expect("it ends by itself"))
}

fn bytes(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn parts_merged_are_the_whole() {
    let folder = folder("parts");
    let sweep = "sweep raft/nemesis --variant votes-without-up-to-date-check --seeds 0..10 --coverage";
    let whole = told(&pessimist(&folder, &format!("{sweep} --jobs 2 --out whole.jsonl")));
    assert_eq!(whole.0, Some(1), "{}", whole.1);
    let again = told(&pessimist(&folder, &format!("{sweep} --jobs 1 --out one.jsonl")));
    assert_eq!((&again, bytes(&folder, "one.jsonl")), (&whole, bytes(&folder, "whole.jsonl")));
    for (of, jobs) in [(1, 2), (2, 1), (3, 2), (4, 1)] {
        let names: Vec<String> = (1..=of).map(|part| format!("{part}-of-{of}.jsonl")).collect();
        for (place, name) in names.iter().enumerate() {
            let part =
                pessimist(&folder, &format!("{sweep} --jobs {jobs} --partition {}/{of} --out {name}", place + 1));
            assert!(matches!(part.status.code(), Some(0 | 1)), "{part:?}");
        }
        let backwards: Vec<&str> = names.iter().rev().map(String::as_str).collect();
        let merged = told(&pessimist(&folder, &format!("merge {} --out merged.jsonl", backwards.join(" "))));
        assert_eq!(merged, whole);
        assert_eq!(bytes(&folder, "merged.jsonl"), bytes(&folder, "whole.jsonl"), "of {of}");
    }
}

/// A sweep may be killed at any byte that it writes: taken up again it ends with the same file, and says the same.
#[test]
fn what_was_killed_goes_on() {
    let folder = folder("killed");
    let sweep = "sweep raft/forgotten-vote --variant honest --seeds 0..6 --coverage --out kept.jsonl";
    let whole = told(&pessimist(&folder, sweep));
    let text = bytes(&folder, "kept.jsonl");
    let ends: Vec<usize> =
        text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    // What is read of it at each byte is a beginning of the blocks, and ends where the last complete one does.
    let (_, blocks, _) = read(&text).unwrap().expect("it has a header");
    for at in 0..=text.len() {
        match read(&text[..at]).unwrap_or_else(|why| panic!("cut at {at}: {why}")) {
            None => assert!(at < ends[0], "cut at {at}"),
            Some((_, found, kept)) => {
                assert!(blocks.starts_with(&found) && kept <= at && text[kept - 1] == b'\n', "cut at {at}");
                let whole_lines = ends.iter().filter(|end| **end <= at).count();
                assert!(found.len() < whole_lines, "cut at {at}");
            }
        }
    }
    let last = ends[ends.len() - 2];
    for at in [0, 1, ends[0] - 1, ends[0], ends[0] + 1, last - 1, last, last + 1, text.len() - 1, text.len()] {
        std::fs::write(folder.join("kept.jsonl"), &text[..at]).unwrap();
        assert_eq!(told(&pessimist(&folder, sweep)), whole, "cut at {at}");
        assert_eq!(bytes(&folder, "kept.jsonl"), text, "cut at {at}");
    }
}

#[test]
fn a_quiet_sweep_ends_early_and_alike() {
    let folder = folder("quiet");
    let sweep = |jobs: u32, file: &str| {
        let words =
            format!("sweep start/silence-means-unknown --seeds 0..1000 --until-quiet 60 --jobs {jobs} --out {file}");
        told(&pessimist(&folder, &words))
    };
    let (one, two) = (sweep(1, "one.jsonl"), sweep(2, "two.jsonl"));
    assert_eq!((&one, bytes(&folder, "one.jsonl")), (&two, bytes(&folder, "two.jsonl")));
    assert!(one.1.contains(" seeds (0..") && !one.1.contains("(0..1000)"), "{}", one.1);
    // Taken up again there is nothing left to do.
    assert_eq!(sweep(2, "two.jsonl"), two);
    assert_eq!(bytes(&folder, "one.jsonl"), bytes(&folder, "two.jsonl"));
}

#[test]
fn golden_refusals() {
    let folder = folder("refused");
    let sweep = "sweep start/two-generals --seeds 0..8";
    for part in ["1/3", "2/3"] {
        pessimist(&folder, &format!("{sweep} --partition {part} --out {}.jsonl", &part[..1]));
    }
    pessimist(&folder, &format!("{sweep} --partition 1/2 --out half.jsonl"));
    pessimist(&folder, "sweep start/no-shared-now --seeds 0..8 --partition 3/3 --out other.jsonl");
    let text = String::from_utf8(bytes(&folder, "2.jsonl")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("a file can be written");
    write("short.jsonl", &text.replace(&format!("{}\n", lines[lines.len() - 1]), ""));
    write("old.jsonl", &text.replacen("\"version\":\"", "\"version\":\"0.0.1-", 1));
    write("changed.jsonl", &text.replacen("\"hash\":\"", "\"hash\":\"0", 1));
    write("damaged.jsonl", &text.replacen("\"events\":", "\"events\":-", 1));
    write("notes.txt", "Remember the milk.\n");
    write("empty.jsonl", "");
    let told: Vec<String> = [
        format!("{sweep} --partition 2/3 --out 1.jsonl"),
        format!("{sweep} --out 1.jsonl"),
        format!("{sweep} --partition 1/3 --coverage --out 1.jsonl"),
        "sweep start/two-generals --seeds 0..9 --partition 1/3 --out 1.jsonl".to_owned(),
        "sweep start/no-shared-now --seeds 0..8 --partition 1/3 --out 1.jsonl".to_owned(),
        format!("{sweep} --partition 2/3 --out old.jsonl"),
        format!("{sweep} --partition 2/3 --out changed.jsonl"),
        format!("{sweep} --partition 2/3 --out damaged.jsonl"),
        format!("{sweep} --out notes.txt"),
        "merge 1.jsonl 2.jsonl".to_owned(),
        "merge 1.jsonl".to_owned(),
        "merge 1.jsonl 2.jsonl 1.jsonl".to_owned(),
        "merge 1.jsonl half.jsonl".to_owned(),
        "merge 1.jsonl 2.jsonl other.jsonl".to_owned(),
        "merge 1.jsonl short.jsonl other.jsonl".to_owned(),
        "merge 1.jsonl old.jsonl".to_owned(),
        "merge notes.txt".to_owned(),
        "merge empty.jsonl".to_owned(),
        format!("{sweep} --partition 4/3 --out x.jsonl"),
        format!("{sweep} --partition 3 --out x.jsonl"),
        "hunt raft/search-forgotten-vote --runs 0".to_owned(),
    ]
    .iter()
    .map(|words| said(&folder, words))
    .collect();
    let finished = pessimist(&folder, &format!("{sweep} --partition 3/3 --out 3.jsonl"));
    assert_eq!(finished.status.code(), Some(0), "{finished:?}");
    let short = said(&folder, "merge 1.jsonl short.jsonl 3.jsonl");
    assert_eq!(String::from_utf8_lossy(&bytes(&folder, "notes.txt")), "Remember the milk.\n");
    insta::assert_snapshot!("refusals", format!("{}\n{short}", told.join("\n")));
}

fn hunted(variant: Option<&str>, guided: bool, runs: u64, jobs: usize) -> Hunted {
    let text = library::find("raft/hunt").expect("it is built in");
    let scenario = Scenario::parse("raft/hunt", text, variant).unwrap_or_else(|mistake| panic!("{mistake}"));
    let registry = Registry::standard();
    let runner = registry.prepare(&scenario).unwrap_or_else(|mistake| panic!("{mistake}"));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build().unwrap();
    let asked = Hunt { seed: 0, runs, guided };
    hunt(&registry, (&scenario, runner.as_ref()), asked, &pool, &|| true)
        .unwrap_or_else(|trouble| panic!("{trouble:?}"))
}

#[test]
fn a_hunt_is_the_same_with_any_number_of_jobs() {
    assert_eq!(hunted(None, true, 70, 1), hunted(None, true, 70, 2));
}

/// What a hunt writes down is a scenario that breaks the promise by itself.
#[test]
fn what_a_hunt_finds_can_be_run() {
    let folder = folder("hunt");
    let output = pessimist(&folder, "hunt raft/hunt --variant votes-without-up-to-date-check --out found.ron");
    let (code, text) = told(&output);
    assert_eq!((code, text.contains("NEXT  pessimist run found.ron")), (Some(1), true), "{text}");
    let (code, story) = told(&pessimist(&folder, "run found.ron"));
    assert_eq!(code, Some(0), "{story}");
    let what = text.lines().find_map(|line| line.strip_prefix("FOUND  ")).expect("it was found");
    // A story breaks its lines where they are full.
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(plain(&story).contains(&plain(what)), "{what}: {story}");
}

fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

fn recipe(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)
}

fn script(name: &str, folder: &Path, words: &str) -> Command {
    let mut command = Command::new("bash");
    command.arg(recipe(name)).args(words.split(' ')).current_dir(folder);
    command
        .env("PESSIMIST", env!("CARGO_BIN_EXE_pessimist"))
        .env("PESSIMIST_COMMAND", "pessimist")
        .env("NO_COLOR", "1");
    command
}

#[test]
#[cfg(unix)]
fn gnu_parallel_sweeps_the_same() {
    if !has("parallel") {
        return eprintln!("GNU parallel is not installed: its recipe was not tried");
    }
    let folder = folder("parallel");
    let whole = told(&pessimist(&folder, "sweep start/two-generals --seeds 0..100 --coverage --out alone.jsonl"));
    let mut command = script("parallel.sh", &folder, "start/two-generals 0..100 3 parts --coverage");
    let output = command.output().expect("bash can be started");
    assert_eq!(told(&output), whole, "{output:?}");
    assert_eq!(bytes(&folder, "parts/whole.jsonl"), bytes(&folder, "alone.jsonl"));
}

#[test]
#[cfg(unix)]
fn a_slurm_array_sweeps_the_same() {
    if !has("bash") {
        return eprintln!("bash is not installed: the recipe for Slurm was not tried");
    }
    let folder = folder("slurm");
    let whole = told(&pessimist(&folder, "sweep start/two-generals --seeds 0..100 --out alone.jsonl"));
    let words = "start/two-generals 0..100 parts";
    for task in ["1", "2", "3"] {
        let mut command = script("slurm-array.sh", &folder, words);
        let output = command.env("SLURM_ARRAY_TASK_ID", task).env("SLURM_ARRAY_TASK_COUNT", "3").output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let merged = "merge parts/part-1.jsonl parts/part-2.jsonl parts/part-3.jsonl --out parts/whole.jsonl";
    assert_eq!(told(&pessimist(&folder, merged)), whole);
    assert_eq!(bytes(&folder, "parts/whole.jsonl"), bytes(&folder, "alone.jsonl"));
    let outside = script("slurm-array.sh", &folder, words).env_remove("SLURM_ARRAY_TASK_ID").output().unwrap();
    assert_eq!(outside.status.code(), Some(2));
    if !has("sbatch") {
        return eprintln!("Slurm is not installed: it was not asked what it thinks of the recipe");
    }
    let mut command = Command::new("sbatch");
    let output =
        command.args(["--test-only", "--array=1-3"]).arg(recipe("slurm-array.sh")).args(words.split(' ')).output();
    let output = output.expect("sbatch can be started");
    let is_unreachable = String::from_utf8_lossy(&output.stderr).contains("contact slurm controller");
    assert!(output.status.success() || is_unreachable, "{output:?}");
}

/// The manifest is not read as YAML: no library for it is worth one file. Its lines are looked at, and its script is run.
#[test]
#[cfg(unix)]
fn the_manifest_is_an_indexed_job() {
    let text = std::fs::read_to_string(recipe("kubernetes-job.yaml")).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    assert!(
        lines.iter().all(|line| !line.contains('\t') && (line.len() - line.trim_start().len()).is_multiple_of(2))
    );
    for wanted in ["apiVersion: batch/v1", "kind: Job", "  completionMode: Indexed", "      restartPolicy: Never"] {
        assert!(lines.contains(&wanted), "{wanted}");
    }
    let value = |name: &str| {
        lines.iter().find_map(|line| line.trim().strip_prefix(name)).map(|value| value.trim_matches([' ', '"']))
    };
    let after = |name: &str| {
        let place = lines.iter().position(|line| line.trim() == name).expect("the variable is set");
        lines[place + 1].trim().strip_prefix("value: ").expect("it has a value").trim_matches('"').to_owned()
    };
    let parts = after("- name: PARTS");
    assert_eq!((value("completions:"), value("parallelism:")), (Some(parts.as_str()), Some(parts.as_str())));
    // The program that the script calls is looked for in the path.
    let folder = folder("kubernetes");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_pessimist"), folder.join("pessimist")).unwrap();
    let begins = lines.iter().position(|line| line.trim() == "- |").expect("there is a script") + 1;
    let body = lines[begins..].iter().take_while(|line| line.starts_with("              "));
    let script = body.map(|line| line.trim()).collect::<Vec<_>>().join("\n").replace("/results", ".");
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    for index in ["0", "1"] {
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).current_dir(&folder).env("PATH", &path).env("JOB_COMPLETION_INDEX", index);
        shell.env("SCENARIO", "start/two-generals").env("SEEDS", "0..10").env("PARTS", "2");
        let output = shell.output().expect("a shell can be started");
        assert!(output.status.success(), "{output:?}");
    }
    let merged = pessimist(&folder, "merge part-1.jsonl part-2.jsonl");
    assert_eq!(merged.status.code(), Some(0), "{merged:?}");
}
