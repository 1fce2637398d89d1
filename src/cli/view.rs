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
#[expect(clippy::disallowed_types, reason = "when a watched file was written last is told by the wall clock")]
mod screen {
    use super::super::arguments::Which;
    use super::super::run::{Made, answered_at, shown_violations};
    use super::super::scores::Keeper;
    use super::super::shared::{event, moment, wants_color};
    use super::super::{but, config};
    use super::*;
    use crate::check::{Claim, Violation};
    use crate::node::EventId;
    use crate::scenario::{LogSession, Opened, Scenario, Session as _};
    use crate::trace::{Digest, Execution, Lines};
    use crate::tui::{Asking, Deed, Entry, Future, Futures, Mark, Question, Score, Show, Theme, Topic};
    use std::path::PathBuf;
    use std::time::SystemTime;

    pub fn browse(registry: &Registry, ascii: bool, color: Color) -> Result<Exit, Stop> {
        let config = config::load()?;
        let (theme, ascii) = (theme(None, config, color), ascii || config.ascii);
        loop {
            let entry =
                |entry: list::Entry| Entry { name: entry.name.to_owned(), title: entry.title, look: entry.look };
            let entries = list::entries()?.into_iter().map(entry).collect();
            let Some(scenario) = crate::tui::browse(entries, ascii, theme)? else { return Ok(Exit::Met) };
            let which = Which { scenario, seed: None, variant: None, but: Vec::new() };
            let view_of = View {
                which,
                at: None,
                regex: None,
                delimiter: None,
                execution: None,
                ascii,
                no_ask: false,
                quiz: false,
                theme: None,
                watch: false,
            };
            view(registry, &view_of, color)?;
        }
    }

    pub fn view(registry: &Registry, view: &View, color: Color) -> Result<Exit, Stop> {
        let config = config::load()?;
        let no_ask = view.no_ask || config.no_ask;
        let made = made(registry, &view.which)?;
        let opened = made.open(Lines::None)?;
        let start = view.at.as_deref().map(|text| moment(text, opened.session.trace())).transpose()?;
        let questions = if no_ask { Vec::new() } else { questions(&made, &opened) };
        let violations = shown_violations(&made.scenario, &opened.judge).iter().map(mark).collect();
        let scenario = &made.scenario;
        let is_free = scenario.plan.schedule.is_none();
        let watched = if view.watch { Some(watched(view)?) } else { None };
        let futures = Hands { registry, scenario: scenario.clone(), view, no_ask, folder: state_folder(), watched };
        let is_changed = !view.which.but.is_empty();
        let mut keeper = Keeper::new(&view.which.scenario, view.which.variant.as_deref(), scenario.plan.seed);
        let asking = Asking::new(
            no_ask,
            view.quiz,
            Box::new(|score: Score| {
                let by_hand = score.by_hand || is_changed;
                keeper.keep(Score { by_hand, ..score })
            }),
        );
        let viewed = crate::tui::view(Show {
            name: scenario.name.clone(),
            title: scenario.title.clone(),
            look: scenario.look.clone().unwrap_or_default(),
            seed: Some(scenario.plan.seed),
            questions,
            asking,
            violations,
            start,
            ascii: view.ascii || config.ascii,
            theme: theme(view.theme, config, color),
            command_run: made.command("run", &[]),
            command_view: made.command("view", &[]),
            source: scenario.text().to_owned(),
            lesson: lesson(scenario),
            promises: promises(scenario),
            futures: is_free.then(|| Box::new(futures) as Box<dyn Futures + '_>),
            session: opened.session,
        });
        keeper.finish();
        viewed?;
        Ok(Exit::Met)
    }

    /// What a person can do to a run, done by running again.
    struct Hands<'a> {
        registry: &'a Registry,
        /// The run as it was.
        scenario: Scenario,
        view: &'a View,
        no_ask: bool,
        /// Where branches are kept, or why nowhere.
        folder: Result<PathBuf, String>,
        /// The file that is watched, and when it was last written.
        watched: Option<(PathBuf, Option<SystemTime>)>,
    }

    impl Hands<'_> {
        fn made(&self, deeds: &[Deed]) -> Result<Made, String> {
            let mut scenario = self.scenario.clone();
            for entry in deeds.iter().flat_map(|deed| &deed.entries) {
                let with = scenario.with_entries(entry.list, std::slice::from_ref(&entry.text));
                scenario = with.map_err(|mistake| mistake.to_string())?;
            }
            let which = &self.view.which;
            Made::new(self.registry, scenario, &which.scenario, which.variant.as_deref()).map_err(said)
        }

