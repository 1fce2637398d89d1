//! `run`: one run, told as a story, event by event, or as a trace.

use super::Exit;
use super::arguments::{Color, Format, Run};
use super::ask::ask;
use super::shared::{Stop, heeding, interrupted, invocation, load, print, words_of};
use super::{but, setting, trace_file};
use crate::check::{Answer, Claim, Judge, Measure, Promise, Question, Verdict, Violation};
use crate::explore::unexpected;
use crate::kernel::Over;
use crate::node::{EventId, SimSpan, SimTime};
use crate::scenario::{Failure, Moment, Opened, Registry, Runner, Scenario};
use crate::trace::{Asked, Digest, Lines, Standing, Telling, explain_violation, grouped, narrate, tell};
use rayon::prelude::*;
use std::cell::OnceCell;
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write};

pub fn run(registry: &Registry, run: &Run, _color: Color) -> Result<Exit, Stop> {
    super::export::refuse_from_without_picture(run)?;
    if run.narrate && run.format != Format::Story {
        return Err(Stop::usage("--narrate tells the story; other formats cannot be narrated: leave out --format"));
    }
    let mut scenario = load(&run.which)?;
    if let Some(until) = &run.until {
        let span: SimSpan = until.parse().map_err(Stop::usage)?;
        scenario.plan.until = SimTime(span.0);
    }
    let made = Made::new(registry, scenario, &run.which.scenario, run.which.variant.as_deref())?;
    if run.which.but.is_empty() {
        return made.run(run);
    }
    let changed = but::changed(registry, made, &run.which.but)?;
    match run.format {
        Format::Story if !run.narrate => but::tell(changed, run),
        _ => changed.made.run(run),
    }
}

pub fn create(path: &std::path::Path) -> Result<BufWriter<File>, Stop> {
    let file = File::create(path);
    Ok(BufWriter::new(file.map_err(|error| Stop::wrong(format!("{} cannot be written: {error}", path.display())))?))
}

/// A scenario that is ready to be run, and how it was called for.
pub struct Made {
    /// The scenario.
    pub scenario: Scenario,
    runner: Box<dyn Runner>,
    /// The scenario as it was named on the command line.
    called: String,
    variant: Option<String>,
    /// The changes that were asked for, as they were written. The scenario has them already.
    pub but: Vec<String>,
    /// What its run was worth in numbers, once that was asked for.
    card: OnceCell<String>,
}

/// From so many operations on, a run's measures say something; verbose stories have them always.
const MEASURED: u64 = 20;

impl Made {
    /// Makes a scenario ready.
    pub fn new(registry: &Registry, scenario: Scenario, called: &str, variant: Option<&str>) -> Result<Self, Stop> {
        let runner = registry.prepare(&scenario)?;
        Ok(Made {
            scenario,
            runner,
            called: called.to_owned(),
            variant: variant.map(str::to_owned),
            but: Vec::new(),
            card: OnceCell::new(),
        })
    }

    /// Another scenario in its place, called for in the same way.
    pub fn with(&self, registry: &Registry, scenario: Scenario) -> Result<Self, Stop> {
        Made::new(registry, scenario, &self.called, self.variant.as_deref())
    }

    /// The run by its name: `raft/leader-crash@42 but crash n2 at 3s`.
    pub fn called(&self) -> String {
        let mut name = self.called.clone();
        name.extend(self.variant.iter().map(|variant| format!(":{variant}")));
        name += &format!("@{}", self.scenario.plan.seed);
        name.extend(self.but.iter().map(|change| format!(" but {change}")));
        name
    }

    /// The command that does something else with this run.
    pub fn command(&self, command: &str, more: &[&str]) -> String {
        let seed = self.scenario.plan.seed.to_string();
        let mut words = words_of(command, &self.called, self.variant.as_deref(), &seed);
        words.extend(self.but.iter().flat_map(|change| ["--but", change.as_str()]));
        words.extend(more);
        invocation(&words)
    }

