//! Scenarios that are right, and what becomes of them.

use super::*;
use crate::check::{Answer, Claim, Promise, Question, Since, State};
use crate::kernel::{
    Action, ClockPlan, DiskPlan, FactPattern, Law, Link, LinkAction, LinkSelector, NodeAction, NodeSelector, OnCut,
    Order, Pattern, Plan, SyncHolds, Trigger, World,
};
use crate::node::{
    ClockChange, Datum, DiskMode, Event, EventId, FactKind, LocalSpan, Op, Retry, SimSpan, SimTime, Sink, What,
};
use crate::protocols::raft::{self, Raft};

#[test]
fn the_leader_falls_silent() {
    let scenario = Scenario::parse("leader-crash.ron", LEADER_CRASH, None).unwrap();
    assert_eq!((scenario.title.as_str(), scenario.protocol.name.as_str()), ("The leader falls silent", "Raft"));
    assert_eq!(scenario.protocol.text(), r#"Raft(election: ("150ms", "300ms"), heartbeat: "50ms")"#);
    let plan = &scenario.plan;
    assert_eq!((plan.seed, plan.until), (42, SimTime(3_000_000_000)));
    assert_eq!(plan.cluster.names(), ["n1", "n2", "n3", "n4", "n5", "c1"]);
    let delay = Law::Uniform(SimSpan::millis(1), SimSpan::millis(5));
    assert_eq!(plan.link, Link { delay, order: Order::Fifo, ..Link::default() });
    let labels: Vec<&str> = plan.rules.iter().filter_map(|rule| rule.label.as_deref()).collect();
    let unlabelled = "~\"c1\" Put(\"x\", Fresh)";
    let asked = ["~\"Who leads next?\"", "~\"No answer came. Will y=7 survive?\""];
    assert_eq!(labels, ["silence", "return", unlabelled, "last", asked[0], asked[1]]);
    insta::assert_debug_snapshot!(plan.rules);
    let eventually = Claim::Eventually {
        that: State::HasLeader,
        after: Some(Since::Beginning("silence".into())),
        within: Some(SimSpan::seconds(1)),
    };
    let claims: Vec<Claim> = scenario.expect.iter().map(|expectation| expectation.claim.clone()).collect();
    assert_eq!(claims, [Claim::Holds(Promise::RaftSafety), eventually]);
    assert!(matches!(&scenario.questions[0], Question::Guess { answer: Answer::NextLeader, .. }));
    assert!(matches!(&scenario.questions[1], Question::Judge { claim: Claim::Durable(label), seeds: 200, .. }
        if label == "last"));
}

#[test]
fn a_quorum_that_is_not_linearizable() {
    let scenario = Scenario::parse("quorum.ron", QUORUM, None).unwrap();
    let claims: Vec<Claim> = scenario.expect.iter().map(|expectation| expectation.claim.clone()).collect();
    let within = Some(SimSpan::millis(100));
    assert_eq!(
        claims,
        [
            Claim::Violated(Promise::Linearizable),
            Claim::Got("r1".into(), Datum::Int(1)),
            Claim::Got("r2".into(), Datum::Absent),
            Claim::Eventually { that: State::Ok("w".into()), after: None, within },
        ]
    );
    assert_eq!(scenario.expect[2].text, "Got(\"r2\", Absent)");
    assert_eq!(scenario.variants, ["write-back"]);
    let variant = Scenario::parse("quorum.ron", QUORUM, Some("write-back")).unwrap();
    assert!(scenario.protocol.text().contains("write_back: false"));
    assert!(variant.protocol.text().contains("write_back: true"));
    assert_ne!(scenario.hash, variant.hash);
}

#[test]
fn forty_three_seconds() {
    let plan = Scenario::parse("github-2018.ron", GITHUB, None).unwrap().plan;
    let id = |name: &str| plan.cluster.find(name).unwrap();
    let transit = Law::Uniform(SimSpan::millis(29), SimSpan::millis(31));
    let both = Law::Sum([Law::Constant(SimSpan::micros(500)), transit.clone()].into());
    let delay = |from, to| plan.links.get(&(id(from), id(to))).map(|link| link.delay.clone());
    assert_eq!(delay("east", "app-east"), None, "within a site messages take what the network says");
    assert_eq!(delay("east", "m-hub"), Some(Law::Constant(SimSpan::micros(500))));
    assert_eq!(delay("m-hub", "west"), Some(transit));
    assert_eq!(delay("east", "west"), Some(both));
    assert!(matches!(plan.rules[0].action, Action::Link(LinkAction::Cut, LinkSelector::Cable(0))));
    // Three nodes in the data centre, one at the hub, three beyond: the optics carry what leaves the data centre.
    assert_eq!(plan.topology.through_cable(0).len(), 3 * 4 * 2);
    assert_eq!(plan.topology.through_cable(1).len(), 4 * 3 * 2);
}

#[test]
fn links_are_told_by_node_and_by_group_beside_cables() {
    let text = small(
        r#"
  network: (sites: {"a": ["replica"], "b": ["client"]}, cables: {"ab": ("a", "b", "5ms"), "dear": ("a", "b", "6ms")},
    links: [(from: "client", to: "replica", loss: 0.5), (from: "n1", to: "c1", delay: Recorded(["1ms", "2ms"]))]),
"#,
    );
    let plan = parse(&text).plan;
    let [n1, n2, c1] = [plan.cluster.id(0), plan.cluster.id(1), plan.cluster.id(2)];
    let five = Law::Constant(SimSpan::millis(5));
    let base = Link { delay: five, ..plan.link.clone() };
    let lossy = Link { loss_ppm: 500_000, ..base.clone() };
    let recorded = Link { delay: Law::Recorded([1, 2].map(SimSpan::millis).into()), ..base.clone() };
    let expected = [((n1, c1), recorded), ((n2, c1), base), ((c1, n1), lossy.clone()), ((c1, n2), lossy)];
    assert_eq!(plan.links.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn workloads() {
    let work =
        |fields: &str| parse(&small(&format!("workload: [(by: Each(\"client\"), timeout: \"1s\", {fields})]"))).plan;
    let plan = work(
        "think: Exponential(\"20ms\"), from: \"1s\", times: 3, \
         op: OneOf([(9, Get(Key)), (1, Put(Key, Fresh))]), keys: Zipf(keys: 100, exponent: 1.0)",
    );
    let Trigger::Loop { think, from, times: 3, .. } = &plan.rules[0].trigger else { panic!("{plan:?}") };
    assert_eq!((think, *from), (&Law::Exponential(SimSpan::millis(20)), SimTime(1_000_000_000)));
    let Action::OneOf(menu) = &plan.rules[0].action else { panic!("{plan:?}") };
    assert!(matches!(&menu[1], (1, Action::Operation { by: NodeSelector::Each(_), fresh: true, .. })));
    assert_eq!(plan.keys[&0].count(), 100);
    let plan = work("every: \"20ms\", op: Get(Key), keys: Hot(keys: 3, share: 0.9)");
    assert!(matches!(plan.rules[0].trigger, Trigger::Every { .. }));
}

#[test]
fn every_part_of_the_world() {
    let text = small(
        r#"
  network: (delay: LogNormal(median: "10ms", sigma: 0.5), loss: 0.000001, duplicate: 0.5, reorder: 1, on_cut: Hold,
    links: [(between: ("replica", "c1"), loss: 0.25), (from: "n1", to: "n2", delay: "1s", order: Fifo)]),
  clocks: {"n1": (rate: -12.5, offset: "-5s", error: "7ms")},
  disk: (sync: Uniform("1ms", "2ms"), mode: Tears), disks: {"n2": (mode: Slow("50ms"))},
  service: {"replica": "2ms"}, inbox: 7, events: 99, sync_holds: Handler,
"#,
    );
    let plan = parse(&text).plan;
    let [n1, n2, c1] = [plan.cluster.id(0), plan.cluster.id(1), plan.cluster.id(2)];
    let base = Link {
        delay: Law::LogNormal { median: SimSpan::millis(10), sigma: 0.5 },
        loss_ppm: 1,
        duplicate_ppm: 500_000,
        reorder_ppm: 1_000_000,
        order: Order::Any,
        on_cut: OnCut::Hold,
    };
    assert_eq!(plan.link, base);
    let lossy = Link { loss_ppm: 250_000, ..base.clone() };
    let slow = Link { delay: Law::Constant(SimSpan::seconds(1)), order: Order::Fifo, ..base };
    let links: Vec<_> = plan.links.into_iter().collect();
    let expected = [
        ((n1, n2), slow),
        ((n1, c1), lossy.clone()),
        ((n2, c1), lossy.clone()),
        ((c1, n1), lossy.clone()),
        ((c1, n2), lossy),
    ];
    assert_eq!(links, expected);
    let clock = ClockPlan {
        rate_ppb: -12_500,
        offset_ns: -5_000_000_000,
        error: LocalSpan::millis(7),
        ..ClockPlan::default()
    };
    assert_eq!(plan.clocks.into_iter().collect::<Vec<_>>(), [(n1, clock)]);
    let sync = Law::Uniform(SimSpan::millis(1), SimSpan::millis(2));
    assert_eq!(plan.disk, DiskPlan { sync: sync.clone(), mode: DiskMode::Tears });
    assert_eq!(plan.disks[&n2], DiskPlan { sync, mode: DiskMode::Slow(SimSpan::millis(50)) });
    assert_eq!(plan.service.into_iter().collect::<Vec<_>>(), [(n1, SimSpan::millis(2)), (n2, SimSpan::millis(2))]);
    assert_eq!((plan.inbox, plan.max_events, plan.sync_holds), (7, 99, SyncHolds::Handler));
}

/// The one rule that a fault becomes.
fn rule(fault: &str) -> (Plan, crate::kernel::Rule) {
    let mut plan = parse(&small(&format!("faults: [({fault})]"))).plan;
    let rule = plan.rules.remove(0);
    (plan, rule)
}

#[test]
fn moments() {
    let (_, at) = rule("at: \"1s\", after: Exponential(\"2ms\"), do: Mark");
    assert!(matches!(at.trigger, Trigger::At(SimTime(1_000_000_000))));
    assert_eq!(at.after, Some(Law::Exponential(SimSpan::millis(2))));
    let (_, every) = rule("every: \"1s\", from: \"2s\", times: 3, do: Mark");
    let Trigger::Every { gap, from, until, times } = every.trigger else { panic!("{every:?}") };
    assert_eq!(gap, Law::Constant(SimSpan::seconds(1)));
    assert_eq!((from, until, times), (SimTime(2_000_000_000), SimTime(u64::MAX), 3));
    let (_, event) = rule("after: (event: 131, expect: \"n3 deliver Vote from n2\"), do: Mark");
    assert!(matches!(event.trigger, Trigger::Event { id: 131, expect: Some(_) }));
    for fact in ["BecameLeader(node: \"n2\", term: 2)", "Fact(kind: BecameLeader, node: \"n2\", term: 2)"] {
        let (plan, on) = rule(&format!("on: {fact}, nth: 2, do: Mark"));
        let Trigger::On { pattern: Pattern::Fact(pattern), nth: 2, times: 1 } = on.trigger else { panic!("{on:?}") };
        let node = Some(plan.cluster.id(1));
        assert_eq!(pattern, FactPattern { kind: FactKind::BecameLeader, node, term: Some(2), index: None });
    }
}

#[test]
fn faults() {
    let action = |text: &str| rule(&format!("at: \"1s\", do: {text}")).1.action;
    let sides = |text: &str| match action(text) {
        Action::Link(LinkAction::Cut, LinkSelector::Sides(sides)) => sides.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!(sides("Partition([[\"n1\"], [\"n2\", \"c1\"]])"), 2);
    assert_eq!(sides("Partition(Sides([[\"n1\"], [\"n2\"]]))"), 2);
    assert!(matches!(
        action("Partition(MinorityWith(Leader))"),
        Action::Link(LinkAction::Cut, LinkSelector::MinorityWith(NodeSelector::Leader))
    ));
    assert!(matches!(action("Isolate(AFollower)"), Action::Link(LinkAction::Cut, LinkSelector::Around(_))));
    assert!(matches!(action("Loss(RandomSides, 0.1)"), Action::Link(LinkAction::Loss(100_000), _)));
    let clock = |text: &str| match action(&format!("Clock(\"n1\", {text})")) {
        Action::Node(NodeAction::Clock(change), _) => change,
        other => panic!("{other:?}"),
    };
    assert_eq!(clock("Step(\"-1.5s\")"), ClockChange::Step(-1_500_000_000));
    assert_eq!(clock("Rate(0.5)"), ClockChange::Rate(500));
    let menu = action("OneOf([(3, Crash(Random)), (1, Cut(All))])");
    assert!(matches!(menu, Action::OneOf(menu) if menu.len() == 2 && menu[0].0 == 3));
}

#[test]
fn operations() {
    let operation = |text: &str| {
        let work = format!("workload: [(at: \"1s\", by: \"c1\", op: {text}, timeout: \"2s\", retry: Never)]");
        match parse(&small(&work)).plan.rules.remove(0).action {
            Action::Operation { op, fresh, timeout, retry, .. } => {
                assert_eq!((timeout, retry), (Some(LocalSpan::seconds(2)), Retry::Never));
                (op, fresh)
            }
            other => panic!("{other:?}"),
        }
    };
    let list = Datum::List([Datum::Int(1), Datum::Text("a".into())].into());
    assert_eq!(operation("Put(\"x\", [1, \"a\"])"), (Op::Put("x".into(), list), false));
    assert_eq!(operation("Append(\"x\", Fresh)"), (Op::Append("x".into(), Datum::Absent), true));
    assert_eq!(operation("Do(\"compact\")"), (Op::Do("compact".into(), Datum::Absent), false));
    let cas = Op::Cas { key: "x".into(), expected: Datum::Absent, new: Datum::Int(-1) };
    assert_eq!(operation("Cas(key: \"x\", expected: Absent, new: -1)"), (cas, false));
}

#[test]
fn comments_and_line_endings_and_the_order_of_fields_change_no_hash() {
    let hash = |text: &str| parse(text).hash;
    let same = [
        LEADER_CRASH.replace('\n', "\r\n"),
        format!("\u{feff}/* a /* nested */ comment */ {LEADER_CRASH} // the end"),
        LEADER_CRASH.replace("until: \"3s\", seed: 42", "seed: 4_2, until: \"3s\""),
        LEADER_CRASH.replace("Scenario(", "("),
        LEADER_CRASH.replace("until: \"3s\"", "until: \"3s\", variants: {\"long\": (until: \"9s\")}"),
    ];
    for text in &same {
        assert_eq!(hash(text), hash(LEADER_CRASH), "{text}");
    }
    assert_ne!(hash(&LEADER_CRASH.replace("seed: 42", "seed: 43")), hash(LEADER_CRASH));
    assert_eq!(hash(LEADER_CRASH).len(), 16);
}

#[test]
fn content_reads_back_as_the_same_scenario() {
    for (text, variant) in [(LEADER_CRASH, None), (QUORUM, None), (QUORUM, Some("write-back"))] {
        let scenario = Scenario::parse("x", text, variant).unwrap();
        let again = parse(&scenario.content);
        assert_eq!((&again.hash, &again.content), (&scenario.hash, &scenario.content));
        assert_eq!(format!("{:?}", again.plan), format!("{:?}", scenario.plan));
        assert_eq!(again.questions, scenario.questions);
    }
}

#[test]
fn entries_without_a_label_are_drawn_for_by_what_they_do() {
    let keys = |faults: &str| -> Vec<String> {
        let plan = parse(&small(&format!("faults: [{faults}]"))).plan;
        plan.rules.into_iter().filter_map(|rule| rule.label).collect()
    };
    let crash = "(every: \"1s\", do: Crash(Random))";
    assert_eq!(keys(crash), ["~Crash(Random)"]);
    assert_eq!(
        keys(&format!("(at: \"5s\", do: Mark), {crash}, {crash}")),
        ["~Mark", "~Crash(Random)", "~Crash(Random) #2"]
    );
    let moved = crash.replace("1s", "2s");
    assert_eq!(keys(&moved), keys(crash), "moving a fault in time changes no draw of whom it hits");
}

#[test]
fn a_variant_replaces_whole_fields() {
    let text = small(
        "network: (loss: 0.5, order: Fifo), variants: {\"clean\": (network: (order: Fifo), heartbeat: \"1s\", \
         quorum: 3, protocol_name: true)}",
    );
    let variant = Scenario::parse("x", &text, Some("clean")).unwrap();
    assert_eq!(variant.plan.link, Link { order: Order::Fifo, ..Link::default() });
    assert_eq!(variant.protocol.text(), "Raft(heartbeat: \"1s\", protocol_name: true, quorum: 3)");
    assert_eq!(variant.variant.as_deref(), Some("clean"));
}

#[test]
fn a_tree_is_printed_for_people_and_reads_back() {
    let scenario = parse(LEADER_CRASH);
    insta::assert_snapshot!(scenario.tree.pretty());
    let again = parse(&scenario.tree.pretty());
    assert_eq!((again.hash, again.tree.pretty()), (scenario.hash.clone(), scenario.tree.pretty()));
}

#[test]
fn claims_and_faults_by_hand() {
    let scenario = parse(LEADER_CRASH);
    assert_eq!(scenario.claim("Not(Ok(\"last\"))").unwrap(), Claim::Not(Claim::Ok("last".into()).into()));
    assert!(matches!(
        scenario.fault("Restart(Same(\"silence\"))").unwrap(),
        Action::Node(NodeAction::Restart, NodeSelector::Same(0))
    ));
    let refused = [
        scenario.claim("Ok(\"first\")").unwrap_err().to_string(),
        scenario.claim("Ok(\"last\"").unwrap_err().to_string(),
        scenario.fault("Crash(\"n6\")").unwrap_err().to_string(),
        scenario.fault("Drop").unwrap_err().to_string(),
    ];
    insta::assert_snapshot!(refused.join("\n"));
}

/// Notes what scenarios are about: faults by label, operations by label, and questions.
#[derive(Default)]
struct Story(Vec<String>);

impl Sink<Raft> for Story {
    fn event(&mut self, event: &Event<'_, Raft>) {
        match event.what {
            What::Fault { fault, label: Some(label), .. } => {
                self.0.push(format!("{label}: node {}", fault.node().map_or(9, |node| node.index())));
            }
            What::Operation { operation, label: Some("last") } => self.0.push(format!("last: {}", operation.op)),
            _ => {}
        }
    }

    fn moment(&mut self, number: usize, _: SimTime, _: EventId) {
        self.0.push(format!("question {number}"));
    }
}

#[test]
fn the_leader_falls_silent_in_a_world() {
    let mut scenario = Scenario::parse("leader-crash.ron", LEADER_CRASH, None).unwrap();
    scenario.set_seed(7);
    let config: raft::Config = scenario.protocol.config(&scenario).unwrap();
    assert_eq!(config.election, (LocalSpan::millis(150), LocalSpan::millis(300)));
    let mut world = World::<Raft>::new(scenario.plan, config);
    let mut story = Story::default();
    world.run(&mut story);
    let [asked, crash, question, .., restart] = story.0.as_slice() else { panic!("{:?}", story.0) };
    assert_eq!((asked.as_str(), question.as_str()), ("last: y=7", "question 0"));
    let (crashed, restarted) = (crash.strip_prefix("silence: "), restart.strip_prefix("return: "));
    assert!(crashed.is_some() && crashed == restarted, "{:?}", story.0);
}
