//! What is exported can be read back, and pictures can be read.

use super::diagram::{Area, Diagram};
use super::*;
use crate::node::SimSpan;
use crate::scenario::{Opened, Registry, Scenario, library};
use crate::trace::{ForeignLog, Lines};

fn opened(name: &str, until: Option<SimSpan>) -> (Scenario, Opened) {
    let text = library::find(name).expect("it is built in");
    let mut scenario = Scenario::parse(name, text, None).expect("it is well-formed");
    scenario.plan.until = until.map_or(scenario.plan.until, |span| SimTime(span.0));
    let runner = Registry::standard().prepare(&scenario).expect("it can be run");
    let opened = runner.open(scenario.plan.seed, Lines::None, &mut |_, _| true);
    let Ok(opened) = opened else { panic!("{name} does not end") };
    (scenario, opened)
}

fn exported<'a>(scenario: &Scenario, opened: &'a Opened) -> Exported<'a> {
    Exported {
        trace: opened.session.trace(),
        name: scenario.name.clone(),
        title: scenario.title.clone(),
        caption: vec!["digest 0123456789abcdef".to_owned()],
        from: SimTime::ZERO,
        end: opened.session.end(),
    }
}

fn written(write: fn(&Exported<'_>, &mut dyn std::io::Write) -> std::io::Result<()>, run: &Exported<'_>) -> String {
    let mut out = Vec::new();
    write(run, &mut out).expect("memory can be written to");
    String::from_utf8(out).expect("it is UTF-8")
}

#[test]
fn what_shiviz_reads_we_read_back_with_the_same_order() {
    for name in ["start/silence-means-unknown", "raft/leader-crash"] {
        let (scenario, opened) = opened(name, Some(SimSpan::millis(1200)));
        let run = exported(&scenario, &opened);
        let log = ForeignLog::parse(&written(shiviz, &run), None).expect("it follows the rules");
        let events: Vec<EventId> = run.trace.ids().filter(|id| run.trace.node(*id).is_some()).collect();
        assert_eq!((log.events.len(), log.passed_over), (events.len(), 0));
        for (event, id) in log.events.iter().zip(&events) {
            let node = run.trace.node(*id).expect("those of the network were left out");
            assert_eq!(
                (log.hosts[event.host].as_str(), &event.text),
                (run.trace.cluster().name(node), &run.words(*id))
            );
        }
        for (first, a) in log.events.iter().zip(&events).step_by(7) {
            for (second, b) in log.events.iter().zip(&events).filter(|(_, b)| *b != a) {
                let before = first.clock[first.host] <= second.clock[first.host];
                assert_eq!(before, run.trace.before(*a, *b), "{a} {b}");
            }
        }
    }
}

/// Everything that must be read: labels, kinds of messages, and the axis.
fn areas(diagram: &Diagram) -> Vec<Area> {
    let axis = diagram.ticks.iter().map(|(y, _)| *y).chain(diagram.scale.breaks.iter().map(|(y, _)| *y));
    let axis = axis.map(|y| Area { left: 12.0, top: y - 6.0, right: 80.0, bottom: y + 6.0 });
    diagram.labels.iter().chain(&diagram.kinds).map(|label| label.area).chain(axis).collect()
}

#[test]
fn nothing_that_must_be_read_overlaps() {
    for (name, until) in [
        ("start/two-generals", None),
        ("start/silence-means-unknown", None),
        ("raft/leader-crash", Some(SimSpan::millis(250))),
        ("raft/leader-crash", Some(SimSpan::millis(1300))),
        ("raft/nemesis", Some(SimSpan::millis(500))),
        ("order/lamport", None),
        ("order/snapshot", None),
        ("broadcast/causal", None),
        ("time/redlock", None),
        ("raft/forgotten-vote", None),
    ] {
        let (scenario, opened) = opened(name, until);
        let diagram = Diagram::new(&exported(&scenario, &opened));
        let areas = areas(&diagram);
        for (place, area) in areas.iter().enumerate() {
            assert!(area.left >= 0.0 && area.right <= diagram.width, "{name}: {area:?} is off the page");
            let other = areas[place + 1..].iter().find(|other| other.overlaps(area));
            assert_eq!(other, None, "{name}: {area:?} is covered");
        }
        for label in &diagram.labels {
            assert!(label.area.top >= label.at.1 - 7.0, "{name}: no label stands above its dot");
        }
        let covered = diagram.dots.iter().find(|dot| {
            let spot = Area { left: dot.x - 4.0, top: dot.y - 4.0, right: dot.x + 4.0, bottom: dot.y + 4.0 };
            areas.iter().any(|area| area.overlaps(&spot))
        });
        assert!(covered.is_none(), "{name}: {covered:?}");
    }
}

#[test]
fn time_runs_downwards_and_messages_with_it() {
    let (scenario, opened) = opened("raft/leader-crash", Some(SimSpan::millis(1300)));
    let diagram = Diagram::new(&exported(&scenario, &opened));
    assert!(diagram.ways.iter().all(|way| way.to.1 >= way.from.1));
    assert!(diagram.dots.windows(2).all(|pair| pair[0].y <= pair[1].y));
    assert!(diagram.troubles.iter().any(|(trouble, _)| trouble.is_down));
    assert!(diagram.ways.iter().any(|way| way.end == super::diagram::End::Lost));
}

#[test]
fn perfetto_slices_never_cross() {
    let (scenario, opened) = opened("raft/leader-crash", None);
    let text = written(perfetto, &exported(&scenario, &opened));
    let json: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    let events = json["traceEvents"].as_array().expect("a list of events");
    let nanos = |value: &serde_json::Value| (value.as_f64().expect("a number") * 1000.0).round() as u64;
    let mut last = std::collections::BTreeMap::new();
    let (mut starts, mut ends) = (0, 0);
    for event in events {
        match event["ph"].as_str() {
            Some("X") if event["tid"].as_u64().is_some_and(|tid| tid % 2 == 0) => {
                let (from, length) = (nanos(&event["ts"]), nanos(&event["dur"]));
                let before = last.insert(event["tid"].as_u64(), (from, from + length));
                assert!(length > 0 && before.is_none_or(|(start, end)| start == from || end <= from), "{event}");
            }
            Some("s") => starts += 1,
            Some("f") => ends += 1,
            _ => {}
        }
    }
    assert!(starts > 100 && starts == ends);
}

#[test]
fn pictures_stand_alone() {
    let (scenario, opened) = opened("raft/leader-crash", Some(SimSpan::millis(250)));
    let run = exported(&scenario, &opened);
    for text in [written(svg, &run), written(html, &run)] {
        let text = text.replace("http://www.w3.org/2000/svg", "");
        assert!(!text.contains("http") && !text.contains("src=") && !text.contains("@import"));
        assert!(text.is_ascii());
    }
}

#[test]
fn the_shiviz_log_follows_the_rules_over_a_restart() {
    let (scenario, opened) = opened("raft/leader-crash", None);
    let run = exported(&scenario, &opened);
    assert!(run.trace.ids().any(|id| run.trace.incarnation(id).is_some_and(|times| times > 0)), "someone restarts");
    let text = written(shiviz, &run);
    let mut last: std::collections::BTreeMap<String, serde_json::Value> = Default::default();
    for line in text.lines().skip(2).skip(1).step_by(2) {
        let (host, clock) = line.split_once(' ').expect("a host and its clock");
        let clock: serde_json::Value = serde_json::from_str(clock).expect("a clock is JSON");
        let before = last.insert(host.to_owned(), clock.clone()).unwrap_or_default();
        let known = |clock: &serde_json::Value, of: &str| clock[of].as_u64().unwrap_or(0);
        assert_eq!(known(&clock, host), known(&before, host) + 1, "{line}");
        // A clock is complete: what was known once is known for ever.
        for (other, count) in before.as_object().into_iter().flatten() {
            assert!(known(&clock, other) >= count.as_u64().expect("a number"), "{line} forgot {other}");
        }
    }
    assert_eq!(last.len(), run.trace.cluster().len());
}

#[test]
fn stamps_stand_beside_their_events() {
    for (name, stamp) in [("order/lamport", "4"), ("broadcast/causal", "is asked")] {
        let (scenario, opened) = opened(name, None);
        let diagram = Diagram::new(&exported(&scenario, &opened));
        let lines: Vec<&String> = diagram.labels.iter().flat_map(|label| &label.lines).collect();
        assert!(lines.iter().any(|line| line.starts_with(stamp)), "{name}: {lines:?}");
        assert!(lines.iter().all(|line| !line.contains("logical clock")), "{name}: {lines:?}");
        let stamped = diagram.labels.iter().filter(|label| label.stamps > 0).count();
        assert_eq!(stamped > 0, name == "order/lamport");
    }
}
