//! The expression that finds the events of a log.

use super::{Found, LogMistake};
use regex::{Regex, RegexBuilder};
use std::collections::BTreeMap;

/// The expression that ShiViz takes where none is given: what happened on one line, host and clock on the next.
pub const DEFAULT_PATTERN: &str = r"(?<event>.*)\n(?<host>\S*) (?<clock>{.*})";

/// The first two lines of a log that brings its own expression: the expression, and what parts several executions.
pub(super) struct Header {
    pub expression: String,
    /// Empty where there is one execution.
    pub delimiter: String,
    /// Where the body begins.
    pub bytes: usize,
    /// How many lines stand before it.
    pub lines: usize,
}

impl Header {
    /// The header of a text, where it has one.
    pub fn of(text: &str) -> Option<Header> {
        let (first, rest) = text.split_once('\n')?;
        let named = |group| first.contains(&format!("(?<{group}>"));
        if !(named("host") && named("clock") && named("event")) {
            return None;
        }
        let second = rest.split_inclusive('\n').next().unwrap_or("");
        Some(Header {
            expression: first.trim_end_matches('\r').to_owned(),
            delimiter: second.trim_end_matches(['\n', '\r']).to_owned(),
            bytes: first.len() + 1 + second.len(),
            lines: 2,
        })
    }
}

/// A stretch of a file that is one execution.
pub(super) struct Part<'a> {
    pub name: Option<String>,
    pub text: &'a str,
    /// How many lines stand before it.
    pub skipped: usize,
}

/// The parts between delimiters, without those that are empty. A delimiter names the part that follows it.
pub(super) fn parts<'a>(body: &'a str, skipped: usize, delimiter: &str) -> Result<Vec<Part<'a>>, String> {
    let regex = compiled(delimiter)?;
    let (mut parts, mut begin, mut name) = (Vec::new(), 0, None);
    let mut part = |begin: usize, end: usize, name: Option<String>| {
        let text = &body[begin..end];
        if !text.trim().is_empty() {
            parts.push(Part { name, text, skipped: skipped + line_feeds(&body[..begin]) });
        }
    };
    for captures in regex.captures_iter(body) {
        let whole = captures.get(0).expect("a match has a whole");
        if whole.is_empty() {
            return Err(format!("the delimiter {delimiter:?} finds nothing at all between two letters"));
        }
        part(begin, whole.start(), name.take());
        name = captures.name("trace").map(|trace| trace.as_str().trim().to_owned()).filter(|name| !name.is_empty());
        begin = whole.end();
    }
    part(begin, body.len(), name.take());
    Ok(parts)
}

/// Compiles an expression as JavaScript writes it, or says why it cannot be used.
fn compiled(expression: &str) -> Result<Regex, String> {
    RegexBuilder::new(&translated(expression))
        .multi_line(true)
        .build()
        .map_err(|error| format!("the expression {expression:?} cannot be used: {}", last_line(&error.to_string())))
}

/// A compiled expression with the groups that are needed.
pub(super) struct Pattern {
    pub expression: String,
    regex: Regex,
}

impl Pattern {
    /// Reads an expression as JavaScript writes it, or says why it cannot be used.
    pub fn new(expression: &str) -> Result<Pattern, String> {
        let regex = compiled(expression)?;
        for group in ["host", "clock", "event"] {
            if !regex.capture_names().any(|name| name == Some(group)) {
                return Err(format!("the expression {expression:?} has no group (?<{group}>..)"));
            }
        }
        Ok(Pattern { expression: expression.to_owned(), regex })
    }

    /// Every event of a text that begins after so many lines, and how many lines belong to none.
    pub fn find(&self, text: &str, skipped: usize) -> Result<(Vec<Found>, usize), LogMistake> {
        let mut found = Vec::new();
        let mut passed_over = 0;
        let (mut line, mut end) = (skipped + 1, 0);
        for captures in self.regex.captures_iter(text) {
            let whole = captures.get(0).expect("a match has a whole");
            if whole.is_empty() {
                continue;
            }
            let between = &text[end..whole.start()];
            passed_over += written_lines(between);
            line += line_feeds(between);
            let group = |name| captures.name(name).map_or("", |found| found.as_str());
            let clock_at = captures.name("clock").map_or(whole.start(), |clock| clock.start());
            let clock_line = line + line_feeds(&text[whole.start()..clock_at]);
            let clock = clock(group("clock")).map_err(|text| LogMistake {
                line: Some(clock_line),
                text,
                accepted: super::ACCEPTED_JSON,
            })?;
            let host = group("host").to_owned();
            if host.is_empty() {
                let told = LogMistake::of_pattern("the event has no host");
                return Err(LogMistake { line: Some(clock_line), ..told });
            }
            found.push(Found { host, clock, text: group("event").to_owned(), line: clock_line });
            line += line_feeds(whole.as_str());
            end = whole.end();
        }
        passed_over += written_lines(&text[end..]);
        Ok((found, passed_over))
    }
}

fn line_feeds(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

fn written_lines(text: &str) -> usize {
    text.lines().filter(|line| !line.trim().is_empty()).count()
}

/// A clock stands on one line, so only the column says something.
fn without_line(told: &str) -> String {
    told.replace(" at line 1 column ", " at its letter ")
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or("").trim().trim_start_matches("error: ")
}

/// Reads a clock; entries of zero say nothing.
fn clock(text: &str) -> Result<BTreeMap<String, u32>, String> {
    let clock: BTreeMap<String, u32> = serde_json::from_str(text).map_err(|error| {
        let shown: String = text.chars().take(40).collect();
        format!("{shown:?} is no clock: {}", without_line(&error.to_string()))
    })?;
    Ok(clock.into_iter().filter(|(_, count)| *count > 0).collect())
}

/// An expression of JavaScript in the notation of the regex crate. A brace that begins no count is a brace, and within
/// brackets `[`, `&` and `~` are themselves.
fn translated(expression: &str) -> String {
    let letters: Vec<char> = expression.chars().collect();
    let mut out = String::new();
    let mut in_class = false;
    let mut place = 0;
    while place < letters.len() {
        let letter = letters[place];
        match letter {
            '\\' => {
                out.push(letter);
                place += 1;
                out.extend(letters.get(place));
            }
            '[' if !in_class => {
                in_class = true;
                out.push('[');
            }
            '[' | '&' | '~' if in_class => out.extend(['\\', letter]),
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '{' if !in_class && !is_count(&letters[place + 1..]) => out.push_str(r"\{"),
            _ => out.push(letter),
        }
        place += 1;
    }
    out
}

/// Whether what follows a brace makes it a count: `{2}`, `{2,}`, `{2,3}`.
fn is_count(rest: &[char]) -> bool {
    let Some(end) = rest.iter().position(|c| *c == '}') else { return false };
    let inside: String = rest[..end].iter().collect();
    let number = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    match inside.split_once(',') {
        None => number(&inside),
        Some((least, most)) => number(least) && (most.is_empty() || number(most)),
    }
}
