//! A whole run as a story: what matters line by line, what happens all the time counted.
//!
//! A story is told from the trace alone, through the one vocabulary of facts, so that every protocol has one. Each thing
//! that is worth a line is a [`Moment`] with a weight. Those that fit are told in order: turning points of every part
//! first ([`page`]). The line that ends each part counts what happens all the time, and all events of that part. The
//! storyteller knows the end of the run and true time, which no node does. It says nothing that the trace does not show.

mod elections;
mod faults;
mod fold;
mod layout;
mod moment;
mod narration;
mod operations;
mod others;
mod page;
mod sections;
mod small;
pub(super) mod survey;
mod verdicts;

pub use layout::COLUMNS;

pub(super) use elections::{is_minority, millis, silence};
pub use layout::wrap;
pub use narration::narrate;
pub use verdicts::hung;

use super::record::Trace;
use super::words::{count_of, plain};
use crate::node::{EventId, Fault, OperationId, SimTime};
use moment::Moment;
use page::Page;
use sections::Section;
use std::collections::BTreeSet;
use survey::Survey;

/// No story is longer, unless all of it is asked for.
pub const LINES: usize = 45;
/// And then it is no longer than this.
const LINES_VERBOSE: usize = 400;
/// Runs with fewer events are told handler by handler.
const SMALL: usize = 30;

/// What a story needs to know beside the trace.
#[derive(Clone, Debug, Default)]
pub struct Telling {
    /// The scenario's name: `raft/leader-crash`.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The run's seed.
    pub seed: u64,
    /// Nodes and network in one line.
    pub setting: String,
    /// When the run ended.
    pub end: SimTime,
    /// What was asked on the way.
    pub questions: Vec<Asked>,
    /// What is out of the ordinary from the start on: a disk that lies, a clock that runs fast.
    pub from_start: Vec<Fault>,
    /// The command that answers the questions that only many runs can answer.
    pub judged: Option<String>,
    /// What was promised or expected, and how it turned out.
    pub verdicts: Vec<(Standing, String)>,
    /// The acknowledged writes that are gone, where a judge could tell.
    pub lost: Option<BTreeSet<OperationId>>,
    /// What the run was worth in numbers; empty where that is not to be told.
    pub measures: String,
    /// The run's digest.
    pub digest: Option<String>,
    /// Commands to go on with, as they can be pasted.
    pub next: Vec<String>,
    /// Lines that stand on the same page and are not the story's.
    pub taken: usize,
    /// Tell all that is worth telling, at whatever length.
    pub verbose: bool,
}

/// A question of the scenario, as it came up in the run.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The event before which it is put.
    pub before: EventId,
    /// The instant.
    pub time: SimTime,
    /// The question.
    pub text: String,
    /// What may be answered; empty where any text may.
    pub options: Vec<String>,
    /// What the person said, where one was asked: `n2, 40% sure`.
    pub answered: Option<String>,
    /// What is right, where this run shows it.
    pub answer: Option<String>,
    /// The event that showed it. Where it is absent the answer stands at the end.
    pub shown: Option<EventId>,
    /// Why.
    pub because: String,
}

/// How a claim turned out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It is false.
    Broken,
    /// It is true, and says that a promise is broken: what the scenario is there to show.
    Shown,
    /// It is true.
    Held,
}

/// Tells a run as a story: lines of at most 80 columns of plain ASCII, at most 45 of them unless `verbose`.
///
/// Where not all turning points fit, the story has fewer sections, whose headings take room as well.
pub fn tell(trace: &Trace, telling: &Telling) -> Vec<String> {
    let (teller, page) = chosen(trace, telling);
    teller.story(&page)
}

