//! A whole run as a story: what matters line by line, what happens all the time counted.
//!
//! A story is told from the trace alone, through the one vocabulary of facts, so that every protocol has one. Each thing
//! that is worth a line is a [`Moment`] with a weight. The heaviest that fit are told in order; the rest is counted in
//! the line that ends each part, with the number of all events of that part, so that nothing is dropped in silence. The
//! storyteller knows the end of the run and true time, which no node does. It says nothing that the trace does not show.

mod elections;
mod faults;
mod fold;
mod layout;
mod moment;
mod operations;
mod others;
mod sections;
mod small;
pub(super) mod survey;
mod verdicts;

pub use layout::COLUMNS;

pub(super) use elections::{millis, silence};
pub(super) use layout::wrap;

use super::record::Trace;
use super::words::{count_of, plain};
use crate::node::{EventId, OperationId, SimTime};
use moment::Moment;
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
    /// What was promised or expected, and whether it held.
    pub verdicts: Vec<(bool, String)>,
    /// The run's digest.
    pub digest: Option<String>,
    /// Commands to go on with, as they can be pasted.
    pub next: Vec<String>,
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

/// Tells a run as a story: lines of at most 80 columns of plain ASCII, at most 45 of them unless `verbose`.
pub fn tell(trace: &Trace, telling: &Telling) -> Vec<String> {
    let survey = Survey::of(trace);
    let teller = Teller { telling, moments: moments(&survey, telling), survey };
    let limit = if telling.verbose { LINES_VERBOSE } else { LINES };
    // First every section for itself; where their heads alone fill the story, fewer.
    let mut best = Vec::new();
    for most in [6, 4, 3, 1] {
        let sections = sections::of(&teller.survey, most);
        let mut keep = teller.moments.len().min(limit);
        loop {
            best = teller.story(&sections, keep);
            // Where what is told is too thin for so many sections, fewer sections tell more.
            if best.len() <= limit && (keep >= 2 * sections.len() || keep == teller.moments.len() || most == 1) {
                return best;
            }
            if keep == 0 || best.len() <= limit {
                break;
            }
            keep -= 1;
        }
    }
    best.truncate(limit);
    best
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
    if let Some(said) = &asked.answered {
        text += &format!("   you: {}", plain(said));
    }
    let before = EventId(asked.before.0.saturating_sub(1)).min(last);
    moments.push(Moment { mark: '?', ..Moment::new(before, 200, "question", text).untimed() });
    if let (Some(said), Some(answer), Some(shown)) = (&asked.answered, &asked.answer, asked.shown) {
        moments.push(Moment {
            mark: '?',
            ..Moment::new(shown, 199, "answer", reveal(Some(said), answer, asked)).untimed()
        });
    }
}

/// What was said beside what came about.
fn reveal(said: Option<&str>, answer: &str, asked: &Asked) -> String {
    let because = plain(&asked.because);
    match said {
        Some(said) => {
            let word = said.split(',').next().unwrap_or(said).trim();
            let verdict = if word == answer { "and so it was".to_owned() } else { format!("it was {answer}") };
            plain(&format!("you said {word}: {verdict}. {because}"))
        }
        None => plain(&format!("{} {answer}. {because}", asked.text)),
    }
}

struct Teller<'a> {
    survey: Survey<'a>,
    telling: &'a Telling,
    moments: Vec<Moment>,
}

impl Teller<'_> {
    /// The story that tells the `keep` heaviest moments.
    fn story(&self, sections: &[Section], keep: usize) -> Vec<String> {
        let mut by_weight: Vec<usize> = (0..self.moments.len()).collect();
        by_weight.sort_by_key(|&place| (std::cmp::Reverse(self.moments[place].weight), place));
        by_weight.truncate(keep);
        let kept: BTreeSet<usize> = by_weight.into_iter().collect();
        let mut lines = self.head();
        let mut next = 0;
        for section in sections {
            let here = next..next + self.moments[next..].partition_point(|moment| moment.at < section.to);
            next = here.end;
            self.section(section, here, &kept, &mut lines);
        }
        self.answers(&mut lines);
        verdicts::tell(&self.survey, self.telling, &mut lines);
        lines
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
        lines.extend(wrap(&plain(&self.telling.setting), COLUMNS, COLUMNS));
        lines.push("Seconds are true time: no node sees them. e31 names an event.".to_owned());
        lines.retain(|line| !line.is_empty());
        lines
    }

    fn section(
        &self,
        section: &Section,
        here: std::ops::Range<usize>,
        kept: &BTreeSet<usize>,
        lines: &mut Vec<String>,
    ) {
        lines.push(String::new());
        lines.extend(wrap(&plain(&section.title), COLUMNS, COLUMNS));
        let mut told: BTreeSet<OperationId> = BTreeSet::new();
        let mut untold = Vec::new();
        for place in here {
            let moment = &self.moments[place];
            if !kept.contains(&place) {
                untold.push(moment);
                continue;
            }
            told.extend(moment.ends);
            let time = moment.timed.then(|| self.survey.trace.record(moment.at).time());
            lines.extend(layout::line(time, moment.mark, &plain(&moment.text), moment.named.then_some(moment.at)));
            for below in &moment.below {
                lines.extend(layout::line(None, ' ', &plain(below), None));
            }
        }
        let mut parts = fold::fold(&self.survey, section.from, section.to, &told);
        let untold_operations = |moment: &&&Moment| moment.ends.is_none() || !moment.class.ends_with(" ok");
        let counted: Vec<&Moment> = untold.iter().filter(untold_operations).copied().collect();
        let more = fold::untold(counted.into_iter());
        if !more.is_empty() {
            parts.push(format!("untold: {}", more.join(", ")));
        }
        let events = format!("[{}]", count_of((section.to.0 - section.from.0) as usize, "event"));
        lines.extend(layout::tagged("         :  ", &parts.join(", "), &events));
    }

    /// Questions whose answers nobody has seen on the way: whoever reads a log learns as well.
    fn answers(&self, lines: &mut Vec<String>) {
        let mut told = false;
        for asked in &self.telling.questions {
            if asked.answered.is_some() && asked.shown.is_some() && asked.answer.is_some() {
                continue;
            }
            if !std::mem::replace(&mut told, true) {
                lines.push(String::new());
                lines.push("ANSWERS".to_owned());
            }
            let text = match &asked.answer {
                Some(answer) => reveal(asked.answered.as_deref(), answer, asked),
                None => plain(&format!("{} {}", asked.text, asked.because)),
            };
            let wrapped = wrap(&text, COLUMNS - 5, COLUMNS - 5);
            for (place, part) in wrapped.iter().enumerate() {
                lines.push(format!("  {}  {part}", if place == 0 { '?' } else { ' ' }));
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
