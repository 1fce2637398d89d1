//! Mistakes that people make in such a store, made on purpose: see [`Bug`].
//!
//! A [`Mutant`] wraps a correct node and spoils it from outside, so that its code stays clean.

use super::{Config, Held, Kept, Leaderless, Msg, Timer};
use crate::node::{Badge, Ctx, Datum, Effect, Node, NodeId, Operation, node_value};
use crate::protocols::versions::Siblings;
use serde::{Deserialize, Serialize};

/// Which bug, and the settings of the store that has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MutantConfig {
    /// The bug.
    pub bug: Bug,
    /// All else, as for the correct store.
    #[serde(default)]
    pub store: Config,
}

/// A known bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Bug {
    /// A client counts one answer too few: a write is called done when `w - 1` replicas have it.
    AcknowledgesEarly,
    /// A replica takes whatever arrives last for the newest, without comparing versions: a late or repeated message, or a
    /// repair, puts an old value over a new one.
    StoresBlindly,
    /// A replica keeps only one of two values that stand side by side.
    DropsSiblings,
    /// What is kept for others is kept in memory alone: a crash of the substitute forgets it.
    ForgetsHints,
}

node_value! {
    /// A node with a bug. It looks like the node that it wraps.
    #[serde(transparent)]
    pub struct Mutant {
        node: Leaderless,
        #[serde(skip)]
        bug: Bug,
    }
}

impl Node for Mutant {
    type Config = MutantConfig;
    type Msg = Msg;
    type Timer = Timer;
    type Disk = Kept;

    fn boot(ctx: &mut Ctx<Self>, config: &MutantConfig, disk: &Kept) -> Self {
        let MutantConfig { bug, mut store } = config.clone();
        if bug == Bug::AcknowledgesEarly {
            store.w = store.w.saturating_sub(1);
        }
        let mut effects = Vec::new();
        let node = ctx.with(|ctx| Leaderless::boot(ctx, &store, disk), |_, effect| effects.push(effect));
        let mutant = Mutant { node, bug };
        mutant.let_out(ctx, effects);
        mutant
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, mut msg: Msg) {
        self.spoil_message(&mut msg);
        self.handle(ctx, |node, ctx| node.on_message(ctx, from, msg));
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, timer: Timer) {
        self.handle(ctx, |node, ctx| node.on_timer(ctx, timer));
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        self.handle(ctx, |node, ctx| node.on_operation(ctx, operation));
    }

    fn badge(&self) -> Badge {
        self.node.badge()
    }
}

impl Mutant {
    /// Runs a handler of the correct node, then spoils what it does.
    fn handle(&mut self, ctx: &mut Ctx<Self>, handler: impl FnOnce(&mut Leaderless, &mut Ctx<Leaderless>)) {
        let mut effects = Vec::new();
        ctx.with(|ctx| handler(&mut self.node, ctx), |_, effect| effects.push(effect));
        self.let_out(ctx, effects);
    }

    /// Spoils effects, and lets them take place.
    fn let_out(&self, ctx: &mut Ctx<Self>, effects: Vec<Effect<Leaderless>>) {
        let forgets = |effect: &Effect<Leaderless>| self.bug == Bug::ForgetsHints && is_hint(effect);
        let effects = effects.into_iter().filter(|effect| !forgets(effect));
        effects.for_each(|effect| ctx.effect(effect.retyped()));
    }

    /// Changes what a replica holds, or what it hears, before it compares the two.
    fn spoil_message(&mut self, msg: &mut Msg) {
        let (Leaderless::Replica(replica), Msg::Store { key, held, .. } | Msg::Repair { key, held }) =
            (&mut self.node, msg)
        else {
            return;
        };
        match self.bug {
            Bug::StoresBlindly => drop(replica.kept.held.remove(key)),
            Bug::DropsSiblings => {
                let slot = replica.kept.held.entry(key.clone()).or_insert(Held::Siblings(Siblings::default()));
                if let (Held::Siblings(mine), Held::Siblings(theirs)) = (slot, held) {
                    let mut both = mine.clone();
                    both.sync(theirs);
                    let last = |siblings: &Siblings<Datum>| siblings.clocks().last().map(|clock| clock.dot);
                    // What comes first by its dot is forgotten, as if it had never been.
                    match both.values().len() > 1 {
                        true if last(&both) == last(theirs) => *mine = Siblings::default(),
                        true => *theirs = Siblings::default(),
                        false => {}
                    }
                }
            }
            _ => {}
        }
    }
}

fn is_hint(effect: &Effect<Leaderless>) -> bool {
    matches!(effect, Effect::Write(write) if write.hint.is_some())
}
