//! What survives a crash.

use super::Value;

/// The durable state of a node: rebuilt from the writes that reached the platter.
///
/// A write is atomic: it is there whole or not at all. What a handler wrote is durable once a `sync` that followed it
/// is done; before that a crash may lose it, keep it, or keep some of it, as the scenario says.
pub trait Disk: Value + Default {
    /// One atomic change.
    type Write: Value;

    /// Makes the change.
    fn apply(&mut self, write: Self::Write);
}

impl Disk for () {
    type Write = ();
    fn apply(&mut self, (): ()) {}
}