    /// Runs it and prints what is asked for.
    fn run(&self, run: &Run) -> Result<Exit, Stop> {
        match run.format {
            Format::Story => {
                let opened = self.open(Lines::Digest(Digest::default()))?;
                let asks = !run.no_ask
                    && !run.narrate
                    && run.out.is_none()
                    && std::io::stdin().is_terminal()
                    && std::io::stdout().is_terminal();
                let told = || match run.narrate {
                    true => self.narration(&opened, run.verbose),
                    false => self.story(&opened, run.verbose, &[]),
                };
                match &run.out {
                    Some(path) => {
                        let story = told();
                        let mut file = create(path)?;
                        writeln!(file, "{}", story.join("\n"))?;
                        file.flush()?;
                    }
                    None if asks => self.tell_and_ask(&opened, run.verbose)?,
                    None => print(&told().join("\n"))?,
                }
                self.exit(&opened)
            }
            Format::Log | Format::Jsonl => {
                let out: Box<dyn Write> = match &run.out {
                    Some(path) => Box::new(create(path)?),
                    None => Box::new(BufWriter::new(std::io::stdout())),
                };
                let opened = match run.format {
                    Format::Log => self.open(Lines::Log(Digest::default(), out))?,
                    _ => {
                        let mut out = out;
                        writeln!(out, "{}", trace_file::header(&self.scenario))?;
                        self.open(Lines::Json(Digest::default(), out))?
                    }
                };
                if run.format == Format::Jsonl {
                    let footer = trace_file::footer(opened.session.as_ref(), &self.verdicts(&opened));
                    match &run.out {
                        Some(path) => writeln!(File::options().append(true).open(path)?, "{footer}")?,
                        None => print(&footer)?,
                    }
                }
                self.exit(&opened)
            }
            Format::Edn => {
                let opened = self.open(Lines::None)?;
                super::export::export_edn(run, &opened)?;
                self.exit(&opened)
            }
            Format::Shiviz | Format::Mermaid | Format::Svg | Format::Html | Format::Perfetto => {
                let opened = self.open(Lines::Digest(Digest::default()))?;
                super::export::export(run, self, &opened)?;
                self.exit(&opened)
            }
        }
    }

    /// Runs it.
    pub fn open(&self, lines: Lines) -> Result<Opened, Stop> {
        let mut reached = (0, SimTime::ZERO);
        let mut progress = |events, time| {
            reached = (events, time);
            !interrupted()
        };
        let opened = heeding(|| self.runner.open(self.scenario.plan.seed, lines, &mut progress));
        let opened = opened.map_err(|failure| match failure {
            Failure::Interrupted => {
                let (events, time) = (grouped(reached.0.into()), reached.1);
                Stop::interrupted(&format!("at {time} s of {} s, after {events} events", self.scenario.plan.until))
            }
            failure => Stop::from_failure(failure, &self.command("run", &[])),
        })?;
        refuse_endless(&self.scenario, opened.session.over(), opened.session.end())?;
        Ok(opened)
    }

    /// What became of each expectation.
    pub fn verdicts(&self, opened: &Opened) -> Vec<Verdict> {
        let end = opened.session.end();
        self.scenario.expect.iter().map(|expectation| opened.judge.verdict(&expectation.claim, end)).collect()
    }

    /// How the process ends after this run.
    pub fn exit(&self, opened: &Opened) -> Result<Exit, Stop> {
        Ok(if self.met(&self.verdicts(opened), &opened.judge) { Exit::Met } else { Exit::Broken })
    }

    fn met(&self, verdicts: &[Verdict], judge: &Judge) -> bool {
        verdicts.iter().all(|verdict| verdict.holds) && unexpected(&self.scenario, judge).next().is_none()
    }

