//! Histories that other systems' tests have recorded, and runs of ours in the same form.
//!
//! A history is read from the log of a Jepsen test or from EDN, the form in which Jepsen keeps histories; which of them a file
//! is, it tells itself. Each process does one thing at a time. What ends with `:info` may take effect at any later time or
//! never; Jepsen gives up the process then, but one that goes on is accepted.

mod edn;
mod jepsen;
mod write;

#[cfg(test)]
mod tests;

pub use write::write_edn;

use super::calls::{Call, Meaning, Model, Point};
use super::history::Ending;
use crate::node::{Datum, Key, Op, SimTime};
use edn::Edn;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a history is judged as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A value that is read, written, compared and set.
    Register,
    /// Keys with values, to which can be appended.
    KeyValue,
    /// A queue.
    Queue,
    /// A set.
    Set,
    /// A lock.
    Lock,
}

impl Kind {
    /// How calls are to be understood.
    pub const fn meaning(self) -> Meaning {
        let model = match self {
            Kind::Register | Kind::Queue => Model::Store,
            Kind::KeyValue => Model::Text,
            Kind::Set => Model::Set,
            Kind::Lock => Model::Lock,
        };
        Meaning { model, failed_cas_is_mismatch: true }
    }

    /// What its things are called, where they have no name: the only one.
    const fn name(self) -> &'static str {
        match self {
            Kind::Register => "register",
            Kind::KeyValue => "key",
            Kind::Queue => "queue",
            Kind::Set => "set",
            Kind::Lock => "lock",
        }
    }

    /// The operations that it has.
    const fn operations(self) -> &'static [&'static str] {
        match self {
            Kind::Register => &["read", "write", "cas", "get", "put", "delete"],
            Kind::KeyValue => &["get", "put", "append", "cas", "delete", "read", "write", "enqueue", "dequeue"],
            Kind::Queue => &["enqueue", "dequeue"],
            Kind::Set => &["add", "read"],
            Kind::Lock => &["acquire", "release"],
        }
    }
}

/// A history, and how it was written.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its calls, in the order in which they began.
    pub calls: Vec<Call>,
    /// What it was: `a Jepsen log`, `EDN`.
    pub form: &'static str,
    /// Whether the places of its calls are numbers of lines; otherwise things are numbered as they come.
    pub has_lines: bool,
}

/// What is wrong with a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where.
    pub line: Option<u32>,
    /// What.
    pub text: String,
    /// What would be right.
    pub accepted: String,
}

/// How something stands with an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Invoke,
    Ok,
    Fail,
    Info,
}

impl Type {
    fn of(word: &str) -> Option<Self> {
        match word {
            "invoke" => Some(Type::Invoke),
            "ok" => Some(Type::Ok),
            "fail" => Some(Type::Fail),
            "info" => Some(Type::Info),
            _ => None,
        }
    }
}

/// What one line of a history says.
#[derive(Clone, Debug)]
struct Said {
    line: u32,
    process: i64,
    kind: Type,
    operation: Arc<str>,
    value: Edn,
    key: Option<Edn>,
    time: Option<u64>,
    /// Why it went wrong, where that is said.
    is_error: bool,
}

/// Reads a history.
pub fn read(text: &str, kind: Kind) -> Result<Recorded, Mistake> {
    let first = text.lines().map(|line| line.trim_start_matches('\u{feff}').trim_start());
    let first = first.filter(|line| !line.is_empty() && !line.starts_with(';')).find_map(|line| line.chars().next());
    let (form, said) = match first {
        None => return Err(Mistake { line: None, text: "the file is empty".to_owned(), accepted: accepted_forms() }),
        Some('{' | '[' | '(' | '#') => ("EDN", said_in_edn(text)?),
        Some(_) => ("a Jepsen log", jepsen::read(text)?),
    };
    if said.is_empty() {
        let text = "there is no operation of a client in it".to_owned();
        return Err(Mistake { line: None, text, accepted: accepted_forms() });
    }
    let has_lines = said.is_sorted_by(|one, next| one.line < next.line);
    let calls = Pairing::new(kind, &said, has_lines).pair(&said)?;
    Ok(Recorded { calls, form, has_lines })
}

fn accepted_forms() -> String {
    "accepted: lines of a Jepsen log (INFO jepsen.util - 0 :invoke :read nil),\n\
     or EDN ({:process 0, :type :invoke, :f :read, :value nil}), one map a line or a vector of maps"
        .to_owned()
}

