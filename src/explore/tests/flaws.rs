//! What makes a search worthless is noticed, and its node is named.

use super::super::{Manner, Marks};
use super::{ALL, looked, two};
use crate::kernel::search::{Bounds, Flaw};
use crate::node::{Cluster, Ctx, Kinds, Node, NodeId, digest, node_value};
use serde::{Deserialize, Serialize};
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
enum Fault {
    Nothing,
    HashMap,
    Static,
    Start,
    StateHash,
    StateEq,
    MessageHash,
    Panic,
    StartPanic,
}

node_value! {
    /// Nothing.
    #[derive(Copy)]
    pub struct Never;
}

/// A message whose `Hash` may forget what it says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Word {
    said: u64,
    is_forgotten: bool,
}

impl Hash for Word {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if !self.is_forgotten {
            self.said.hash(state);
        }
    }
}

impl Kinds for Word {
    const NAME: &'static str = "Word";
    fn variants() -> Vec<&'static str> {
        Vec::new()
    }
}

/// A node that makes one of them.
#[derive(Clone, Debug, Eq, PartialOrd, Ord, Serialize)]
struct Faulty {
    fault: Fault,
    heard: u64,
}

impl PartialEq for Faulty {
    fn eq(&self, other: &Self) -> bool {
        self.fault == other.fault && (self.heard == other.heard || self.fault == Fault::StateEq)
    }
}

impl Hash for Faulty {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.fault.hash(state);
        if !matches!(self.fault, Fault::StateHash | Fault::StateEq) {
            self.heard.hash(state);
        }
    }
}

static COUNTED: AtomicU64 = AtomicU64::new(0);

impl Node for Faulty {
    type Config = Fault;
    type Msg = Word;
    type Timer = Never;
    type Disk = ();

    fn boot(ctx: &mut Ctx<Self>, fault: &Fault, (): &()) -> Self {
        let is_forgotten = *fault == Fault::MessageHash;
        if ctx.cluster().name(ctx.me()) == "n1" {
            for said in [1, 2] {
                ctx.others().for_each(|other| ctx.send(other, Word { said, is_forgotten }));
            }
        }
        assert!(*fault != Fault::StartPanic || ctx.cluster().name(ctx.me()) != "n2", "out of ink");
        let heard = if *fault == Fault::Start { COUNTED.fetch_add(1, Ordering::Relaxed) } else { 0 };
        Faulty { fault: *fault, heard }
    }

    fn on_message(&mut self, _: &mut Ctx<Self>, _: NodeId, word: Word) {
        self.heard = match self.fault {
            Fault::HashMap => any_order(),
            Fault::Static => COUNTED.fetch_add(1, Ordering::Relaxed),
            Fault::Panic => panic!("out of paper"),
            _ => word.said,
        };
    }
}

/// Says in which order a hash map of the standard library gives what is in it.
#[expect(clippy::disallowed_types, reason = "the mistake that is to be noticed")]
fn any_order() -> u64 {
    let map: std::collections::HashMap<u64, ()> = (0..32).map(|number| (number, ())).collect();
    digest(&map.into_keys().collect::<Vec<_>>())
}

fn flaw(fault: Fault) -> Option<Flaw> {
    let of = |manner, jobs| {
        let mut space = two::<Faulty, ()>(fault, Bounds::default(), ());
        looked(&mut space, Marks::default(), manner, ALL, jobs).err()
    };
    let manners = [Manner::Breadth, Manner::Depth, Manner::Walk { walks: 10, seed: 0 }];
    let found = manners.map(|manner| of(manner, 2));
    let kind = |flaw: &Option<Flaw>| flaw.as_ref().map(std::mem::discriminant);
    assert!(found.iter().all(|flaw| kind(flaw) == kind(&found[0])), "{found:?}");
    let [breadth, ..] = found;
    breadth
}

/// The name of the node that is told of.
fn name(node: NodeId) -> String {
    Cluster::new([("node", vec!["n1", "n2"])]).expect("two names").name(node).to_owned()
}

#[test]
fn no_flaw() {
    assert_eq!(flaw(Fault::Nothing), None);
}

#[test]
fn a_node_that_does_not_do_the_same_each_time() {
    for fault in [Fault::HashMap, Fault::Static] {
        let Some(Flaw::NotDeterministic { node, what, difference }) = flaw(fault) else { panic!("{fault:?}") };
        assert_eq!((name(node).as_str(), what.as_str()), ("n2", "the message Word"));
        assert!(difference.starts_with("heard: ") && difference.contains(" and heard: "), "{difference}");
    }
    let Some(Flaw::NotDeterministic { node, what, .. }) = flaw(Fault::Start) else { panic!("not noticed") };
    assert_eq!((name(node).as_str(), what.as_str()), ("n1", "its start"));
}

#[test]
fn an_identity_that_forgets_a_field() {
    let told = |node: NodeId, difference: &str| (name(node), difference.to_owned());
    let Some(Flaw::HashForgets { node, difference }) = flaw(Fault::StateHash) else { panic!("not noticed") };
    assert_eq!(told(node, &difference), ("n2".to_owned(), "heard: 0 and heard: 1".to_owned()));
    let Some(Flaw::EqForgets { node, difference }) = flaw(Fault::StateEq) else { panic!("not noticed") };
    assert_eq!(told(node, &difference), ("n2".to_owned(), "heard: 0 and heard: 1".to_owned()));
    let Some(Flaw::HashForgets { node, difference }) = flaw(Fault::MessageHash) else { panic!("not noticed") };
    assert_eq!(told(node, &difference), ("n1".to_owned(), "said: 1 and said: 2".to_owned()));
}

#[test]
fn a_handler_that_panics() {
    let Some(Flaw::Panicked { node, what, text }) = flaw(Fault::Panic) else { panic!("not noticed") };
    assert_eq!((name(node).as_str(), what.as_str(), text.as_str()), ("n2", "the message Word", "out of paper"));
    let Some(Flaw::Panicked { node, what, text }) = flaw(Fault::StartPanic) else { panic!("not noticed") };
    assert_eq!((name(node).as_str(), what.as_str(), text.as_str()), ("n2", "its start", "out of ink"));
}
