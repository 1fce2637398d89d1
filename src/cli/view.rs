//! `view`: the terminal debugger, and the browser of scenarios.

use super::Exit;
use super::arguments::{Color, View};
use super::list;
use super::shared::{Stop, heeding, invocation, print};
use super::trace_file;
use crate::scenario::Registry;
use crate::trace::brings_expression;
use std::io::{IsTerminal, Read};
use std::path::Path;

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
    heeding(|| screen::browse(registry, ascii, color))
}

/// Walks through a run.
pub fn view(registry: &Registry, view: &View, color: Color) -> Result<Exit, Stop> {
    let is_log = is_log(view)?;
    if !on_a_terminal() {
        let (instead, what) = if is_log { ("stats", "log") } else { ("run", "run") };
        let instead = invocation(&[instead, &view.which.scenario]);
        return Err(Stop::usage(format!("view needs a terminal\nelsewhere the {what} can be read:  {instead}")));
    }
    // A screen must be left in order; there Ctrl-C is a key.
    heeding(|| if is_log { screen::view_log(view, color) } else { screen::view(registry, view, color) })
}

/// Whether it is the log of another system that is meant: by its name, by what its first line says, or because an
/// expression for logs is given.
fn is_log(view: &View) -> Result<bool, Stop> {
    let path = Path::new(&view.which.scenario);
    if path.extension().is_some_and(|extension| extension == "log") {
        return Ok(true);
    }
    let is_ours = !path.is_file() || path.extension().is_some_and(|extension| extension == "ron");
    let is_ours = is_ours || trace_file::header_of(path).is_some();
    let for_logs = [("--regex", &view.regex), ("--delimiter", &view.delimiter), ("--execution", &view.execution)];
    match for_logs.iter().find(|(_, given)| given.is_some()) {
        Some((flag, _)) if is_ours => {
            let name = &view.which.scenario;
            Err(Stop::usage(format!("{flag} is for logs of other systems; {name} is no such file")))
        }
        Some(_) => Ok(true),
        None => Ok(!is_ours && begins_like_a_log(path)),
    }
}

/// Whether the first lines of a file are those of a log that says how it is read.
fn begins_like_a_log(path: &Path) -> bool {
    /// More than an expression and a delimiter take.
    const BEGINNING: u64 = 16 << 10;
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(BEGINNING).read_to_end(&mut bytes));
    read.is_ok() && brings_expression(&String::from_utf8_lossy(&bytes))
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
    use super::super::but;
    use super::super::run::{Made, shown_violations};
    use super::super::shared::{event, moment, wants_color};
    use super::*;
    use crate::check::Violation;
    use crate::node::EventId;
    use crate::scenario::{LogSession, Opened, Session as _};
    use crate::trace::{Execution, Lines};
    use crate::tui::{Entry, Mark, Question, Show};

    pub fn browse(registry: &Registry, ascii: bool, color: Color) -> Result<Exit, Stop> {
        let colour = wants_color(color, &std::io::stdout());
        loop {
            let entry =
                |entry: list::Entry| Entry { name: entry.name.to_owned(), title: entry.title, look: entry.look };
            let entries = list::entries()?.into_iter().map(entry).collect();
            let Some(scenario) = crate::tui::browse(entries, ascii, colour)? else { return Ok(Exit::Met) };
            let which = Which { scenario, seed: None, variant: None, but: Vec::new() };
            let view_of =
                View { which, at: None, regex: None, delimiter: None, execution: None, ascii, no_ask: false };
            view(registry, &view_of, color)?;
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
            seed: Some(scenario.plan.seed),
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
        let (regex, delimiter) = (view.regex.as_deref(), view.delimiter.as_deref());
        let executions = super::super::foreign::read(Path::new(name), regex, delimiter)?;
        let several = executions.len() > 1;
        let Execution { name: execution, log } = chosen(executions, view.execution.as_deref())?;
        let session = LogSession::new(&log).map_err(|mistake| Stop::wrong(format!("{name}: {mistake}")))?;
        let start = view.at.as_deref().map(|text| start(text, &session)).transpose()?;
        crate::tui::view(Show {
            name: if several { format!("{name}, {execution}") } else { name.clone() },
            title: "the log of another system".to_owned(),
            look: format!(
                "Clocks tell the order. True times and states are unknown. Hosts: {}.",
                log.hosts.join(" ")
            ),
            seed: None,
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

    /// The execution that is asked for, else the first.
    fn chosen(executions: Vec<Execution>, name: Option<&str>) -> Result<Execution, Stop> {
        let names: Vec<String> = executions.iter().map(|execution| execution.name.clone()).collect();
        let found = executions.into_iter().find(|execution| name.is_none_or(|name| execution.name == name));
        found.ok_or_else(|| {
            let asked = name.unwrap_or_default();
            Stop::usage(format!("no execution is called {asked:?}\naccepted: {}", names.join(", ")))
        })
    }

    /// The scenario that is meant, or that of a trace.
    fn made(registry: &Registry, which: &Which) -> Result<Made, Stop> {
        if let Some(header) = trace_file::header_of(Path::new(&which.scenario)) {
            let scenario = trace_file::scenario(&header)?;
            return Made::new(registry, scenario, &header.scenario, header.variant.as_deref());
        }
        but::made(registry, which)
    }

    /// Where to begin in a log, which tells no times.
    fn start(text: &str, session: &LogSession) -> Result<EventId, Stop> {
        if text.starts_with('e') {
            return event(text, session.trace().len());
        }
        Err(Stop::usage(format!("{text:?}: a log of another system tells no times; begin at an event, such as e131")))
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
