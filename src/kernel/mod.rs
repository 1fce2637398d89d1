//! One world: nodes, their network, clocks and disks, and what goes wrong with them, in virtual time from one seed.

mod clock;
mod draw;
mod law;
mod plan;

pub use law::Law;
pub use plan::*;
