//! The command line as a person meets it: the README's examples, golden stories and traces, exit codes, a real terminal.
#![expect(clippy::disallowed_methods, reason = "a terminal needs a moment between two keys")]

use std::io::Write;
use std::process::{Command, Output, Stdio};

#[path = "command_line/differences.rs"]
mod differences;

#[test]
fn the_readme_tells_the_truth() {
    trycmd::TestCases::new().env("PESSIMIST_COMMAND", "pessimist").env("NO_COLOR", "1").case("README.md");
}

fn pessimist(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pessimist"));
    command.args(arguments).env("PESSIMIST_COMMAND", "pessimist").env("NO_COLOR", "1");
    command.output().expect("the program can be started")
}

fn stdout(arguments: &[&str]) -> String {
    String::from_utf8(pessimist(arguments).stdout).expect("what is printed is UTF-8")
}

fn exit(arguments: &[&str]) -> i32 {
    pessimist(arguments).status.code().expect("it ends by itself")
}

#[test]
fn golden_stories() {
    for name in ["start/two-generals", "raft/leader-crash", "raft/forgotten-vote", "broadcast/total-order"] {
        insta::assert_snapshot!(name.replace('/', "-"), stdout(&["run", name]));
    }
}

#[test]
fn golden_traces() {
    insta::assert_snapshot!("trace-jsonl", stdout(&["run", "start/two-generals", "--format", "jsonl"]));
    insta::assert_snapshot!("trace-log", stdout(&["run", "start/silence-means-unknown", "--format", "log"]));
}

/// A failing run made small: the same on one thread and on several, and a scenario that does what it says.
#[test]
fn golden_shrink() {
    let file = tempdir().join("small.ron");
    let path = file.to_str().expect("the path is UTF-8");
    let told = stdout(&["shrink", "raft/forgotten-vote", "--jobs", "1"]);
    assert_eq!(told, stdout(&["shrink", "raft/forgotten-vote", "--jobs", "3"]));
    assert_eq!(exit(&["shrink", "raft/forgotten-vote", "--out", path]), 0);
    let text = std::fs::read_to_string(&file).expect("it was written");
    insta::assert_snapshot!("shrink", format!("{told}\n{}", text.replace(path, "small.ron")));
    assert_eq!(exit(&["run", path]), 0);
    assert_eq!(exit(&["shrink", path]), 0);
    assert_eq!(exit(&["shrink", "raft/happy-path"]), 1);
}

/// Of every chapter what a student asks first.
#[test]
fn golden_reasons() {
    let asked = [
        "why start/two-generals e12",
        "why start/silence-means-unknown e28",
        "why time/lease-and-pause e42",
        "why time/lease-and-pause e57",
        "why time/skewed-writes e27",
        "why order/lamport e16",
        "why broadcast/causal e20",
        "why broadcast/causal --variant causal e22",
        "why broadcast/total-order e15",
        "why broadcast/gossip e94",
        "why raft/leader-crash e778",
        "why raft/leader-crash e778 --all",
        "why start/two-generals e12 --format json",
        "why-not start/silence-means-unknown returned account+=30",
        "why-not broadcast/total-order delivered second",
        "why-not broadcast/causal --variant causal delivered Yes! c --at 0.018s",
        "why-not raft/leader-crash committed 5",
        "why-not raft/leader-crash leader --at 1.1s",
        "why-not raft/leader-crash returned y=7 --at 1.05s",
        "why-not raft/minority-partition committed 3 --at e456",
        "why-not raft/majority-partition leader --at 1.5s",
        "why-not raft/figure-8 committed 2 --at e105",
    ];
    let told = asked.map(|command| {
        let words: Vec<&str> = command.split(' ').collect();
        let told = stdout(&words);
        assert!(
            words.contains(&"json") || told.lines().all(|line| line.len() <= 80 || line.starts_with("A")),
            "{told}"
        );
        format!("$ pessimist {command}\n{told}")
    });
    insta::assert_snapshot!("reasons", told.join("\n"));
}

