//! `shrink`: from a run that fails to the smallest one that fails in the same way.

use super::Exit;
use super::arguments::{Plain, Shrink};
use super::run::{Made, create};
use super::shared::{Stop, counted, heeding, interrupted, invocation, load, pool, print, words_of};
use crate::check::{Claim, Promise};
use crate::explore::shrink::{Extent, Goal, Shrunk, Stand, goal_of};
use crate::scenario::{Judged, Registry, Scenario};
use crate::trace::{Digest, Lines, grouped};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use std::io::{IsTerminal, Write};

pub fn shrink(registry: &Registry, shrink: &Shrink) -> Result<Exit, Stop> {
    let scenario = load(&shrink.which)?;
    let again = command(shrink, &scenario, "run", &[]);
    let judged = registry.prepare(&scenario)?.judge(scenario.plan.seed);
    let judged = judged.map_err(|failure| Stop::from_failure(failure, &again))?;
    let goal = goal(shrink, &scenario, &judged)?;
    let Some(goal) = goal else {
        let text = format!("this run does all that is expected of it: there is nothing to shrink\nAGAIN  {again}");
        return Err(Stop::Said(Exit::Broken, text));
    };
    let bar = progress();
    let mut ask = |stand: Stand| {
        bar.set_message(format!("{} tried, {} left", stand.tries, counted(stand.left as u64, "step")));
        bar.tick();
        !interrupted()
    };
    let pool = pool(shrink.jobs)?;
    let shrunk = heeding(|| pool.install(|| crate::explore::shrink::shrink(registry, &scenario, goal, &mut ask)));
    bar.finish_and_clear();
    let shrunk = shrunk.map_err(|failure| Stop::from_failure(failure, &again))?;
    let told = Told { shrink, scenario: &scenario, goal, shrunk: &shrunk };
    if let Some(path) = &shrink.out {
        let mut file = create(path)?;
        file.write_all(told.text().as_bytes())?;
        file.flush()?;
    }
    match shrink.format {
        Plain::Json => print(&told.json().to_string())?,
        Plain::Text => print(&told.lines(registry)?.join("\n"))?,
    }
    Ok(if shrunk.is_interrupted { Exit::Interrupted } else { Exit::Met })
}

/// What goes wrong in a run: what was asked for, or what makes it a failure, or what the scenario is there to show.
fn goal(shrink: &Shrink, scenario: &Scenario, judged: &Judged) -> Result<Option<Goal>, Stop> {
    let judge = &judged.judge;
    let broken = |promise: Promise| judge.violation(promise).map(|violation| Goal::Broken(violation.promise));
    if let Some(name) = &shrink.promise {
        let Claim::Violated(promise) = scenario.claim(&format!("Violated({name})"))? else {
            return Err(Stop::usage(format!("{name:?} is no promise")));
        };
        let keeps =
            || Stop::Said(Exit::Broken, format!("this run does not break {promise}: there is nothing to shrink"));
        return broken(promise).map(Some).ok_or_else(keeps);
    }
    let wrong = goal_of(scenario, judged);
    let shown = scenario.expect.iter().find_map(|expectation| match expectation.claim {
        Claim::Violated(promise) => broken(promise),
        _ => None,
    });
    Ok(wrong.or(shown))
}

/// How it stands, on standard error where that is a terminal.
fn progress() -> ProgressBar {
    let is_seen = std::io::stderr().is_terminal();
    let target = if is_seen { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template("{spinner} {msg}  ({elapsed})").expect("the template is well-formed");
    ProgressBar::with_draw_target(None, target).with_style(style)
}

fn command(shrink: &Shrink, scenario: &Scenario, command: &str, more: &[&str]) -> String {
    let seed = scenario.plan.seed.to_string();
    let mut words = words_of(command, &shrink.which.scenario, shrink.which.variant.as_deref(), &seed);
    words.extend(more);
    invocation(&words)
}

/// What is told of what was found.
struct Told<'a> {
    shrink: &'a Shrink,
    scenario: &'a Scenario,
    goal: Goal,
    shrunk: &'a Shrunk,
}

fn extent(extent: Extent) -> String {
    let events = if extent.events == 1 { "event" } else { "events" };
    format!("{} {events} and {}", grouped(extent.events as u64), counted(extent.faults as u64, "fault"))
}

impl Told<'_> {
    /// The scenario, with the lines that say where it is from.
    fn text(&self) -> String {
        let Shrunk { from, to, text, .. } = self.shrunk;
        let made = command(self.shrink, self.scenario, "shrink", &[]);
        let goal = self.goal.words(self.scenario);
        format!("// Made by: {made}\n// In it {goal}. From {} to {}.\n{text}", extent(*from), extent(*to))
    }

    fn path(&self) -> String {
        self.shrink.out.as_ref().map_or("small.ron".to_owned(), |path| path.display().to_string())
    }

    fn lines(&self, registry: &Registry) -> Result<Vec<String>, Stop> {
        let Shrunk { from, to, tries, steps, is_interrupted, .. } = self.shrunk;
        let mut name = self.shrink.which.scenario.clone();
        name.extend(self.shrink.which.variant.iter().map(|variant| format!(" ({variant})")));
        let mut lines = vec![
            format!("shrink {name}  seed {}", self.scenario.plan.seed),
            format!("  {}", self.scenario.title),
            format!("KEPT   {}", self.goal.words(self.scenario)),
            format!("FROM   {}", extent(*from)),
            format!("TO     {}, in {} tries", extent(*to), grouped(*tries)),
        ];
        if *is_interrupted {
            lines.push("       interrupted: the smallest so far".to_owned());
        }
        lines.push(String::new());
        if steps.is_empty() {
            lines.extend(self.text().lines().map(str::to_owned));
        }
        lines.extend(steps.iter().enumerate().map(|(place, step)| format!("  {:>3}  {step}", place + 1)));
        lines.push(String::new());
        let path = self.path();
        if !*is_interrupted {
            // Whoever does not want to wait is not kept waiting by one more run.
            let made = Made::new(registry, Scenario::parse(&path, &self.text(), None)?, &path, None)?;
            let opened = made.open(Lines::Digest(Digest::default()))?;
            lines.extend(made.found(&opened));
        }
        if self.shrink.out.is_none() {
            let mut more: Vec<&str> =
                self.shrink.promise.iter().flat_map(|name| ["--promise", name.as_str()]).collect();
            more.extend(["--out", &path]);
            lines.push(format!("KEEP IT  {}", command(self.shrink, self.scenario, "shrink", &more)));
        }
        lines.push(format!("NEXT  {}", invocation(&["run", &path])));
        lines.push(format!("      {}", invocation(&["view", &path])));
        Ok(lines)
    }

    fn json(&self) -> serde_json::Value {
        let Shrunk { from, to, tries, steps, is_interrupted, .. } = self.shrunk;
        let size = |extent: &Extent| json!({"events": extent.events, "faults": extent.faults});
        json!({
            "scenario": self.shrink.which.scenario,
            "variant": self.shrink.which.variant,
            "seed": self.scenario.plan.seed,
            "kept": self.goal.words(self.scenario),
            "from": size(from),
            "to": size(to),
            "tries": tries,
            "interrupted": is_interrupted,
            "steps": steps,
            "text": self.text(),
        })
    }
}
