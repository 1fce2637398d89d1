//! Mistakes that students make, made on purpose around the solution.

use super::solution::{Member, Msg, Round};
use pessimist::node::{Ctx, Effect, Fact, NodeId, node_value};
use pessimist::protocols::mutant::{Mutant, Mutation};
use pessimist::scenario::Registry;

node_value! {
    /// Which mistake.
    pub struct SendsOnce;
    pub struct NeverRests;
    pub struct DeliversAgain { told: Vec<Fact> }
    pub struct TellsTheFirstOnly;
    pub struct BelievesItself;
}

impl Mutation for SendsOnce {
    type Protocol = Member;
    type Config = ();

    fn read((): &()) -> (Self, ()) {
        (SendsOnce, ())
    }

    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Member>>) -> Vec<Effect<Member>> {
        effects.into_iter().filter(|effect| !matches!(effect, Effect::SetTimer { .. })).collect()
    }
}

impl Mutation for NeverRests {
    type Protocol = Member;
    type Config = ();

    fn read((): &()) -> (Self, ()) {
        (NeverRests, ())
    }

    fn on_message(&mut self, node: &mut Member, ctx: &mut Ctx<Member>, from: NodeId, msg: Msg) {
        // What is acknowledged is told all the same.
        if matches!(msg, Msg::Tell { .. }) {
            pessimist::node::Node::on_message(node, ctx, from, msg);
        }
    }
}

impl Mutation for DeliversAgain {
    type Protocol = Member;
    type Config = ();

    fn read((): &()) -> (Self, ()) {
        (DeliversAgain { told: Vec::new() }, ())
    }

    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, mut effects: Vec<Effect<Member>>) -> Vec<Effect<Member>> {
        for effect in &effects {
            if let Effect::Observe(fact @ Fact::Delivered { .. }) = effect {
                self.told.push(fact.clone());
            }
        }
        // Whoever is told again delivers again.
        let only_answers = effects.iter().all(|effect| matches!(effect, Effect::Send { msg: Msg::Heard { .. }, .. }));
        if let (true, false, Some(fact)) = (only_answers, effects.is_empty(), self.told.first()) {
            effects.push(Effect::Observe(fact.clone()));
        }
        effects
    }
}

impl Mutation for TellsTheFirstOnly {
    type Protocol = Member;
    type Config = ();

    fn read((): &()) -> (Self, ()) {
        (TellsTheFirstOnly, ())
    }

    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Member>>) -> Vec<Effect<Member>> {
        let first = |effect| match effect {
            Effect::Send { to, msg: Msg::Tell { mut rumours } } => {
                rumours.truncate(1);
                Effect::Send { to, msg: Msg::Tell { rumours } }
            }
            other => other,
        };
        // And it believes that all of it was told.
        effects.into_iter().map(first).collect()
    }

    fn on_message(&mut self, node: &mut Member, ctx: &mut Ctx<Member>, from: NodeId, msg: Msg) {
        let msg = match msg {
            Msg::Heard { .. } => Msg::Heard { rumours: node.owed_to(from) },
            other => other,
        };
        pessimist::node::Node::on_message(node, ctx, from, msg);
    }
}

impl Mutation for BelievesItself {
    type Protocol = Member;
    type Config = ();

    fn read((): &()) -> (Self, ()) {
        (BelievesItself, ())
    }

    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Member>>) -> Vec<Effect<Member>> {
        // A member passes on nothing that it has heard from another: only who broadcast it tells it.
        let hears = effects.iter().any(|effect| matches!(effect, Effect::Send { msg: Msg::Heard { .. }, .. }));
        let passes_on = |effect: &Effect<Member>| matches!(effect, Effect::Send { msg: Msg::Tell { .. }, .. });
        effects
            .into_iter()
            .filter(|effect| !(hears && (passes_on(effect) || matches!(effect, Effect::SetTimer { timer: Round, .. }))))
            .collect()
    }
}

/// Each mistake, with the protocols of whoever makes it.
pub fn registries() -> Vec<(&'static str, Registry)> {
    let standard = Registry::standard;
    vec![
        ("sends once and never again", standard().with::<Mutant<SendsOnce>>("Gossip")),
        ("never rests: acknowledgements are not heeded", standard().with::<Mutant<NeverRests>>("Gossip")),
        ("delivers again what it is told again", standard().with::<Mutant<DeliversAgain>>("Gossip")),
        ("takes an answer to one rumour for an answer to all", standard().with::<Mutant<TellsTheFirstOnly>>("Gossip")),
        ("does not pass on what it has heard", standard().with::<Mutant<BelievesItself>>("Gossip")),
    ]
}
