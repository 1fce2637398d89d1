//! A reader of EDN, the notation of Clojure's data, as far as recorded histories use it.

use super::Mistake;
use std::fmt;
use std::sync::Arc;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Edn {
    /// `nil`
    Nil,
    /// `true`, a symbol, a number that is not whole, a character: as written.
    Other(Arc<str>),
    /// A whole number.
    Int(i64),
    /// A string.
    Text(Arc<str>),
    /// A keyword, without its colon.
    Keyword(Arc<str>),
    /// A vector, a list or a set.
    Items(Vec<Edn>),
    /// A map.
    Map(Vec<(Edn, Edn)>),
}

impl Edn {
    /// What a map holds under a keyword.
    pub fn get(&self, name: &str) -> Option<&Edn> {
        let Edn::Map(pairs) = self else { return None };
        pairs.iter().find(|(key, _)| matches!(key, Edn::Keyword(word) if **word == *name)).map(|(_, value)| value)
    }

    /// The two of a pair.
    pub fn pair(&self) -> Option<(&Edn, &Edn)> {
        match self {
            Edn::Items(items) if items.len() == 2 => Some((&items[0], &items[1])),
            _ => None,
        }
    }
}

impl fmt::Display for Edn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Edn::Nil => f.write_str("nil"),
            Edn::Other(text) => f.write_str(text),
            Edn::Int(number) => number.fmt(f),
            Edn::Text(text) => write!(f, "{text:?}"),
            Edn::Keyword(word) => write!(f, ":{word}"),
            Edn::Items(items) => {
                let items: Vec<String> = items.iter().map(Edn::to_string).collect();
                write!(f, "[{}]", items.join(" "))
            }
            Edn::Map(pairs) => {
                let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key} {value}")).collect();
                write!(f, "{{{}}}", pairs.join(", "))
            }
        }
    }
}

/// How deep things may stand in one another.
const MAX_DEPTH: usize = 64;

/// Reads a text; each value with the line on which it begins.
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

impl<'a> Reader<'a> {
    /// A reader of a text whose first line has this number.
    pub fn new(text: &'a str, line: u32) -> Self {
        Reader { text, at: 0, line }
    }

    /// The next value, if there is one more.
    pub fn next_value(&mut self) -> Result<Option<(u32, Edn)>, Mistake> {
        self.skip()?;
        if self.peek().is_none() {
            return Ok(None);
        }
        let line = self.line;
        self.value(0).map(|value| Some((line, value)))
    }

    /// Whether a vector or list of values begins here; then its bracket is passed over.
    pub fn enter_list(&mut self) -> Result<bool, Mistake> {
        self.skip()?;
        let enters = matches!(self.peek(), Some('[' | '('));
        if enters {
            self.bump();
        }
        Ok(enters)
    }

    /// Whether a list ends here; then its bracket is passed over.
    pub fn leave_list(&mut self) -> Result<bool, Mistake> {
        self.skip()?;
        let leaves = matches!(self.peek(), Some(']' | ')'));
        if leaves {
            self.bump();
        }
        Ok(leaves)
    }

    /// The line that is being read.
    pub fn line(&self) -> u32 {
        self.line
    }

