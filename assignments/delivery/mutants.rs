//! Mistakes that students make, made on purpose around the solution.

use super::solution::{Msg, Party, Stable};
use pessimist::node::{Ctx, Datum, Effect, Node, NodeId, node_value};
use pessimist::protocols::mutant::{Mutant, Mutation};
use pessimist::scenario::Registry;
use std::collections::BTreeMap;

node_value! {
    pub struct AsksOnce;
    pub struct RemembersNothing;
    pub struct RemembersUntilItCrashes;
    pub struct WritesTheNumberLater { answers: BTreeMap<NodeId, (u64, Datum)> }
    pub struct SpeaksBeforeItWrites;
    pub struct CountsAnewAfterACrash;
    pub struct OneMemoryForAll { latest: Option<(u64, Datum)> }
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

mutation! { AsksOnce = AsksOnce;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Party>>) -> Vec<Effect<Party>> {
        effects.into_iter().filter(|effect| !matches!(effect, Effect::SetTimer { .. })).collect()
    }
}

mutation! { RemembersNothing = RemembersNothing;
    fn on_message(&mut self, node: &mut Party, ctx: &mut Ctx<Party>, from: NodeId, msg: Msg) {
        node.stable.answers.clear();
        node.on_message(ctx, from, msg);
    }
}

mutation! { RemembersUntilItCrashes = RemembersUntilItCrashes;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Party>>) -> Vec<Effect<Party>> {
        let forget = |effect| match effect {
            Effect::Write(stable) => Effect::Write(Stable { answers: BTreeMap::new(), ..stable }),
            other => other,
        };
        effects.into_iter().map(forget).collect()
    }
}

mutation! { WritesTheNumberLater = WritesTheNumberLater { answers: BTreeMap::new() };
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Party>>) -> Vec<Effect<Party>> {
        let mut apart = Vec::new();
        for effect in effects {
            if let Effect::Write(stable) = &effect {
                let answers = std::mem::replace(&mut self.answers, stable.answers.clone());
                apart.extend([Effect::Write(Stable { answers, ..stable.clone() }), Effect::Sync]);
            }
            apart.push(effect);
        }
        apart
    }
}

mutation! { SpeaksBeforeItWrites = SpeaksBeforeItWrites;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Party>>) -> Vec<Effect<Party>> {
        let is_said = |effect: &Effect<Party>| matches!(effect, Effect::Send { .. });
        let (said, rest): (Vec<_>, Vec<_>) = effects.into_iter().partition(is_said);
        said.into_iter().chain(rest).collect()
    }
}

mutation! { CountsAnewAfterACrash = CountsAnewAfterACrash;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Party>>) -> Vec<Effect<Party>> {
        let forget = |effect| match effect {
            Effect::Write(stable) => Effect::Write(Stable { number: 0, ..stable }),
            other => other,
        };
        effects.into_iter().map(forget).collect()
    }
}

mutation! { OneMemoryForAll = OneMemoryForAll { latest: None };
    fn on_message(&mut self, node: &mut Party, ctx: &mut Ctx<Party>, from: NodeId, msg: Msg) {
        // Whose number it was is not remembered.
        if let Some(latest) = self.latest.take() {
            node.stable.answers.insert(from, latest);
        }
        node.on_message(ctx, from, msg);
        self.latest = node.stable.answers.get(&from).cloned();
    }
}

mutation! { AsksFiveTimes = AsksFiveTimes;
    fn spoil(&mut self, _: &Ctx<Mutant<Self>>, effects: Vec<Effect<Party>>) -> Vec<Effect<Party>> {
        let to_be_sure = |effect: Effect<Party>| {
            let times = if matches!(effect, Effect::Send { msg: Msg::Request { .. }, .. }) { 5 } else { 1 };
            vec![effect; times]
        };
        effects.into_iter().flat_map(to_be_sure).collect()
    }
}

/// Each mistake, with the protocols of whoever makes it.
pub fn registries() -> Vec<(&'static str, Registry)> {
    let standard = Registry::standard;
    vec![
        ("asks once and never again", standard().with::<Mutant<AsksOnce>>("Calls")),
        ("does again what it is asked again", standard().with::<Mutant<RemembersNothing>>("Calls")),
        ("remembers in memory only", standard().with::<Mutant<RemembersUntilItCrashes>>("Calls")),
        ("writes the effect first, and the number later", standard().with::<Mutant<WritesTheNumberLater>>("Calls")),
        ("answers before its disk has it", standard().with::<Mutant<SpeaksBeforeItWrites>>("Calls")),
        ("counts its calls anew after a crash", standard().with::<Mutant<CountsAnewAfterACrash>>("Calls")),
        ("has one memory for all clients", standard().with::<Mutant<OneMemoryForAll>>("Calls")),
        ("asks five times, to be sure", standard().with::<Mutant<AsksFiveTimes>>("Calls")),
    ]
}
