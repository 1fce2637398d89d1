//! The scenario language on two pages, by example. A test reads every form here and misses none of the language.

use super::probe::names_of;
use super::schema::File;
use crate::check::{Measure, Promise};
use crate::node::FactKind;

/// A chapter of the language: a heading, and rows of forms that mean much the same.
pub struct Chapter {
    /// What the forms are.
    pub heading: &'static str,
    /// Forms as they may be written, and what they mean.
    pub rows: &'static [(&'static [&'static str], &'static str)],
}

const INTRODUCTION: &str = r#"A scenario is one RON file. Comments begin with //. A duration: "150ms".
  Scenario(
    title: "The leader falls silent",
    look: "Who notices, and when?",            // source: simplified:
    protocol: Raft(heartbeat: "50ms"),         // the protocol's own fields
    cluster: {"replica": ["n1", "n2", "n3"], "client": ["c1"]},
    network: (delay: Uniform("1ms", "5ms"), loss: 0.01, order: Fifo),
    workload: [(every: "100ms", by: "c1", op: Put("x", Fresh), timeout: "1s")],
    faults: [(label: "silence", at: "1s", lasting: "1s", do: Crash(Leader))],
    ask: [Guess(on: Fired("silence"), text: "Who leads next?",
      answer: NextLeader, because: "Nothing before tells you.")],
    expect: [Holds(RaftSafety)], until: "3s", seed: 42,
    variants: {"lossy": (network: (loss: 0.2))},    // run: --variant lossy
  )
WHEN: each fault, operation and question has one of
  at: "1s"                   once; with after: "5ms" or a law, that much later
  every: "1s"                a span or law; with from: until: times:
  think: "20ms"              after a client's last operation; with the same
  on: Fired("silence")       a pattern; with nth: (which match) and times:
  after: (event: 131)        a branch made by hand; with expect: "n3 ..."
A fault with lasting: "1s" is undone after that. label: names an entry.
OTHER FIELDS, all optional
  network: (delay: duplicate: reorder: on_cut: Drop or Hold,
    links: [(from: "n1", to: "n2", loss: 1.0), (between: ("n1", "n2"), ...)],
    sites: {"a": ["n1"], ...}, cables: {"optics": ("a", "b", "5ms"), ...})
  clocks: {"n1": (rate: 50, offset: "-5s", error: "1ms")}   rate: millionths
    with sync: Ntp(poll: "64s", error: "5ms")   bias: slew: step:
    or   sync: TrueTime(poll: "30s", error: "1ms", drift: 200)   claims:
    wander: (every: "10s", by: 5, within: 50)
    leap: (at: "10s", how: Repeat)   or Smear("20s") or Step
  disk: (sync: "1ms", mode: Loses)   disks: {"n1": (...)}    sync_holds: Node
  service: {"n1": "5ms"}   inbox: 1024   events: 1000000
  workload: [( ... retry: Never or UntilTimeout, by: Each("client"), keys:
    Uniform(9) or Zipf(keys: 9, exponent: 1.0) or Hot(keys: 9, share: 0.5) )]
  ask: [Judge(on: ..., text: ..., claim: Durable("w"), seeds: 100)]
  explore: (timeouts: 2, crashes: 1, drops: 0, duplicates: Any, ticks: 1,
    tick: "1s", network: Ordered or Duplicating, syncs: AtOnce, depth: 20,
    states: 100000, always: [RaftSafety], sometimes: [HasLeader],
    eventually: [Ok("w")], expect: [Holds(RaftSafety)])   schedule: (steps: [])
"#;

