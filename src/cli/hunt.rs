//! `hunt`: seeds and faults searched for a run that breaks a promise.

use super::Exit;
use super::arguments::{Hunt, Plain};
use super::run::create;
use super::shared::{Stop, counted, heeding, interrupted, invocation, load_by_name, pool, print, progress_bar};
use super::sweep::stop_of;
use crate::explore::hunt::{self, Hunted, Prey};
use crate::scenario::{Registry, Scenario};
use serde_json::json;
use std::io::Write;

pub fn hunt(registry: &Registry, hunt: &Hunt) -> Result<Exit, Stop> {
    let scenario = load_by_name(&hunt.scenario, hunt.variant.as_deref())?;
    let runner = registry.prepare(&scenario)?;
    if scenario.plan.schedule.is_some() {
        let help = "Leave out its field schedule; or search all its orders:  explore";
        return Err(Stop::wrong(format!(
            "{} lays down what happens, so no fault can be added\n{help}",
            scenario.name
        )));
    }
    let pool = pool(hunt.jobs)?;
    let bar = progress_bar(hunt.runs);
    let ask = || {
        bar.inc(1);
        !interrupted()
    };
    let asked = hunt::Hunt { seed: hunt.seed, runs: hunt.runs, guided: !hunt.blind };
    #[expect(clippy::disallowed_types, reason = "people are told how fast it went, on standard error")]
    let started = std::time::Instant::now();
    let hunted = heeding(|| hunt::hunt(registry, (&scenario, runner.as_ref()), asked, &pool, &ask));
    bar.finish_and_clear();
    let hunted = hunted.map_err(|trouble| stop_of(&scenario, trouble))?;
    let seconds = started.elapsed().as_secs_f64().max(1e-9);
    let told = Told { scenario: &scenario, hunt, hunted: &hunted };
    match hunt.format {
        Plain::Json => print(&told.json().to_string())?,
        Plain::Text => print(&told.text().join("\n"))?,
    }
    if let (Some(found), Some(path)) = (&hunted.found, &hunt.out) {
        write!(create(path)?, "{}", told.as_scenario(found))?;
    }
    eprintln!(
        "{seconds:.1} s, {:.0} runs a second, {} at a time",
        hunted.runs as f64 / seconds,
        pool.current_num_threads()
    );
    if hunted.is_interrupted {
        let how_far = format!("{} of {} runs are done and have found nothing", hunted.runs, hunt.runs);
        return Err(Stop::interrupted(&format!("{how_far}\nAGAIN  {}", told.command(&[]))));
    }
    Ok(if hunted.found.is_some() { Exit::Broken } else { Exit::Met })
}

/// What is told of a hunt.
struct Told<'a> {
    scenario: &'a Scenario,
    hunt: &'a Hunt,
    hunted: &'a Hunted,
}

impl Told<'_> {
    fn text(&self) -> Vec<String> {
        let Hunted { runs, events, pool, features, last_new, ref found, .. } = *self.hunted;
        let name = match &self.scenario.variant {
            Some(variant) => format!("{} ({variant})", self.hunt.scenario),
            None => self.hunt.scenario.clone(),
        };
        let (manner, seed) = (if self.hunt.blind { ", blind" } else { "" }, self.hunt.seed);
        let mut lines = vec![
            format!("hunt {name}  seed {seed}{manner}"),
            format!("  {}", self.scenario.title),
            format!(
                "LOOKED AT  {}, {events} events; {pool} reached something new, the last of them the {last_new}.",
                counted(runs, "run")
            ),
            format!("           {features} kinds of state and fault together"),
        ];
        let Some(prey) = found else {
            lines.push(
                "FOUND  nothing: no promise that is to hold was broken. That is evidence, and no proof.".to_owned(),
            );
            return lines;
        };
        let faults = counted(prey.plan.faults.len() as u64, "fault");
        lines.push(format!("FOUND  {}", prey.what));
        lines.push(format!("       with seed {} and {faults} more than the scenario has:", prey.plan.seed));
        lines.extend(prey.plan.faults.iter().map(|fault| format!("  {}", fault.written())));
        let path = self.path();
        if self.hunt.out.is_none() {
            lines.push(format!("KEEP IT  {}", self.command(&["--out", &path])));
        }
        let seed = prey.plan.seed.to_string();
        lines.push(format!("NEXT  {}", invocation(&["run", &path])));
        if prey.promise.is_some() {
            lines.push(format!("      {}", invocation(&["shrink", &path, "--seed", &seed])));
        }
        lines
    }

    fn path(&self) -> String {
        self.hunt.out.as_ref().map_or("found.ron".to_owned(), |path| path.display().to_string())
    }

    fn command(&self, more: &[&str]) -> String {
        let (runs, seed) = (self.hunt.runs.to_string(), self.hunt.seed.to_string());
        let mut words = vec!["hunt", self.hunt.scenario.as_str()];
        words.extend(self.hunt.variant.iter().flat_map(|variant| ["--variant", variant.as_str()]));
        words.extend(["--runs", &runs, "--seed", &seed]);
        words.extend(self.hunt.blind.then_some("--blind"));
        words.extend(more);
        invocation(&words)
    }

    /// What was found as a scenario that expects just this.
    fn as_scenario(&self, prey: &Prey) -> String {
        let expect = prey.promise.map_or_else(String::new, |promise| format!("Violated({promise})"));
        format!("// Found by {}\n{}", self.command(&[]), prey.plan.text(self.scenario, &expect))
    }

    fn json(&self) -> serde_json::Value {
        let Hunted { runs, events, pool, features, last_new, ref found, .. } = *self.hunted;
        let found = found.as_ref().map(|prey| {
            let faults: Vec<String> = prey.plan.faults.iter().map(|fault| fault.written()).collect();
            json!({"promise": prey.promise.map(|promise| promise.name()), "what": prey.what, "seed": prey.plan.seed,
                "faults": faults, "scenario": self.as_scenario(prey)})
        });
        json!({
            "scenario": self.hunt.scenario, "variant": self.scenario.variant, "seed": self.hunt.seed, "runs": runs,
            "events": events, "pool": pool, "features": features, "last_new": last_new, "found": found,
        })
    }
}