    /// The story, with the answers that the person gave so far.
    pub fn story(&self, opened: &Opened, verbose: bool, answered: &[String]) -> Vec<String> {
        let shown = shown_violations(&self.scenario, &opened.judge);
        let main = shown.iter().find(|violation| violation.promise != Promise::SinglePrimary).map(|it| it.promise);
        let (mut whole, mut brief) = (Vec::new(), Vec::new());
        for violation in &shown {
            if verbose || Some(violation.promise) == main {
                whole.extend(self.breach(opened, violation));
                whole.push(String::new());
            } else if !self.mentioned(violation.promise) {
                brief.extend(self.brief_breach(violation));
                brief.push(String::new());
            }
        }
        let mut lines = tell(opened.session.trace(), &self.telling(opened, verbose, answered, brief.len()));
        let next = lines.iter().rposition(|line| line.starts_with("NEXT")).unwrap_or(lines.len());
        let next = lines.split_off(next);
        lines.extend(brief);
        lines.extend(whole);
        lines.extend(next);
        lines
    }

    /// The story in whole sentences, for the ear. Where a promise was broken beside the main one, how is not told.
    fn narration(&self, opened: &Opened, verbose: bool) -> Vec<String> {
        let shown = shown_violations(&self.scenario, &opened.judge);
        let main = shown.iter().find(|violation| violation.promise != Promise::SinglePrimary).map(|it| it.promise);
        let (mut broken, mut taken) = (Vec::new(), 0);
        for violation in &shown {
            let told = self.told(violation);
            if verbose || Some(violation.promise) == main {
                broken.push(told);
            } else if !self.mentioned(violation.promise) {
                taken += self.brief_breach(violation).len() + 1;
                broken.push(crate::trace::Violation { culprits: Vec::new(), ..told });
            }
        }
        let mut telling = self.telling(opened, verbose, &[], taken);
        telling.name.extend(self.but.iter().map(|change| format!(", but {change}")));
        narrate(opened.session.trace(), &telling, &broken)
    }

    /// What was broken in a run that a search has found, and where to look.
    pub fn found(&self, opened: &Opened) -> Vec<String> {
        let shown = shown_violations(&self.scenario, &opened.judge);
        shown.iter().take(1).flat_map(|violation| self.breach(opened, violation)).collect()
    }

    /// Whether a verdict tells of this promise already.
    fn mentioned(&self, promise: Promise) -> bool {
        let about = |claim: &Claim| matches!(claim, Claim::Holds(named) | Claim::Violated(named) if named.parts().contains(&promise));
        self.scenario.expect.iter().any(|expectation| about(&expectation.claim))
    }

    /// That a promise was broken, for one that is not the main thing.
    fn brief_breach(&self, violation: &Violation) -> Vec<String> {
        let at = violation.event.to_string();
        let mut lines = vec![format!("BROKEN  {} at {at}: {}", violation.promise, violation.headline)];
        lines.extend(violation.seen.iter().take(2).map(|seen| format!("  seen  {seen}")));
        lines.push(format!("  why   {}", self.command("why", &[&at])));
        lines
    }

    /// How a promise was broken, and where to look.
    fn breach(&self, opened: &Opened, violation: &Violation) -> Vec<String> {
        let mut lines = explain_violation(opened.session.trace(), &self.told(violation));
        // The judge and the storyteller may have drawn the same conclusion.
        let mut said: Vec<String> = Vec::new();
        lines.retain(|line| {
            let fresh = !said.iter().any(|earlier| earlier == line.trim());
            said.push(line.trim().to_owned());
            fresh
        });
        lines.extend(self.other_variants());
        lines
    }

    /// A broken promise as it is told.
    fn told(&self, violation: &Violation) -> crate::trace::Violation {
        let at = violation.event.to_string();
        crate::trace::Violation {
            name: violation.name(),
            at: Some(violation.event),
            headline: violation.headline.clone(),
            promised: violation.promise.promise().to_owned(),
            seen: violation.seen.clone(),
            picture: violation.picture.clone(),
            culprits: violation.culprits.clone(),
            insight: violation.insight.iter().cloned().collect(),
            from_start: setting::from_start(&self.scenario.plan),
            next: vec![self.command("view", &["--at", &at])],
        }
    }

