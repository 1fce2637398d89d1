//! The search is right: it goes by the rules of a run, misses nothing, and says what it did not see.

mod agree;
mod ends;
mod flaws;
mod manners;
mod shortcuts;

use super::{Limits, Looked, Manner, Marks, Options, Report, marks_of, search};
use crate::kernel::Plan;
use crate::kernel::search::{Flaw, Machines, Space};
use crate::node::{Cluster, Node, Watcher};
use crate::scenario::{Registry, Scenario, library};

/// No limit.
const ALL: Limits = Limits::NONE;

fn scenario(name: &str, variant: Option<&str>) -> Scenario {
    let text = library::find(name).unwrap_or_else(|| panic!("{name} is not built in"));
    Scenario::parse(name, text, variant).unwrap_or_else(|mistake| panic!("{mistake}"))
}

/// Searches a built-in scenario's small world by what its field `explore` says, but for limits.
fn explored(name: &str, variant: Option<&str>, manner: Manner, limits: Limits, jobs: usize) -> Report {
    let scenario = scenario(name, variant);
    let runner = Registry::standard().prepare(&scenario).unwrap_or_else(|mistake| panic!("{mistake}"));
    let wanted = &scenario.exploration.wanted;
    let mut space = runner.space(&scenario.exploration.bounds, wanted).expect("the workload is a list");
    looked(space.as_mut(), marks_of(wanted), manner, limits, jobs).expect("the protocol has no flaw")
}

fn looked(space: &mut dyn Space, marks: Marks, manner: Manner, limits: Limits, jobs: usize) -> Result<Report, Flaw> {
    search(space, manner, marks, &Options { limits, jobs, ..Options::plain() }, &mut |_: Looked| true)
}

/// The world of two nodes, n1 and n2, with a configuration of their protocol.
fn two<N: Node, W: Watcher>(config: N::Config, bounds: crate::kernel::search::Bounds, watcher: W) -> Machines<N, W> {
    let plan = Plan::new(Cluster::new([("node", vec!["n1", "n2"])]).expect("two names"));
    Machines::new(&plan, config, bounds, watcher).expect("there is no workload")
}
