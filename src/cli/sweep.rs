//! `sweep`: many seeds on all cores; the failing ones with the promise that they broke.

use super::Exit;
use super::arguments::{Plain, Sweep};
use super::run::refuse_endless;
use super::shared::{
    Stop, counted, heeding, interrupted, invocation, load_by_name, pool, print, progress_bar, words_of,
};
use crate::explore::coverage::Reached;
use crate::explore::sweep::{self, Asked, Ended, Failing, Header, Part, Recording, Swept, Trouble};
use crate::scenario::{Registry, Scenario};
use serde_json::json;
use std::path::Path;

/// How many failing seeds, and features that one seed reached, are told where a file holds them all.
const TOLD: usize = 20;

pub fn sweep(registry: &Registry, sweep: &Sweep) -> Result<Exit, Stop> {
    let scenario = load_by_name(&sweep.scenario, sweep.variant.as_deref())?;
    let runner = registry.prepare(&scenario)?;
    let asked = Asked {
        seeds: sweep.seeds.clone(),
        part: sweep.partition.unwrap_or(Part::WHOLE),
        coverage: sweep.coverage || sweep.until_quiet.is_some(),
    };
    let header = Header::new(&sweep.scenario, &scenario, &asked);
    let mut swept = Swept::default();
    let mut recording = match &sweep.out {
        Some(path) => Some(resume(path, &header, &mut swept)?),
        None => None,
    };
    let before = (swept.seeds, swept.events);
    let pool = pool(sweep.jobs)?;
    let bar = progress_bar(asked.count());
    bar.set_position(swept.seeds);
    #[expect(clippy::disallowed_types, reason = "people are told how fast it went, on standard error")]
    let started = std::time::Instant::now();
    let ask = || {
        bar.inc(1);
        !interrupted()
    };
    let mut keep = |block: &sweep::Block| recording.as_mut().map_or(Ok(()), |recording| recording.keep(block));
    let ended = heeding(|| {
        sweep::sweep((&scenario, runner.as_ref()), &asked, sweep.until_quiet, &mut swept, &pool, &ask, &mut keep)
    });
    bar.finish_and_clear();
    let ended = ended.map_err(|trouble| stop_of(&scenario, trouble))?;
    let seconds = started.elapsed().as_secs_f64().max(1e-9);
    let told = Told { header: &header, swept: &swept, in_file: sweep.out.is_some() };
    told.tell(sweep.format)?;
    if before.0 > 0 {
        eprintln!("{} were in the file already", counted(before.0, "seed"));
    }
    let speed = (swept.events - before.1) as f64 / seconds / 1e6;
    eprintln!("{seconds:.1} s, {speed:.2} million events a second, {} at a time", pool.current_num_threads());
    if ended == Ended::Interrupted {
        let all = asked.count();
        return Err(Stop::interrupted(&format!(
            "{} of {all} seeds are done\nGO ON  {}",
            swept.seeds,
            go_on(sweep, &asked, &swept)
        )));
    }
    Ok(told.exit())
}

/// Opens the file of a sweep, and takes from it what it holds already.
fn resume(path: &Path, header: &Header, swept: &mut Swept) -> Result<Recording, Stop> {
    let (recording, blocks) = Recording::open(path, header).map_err(|why| {
        let help = "It was left as it is. Choose another file, or remove this one.";
        Stop::wrong(format!("{} cannot go on in this sweep: {why}\n{help}", path.display()))
    })?;
    blocks.into_iter().for_each(|block| swept.add(block));
    Ok(recording)
}

/// What is said of a sweep or a hunt that could not go on.
pub fn stop_of(scenario: &Scenario, trouble: Trouble) -> Stop {
    match trouble {
        Trouble::Endless(over, end) => match refuse_endless(scenario, over, end) {
            Err(stop) => stop,
            Ok(()) => Stop::wrong("a run would never end"),
        },
        Trouble::Failed(failure) => Stop::from_failure(failure, ""),
        Trouble::Unwritten(error) => Stop::wrong(format!("what was found cannot be kept: {error}")),
    }
}