    /// Commands that run the other variants, to see what the promise hangs on.
    fn other_variants(&self) -> Vec<String> {
        let seed = self.scenario.plan.seed.to_string();
        let others: Vec<Option<&str>> = match self.scenario.variant {
            Some(_) => vec![None],
            None => self.scenario.variants.iter().take(2).map(|name| Some(name.as_str())).collect(),
        };
        let commands = others.into_iter().map(|other| invocation(&words_of("run", &self.called, other, &seed)));
        commands.enumerate().map(|(n, text)| format!("{}{text}", if n == 0 { "TRY  " } else { "     " })).collect()
    }

    /// What was expected, in words, and how it turned out.
    fn standings(&self, opened: &Opened, verbose: bool) -> Vec<(Standing, String)> {
        let mut told = Vec::new();
        for verdict in self.verdicts(opened) {
            match verdict.claim {
                Claim::Holds(promise) if verdict.holds && promise.parts().len() > 1 => {
                    let parts = promise.parts();
                    let one_by_one = if verbose { parts } else { &parts[..1] };
                    for part in one_by_one {
                        let text = opened.judge.verdict(&Claim::Holds(*part), opened.session.end()).text;
                        told.push((Standing::Held, format!("{part}: {text}")));
                    }
                    let rest = parts.len() - one_by_one.len();
                    if rest > 0 {
                        told.push((Standing::Held, format!("{} other Raft promises (--verbose)", number_word(rest))));
                    }
                }
                Claim::Violated(promise) if verdict.holds => {
                    let mut told_of = standing(&verdict);
                    let seen = opened.judge.violation(promise).map(|it| it.seen.join("; ")).unwrap_or_default();
                    let is_main = promise != Promise::SinglePrimary;
                    if !is_main && !seen.is_empty() {
                        told_of.1 += &format!("; {seen}");
                    }
                    told.push(told_of);
                }
                _ => told.push(standing(&verdict)),
            }
        }
        told
    }

    fn telling(&self, opened: &Opened, verbose: bool, answered: &[String], taken: usize) -> Telling {
        let mut name = self.called.clone();
        name.extend(self.variant.iter().map(|variant| format!(" ({variant})")));
        Telling {
            name,
            title: self.scenario.title.clone(),
            seed: self.scenario.plan.seed,
            setting: setting::in_words(&self.scenario),
            from_start: setting::from_start(&self.scenario.plan),
            end: opened.session.end(),
            questions: self.questions(opened, answered),
            judged: answered.is_empty().then(|| self.plain_run()),
            verdicts: self.standings(opened, verbose),
            lost: opened.judge.lost_operations(),
            measures: self.card(opened, verbose),
            taken,
            digest: opened.session.digest().map(str::to_owned),
            next: self.next(opened),
            verbose,
        }
    }

    /// What the run was worth in numbers, where it is long enough. Messages are measured in a run of their own, so that no
    /// other has to.
    fn card(&self, opened: &Opened, verbose: bool) -> String {
        if !verbose && opened.judge.history().count(Measure::Invoked) < MEASURED {
            return String::new();
        }
        let measure = || self.runner.measure(self.scenario.plan.seed);
        self.card.get_or_init(|| measure().map(|(_, measures)| measures.card()).unwrap_or_default()).clone()
    }

    /// The command that runs the scenario with its own seed.
    fn plain_run(&self) -> String {
        let mut words = vec!["run", &self.called];
        words.extend(self.variant.iter().flat_map(|variant| ["--variant", variant.as_str()]));
        invocation(&words)
    }

    /// The questions that came up, in order, with the answers given so far.
    pub fn questions(&self, opened: &Opened, answered: &[String]) -> Vec<Asked> {
        let moments = opened.session.moments();
        let asked = |(place, moment): (usize, &Moment)| {
            let question = &self.scenario.questions[moment.question];
            let at = (moment.time, moment.before);
            let (options, answer, because) = match question {
                Question::Guess { answer, because, .. } => {
                    (opened.judge.options(answer, at), opened.judge.answer(answer, at), because)
                }
                Question::Judge { because, .. } => (judge_options(), None, because),
            };
            Asked {
                before: moment.before,
                time: moment.time,
                text: question.text().to_owned(),
                options,
                answered: answered.get(place).filter(|text| !text.is_empty()).cloned(),
                answer,
                shown: answered_at(opened, question, moment.before),
                because: because.clone().unwrap_or_default(),
            }
        };
        moments.iter().enumerate().map(asked).collect()
    }

