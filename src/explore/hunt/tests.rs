use super::*;
use crate::scenario::library;
use std::collections::BTreeMap;

fn scenario() -> Scenario {
    Scenario::parse("raft/hunt", library::find("raft/hunt").unwrap(), None).unwrap()
}

/// Whatever is drawn is a fault that scenarios may hold, and it reads back as it was written, for people too.
#[test]
fn what_is_drawn_can_be_read() {
    let scenario = scenario();
    let registry = Registry::standard();
    let messages = registry.prepare(&scenario).unwrap().messages();
    let facts = [crate::node::FactKind::Voted, crate::node::FactKind::BecameLeader];
    let field = Field::new(&scenario, &messages, facts.into_iter());
    let mut kinds: BTreeMap<String, u32> = BTreeMap::new();
    let mut plan = field.afresh(&mut draws(0, 0, 0));
    for place in 1..60 {
        let mut draws = draws(7, 1, place);
        let mate = field.afresh(&mut draws);
        plan = field.changed(&plan, &mate, &mut draws);
        for plan in [&mate, &plan] {
            let read = plan.scenario(&scenario).unwrap_or_else(|mistake| panic!("{mistake}"));
            registry.prepare(&read).unwrap_or_else(|mistake| panic!("{mistake}"));
            let text = plan.text(&scenario, "Holds(RaftSafety)");
            let again = Scenario::parse("found.ron", &text, None).unwrap_or_else(|mistake| panic!("{mistake}"));
            assert_eq!(format!("{:?}", again.plan), format!("{:?}", read.plan));
            for fault in &plan.faults {
                let text = fault.written();
                let word = text.rsplit("do: ").next().unwrap().split('(').next().unwrap().trim_end_matches(')');
                *kinds.entry(word.to_owned()).or_default() += 1;
            }
        }
    }
    let words: Vec<&str> = kinds.keys().map(String::as_str).collect();
    assert_eq!(words, ["Clock", "Crash", "Drop", "Partition", "Pause"]);
}

/// Streams of draws do not repeat each other.
#[test]
fn every_plan_has_draws_of_its_own() {
    let mut seen = BTreeSet::new();
    for (seed, generation, place) in [(0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0)] {
        assert!(seen.insert(draws(seed, generation, place).random_range(0..u64::MAX)));
    }
}
