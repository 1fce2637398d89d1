//! Assignment 5, solved: each member tells each other what it has not acknowledged, until it has.

use pessimist::node::{Ctx, Datum, Fact, LocalSpan, Node, NodeId, Op, Operation, Outcome, node_value};
use pessimist::scenario::Registry;
use std::collections::{BTreeMap, BTreeSet};

/// How long a member waits from round to round.
const EVERY: LocalSpan = LocalSpan::millis(20);

node_value! {
    /// One of the group.
    pub struct Member {
        /// How many messages it has broadcast itself.
        sent: u64,
        /// What it has delivered.
        known: BTreeSet<Rumour>,
        /// For each other member what it has not acknowledged.
        owed: BTreeMap<NodeId, BTreeSet<Rumour>>,
        /// Whether the timer is set.
        waits: bool,
    }

    /// A message that is broadcast, with what makes it different from all others.
    pub struct Rumour {
        pub from: NodeId,
        pub number: u64,
        pub value: Datum,
    }

    /// What members say to each other.
    pub enum Msg {
        Tell { rumours: Vec<Rumour> },
        /// All of these are known here.
        Heard { rumours: Vec<Rumour> },
    }

    /// Time for the next round.
    #[derive(Copy)]
    pub struct Round;
}

impl Node for Member {
    type Config = ();
    type Msg = Msg;
    type Timer = Round;
    type Disk = ();

    fn boot(_: &mut Ctx<Self>, (): &(), (): &()) -> Self {
        Member { sent: 0, known: BTreeSet::new(), owed: BTreeMap::new(), waits: false }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        let Op::Broadcast(value) = operation.op else { return };
        ctx.observe(Fact::Broadcast { value: value.clone() });
        ctx.observe(Fact::Returned { operation: operation.id, outcome: Outcome::Ok(Datum::Absent) });
        let rumour = Rumour { from: ctx.me(), number: self.sent, value };
        self.sent += 1;
        self.hear(ctx, rumour, ctx.me());
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, msg: Msg) {
        match msg {
            Msg::Tell { rumours } => {
                ctx.send(from, Msg::Heard { rumours: rumours.clone() });
                for rumour in rumours {
                    self.hear(ctx, rumour, from);
                }
            }
            Msg::Heard { rumours } => {
                let owed = self.owed.entry(from).or_default();
                owed.retain(|rumour| !rumours.contains(rumour));
            }
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, Round: Round) {
        self.waits = false;
        for (&other, owed) in self.owed.iter().filter(|(_, owed)| !owed.is_empty()) {
            ctx.send(other, Msg::Tell { rumours: owed.iter().cloned().collect() });
        }
        self.wait(ctx);
    }
}

impl Member {
    /// What another member has not acknowledged.
    pub fn owed_to(&self, other: NodeId) -> Vec<Rumour> {
        self.owed.get(&other).into_iter().flatten().cloned().collect()
    }

    /// Delivers what is new, and owes it to all who are not known to have it. Whoever told it has it.
    fn hear(&mut self, ctx: &mut Ctx<Self>, rumour: Rumour, teller: NodeId) {
        if let Some(owed) = self.owed.get_mut(&teller) {
            owed.remove(&rumour);
        }
        if !self.known.insert(rumour.clone()) {
            return;
        }
        ctx.observe(Fact::Delivered { from: rumour.from, value: rumour.value.clone() });
        for other in ctx.others().filter(|&other| other != teller && other != rumour.from) {
            self.owed.entry(other).or_default().insert(rumour.clone());
            ctx.send(other, Msg::Tell { rumours: vec![rumour.clone()] });
        }
        self.wait(ctx);
    }

    /// The timer runs while somebody is owed something.
    fn wait(&mut self, ctx: &mut Ctx<Self>) {
        if !self.waits && self.owed.values().any(|owed| !owed.is_empty()) {
            self.waits = true;
            ctx.set_timer(Round, EVERY);
        }
    }
}

/// The protocols that scenarios may name.
pub fn registry() -> Registry {
    Registry::standard().with::<Member>("Gossip")
}
