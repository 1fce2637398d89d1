//! Mistakes that students make, made on purpose around the solution.

use super::solution::{Causal, Lamport, Message, Told, Vector, registry};
use pessimist::node::{Ctx, Effect, Fact, Node, NodeId, Stamp, node_value};
use pessimist::protocols::mutant::{Mutant, Mutation};
use pessimist::scenario::Registry;

node_value! {
    pub struct TakesNoMaximum;
    pub struct ReceiptIsNoStep;
    pub struct TakesTheVectorWhole;
    pub struct CountsOnlyItself;
    pub struct HoldsNothingBack;
    pub struct InOrderOfSendersOnly;
    pub struct LooksOnce;
    pub struct DeliversTwice { told: Vec<Fact> }
    pub struct WaitsForWhatItHolds { heard: Vec<u64> }
}

/// A mutation that needs no settings.
macro_rules! mutation {
    ($name:ident of $protocol:ident = $start:expr; $($methods:tt)*) => {
        impl Mutation for $name {
            type Protocol = $protocol;
            type Config = ();

            fn read((): &()) -> (Self, ()) {
                ($start, ())
            }

            $($methods)*
        }
    };
}

mutation! { TakesNoMaximum of Lamport = TakesNoMaximum;
    fn on_message(&mut self, node: &mut Lamport, ctx: &mut Ctx<Lamport>, from: NodeId, _: Message) {
        node.on_message(ctx, from, Message { stamp: Stamp::Number(0) });
    }
}

mutation! { ReceiptIsNoStep of Lamport = ReceiptIsNoStep;
    fn on_message(&mut self, node: &mut Lamport, ctx: &mut Ctx<Lamport>, from: NodeId, message: Message) {
        let stamp = match message.stamp {
            Stamp::Number(sent) => Stamp::Number(sent.saturating_sub(1)),
            other => other,
        };
        node.on_message(ctx, from, Message { stamp });
    }
}

mutation! { TakesTheVectorWhole of Vector = TakesTheVectorWhole;
    fn on_message(&mut self, node: &mut Vector, ctx: &mut Ctx<Vector>, from: NodeId, message: Message) {
        // What it knew of the others is gone: the last message is all.
        for (number, peer) in node.known.iter_mut().zip(ctx.peers()) {
            *number = if *peer == ctx.me() { *number } else { 0 };
        }
        node.on_message(ctx, from, message);
    }
}

mutation! { CountsOnlyItself of Vector = CountsOnlyItself;
    fn on_message(&mut self, node: &mut Vector, ctx: &mut Ctx<Vector>, from: NodeId, message: Message) {
        // Of the sender it takes over the sender's own number only, not what the sender knew of others.
        let stamp = match message.stamp {
            Stamp::Vector(sent) => {
                let of_sender = |(number, peer): (&u64, &NodeId)| if *peer == from { *number } else { 0 };
                Stamp::Vector(sent.iter().zip(ctx.peers()).map(of_sender).collect())
            }
            other => other,
        };
        node.on_message(ctx, from, Message { stamp });
    }
}

mutation! { HoldsNothingBack of Causal = HoldsNothingBack;
    fn on_message(&mut self, node: &mut Causal, ctx: &mut Ctx<Causal>, from: NodeId, told: Told) {
        let after = node.delivered.clone();
        node.on_message(ctx, from, Told { after, ..told });
    }
}

mutation! { InOrderOfSendersOnly of Causal = InOrderOfSendersOnly;
    fn on_message(&mut self, node: &mut Causal, ctx: &mut Ctx<Causal>, from: NodeId, told: Told) {
        let of_sender = |(number, peer): (&u64, &NodeId)| if *peer == told.from { *number } else { 0 };
        let after = told.after.iter().zip(ctx.peers()).map(of_sender).collect();
        node.on_message(ctx, from, Told { after, ..told });
    }
}

mutation! { LooksOnce of Causal = LooksOnce;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Causal>>) -> Vec<Effect<Causal>> {
        // What becomes due by the first delivery stays in the queue.
        let mut deliveries = 0;
        let is_seen = |effect: &Effect<Causal>| {
            deliveries += usize::from(matches!(effect, Effect::Observe(Fact::Delivered { .. })));
            deliveries <= 1
        };
        effects.into_iter().filter(is_seen).collect()
    }
}

mutation! { DeliversTwice of Causal = DeliversTwice { told: Vec::new() };
    fn on_message(&mut self, node: &mut Causal, ctx: &mut Ctx<Causal>, from: NodeId, told: Told) {
        let fact = Fact::Delivered { from: told.from, value: told.value.clone() };
        if self.told.contains(&fact) {
            ctx.observe(fact);
        }
        node.on_message(ctx, from, told);
    }

    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Causal>>) -> Vec<Effect<Causal>> {
        let delivered = |effect: &Effect<Causal>| match effect {
            Effect::Observe(fact @ Fact::Delivered { .. }) => Some(fact.clone()),
            _ => None,
        };
        self.told.extend(effects.iter().filter_map(delivered));
        effects
    }
}

mutation! { WaitsForWhatItHolds of Causal = WaitsForWhatItHolds { heard: Vec::new() };
    fn on_message(&mut self, node: &mut Causal, ctx: &mut Ctx<Causal>, from: NodeId, told: Told) {
        self.heard.resize(ctx.peers().len(), 0);
        if let Some(place) = ctx.peers().iter().position(|peer| *peer == told.from) {
            self.heard[place] = self.heard[place].max(told.after[place] + 1);
        }
        node.on_message(ctx, from, told);
    }

    fn spoil(&mut self, ctx: &Ctx<Mutant<Self>>, effects: Vec<Effect<Causal>>) -> Vec<Effect<Causal>> {
        self.heard.resize(ctx.peers().len(), 0);
        let heard = |effect: Effect<Causal>| match effect {
            Effect::Send { to, msg } => {
                let after = msg.after.iter().zip(&self.heard).map(|(mine, heard)| *mine.max(heard)).collect();
                Effect::Send { to, msg: Told { after, ..msg } }
            }
            other => other,
        };
        effects.into_iter().map(heard).collect()
    }
}

/// Each mistake, with the protocols of whoever makes it.
pub fn registries() -> Vec<(&'static str, Registry)> {
    vec![
        ("takes no maximum", registry().with::<Mutant<TakesNoMaximum>>("Lamport")),
        ("takes a receipt for no step", registry().with::<Mutant<ReceiptIsNoStep>>("Lamport")),
        ("forgets what it knew for what it hears", registry().with::<Mutant<TakesTheVectorWhole>>("Vector")),
        ("takes over the sender's own number only", registry().with::<Mutant<CountsOnlyItself>>("Vector")),
        ("holds nothing back", registry().with::<Mutant<HoldsNothingBack>>("Causal")),
        ("keeps the order of each sender only", registry().with::<Mutant<InOrderOfSendersOnly>>("Causal")),
        ("looks into its queue once", registry().with::<Mutant<LooksOnce>>("Causal")),
        ("delivers twice what comes twice", registry().with::<Mutant<DeliversTwice>>("Causal")),
        ("names what it holds back as what it knows", registry().with::<Mutant<WaitsForWhatItHolds>>("Causal")),
    ]
}
