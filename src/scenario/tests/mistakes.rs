//! What a person is told of each kind of mistake. Read every change of these as a student would.

use super::*;
use crate::scenario::{MAX_BYTES, Registry};
use std::fmt::Write as _;

/// Shows the refusal of each text under what was done to it.
fn report(cases: &[(&str, String)]) -> String {
    let mut report = String::new();
    for (name, text) in cases {
        let _ = writeln!(report, "== {name}\n{}", refusal(text));
    }
    report
}

fn damaged(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from:?} is not in the example");
    text.replacen(from, to, 1)
}

#[test]
fn notation() {
    let crash = |from: &str, to: &str| damaged(LEADER_CRASH, from, to);
    let shown = report(&[
        ("a comma is missing at the end of a line", crash("falls silent\",", "falls silent\"")),
        ("a comma is missing within a line", crash("by: \"c1\", op", "by: \"c1\" op")),
        ("a duration without quotes", crash("\"50ms\"", "50ms")),
        ("a name without quotes", crash("by: \"c1\"", "by: c1")),
        ("a name with a dash without quotes", damaged(GITHUB, "by: \"app-east\"", "by: app-east")),
        ("a quotation mark is missing", crash("\"c1\", op", "\"c1, op")),
        ("a closing bracket is missing in a line", crash("do: Crash(Leader)),", "do: Crash(Leader),")),
        ("a closing bracket is missing at the end of a list", crash("  ],\n  ask", "  \n  ask")),
        ("the last bracket is missing", crash("seed: 42,\n)", "seed: 42,\n")),
        ("one bracket too many", crash("seed: 42,\n)", "seed: 42,\n))")),
        ("the wrong bracket", crash("\"n5\"]", "\"n5\")")),
        ("an equals sign", crash("label: \"silence\"", "label = \"silence\"")),
        ("a colon is missing", crash("label: \"silence\"", "label \"silence\"")),
        ("named and unnamed", crash("Put(\"y\", 7)", "Put(\"y\", value: 7)")),
        ("unnamed and named", crash("heartbeat: \"50ms\", ", "heartbeat: \"50ms\", 7, ")),
        ("single quotes", crash("\"c1\"", "'c1'")),
        ("curly quotes", crash("\"c1\"", "\u{201c}c1\u{201d}")),
        ("a field twice", crash("seed: 42", "seed: 42, seed: 43")),
        ("a bad escape", crash("falls silent", "falls \\silent")),
        ("a comment without an end", crash("Scenario(", "/* Scenario(")),
        ("not a number", crash("seed: 42", "seed: 4x2")),
        ("nothing at all", String::new()),
        ("another language", "{\"title\": \"x\"}".to_owned()),
        ("too deep", "[".repeat(200_000)),
        ("a value after the end", crash("seed: 42,\n)", "seed: 42,\n) extra")),
        ("an extension", format!("#![enable(implicit_some)]\n{LEADER_CRASH}")),
        ("control characters", crash("seed: 42", "seed: \u{1b}[31m42")),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn fields_and_types() {
    let shown = report(&[
        ("an unknown field", small("untill: \"3s\"")),
        ("an unknown field of a fault", small("faults: [(at: \"1s\", lable: \"x\", do: Mark)]")),
        ("a field is missing", small("").replace("title: \"Small\",", "")),
        ("the protocol is missing", small("").replace("protocol: Raft(heartbeat: \"50ms\"),", "")),
        ("the protocol in quotes", small("").replace("Raft(heartbeat: \"50ms\")", "\"Raft\"")),
        ("a fault without do", small("faults: [(at: \"1s\")]")),
        ("a number for a duration", small("until: 3")),
        ("a duration without a unit", small("until: \"3\"")),
        ("a text for a number", small("seed: \"42\"")),
        ("a negative seed", small("seed: -1")),
        ("a number too large", small("events: 5000000000")),
        ("a record for a list", small("faults: (at: \"1s\", do: Mark)")),
        ("a map for a record", small("network: {\"delay\": \"1ms\"}")),
        ("a record for a map", small("clocks: (n1: (rate: 5))")),
        ("a word in quotes", small("network: (order: \"Fifo\")")),
        ("a word in the wrong case", small("network: (order: fifo)")),
        ("an unknown fault", small("faults: [(at: \"1s\", do: Crush(Leader))]")),
        ("an unknown selector", small("faults: [(at: \"1s\", do: Crash(Leeder))]")),
        ("a node without quotes", small("faults: [(at: \"1s\", do: Crash(n1))]")),
        ("a number for a node", small("faults: [(at: \"1s\", do: Crash(1))]")),
        ("a fault without its node", small("faults: [(at: \"1s\", do: Crash)]")),
        ("a fault in quotes", small("faults: [(at: \"1s\", do: \"Crash\")]")),
        ("too few values", small("faults: [(at: \"1s\", do: Slow(\"n1\"))]")),
        ("too many values", small("faults: [(at: \"1s\", do: Crash(\"n1\", \"n2\"))]")),
        ("brackets behind a bare word", small("faults: [(at: \"1s\", do: Mark())]")),
        ("an unknown operation", small("workload: [(at: \"1s\", by: \"c1\", op: Write(\"x\", 1))]")),
        ("a value that is none", small("workload: [(at: \"1s\", by: \"c1\", op: Put(\"x\", Leader))]")),
        ("an unknown law", small("network: (delay: Gaussian(\"1ms\", \"2ms\"))")),
        ("an unknown fact", small("faults: [(on: Fact(kind: BecameKing), do: Mark)]")),
        ("an unknown pattern", small("faults: [(on: BecameKing, do: Mark)]")),
        ("an unknown claim", small("expect: [Holds(ElectionSaftey)]")),
        ("a claim without its promise", small("expect: [Holds]")),
        ("an answer that is none", small("ask: [Guess(at: \"1s\", text: \"?\", answer: NextLaeder)]")),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn names_and_labels() {
    let fault = |fault: &str| {
        small(&format!(
            "workload: [(label: \"last\", at: \"1s\", by: \"c1\", op: Get(\"x\"))],\n  \
             faults: [(label: \"silence\", at: \"1s\", do: Crash(Leader)), {fault}],\n  \
             ask: [Guess(label: \"who\", at: \"2s\", text: \"Who?\", answer: NextLeader)]"
        ))
    };
    let shown = report(&[
        ("an unknown node", damaged(LEADER_CRASH, "Crash(Leader)", "Crash(\"n6\")")),
        ("a group for a node", fault("(at: \"2s\", do: Crash(\"replica\"))")),
        ("an unknown group", fault("(at: \"2s\", do: Crash(AnyOf(\"replicas\")))")),
        ("an unknown node in a pattern", fault("(on: Message(from: \"n9\"), do: Drop)")),
        ("an unknown node or group in clocks", small("clocks: {\"n3\": (rate: 50)}")),
        ("an unknown label", fault("(on: Fired(\"silense\"), do: Restart(\"n1\"))")),
        ("an unknown label where nothing fits", small("faults: [(at: \"1s\", do: Restart(Same(\"x\")))]")),
        ("a fault that never ends", fault("(on: Ended(\"silence\"), do: Mark)")),
        ("an operation that fires", fault("(on: Fired(\"last\"), do: Mark)")),
        ("a fault that returns", fault("(on: Returned(\"silence\"), do: Mark)")),
        ("a question that fires", fault("(on: Fired(\"who\"), do: Mark)")),
        (
            "the same as a cut",
            fault("(label: \"cut\", at: \"1s\", do: Cut(All)), (at: \"2s\", do: Crash(Same(\"cut\")))"),
        ),
        ("a label twice", fault("(label: \"last\", at: \"2s\", do: Mark)")),
        ("a label that is none", fault("(label: \"my fault\", at: \"2s\", do: Mark)")),
        ("a node on two sides", fault("(at: \"2s\", do: Partition([[\"n1\"], [\"n2\", \"n1\"]]))")),
        ("a partition of one side", fault("(at: \"2s\", do: Partition([[\"n1\"]]))")),
        ("a link to itself", fault("(at: \"2s\", do: Cut(Link(\"n1\", \"n1\")))")),
        ("an unknown label in a claim", small("expect: [Durable(\"lost\")]")),
        (
            "a fault's label in a claim",
            fault("").replace("ask:", "expect: [Eventually(that: Ok(\"silence\"))], ask:"),
        ),
        (
            "the end of what never ends",
            fault("").replace("ask:", "expect: [Eventually(that: HasLeader, after: Ended(\"silence\"))], ask:"),
        ),
        (
            "a beginning that is written as a word",
            fault("").replace("ask:", "expect: [Eventually(that: HasLeader, after: Fired(\"silence\"))], ask:"),
        ),
        (
            "a number to count from",
            fault("").replace("ask:", "expect: [Eventually(that: HasLeader, after: 5)], ask:"),
        ),
        ("an unknown label in an answer", fault("").replace("NextLeader", "Result(\"first\")")),
        ("a circle", fault("(label: \"a\", on: Fired(\"b\"), do: Mark), (label: \"b\", on: Fired(\"a\"), do: Mark)")),
        ("an empty cluster", small("").replace("{\"replica\": [\"n1\", \"n2\"], \"client\": [\"c1\"]}", "{}")),
        ("an empty group", small("").replace("[\"c1\"]", "[]")),
        ("a node twice", small("").replace("[\"c1\"]", "[\"n1\"]")),
        ("a group twice", small("").replace("\"client\"", "\"replica\"")),
        ("a bad name", small("").replace("\"c1\"", "\"the client\"")),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn numbers_and_combinations() {
    let fault = |fault: &str| small(&format!("faults: [({fault})]"));
    let shown = report(&[
        ("more than certain", small("network: (loss: 5)")),
        ("less than impossible", small("network: (loss: -0.1)")),
        ("hardly possible", small("network: (loss: 0.0000001)")),
        ("a clock too fast", small("clocks: {\"n1\": (rate: 2000000)}")),
        ("a uniform law the wrong way round", small("network: (delay: Uniform(\"5ms\", \"1ms\"))")),
        ("no time at all", small("until: \"0s\"")),
        ("no events", small("events: 0")),
        ("no gap", fault("every: \"0s\", do: Crash(Random)")),
        ("the zeroth", fault("on: BecameLeader, nth: 0, do: Crash(Leader)")),
        ("ends before it begins", fault("every: \"1s\", from: \"5s\", until: \"3s\", do: Crash(Random)")),
        ("after the end", fault("at: \"12s\", do: Crash(Leader)")),
        (
            "after the end that is given",
            fault("every: \"1s\", from: \"5s\", do: Crash(Leader)").replace("faults", "until: \"3s\", faults"),
        ),
        ("a term where there is none", fault("on: Delivered(term: 3), do: Crash(Leader)")),
        ("a place where there is none", fault("on: Fact(kind: Voted, index: 3), do: Crash(Leader)")),
        ("no moment", fault("do: Crash(Leader)")),
        ("two moments", fault("at: \"1s\", every: \"2s\", do: Crash(Leader)")),
        ("times without repetition", fault("at: \"1s\", times: 3, do: Crash(Leader)")),
        ("nth without a pattern", fault("every: \"1s\", nth: 3, do: Crash(Leader)")),
        ("an event and a moment", fault("at: \"1s\", after: (event: 131), do: Crash(Leader)")),
        ("a restart that lasts", fault("at: \"1s\", lasting: \"1s\", do: Restart(\"n1\")")),
        ("a message action without a message", fault("at: \"1s\", do: Drop")),
        ("a message dealt with later", fault("on: Message(kind: \"Vote\"), after: \"1s\", do: Drop")),
        ("an empty choice", fault("at: \"1s\", do: OneOf([])")),
        ("a weight of nothing", fault("at: \"1s\", do: OneOf([(0, Crash(Random))])")),
        ("a choice of messages", fault("at: \"1s\", do: OneOf([(1, Drop)])")),
        ("a choice without weights", fault("at: \"1s\", do: OneOf([Crash(Random)])")),
        ("no time for an answer", small("workload: [(at: \"1s\", by: \"c1\", op: Get(\"x\"), timeout: \"0s\")]")),
        ("no seeds", small("ask: [Judge(at: \"1s\", text: \"?\", claim: Holds(RaftSafety), seeds: 0)]")),
        ("a link without ends", small("network: (links: [(delay: \"1ms\")])")),
        ("a link with one end", small("network: (links: [(from: \"n1\", delay: \"1ms\")])")),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn sites_and_cables() {
    let network = |sites: &str, cables: &str| small(&format!("network: (sites: {sites}, cables: {cables})"));
    let sites = "{\"a\": [\"n1\", \"n2\"], \"b\": [\"client\"], \"c\": []}";
    let github = |from: &str, to: &str| damaged(GITHUB, from, to);
    let shown = report(&[
        ("an unknown cable", github("Cable(\"optics\")", "Cable(\"optic\")")),
        ("an unknown site", github("do: Cut(Cable(\"optics\"))", "do: Cut(Site(\"bud\"))")),
        ("a cable where there are none", small("faults: [(at: \"1s\", do: Cut(Cable(\"optics\")))]")),
        ("a cable to nowhere", github("(\"hub\", \"pacific\",", "(\"hub\", \"pacifik\",")),
        ("a cable to itself", network(sites, "{\"ab\": (\"a\", \"a\", \"5ms\")}")),
        ("a cable without its delay", network(sites, "{\"ab\": (\"a\", \"b\")}")),
        ("cables without sites", small("network: (cables: {\"ab\": (\"a\", \"b\", \"5ms\")})")),
        ("a node at two sites", github("\"hub\": [\"m-hub\"]", "\"hub\": [\"m-hub\", \"east\"]")),
        ("a node at no site", github("\"hub\": [\"m-hub\"]", "\"hub\": []")),
        ("an unknown node at a site", github("\"hub\": [\"m-hub\"]", "\"hub\": [\"m-hob\"]")),
        ("sites that nothing joins", network(sites, "{\"ac\": (\"a\", \"c\", \"5ms\")}")),
        (
            "a cable that nothing takes",
            small(&format!(
                "network: (sites: {sites}, cables: {{\"ab\": (\"a\", \"b\", \"5ms\"), \"slow\": (\"a\", \"b\", \"9ms\")}}), \
                 faults: [(at: \"1s\", do: Cut(Cable(\"slow\")))]"
            )),
        ),
        ("a bad name for a cable", network(sites, "{\"the cable\": (\"a\", \"b\", \"5ms\")}")),
        ("a mixture of nothing", small("network: (delay: Mixture([]))")),
        ("a weight of nothing", small("network: (delay: Mixture([(0, \"1ms\"), (1, \"2ms\")]))")),
        ("nothing recorded", small("network: (delay: Recorded([]))")),
        ("no tail at all", small("network: (delay: Pareto(scale: \"1ms\", shape: 0))")),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn workloads() {
    let work = |fields: &str| small(&format!("workload: [({fields})]"));
    let shown = report(&[
        ("a closed loop without a timeout", work("think: \"1ms\", by: Each(\"client\"), op: Get(\"x\")")),
        ("a closed loop of nobody", work("think: \"1ms\", by: AnyOf(\"client\"), op: Get(\"x\"), timeout: \"1s\"")),
        ("no time to think", work("think: \"0s\", by: \"c1\", op: Get(\"x\"), timeout: \"1s\"")),
        ("two moments", work("think: \"1ms\", every: \"1s\", by: \"c1\", op: Get(\"x\"), timeout: \"1s\"")),
        ("a loop that is late", work("every: \"1s\", after: \"1s\", by: Each(\"client\"), op: Get(\"x\")")),
        ("an unknown group", work("at: \"1s\", by: Each(\"clients\"), op: Get(\"x\")")),
        ("a fault of each", small("faults: [(at: \"1s\", do: Crash(Each(\"replica\")))]")),
        ("a fault that thinks", small("faults: [(think: \"1s\", do: Crash(Random))]")),
        ("keys that nothing says", work("at: \"1s\", by: \"c1\", op: Get(Key)")),
        ("keys that nothing asks for", work("at: \"1s\", by: \"c1\", op: Get(\"x\"), keys: Uniform(9)")),
        ("no keys", work("at: \"1s\", by: \"c1\", op: Get(Key), keys: Uniform(0)")),
        ("an unknown law of keys", work("at: \"1s\", by: \"c1\", op: Get(Key), keys: Zipff(keys: 9, exponent: 1.0)")),
        ("an exponent that is none", work("at: \"1s\", by: \"c1\", op: Get(Key), keys: Zipf(keys: 9, exponent: -1)")),
        ("a number for a key", work("at: \"1s\", by: \"c1\", op: Get(7)")),
        ("a key without quotes", work("at: \"1s\", by: \"c1\", op: Get(x)")),
        ("an empty choice", work("at: \"1s\", by: \"c1\", op: OneOf([])")),
        ("a weight of nothing", work("at: \"1s\", by: \"c1\", op: OneOf([(0, Get(\"x\"))])")),
        ("a choice in a choice", work("at: \"1s\", by: \"c1\", op: OneOf([(1, OneOf([(1, Get(\"x\"))]))])")),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn variants() {
    let variant = |variants: &str| small(&format!("variants: {variants}"));
    let unknown = Scenario::parse("quorum.ron", QUORUM, Some("writeback")).unwrap_err().render(false);
    let none = Scenario::parse("small.ron", &small(""), Some("fast")).unwrap_err().render(false);
    let shown = report(&[
        ("not a map", variant("[(until: \"1s\")]")),
        ("not a record", variant("{\"fast\": \"1s\"}")),
        ("a wrong value", variant("{\"slow\": (until: \"9s\"), \"fast\": (until: 1)}")),
        ("variants of a variant", variant("{\"fast\": (variants: {})}")),
    ]);
    insta::assert_snapshot!(format!("{shown}== unknown\n{unknown}\n== where there are none\n{none}"));
}

#[test]
fn configuration() {
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only read")]
    struct Config {
        heartbeat: crate::node::LocalSpan,
        #[serde(default)]
        limit: u8,
    }
    let mut report = String::new();
    let configurations =
        ["Raft", "Raft(hartbeat: \"50ms\")", "Raft(heartbeat: \"fifty\")", "Raft(heartbeat: \"50ms\", limit: 300)"];
    for configuration in configurations {
        let scenario = parse(&small("").replace("Raft(heartbeat: \"50ms\")", configuration));
        let error = scenario.protocol.config::<Config>(&scenario).unwrap_err();
        let _ = writeln!(report, "== {configuration}\n{error}");
    }
    let scenario = parse(&small("").replace("Raft(", "Rft("));
    let _ = writeln!(report, "== unknown\n{}", scenario.unknown_protocol(["Raft", "Ring", "Leaderless"]));
    let _ = writeln!(report, "== refused\n{}", scenario.refused_config("a heartbeat too slow for its election"));
    insta::assert_snapshot!(report);
}

/// Kinds of messages and timers are known where the protocol is: the mistake is told when the scenario is made ready.
#[test]
fn kinds() {
    let told = |fault: &str| {
        let scenario = parse(&small(&format!("faults: [({fault})]")));
        match Registry::standard().prepare(&scenario) {
            Ok(_) => panic!("this was accepted: {fault}"),
            Err(diagnostic) => format!("== {fault}\n{diagnostic}"),
        }
    };
    let faults = [
        "on: Message(kind: \"RequestVotes\"), do: Drop",
        "on: Message(kind: \"Ballot\", from: \"n1\"), do: Mark",
        "at: \"1s\", do: Expire(\"n1\", \"election\")",
        "at: \"1s\", do: OneOf([(1, Crash(Random)), (1, Expire(\"n1\", \"Lease\"))])",
    ];
    insta::assert_snapshot!(faults.map(told).join("\n"));
    let right = ["on: Message(kind: \"Vote\"), do: Drop", "at: \"1s\", do: Expire(\"n1\", \"AskAgain\")"];
    for fault in right {
        let scenario = parse(&small(&format!("faults: [({fault})]")));
        assert!(Registry::standard().prepare(&scenario).is_ok(), "{fault}");
    }
}

/// What students type who know other notations, or half of this one.
#[test]
fn half_known() {
    let fault = |fault: &str| small(&format!("faults: [({fault})]"));
    let operation = |operation: &str| small(&format!("workload: [(at: \"1s\", by: \"c1\", op: {operation})]"));
    let protocol = |protocol: &str| small("").replace("Raft(heartbeat: \"50ms\")", protocol);
    let shown = report(&[
        ("another notation", "title: x\nprotocol: Raft\n".to_owned()),
        (
            "a cluster as a list",
            small("").replace("{\"replica\": [\"n1\", \"n2\"], \"client\": [\"c1\"]}", "[\"n1\"]"),
        ),
        ("a group of one without a list", small("").replace("[\"c1\"]", "\"c1\"")),
        ("an operation in quotes", operation("\"Put x 1\"")),
        ("an operation in lower case", operation("put(\"x\", 1)")),
        ("a key without quotes", operation("Put(x, 1)")),
        ("a value with a point", operation("Put(\"x\", 1.5)")),
        ("values without their names", operation("Cas(\"x\", 1, 2)")),
        ("a label for a pattern", fault("on: \"silence\", do: Mark")),
        ("a span and nothing before it", fault("after: \"1s\", do: Mark")),
        ("a word of another tool", fault("at: \"1s\", do: Kill(\"n1\")")),
        ("two faults in one", fault("at: \"1s\", do: [Crash(\"n1\"), Crash(\"n2\")]")),
        ("a selector in quotes", fault("at: \"1s\", do: Crash(\"Leader\")")),
        ("a node for a link", fault("at: \"1s\", do: Cut(\"n1\")")),
        ("sides without a list around them", fault("at: \"1s\", do: Partition([\"n1\"], [\"n2\"])")),
        ("a group on a side", fault("at: \"1s\", do: Partition([[\"replica\"], [\"c1\"]])")),
        ("a fault that ends as it begins", fault("at: \"1s\", lasting: \"0s\", do: Crash(\"n1\")")),
        ("percent", small("network: (loss: 5%)")),
        ("a link to itself in the network", small("network: (links: [(from: \"n1\", to: \"n1\", loss: 1.0)])")),
        ("a promise for a claim", small("expect: [ElectionSafety]")),
        ("a promise in quotes", small("expect: [Holds(\"ElectionSafety\")]")),
        ("one claim without a list", small("expect: Holds(RaftSafety)")),
        ("the other way round", small("expect: [AtMost(1, Leaders)]")),
        ("a question without its kind", small("ask: [(at: \"1s\", text: \"?\", answer: NextLeader)]")),
        ("a range of seeds", small("ask: [Judge(at: \"1s\", text: \"?\", claim: Holds(RaftSafety), seeds: 0..50)]")),
    ]);
    insta::assert_snapshot!(shown);
    let unready = [
        protocol("Raft(pre_vote: True)"),
        protocol("Raft(election: [\"150ms\", \"300ms\"])"),
        protocol("Raft(election: (\"300ms\", \"150ms\"))"),
        protocol("Raft(logs: {\"n9\": [1]})"),
        small("variants: {\"fast\": (heartbeet: \"20ms\")}"),
        small("variants: {\"fast\": (sede: 2)}"),
    ];
    let shown = unready.map(|text| match Registry::standard().prepare(&parse(&text)) {
        Ok(_) => panic!("this was accepted: {text}"),
        Err(diagnostic) => diagnostic.to_string(),
    });
    insta::assert_snapshot!("half_known_protocol", shown.join("\n"));
}

#[test]
fn files() {
    let folder = std::env::temp_dir().join(format!("pessimist-scenario-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let shown = |path: &std::path::Path| {
        let mut diagnostic = Scenario::load(path, None).unwrap_err();
        // Before lines are broken: the folder's name differs in length.
        diagnostic.mistake.message = diagnostic.mistake.message.replace(&folder.display().to_string(), "FOLDER");
        diagnostic.render(false)
    };
    let (latin, long) = (folder.join("latin1.ron"), folder.join("long.ron"));
    std::fs::write(&latin, b"Scenario(title: \"caf\xe9\")").unwrap();
    std::fs::write(&long, vec![b' '; MAX_BYTES + 1]).unwrap();
    let reports = [shown(&folder.join("missing.ron")), shown(&folder), shown(&latin), shown(&long)];
    std::fs::remove_dir_all(&folder).unwrap();
    insta::assert_snapshot!(reports.join("\n"));
}
