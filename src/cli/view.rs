//! `view`: the terminal debugger, and the browser of scenarios.

use super::Exit;
use super::arguments::{Color, View};
use super::list;
use super::shared::{Stop, invocation, print};
use crate::scenario::Registry;
use std::io::IsTerminal;

/// Without a command: the browser on a terminal; elsewhere the list of scenarios.
pub fn browse(registry: &Registry, color: Color) -> Result<Exit, Stop> {
    let _ = (registry, color);
    print(&list::as_text(&list::entries()?))?;
    Ok(Exit::Met)
}

pub fn view(registry: &Registry, view: &View, color: Color) -> Result<Exit, Stop> {
    let _ = (registry, color);
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        let instead = invocation(&["run", &view.which.scenario]);
        return Err(Stop::usage(format!("view needs a terminal\nelsewhere the run can be read:  {instead}")));
    }
    Ok(Exit::Met)
}