    /// What the question of a moment asks, answered over many seeds: `sometimes (63 of 200 seeds)`.
    pub fn judged(&self, question: &Question) -> Option<String> {
        let Question::Judge { claim, seeds, .. } = question else { return None };
        let true_of = |seed: u64| {
            let judged = self.runner.judge(seed).ok()?;
            Some(judged.judge.verdict(claim, judged.end).holds)
        };
        let truths: Vec<bool> = (0..u64::from(*seeds)).into_par_iter().filter_map(true_of).collect();
        let count = truths.iter().filter(|&&holds| holds).count();
        let word = match count {
            0 => "never",
            _ if count == truths.len() => "always",
            _ => "sometimes",
        };
        Some(format!("{word}: in {count} of {} seeds", truths.len()))
    }

    /// Prints the story up to each question, asks it, and goes on.
    fn tell_and_ask(&self, opened: &Opened, verbose: bool) -> Result<(), Stop> {
        let mut answered: Vec<String> = Vec::new();
        let mut printed = 0;
        for (place, asked) in self.questions(opened, &[]).iter().enumerate() {
            let story = self.story(opened, verbose, &answered);
            let line = |text: &String| {
                text.trim_start().starts_with('?') && text.contains(&asked.text[..asked.text.len().min(20)])
            };
            let Some(stop) = story.iter().skip(printed).position(line).map(|found| found + printed) else {
                answered.push(String::new());
                continue;
            };
            if stop > printed {
                print(&story[printed..stop].join("\n"))?;
            }
            answered.push(ask(asked)?);
            if let Some(truth) = self.judged(&self.scenario.questions[opened.session.moments()[place].question]) {
                print(&format!("         ?  {truth}"))?;
            }
            // The question has been shown by asking it.
            let told = self.story(opened, verbose, &answered);
            let found = told.iter().skip(printed).position(line).map_or(stop, |found| found + printed) + 1;
            printed = found + told[found..].iter().take_while(|line| goes_on(asked, line)).count();
        }
        print(&self.story(opened, verbose, &answered)[printed..].join("\n"))
    }

    fn next(&self, opened: &Opened) -> Vec<String> {
        let trace = opened.session.trace();
        let at = trace.faults().first().map(|record| record.event.to_string());
        let leads = trace.facts().filter(|(_, _, fact)| matches!(fact, crate::node::Fact::BecameLeader { .. }));
        let why = leads.last().map(|(id, _, _)| id).or_else(|| trace.ids().next_back());
        let mut next = vec![match &at {
            Some(at) => self.command("view", &["--at", at]),
            None => self.command("view", &[]),
        }];
        next.extend(why.map(|id| self.command("why", &[&id.to_string()])));
        // Whatever the seed, the order of a schedule is laid down; and a changed run is one run.
        if self.scenario.plan.schedule.is_some() || !self.but.is_empty() {
            return next;
        }
        let mut sweep = vec!["sweep", &self.called];
        sweep.extend(self.variant.iter().flat_map(|variant| ["--variant", variant.as_str()]));
        sweep.extend(["--seeds", "0..1000"]);
        next.push(invocation(&sweep));
        next
    }
}

/// A small number in a word.
fn number_word(number: usize) -> String {
    let words = ["no", "one", "two", "three", "four", "five", "six"];
    words.get(number).map_or_else(|| number.to_string(), |word| (*word).to_owned())
}

