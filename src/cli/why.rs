//! `why`: the causal story of an event.

use super::Exit;
use super::arguments::Why;
use super::run::Made;
use super::shared::{Stop, event, load, print};
use crate::scenario::Registry;
use crate::trace::{Lines, STEPS, why as steps, why_lines};

pub fn why(registry: &Registry, why: &Why) -> Result<Exit, Stop> {
    let scenario = load(&why.which)?;
    let made = Made::new(registry, scenario, &why.which.scenario, why.which.variant.as_deref())?;
    let opened = made.open(Lines::None)?;
    let trace = opened.session.trace();
    let id = event(&why.event, trace.len())?;
    let mut lines = why_lines(id, &steps(trace, id, STEPS));
    lines.push(format!("AT  {}", made.command("view", &["--at", &id.to_string()])));
    print(&lines.join("\n"))?;
    Ok(Exit::Met)
}
