//! `compare`: many seeds of several worlds, their measures side by side, with how sure they are.
//!
//! All worlds run with the same seeds. What is compared is the mean over seeds of each run's figure; of two worlds whose
//! intervals do not touch it is said which is larger. That is a cautious rule: where intervals touch, worlds may differ
//! all the same, and more seeds would tell.

mod picture;
mod plot;
mod scale;
mod table;

use super::Exit;
use super::arguments::{Compare, Comparison};
use super::run::{create, refuse_endless};
use super::shared::{Stop, heeding, interrupted, invocation, load_by_name, pool, print, progress_bar, words_of};
use crate::check::measures::{FIGURES, Figure, Interval, Summary, summaries};
use crate::scenario::{Registry, Runner, Scenario};
use indicatif::ProgressBar;
use rayon::prelude::*;
use serde_json::{Map, Value, json};
use std::io::Write;
use std::ops::Range;

/// A scenario, or a variant of one, with what its runs came to.
struct World {
    /// How tables and pictures call it: `A`.
    letter: String,
    scenario: String,
    variant: Option<String>,
    title: String,
    /// Every figure, in the order of [`FIGURES`].
    summaries: Vec<Summary>,
}

impl World {
    /// `raft/nemesis (vote-not-persisted)`.
    fn name(&self) -> String {
        self.variant.as_ref().map_or_else(|| self.scenario.clone(), |name| format!("{} ({name})", self.scenario))
    }
}

/// The worlds beside each other.
struct Worlds {
    worlds: Vec<World>,
    seeds: Range<u64>,
}

