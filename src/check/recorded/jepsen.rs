//! Logs of Jepsen tests: what its clients did, line by line, among other remarks.

use super::edn::{Edn, Reader};
use super::{Mistake, Said, Type, accepted_forms};

/// Every line that tells of a client: `INFO  jepsen.util - 0 :invoke :read nil`, with any white space.
pub fn read(text: &str) -> Result<Vec<Said>, Mistake> {
    let mut said = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let number = number as u32 + 1;
        // The lines of a stack trace begin with white space.
        if line.trim().is_empty() || line.starts_with(char::is_whitespace) {
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let Some(dash) = words.iter().position(|word| *word == "-").filter(|dash| *dash > 0) else {
            let text = format!("{:?} is no line of a log", line.chars().take(40).collect::<String>());
            return Err(Mistake { line: Some(number), text, accepted: accepted_forms() });
        };
        if words[dash - 1] == "jepsen.util" {
            said.extend(client_line(number, &words[dash + 1..])?);
        }
    }
    Ok(said)
}

/// `0 :invoke :read nil`; what does not begin with a number is about no client.
fn client_line(line: u32, words: &[&str]) -> Result<Option<Said>, Mistake> {
    let Some(process) = words.first().and_then(|word| word.parse().ok()) else { return Ok(None) };
    let wrong = |text: String| Mistake {
        line: Some(line),
        text,
        accepted: "accepted: PROCESS :invoke|:ok|:fail|:info OPERATION VALUE".to_owned(),
    };
    let keyword = |place: usize| words.get(place).and_then(|word| word.strip_prefix(':'));
    let kind = keyword(1).and_then(Type::of);
    let kind = kind.ok_or_else(|| {
        wrong(format!("{} stands where :invoke, :ok, :fail or :info should", words.get(1).unwrap_or(&"nothing")))
    })?;
    let operation = keyword(2).ok_or_else(|| wrong("the line names no operation".to_owned()))?;
    let rest = words[3..].join(" ");
    let value = Reader::new(&rest, line).next_value()?.map(|(_, value)| value);
    let value = match (value, kind) {
        (Some(value), _) => value,
        (None, Type::Fail | Type::Info) => Edn::Nil,
        (None, _) => return Err(wrong("the line ends before a value".to_owned())),
    };
    Ok(Some(Said { line, process, kind, operation: operation.into(), value, key: None, time: None, is_error: false }))
}
