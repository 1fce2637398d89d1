//! The help text names every word of the language, and all that it shows can be read.

use super::*;
use crate::check::{Answer, Claim, Measure, Promise, State};
use crate::node::{DiskMode, FactKind};
use crate::scenario::help::{self, CHAPTERS};
use crate::scenario::probe::names_of;
use crate::scenario::schema::{Ask, EventText, FaultEntry, GuessEntry, JudgeEntry, Network, Work};
use crate::scenario::words::{ActionText, ClockText, KeysWord, LawWord, Links, OpText, PatternText, WhoWord};

#[test]
fn the_text_fits_two_pages() {
    let text = help::text();
    insta::assert_snapshot!(text);
    assert!(text.is_ascii() && text.lines().count() <= 100, "{} lines", text.lines().count());
    for line in text.lines() {
        assert!(line.len() <= 80, "{} columns: {line}", line.len());
    }
}

#[test]
fn no_word_is_left_out() {
    let text = help::text();
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let variants = [
        names_of::<ActionText>(),
        names_of::<ClockText>(),
        names_of::<DiskMode>(),
        names_of::<LawWord>(),
        names_of::<KeysWord>(),
        names_of::<Links>(),
        names_of::<OpText>(),
        names_of::<PatternText>(),
        names_of::<WhoWord>(),
        names_of::<Ask>(),
        names_of::<Claim>(),
        names_of::<State>(),
        names_of::<Answer>(),
        names_of::<Promise>(),
        names_of::<Measure>(),
        names_of::<FactKind>(),
    ];
    let fields = [
        names_of::<Network>(),
        names_of::<FaultEntry>(),
        names_of::<Work>(),
        names_of::<GuessEntry>(),
        names_of::<JudgeEntry>(),
        names_of::<EventText>(),
        names_of::<crate::scenario::explore::ExploreText>(),
        help::fields(),
    ];
    for name in variants.into_iter().chain(fields).flatten() {
        assert!(words.contains(name), "the help text does not name {name}");
    }
}

#[test]
fn every_fact_has_a_pattern() {
    for kind in FactKind::ALL {
        assert!(names_of::<PatternText>().contains(&kind.name()), "{kind} cannot be waited for by its name");
    }
}

/// A scenario with all labels that the forms use, and some fields more.
fn around(fault: &str, fields: &str) -> String {
    format!(
        "Scenario(title: \"Forms\", protocol: Raft,\n\
         cluster: {{\"replica\": [\"n1\", \"n2\", \"n3\"], \"client\": [\"c1\"]}},\n\
         workload: [(label: \"w\", at: \"1s\", by: \"c1\", op: Get(\"x\"))],\n\
         faults: [(label: \"silence\", at: \"1s\", do: Crash(Leader)),\n\
         (label: \"cut\", at: \"1s\", lasting: \"1s\", do: Cut(All)){fault}],\n{fields})"
    )
}

/// A network for the forms that mean parts of it.
const SITES: &str = "network: (sites: {\"a\": [\"n1\", \"n2\"], \"b\": [\"n3\", \"c1\"]}, \
                     cables: {\"optics\": (\"a\", \"b\", \"5ms\")})";

#[test]
fn every_form_can_be_read() {
    for chapter in CHAPTERS {
        for form in chapter.rows.iter().flat_map(|(forms, _)| *forms) {
            let text = match chapter.heading.split([',', ';']).next().unwrap() {
                "LAWS" => around("", &format!("network: (delay: {form})")),
                "NODES" => around(&format!(", (at: \"1s\", do: Pause({form}))"), ""),
                "LINKS" => around(&format!(", (at: \"1s\", do: Cut({form}))"), SITES),
                "FAULTS" => around(&format!(", (on: Message(), do: {form})"), ""),
                "OPERATIONS" => {
                    let keys = if form.contains("Key") { ", keys: Uniform(9)" } else { "" };
                    small(&format!("workload: [(at: \"1s\", by: \"c1\", op: {form}{keys})]"))
                }
                "PATTERNS" => around(&format!(", (on: {form}, do: Mark)"), ""),
                "CLAIMS" => around("", &format!("expect: [{form}]")),
                "STATES" => around("", &format!("expect: [Eventually(that: {form})]")),
                "ANSWERS" => around("", &format!("ask: [Guess(at: \"1s\", text: \"?\", answer: {form})]")),
                other => panic!("no place is known for {other}"),
            };
            Scenario::parse("form.ron", &text, None).unwrap_or_else(|error| panic!("{error}"));
        }
    }
}

#[test]
fn the_introduction_is_a_scenario() {
    let text = help::text();
    let from = text.find("  Scenario(").unwrap();
    let scenario = &text[from..from + text[from..].find("\n  )\n").unwrap() + 4];
    let scenario = Scenario::parse("introduction", scenario, Some("lossy")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(scenario.plan.link.loss_ppm, 200_000);
}
