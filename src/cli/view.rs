//! `view`: the terminal debugger, and the browser of scenarios.

use super::Exit;
use super::arguments::{Color, View};
use super::list;
use super::shared::{Stop, invocation, print};
use crate::scenario::Registry;
use std::io::IsTerminal;

/// Whether a person sits there, who can be shown a screen.
fn on_a_terminal() -> bool {
    cfg!(feature = "tui") && std::io::stdout().is_terminal() && std::io::stdin().is_terminal()
}

/// Without a command: the browser on a terminal; elsewhere the list of scenarios.
pub fn browse(registry: &Registry, ascii: bool, color: Color) -> Result<Exit, Stop> {
    if !on_a_terminal() {
        print(&list::as_text(&list::entries()?))?;
        return Ok(Exit::Met);
    }
    screen::browse(registry, ascii, color)
}

/// Walks through a run.
pub fn view(registry: &Registry, view: &View, color: Color) -> Result<Exit, Stop> {
    let is_log = view.which.scenario.ends_with(".log");
    if !on_a_terminal() {
        let (instead, what) = if is_log { ("stats", "log") } else { ("run", "run") };
        let instead = invocation(&[instead, &view.which.scenario]);
        return Err(Stop::usage(format!("view needs a terminal\nelsewhere the {what} can be read:  {instead}")));
    }
    if is_log {
        return screen::view_log(view, color);
    }
    screen::view(registry, view, color)
}

#[cfg(not(feature = "tui"))]
mod screen {
    //! Without the feature `tui` there is no screen, and nobody asks for one: see `on_a_terminal`.
    use super::*;

    pub fn browse(_: &Registry, _: bool, _: Color) -> Result<Exit, Stop> {
        Ok(Exit::Usage)
    }

    pub fn view(_: &Registry, _: &View, _: Color) -> Result<Exit, Stop> {
        Ok(Exit::Usage)
    }

    pub fn view_log(_: &View, _: Color) -> Result<Exit, Stop> {
        Ok(Exit::Usage)
    }
}

#[cfg(feature = "tui")]
mod screen {
    use super::super::arguments::Which;
    use super::super::run::{Made, shown_violations};
    use super::super::shared::{load, moment, wants_color};
    use super::super::trace_file;
    use super::*;
    use crate::check::Violation;
    use crate::scenario::{LogSession, Opened, Session as _};
    use crate::trace::Lines;
    use crate::tui::{Entry, Mark, Question, Show};
    use std::path::Path;

    pub fn browse(registry: &Registry, ascii: bool, color: Color) -> Result<Exit, Stop> {
        let colour = wants_color(color, &std::io::stdout());
        loop {
            let entry =
                |entry: list::Entry| Entry { name: entry.name.to_owned(), title: entry.title, look: entry.look };
            let entries = list::entries()?.into_iter().map(entry).collect();
            let Some(scenario) = crate::tui::browse(entries, ascii, colour)? else { return Ok(Exit::Met) };
            let which = Which { scenario, seed: None, variant: None };
            view(registry, &View { which, at: None, regex: None, ascii, no_ask: false }, color)?;
        }
    }

    pub fn view(registry: &Registry, view: &View, color: Color) -> Result<Exit, Stop> {
        let made = made(registry, &view.which)?;
        let opened = made.open(Lines::None)?;
        let start = view.at.as_deref().map(|text| moment(text, opened.session.trace())).transpose()?;
        let questions = if view.no_ask { Vec::new() } else { questions(&made, &opened) };
        let violations = shown_violations(&made.scenario, &opened.judge).iter().map(mark).collect();
        let scenario = &made.scenario;
        crate::tui::view(Show {
            name: scenario.name.clone(),
            title: scenario.title.clone(),
            look: scenario.look.clone().unwrap_or_default(),
            seed: scenario.plan.seed,
            questions,
            violations,
            start,
            ascii: view.ascii,
            colour: wants_color(color, &std::io::stdout()),
            command_run: made.command("run", &[]),
            session: opened.session,
        })?;
        Ok(Exit::Met)
    }

    /// Walks through the log of another system.
    pub fn view_log(view: &View, color: Color) -> Result<Exit, Stop> {
        let name = &view.which.scenario;
        let log = super::super::foreign::read(Path::new(name), view.regex.as_deref())?;
        let session = LogSession::new(&log).map_err(|mistake| Stop::wrong(format!("{name}: {mistake}")))?;
        let start = view.at.as_deref().map(|text| moment(text, session.trace())).transpose()?;
        crate::tui::view(Show {
            name: name.clone(),
            title: "the log of another system".to_owned(),
            look: format!(
                "Clocks tell the order. True times and states are unknown. Hosts: {}.",
                log.hosts.join(" ")
            ),
            seed: 0,
            questions: Vec::new(),
            violations: Vec::new(),
            start,
            ascii: view.ascii,
            colour: wants_color(color, &std::io::stdout()),
            command_run: invocation(&["stats", name]),
            session: Box::new(session),
        })?;
        Ok(Exit::Met)
    }

    /// The scenario that is meant, or that of a trace.
    fn made(registry: &Registry, which: &Which) -> Result<Made, Stop> {
        if let Some(header) = trace_file::header_of(Path::new(&which.scenario)) {
            let scenario = trace_file::scenario(&header)?;
            return Made::new(registry, scenario, &header.scenario, header.variant.as_deref());
        }
        Made::new(registry, load(which)?, &which.scenario, which.variant.as_deref())
    }

    /// The questions that came up, those that many seeds answer answered as well.
    fn questions(made: &Made, opened: &Opened) -> Vec<Question> {
        let moments = opened.session.moments();
        let asked = made.questions(opened, &[]).into_iter().zip(moments);
        let question = |(asked, moment): (crate::trace::Asked, &crate::scenario::Moment)| Question {
            answer: asked.answer.or_else(|| made.judged(&made.scenario.questions[moment.question])),
            text: asked.text,
            options: asked.options,
            because: asked.because,
            before: asked.before,
        };
        asked.map(question).collect()
    }

    fn mark(violation: &Violation) -> Mark {
        let promised = format!("promised: {}", violation.promise.promise());
        Mark {
            event: violation.event,
            headline: format!("{}: {}", violation.promise, violation.headline),
            lines: std::iter::once(promised).chain(violation.seen.clone()).chain(violation.insight.clone()).collect(),
        }
    }
}