/// Searches that find something, that find nothing, that miss a goal, and that were cut short.
#[test]
fn golden_searches() {
    let asked = [
        ("explore raft/search-forgotten-vote", 0),
        ("explore raft/search --variant one-timeout", 0),
        ("explore start/search-two-generals --variant nine", 0),
        ("explore time/search-lease", 0),
        ("explore replication/search-quorum", 0),
        ("explore raft/search-mutants --variant sync-holds-handler --max-states 2000", 1),
        ("explore raft/search-mutants --max-depth 4", 0),
        ("explore raft/search --variant slow-disks --manner walk --walks 50", 0),
        ("explore tests/data/search-vacuous.ron", 1),
        ("explore tests/data/search-vacuous.ron --variant missed", 1),
        ("explore tests/data/search-vacuous.ron --variant round", 1),
        ("explore raft/search-mutants --variant heartbeat-skips-consistency-check --format json", 0),
    ];
    let told = asked.map(|(command, code)| {
        let words: Vec<&str> = command.split(' ').collect();
        let output = pessimist(&words);
        let told = String::from_utf8(output.stdout).expect("what is printed is UTF-8");
        assert_eq!(output.status.code(), Some(code), "{command}: {told}");
        let is_fine = |line: &str| line.is_ascii() && (line.len() <= 80 || line.contains("pessimist "));
        assert!(words.contains(&"json") || told.lines().all(is_fine), "{told}");
        let again = pessimist(&[&words[..], &["--jobs", "1"]].concat());
        assert_eq!(String::from_utf8_lossy(&again.stdout), told, "{command}, with one thread");
        format!("$ pessimist {command}\n{told}")
    });
    insta::assert_snapshot!("searches", told.join("\n"));
}

/// What a search has found is a scenario like any other.
#[test]
fn what_was_found_can_be_looked_at() {
    let folder = tempdir();
    let (found, trace) = (folder.join("found.ron"), folder.join("found.jsonl"));
    let (found, trace) = (found.to_str().expect("UTF-8"), trace.to_str().expect("UTF-8"));
    for (name, variant) in [
        ("raft/search-mutants", "sync-holds-handler"),
        ("raft/search-mutants", "commits-old-term"),
        ("start/search-two-generals", "nine"),
    ] {
        assert_eq!(exit(&["explore", name, "--variant", variant, "--out", found]), 0);
        let story = stdout(&["run", found]);
        assert!(story.contains("as expected: ") && story.contains("\ndigest "), "{story}");
        assert_eq!(exit(&["run", found]), 0, "{story}");
        assert_eq!(exit(&["run", found, "--format", "jsonl", "--out", trace]), 0);
        assert_eq!(exit(&["replay", trace]), 0);
        let broken = story.lines().find_map(|line| line.strip_prefix("BROKEN  ")?.split(" at ").nth(1));
        let event = broken.and_then(|rest| rest.split([':', ' ']).next()).expect("the event is named");
        assert!(stdout(&["why", found, event]).contains(event), "{story}");
    }
    for name in ["time/search-lease", "replication/search-quorum", "raft/search-forgotten-vote"] {
        assert_eq!(exit(&["explore", name, "--out", found]), 0);
        assert_eq!(exit(&["run", found]), 0, "{name}");
    }
}

#[test]
fn golden_exports() {
    for format in ["shiviz", "mermaid", "svg", "html", "perfetto"] {
        let name = format!("export-{format}");
        insta::assert_snapshot!(name, stdout(&["run", "start/two-generals", "--format", format]));
    }
}

#[test]
fn what_is_exported_can_be_counted() {
    let path = tempdir().join("crash.log");
    let name = path.to_str().expect("the path is UTF-8");
    assert_eq!(exit(&["run", "raft/leader-crash", "--format", "shiviz", "--out", name]), 0);
    let numbers: serde_json::Value = serde_json::from_str(&stdout(&["stats", name, "--format", "json"])).unwrap();
    let hosts: Vec<&String> = numbers["hosts"].as_object().expect("the hosts by name").keys().collect();
    assert_eq!((hosts.len(), &numbers["lines_of_no_event"]), (6, &serde_json::json!(0)));
    let told = pessimist(&["view", name]);
    assert_eq!(told.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&told.stderr).contains(&format!("pessimist stats {name}")));
}

