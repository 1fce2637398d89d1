//! The scenario layer, tested from outside of its stages: texts in, plans and messages out.

mod damage;
mod examples;
mod mistakes;
mod words;

use super::Scenario;

/// Each example of the language, by name.
const EXAMPLES: [(&str, &str); 3] = [
    ("leader-crash.ron", include_str!("../../../tests/data/leader-crash.ron")),
    ("github-2018.ron", include_str!("../../../tests/data/github-2018.ron")),
    ("quorum-not-linearizable.ron", include_str!("../../../tests/data/quorum-not-linearizable.ron")),
];

const LEADER_CRASH: &str = EXAMPLES[0].1;
const GITHUB: &str = EXAMPLES[1].1;
const QUORUM: &str = EXAMPLES[2].1;

/// A small scenario with some fields put in: two replicas, a client, a labelled fault and a labelled operation.
fn small(fields: &str) -> String {
    format!(
        "Scenario(\n  title: \"Small\",\n  protocol: Raft(heartbeat: \"50ms\"),\n  \
         cluster: {{\"replica\": [\"n1\", \"n2\"], \"client\": [\"c1\"]}},\n  {fields}\n)\n"
    )
}

fn parse(text: &str) -> Scenario {
    Scenario::parse("small.ron", text, None).unwrap_or_else(|error| panic!("{error}"))
}

/// What a person is told.
fn refusal(text: &str) -> String {
    match Scenario::parse("small.ron", text, None) {
        Ok(_) => panic!("this was accepted:\n{text}"),
        Err(diagnostic) => diagnostic.render(false),
    }
}
