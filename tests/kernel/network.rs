//! What becomes of messages.

use crate::puppet::*;
use pessimist::kernel::{Action, Cable, Law, LinkAction, LinkSelector, OnCut, Order, Plan, Site, Topology};
use pessimist::node::{NodeId, SimSpan};
use proptest::prelude::*;

fn link(plan: &mut Plan, millis: u64, action: LinkAction, links: LinkSelector) -> usize {
    at(plan, millis, Action::Link(action, links))
}

#[test]
fn a_cut_loses_what_is_sent_and_what_would_arrive() {
    let mut plan = plan(&["a", "b"]);
    plan.link.delay = Law::Constant(SimSpan::millis(10));
    let one_way = LinkSelector::OneWay(node(&plan, "a"), node(&plan, "b"));
    tell(&mut plan, 0, "a", "send", 1);
    link(&mut plan, 5, LinkAction::Cut, one_way.clone());
    tell(&mut plan, 6, "a", "send", 2);
    tell(&mut plan, 6, "b", "send", 3);
    link(&mut plan, 20, LinkAction::Heal, one_way);
    tell(&mut plan, 21, "a", "send", 4);
    let cut = "network lost Word a>b: the link is cut";
    let expected =
        [format!("6 {cut}"), format!("10 {cut}"), "16 a heard 3 from b".into(), "31 b heard 4 from a".into()];
    assert_eq!(said(&run(plan).1), expected);
}

#[test]
fn a_cut_that_holds_delivers_after_the_heal_in_order() {
    let mut plan = plan(&["a", "b"]);
    plan.link.on_cut = OnCut::Hold;
    plan.link.delay = Law::Constant(SimSpan::millis(10));
    let both = LinkSelector::Between(node(&plan, "a"), node(&plan, "b"));
    tell(&mut plan, 0, "a", "send", 1);
    link(&mut plan, 5, LinkAction::Cut, both.clone());
    tell(&mut plan, 20, "a", "send", 2);
    link(&mut plan, 50, LinkAction::Heal, both);
    // The first came to wait at its arrival, at 10 ms; the second when it was sent, at 20.
    assert_eq!(said(&run(plan).1), ["50 b heard 1 from a", "50 b heard 2 from a"]);
}

#[test]
fn held_messages_wait_for_their_release() {
    let mut plan = plan(&["a", "b"]);
    link(&mut plan, 0, LinkAction::Hold, LinkSelector::All);
    tell(&mut plan, 1, "a", "send", 1);
    link(&mut plan, 9, LinkAction::Release, LinkSelector::All);
    assert_eq!(said(&run(plan).1), ["9 b heard 1 from a"]);
}

#[test]
fn two_cuts_of_one_link_end_when_both_have_ended() {
    let mut plan = plan(&["a", "b"]);
    let around = LinkSelector::Around(node(&plan, "a"));
    for (millis, lasting) in [(10, 40), (20, 10)] {
        let rule = link(&mut plan, millis, LinkAction::Cut, around.clone());
        plan.rules[rule].lasting = Some(Law::Constant(SimSpan::millis(lasting)));
    }
    tell(&mut plan, 35, "a", "send", 1);
    tell(&mut plan, 55, "a", "send", 2);
    assert_eq!(said(&run(plan).1), ["35 network lost Word a>b: the link is cut", "56 b heard 2 from a"]);
}

#[test]
fn a_lossy_link_loses_about_as_many_as_it_should_and_doubles_others() {
    let mut plan = plan(&["a", "b"]);
    (plan.link.loss_ppm, plan.link.duplicate_ppm) = (200_000, 100_000);
    for word in 0..1000 {
        tell(&mut plan, word, "a", "send", word as i64);
    }
    let said = said(&run(plan).1);
    let lost = said.iter().filter(|line| line.contains("lost by chance")).count();
    let heard = said.iter().filter(|line| line.contains("heard")).count();
    assert!((150..250).contains(&lost), "{lost} of 1000 lost");
    assert!((60..140).contains(&(heard + lost - 1000)), "{} of 1000 doubled", heard + lost - 1000);
}