/// The command that does what is left.
fn go_on(sweep: &Sweep, asked: &Asked, swept: &Swept) -> String {
    let next = asked.blocks(swept.blocks).next().map_or(asked.seeds.end, |block| block.start);
    // Only a file remembers what is done.
    let first = if sweep.out.is_some() { asked.seeds.start } else { next };
    let (seeds, part) = (format!("{first}..{}", asked.seeds.end), asked.part.to_string());
    let quiet = sweep.until_quiet.map(|most| most.to_string());
    let out = sweep.out.as_ref().map(|path| path.display().to_string());
    let jobs = sweep.jobs.map(|jobs| jobs.to_string());
    let mut words = vec!["sweep", sweep.scenario.as_str()];
    let options = [
        ("--variant", sweep.variant.as_deref()),
        ("--seeds", Some(seeds.as_str())),
        ("--partition", sweep.partition.map(|_| part.as_str())),
        ("--until-quiet", quiet.as_deref()),
        ("--jobs", jobs.as_deref()),
        ("--out", out.as_deref()),
    ];
    words.extend(options.iter().filter_map(|(option, value)| Some([*option, (*value)?])).flatten());
    if sweep.coverage {
        words.push("--coverage");
    }
    if sweep.format == Plain::Json {
        words.extend(["--format", "json"]);
    }
    invocation(&words)
}

/// What is told of a sweep, or of one that was put together.
pub struct Told<'a> {
    /// What was swept.
    pub header: &'a Header,
    /// What came of it.
    pub swept: &'a Swept,
    /// Whether a file holds all that failed.
    pub in_file: bool,
}

impl Told<'_> {
    /// Whether all seeds did what the scenario expects.
    pub fn exit(&self) -> Exit {
        if self.swept.failing.is_empty() { Exit::Met } else { Exit::Broken }
    }

    /// Prints it.
    pub fn tell(&self, format: Plain) -> Result<(), Stop> {
        match format {
            Plain::Json => self.json(),
            Plain::Text => self.text(),
        }
    }

    /// The seeds that are run, and which part of them.
    fn seeds(&self) -> String {
        let asked = self.header.asked();
        let part = if asked.part == Part::WHOLE { String::new() } else { format!(", part {}", asked.part) };
        // A whole sweep that ended early has run the first seeds only.
        let end = if part.is_empty() { asked.seeds.start + self.swept.seeds } else { asked.seeds.end };
        format!("{}..{end}{part}", asked.seeds.start)
    }

    fn command(&self, seed: u64) -> String {
        let Header { scenario, variant, .. } = self.header;
        invocation(&words_of("run", scenario, variant.as_deref(), &seed.to_string()))
    }

    fn text(&self) -> Result<(), Stop> {
        let Swept { seeds, events, failing, .. } = self.swept;
        let told = if self.in_file { TOLD } else { usize::MAX };
        for Failing { seed, what } in failing.iter().take(told) {
            print(&format!("seed {seed}  {what}\n  {}", self.command(*seed)))?;
        }
        if failing.len() > told {
            print(&format!("and {} more, which are in the file", counted((failing.len() - told) as u64, "seed")))?;
        }
        let failed = failing.len() as u64;
        print(&format!(
            "{seeds} seeds ({}): {} as expected, {failed} not; {events} events",
            self.seeds(),
            seeds - failed
        ))?;
        self.swept.reached.as_ref().map_or(Ok(()), |reached| self.reached(reached))
    }

    /// What the seeds reached together, and which of it by one seed only.
    fn reached(&self, reached: &Reached) -> Result<(), Stop> {
        print(&format!(
            "{} kinds of state and fault reached, none of them new in the last {}",
            reached.len(),
            counted(self.swept.quiet, "seed")
        ))?;
        let once: Vec<_> = reached.once().collect();
        if !once.is_empty() {
            print(&format!("reached by one seed only: {}", once.len()))?;
        }
        for (feature, seed) in once.iter().take(TOLD) {
            print(&format!("  seed {seed:<6} {feature}"))?;
        }
        if once.len() > TOLD {
            print(&format!("  and {} more: --format json tells all", once.len() - TOLD))?;
        }
        Ok(())
    }

    fn json(&self) -> Result<(), Stop> {
        let Swept { seeds, events, failing, reached, quiet, .. } = self.swept;
        for Failing { seed, what } in failing {
            print(&json!({"seed": seed, "failure": what, "command": self.command(*seed)}).to_string())?;
        }
        let asked = self.header.asked();
        let (start, end) =
            (asked.seeds.start, if asked.part == Part::WHOLE { asked.seeds.start + seeds } else { asked.seeds.end });
        let mut told = json!({"seeds": [start, end], "runs": seeds, "failing": failing.len(), "events": events});
        if asked.part != Part::WHOLE {
            told["part"] = json!([asked.part.number, asked.part.of]);
        }
        if let Some(reached) = reached {
            let once = reached.once().map(|(feature, seed)| json!({"feature": feature.to_string(), "seed": seed}));
            told["features"] = json!(reached.len());
            told["quiet"] = json!(quiet);
            told["once"] = once.collect();
        }
        print(&told.to_string())
    }
}