/// A verdict in words.
fn standing(verdict: &Verdict) -> (Standing, String) {
    let Verdict { claim, holds, text, .. } = verdict;
    let standing = if *holds { Standing::Held } else { Standing::Broken };
    match claim {
        Claim::Holds(promise) => (standing, format!("{promise}: {text}")),
        Claim::Violated(promise) if *holds => (Standing::Shown, format!("{promise} broken, as expected: {text}")),
        Claim::Violated(promise) => (standing, format!("{promise} was to be broken, and was not: {text}")),
        _ => (standing, text.clone()),
    }
}

/// Whether a line of a story goes on with the words of a question.
fn goes_on(asked: &Asked, line: &str) -> bool {
    let of_it = |word: &str| asked.text.contains(word) || asked.options.iter().any(|option| option == word);
    line.starts_with("            ") && line.split_whitespace().all(of_it)
}

/// What may be said of something that is judged over many seeds.
pub fn judge_options() -> Vec<String> {
    ["always", "sometimes", "never"].map(str::to_owned).to_vec()
}

/// The event that answers a question, where one does.
pub fn answered_at(opened: &Opened, question: &Question, before: EventId) -> Option<EventId> {
    let Question::Guess { answer, .. } = question else { return None };
    let trace = opened.session.trace();
    let operation = |label: &str| trace.operations().iter().find(|record| record.label.as_deref() == Some(label));
    let ends = |id| {
        let of_it = |fact: &crate::node::Fact| {
            fact.operation() == Some(id)
                && matches!(fact, crate::node::Fact::Returned { .. } | crate::node::Fact::TimedOut { .. })
        };
        trace.facts().find(|(event, _, fact)| *event >= before && of_it(fact)).map(|(event, _, _)| event)
    };
    match answer {
        Answer::NextLeader => {
            let leads = |fact: &crate::node::Fact| matches!(fact, crate::node::Fact::BecameLeader { .. });
            trace.facts().find(|(event, _, fact)| *event >= before && leads(fact)).map(|(event, _, _)| event)
        }
        Answer::Result(label) | Answer::Outcome(label) => ends(operation(label)?.operation.id),
        Answer::Whether(_) | Answer::Count(_) => None,
    }
}

/// The promises that the scenario expects to be broken, or that one of its claims is about.
fn mentions(scenario: &Scenario, promise: Promise) -> bool {
    fn about(claim: &Claim, promise: Promise) -> bool {
        match claim {
            Claim::Holds(named) | Claim::Violated(named) => named.parts().contains(&promise),
            Claim::Not(claim) => about(claim, promise),
            _ => false,
        }
    }
    scenario.expect.iter().any(|expectation| about(&expectation.claim, promise))
}

/// Violations that are worth a page: those that make the run a failure, then those that the scenario is there to show.
/// Some promises are judged at the end of a run only; of these the ones that the scenario speaks of.
pub fn shown_violations(scenario: &Scenario, judge: &Judge) -> Vec<Violation> {
    let failures = unexpected(scenario, judge).cloned();
    let mut shown: Vec<Violation> = failures.collect();
    let named = Promise::ALL.iter().filter(|promise| promise.parts().len() == 1 && mentions(scenario, **promise));
    for violation in named.filter_map(|promise| judge.violation(*promise)) {
        if shown.iter().all(|other| other.promise != violation.promise) {
            shown.push(violation);
        }
    }
    shown
}

/// A run that would never end is the scenario's mistake.
pub fn refuse_endless(scenario: &Scenario, over: Over, end: SimTime) -> Result<(), Stop> {
    let why = match over {
        // Who runs a schedule that cannot happen has been told so.
        Over::Until | Over::Quiet | Over::Scheduled | Over::Stuck => return Ok(()),
        Over::Events => {
            format!("the run passed its budget of {} events at {end} s and was stopped", scenario.plan.max_events)
        }
        Over::Standstill => {
            format!("time stands still at {end} s: events without end at one instant; the run was stopped")
        }
    };
    let help = "look for a period or delay of zero; or raise the budget:  events: 100000000";
    Err(Stop::wrong(format!("{}: {why}\n{help}", scenario.name)))
}