#[test]
fn stats_of_a_published_log() {
    let log = "tests/data/simple-reliable-broadcast.log";
    let expression = concat!(
        r"\[\w+\] \[(?<date>([^ ]+ [^ ]+))\] [^ ]+ ",
        r"\[akka://Broadcast/user/(?<host>\w+)\] (?<clock>.*\}) (?<event>.*)"
    );
    insta::assert_snapshot!("stats", stdout(&["stats", log, "--regex", expression]));
    let wrong = pessimist(&["stats", log]);
    assert_eq!(wrong.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains(":1: "), "{wrong:?}");
}

#[test]
fn a_caption_draws_the_same_picture_again() {
    let command = "run raft/leader-crash --seed 42 --format svg --from 980ms --until 1s";
    let picture = stdout(&command.split(' ').collect::<Vec<_>>());
    let caption = |wanted: &str| picture.lines().filter(|line| line.contains(wanted)).count();
    assert_eq!(caption(&format!(">pessimist {command}<")), 1, "{picture}");
    let trace = stdout(&["run", "raft/leader-crash", "--until", "1s", "--format", "jsonl"]);
    let times = trace.lines().skip(1).filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let times: Vec<u64> = times.filter_map(|event| event["time"].as_u64()).collect();
    let shown = times.iter().filter(|time| **time >= 980_000_000).count();
    assert!(shown > 0 && shown < times.len());
    assert_eq!(caption(&format!(">{shown} of {} events, ", times.len())), 1, "{picture}");
}

#[test]
fn pictures_of_long_runs_say_how_to_narrow_them() {
    let told = pessimist(&["run", "raft/leader-crash", "--until", "30s", "--format", "svg"]);
    let said = String::from_utf8_lossy(&told.stderr).into_owned();
    assert_eq!(
        (told.status.code(), said.contains("narrow it:  pessimist run raft/leader-crash")),
        (Some(2), true),
        "{said}"
    );
    assert_eq!(exit(&["run", "start/two-generals", "--from", "1s"]), 2);
    assert_eq!(exit(&["run", "start/two-generals", "--from", "1h", "--format", "svg"]), 2);
}

#[test]
fn a_story_is_at_most_45_lines_of_80_columns() {
    let story = stdout(&["run", "raft/leader-crash"]);
    assert!(story.lines().count() <= 45, "{story}");
    let long = story.lines().find(|line| line.len() > 80 || !line.is_ascii());
    assert_eq!(long, None);
}

#[test]
fn golden_narrations() {
    for name in ["raft/leader-crash", "start/two-generals"] {
        let told = stdout(&["run", name, "--narrate"]);
        insta::assert_snapshot!(format!("narration_{}", name.replace('/', "_")), told);
    }
}

#[test]
fn a_narration_can_be_listened_to() {
    // The first of each chapter, and some that say much.
    let names = [
        "start/no-shared-now",
        "time/drift",
        "order/lamport",
        "broadcast/causal",
        "raft/forgotten-vote",
        "replication/async-failover",
        "replication/quorum",
        "replication/cart",
        "time/redlock",
        "order/snapshot",
    ];
    for name in names {
        let told = stdout(&["run", name, "--narrate"]);
        assert!(told.lines().count() > 8, "{name}");
        for line in told.lines() {
            let is_command = line.contains("pessimist");
            assert!(line.is_ascii() && !line.contains("  ") && !line.trim().is_empty(), "{name}: {line:?}");
            if is_command {
                continue;
            }
            assert!(line.ends_with(['.', '?', '!', ':']), "{name}: {line:?}");
            let signs = ['>', '<', '=', '*', '|', '[', ']', '{', '}', '~', '#', '%'];
            assert!(!line.contains(signs), "{name}: {line:?}");
        }
    }
    assert_eq!(exit(&["run", "raft/leader-crash", "--narrate", "--format", "log"]), 2);
}

