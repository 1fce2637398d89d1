//! Mistakes that students make, made on purpose around the solution.

use super::solution::{Msg, Party, Timer};
use pessimist::node::{Ctx, Effect, Fact, LocalSpan, Node, NodeId, node_value};
use pessimist::protocols::mutant::{Mutant, Mutation};
use pessimist::scenario::Registry;

node_value! {
    pub struct TakesNoTimeForTheAnswer;
    pub struct TrustsTheServer;
    pub struct CountsTheWait;
    pub struct ForgetsItsAge { hears: bool, error: LocalSpan }
    pub struct TakesTheLast;
    pub struct AsksOnce;
    pub struct AsksFiveTimes;
}

/// A mutation that needs no settings.
macro_rules! mutation {
    ($name:ident = $start:expr; $($methods:tt)*) => {
        impl Mutation for $name {
            type Protocol = Party;
            type Config = ();

            fn read((): &()) -> (Self, ()) {
                ($start, ())
            }

            $($methods)*
        }
    };
}

mutation! { TakesNoTimeForTheAnswer = TakesNoTimeForTheAnswer;
    fn on_message(&mut self, node: &mut Party, ctx: &mut Ctx<Party>, from: NodeId, msg: Msg) {
        let msg = match msg {
            Msg::Tell { t3, error, .. } => Msg::Tell { t1: ctx.uptime(), t2: t3, t3, error },
            other => other,
        };
        node.on_message(ctx, from, msg);
    }
}

mutation! { TrustsTheServer = TrustsTheServer;
    fn on_message(&mut self, node: &mut Party, ctx: &mut Ctx<Party>, from: NodeId, msg: Msg) {
        let msg = match msg {
            Msg::Tell { t1, t2, t3, .. } => Msg::Tell { t1, t2, t3, error: LocalSpan(0) },
            other => other,
        };
        node.on_message(ctx, from, msg);
    }
}

mutation! { CountsTheWait = CountsTheWait;
    fn on_message(&mut self, node: &mut Party, ctx: &mut Ctx<Party>, from: NodeId, msg: Msg) {
        // How long the server let it wait is taken for a part of the way.
        let msg = match msg {
            Msg::Tell { t1, t3, error, .. } => Msg::Tell { t1, t2: t3, t3, error },
            other => other,
        };
        node.on_message(ctx, from, msg);
    }
}

mutation! { ForgetsItsAge = ForgetsItsAge { hears: false, error: LocalSpan(0) };
    fn on_message(&mut self, node: &mut Party, ctx: &mut Ctx<Party>, from: NodeId, msg: Msg) {
        self.hears = matches!(msg, Msg::Tell { .. });
        node.on_message(ctx, from, msg);
    }

    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Party>>) -> Vec<Effect<Party>> {
        // The error is that of the moment at which the answer arrived.
        let hears = std::mem::take(&mut self.hears);
        let mut young = |effect| match effect {
            Effect::Observe(Fact::ClockEstimated { time, error }) => {
                self.error = if hears { error } else { self.error };
                Effect::Observe(Fact::ClockEstimated { time, error: self.error })
            }
            other => other,
        };
        effects.into_iter().map(&mut young).collect()
    }
}

mutation! { TakesTheLast = TakesTheLast;
    fn on_message(&mut self, node: &mut Party, ctx: &mut Ctx<Party>, from: NodeId, msg: Msg) {
        if matches!(msg, Msg::Tell { .. }) {
            node.samples.clear();
        }
        node.on_message(ctx, from, msg);
    }
}

mutation! { AsksOnce = AsksOnce;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Party>>) -> Vec<Effect<Party>> {
        let asks_again = |effect: &Effect<Party>| matches!(effect, Effect::SetTimer { timer: Timer::Poll, .. });
        effects.into_iter().filter(|effect| !asks_again(effect)).collect()
    }
}

mutation! { AsksFiveTimes = AsksFiveTimes;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Party>>) -> Vec<Effect<Party>> {
        let to_be_sure = |effect: Effect<Party>| {
            let times = if matches!(effect, Effect::Send { msg: Msg::Ask { .. }, .. }) { 5 } else { 1 };
            vec![effect; times]
        };
        effects.into_iter().flat_map(to_be_sure).collect()
    }
}

/// Each mistake, with the protocols of whoever makes it.
pub fn registries() -> Vec<(&'static str, Registry)> {
    let standard = Registry::standard;
    vec![
        (
            "takes the answer to have been under way for no time",
            standard().with::<Mutant<TakesNoTimeForTheAnswer>>("Ntp"),
        ),
        ("takes the server's clock to be right", standard().with::<Mutant<TrustsTheServer>>("Ntp")),
        ("counts the server's wait as a part of the way", standard().with::<Mutant<CountsTheWait>>("Ntp")),
        ("states the error of yesterday", standard().with::<Mutant<ForgetsItsAge>>("Ntp")),
        ("takes the last answer, not the best", standard().with::<Mutant<TakesTheLast>>("Ntp")),
        ("asks once and never again", standard().with::<Mutant<AsksOnce>>("Ntp")),
        ("asks five times, to be sure", standard().with::<Mutant<AsksFiveTimes>>("Ntp")),
    ]
}