impl Worlds {
    /// The figures that any of the worlds has, with each world's summary. What only repeats the one before is left out.
    fn figures(&self) -> Vec<(&'static Figure, Vec<&Summary>)> {
        let mut rows: Vec<(&'static Figure, Vec<&Summary>)> = Vec::new();
        for (place, figure) in FIGURES.iter().enumerate() {
            let row: Vec<&Summary> = self.worlds.iter().map(|world| &world.summaries[place]).collect();
            let repeats = |(_, last): &(_, Vec<&Summary>)| row.iter().zip(last).all(|(one, last)| one.repeats(last));
            if row.iter().any(|one| one.interval.is_some()) && !rows.last().is_some_and(repeats) {
                rows.push((figure, row));
            }
        }
        rows
    }

    /// The figures that are worth drawing, and in words those that are the same in all worlds.
    fn drawn(&self) -> (Vec<(&'static Figure, Vec<&Summary>)>, Option<String>) {
        let is_same = |row: &[&Summary]| row.iter().all(|one| one.interval == row[0].interval);
        let (same, drawn): (Vec<_>, Vec<_>) =
            self.figures().into_iter().partition(|(_, row)| row.len() > 1 && is_same(row));
        let same: Vec<&str> = same.iter().map(|(figure, _)| figure.words).collect();
        (drawn, (!same.is_empty()).then(|| format!("The same in all: {}.", same.join(", "))))
    }

    /// The worlds by letter, one a line.
    fn legend(&self) -> Vec<String> {
        let width = self.worlds.iter().map(|world| world.name().len()).max().unwrap_or(0);
        let line = |world: &World| format!("{}  {:width$}  {}", world.letter, world.name(), world.title);
        self.worlds.iter().map(line).collect()
    }

    /// `50 seeds (0..50)`.
    fn seeds(&self) -> String {
        let count = self.seeds.end - self.seeds.start;
        let seeds = if count == 1 { "seed" } else { "seeds" };
        format!("{count} {seeds} ({}..{})", self.seeds.start, self.seeds.end)
    }
}

/// `>` where an interval is above that of the first world and does not touch it, `<` where it is below.
fn mark(first: &Summary, other: &Summary) -> &'static str {
    let bounds = |summary: &Summary| summary.interval.and_then(|interval| interval.bounds);
    match (bounds(first), bounds(other)) {
        (Some(first), Some(other)) if other.is_above(&first) => ">",
        (Some(first), Some(other)) if first.is_above(&other) => "<",
        _ => "",
    }
}

pub fn compare(registry: &Registry, compare: &Compare) -> Result<Exit, Stop> {
    let scenarios = scenarios(compare)?;
    let runners = scenarios.iter().map(|(_, scenario)| Ok(registry.prepare(scenario)?));
    let runners: Vec<Box<dyn Runner>> = runners.collect::<Result<_, Stop>>()?;
    let pool = pool(compare.jobs)?;
    let bar = progress_bar(scenarios.len() as u64 * (compare.seeds.end - compare.seeds.start));
    let mut worlds = Vec::new();
    for (place, ((called, scenario), runner)) in scenarios.iter().zip(&runners).enumerate() {
        let measure = || measure(called, scenario, runner.as_ref(), compare.seeds.clone(), &bar);
        let Some(runs) = heeding(|| pool.install(measure))? else {
            // A bar that is finished is a full one.
            let (done, all) = (bar.position(), bar.length().unwrap_or_default());
            bar.finish_and_clear();
            return Err(Stop::interrupted(&format!("{done} of {all} runs were made; nothing is compared")));
        };
        worlds.push(World {
            letter: letter(place),
            scenario: called.clone(),
            variant: scenario.variant.clone(),
            title: scenario.title.clone(),
            summaries: summaries(&runs),
        });
    }
    bar.finish_and_clear();
    tell(compare, &Worlds { worlds, seeds: compare.seeds.clone() })?;
    Ok(Exit::Met)
}

/// The scenarios and variants that are meant, in order, each with the name it was called by.
fn scenarios(compare: &Compare) -> Result<Vec<(String, Scenario)>, Stop> {
    let mut all = Vec::new();
    for called in &compare.scenarios {
        let scenario = load_by_name(called, None)?;
        let variants = if compare.every_variant { &scenario.variants } else { &compare.variants };
        let variants = variants.iter().map(|name| scenario.with_variant(name)).collect::<Result<Vec<_>, _>>()?;
        all.push((called.clone(), scenario));
        all.extend(variants.into_iter().map(|variant| (called.clone(), variant)));
    }
    Ok(all)
}

fn letter(place: usize) -> String {
    let letter = char::from(b'A' + (place % 26) as u8);
    if place < 26 { letter.to_string() } else { format!("{letter}{}", place / 26) }
}

/// The figures of each seed, in order, whatever the number of threads; `None` where the person interrupts it.
fn measure(
    called: &str,
    scenario: &Scenario,
    runner: &dyn Runner,
    seeds: Range<u64>,
    bar: &ProgressBar,
) -> Result<Option<Vec<Vec<Option<f64>>>>, Stop> {
    let one = |seed: u64| {
        let measured = runner.measure(seed).map_err(|failure| {
            let seed = seed.to_string();
            Stop::from_failure(failure, &invocation(&words_of("run", called, scenario.variant.as_deref(), &seed)))
        });
        let (judged, measures) = measured?;
        refuse_endless(scenario, judged.over, judged.end)?;
        bar.inc(1);
        Ok(measures.figures())
    };
    let unless_interrupted = |seed| (!interrupted()).then(|| one(seed));
    let runs: Vec<Option<Result<_, Stop>>> = seeds.into_par_iter().map(unless_interrupted).collect();
    // The first seed that fails is the one that is told of.
    let runs: Option<Result<_, Stop>> = runs.into_iter().collect();
    runs.transpose()
}

fn tell(compare: &Compare, worlds: &Worlds) -> Result<(), Stop> {
    let text = match compare.format {
        Comparison::Text => {
            let mut lines = table::lines(worlds);
            if compare.plot {
                lines.push(String::new());
                lines.extend(plot::lines(worlds, compare.ascii));
            }
            lines.extend(["".to_owned(), format!("NEXT  {}", picture_command(compare))]);
            lines.join("\n")
        }
        Comparison::Json => {
            let lines = worlds.worlds.iter().map(|world| json(world, &worlds.seeds, compare.values).to_string());
            lines.collect::<Vec<_>>().join("\n")
        }
        Comparison::Svg => picture::svg(worlds),
    };
    let Some(path) = &compare.out else { return print(&text) };
    let mut file = create(path)?;
    writeln!(file, "{}", text.trim_end())?;
    Ok(file.flush()?)
}

/// The command that draws the same comparison.
fn picture_command(compare: &Compare) -> String {
    let seeds = format!("{}..{}", compare.seeds.start, compare.seeds.end);
    let mut words = vec!["compare"];
    words.extend(compare.scenarios.iter().map(String::as_str));
    words.extend(compare.variants.iter().flat_map(|name| ["--variant", name.as_str()]));
    if compare.every_variant {
        words.push("--variants");
    }
    words.extend(["--seeds", &seeds, "--format", "svg", "--out", "compare.svg"]);
    invocation(&words)
}

fn json(world: &World, seeds: &Range<u64>, with_values: bool) -> Value {
    let measure = |summary: &Summary| {
        let Interval { count, mean, bounds } = summary.interval?;
        let mut told =
            json!({"n": count, "mean": mean, "low": bounds.map(|it| it.low), "high": bounds.map(|it| it.high)});
        if with_values {
            told["values"] = json!(summary.values);
        }
        Some((summary.figure.name.to_owned(), told))
    };
    let measures: Map<String, Value> = world.summaries.iter().filter_map(measure).collect();
    json!({
        "scenario": world.scenario, "variant": world.variant, "seeds": [seeds.start, seeds.end], "measures": measures
    })
}