#[test]
fn exit_codes_say_how_it_ended() {
    assert_eq!(exit(&["run", "start/two-generals"]), 0);
    assert_eq!(exit(&["run", "raft/nothing"]), 3);
    assert_eq!(exit(&["run", "start/two-generals", "--variant", "nothing"]), 3);
    assert_eq!(exit(&["frobnicate"]), 2);
    assert_eq!(exit(&["sweep", "start/two-generals", "--seeds", "5..5"]), 2);
    assert_eq!(exit(&["why", "start/two-generals", "e99999"]), 2);
    assert_eq!(exit(&["why-not", "raft/leader-crash", "committed", "5"]), 0);
    assert_eq!(exit(&["why-not", "raft/leader-crash", "frobnicated"]), 2);
    assert_eq!(exit(&["sweep", "start/two-generals", "--seeds", "0..5"]), 0);
}

#[test]
fn a_trace_replays_and_a_damaged_one_is_refused() {
    let folder = tempdir();
    let path = folder.join("trace.jsonl");
    let name = path.to_str().expect("the path is UTF-8");
    assert_eq!(exit(&["run", "raft/leader-crash", "--format", "jsonl", "--out", name]), 0);
    assert_eq!(exit(&["replay", name]), 0);
    let trace = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = trace.lines().collect();
    let middle = lines.len() / 2;
    let tampered = trace.replacen(lines[middle], &lines[middle].replacen("\"lamport\":", "\"lamport\":9", 1), 1);
    let without: Vec<&str> = lines[..middle].iter().chain(&lines[middle + 1..]).copied().collect();
    let damaged = [
        (tampered, format!("e{} is the first event that differs", middle - 1)),
        (lines[..middle].join("\n"), format!("cut short: it ends before e{}", middle - 1)),
        (without.join("\n"), format!("e{} is the first event that differs", middle - 1)),
        (trace.replacen("\"version\":1", "\"version\":7", 1), "a trace of version 7".to_owned()),
        (lines[1..].join("\n"), "is not the header of a trace".to_owned()),
        (String::new(), "is empty".to_owned()),
    ];
    for (text, told) in damaged {
        std::fs::write(&path, text).unwrap();
        let output = pessimist(&["replay", name]);
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(matches!(output.status.code(), Some(1 | 3)) && said.contains(&told), "{told}: {said}");
    }
}

#[test]
fn jobs_do_not_change_what_a_sweep_says() {
    let sweep = |jobs| {
        stdout(&["sweep", "raft/nemesis", "--variant", "vote-not-persisted", "--seeds", "0..300", "--jobs", jobs])
    };
    assert_eq!(sweep("1"), sweep("2"));
}

#[test]
fn golden_comparisons() {
    let variants = |more: &[&str]| {
        let words = ["compare", "time/lease-and-pause", "--variants", "--seeds", "0..20"];
        stdout(&[&words[..], more].concat())
    };
    let table = variants(&["--plot", "--ascii"]);
    assert!(table.lines().all(|line| line.is_ascii() && (line.len() <= 80 || line.starts_with("NEXT"))), "{table}");
    insta::assert_snapshot!("compare", table);
    insta::assert_snapshot!("compare-json", variants(&["--format", "json"]));
    insta::assert_snapshot!("compare-svg", variants(&["--format", "svg"]));
}