#[test]
fn a_fifo_link_keeps_order_and_another_does_not() {
    let heard = |order| {
        let mut plan = plan(&["a", "b"]);
        plan.link.order = order;
        plan.link.delay = Law::Uniform(SimSpan::millis(1), SimSpan::millis(50));
        (0..100).for_each(|word| _ = tell(&mut plan, word, "a", "send", word as i64));
        let words =
            said(&run(plan).1).into_iter().map(|line| line.split(' ').nth(3).unwrap().parse::<u64>().unwrap());
        words.collect::<Vec<_>>()
    };
    assert!(heard(Order::Fifo).is_sorted());
    assert!(!heard(Order::Any).is_sorted());
}

/// The pairs that a fault on links has cut, as seen by who still hears a word from whom.
fn reached(names: &[&str], links: LinkSelector) -> Vec<(String, String)> {
    let mut plan = plan(names);
    link(&mut plan, 0, LinkAction::Cut, links);
    names.iter().for_each(|name| _ = tell(&mut plan, 1, name, "send", 1));
    let heard = said(&run(plan).1).into_iter().filter(|line| line.contains("heard"));
    let pair = |line: String| {
        let words: Vec<&str> = line.split(' ').collect();
        (words[5].to_owned(), words[1].to_owned())
    };
    heard.map(pair).collect()
}

#[test]
fn a_bridge_reaches_both_sides_and_nobody_else_does() {
    let names = ["a", "b", "c", "d", "e"];
    let middle = pessimist::kernel::NodeSelector::Node(plan(&names).cluster.find("c").unwrap());
    let reached = reached(&names, LinkSelector::Bridge(middle));
    let with_bridge = reached.iter().filter(|(from, to)| from == "c" || to == "c").count();
    assert_eq!((with_bridge, reached.len() - with_bridge), (8, 4), "two sides of two, and one between: {reached:?}");
}

#[test]
fn a_minority_is_smaller_than_the_rest() {
    let names = ["a", "b", "c", "d", "e"];
    let a = pessimist::kernel::NodeSelector::Node(plan(&names).cluster.find("a").unwrap());
    let by_a = |links| reached(&names, links).iter().filter(|(from, _)| from == "a").count() + 1;
    assert_eq!(by_a(LinkSelector::MinorityWith(a.clone())), 2);
    assert_eq!(by_a(LinkSelector::MajorityWith(a)), 3);
}

/// Puppets at sites of their own in a row, a cable between each and the next: `ab`, `bc` and so on.
fn row(names: &[&str]) -> Plan {
    let mut plan = plan(names);
    let site = |name: &&str| Site { name: name.to_string(), nodes: vec![plan.cluster.find(name).unwrap()] };
    let cable = |place: usize| Cable {
        name: format!("{}{}", names[place], names[place + 1]),
        ends: (place, place + 1),
        delay: Law::Constant(SimSpan::millis(10)),
    };
    plan.topology =
        Topology::new(names.iter().map(site).collect(), (1..names.len()).map(|place| cable(place - 1)).collect());
    for (from, to) in
        plan.cluster.ids().flat_map(|from| plan.cluster.ids().map(move |to| (from, to))).collect::<Vec<_>>()
    {
        if let Some(delay) = plan.topology.delay(from, to) {
            plan.links.insert((from, to), pessimist::kernel::Link { delay, ..plan.link.clone() });
        }
    }
    plan
}