/// What is told of a run: the moments, and the page of those for which there is room.
fn chosen<'a>(trace: &'a Trace, telling: &'a Telling) -> (Teller<'a>, Page) {
    let survey = Survey::of(trace);
    let teller = Teller { telling, moments: moments(&survey, telling), survey };
    let limit = if telling.verbose { LINES_VERBOSE } else { LINES.saturating_sub(telling.taken) };
    let mut best = None;
    for sections in sections::choices(&teller.survey) {
        let page = page::fill(&teller, sections, limit);
        // One section that is left over is told as the whole run, which comes last.
        let complete = page.sections.len() > 1 && page.tells_every_turning_point(&teller);
        best = Some(page);
        if complete {
            break;
        }
    }
    let page = best.expect("the whole run is always a choice");
    (teller, page)
}

/// Everything that is worth a line, in order.
fn moments(survey: &Survey<'_>, telling: &Telling) -> Vec<Moment> {
    let mut moments = Vec::new();
    if survey.trace.len() < SMALL {
        small::tell(survey, &mut moments);
    } else {
        elections::tell(survey, &mut moments);
        operations::tell(survey, &mut moments);
        faults::tell(survey, &mut moments);
        others::tell(survey, &mut moments);
    }
    faults::from_start(survey, &telling.from_start, &mut moments);
    for asked in &telling.questions {
        questions(survey, asked, &mut moments);
    }
    // A question stands before the event that answers it, and after what happened up to then.
    moments.sort_by_key(|moment| (moment.at, moment.class == "fate"));
    moments
}

fn questions(survey: &Survey<'_>, asked: &Asked, moments: &mut Vec<Moment>) {
    let last = EventId((survey.trace.len() as u32).saturating_sub(1));
    let mut text = plain(&asked.text);
    if !asked.options.is_empty() {
        text += &format!(" {}", plain(&asked.options.join(" ")));
    }
    let before = EventId(asked.before.0.saturating_sub(1)).min(last);
    let tag = asked.answered.as_ref().map(|said| format!("you: {}", plain(said)));
    moments.push(Moment { mark: '?', tag, ..Moment::new(before, 200, "question", text).untimed() });
    if let (Some(answer), Some(shown)) = (&asked.answer, asked.shown) {
        let text = reveal(asked.answered.as_deref(), answer, asked, "");
        moments.push(Moment { mark: '?', ..Moment::new(shown, 199, "answer", text).untimed() });
    }
}

/// What was said beside what came about.
fn reveal(said: Option<&str>, answer: &str, asked: &Asked, question: &str) -> String {
    let because = plain(&asked.because);
    match said {
        Some(said) => {
            let word = said.split(',').next().unwrap_or(said).trim();
            let verdict = if word == answer { "and so it was".to_owned() } else { format!("it was {answer}") };
            plain(&format!("you said {word}: {verdict}. {because}"))
        }
        None => plain(format!("{question} {answer}. {because}").trim()),
    }
}

struct Teller<'a> {
    survey: Survey<'a>,
    telling: &'a Telling,
    moments: Vec<Moment>,
}

