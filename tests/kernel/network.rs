//! What becomes of messages.

use crate::puppet::*;
use pessimist::kernel::{Action, Law, LinkAction, LinkSelector, OnCut, Order, Plan};
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
