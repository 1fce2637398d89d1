//! Broadcasts on a bench: messages arrive in any order that the links allow, one node may crash; and what was promised
//! is compared with what was delivered. A protocol that promises less is shown to fail each check.

use super::member::{Broadcast, Config};
use super::{BestEffort, Causal, Fifo, Member, Reliable, Total, Uniform};
use crate::node::{ClockReading, Cluster, Ctx, Datum, Effect, Fact, Node, NodeId, Op, Operation, OperationId, Retry};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A step of a schedule. Numbers are taken modulo what there is.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A node broadcasts the next number.
    Broadcast(usize),
    /// A message that is on its way arrives.
    Arrive(usize),
}

/// Four nodes and what is between them.
struct Lab<B: Broadcast> {
    cluster: Cluster,
    nodes: Vec<Member<B>>,
    wire: Vec<(NodeId, NodeId, B::Msg)>,
    /// Whether messages of one link stay in their order.
    is_ordered: bool,
    crashed: Option<NodeId>,
    /// What each node delivered, in order.
    delivered: Vec<Vec<i64>>,
    /// Of each broadcast: its sender, and what that had broadcast and delivered before.
    before: Vec<(NodeId, BTreeSet<i64>)>,
}

impl<B: Broadcast> Lab<B> {
    fn new(is_ordered: bool) -> Self {
        let cluster = Cluster::new([("member", vec!["a", "b", "c", "d"])]).unwrap();
        let (nodes, delivered) = (Vec::new(), vec![Vec::new(); cluster.len()]);
        let mut lab = Lab { cluster, nodes, wire: vec![], is_ordered, crashed: None, delivered, before: vec![] };
        for id in lab.cluster.ids().collect::<Vec<_>>() {
            let mut booted = None;
            lab.run(id, |_, ctx| booted = Some(Member::boot(ctx, &Config::default(), &())));
            lab.nodes.extend(booted);
        }
        lab
    }

    /// Runs a handler of a node; its messages are on their way then.
    fn run(&mut self, id: NodeId, handler: impl FnOnce(Option<&mut Member<B>>, &mut Ctx<Member<B>>)) {
        let (mut effects, mut choose) = (Vec::new(), |_: u32| 0);
        let mut ctx = Ctx::new(id, &self.cluster, ClockReading::default(), &mut effects, &mut choose);
        handler(self.nodes.get_mut(id.index()), &mut ctx);
        for effect in effects {
            match effect {
                Effect::Send { to, msg } => self.wire.push((id, to, msg)),
                Effect::Observe(Fact::Delivered { value: Datum::Int(number), .. }) => {
                    self.delivered[id.index()].push(number);
                }
                _ => {}
            }
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Broadcast(place) => {
                let (id, number) = (self.cluster.id(place % self.cluster.len()), self.before.len() as i64);
                if self.crashed == Some(id) {
                    return;
                }
                let own = self.before.iter().zip(0..).filter(|((from, _), _)| *from == id).map(|(_, number)| number);
                self.before.push((id, own.chain(self.delivered[id.index()].iter().copied()).collect()));
                let op = Op::Broadcast(Datum::Int(number));
                let operation = Operation { id: OperationId(number as u32), op, timeout: None, retry: Retry::Never };
                self.run(id, |node, ctx| node.unwrap().on_operation(ctx, operation));
            }
            Step::Arrive(chosen) if !self.wire.is_empty() => {
                let chosen = chosen % self.wire.len();
                let (from, to, _) = self.wire[chosen];
                let first = self.wire.iter().position(|link| (link.0, link.1) == (from, to)).unwrap();
                let (from, to, msg) = self.wire.remove(if self.is_ordered { first } else { chosen });
                if self.crashed != Some(to) {
                    self.run(to, |node, ctx| node.unwrap().on_message(ctx, from, msg));
                }
            }
            Step::Arrive(_) => {}
        }
    }

    /// A node crashes, and of what it has on its way each message is lost whose turn says so.
    fn crash(&mut self, place: usize, lost: &[bool]) {
        let id = self.cluster.id(place % self.cluster.len());
        let mut turns = lost.iter().copied().chain(std::iter::repeat(true));
        self.wire.retain(|(from, ..)| *from != id || !turns.next().unwrap_or_default());
        self.crashed = Some(id);
    }

    /// All that is on its way arrives.
    fn settle(&mut self) {
        while !self.wire.is_empty() {
            self.take(Step::Arrive(0));
        }
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        1 => any::<usize>().prop_map(Step::Broadcast),
        3 => any::<usize>().prop_map(Step::Arrive),
    ];
    proptest::collection::vec(step, 0..60)
}

/// What was delivered in the end, and what each message follows.
fn ran<B: Broadcast>(is_ordered: bool, steps: &[Step]) -> Lab<B> {
    let mut lab = Lab::new(is_ordered);
    steps.iter().for_each(|step| lab.take(*step));
    lab.settle();
    lab
}

/// Everyone has delivered everything, once.
fn is_complete<B: Broadcast>(lab: &Lab<B>) -> bool {
    let all: Vec<i64> = (0..lab.before.len() as i64).collect();
    lab.delivered.iter().all(|delivered| {
        let mut sorted = delivered.clone();
        sorted.sort_unstable();
        sorted == all
    })
}