/// Every map of a text, which may stand in a vector or not.
fn said_in_edn(text: &str) -> Result<Vec<Said>, Mistake> {
    let mut reader = edn::Reader::new(text, 1);
    let is_list = reader.enter_list()?;
    let mut said = Vec::new();
    loop {
        if is_list && reader.leave_list()? {
            return Ok(said);
        }
        match reader.next_value()? {
            Some((line, value)) => said.extend(said_in_map(line, &value)?),
            None if is_list => {
                let text = "the vector of operations is not closed".to_owned();
                return Err(Mistake { line: Some(reader.line()), text, accepted: "accepted: ]".to_owned() });
            }
            None => return Ok(said),
        }
    }
}

/// What a map says; nothing where it is not about a client: Jepsen's nemesis has no number.
fn said_in_map(line: u32, value: &Edn) -> Result<Option<Said>, Mistake> {
    let wrong =
        |text: String, accepted: &str| Mistake { line: Some(line), text, accepted: format!("accepted: {accepted}") };
    if !matches!(value, Edn::Map(_)) {
        return Err(wrong(
            format!("{value} is no operation"),
            "a map: {:process 0, :type :invoke, :f :read, :value nil}",
        ));
    }
    let process = match value.get("process") {
        Some(Edn::Int(process)) => *process,
        Some(Edn::Keyword(_)) => return Ok(None),
        Some(other) => return Err(wrong(format!("{other} is no process"), ":process with a number")),
        None => return Err(wrong("the operation has no :process".to_owned(), ":process with a number")),
    };
    let word = |name: &str| match value.get(name) {
        Some(Edn::Keyword(word)) => Ok(word.clone()),
        Some(other) => Err(wrong(format!(":{name} is {other}"), &format!(":{name} with a keyword"))),
        None => Err(wrong(format!("the operation has no :{name}"), &format!(":{name} with a keyword"))),
    };
    let kind = word("type")?;
    let kind = Type::of(&kind).ok_or_else(|| wrong(format!(":{kind} is no :type"), ":invoke :ok :fail :info"))?;
    let time = match value.get("time") {
        Some(Edn::Int(time)) => u64::try_from(*time).ok(),
        _ => None,
    };
    Ok(Some(Said {
        line,
        process,
        kind,
        operation: word("f")?,
        value: value.get("value").cloned().unwrap_or(Edn::Nil),
        key: value.get("key").filter(|key| **key != Edn::Nil).cloned(),
        time,
        is_error: value.get("error").is_some_and(|error| *error != Edn::Nil),
    }))
}

/// Puts together what began and how it ended.
struct Pairing {
    kind: Kind,
    /// Whether every value is a pair of a key and a value, as those of Jepsen's independent tests are.
    is_independent: bool,
    has_lines: bool,
    calls: Vec<Call>,
    /// The calls that were refused: they had no effect, and found nothing.
    refused: Vec<usize>,
    /// What each process waits for: the call, its line, the name of its operation.
    open: BTreeMap<i64, (usize, u32, Arc<str>)>,
}

impl Pairing {
    fn new(kind: Kind, said: &[Said], has_lines: bool) -> Self {
        let mut invoked = said.iter().filter(|said| said.kind == Type::Invoke).peekable();
        let is_tuple = |said: &Said| {
            let inner = said.value.pair().map(|(_, inner)| inner);
            said.key.is_none() && inner.is_some_and(|inner| *said.operation != *"cas" || inner.pair().is_some())
        };
        let is_independent = invoked.peek().is_some() && invoked.all(is_tuple);
        Pairing { kind, is_independent, has_lines, calls: vec![], refused: vec![], open: BTreeMap::new() }
    }

    fn pair(mut self, said: &[Said]) -> Result<Vec<Call>, Mistake> {
        for (place, said) in said.iter().enumerate() {
            let place = if self.has_lines { said.line } else { place as u32 + 1 };
            let point = Point { place, time: said.time.map(SimTime) };
            match said.kind {
                Type::Invoke => self.invoke(point, said)?,
                _ => self.complete(point, said)?,
            }
        }
        let Pairing { calls, refused, .. } = self;
        let kept = calls.into_iter().enumerate().filter(|(place, _)| refused.binary_search(place).is_err());
        Ok(kept.map(|(_, call)| call).collect())
    }

