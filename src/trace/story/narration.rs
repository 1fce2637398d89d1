//! The same story for the ear: one moment a line, in whole sentences, without columns and signs.

use super::moment::Moment;
use super::page::Page;
use super::sections::Section;
use super::verdicts::tallies;
use super::{Asked, Standing, Teller, chosen, fold, reveal};
use crate::trace::aloud::{aloud, capital, event_aloud, sentence};
use crate::trace::record::Trace;
use crate::trace::words::{count_of, grouped, listed, plain};
use crate::trace::{Telling, Violation, narrate_violation};
use std::collections::BTreeSet;

/// Tells a run for a screen reader: the moments that [`super::tell`] chooses, each a line of whole sentences, and the
/// promises that were broken. No line is wrapped, and none is empty. Commands have lines of their own.
pub fn narrate(trace: &Trace, telling: &Telling, broken: &[Violation]) -> Vec<String> {
    let (teller, page) = chosen(trace, telling);
    let mut lines = teller.head_aloud();
    for section in &page.sections {
        teller.section_aloud(section, &page, &mut lines);
    }
    teller.answers_aloud(&mut lines);
    teller.verdicts_aloud(&mut lines);
    lines.extend(broken.iter().flat_map(|violation| narrate_violation(trace, violation)));
    teller.end_aloud(&mut lines);
    lines
}

impl Teller<'_> {
    fn head_aloud(&self) -> Vec<String> {
        let telling = self.telling;
        let title = sentence(&telling.title);
        let mut lines = vec![format!("Scenario {}, seed {}. {title}", plain(&telling.name), telling.seed)];
        if !telling.setting.is_empty() {
            lines.push(sentence(&format!("Its setting: {}", telling.setting)));
        }
        lines.push("Seconds are true time, which no node sees.".to_owned());
        lines
    }

    fn section_aloud(&self, section: &Section, page: &Page, lines: &mut Vec<String>) {
        lines.push(format!("Next part: {}", sentence(&section.title.to_lowercase())));
        let mut told = BTreeSet::new();
        for place in self.within(section).filter(|place| page.told.contains(place)) {
            let moment = &self.moments[place];
            told.extend(moment.ends.iter().copied());
            lines.push(self.moment_aloud(moment, page.asides.contains(&place)));
        }
        let mut parts = fold::fold(&self.survey, section.from, section.to, &told);
        let elections = self.untold_elections(section, page);
        if elections > 0 {
            parts.push(count_of(elections, "more election"));
        }
        let events = count_of((section.to.0 - section.from.0) as usize, "event");
        lines.push(match parts.is_empty() {
            true => format!("This part has {events} in all."),
            false => sentence(&format!("Meanwhile: {}. This part has {events} in all", parts.join(", "))),
        });
    }

    /// A moment with its instant and its number, and what belongs to it.
    fn moment_aloud(&self, moment: &Moment, with_aside: bool) -> String {
        let mut text = aloud(moment.spoken.as_ref().unwrap_or(&moment.text));
        if moment.class == "question" {
            let said = moment.tag.as_ref().map_or(String::new(), |said| format!(" {}", sentence(said)));
            let is_meant = |asked: &&Asked| moment.text.starts_with(&plain(&asked.text));
            return match self.telling.questions.iter().find(is_meant) {
                Some(asked) => format!("Question: {}{said}", question(asked)),
                None => format!("Question: {text}{said}"),
            };
        }
        if moment.named {
            let number = format!(" ({})", event_aloud(moment.at));
            // The number belongs to what happened, not to what is said about it after that.
            let place = text.find(". ").unwrap_or(text.trim_end_matches('.').len());
            text.insert_str(place, &number);
        }
        let mut line = match moment.timed {
            true => format!("At {} seconds {text}", self.survey.trace.record(moment.at).time()),
            false if moment.class == "answer" => format!("Answer: {text}"),
            false => capital(text),
        };
        if !line.ends_with(['.', '!', '?']) {
            line.push('.');
        }
        let aside = moment.aside.iter().filter(|_| with_aside);
        for more in moment.below.iter().chain(aside) {
            line += &format!(" {}", sentence(more));
        }
        line
    }

    /// Questions whose answers were not seen on the way.
    fn answers_aloud(&self, lines: &mut Vec<String>) {
        let open: Vec<&Asked> = self.open_questions().collect();
        for asked in &open {
            let text = match &asked.answer {
                Some(answer) => reveal(asked.answered.as_deref(), answer, asked, ""),
                None => asked.because.clone(),
            };
            let text = if text.is_empty() { String::new() } else { format!(" {}", sentence(&text)) };
            // What stands before the question itself was said where it was put.
            let asked = asked.text.rsplit(". ").next().unwrap_or_default();
            lines.push(format!("Answered, {}{text}", aloud(asked)));
        }
        let unanswered = open.iter().any(|asked| asked.answer.is_none());
        if let Some(command) = self.telling.judged.as_ref().filter(|_| unanswered) {
            lines.push("On a terminal this command judges what only many seeds can answer:".to_owned());
            lines.push(plain(command));
        }
    }

    fn verdicts_aloud(&self, lines: &mut Vec<String>) {
        lines.push("The verdicts, of this run only.".to_owned());
        for wanted in [Standing::Broken, Standing::Shown, Standing::Held] {
            let claims = self.telling.verdicts.iter().filter(|(standing, _)| *standing == wanted);
            lines.extend(claims.map(|(standing, text)| claim(*standing, text)));
        }
        for (kind, tally) in tallies(&self.survey, self.telling.lost.as_ref()) {
            let counts = tally.counts(self.survey.applies, self.telling.lost.is_some());
            lines.push(sentence(&format!(
                "Of {}: {}",
                count_of(tally.all(), kind),
                listed(&counts).replace(" (", ", of which ").replace(')', "")
            )));
        }
        if !self.telling.measures.is_empty() {
            lines.push(sentence(&format!("The measures: {}", self.telling.measures)));
        }
    }

    fn end_aloud(&self, lines: &mut Vec<String>) {
        let events = grouped(self.survey.trace.len() as u64);
        lines.push(match &self.telling.digest {
            Some(digest) => format!("The run has {events} events, and its digest is {}.", plain(digest)),
            None => format!("The run has {events} events."),
        });
        if !self.telling.next.is_empty() {
            lines.push("To go on, run one of these commands:".to_owned());
            lines.extend(self.telling.next.iter().map(|command| plain(command)));
        }
    }
}