    fn mistake(&self, text: impl Into<String>) -> Mistake {
        Mistake {
            line: Some(self.line),
            text: text.into(),
            accepted: "accepted: EDN, such as {:type :ok, :f :read}".to_owned(),
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        self.line += u32::from(next == '\n');
        Some(next)
    }

    /// Passes over white space, to which commas belong, comments, and values that are left out with `#_`.
    fn skip(&mut self) -> Result<(), Mistake> {
        loop {
            match self.peek() {
                Some(';') => while self.bump().is_some_and(|next| next != '\n') {},
                Some(next) if next.is_whitespace() || next == ',' || next == '\u{feff}' => {
                    self.bump();
                }
                Some('#') if self.text[self.at..].starts_with("#_") => {
                    self.at += 2;
                    self.skip_one()?;
                }
                _ => return Ok(()),
            }
        }
    }

    fn skip_one(&mut self) -> Result<(), Mistake> {
        while self.peek().is_some_and(|next| next.is_whitespace() || next == ',') {
            self.bump();
        }
        self.value(1).map(|_| ())
    }

    fn value(&mut self, depth: usize) -> Result<Edn, Mistake> {
        if depth > MAX_DEPTH {
            return Err(self.mistake(format!("brackets stand more than {MAX_DEPTH} deep in one another")));
        }
        match self.peek() {
            Some('[') => self.items(']', depth).map(Edn::Items),
            Some('(') => self.items(')', depth).map(Edn::Items),
            Some('{') => self.map(depth),
            Some('#') => self.dispatch(depth),
            Some('"') => self.string().map(Edn::Text),
            Some(':') => {
                self.bump();
                Ok(Edn::Keyword(self.word().into()))
            }
            Some('\\') => {
                let from = self.at;
                self.bump();
                self.bump();
                self.word();
                Ok(Edn::Other(self.text[from..self.at].into()))
            }
            Some(next @ (']' | ')' | '}')) => Err(self.mistake(format!("{next:?} closes nothing"))),
            Some(_) => self.atom(),
            None => Err(self.mistake("the file ends in the middle of a value")),
        }
    }

    /// A set, or a value with a tag, which is passed over: `#{1 2}`, `#jepsen.history.Op{...}`.
    fn dispatch(&mut self, depth: usize) -> Result<Edn, Mistake> {
        self.bump();
        if self.peek() == Some('{') {
            return self.items('}', depth).map(Edn::Items);
        }
        self.word();
        self.skip()?;
        self.value(depth + 1)
    }

    fn items(&mut self, close: char, depth: usize) -> Result<Vec<Edn>, Mistake> {
        let opened = self.line;
        self.bump();
        let mut items = Vec::new();
        loop {
            self.skip()?;
            match self.peek() {
                Some(next) if next == close => {
                    self.bump();
                    return Ok(items);
                }
                None => {
                    return Err(
                        self.mistake(format!("what was opened on line {opened} is not closed with {close:?}"))
                    );
                }
                Some(_) => items.push(self.value(depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Edn, Mistake> {
        let mut items = self.items('}', depth)?;
        if items.len() % 2 == 1 {
            return Err(self.mistake("a map has a key without a value"));
        }
        let mut pairs = Vec::with_capacity(items.len() / 2);
        while let Some(value) = items.pop() {
            pairs.extend(items.pop().map(|key| (key, value)));
        }
        pairs.reverse();
        Ok(Edn::Map(pairs))
    }

    fn string(&mut self) -> Result<Arc<str>, Mistake> {
        let opened = self.line;
        self.bump();
        let mut text = String::new();
        loop {
            match self.bump() {
                Some('"') => return Ok(text.into()),
                Some('\\') => text.push(self.escaped()?),
                Some(next) => text.push(next),
                None => return Err(self.mistake(format!("the string that begins on line {opened} has no end"))),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, Mistake> {
        match self.bump() {
            Some('n') => Ok('\n'),
            Some('t') => Ok('\t'),
            Some('r') => Ok('\r'),
            Some('b') => Ok('\u{8}'),
            Some('f') => Ok('\u{c}'),
            Some(same @ ('"' | '\\' | '\'')) => Ok(same),
            Some('u') => {
                let digits = self.text.get(self.at..self.at + 4);
                let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                self.at += if number.is_some() { 4 } else { 0 };
                number.and_then(char::from_u32).ok_or_else(|| self.mistake("\\u wants four digits of a character"))
            }
            other => Err(self.mistake(format!("a string has no \\{}", other.unwrap_or(' ')))),
        }
    }

    /// Characters up to white space or a bracket.
    fn word(&mut self) -> &'a str {
        let ends = |c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '(' | ')' | '{' | '}' | '"' | ';');
        let rest = &self.text[self.at..];
        let length = rest.find(ends).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn atom(&mut self) -> Result<Edn, Mistake> {
        let word = self.word();
        let digits = word.strip_prefix('+').unwrap_or(word);
        let digits = digits.strip_suffix('N').unwrap_or(digits);
        match word {
            "nil" => Ok(Edn::Nil),
            "" => Err(self.mistake("a value is expected")),
            _ => Ok(digits.parse().map_or_else(|_| Edn::Other(word.into()), Edn::Int)),
        }
    }
}
