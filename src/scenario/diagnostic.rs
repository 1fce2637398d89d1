//! What a person is told of a mistake: what is wrong, where, what would be right, and that nothing ran.
//!
//! A [`Mistake`] is what readers and resolvers return; a [`Diagnostic`] adds the file that it stands in, and renders
//! both in plain ASCII (but for what the file itself holds) within 80 columns.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A range of bytes of the scenario's text.
pub type Span = Range<usize>;

/// A result whose error is a person's mistake.
pub type Checked<T> = Result<T, Box<Mistake>>;

/// A person's mistake, and where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong: one clause, in lower case, without a full stop.
    pub message: String,
    /// Where; absent where no place in the text is to blame.
    pub span: Option<Span>,
    /// What stands under the place: the nearest right word, or what to write.
    pub label: String,
    /// Another place that explains the first, and what it is.
    pub related: Option<(Span, String)>,
    /// What would be accepted there; empty where that is no list.
    pub accepted: String,
    /// What else helps; empty where nothing does.
    pub note: String,
}

impl Mistake {
    /// A mistake whose place is not yet known.
    pub fn says(message: impl Into<String>) -> Box<Self> {
        Box::new(Mistake { message: message.into(), ..Mistake::default() })
    }

    /// Sets its place, where it has none: whoever is nearest to it knows best.
    pub fn at(mut self: Box<Self>, span: Span) -> Box<Self> {
        self.span.get_or_insert(span);
        self
    }

    /// Sets what stands under the place.
    pub fn label(mut self: Box<Self>, label: impl Into<String>) -> Box<Self> {
        self.label = label.into();
        self
    }

    /// Sets another place that explains the first.
    pub fn related(mut self: Box<Self>, span: Span, label: impl Into<String>) -> Box<Self> {
        self.related = Some((span, label.into()));
        self
    }

    /// Sets what would be accepted.
    pub fn accepted(mut self: Box<Self>, accepted: impl Into<String>) -> Box<Self> {
        self.accepted = accepted.into();
        self
    }

    /// Sets what else helps.
    pub fn note(mut self: Box<Self>, note: impl Into<String>) -> Box<Self> {
        self.note = note.into();
        self
    }

    /// Names the nearest of the names that are accepted, and lists them.
    pub fn one_of<'a>(self: Box<Self>, found: &str, names: impl IntoIterator<Item = &'a str> + Clone) -> Box<Self> {
        let label = match nearest(found, names.clone()) {
            Some(name) => format!("nearest: {name}"),
            None => self.label.clone(),
        };
        let accepted: Vec<&str> = names.into_iter().collect();
        self.label(label).accepted(accepted.join(" "))
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Mistake {}

/// A mistake together with the text that it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file's name, as the person gave it.
    pub file: String,
    /// Its text, where it could be read.
    pub source: Arc<str>,
    /// What is wrong.
    pub mistake: Box<Mistake>,
}

/// How wide a report is at most, wherever it is shown.
const COLUMNS: usize = 80;

impl Diagnostic {
    /// The report, with its last line break; in colour if asked.
    pub fn render(&self, color: bool) -> String {
        let source: String = self.source.chars().map(printable).collect();
        let file: String = self.file.chars().map(printable).collect();
        let mistake = &self.mistake;
        let message: String = mistake.message.chars().map(printable).collect();
        let message = wrap(&message, COLUMNS - "error: ".len());
        // What would stand under a place is a line of its own where there is no place.
        let mut notes = vec![("accepted", mistake.accepted.clone())];
        let mut group = Level::ERROR.primary_title(message).elements(Vec::<annotate_snippets::Message<'_>>::new());
        if let Some(span) = &mistake.span {
            let span = on_one_line(&source, span);
            let label = Some(mistake.label.as_str()).filter(|label| !label.is_empty());
            let mut snippet = Snippet::source(source.as_str())
                .path(file.as_str())
                .annotation(AnnotationKind::Primary.span(span.clone()).label(label));
            if let Some((other, label)) = &mistake.related {
                let other = on_one_line(&source, other);
                // Two long lines cannot both be windowed to their marks, so one of them is told in words.
                if fits(&source, &span) && fits(&source, &other) {
                    snippet = snippet.annotation(AnnotationKind::Context.span(other).label(label.as_str()));
                } else {
                    let (line, column) = position(&source, other.start);
                    notes.push(("see", format!("line {line}, column {column}: {label}")));
                }
            }
            group = group.element(snippet);
        }
        if let (None, Some((name, text))) = (&mistake.span, mistake.label.split_once(": ")) {
            notes.push((name, text.to_owned()));
        }
        notes.push(("note", mistake.note.clone()));
        for (name, text) in notes.into_iter().filter(|(_, text)| !text.is_empty()) {
            let text = wrap(&text, COLUMNS - name.len() - 8);
            group = group.element(Level::NOTE.with_name(name).message(text));
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let report = renderer.term_width(COLUMNS).render(&[group]);
        let report: Vec<&str> = report.lines().map(str::trim_end).collect();
        format!("{}\nNothing ran.  pessimist help scenario\n", report.join("\n"))
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostic {}

/// Control characters, which could do anything to a terminal, become question marks of the same width in bytes.
fn printable(c: char) -> char {
    if c.is_ascii_control() && !matches!(c, '\n' | '\r' | '\t') { '?' } else { c }
}

/// The part of a span on its first line, with both ends on characters of the text.
fn on_one_line(text: &str, span: &Span) -> Span {
    let start = boundary(text, span.start);
    let end = boundary(text, span.end).max(start);
    let line = text[start..end].find(['\n', '\r']).map_or(end, |length| start + length);
    start..line
}

/// The last place up to a byte at which a character of the text begins or the text ends.
fn boundary(text: &str, byte: usize) -> usize {
    (0..=byte.min(text.len())).rev().find(|&place| text.is_char_boundary(place)).unwrap_or(0)
}

/// Whether the line around a span is shown whole, without a window on it.
fn fits(text: &str, span: &Span) -> bool {
    let start = text[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[span.start..].find('\n').map_or(text.len(), |length| span.start + length);
    end - start <= COLUMNS - 8
}

/// The line and column of a byte, both from 1, in characters.
pub fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = &text[..boundary(text, byte)];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Breaks a text at spaces into lines of at most so many columns; single words that are longer stay whole.
pub(super) fn wrap(text: &str, columns: usize) -> String {
    let mut lines = vec![];
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > columns {
                lines.push(std::mem::take(&mut line));
            } else if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines.join("\n")
}

/// The candidate that a person most likely meant, if any is near: at most a third of the letters differ.
///
/// Of several that are equally near, the one whose letters are nearest in the alphabet: `n5` for `n6`, not `n1`.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = |text: &str| text.to_lowercase().chars().take(40).collect::<Vec<char>>();
    let word = lower(word);
    let limit = (word.len() / 3).max(1);
    let apart = |other: &[char]| word.iter().zip(other).map(|(a, b)| (*a as i64).abs_diff(*b as i64)).sum::<u64>();
    candidates
        .into_iter()
        .map(|candidate| (candidate, lower(candidate)))
        .map(|(candidate, letters)| ((edits(&word, &letters), apart(&letters)), candidate))
        .filter(|((edits, _), _)| *edits <= limit && *edits < word.len())
        .min_by_key(|(cost, _)| *cost)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be added, dropped, replaced or swapped with a neighbour (optimal string alignment).
fn edits(from: &[char], to: &[char]) -> usize {
    let mut rows = vec![(0..=to.len()).collect::<Vec<usize>>()];
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}