#[test]
fn jobs_do_not_change_what_is_compared() {
    let compare = |jobs| {
        let words = ["raft/leader-crash", "raft/rough-network", "--seeds", "0..8", "--format", "json", "--values"];
        stdout(&[&["compare"], &words[..], &["--jobs", jobs]].concat())
    };
    let one = compare("1");
    assert_eq!(one, compare("2"));
    for line in one.lines() {
        let world: serde_json::Value = serde_json::from_str(line).expect("each line is an object");
        let available = &world["measures"]["available_percent"];
        let number = |name: &str| available[name].as_f64().expect("a number");
        assert!(number("low") <= number("mean") && number("mean") <= number("high"), "{line}");
        assert_eq!(available["values"].as_array().map(Vec::len), Some(8));
    }
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let seeds = ["--seeds", "0..3"];
    let compare = |words: &[&str]| pessimist(&[&["compare"], words, &seeds].concat());
    let unknown = compare(&["time/lease-and-pause", "--variant", "fencd"]);
    let said = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert_eq!((unknown.status.code(), said.contains("nearest: fenced")), (Some(3), true), "{said}");
    assert_eq!(compare(&["raft/nothing"]).status.code(), Some(3));
    assert_eq!(compare(&[]).status.code(), Some(2));
    assert_eq!(exit(&["compare", "start/two-generals"]), 2, "seeds are missing");
    assert_eq!(compare(&["start/two-generals"]).status.code(), Some(0), "one world is a table of one");
}

/// Starts the program, and gives it Ctrl-C once it listens for that and `ready` returns.
#[cfg(target_os = "linux")]
fn interrupted(arguments: &[&str], ready: impl FnOnce(&mut std::process::Child)) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pessimist"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program can be started");
    let listens = |status: String| {
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
        Some(u64::from_str_radix(caught.trim(), 16).ok()? & 2 != 0)
    };
    let path = format!("/proc/{}/status", child.id());
    while !std::fs::read_to_string(&path).ok().and_then(listens).expect("the system tells of it") {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    // Held until it has ended, lest it reads an end.
    let _input = child.stdin.take();
    ready(&mut child);
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.expect("there is `kill` here").success());
    let output = child.wait_with_output().expect("it ends by itself");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
#[cfg(target_os = "linux")]
fn whoever_interrupts_is_told_how_far_it_was() {
    use std::io::Read;
    // Of these it cannot be seen from outside when they begin to work; they end the same way before.
    let seeds = ["--seeds", "0..1000000"];
    for command in [&["sweep", "raft/nemesis"][..], &["compare", "raft/nemesis", "raft/leader-crash"]] {
        let (code, said) = interrupted(&[command, &seeds].concat(), |_| {
            std::thread::sleep(std::time::Duration::from_millis(500));
        });
        assert_eq!((code, said.contains("interrupted")), (Some(130), true), "{command:?}: {said}");
    }
    // What waits for a person ends at once.
    let waits = interrupted(&["check-history", "-", "--model", "kv"], |_| {});
    assert_eq!(waits, (Some(130), "\ninterrupted\n".to_owned()));
    // The first lines show that the run goes on.
    let long = ["run", "raft/nemesis", "--until", "10h", "--format", "log"];
    let (code, said) = interrupted(&long, |child| {
        let mut lines = [0; 1 << 16];
        child.stdout.as_mut().expect("it is piped").read_exact(&mut lines).expect("it writes");
    });
    assert_eq!(code, Some(130), "{said}");
    assert!(said.starts_with("interrupted: at ") && said.contains(" s of 36000.000 s, after "), "{said}");
}

