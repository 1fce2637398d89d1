//! A run as it is compared: read from its event lines, as it happens or from a file.

use crate::node::{Op, Outcome, digest};
use crate::trace::EventKind;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::rc::Rc;

/// No event.
pub const NONE: u32 = u32::MAX;

/// What is kept of an event.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// The digest of where it happened and what it is. Its number and its time are no part of it.
    pub key: u64,
    /// When it happened, in nanoseconds of true time.
    pub time: u64,
    /// The events that caused it, as far as there are any.
    pub causes: [u32; 2],
    /// The place among [`History::names`] of the kind of message, timer, fact or fault; the empty name for others.
    pub name: u16,
    /// What it is.
    pub kind: EventKind,
}

/// An operation and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Whose it was.
    pub client: String,
    /// What was asked, as people write it: `x=1`.
    pub asked: String,
    /// What its client was told: `ok`, `got 5`, `failed`, `UNKNOWN`; `no answer` where the run ended before.
    pub told: String,
    /// Whether it is known that it took effect.
    pub is_ok: bool,
}

/// All that two runs are compared by.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The events, in order.
    pub events: Vec<Seen>,
    /// The names that events have, each once.
    pub names: Vec<String>,
    /// The operations, in order of their asking.
    pub operations: Vec<Ended>,
    /// Where in `operations` the operation of a number stands.
    pub(super) by_number: BTreeMap<u64, usize>,
}

/// Fields of an event's line that are not what happened but when, in which order, and by which causes.
const CIRCUMSTANCES: &[&str] = &["id", "time", "local", "vector", "lamport", "causes", "due"];

impl History {
    /// Adds the next event by its line. Says whether the line is an event's at all: the others are a header or a footer.
    /// What cannot be read is told in words.
    pub fn add(&mut self, line: &str) -> Result<bool, String> {
        let (mut kind, mut time, mut causes, mut name, mut node) = (None, None, [NONE; 2], "", "");
        let mut content: Vec<(&str, &str)> = Vec::with_capacity(6);
        for field in Fields::of(line) {
            let (field, value) = field.ok_or("it is no JSON object")?;
            match field {
                "event" => kind = EventKind::ALL.into_iter().find(|kind| kind.name() == unquoted(value)),
                "time" => time = value.parse().ok(),
                "causes" => {
                    let given = value.trim_matches(['[', ']']).split(',').filter_map(|id| id.trim().parse().ok());
                    causes.iter_mut().zip(given).for_each(|(cause, id)| *cause = id);
                }
                "kind" | "timer" | "fact" | "fault" => name = first_word(value),
                "node" => node = unquoted(value),
                _ => {}
            }
            if !CIRCUMSTANCES.contains(&field) {
                content.push((field, value));
            }
        }
        let Some(kind) = kind else { return Ok(false) };
        let time = time.ok_or("it has no time")?;
        if causes.iter().any(|cause| *cause != NONE && *cause as usize >= self.events.len()) {
            return Err("a cause of it has not happened".to_owned());
        }
        let name = self.name(name);
        self.events.push(Seen { key: digest(&content), time, causes, name, kind });
        self.note_operation(node, kind, &content);
        Ok(true)
    }

    fn name(&mut self, name: &str) -> u16 {
        let known = self.names.iter().position(|known| known == name);
        let place = known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        place as u16
    }

    /// The name that an event has.
    pub fn name_of(&self, event: u32) -> &str {
        &self.names[usize::from(self.events[event as usize].name)]
    }

    fn note_operation(&mut self, node: &str, kind: EventKind, content: &[(&str, &str)]) {
        let field = |wanted: &str| content.iter().find(|(field, _)| *field == wanted).map(|(_, value)| *value);
        let read = |text: &str| serde_json::from_str::<Value>(text).ok();
        match kind {
            EventKind::Operation => {
                let Some(operation) = field("operation").and_then(read) else { return };
                let asked = serde_json::from_value(operation["op"].clone())
                    .map_or_else(|_| operation["op"].to_string(), |op: Op| op.to_string());
                self.by_number.extend(operation["id"].as_u64().map(|id| (id, self.operations.len())));
                let (client, told) = (node.to_owned(), "no answer".to_owned());
                self.operations.push(Ended { client, asked, told, is_ok: false });
            }
            EventKind::Fact => {
                let is_end = |text: &&str| text.starts_with("{\"Returned\"") || text.starts_with("{\"TimedOut\"");
                let Some(fact) = field("fact").filter(is_end).and_then(read) else { return };
                let (is_return, end) = match &fact["Returned"] {
                    Value::Null => (false, &fact["TimedOut"]),
                    returned => (true, returned),
                };
                let place = end["operation"].as_u64().and_then(|id| self.by_number.get(&id));
                let Some(operation) = place.map(|place| &mut self.operations[*place]) else { return };
                match serde_json::from_value(end["outcome"].clone()) {
                    Ok(Outcome::Ok(crate::node::Datum::Absent)) if !operation.asked.starts_with("get ") => {
                        (operation.told, operation.is_ok) = ("ok".to_owned(), true);
                    }
                    Ok(Outcome::Ok(value)) => (operation.told, operation.is_ok) = (format!("ok: {value}"), true),
                    Ok(Outcome::Failed) => operation.told = "failed".to_owned(),
                    Err(_) if is_return => operation.told = end["outcome"].to_string(),
                    Err(_) => operation.told = "UNKNOWN".to_owned(),
                }
            }
            _ => {}
        }
    }
}