        fn text(&self, deeds: &[Deed]) -> Result<String, String> {
            let told: String =
                deeds.iter().map(|deed| format!("// By hand after {}: {}.\n", deed.after, deed.words)).collect();
            let made = self.made(deeds)?;
            Ok(format!("// A branch of {}\n{told}{}", made.called(), made.scenario.written()))
        }
    }

    impl Futures for Hands<'_> {
        fn future(&self, deeds: &[Deed]) -> Result<Future, String> {
            let made = self.made(deeds)?;
            let opened = made.open(Lines::None).map_err(said)?;
            if opened.session.trace().is_empty() {
                return Err("nothing happens in that run".to_owned());
            }
            Ok(Future {
                questions: if self.no_ask { Vec::new() } else { questions(&made, &opened) },
                violations: shown_violations(&made.scenario, &opened.judge).iter().map(mark).collect(),
                source: if deeds.is_empty() { made.scenario.text().to_owned() } else { made.scenario.written() },
                session: opened.session,
            })
        }

        fn save(&self, deeds: &[Deed], path: &str) -> Result<String, String> {
            if Path::new(path).exists() {
                return Err(format!("{path} is there already: nothing was saved; give another name"));
            }
            let text = self.text(deeds)?;
            std::fs::write(path, &text).map_err(|why| format!("{path}: {why}; nothing was saved"))?;
            // What was written is what counts: it is read and run again.
            let scenario = Scenario::parse(path, &text, None).map_err(|mistake| mistake.to_string())?;
            let saved = Made::new(self.registry, scenario, path, None).map_err(said)?;
            let digest = |made: &Made| {
                let opened = made.open(Lines::Digest(Digest::default())).map_err(said)?;
                Ok::<_, String>(opened.session.digest().unwrap_or_default().to_owned())
            };
            let (here, there) = (digest(&self.made(deeds)?)?, digest(&saved)?);
            match here == there {
                true => Ok(format!("saved, digest {there}:  {}", invocation(&["run", path]))),
                false => Err(format!("{path} is saved and runs otherwise: digest {there} instead of {here}")),
            }
        }

        fn keep(&self, deeds: &[Deed], name: &str) -> Result<String, String> {
            let folder = self.folder.clone()?.join("branches");
            std::fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
            let plain = |text: &str| text.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
            let stem = plain(self.view.which.scenario.trim_end_matches(".ron"));
            // What was kept before, in this session or another, stays.
            let free = (1u32..).map(|number| folder.join(format!("{stem}-{}-{number}.ron", plain(name))));
            let path = free.into_iter().find(|path| !path.exists()).expect("there are enough numbers");
            std::fs::write(&path, self.text(deeds)?).map_err(|why| format!("{}: {why}", path.display()))?;
            Ok(path.display().to_string())
        }

        fn watches(&self) -> bool {
            self.watched.is_some()
        }

        fn reloaded(&mut self) -> Option<Result<Future, String>> {
            let (path, before) = self.watched.as_mut()?;
            let now = written(path);
            if now == *before {
                return None;
            }
            *before = now;
            let made = match made(self.registry, &self.view.which) {
                Ok(made) => made,
                Err(stop) => return Some(Err(said(stop))),
            };
            self.scenario = made.scenario;
            Some(self.future(&[]))
        }
    }

    /// A refusal as a text on the screen.
    fn said(stop: Stop) -> String {
        match stop {
            Stop::Mistake(diagnostic) => diagnostic.to_string(),
            Stop::Said(_, text) => text,
        }
    }

    /// The file that is to be watched.
    fn watched(view: &View) -> Result<(PathBuf, Option<SystemTime>), Stop> {
        let path = PathBuf::from(&view.which.scenario);
        if !path.is_file() {
            let name = &view.which.scenario;
            return Err(Stop::usage(format!(
                "--watch is for files; {name} is none\nhow one is written:  {}",
                invocation(&["help", "scenario"])
            )));
        }
        let written = written(&path);
        Ok((path, written))
    }

    fn written(path: &Path) -> Option<SystemTime> {
        std::fs::metadata(path).and_then(|about| about.modified()).ok()
    }

    /// The colours that are wanted: none where the terminal is to have none.
    fn theme(asked: Option<Theme>, config: config::Config, color: Color) -> Theme {
        match wants_color(color, &std::io::stdout()) {
            true => asked.or(config.theme).unwrap_or_default(),
            false => Theme::None,
        }
    }

    /// Where what people made is kept: the XDG folder for state.
    fn state_folder() -> Result<PathBuf, String> {
        config::folder("XDG_STATE_HOME", ".local/state").ok_or("neither XDG_STATE_HOME nor HOME is set".to_owned())
    }

    /// What a lesson says besides its questions.
    fn lesson(scenario: &Scenario) -> Vec<String> {
        let told = [
            Some(scenario.title.clone()),
            scenario.look.clone(),
            scenario.source.as_ref().map(|source| format!("From: {source}.")),
            scenario.simplified.as_ref().map(|simplified| format!("Simplified: {simplified}")),
        ];
        let questions = scenario.questions.iter().map(|question| format!("? {}", question.text()));
        told.into_iter().flatten().chain(questions).collect()
    }

    /// The promises that the scenario expects to hold or to be broken, each with what it says.
    fn promises(scenario: &Scenario) -> Vec<(String, String)> {
        let named = scenario.expect.iter().flat_map(|expectation| match &expectation.claim {
            Claim::Holds(promise) | Claim::Violated(promise) => promise.parts(),
            _ => &[],
        });
        let mut promises: Vec<(String, String)> = Vec::new();
        for promise in named {
            let told = (promise.name().to_owned(), promise.promise().to_owned());
            if !promises.contains(&told) {
                promises.push(told);
            }
        }
        promises
    }

    /// Walks through the log of another system.
    pub fn view_log(view: &View, color: Color) -> Result<Exit, Stop> {
        let config = config::load()?;
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
            start,
            ascii: view.ascii || config.ascii,
            theme: theme(view.theme, config, color),
            command_run: invocation(&["stats", name]),
            command_view: invocation(&["view", name]),
            ..Show::of(Box::new(session), name)
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
            topic: Topic::Lesson,
            shown: answered_at(opened, &made.scenario.questions[moment.question], asked.before),
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

    #[cfg(test)]
    mod tests {
        use super::super::super::{Cli, arguments::Command};
        use super::*;
        use crate::tui::Added;
        use clap::Parser;
        use std::sync::atomic::{AtomicU32, Ordering};

        static NUMBER: AtomicU32 = AtomicU32::new(0);

        /// What hands do to a run that was asked for with these words.
        fn with_hands<R>(words: &[&str], does: impl FnOnce(&Hands<'_>, &Path) -> R) -> R {
            let cli = Cli::try_parse_from([&["pessimist", "view"], words].concat()).expect("it can be read");
            let Some(Command::View(view)) = cli.command else { panic!("it is view") };
            let registry = Registry::standard();
            let made = made(&registry, &view.which).unwrap_or_else(|stop| panic!("{}", said(stop)));
            // Tests run beside each other: each has its own.
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let folder = std::env::temp_dir().join(format!("pessimist-hands-{}-{number}", std::process::id()));
            std::fs::create_dir_all(&folder).expect("it can be made");
            let (scenario, kept) = (made.scenario.clone(), Ok(folder.clone()));
            let hands =
                Hands { registry: &registry, scenario, view: &view, no_ask: true, folder: kept, watched: None };
            let result = does(&hands, &folder);
            std::fs::remove_dir_all(&folder).expect("it is ours");
            result
        }

        fn crash() -> Deed {
            let text = "(at: \"300ms\", do: Crash(\"n2\"))".to_owned();
            let entries = vec![Added { list: "faults", text }];
            Deed { after: EventId(3), words: "n2 crashes".to_owned(), entries }
        }

        /// With the seed and the variant that were asked for, and not with those of the file.
        #[test]
        fn what_is_saved_replays_to_the_same_digest() {
            for words in [
                &["raft/leader-crash"][..],
                &["raft/leader-crash", "--seed", "7"],
                &["raft/nemesis", "--variant", "pre-vote-check-quorum", "--seed", "3"],
            ] {
                with_hands(words, |hands, folder| {
                    let path = folder.join("mine.ron").display().to_string();
                    let told = hands.save(&[crash()], &path).unwrap_or_else(|why| panic!("{words:?}: {why}"));
                    assert!(told.starts_with("saved, digest "), "{told}");
                    let again = hands.save(&[crash()], &path).unwrap_err();
                    assert!(again.contains("is there already"), "{again}");
                    let future = hands.future(&[crash()]).unwrap_or_else(|why| panic!("{why}"));
                    assert!(future.source.contains("Crash(\"n2\")"), "{}", future.source);
                });
            }
        }

        #[test]
        fn what_is_kept_is_not_written_over() {
            with_hands(&["raft/leader-crash"], |hands, _| {
                let kept = || hands.keep(&[crash()], "branch 1").unwrap_or_else(|why| panic!("{why}"));
                let (one, other) = (kept(), kept());
                assert_ne!(one, other);
                assert_eq!(std::fs::read_to_string(one).ok(), std::fs::read_to_string(other).ok());
            });
        }

        /// Whatever cannot be done is said.
        #[test]
        fn what_makes_no_sense_is_refused() {
            with_hands(&["raft/leader-crash"], |hands, folder| {
                let mut deed = crash();
                deed.entries[0].text = "(at: \"300ms\", do: Crash(\"n9\"))".to_owned();
                let told = hands.future(&[deed]).err().unwrap_or_default();
                assert!(told.contains("n9"), "{told}");
                let nowhere = folder.join("no").join("such.ron").display().to_string();
                assert!(hands.save(&[crash()], &nowhere).unwrap_err().contains("nothing was saved"));
            });
        }
    }
}
