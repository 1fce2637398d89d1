//! A machine's own two clocks, of which a protocol has to choose one.

use crate::node::{Ctx, LocalTime, Node};
use serde::{Deserialize, Serialize};

/// Which clock is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Clock {
    /// The one that tells the time of day, and can be set.
    Wall,
    /// The one that counts from the start of the machine, and cannot be set.
    Monotonic,
}

impl Clock {
    /// What it shows.
    pub fn now<N: Node>(self, ctx: &Ctx<N>) -> LocalTime {
        match self {
            Clock::Wall => ctx.now(),
            Clock::Monotonic => LocalTime(ctx.uptime().0 as i64),
        }
    }
}