/// Reads the event lines of a run as they are written, each in one piece.
#[derive(Clone, Debug, Default)]
pub struct Reader(Rc<RefCell<History>>);

impl Reader {
    /// What was read so far; empties it.
    pub fn take(&self) -> History {
        self.0.take()
    }
}

impl Write for Reader {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let line = std::str::from_utf8(bytes).map_err(std::io::Error::other)?;
        self.0.borrow_mut().add(line).map_err(std::io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A text without its quotes.
fn unquoted(value: &str) -> &str {
    value.trim_matches('"')
}

/// The word by which a value goes: of `"Crash"` and of `{"Crash":"n2"}` it is `Crash`. Empty where there is none.
fn first_word(value: &str) -> &str {
    value.trim_start_matches('{').strip_prefix('"').and_then(|rest| rest.split('"').next()).unwrap_or("")
}

/// The fields of a JSON object on one line, each with its value as it is written; `None` where it is none, and no more
/// after that. Much quicker than reading the values, most of which are only hashed.
struct Fields<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Fields<'a> {
    fn of(line: &'a str) -> Self {
        Fields { line: line.trim(), at: 0 }
    }

    /// The place after the text that begins here.
    fn text_end(&self, from: usize) -> Option<usize> {
        let bytes = self.line.as_bytes();
        let mut at = from + 1;
        loop {
            match bytes.get(at)? {
                b'"' => return Some(at + 1),
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
    }

    /// The place after the value that begins here.
    fn value_end(&self, from: usize) -> Option<usize> {
        let bytes = self.line.as_bytes();
        let (mut at, mut depth) = (from, 0);
        loop {
            match bytes.get(at)? {
                b'"' => {
                    at = self.text_end(at)?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b',' if depth == 0 => return Some(at),
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            at += 1;
        }
    }

    fn field(&mut self) -> Option<(&'a str, &'a str)> {
        let bytes = self.line.as_bytes();
        (bytes.get(self.at + 1) == Some(&b'"')).then_some(())?;
        let name = self.at + 1..self.text_end(self.at + 1)?;
        (bytes.get(name.end) == Some(&b':')).then_some(())?;
        let value = name.end + 1..self.value_end(name.end + 1)?;
        self.at = value.end;
        Some((self.line.get(name.start + 1..name.end - 1)?, self.line.get(value)?))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Option<(&'a str, &'a str)>;

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.line.as_bytes();
        let begins = if self.at == 0 { b'{' } else { b',' };
        match bytes.get(self.at) {
            _ if self.at == usize::MAX => None,
            Some(b'}') if self.at + 1 == bytes.len() => None,
            Some(byte) if *byte == begins => {
                let field = self.field();
                if field.is_none() {
                    self.at = usize::MAX;
                }
                Some(field)
            }
            _ => {
                self.at = usize::MAX;
                Some(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(line: &str) -> Vec<Option<(&str, &str)>> {
        Fields::of(line).collect()
    }

    #[test]
    fn fields_are_found_without_reading_them() {
        let line = r#"{"id":3,"text":"a\"},{","message":{"terms":[1,{"x":"]"}],"y":2},"due":null}"#;
        let found: Vec<_> = fields(line).into_iter().flatten().collect();
        let expected =
            [("id", "3"), ("text", r#""a\"},{""#), ("message", r#"{"terms":[1,{"x":"]"}],"y":2}"#), ("due", "null")];
        assert_eq!(found, expected);
        for broken in ["", "12", "[1]", r#"{"id":3"#, r#"{"id":"3}"#, r#"{"id" 3}"#, r#"{"id":3}}"#, "{id:3}"] {
            assert_eq!(fields(broken).last(), Some(&None), "{broken}");
        }
    }

    #[test]
    fn an_event_is_known_by_what_it_is_and_not_by_its_number_or_time() {
        let mut history = History::default();
        let lines = [
            r#"{"id":0,"time":0,"node":"n1","local":0,"vector":[1],"lamport":1,"causes":[],"event":"timer","timer":"Ask"}"#,
            r#"{"id":1,"time":7,"node":"n1","local":9,"vector":[2],"lamport":2,"causes":[0],"event":"timer","timer":"Ask"}"#,
            r#"{"id":2,"time":7,"node":"n2","local":9,"vector":[2],"lamport":2,"causes":[],"event":"timer","timer":"Ask"}"#,
            r#"{"id":3,"time":7,"node":"n1","local":9,"vector":[3],"lamport":3,"causes":[1],"event":"timer","timer":"Beat"}"#,
        ];
        for line in lines {
            assert_eq!(history.add(line), Ok(true));
        }
        let keys: Vec<u64> = history.events.iter().map(|event| event.key).collect();
        assert_eq!(keys[0], keys[1]);
        assert!(keys[1] != keys[2] && keys[1] != keys[3]);
        assert_eq!((history.name_of(0), history.name_of(3)), ("Ask", "Beat"));
        assert_eq!(history.add(r#"{"events":4,"digest":"00"}"#), Ok(false));
        assert!(history.add("no event").is_err());
    }
}