impl Teller<'_> {
    /// The story that tells the moments of a page.
    fn story(&self, page: &Page) -> Vec<String> {
        let mut lines = self.head();
        for section in &page.sections {
            self.section(section, page, &mut lines);
        }
        self.answers(&mut lines);
        verdicts::tell(&self.survey, self.telling, &mut lines);
        lines
    }

    /// The places of a section's moments.
    fn within(&self, section: &Section) -> std::ops::Range<usize> {
        let before = |event: EventId| self.moments.partition_point(|moment| moment.at < event);
        before(section.from)..before(section.to)
    }

    fn head(&self) -> Vec<String> {
        let seed = format!("seed {}", self.telling.seed);
        let title = format!("{}   {}", plain(&self.telling.name), plain(&self.telling.title));
        let mut lines = layout::tagged("", &title, &seed);
        if title.contains("   ") && lines.len() == 1 {
            // The wrapping has made one space of the three between name and title.
            let gap = 72usize.saturating_sub(title.len() + seed.len()).max(1);
            lines = vec![format!("{title}{}{seed}", " ".repeat(gap))];
        }
        let setting = wrap(&layout::glued(&plain(&self.telling.setting)), COLUMNS, COLUMNS);
        lines.extend(setting.iter().map(|line| line.replace(layout::GLUE, " ")));
        lines.push("Seconds are true time: no node sees them. e31 names an event.".to_owned());
        lines.retain(|line| !line.is_empty());
        lines
    }

    fn section(&self, section: &Section, page: &Page, lines: &mut Vec<String>) {
        lines.push(String::new());
        lines.extend(wrap(&plain(&section.title), COLUMNS, COLUMNS));
        let mut told = BTreeSet::new();
        for place in self.within(section) {
            let moment = &self.moments[place];
            if page.told.contains(&place) {
                told.extend(moment.ends.iter().copied());
                lines.extend(self.lines_of(moment));
                if page.asides.contains(&place) {
                    lines.extend(below(&moment.aside));
                }
            }
        }
        let elections = self.untold_elections(section, page);
        let mut parts = fold::fold(&self.survey, section.from, section.to, &told);
        if elections > 0 {
            parts.push(count_of(elections, "more election"));
        }
        let events = format!("[{}]", count_of((section.to.0 - section.from.0) as usize, "event"));
        lines.extend(layout::tagged("         :  ", &layout::glued(&parts.join(", ")), &events));
    }

    /// How many elections of a section are not told one by one.
    fn untold_elections(&self, section: &Section, page: &Page) -> usize {
        let untold = self.within(section).filter(|place| !page.told.contains(place));
        untold.filter(|&place| self.moments[place].class == "election won").count()
    }

    /// Questions whose answers were not seen on the way: those of the whole run, and of many.
    fn open_questions(&self) -> impl Iterator<Item = &Asked> {
        self.telling.questions.iter().filter(|asked| asked.shown.is_none() || asked.answer.is_none())
    }

    /// A moment as it is told, without what may be left out.
    fn lines_of(&self, moment: &Moment) -> Vec<String> {
        let time = moment.timed.then(|| self.survey.trace.record(moment.at).time());
        let number = moment.named.then(|| moment.at.to_string());
        let tag = moment.tag.clone().or(number).unwrap_or_default();
        let mut lines = layout::line(time, moment.mark, &plain(&moment.text), &tag);
        lines.extend(below(&moment.below));
        lines
    }

    /// The answers that were not seen on the way.
    fn answers(&self, lines: &mut Vec<String>) {
        let open: Vec<&Asked> = self.open_questions().collect();
        if !open.is_empty() {
            lines.push(String::new());
            lines.extend(self.answers_head());
        }
        for asked in &open {
            let question = if open.len() > 1 { asked.text.as_str() } else { "" };
            let text = match &asked.answer {
                Some(answer) => reveal(asked.answered.as_deref(), answer, asked, question),
                None => plain(format!("{question} {}", asked.because).trim()),
            };
            let wrapped = wrap(&text, COLUMNS - 5, COLUMNS - 5);
            for (place, part) in wrapped.iter().enumerate() {
                lines.push(format!("  {}  {part}", if place == 0 { '?' } else { ' ' }));
            }
        }
    }

    /// The heading of the answers, with the command that gives those that this run does not tell.
    fn answers_head(&self) -> Vec<String> {
        let open = self.telling.questions.iter().any(|asked| asked.answer.is_none());
        let Some(command) = self.telling.judged.as_ref().filter(|_| open) else { return vec!["ANSWERS".to_owned()] };
        let (head, tail) = ("ANSWERS", format!("judged over many seeds on a terminal: {}", plain(command)));
        if head.len() + 2 + tail.len() <= COLUMNS {
            vec![format!("{head}  {tail}")]
        } else {
            vec![head.to_owned(), format!("  {tail}")]
        }
    }
}

/// Lines that stand beneath a moment.
fn below(texts: &[String]) -> Vec<String> {
    texts.iter().flat_map(|text| layout::line(None, ' ', &plain(text), "")).collect()
}

#[cfg(test)]
pub(super) mod tests;
