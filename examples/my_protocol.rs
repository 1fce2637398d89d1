//! A protocol of your own, with the whole command line: run, view, sweep, why.
//!
//! ```sh
//! cargo run --example my_protocol -- run examples/my_protocol.ron
//! ```
//!
//! Your crate depends on `pessimist`, and its `main` is the one below.

use pessimist::node::{Badge, Ctx, Fact, LocalSpan, Node, NodeId, node_value};
use pessimist::scenario::Registry;
use serde::{Deserialize, Serialize};

/// What a scenario may set: `protocol: Rumour(again: "20ms")`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How often somebody who knows tells somebody else.
    again: LocalSpan,
}

node_value! {
    /// A person, who knows the rumour or does not.
    pub struct Person { knows: bool, again: LocalSpan }
    /// The rumour.
    pub struct Psst;
    /// Time to tell somebody.
    pub struct Tell;
}

impl Node for Person {
    type Config = Settings;
    type Msg = Psst;
    type Timer = Tell;
    type Disk = ();

    fn boot(ctx: &mut Ctx<Self>, settings: &Settings, (): &()) -> Self {
        let knows = ctx.me() == ctx.peers()[0];
        ctx.set_timer(Tell, settings.again);
        Person { knows, again: settings.again }
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, _: NodeId, Psst: Psst) {
        if !self.knows {
            self.knows = true;
            ctx.observe(Fact::note("hears the rumour"));
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, Tell: Tell) {
        if self.knows {
            let others: Vec<NodeId> = ctx.others().collect();
            let chosen = others[ctx.choose(others.len() as u32) as usize];
            ctx.send(chosen, Psst);
        }
        ctx.set_timer(Tell, self.again);
    }

    fn badge(&self) -> Badge {
        Badge::role(if self.knows { "knows" } else { "ignorant" })
    }
}

fn main() -> std::process::ExitCode {
    pessimist::cli::main_with(Registry::standard().with::<Person>("Rumour"))
}
