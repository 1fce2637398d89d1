//! `diff`, and runs with one changed fact.

use super::{exit, pessimist, stdout, tempdir};

/// All that a command says and how it ends.
fn told(arguments: &[&str]) -> String {
    let output = pessimist(arguments);
    let words: Vec<String> = arguments.iter().map(|word| word.replace(tempdir().to_str().unwrap(), "DIR")).collect();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    // Names are set in columns, and the folder's own name is as long as it is.
    let told = said.replace(tempdir().to_str().unwrap(), "DIR");
    let squeezed = |line: &str| line.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let said = match told == said {
        true => told,
        false => told.lines().map(|line| squeezed(line) + "\n").collect(),
    };
    format!("$ pessimist {}\n{said}exit {}\n", words.join(" "), output.status.code().unwrap())
}

/// From the line on that begins like this.
fn from<'a>(text: &'a str, begin: &str) -> &'a str {
    let place = text.find(&format!("\n{begin}")).unwrap_or_else(|| panic!("no line begins with {begin}: {text}"));
    &text[place + 1..]
}

#[test]
fn golden_differences() {
    let asked = [
        "diff raft/leader-crash raft/leader-crash@7",
        "diff raft/forgotten-vote raft/forgotten-vote:honest",
        "diff start/two-generals --seeds 3,7",
        "diff start/two-generals@3 start/two-generals@3",
        "diff start/two-generals start/two-generals@8 --format json",
        "diff start/two-generals@x start/two-generals",
        "diff start/two-generals@3 --seeds 3,7",
        "diff start/two-generals --seeds 3",
    ];
    let told = asked.map(|command| told(&command.split(' ').collect::<Vec<_>>()));
    insta::assert_snapshot!("differences", told.join("\n"));
}

#[test]
fn a_trace_is_compared_as_it_was_written() {
    let path = tempdir().join("diff.jsonl");
    let name = path.to_str().expect("the path is UTF-8");
    assert_eq!(exit(&["run", "start/two-generals", "--format", "jsonl", "--out", name]), 0);
    let equal = told(&["diff", name, "start/two-generals"]);
    // As other code would have written it.
    let text = std::fs::read_to_string(&path).unwrap().replace("\"attack\"", "\"retreat\"");
    std::fs::write(&path, text).unwrap();
    let other = told(&["diff", name, "start/two-generals"]);
    insta::assert_snapshot!("differences-of-traces", format!("{equal}\n{other}"));
}

#[test]
fn golden_counterfactuals() {
    let run = |but: &[&str]| {
        let words: Vec<&str> = but.iter().flat_map(|change| ["--but", change]).collect();
        told(&[&["run", "raft/leader-crash"][..], &words].concat())
    };
    let whole = run(&["drop e93"]);
    let parts = [["delay e63 +5ms"], ["duplicate e724"], ["crash n2 at 500ms for 300ms"]].map(|but| {
        let told = run(&but);
        format!(
            "{}{}",
            from(&format!("\n{told}"), "BUT").lines().next().unwrap(),
            &format!("\n{}", from(&told, "Every draw"))
        )
    });
    let wrong = ["drop e57", "drop e99999", "dorp e93", "crash n9 at 1s", "crash n2 at 9s", "delay e93"]
        .map(|but| run(&[but]));
    insta::assert_snapshot!("counterfactuals", [&[whole][..], &parts, &wrong].concat().join("\n"));
}

#[test]
fn a_change_can_be_kept() {
    let digest = |text: &str| from(text, "digest ").split(' ').nth(1).unwrap().to_owned();
    let changes =
        ["drop e93", "delay e131 +40ms", "duplicate e724", "crash n2 at 500ms for 300ms", "cut n1 n2 at 600ms"];
    for change in changes {
        let changed = stdout(&["run", "raft/leader-crash", "--but", change]);
        let entry = from(&changed, "KEEP").lines().nth(1).expect("an entry").trim();
        let plain = include_str!("../../scenarios/raft/leader-crash.ron");
        assert!(plain.contains("faults: ["));
        let path = tempdir().join("kept.ron");
        std::fs::write(&path, plain.replacen("faults: [", &format!("faults: [{entry}"), 1)).unwrap();
        let kept = stdout(&["run", path.to_str().unwrap()]);
        assert_eq!(digest(&changed), digest(&kept), "{change}");
        let log =
            ["log", "jsonl"].map(|format| stdout(&["run", "raft/leader-crash", "--but", change, "--format", format]));
        assert!(log[1].contains(&digest(&kept)) && !log[0].contains("KEEP"));
    }
}

#[test]
fn a_changed_run_can_be_asked_about() {
    let why = told(&["why", "raft/leader-crash", "--but", "drop e93", "e771"]);
    assert!(why.contains("n2 leads term 2") && why.contains("--but 'drop e93'"), "{why}");
}