    fn invoke(&mut self, at: Point, said: &Said) -> Result<(), Mistake> {
        if let Some((_, line, name)) = self.open.get(&said.process) {
            let text = format!(
                "process {} begins :{} while it waits for :{name} of line {line}",
                said.process, said.operation
            );
            let accepted = "accepted: one operation of a process at a time; :ok, :fail or :info ends it";
            return Err(Mistake { line: Some(said.line), text, accepted: accepted.to_owned() });
        }
        let op = self.op(said)?;
        self.open.insert(said.process, (self.calls.len(), said.line, said.operation.clone()));
        self.calls.push(Call {
            client: format!("p{}", said.process).into(),
            label: None,
            op,
            invoked: at,
            ended: None,
            ending: Ending::Pending,
        });
        Ok(())
    }

    fn complete(&mut self, at: Point, said: &Said) -> Result<(), Mistake> {
        let wrong = |text: String, accepted: &str| {
            Err(Mistake { line: Some(said.line), text, accepted: accepted.to_owned() })
        };
        let Some((call, line, name)) = self.open.remove(&said.process) else {
            if said.kind == Type::Info {
                return Ok(());
            }
            let text = format!("process {} ends :{}, which it never began", said.process, said.operation);
            return wrong(text, "accepted: :invoke before :ok, :fail or :info of the same process");
        };
        if name != said.operation {
            let text = format!("process {} ends :{}, but began :{name} on line {line}", said.process, said.operation);
            return wrong(text, "accepted: the operation that was begun");
        }
        let returns = matches!(self.calls[call].op, Op::Get(_) | Op::Take(_));
        let ending = match said.kind {
            Type::Ok if returns => Ending::Ok(datum(self.inner(&said.value))),
            Type::Ok => Ending::Ok(Datum::Absent),
            Type::Fail => Ending::Failed,
            _ => Ending::Unknown,
        };
        if said.kind == Type::Fail && (said.is_error || matches!(said.value, Edn::Keyword(_))) {
            self.refused.push(call);
            self.refused.sort();
        }
        self.calls[call].ended = Some(at);
        self.calls[call].ending = ending;
        Ok(())
    }

    /// The value beside the key, where keys and values stand in pairs.
    fn inner<'a>(&self, value: &'a Edn) -> &'a Edn {
        match value.pair() {
            Some((_, inner)) if self.is_independent => inner,
            _ => value,
        }
    }

    fn op(&self, said: &Said) -> Result<Op, Mistake> {
        let kind = self.kind;
        let wrong = |text: String, accepted: String| Mistake { line: Some(said.line), text, accepted };
        if !kind.operations().contains(&&*said.operation) {
            let accepted: Vec<String> = kind.operations().iter().map(|name| format!(":{name}")).collect();
            let text = format!("a {} has no :{}", kind.name(), said.operation);
            return Err(wrong(text, format!("accepted: {}; or another --model", accepted.join(" "))));
        }
        let key: Key = match (&said.key, said.value.pair()) {
            (Some(key), _) => key_of(key),
            (None, Some((key, _))) if self.is_independent => key_of(key),
            _ => kind.name().into(),
        };
        let value = self.inner(&said.value);
        Ok(match &*said.operation {
            "read" | "get" => Op::Get(key),
            "write" | "put" => Op::Put(key, datum(value)),
            "append" | "add" | "enqueue" => Op::Append(key, datum(value)),
            "delete" => Op::Delete(key),
            "dequeue" => Op::Take(key),
            "acquire" => Op::Acquire(key),
            "release" => Op::Release(key),
            _ => {
                let (expected, new) = value
                    .pair()
                    .ok_or_else(|| wrong(format!(":cas of {value}"), "accepted: [old new]".to_owned()))?;
                Op::Cas { key, expected: datum(expected), new: datum(new) }
            }
        })
    }
}

fn key_of(key: &Edn) -> Key {
    match key {
        Edn::Text(text) => text.clone(),
        Edn::Keyword(word) => word.clone(),
        other => other.to_string().into(),
    }
}

fn datum(value: &Edn) -> Datum {
    match value {
        Edn::Nil => Datum::Absent,
        Edn::Int(number) => Datum::Int(*number),
        Edn::Text(text) => Datum::Text(text.clone()),
        Edn::Items(items) => Datum::List(items.iter().map(datum).collect()),
        Edn::Other(_) | Edn::Keyword(_) | Edn::Map(_) => Datum::Text(value.to_string().into()),
    }
}
