//! From text to a tree whose every part knows where it stands.
//!
//! The notation is RON; whatever is read here, ron 0.12 reads too (a test holds us to it). It is not ron that reads it,
//! because a scenario is written by students and ron tells them too little: a missing comma is reported where the
//! *next* word ends, an open bracket at the end of the file, and a value keeps neither its place nor, in `ron::Value`,
//! its variant's name. Here each node of the tree keeps both, so that later stages can point at any word, a variant
//! can replace a field by a node that still points into the variant's own text, and one value may be written as a text
//! or as a word.

use super::diagnostic::{Checked, Mistake, Span};
use super::lexer::{Lexer, Token};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its bytes, from first to last.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// What a value can be.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `"n1"`, unescaped.
    Text(String),
    /// `0.5`, as it is written, without underscores.
    Number(String),
    /// `Leader`, `true`, or `Crash(...)` with what it holds.
    Word(String, Option<Body>),
    /// `(...)`
    Record(Body),
    /// `[...]`
    List(Vec<Node>),
    /// `{"a": ...}`
    Map(Vec<(Node, Node)>),
}

/// What stands within parentheses: all of it named or none.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Values by place; none for `()`.
    Values(Vec<Node>),
    /// Values by name.
    Fields(Vec<Field>),
}

/// A named value.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The part to underline when the whole is meant: a word without what it holds.
    pub fn head(&self) -> Span {
        match &self.kind {
            Kind::Word(word, Some(_)) => self.span.start..self.span.start + word.len(),
            _ => self.span.clone(),
        }
    }

    /// The fields of a record or word that has named ones.
    pub fn fields(&self) -> &[Field] {
        match &self.kind {
            Kind::Record(Body::Fields(fields)) | Kind::Word(_, Some(Body::Fields(fields))) => fields,
            _ => &[],
        }
    }

    /// The same, to be changed.
    pub fn fields_mut(&mut self) -> Option<&mut Vec<Field>> {
        match &mut self.kind {
            Kind::Record(Body::Fields(fields)) | Kind::Word(_, Some(Body::Fields(fields))) => Some(fields),
            _ => None,
        }
    }

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields().iter().find(|field| field.name == name)
    }

    /// The node whose head is at this place.
    pub fn node_at(&self, place: &Span) -> Option<&Node> {
        if self.head() == *place {
            return Some(self);
        }
        if place.start < self.span.start || place.end > self.span.end {
            return None;
        }
        self.parts().find_map(|part| part.node_at(place))
    }

    /// The nodes right within this one; the keys of a map are none.
    fn parts(&self) -> Box<dyn Iterator<Item = &Node> + '_> {
        match &self.kind {
            Kind::Text(_) | Kind::Number(_) | Kind::Word(_, None) => Box::new(std::iter::empty()),
            Kind::Word(_, Some(Body::Values(nodes))) | Kind::Record(Body::Values(nodes)) => Box::new(nodes.iter()),
            Kind::Word(_, Some(Body::Fields(fields))) | Kind::Record(Body::Fields(fields)) => {
                Box::new(fields.iter().map(|field| &field.value))
            }
            Kind::List(nodes) => Box::new(nodes.iter()),
            Kind::Map(pairs) => Box::new(pairs.iter().map(|(_, node)| node)),
        }
    }

    /// The first text within that reads so: where to point when it is refused.
    pub fn find_text(&self, wanted: &str) -> Option<Span> {
        match &self.kind {
            Kind::Text(text) => (text == wanted).then(|| self.span.clone()),
            _ => self.parts().find_map(|part| part.find_text(wanted)),
        }
    }

    /// The content alone, always the same for the same content: no comments, fields by name, one space after a comma.
    pub fn canonical(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    /// The content laid out for people: what does not fit on one line is broken, part by part.
    pub fn pretty(&self) -> String {
        let mut text = String::new();
        self.lay_out(&mut text, 0, 0);
        text.push('\n');
        text
    }

    /// Writes this at a depth, after so many columns of its line are used.
    fn lay_out(&self, out: &mut String, depth: usize, used: usize) {
        const COLUMNS: usize = 100;
        let mut line = String::new();
        self.write_as(&mut line, Fields::AsWritten);
        if used + line.len() < COLUMNS && depth > 0 {
            out.push_str(&line);
            return;
        }
        let indent = "  ".repeat(depth + 1);
        let part = |out: &mut String, name: String, node: &Node| {
            let _ = write!(out, "\n{indent}{name}");
            node.lay_out(out, depth + 1, indent.len() + name.len());
            out.push(',');
        };
        let close = match &self.kind {
            Kind::Text(_) | Kind::Number(_) | Kind::Word(_, None) => return out.push_str(&line),
            Kind::Word(_, Some(body)) | Kind::Record(body) => {
                if let Kind::Word(word, _) = &self.kind {
                    out.push_str(word);
                }
                out.push('(');
                match body {
                    Body::Values(values) => values.iter().for_each(|node| part(out, String::new(), node)),
                    Body::Fields(fields) => {
                        fields.iter().for_each(|field| part(out, format!("{}: ", field.name), &field.value));
                    }
                }
                ')'
            }
            Kind::List(items) => {
                out.push('[');
                items.iter().for_each(|node| part(out, String::new(), node));
                ']'
            }
            Kind::Map(pairs) => {
                out.push('{');
                pairs.iter().for_each(|(key, node)| part(out, format!("{}: ", key.canonical()), node));
                '}'
            }
        };
        let _ = write!(out, "\n{}{close}", "  ".repeat(depth));
    }

    fn write(&self, out: &mut String) {
        self.write_as(out, Fields::ByName);
    }

    fn write_as(&self, out: &mut String, order: Fields) {
        match &self.kind {
            Kind::Text(text) => write_text(out, text),
            Kind::Number(number) => out.push_str(number),
            Kind::Word(word, body) => {
                out.push_str(word);
                if let Some(body) = body {
                    body.write_as(out, order);
                }
            }
            Kind::Record(body) => body.write_as(out, order),
            Kind::List(items) => separated(out, ['[', ']'], items, |out, node| node.write_as(out, order)),
            Kind::Map(pairs) => separated(out, ['{', '}'], pairs, |out, (key, value)| {
                key.write_as(out, order);
                out.push_str(": ");
                value.write_as(out, order);
            }),
        }
    }
}

