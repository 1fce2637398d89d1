//! Runs to look at.

use crate::kernel::Plan;
use crate::node::{Cluster, Ctx, EventId, Fact, LocalSpan, Node, NodeId, SimTime, node_value};
use crate::scenario::{Registry, Run, Scenario, Session};
use crate::trace::{EventKind, Lines, Trace};
use crate::tui::{Deed, Future, Futures, Mark, Question, Show};
use std::cell::RefCell;
use std::sync::Arc;

/// Runs a scenario's text.
fn run(text: &str) -> (Scenario, Box<dyn Session>) {
    let scenario = Scenario::parse("test.ron", text, None).unwrap_or_else(|error| panic!("{error}"));
    let runner = Registry::standard().prepare(&scenario).unwrap_or_else(|error| panic!("{error}"));
    let opened = runner.open(scenario.plan.seed, Lines::None, &mut |_, _| true).unwrap();
    (scenario, opened.session)
}

/// A show of a scenario's text, without questions.
pub fn show(name: &str, text: &str) -> Show<'static> {
    let (scenario, session) = run(text);
    Show {
        session,
        name: name.to_owned(),
        title: scenario.title,
        look: scenario.look.unwrap_or_default(),
        seed: Some(scenario.plan.seed),
        questions: Vec::new(),
        asking: crate::tui::Asking::default(),
        violations: Vec::new(),
        start: None,
        ascii: false,
        theme: crate::tui::Theme::None,
        source: text.to_owned(),
        lesson: Vec::new(),
        promises: Vec::new(),
        futures: None,
        command_run: format!("pessimist run {name}"),
        command_view: format!("pessimist view {name} --seed {}", scenario.plan.seed),
    }
}

thread_local! {
    /// What was kept of branches, by name.
    pub static KEPT: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    /// What has become of the file that is watched: another seed, or what is wrong with it.
    pub static CHANGED: RefCell<Option<Result<u64, String>>> = const { RefCell::new(None) };
}

/// Runs a scenario again with what was done to it.
struct Again(String);

impl Again {
    fn run(&self, deeds: &[Deed]) -> Result<Future, String> {
        let mut scenario = Scenario::parse("test.ron", &self.0, None).map_err(|mistake| mistake.to_string())?;
        for entry in deeds.iter().flat_map(|deed| &deed.entries) {
            let with = scenario.with_entries(entry.list, std::slice::from_ref(&entry.text));
            scenario = with.map_err(|mistake| mistake.to_string())?;
        }
        let runner = Registry::standard().prepare(&scenario).map_err(|mistake| mistake.to_string())?;
        let opened = runner.open(scenario.plan.seed, Lines::None, &mut |_, _| true);
        let session = opened.map_err(|failure| failure.to_string())?.session;
        Ok(Future { session, questions: Vec::new(), violations: Vec::new(), source: scenario.tree.pretty() })
    }
}

impl Futures for Again {
    fn future(&self, deeds: &[Deed]) -> Result<Future, String> {
        self.run(deeds)
    }

    fn save(&self, deeds: &[Deed], path: &str) -> Result<String, String> {
        Ok(format!("saved {path} with {} deeds", deeds.len()))
    }

    fn keep(&self, _: &[Deed], name: &str) -> Result<String, String> {
        KEPT.with(|kept| kept.borrow_mut().push(name.to_owned()));
        Ok(name.to_owned())
    }

    fn watches(&self) -> bool {
        true
    }

    fn reloaded(&mut self) -> Option<Result<Future, String>> {
        let seed = match CHANGED.with(|changed| changed.borrow_mut().take())? {
            Ok(seed) => seed,
            Err(mistake) => return Some(Err(mistake)),
        };
        self.0 = self.0.replace("seed: 42", &format!("seed: {seed}"));
        Some(self.run(&[]))
    }
}

/// A show to which things can be done.
pub fn with_hands(name: &str, text: &str) -> Show<'static> {
    Show { futures: Some(Box::new(Again(text.to_owned()))), ..show(name, text) }
}

/// The leader falls silent, unless somebody does something before.
pub fn at_hand() -> Show<'static> {
    with_hands("raft/leader-crash", include_str!("../../../tests/data/leader-crash.ron"))
}

/// The leader falls silent; who leads next?
pub fn leader_crash() -> Show<'static> {
    show("raft/leader-crash", include_str!("../../../tests/data/leader-crash.ron"))
}

/// The same, and then a long time in which nothing happens but heartbeats.
pub fn long() -> Show<'static> {
    show(
        "raft/long",
        &include_str!("../../../tests/data/leader-crash.ron").replace("until: \"3s\"", "until: \"60s\""),
    )
}

/// The same with its question put before the leader's fall shows its consequences.
pub fn with_question() -> Show<'static> {
    let mut show = leader_crash();
    let before = show.session.moments()[0].before;
    show.questions.push(question("Who leads next?", before));
    show
}

pub fn question(text: &str, before: EventId) -> Question {
    Question {
        topic: crate::tui::Topic::Lesson,
        text: text.to_owned(),
        options: ["n1", "n2", "n3", "n5"].map(str::to_owned).to_vec(),
        answer: Some("n2".to_owned()),
        because: "Whoever's random timeout ended first: nothing before tells you.".to_owned(),
        before,
        shown: None,
    }
}