/// The words of the language, chapter by chapter.
pub const CHAPTERS: &[Chapter] = &[
    Chapter {
        heading: "LAWS, for spans that are drawn",
        rows: &[
            (&["Constant(\"5ms\")", "Exponential(\"5ms\")", "Mixture([(9, \"1ms\"), (1, \"50ms\")])"], ""),
            (&["Uniform(\"1ms\", \"5ms\")", "Normal(mean: \"5s\", deviation: \"1s\")", "Recorded([\"1ms\"])"], ""),
            (&["LogNormal(median: \"5ms\", sigma: 0.5)", "Pareto(scale: \"1ms\", shape: 1.5)"], ""),
        ],
    },
    Chapter {
        heading: "NODES",
        rows: &[(&["\"n1\"", "Leader", "AFollower", "Random", "AnyOf(\"replica\")", "Same(\"silence\")"], "")],
    },
    Chapter {
        heading: "LINKS",
        rows: &[
            (&["Link(\"n1\", \"n2\")", "Between(\"n1\", \"n2\")", "All"], "one way; both ways; every link"),
            (&["Around(Leader)", "Into(Leader)", "OutOf(Leader)", "Cable(\"optics\")", "Site(\"a\")"], ""),
            (&["Sides([[\"n1\"], [\"n2\", \"n3\"]])"], "between nodes of different sides"),
            (&["MinorityWith(Leader)", "MajorityWith(Leader)", "Bridge(\"n1\")", "RandomSides"], ""),
        ],
    },
    Chapter {
        heading: "FAULTS",
        rows: &[
            (&["Crash(Leader)", "Restart(\"n1\")", "Pause(\"n1\")", "Resume(\"n1\")"], ""),
            (&["Slow(\"n1\", \"5ms\")", "Expire(\"n1\", \"Election\")"], "per message; a timer ends now"),
            (&["Disk(\"n1\", Lies)", "Wipe(\"n1\")"], "Loses Keeps Tears Full Slow(\"5ms\")"),
            (&["Clock(\"n1\", Step(\"-5s\"))"], "Step(\"5s\") Rate(50) Freeze Thaw"),
            (&["Cut(Around(Leader))", "Heal(All)", "Hold(All)", "Release(All)"], "lost; waiting"),
            (&["Loss(All, 0.1)", "Lag(All, \"50ms\")", "Isolate(Leader)", "Mark"], "Mark: a moment"),
            (&["Partition([[\"n1\"], [\"n2\", \"n3\"]])"], "cuts sides, or what links name"),
            (&["Drop", "Delay(\"40ms\")", "Arrive(\"1ms\")", "Duplicate"], "with on: Message(...)"),
            (&["OneOf([(3, Crash(Random)), (1, Mark)])"], "drawn by weight"),
        ],
    },
    Chapter {
        heading: "OPERATIONS; Fresh is 1, 2, 3 and so on; the word Key for a key: one of keys:",
        rows: &[
            (&["Put(\"x\", Fresh)", "Get(\"x\")", "Append(\"x\", 7)", "Delete(\"x\")", "Take(\"x\")"], ""),
            (&["Cas(key: \"x\", expected: Absent, new: 1)", "Acquire(\"lock\")", "Release(\"lock\")"], ""),
            (&["Broadcast(\"hello\")", "Do(\"name\", \"text\")", "OneOf([(9, Get(Key)), (1, Take(Key))])"], ""),
        ],
    },
    Chapter {
        heading: "PATTERNS",
        rows: &[
            (&["Fired(\"silence\")", "Ended(\"cut\")", "Invoked(\"w\")", "Returned(\"w\")", "TimedOut(\"w\")"], ""),
            (&["Message(kind: \"Vote\", from: \"n1\", to: \"n2\")"], "any part may be left out"),
            (&["BecameLeader", "BecameLeader(\"n1\")", "BecameLeader(term: 2)"], "a fact"),
            (&["Fact(kind: Committed, node: \"n1\", index: 3)"], "the same, at length"),
        ],
    },
    Chapter {
        heading: "CLAIMS, for expect: and claim:",
        rows: &[
            (&["Holds(RaftSafety)", "Violated(AcksDurable)"], "a promise, kept or broken"),
            (&["Eventually(that: HasLeader, after: \"silence\", within: \"1s\")"], "or Ended(\"cut\")"),
            (&["Durable(\"w\")", "Got(\"w\", 1)", "Ok(\"w\")", "Failed(\"w\")", "Unknown(\"w\")"], "an operation"),
            (&["AtLeast(Elections, 2)", "AtMost(Lost, 0)", "Not(Ok(\"w\"))", "Noted(\"late\")"], "a remark"),
        ],
    },
    Chapter {
        heading: "STATES, for that:",
        rows: &[(&["HasLeader", "Ok(\"w\")", "Done(\"w\")", "Applied(\"w\")", "AllHave(\"w\")", "Converged"], "")],
    },
    Chapter {
        heading: "ANSWERS, for answer:",
        rows: &[(&["NextLeader", "Result(\"w\")", "Outcome(\"w\")", "Count(Leaders)", "Whether(Ok(\"w\"))"], "")],
    },
];

/// The whole text, at most 80 columns wide.
pub fn text() -> String {
    let mut text = INTRODUCTION.to_owned();
    for chapter in CHAPTERS {
        let told = |(forms, meaning): &(&[&str], &str)| {
            let forms = format!("  {}", forms.join("  "));
            if meaning.is_empty() { forms } else { format!("{forms:<42}  {meaning}") }
        };
        let (heading, rows): (_, Vec<String>) = (chapter.heading, chapter.rows.iter().map(told).collect());
        // What is one row needs no room around it, and perhaps no line for its heading.
        text += &match rows.as_slice() {
            [row] if heading.len() + row.len() <= 80 => format!("{heading}{row}\n"),
            [row] => format!("{heading}\n{row}\n"),
            rows => format!("\n{heading}\n{}\n", rows.join("\n")),
        };
    }
    let promises: Vec<&str> = Promise::ALL.iter().map(|promise| promise.name()).collect();
    let measures: Vec<&str> = Measure::ALL.iter().map(|measure| measure.name()).collect();
    let facts: Vec<&str> = FactKind::ALL.iter().map(|fact| fact.name()).collect();
    text.push('\n');
    for (name, words) in [("PROMISES", promises), ("MEASURES", measures), ("FACTS", facts)] {
        let words = format!("{name}  {}", words.join(" "));
        text += &format!("{}\n", super::diagnostic::wrap(&words, 78).replace('\n', "\n  "));
    }
    text
}

/// How a word is written, where the language has it: for who wrote it otherwise.
pub fn form(word: &str) -> Option<&'static str> {
    let forms = || CHAPTERS.iter().flat_map(|chapter| chapter.rows).flat_map(|(forms, _)| forms.iter().copied());
    let others = ["Rate(50)", "Step(\"-5s\")", "Slow(\"50ms\")"];
    forms().chain(others).find(|form| form.split('(').next() == Some(word))
}

/// The fields that a scenario may have.
pub fn fields() -> &'static [&'static str] {
    names_of::<File>()
}