impl Body {
    fn write_as(&self, out: &mut String, order: Fields) {
        match self {
            Body::Values(values) => separated(out, ['(', ')'], values, |out, node| node.write_as(out, order)),
            Body::Fields(fields) => {
                let mut fields: Vec<&Field> = fields.iter().collect();
                if let Fields::ByName = order {
                    fields.sort_by(|a, b| a.name.cmp(&b.name));
                }
                separated(out, ['(', ')'], &fields, |out, field| {
                    let _ = write!(out, "{}: ", field.name);
                    field.value.write_as(out, order);
                });
            }
        }
    }
}

/// In which order the fields of a record are written.
#[derive(Clone, Copy)]
enum Fields {
    /// By name: always the same for the same content.
    ByName,
    /// As they were read.
    AsWritten,
}

fn separated<T>(out: &mut String, [open, close]: [char; 2], items: &[T], write: impl Fn(&mut String, &T)) {
    out.push(open);
    for (place, item) in items.iter().enumerate() {
        out.push_str(if place == 0 { "" } else { ", " });
        write(out, item);
    }
    out.push(close);
}

/// Writes a text in quotes, so that it reads back as it was.
fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// How deep brackets may stand in brackets. Scenarios need some ten; what recurses into trees relies on it.
pub const MAX_DEPTH: usize = 128;

