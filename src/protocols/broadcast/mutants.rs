//! Mistakes that people make with broadcast, made on purpose.
//!
//! The protocols are each other's mutants in most promises: best effort breaks FIFO order and reliable delivery, FIFO
//! breaks causal order, causal order is not total. What is left is spoiled here, around [`Reliable`].

use super::member;
use super::{Member, Message, Reliable};
use crate::node::{Badge, Ctx, Datum, Effect, Fact, Node, NodeId, Operation, node_value};
use serde::{Deserialize, Serialize};

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

node_value! {
    /// A node with a bug.
    pub struct Mutant {
        inner: Member<Reliable>,
        #[serde(skip)]
        bug: Bug,
    }
}

impl Node for Mutant {
    type Config = Config;
    type Msg = Message;
    type Timer = ();
    type Disk = ();

    fn boot(ctx: &mut Ctx<Self>, config: &Config, (): &()) -> Self {
        let inner = ctx.with(|ctx| Member::boot(ctx, &member::Config::default(), &()), |_, _| {});
        Mutant { inner, bug: config.bug }
    }

    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        let bug = self.bug;
        ctx.with(|ctx| self.inner.on_operation(ctx, operation), |ctx, effect| bug.let_out(ctx, effect));
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, message: Message) {
        let (bug, mut is_new) = (self.bug, false);
        let told = message.clone();
        ctx.with(
            |ctx| self.inner.on_message(ctx, from, message),
            |ctx, effect| {
                is_new = true;
                bug.let_out(ctx, effect);
            },
        );
        if bug == Bug::DeliversAgain && !is_new {
            told.deliver(ctx);
        }
    }

    fn badge(&self) -> Badge {
        self.inner.badge()
    }
}

impl Bug {
    /// Spoils an effect, and lets it take place.
    fn let_out(self, ctx: &mut Ctx<Mutant>, effect: Effect<Member<Reliable>>) {
        match effect {
            Effect::Send { to, .. } if self == Bug::SkipsTheLast && Some(&to) == ctx.peers().last() => {}
            Effect::Send { to, msg } => ctx.send(to, msg),
            Effect::Observe(Fact::Delivered { from, .. }) if self == Bug::Garbles && from != ctx.me() => {
                ctx.observe(Fact::Delivered { from, value: Datum::Absent });
            }
            Effect::Observe(fact) => ctx.observe(fact),
            _ => {} // A reliable broadcast asks for nothing else.
        }
    }
}