/// Events of a run that tests go to, found by what they are: their numbers change whenever Raft does.
pub struct Places {
    /// The first time that votes are asked for; the next events are the same to other servers.
    pub asks: EventId,
    /// The first leader is elected.
    pub leads: EventId,
    /// The first fault of a node.
    pub crash: EventId,
}

pub fn places(trace: &Trace) -> Places {
    let find = |is: &dyn Fn(EventId) -> bool| trace.ids().find(|&id| is(id)).unwrap();
    Places {
        asks: find(&|id| trace.record(id).kind() == EventKind::Send && trace.name(id) == "RequestVote"),
        leads: find(&|id| matches!(trace.fact(id), Some(Fact::BecameLeader { .. }))),
        crash: find(&|id| trace.fault(id).is_some_and(|record| record.fault.node().is_some())),
    }
}

/// Two sides, a pause, a doubled and a dropped message, a client: five servers.
pub fn troubles() -> Show<'static> {
    let mut show = show("raft/troubles", TROUBLES);
    let at = |id| Mark {
        event: EventId(id),
        headline: "ElectionSafety".to_owned(),
        lines: vec!["promised  at most one leader a term".to_owned(), "seen      n1 and n3 in term 1".to_owned()],
    };
    show.violations = vec![at(150)];
    show
}

/// The same, with a partition whose sides are not neighbours.
pub fn mixed_sides() -> Show<'static> {
    let mixed = r#"[["n1", "n4"], ["n2", "n3", "n5"]]"#;
    show("raft/mixed", &TROUBLES.replace(r#"[["n1", "n2"], ["n3", "n4", "n5"]]"#, mixed))
}

const TROUBLES: &str = r#"Scenario(
  title: "Troubles",
  protocol: Raft(heartbeat: "50ms", election: ("150ms", "300ms")),
  cluster: {"replica": ["n1", "n2", "n3", "n4", "n5"], "client": ["c1"]},
  network: (delay: Uniform("1ms", "30ms"), loss: 0.05),
  workload: [(every: "20ms", by: "c1", op: Put("x", Fresh), timeout: "100ms")],
  faults: [
    (at: "500ms", lasting: "400ms", do: Partition([["n1", "n2"], ["n3", "n4", "n5"]])),
    (at: "1s", lasting: "300ms", do: Pause("n2")),
  ],
  until: "2s", seed: 3,
)"#;

/// Three events: three servers start, and nothing more.
pub fn tiny() -> Show<'static> {
    let text = r#"Scenario(title: "Tiny", protocol: Raft(), cluster: {"replica": ["a", "b", "c"]}, until: "1ms")"#;
    show("start/tiny", text)
}

/// Two nodes whose messages and timers have neither a name nor content.
pub fn nameless() -> Show<'static> {
    let mut plan = Plan::new(Cluster::new([("node", vec!["a", "b"])]).unwrap());
    plan.until = SimTime(1_000_000_000);
    let run = Run::<Nameless>::new(Arc::new(plan), (), Lines::None, &mut (), &mut |_, _| true);
    Show { session: Box::new(run.unwrap().unwrap()), ..tiny() }
}

node_value! {
    pub struct Nameless {}
}

impl Node for Nameless {
    type Config = ();
    type Msg = ();
    type Timer = ();
    type Disk = ();

    fn boot(ctx: &mut Ctx<Self>, (): &(), (): &()) -> Self {
        ctx.set_timer((), LocalSpan::millis(100));
        Nameless {}
    }

    fn on_message(&mut self, _: &mut Ctx<Self>, _: NodeId, (): ()) {}

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, (): ()) {
        ctx.others().for_each(|other| ctx.send(other, ()));
    }
}

/// Two nodes whose only timer is a struct without content.
pub fn two_generals() -> Show<'static> {
    show("start/two-generals", include_str!("../../../scenarios/start/two-generals.ron"))
}

/// More servers than there is room for lanes.
pub fn crowd() -> Show<'static> {
    let names: Vec<String> = (1..=30).map(|n| format!("\"server-{n}\"")).collect();
    let text = format!(
        r#"Scenario(title: "Crowd", protocol: Raft(), cluster: {{"replica": [{}]}}, until: "600ms", seed: 5)"#,
        names.join(", ")
    );
    show("raft/crowd", &text)
}

/// Five lock nodes, one of whose clocks jumps.
pub fn redlock() -> Show<'static> {
    show("time/redlock", include_str!("../../../scenarios/time/redlock.ron"))
}

/// The log of another system.
pub fn log() -> Show<'static> {
    let text = "x\na {\"a\":1}\ny\nb {\"b\":1}\nz\nb {\"a\":1,\"b\":2}\nw\nc {\"c\":1}\nv\na {\"a\":2}\n";
    let log = crate::trace::ForeignLog::parse(text, None).unwrap();
    let session = Box::new(crate::scenario::LogSession::new(&log).unwrap());
    Show { session, seed: None, name: "other.log".to_owned(), title: String::new(), look: String::new(), ..tiny() }
}