/// Reads one value that fills the whole text.
pub fn parse(text: &str) -> Checked<Node> {
    let mut parser = Parser { lexer: Lexer::new(text), open: vec![] };
    let node = parser.value()?;
    let (token, span) = parser.lexer.take()?;
    match token {
        Token::End => Ok(node),
        Token::Close(bracket) => Err(Mistake::says(format!("{bracket:?} closes nothing that is open")).at(span)),
        _ => Err(Mistake::says("the value is complete; nothing may follow it").at(span).related(node.head(), "it")),
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// Brackets that are open, the innermost last.
    open: Vec<(char, Span)>,
}

/// What stands between two brackets, for messages.
#[derive(Clone, Copy)]
enum Inside {
    Values,
    Fields,
    List,
    Map,
}

impl Parser<'_> {
    fn value(&mut self) -> Checked<Node> {
        let (token, span) = self.lexer.take()?;
        let start = span.start;
        let kind = match token {
            Token::Text(text) => Kind::Text(text),
            Token::Number(number) => Kind::Number(number),
            Token::Word(word) if self.lexer.peek()?.0 == Token::Open('(') => {
                let (_, open) = self.lexer.take()?;
                let body = self.body(open)?;
                reserved(&word, Some(&body)).map_err(|mistake| mistake.at(span))?;
                Kind::Word(word, Some(body))
            }
            Token::Word(word) => {
                reserved(&word, None).map_err(|mistake| mistake.at(span))?;
                Kind::Word(word, None)
            }
            Token::Open('(') => Kind::Record(self.body(span)?),
            Token::Open('[') => Kind::List(self.list(span)?),
            Token::Open(_) => Kind::Map(self.map(span)?),
            Token::End => return Err(self.ended(span)),
            Token::Comma | Token::Colon | Token::Close(_) => {
                let blame = self.open.last().map(|(_, open)| open.clone());
                let mistake = Mistake::says(format!("a value is missing before {:?}", token.sign())).at(span);
                return Err(match blame {
                    Some(open) => mistake.related(open, "opened here"),
                    None => mistake,
                });
            }
        };
        Ok(Node { span: start..self.lexer.last_end(), kind })
    }

    fn enter(&mut self, bracket: char, span: Span) -> Checked<()> {
        if self.open.len() == MAX_DEPTH {
            let message = format!("brackets stand {MAX_DEPTH} deep in brackets, and no scenario needs that");
            return Err(Mistake::says(message).at(span));
        }
        self.open.push((bracket, span));
        Ok(())
    }

    fn body(&mut self, open: Span) -> Checked<Body> {
        self.enter('(', open)?;
        let named = match &self.lexer.peek()?.0 {
            // A word in lower case before another value can only be a field's name that lacks its colon.
            Token::Word(word) if word.starts_with(|c: char| c.is_ascii_lowercase()) => {
                let second = self.lexer.peek_second()?;
                matches!(second, Token::Colon | Token::Text(_) | Token::Number(_) | Token::Word(_))
            }
            Token::Word(_) => self.lexer.peek_second()? == Token::Colon,
            _ => false,
        };
        if !named {
            return self.items(Inside::Values, Self::value).map(Body::Values);
        }
        let fields = self.items(Inside::Fields, Self::one_field)?;
        let names = fields.iter().map(|field| (field.name.as_str(), &field.name_span));
        unique(names)?;
        Ok(Body::Fields(fields))
    }

    fn one_field(&mut self) -> Checked<Field> {
        let last = self.lexer.last();
        let (token, name_span) = self.lexer.take()?;
        let name = match token {
            Token::Word(name) => name,
            Token::End => return Err(self.ended(name_span)),
            Token::Text(text) => {
                let mistake = Mistake::says("a field's name stands here without quotes").at(name_span);
                return Err(mistake.label(format!("write {text}")));
            }
            Token::Open('(') => {
                let comma = last.end.saturating_sub(1)..last.end;
                let mistake = Mistake::says("a closing bracket is missing").at(comma).label("write ) before this");
                return Err(self.opened(mistake, "opened here"));
            }
            _ => {
                let mistake = Mistake::says("a field such as  at: \"1s\"  is wanted here").at(name_span);
                return Err(self.opened(mistake, "everything in this bracket is named"));
            }
        };
        if self.lexer.peek()?.0 != Token::Colon {
            let mistake = Mistake::says(format!("a colon is missing after {name}"));
            let at = name_span.end..name_span.end;
            return Err(self.opened(mistake.at(at), "everything in this bracket is named"));
        }
        self.lexer.take()?;
        Ok(Field { name, name_span, value: self.value()? })
    }

    fn list(&mut self, open: Span) -> Checked<Vec<Node>> {
        self.enter('[', open)?;
        self.items(Inside::List, Self::value)
    }

    fn map(&mut self, open: Span) -> Checked<Vec<(Node, Node)>> {
        self.enter('{', open)?;
        let pairs = self.items(Inside::Map, |parser| {
            let key = parser.value()?;
            if parser.lexer.peek()?.0 != Token::Colon {
                let at = key.span.end..key.span.end;
                return Err(parser.opened(Mistake::says("a colon is missing here").at(at), "in this map"));
            }
            parser.lexer.take()?;
            Ok((key, parser.value()?))
        })?;
        let keys: Vec<(String, &Span)> = pairs.iter().map(|(key, _)| (key.canonical(), &key.span)).collect();
        unique(keys.iter().map(|(key, span)| (key.as_str(), *span)))?;
        Ok(pairs)
    }

    /// Items with commas between them, up to the bracket that closes the innermost one.
    fn items<T>(&mut self, inside: Inside, item: impl Fn(&mut Self) -> Checked<T>) -> Checked<Vec<T>> {
        let mut items = vec![];
        loop {
            if self.closes()? {
                return Ok(items);
            }
            items.push(item(self)?);
            let (last, end) = (self.lexer.last(), self.lexer.last_end());
            let (token, span) = self.lexer.peek()?.clone();
            match token {
                Token::Word(_) | Token::Text(_) if span.start == end && self.lexer.ends_text(&last) => {
                    let mistake = Mistake::says("this text ends where something else begins").at(last);
                    return Err(mistake.label("is a quotation mark missing?"));
                }
                Token::Comma => drop(self.lexer.take()?),
                Token::Close(_) => {}
                Token::End => return Err(self.ended(span)),
                Token::Colon => return Err(self.stray_colon(inside, span)),
                _ => return Err(Mistake::says("a comma is missing here").at(end..end).label("write ,")),
            }
        }
    }

    /// Whether the innermost bracket closes here; if so, steps over it.
    fn closes(&mut self) -> Checked<bool> {
        let (Token::Close(found), span) = self.lexer.peek()?.clone() else { return Ok(false) };
        let Some((open, open_span)) = self.open.pop() else { return Ok(false) };
        self.lexer.take()?;
        if found == closing(open) {
            return Ok(true);
        }
        let mistake = Mistake::says(format!("{found:?} cannot close {open:?}")).at(span);
        Err(mistake.label(format!("{} is wanted first", closing(open))).related(open_span, "opened here"))
    }

    fn stray_colon(&self, inside: Inside, span: Span) -> Box<Mistake> {
        let (message, opened) = match inside {
            Inside::Values => {
                ("some values here have a name and some have none", "name all or none; is its ) missing?")
            }
            Inside::List => ("a named field cannot stand in a list", "opened here; is its ] missing?"),
            Inside::Fields | Inside::Map => ("a second colon", "opened here"),
        };
        self.opened(Mistake::says(message).at(span), opened)
    }

    fn opened(&self, mistake: Box<Mistake>, label: &str) -> Box<Mistake> {
        match self.open.last() {
            Some((_, span)) => mistake.related(span.clone(), label),
            None => mistake,
        }
    }

    fn ended(&self, end: Span) -> Box<Mistake> {
        match self.open.last() {
            Some((bracket, span)) => {
                let mistake = Mistake::says(format!("{bracket:?} is never closed")).at(span.clone());
                mistake.label(format!("the file ends without its {}", closing(*bracket)))
            }
            None => Mistake::says("there is nothing here").at(end).label("a scenario begins with Scenario("),
        }
    }
}

/// Refuses words of RON's own that stand as they cannot.
fn reserved(word: &str, body: Option<&Body>) -> Checked<()> {
    match (word, body) {
        ("Some", Some(Body::Values(values))) if values.len() == 1 => Ok(()),
        ("Some", _) => Err(Mistake::says("Some holds one value").note("it can be left out everywhere")),
        ("true" | "false" | "None" | "inf" | "NaN", Some(_)) => {
            Err(Mistake::says(format!("{word} stands alone, without brackets")))
        }
        _ => Ok(()),
    }
}

fn closing(open: char) -> char {
    match open {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}

/// Refuses the second of two equal names.
fn unique<'a>(names: impl Iterator<Item = (&'a str, &'a Span)>) -> Checked<()> {
    let mut seen = BTreeMap::new();
    for (name, span) in names {
        if let Some(first) = seen.insert(name, span) {
            let mistake = Mistake::says(format!("{name} is given twice")).at(span.clone());
            return Err(mistake.related(Span::clone(first), "first here"));
        }
    }
    Ok(())
}
