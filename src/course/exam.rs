//! Sitting an exam: the tests of an assignment, one after the other.

use super::assignments::{How, Test};
use super::{Finding, Lab};

/// The seeds that students see; hidden ones begin elsewhere, where a secret says.
pub const PUBLIC_SEEDS: u64 = 0;

/// Takes one test, with seeds from there on.
pub fn take(lab: &Lab, test: &Test, first_seed: u64) -> Result<(), Finding> {
    match test.how {
        How::Run => lab.run(test.scenario, None).map(drop),
        How::Sweep(seeds) => lab.sweep(test.scenario, first_seed..first_seed.saturating_add(seeds)),
        How::Explore => lab.explore(test.scenario).map(drop),
    }
}