#[test]
fn a_cut_cable_loses_what_goes_through_it_and_nothing_else() {
    let mut plan = row(&["a", "b", "c"]);
    link(&mut plan, 0, LinkAction::Cut, LinkSelector::Cable(0));
    tell(&mut plan, 1, "c", "send", 1);
    link(&mut plan, 5, LinkAction::Heal, LinkSelector::Cable(0));
    tell(&mut plan, 6, "c", "send", 2);
    let trace = run(plan).1;
    let expected = [
        "1 network lost Word c>a: the link is cut",
        "11 b heard 1 from c",
        "16 b heard 2 from c",
        "26 a heard 2 from c",
    ];
    assert_eq!(said(&trace), expected);
    let told: Vec<String> = trace.faults().iter().map(|record| record.fault.describe(trace.cluster())).collect();
    assert_eq!(told, ["CUT cable ab (a - b)", "healed cable ab (a - b)"]);
}

#[test]
fn a_healed_cable_does_not_heal_another_on_the_way() {
    let mut plan = row(&["a", "b", "c"]);
    for cable in [0, 1] {
        link(&mut plan, 0, LinkAction::Cut, LinkSelector::Cable(cable));
    }
    link(&mut plan, 5, LinkAction::Heal, LinkSelector::Cable(0));
    link(&mut plan, 5, LinkAction::Heal, LinkSelector::Cable(0));
    tell(&mut plan, 6, "a", "send", 1);
    let cut = "6 network lost Word a>c: the link is cut".to_owned();
    assert_eq!(said(&run(plan.clone()).1), [cut, "16 b heard 1 from a".to_owned()]);
    // What heals everything heals cables too: the end of a cut that was healed already takes nothing from another.
    plan.rules.truncate(1);
    plan.rules[0].lasting = Some(Law::Constant(SimSpan::millis(20)));
    link(&mut plan, 5, LinkAction::Heal, LinkSelector::All);
    let around = LinkSelector::Around(node(&plan, "a"));
    link(&mut plan, 6, LinkAction::Cut, around);
    tell(&mut plan, 25, "a", "send", 1);
    assert!(said(&run(plan).1).iter().all(|line| line.contains("the link is cut")));
}

#[test]
fn a_site_that_fails_takes_every_way_through_it_along() {
    let mut plan = row(&["a", "b", "c"]);
    link(&mut plan, 0, LinkAction::Cut, LinkSelector::Site(1));
    tell(&mut plan, 1, "a", "send", 1);
    let trace = run(plan).1;
    assert_eq!(said(&trace).len(), 2, "nobody hears it");
    assert_eq!(trace.faults()[0].fault.describe(trace.cluster()), "CUT site b");
}

#[test]
fn a_site_that_joins_shifts_no_draw() {
    let random = |names: &[&str]| {
        let mut plan = row(names);
        let (a, b) = (plan.cluster.find("a").unwrap(), plan.cluster.find("b").unwrap());
        plan.links.get_mut(&(a, b)).unwrap().delay = Law::Pareto { scale: SimSpan::millis(1), shape: 1.2 };
        (0..50).for_each(|word| _ = tell(&mut plan, word, "a", "send", word as i64));
        said(&run(plan).1).into_iter().filter(|line| line.contains("b heard")).collect::<Vec<_>>()
    };
    assert_eq!(random(&["a", "b"]), random(&["a", "b", "c", "d"]));
}

proptest! {
    /// A partition cuts exactly the pairs on different sides.
    #[test]
    fn sides_cut_just_what_crosses(sides in proptest::collection::vec(0usize..3, 2..7)) {
        let names: Vec<String> = (0..sides.len()).map(|place| format!("n{place}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let cluster = plan(&names).cluster;
        let side = |number| -> Vec<NodeId> { cluster.ids().filter(|id| sides[id.index()] == number).collect() };
        let mut reached = reached(&names, LinkSelector::Sides((0..3).map(side).collect()));
        reached.sort();
        let mut expected = Vec::new();
        for (i, from) in names.iter().enumerate() {
            for (j, to) in names.iter().enumerate() {
                if i != j && sides[i] == sides[j] {
                    expected.push((from.to_string(), to.to_string()));
                }
            }
        }
        prop_assert_eq!(reached, expected);
    }
}
