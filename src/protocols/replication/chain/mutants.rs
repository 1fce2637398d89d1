//! A chain whose servers do not send again what was with a server that failed (against section 3.2): each takes its
//! new successor to have all that it had handed on. That one waits for ever for what it lacks, and no write ends any more.

use super::{Chain, Config, Msg};
use crate::node::{Ctx, Effect, node_value};
use crate::protocols::mutant::{self, Mutation};

/// A node of such a chain.
pub type Mutant = mutant::Mutant<SendsOnce>;

node_value! {
    /// Sends nothing for the second time.
    #[derive(Default)]
    pub struct SendsOnce {
        /// Up to which place its successor is taken to have all.
        handed_on: u64,
    }
}

impl Mutation for SendsOnce {
    type Protocol = Chain;
    type Config = Config;

    fn read(config: &Config) -> (Self, Config) {
        (SendsOnce::default(), config.clone())
    }

    fn spoil(&mut self, _: &Ctx<Mutant>, mut effects: Vec<Effect<Chain>>) -> Vec<Effect<Chain>> {
        effects.retain(|effect| {
            let Effect::Send { msg: Msg::Update { first, entries }, .. } = effect else { return true };
            let is_new = *first > self.handed_on;
            if is_new {
                self.handed_on = first + entries.len() as u64 - 1;
            }
            is_new
        });
        effects
    }
}
