//! A run in the forms of other tools, and as a picture.

use super::arguments::{Format, Run};
use super::run::{Made, create};
use super::shared::{Stop, program};
use crate::check::calls::of_run;
use crate::check::recorded::write_edn;
use crate::node::{SimSpan, SimTime};
use crate::scenario::Opened;
use crate::trace::{Exported, MOST_DRAWN, grouped, html, mermaid, perfetto, shiviz, svg};
use clap::ValueEnum;
use std::io::{BufWriter, Write};

fn is_picture(format: Format) -> bool {
    matches!(format, Format::Mermaid | Format::Svg | Format::Html)
}

/// Only a picture can begin in the middle of a run: the other forms are of the whole.
pub fn refuse_from_without_picture(run: &Run) -> Result<(), Stop> {
    if run.from.is_some() && !is_picture(run.format) {
        return Err(Stop::usage("--from is for pictures: --format mermaid, svg or html"));
    }
    Ok(())
}

/// Writes the run in the form that was asked for.
pub fn export(run: &Run, made: &Made, opened: &Opened) -> Result<(), Stop> {
    let from = run.from.as_deref().map_or(Ok(SimSpan::ZERO), str::parse).map_err(Stop::usage)?;
    let scenario = &made.scenario;
    let variant = scenario.variant.as_ref().map_or(String::new(), |variant| format!(" ({variant})"));
    let mut exported = Exported {
        trace: opened.session.trace(),
        name: format!("{}{variant}, seed {}", scenario.name, scenario.plan.seed),
        title: scenario.title.clone(),
        caption: Vec::new(),
        from: SimTime(from.0),
        end: opened.session.end(),
    };
    refuse_what_cannot_be_read(run, made, &exported)?;
    exported.caption = caption(run, made, &exported, opened.session.digest().unwrap_or("unknown"));
    let mut out: Box<dyn Write> = match &run.out {
        Some(path) => Box::new(create(path)?),
        None => Box::new(BufWriter::new(std::io::stdout())),
    };
    let write = match run.format {
        Format::Shiviz => shiviz,
        Format::Mermaid => mermaid,
        Format::Perfetto => perfetto,
        Format::Svg => svg,
        _ => html,
    };
    Ok(write(&exported, &mut out)?)
}

/// The command that draws the same picture, and what the picture is of.
fn caption(run: &Run, made: &Made, exported: &Exported<'_>, digest: &str) -> Vec<String> {
    let format = name_of(run.format);
    let mut options = vec!["--format", format.as_str()];
    options.extend(run.from.iter().flat_map(|from| ["--from", from]));
    options.extend(run.until.iter().flat_map(|until| ["--until", until]));
    // A picture is handed on: how Pessimist was started here is of no use there.
    let command = made.command("run", &options);
    let again = command.strip_prefix(&program()).unwrap_or(&command);
    let (shown, all) = (exported.shown().count() as u64, exported.trace.len() as u64);
    let of_all = if shown < all { format!(" of {}", grouped(all)) } else { String::new() };
    vec![format!("pessimist{again}"), format!("{}{of_all} events, digest of the run {digest}", grouped(shown))]
}

/// A format as it is written on the command line.
fn name_of(format: Format) -> String {
    format.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// A picture of too many events, or of none, helps nobody.
fn refuse_what_cannot_be_read(run: &Run, made: &Made, exported: &Exported<'_>) -> Result<(), Stop> {
    if !is_picture(run.format) {
        return Ok(());
    }
    let events = exported.shown().count();
    if events == 0 {
        let end = exported.end;
        return Err(Stop::usage(format!("nothing happened from {} s on; the run ends at {end} s", exported.from)));
    }
    if events <= MOST_DRAWN {
        return Ok(());
    }
    // As much as can be shown, from where the picture begins.
    let last = exported.shown().nth(MOST_DRAWN - 1).map_or(SimTime::ZERO, |id| exported.trace.record(id).time());
    let format = name_of(run.format);
    let (from, until) = (format!("{}ms", exported.from.0 / 1_000_000), format!("{}ms", last.0 / 1_000_000));
    let narrower = made.command("run", &["--format", &format, "--from", &from, "--until", &until]);
    Err(Stop::usage(format!(
        "{events} events are too many for a picture, which shows {MOST_DRAWN}\nnarrow it:  {narrower}"
    )))
}

/// Writes what the clients of a run did as a Jepsen history.
pub fn export_edn(run: &Run, opened: &Opened) -> Result<(), Stop> {
    let calls = of_run(opened.judge.history(), opened.judge.cluster());
    let mut out: Box<dyn Write> = match &run.out {
        Some(path) => Box::new(create(path)?),
        None => Box::new(BufWriter::new(std::io::stdout())),
    };
    out.write_all(write_edn(&calls).as_bytes())?;
    Ok(out.flush()?)
}
