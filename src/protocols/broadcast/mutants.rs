//! Mistakes that people make with broadcast, made on purpose.
//!
//! The protocols are each other's mutants in most promises: best effort breaks FIFO order and reliable delivery, FIFO
//! breaks causal order, causal order is not total. What is left is spoiled here, around [`Reliable`].

use super::member;
use super::{Member, Message, Reliable};
use crate::node::{Ctx, Datum, Effect, Fact, Node, NodeId};
use crate::protocols::mutant::{self, Mutation};
use serde::{Deserialize, Serialize};

/// A node with a bug.
pub type Mutant = mutant::Mutant<Bug>;

/// Which bug.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The bug.
    pub bug: Bug,
}

/// A known bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Bug {
    /// What comes again is delivered again (against integrity).
    DeliversAgain,
    /// A node delivers what it was sent with a value that nobody broadcast (against integrity).
    Garbles,
    /// The last of the others is never told (against validity).
    SkipsTheLast,
}

impl Mutation for Bug {
    type Protocol = Member<Reliable>;
    type Config = Config;

    fn read(config: &Config) -> (Self, member::Config) {
        (config.bug, member::Config::default())
    }

    fn on_message(
        &mut self,
        node: &mut Member<Reliable>,
        ctx: &mut Ctx<Member<Reliable>>,
        from: NodeId,
        message: Message,
    ) {
        let (told, mut is_new) = (message.clone(), false);
        ctx.with(
            |ctx| node.on_message(ctx, from, message),
            |ctx, effect| {
                is_new = true;
                ctx.effect(effect);
            },
        );
        if *self == Bug::DeliversAgain && !is_new {
            told.deliver(ctx);
        }
    }

    fn spoil(
        &mut self,
        ctx: &Ctx<Mutant>,
        mut effects: Vec<Effect<Member<Reliable>>>,
    ) -> Vec<Effect<Member<Reliable>>> {
        let last = ctx.peers().last();
        effects.retain(
            |effect| !matches!(effect, Effect::Send { to, .. } if *self == Bug::SkipsTheLast && Some(to) == last),
        );
        for effect in &mut effects {
            if let Effect::Observe(Fact::Delivered { from, value }) = effect
                && *self == Bug::Garbles
                && *from != ctx.me()
            {
                *value = Datum::Absent;
            }
        }
        effects
    }
}