/// No node delivers a message before one that it follows; where `of_sender` is set, only its own sender's count.
fn is_in_order<B: Broadcast>(lab: &Lab<B>, of_sender: bool) -> bool {
    lab.delivered.iter().all(|delivered| {
        delivered.iter().enumerate().all(|(place, number)| {
            let (sender, before) = &lab.before[*number as usize];
            let counts = |other: &&i64| !of_sender || lab.before[**other as usize].0 == *sender;
            before.iter().filter(counts).all(|other| delivered[..place].contains(other))
        })
    })
}

/// What one node that counts has delivered, every correct node has.
fn agree<B: Broadcast>(lab: &Lab<B>, counts: impl Fn(NodeId) -> bool) -> bool {
    let correct = || lab.cluster.ids().filter(|id| lab.crashed != Some(*id));
    let bound = lab.cluster.ids().filter(|id| counts(*id)).flat_map(|id| &lab.delivered[id.index()]);
    bound.into_iter().all(|number| correct().all(|id| lab.delivered[id.index()].contains(number)))
}

/// Some steps, a crash, some more.
fn ran_with_crash<B: Broadcast>(steps: &[Step], at: usize, who: usize, lost: &[bool]) -> Lab<B> {
    let mut lab = Lab::new(false);
    let (first, second) = steps.split_at(at.min(steps.len()));
    first.iter().for_each(|step| lab.take(*step));
    lab.crash(who, lost);
    second.iter().for_each(|step| lab.take(*step));
    lab.settle();
    lab
}

proptest! {
    #[test]
    fn fifo_keeps_each_senders_order(steps in steps()) {
        let lab = ran::<Fifo>(false, &steps);
        prop_assert!(is_in_order(&lab, true) && is_complete(&lab), "{:?}", lab.delivered);
    }

    #[test]
    fn causal_delivers_nothing_before_its_causes(steps in steps()) {
        let lab = ran::<Causal>(false, &steps);
        prop_assert!(is_in_order(&lab, false) && is_complete(&lab), "{:?}", lab.delivered);
    }

    #[test]
    fn total_order_is_the_same_everywhere(steps in steps()) {
        let lab = ran::<Total>(true, &steps);
        prop_assert!(lab.delivered.iter().all(|delivered| *delivered == lab.delivered[0]), "{:?}", lab.delivered);
        prop_assert!(is_complete(&lab) && is_in_order(&lab, false), "{:?}", lab.delivered);
    }

    #[test]
    fn reliable_binds_those_that_do_not_crash(
        steps in steps(), at in 0..60usize, who in 0..4usize, lost in proptest::collection::vec(any::<bool>(), 0..12),
    ) {
        let lab = ran_with_crash::<Reliable>(&steps, at, who, &lost);
        prop_assert!(agree(&lab, |id| lab.crashed != Some(id)), "{:?}", lab.delivered);
    }

    #[test]
    fn uniform_binds_those_that_crash_too(
        steps in steps(), at in 0..60usize, who in 0..4usize, lost in proptest::collection::vec(any::<bool>(), 0..12),
    ) {
        let lab = ran_with_crash::<Uniform>(&steps, at, who, &lost);
        prop_assert!(agree(&lab, |_| true), "{:?}", lab.delivered);
        let own = |id: NodeId| lab.before.iter().zip(0..).filter(move |((from, _), _)| *from == id).map(|(_, n)| n);
        let correct = || lab.cluster.ids().filter(|id| lab.crashed != Some(*id));
        let is_valid = correct().flat_map(own).all(|number| correct().all(|id| lab.delivered[id.index()].contains(&number)));
        prop_assert!(is_valid, "{:?}", lab.delivered);
    }
}

/// Two messages of one sender, and the second arrives first.
const OVERTAKEN: [Step; 3] = [Step::Broadcast(0), Step::Broadcast(0), Step::Arrive(3)];

/// a asks; b hears it, and answers; the answer reaches c before the question.
const ANSWERED: [Step; 4] = [Step::Broadcast(0), Step::Arrive(0), Step::Broadcast(1), Step::Arrive(3)];

#[test]
fn each_check_fails_for_a_protocol_that_promises_less() {
    assert!(!is_in_order(&ran::<BestEffort>(false, &OVERTAKEN), true));
    assert!(!is_in_order(&ran::<Fifo>(false, &ANSWERED), false));
    let two = ran::<Causal>(true, &[Step::Broadcast(0), Step::Broadcast(1)]);
    assert_ne!(two.delivered[0], two.delivered[1]);
    // One message gets through, or none.
    let half = ran_with_crash::<BestEffort>(&[Step::Broadcast(0)], 1, 0, &[false]);
    assert!(!agree(&half, |id| half.crashed != Some(id)));
    let alone = ran_with_crash::<Reliable>(&[Step::Broadcast(0)], 1, 0, &[]);
    assert!(!agree(&alone, |_| true), "a delivered, and nobody else ever will");
}