/// A claim as a sentence. Those about promises begin with the promise's name.
fn claim(standing: Standing, text: &str) -> String {
    let (name, detail) = text.split_once(": ").unwrap_or((text, ""));
    let name = name.strip_suffix(" broken, as expected").unwrap_or(name);
    let is_promise = !name.contains(' ') && name.starts_with(|c: char| c.is_ascii_uppercase());
    let what = match (standing, is_promise) {
        (Standing::Broken, true) => format!("The promise {name} was broken"),
        (Standing::Shown, true) => format!("As the scenario expects, the promise {name} was broken"),
        (Standing::Held, true) => format!("The promise {name} was kept"),
        (Standing::Broken, false) => return sentence(&format!("Not as expected: {text}")),
        (Standing::Held, false) if text.ends_with("(--verbose)") => {
            return sentence(&format!("Kept as well: {text}"));
        }
        (_, false) => return sentence(&format!("As expected: {text}")),
    };
    sentence(&if detail.is_empty() { what } else { format!("{what}: {detail}") })
}

/// A question with what may be answered.
fn question(asked: &Asked) -> String {
    let text = aloud(&asked.text);
    match asked.options.split_last() {
        None => text,
        Some((last, [])) => format!("{text} Choose {last}."),
        Some((last, others)) => format!("{text} Choose {} or {last}.", others.join(", ")),
    }
}