#[test]
fn off_a_terminal_the_view_names_the_run_command() {
    let output = pessimist(&["view", "raft/leader-crash"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("pessimist run raft/leader-crash"));
}

/// `script` gives the program a real pseudo-terminal; where there is none, there is nothing to test.
#[test]
fn the_view_runs_on_a_terminal_and_leaves_it_as_it_was() {
    let program = env!("CARGO_BIN_EXE_pessimist");
    let inside = format!("stty rows 24 cols 80; exec '{program}' view raft/leader-crash");
    let mut command = Command::new("script");
    command.args(["-qec", &inside, "/dev/null"]).env("TERM", "xterm");
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let Ok(mut child) = child else {
        eprintln!("skipped: there is no `script` here");
        return;
    };
    let mut keys = child.stdin.take().expect("it is piped");
    for key in ["l", "l", "h", "?", "q", "q", "q"] {
        std::thread::sleep(std::time::Duration::from_millis(400));
        if keys.write_all(key.as_bytes()).is_err() {
            break;
        }
    }
    drop(keys);
    let output = child.wait_with_output().expect("it ends by itself");
    let screen = String::from_utf8_lossy(&output.stdout);
    let (enters, leaves) = (screen.find("\u{1b}[?1049h"), screen.rfind("\u{1b}[?1049l"));
    assert!(enters.is_some() && leaves > enters, "the alternate screen is entered and left");
    assert!(screen.contains("raft/leader-crash"), "the header names the scenario");
    assert!(output.status.success(), "it ends well: {:?}", output.status);
}

/// A file of this text, for `check-history`.
fn recorded(name: &str, text: &str) -> String {
    let path = tempdir().join(name);
    std::fs::write(&path, text).expect("a file can be written");
    path.to_str().expect("the path is UTF-8").to_owned()
}

/// What a student may hand in, and what is said of it.
#[test]
fn golden_verdicts_on_histories() {
    let folder = "tests/data/histories";
    let of = |name: &str, text: &str| recorded(name, text);
    let open = "{:process 0, :type :invoke, :f :read, :value nil}\n{:process 0, :type :ok, :f :read\n";
    let busy: String = (0..9)
        .map(|p| format!("{{:process {p}, :type :invoke, :f :write, :value {p}}}\n"))
        .chain((0..9).map(|p| format!("{{:process {p}, :type :ok, :f :write, :value {p}}}\n")))
        .chain(
            [
                "{:process 9, :type :invoke, :f :cas, :value [3 4]}\n",
                "{:process 9, :type :fail, :f :cas, :value [3 4]}\n",
            ]
            .map(str::to_owned),
        )
        .collect();
    let asked = [
        vec![format!("{folder}/kv-append.edn"), "--model".into(), "kv".into()],
        vec![format!("{folder}/register-unknown.log"), "--model".into(), "register".into()],
        vec![format!("{folder}/register-stale.log"), "--model".into(), "register".into()],
        vec![
            format!("{folder}/register-stale.log"),
            "--model".into(),
            "register".into(),
            "--format".into(),
            "json".into(),
        ],
        vec![of("busy.edn", &busy), "--model".into(), "register".into(), "--limit-states".into(), "5".into()],
        vec![of("open.edn", open), "--model".into(), "register".into()],
        vec![of("typo.log", "INFO jepsen.util - 0 :began :read nil\n"), "--model".into(), "register".into()],
        vec![of("notes.txt", "dear teacher\n"), "--model".into(), "register".into()],
        vec![of("queue.edn", "{:process 0, :type :invoke, :f :enqueue, :value 1}\n"), "--model".into(), "set".into()],
        vec![format!("{folder}/kv-append.edn"), "--model".into(), "stack".into()],
        vec!["missing.edn".into(), "--model".into(), "kv".into()],
        vec![of("empty.edn", ""), "--model".into(), "kv".into()],
    ];
    let place = tempdir().to_str().expect("the path is UTF-8").to_owned();
    let told = asked.map(|words| {
        let words: Vec<&str> = ["check-history"].into_iter().chain(words.iter().map(String::as_str)).collect();
        let output = pessimist(&words);
        let said =
            [output.stdout, output.stderr].map(|said| String::from_utf8(said).expect("what is printed is UTF-8"));
        let told = format!(
            "$ pessimist {}\n{}exit {}\n",
            words.join(" "),
            said.concat(),
            output.status.code().unwrap_or(-1)
        );
        // Where the build is, and how a system words what it cannot find, is no part of the golden file.
        told.replace(&place, "FOLDER")
    });
    insta::assert_snapshot!("histories", told.join("\n"));
}

/// What a run's own judge says of its calls is also said of them when they are written down and read back.
#[test]
fn a_run_is_judged_as_its_recorded_history_is() {
    for (scenario, seed, expected) in
        [("replication/abd", "1", 0), ("raft/nemesis", "1", 0), ("replication/dynamo", "19", 1)]
    {
        let history = recorded("run.edn", &stdout(&["run", scenario, "--seed", seed, "--format", "edn"]));
        let words = ["check-history", &history, "--model", "kv"];
        let told = stdout(&words);
        assert_eq!(exit(&words), expected, "{scenario}: {told}");
        let own = stdout(&["run", scenario, "--seed", seed]);
        assert_eq!(own.contains("BROKEN  Linearizable"), expected == 1, "{scenario}: {own}");
    }
}

/// What a person answered: told, exported, removed; a damaged line costs nothing but itself.
#[test]
fn scores_are_told_and_removed() {
    let state = tempdir().join("scores");
    let _ = std::fs::remove_dir_all(&state);
    std::fs::create_dir_all(state.join("pessimist")).expect("a folder can be made");
    let scores = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pessimist"));
        command.arg("scores").args(more).env("PESSIMIST_COMMAND", "pessimist").env("XDG_STATE_HOME", &state);
        let output = command.output().expect("the program can be started");
        let text = |bytes| String::from_utf8(bytes).expect("what is printed is UTF-8");
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, told, _) = scores(&[]);
    assert!(code == Some(0) && told.contains("No answers yet"), "{told}");
    assert!(told.contains("pessimist view raft/leader-crash --quiz"), "{told}");
    let line = r#"{"version":"0.1.0","scenario":"raft/nemesis","seed":3,"topic":"leader","question":"Who?","before":9,"said":"n1","answer":"n2","right":false,"sure":80}"#;
    std::fs::write(state.join("pessimist/scores.jsonl"), format!("{line}\nnonsense\n")).expect("it can be written");
    let (code, told, said) = scores(&[]);
    assert!(code == Some(0) && told.contains("1 answer, 0 right"), "{told}");
    assert!(told.contains("pessimist view raft/nemesis --seed 3 --at e8"), "{told}");
    assert!(said.contains("scores.jsonl:2: "), "{said}");
    let (_, exported, _) = scores(&["--format", "json"]);
    assert!(exported.contains(r#""said":"n1""#) && exported.lines().count() == 1, "{exported}");
    let (_, told, _) = scores(&["--reset"]);
    assert!(told.starts_with("1 answer, 1 damaged line removed from "), "{told}");
    assert!(scores(&[]).1.contains("No answers yet"));
}

/// A folder for one test, below the build's own folder for such things.
fn tempdir() -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("command-line");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

#[test]
fn an_assignment_is_handed_out() {
    let folder = tempdir().join("lab");
    let _ = std::fs::remove_dir_all(&folder);
    let path = folder.display().to_string();
    let told = stdout(&["new", &path, "--assignment", "gossip"]);
    assert!(told.contains("HANDOUT.md") && told.contains("cargo test"), "{told}");
    for file in [
        "Cargo.toml",
        "Cargo.lock",
        "HANDOUT.md",
        "src/lib.rs",
        "src/main.rs",
        "tests/public.rs",
        "tests/snapshots/calm.snap",
        "scenarios/calm.ron",
        ".cargo/config.toml",
    ] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    assert!(!folder.join("hidden").exists(), "hidden scenarios are not handed out");
    let lock = std::fs::read_to_string(folder.join("Cargo.lock")).unwrap();
    assert!(lock.contains("name = \"lab\"") && lock.contains("name = \"rand_chacha\""));
    // What is there already is not written over.
    assert_eq!(exit(&["new", &path, "--assignment", "gossip"]), 3);
    assert_eq!(exit(&["new", &format!("{path}2"), "--assignment", "gosip"]), 2);
    assert_eq!(exit(&["new", &format!("{path}2")]), 2);
    assert_eq!(exit(&["grade", &path, "--assignment", "gosip"]), 2);
    assert_eq!(exit(&["grade", &folder.join("src").display().to_string()]), 3);
}
