//! From the tree to Rust types, through serde: the scenario's own and every protocol's configuration.
//!
//! Each mistake takes the place of the innermost part that was being read, in the file as the person wrote it.

use super::diagnostic::{Checked, Mistake, Span};
use super::help;
use super::syntax::{Body, Field, Kind, Node};
use crate::check::Promise;
use serde::de::value::{BorrowedStrDeserializer, U64Deserializer};
use serde::de::{self, DeserializeSeed, Deserializer as _, Expected, IntoDeserializer as _, Unexpected, Visitor};
use std::fmt::Display;

/// Reads a value of any type that serde knows.
pub fn decode<'a, T: de::Deserialize<'a>>(node: &'a Node) -> Checked<T> {
    T::deserialize(Decoder::new(node)).map_err(|mistake| mistake.at(node.head()))
}

/// Reads what a word holds, whatever the word is: nothing is an empty record.
pub fn decode_body<'a, T: de::Deserialize<'a>>(node: &'a Node) -> Checked<T> {
    const EMPTY: &Body = &Body::Values(vec![]);
    let span = node.head();
    let view = match &node.kind {
        Kind::Word(_, body) => View::Record(body.as_ref().unwrap_or(EMPTY)),
        _ => Decoder::new(node).view,
    };
    T::deserialize(Decoder { span: span.clone(), view }).map_err(|mistake| mistake.at(span))
}

/// The name by which [`At`](super::schema::At) asks for its place.
pub(super) const AT: &str = "$pessimist::At";

/// One part of the tree, as serde wants to be handed it.
#[derive(Clone)]
struct Decoder<'a> {
    span: Span,
    view: View<'a>,
}

#[derive(Clone, Copy)]
enum View<'a> {
    Text(&'a str),
    Number(&'a str),
    Word(&'a str, Option<&'a Body>),
    Record(&'a Body),
    List(&'a [Node]),
    Map(&'a [(Node, Node)]),
    /// What a word holds that holds nothing.
    Nothing(&'a str),
}

impl<'a> Decoder<'a> {
    fn new(node: &'a Node) -> Self {
        let view = match &node.kind {
            Kind::Text(text) => View::Text(text),
            Kind::Number(number) => View::Number(number),
            Kind::Word(word, body) => View::Word(word, body.as_ref()),
            Kind::Record(body) => View::Record(body),
            Kind::List(items) => View::List(items),
            Kind::Map(pairs) => View::Map(pairs),
        };
        Decoder { span: node.head(), view }
    }

    fn found(&self) -> String {
        match self.view {
            View::Text(text) if text.len() <= 20 => format!("the text {text:?}"),
            View::Text(_) => "a text".to_owned(),
            View::Number(number) => format!("the number {number}"),
            View::Word(word, _) => format!("the word {word}"),
            View::Record(_) => "a record in ( )".to_owned(),
            View::List(_) => "a list in [ ]".to_owned(),
            View::Map(_) => "a map in { }".to_owned(),
            View::Nothing(_) => "nothing".to_owned(),
        }
    }

    /// The refusal of a value of the wrong kind.
    fn wrong(&self, expected: &str) -> Box<Mistake> {
        let expected = in_words(expected);
        if let View::Nothing(word) = self.view {
            return form(Mistake::says(format!("{word} lacks what it is about")), word).at(self.span.clone());
        }
        let mistake = Mistake::says(format!("{expected} is wanted here, not {}", self.found())).at(self.span.clone());
        match self.view {
            View::Word(word, None) if expected.contains("text") || expected.contains("quotes") => {
                mistake.label(format!("write {word:?}"))
            }
            View::Text("true" | "false") if expected.contains("true or false") => mistake.label("without quotes"),
            View::Word(word @ ("True" | "False"), None) if expected.contains("true or false") => {
                mistake.label(format!("write {}", word.to_lowercase()))
            }
            View::Text(text) if expected.contains("number") && text.parse::<f64>().is_ok() => {
                mistake.label("without quotes")
            }
            View::Number(number) if expected.contains("duration") && !number.starts_with(['-', '+']) => {
                mistake.label(format!("with its unit: \"{number}s\" or \"{number}ms\""))
            }
            View::Map(_) if expected.contains("record") => mistake.label("write ( ) instead of { }"),
            View::Record(_) if expected.contains("list") => mistake.label("write [ ] instead of ( )"),
            View::Text(_) | View::Word(..) if expected.contains("list") => mistake.label("write [ ] around it"),
            View::List(_) if expected.contains("pair") => mistake.label("write ( ) instead of [ ]"),
            View::List(_) | View::Text(_) | View::Number(_) if expected.contains("map") => {
                mistake.label("such as {\"name\": ...}")
            }
            View::Record(_) if expected.contains("map") => mistake.label("write { } instead of ( )"),
            _ => mistake,
        }
    }

    /// The refusal of what is no word, where one of these is wanted.
    fn no_word(&self, words: &[&str]) -> Box<Mistake> {
        let mistake = self.wrong("enum ").accepted(words.join(" "));
        let example = words.first().and_then(|word| help::form(word));
        match self.view {
            View::Text(text) if words.contains(&text.split('(').next().unwrap_or(text)) => {
                mistake.label("without quotes")
            }
            View::Record(_) if !words.is_empty() => mistake.label(format!("write {}(...)", words[0])),
            _ => match example {
                Some(example) => mistake.label(format!("such as {example}")),
                None => mistake,
            },
        }
    }

    fn refuse<T>(&self, visitor: &dyn Expected) -> Checked<T> {
        Err(self.wrong(&visitor.to_string()))
    }
}

/// Adds how a word is written, where that is known.
fn form(mistake: Box<Mistake>, word: &str) -> Box<Mistake> {
    match help::form(word) {
        Some(form) => mistake.label(format!("write {form}")),
        None => mistake,
    }
}

/// What serde and its derives call a type, in a person's words.
fn in_words(expected: &str) -> String {
    let whole = |least: &str, most: &str| format!("a whole number from {least} to {most}");
    match expected {
        "a string" | "string" => "a text in quotes".to_owned(),
        "a boolean" => "the word true or false".to_owned(),
        "u8" => whole("0", "255"),
        "u16" => whole("0", "65535"),
        "u32" => whole("0", &u32::MAX.to_string()),
        "u64" | "usize" => "a whole number, not negative,".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a sequence" => "a list in [ ]".to_owned(),
        "a map" => "a map in { }".to_owned(),
        "unit" => "( )".to_owned(),
        other if other.starts_with("struct ") => "a record in ( )".to_owned(),
        other if other.starts_with("enum ") => "a bare word".to_owned(),
        "a tuple of size 2" => "a pair in ( )".to_owned(),
        other if other.contains(", such as") && !other.ends_with(',') => format!("{other},"),
        other => match other.strip_prefix("a tuple of size ") {
            Some(size) => format!("a group of {size} values in ( )"),
            None => other.to_owned(),
        },
    }
}

impl de::Error for Box<Mistake> {
    fn custom<T: Display>(message: T) -> Self {
        Mistake::says(message.to_string())
    }

    fn invalid_type(found: Unexpected, expected: &dyn Expected) -> Self {
        Self::invalid_value(found, expected)
    }

    fn invalid_value(found: Unexpected, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Unsigned(number) => number.to_string(),
            Unexpected::Signed(number) => number.to_string(),
            Unexpected::Float(number) => number.to_string(),
            Unexpected::Str(text) => format!("{text:?}"),
            Unexpected::Map => "a record".to_owned(),
            Unexpected::Seq => "a list".to_owned(),
            Unexpected::Enum => "a bare word".to_owned(),
            Unexpected::UnitVariant => "a word alone".to_owned(),
            other => other.to_string(),
        };
        Mistake::says(format!("{} is wanted here, not {found}", in_words(&expected.to_string())))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        let mistake = Mistake::says(format!("{} is wanted here, not {length}", in_words(&expected.to_string())));
        match expected.to_string().split_once("::").and_then(|(_, rest)| rest.split_once(' ')) {
            Some((word, _)) => form(Mistake::says(format!("{word} lacks a value")), word),
            None => mistake,
        }
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        let mistake = Mistake::says(format!("{found} has no meaning here")).one_of(found, expected.iter().copied());
        if expected.contains(&"Holds") && Promise::ALL.iter().any(|promise| promise.name() == found) {
            return mistake.label(format!("write Holds({found})"));
        }
        if mistake.label.is_empty() && found.starts_with(|c: char| c.is_ascii_lowercase()) {
            return mistake.label(format!("a name? write {found:?}"));
        }
        mistake
    }

    fn unknown_field(found: &str, expected: &'static [&'static str]) -> Self {
        Mistake::says(format!("there is no field {found} here")).one_of(found, expected.iter().copied())
    }

    fn missing_field(field: &'static str) -> Self {
        Mistake::says(format!("the field {field} is missing")).label(format!("lacks {field}: ..."))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Mistake::says(format!("{field} is given twice"))
    }
}

/// Reads whole numbers of any size through the widest of their sign, and lets the visitor refuse what is too large.
macro_rules! integers {
    ($($method:ident)*) => { $(
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Checked<V::Value> {
            let View::Number(text) = self.view else { return self.refuse(&visitor) };
            let digits = text.trim_start_matches('+');
            match (digits.parse::<u64>(), digits.parse::<i64>()) {
                (Ok(number), _) => visitor.visit_u64(number),
                (_, Ok(number)) => visitor.visit_i64(number),
                _ => self.refuse(&visitor),
            }
        }
    )* };
}

impl<'a> de::Deserializer<'a> for Decoder<'a> {
    type Error = Box<Mistake>;

    integers!(
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
    );

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Checked<V::Value> {
        let expected = expected_by(&visitor);
        let read = match self.view {
            View::Text(text) => visitor.visit_borrowed_str(text),
            View::Number(text) if text.contains(['.', 'e', 'E']) => self.clone().deserialize_f64(visitor),
            View::Number(_) => self.clone().deserialize_i64(visitor),
            View::Word("true" | "false", None) => self.clone().deserialize_bool(visitor),
            View::Word(word, body) => visitor.visit_enum(Variant { word, body, span: self.span.clone() }),
            View::Record(Body::Values(items)) => all_items(items, visitor),
            View::List(items) => all_items(items, visitor),
            View::Record(Body::Fields(fields)) => visitor.visit_map(Fields::new(fields)),
            View::Map(pairs) => visitor.visit_map(Pairs { pairs: pairs.iter(), value: None }),
            View::Nothing(_) => return self.refuse(&visitor),
        };
        // Where the visitor does not know this kind of value, the value is described better here than there.
        read.map_err(|mistake| match mistake.span {
            None if mistake.message.contains(&format!("{} is wanted here", in_words(&expected))) => {
                self.wrong(&expected)
            }
            _ => mistake,
        })
    }

    fn deserialize_bool<V: Visitor<'a>>(self, visitor: V) -> Checked<V::Value> {
        match self.view {
            View::Word("true", None) => visitor.visit_bool(true),
            View::Word("false", None) => visitor.visit_bool(false),
            _ => self.refuse(&visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'a>>(self, visitor: V) -> Checked<V::Value> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'a>>(self, visitor: V) -> Checked<V::Value> {
        match self.view {
            View::Number(text) => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => visitor.visit_f64(number),
                _ => self.refuse(&visitor),
            },
            _ => self.refuse(&visitor),
        }
    }

    fn deserialize_char<V: Visitor<'a>>(self, visitor: V) -> Checked<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'a>>(self, visitor: V) -> Checked<V::Value> {
        match self.view {
            View::Text(text) => visitor.visit_borrowed_str(text),
            _ => self.refuse(&visitor),
        }
    }

    fn deserialize_string<V: Visitor<'a>>(self, visitor: V) -> Checked<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'a>>(self, visitor: V) -> Checked<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'a>>(self, visitor: V) -> Checked<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Checked<V::Value> {
        match self.view {
            View::Nothing(_) | View::Word("None", None) => visitor.visit_none(),
            View::Word("Some", Some(Body::Values(items))) if items.len() == 1 => {
                visitor.visit_some(Decoder::new(&items[0]))
            }
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'a>>(self, visitor: V) -> Checked<V::Value> {
        match self.view {
            View::Record(Body::Values(items)) if items.is_empty() => visitor.visit_unit(),
            View::Record(body) => Err(surplus(body, self.span)),
            _ => self.refuse(&visitor),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'a>>(self, _: &'static str, visitor: V) -> Checked<V::Value> {
        match self.view {
            View::Word(_, None) => visitor.visit_unit(),
            View::Word(_, Some(body)) => {
                Decoder { span: self.span, view: View::Record(body) }.deserialize_unit(visitor)
            }
            _ => self.deserialize_unit(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(self, name: &'static str, visitor: V) -> Checked<V::Value> {
        if name == AT {
            return visitor.visit_seq(Placed { inner: self, step: 0 });
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Checked<V::Value> {
        match self.view {
            View::List(items) => all_items(items, visitor),
            _ => self.refuse(&visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'a>>(self, length: usize, visitor: V) -> Checked<V::Value> {
        match self.view {
            View::Record(Body::Values(items)) if items.len() == length => all_items(items, visitor),
            _ => Err(self.wrong(&format!("a tuple of size {length}"))),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Checked<V::Value> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Checked<V::Value> {
        match self.view {
            View::Map(pairs) => visitor.visit_map(Pairs { pairs: pairs.iter(), value: None }),
            _ => self.refuse(&visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Checked<V::Value> {
        let body = match self.view {
            View::Record(body) => body,
            View::Word(word, Some(body)) if word == name => body,
            View::Word(word, None) if word == name => return visitor.visit_map(Fields::new(&[])),
            _ => return Err(self.wrong("struct ").accepted(fields.join(" "))),
        };
        match body {
            Body::Fields(given) => visitor.visit_map(Fields::new(given)),
            Body::Values(items) if items.is_empty() => visitor.visit_map(Fields::new(&[])),
            Body::Values(items) => {
                let mistake = Mistake::says("each value here needs its field's name").at(items[0].head());
                Err(mistake
                    .label(format!("write {}: ...", fields.first().unwrap_or(&"name")))
                    .accepted(fields.join(" ")))
            }
        }
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Checked<V::Value> {
        match self.view {
            View::Word(word, body) => visitor.visit_enum(Variant { word, body, span: self.span }),
            View::Nothing(_) => self.refuse(&visitor),
            _ => Err(self.no_word(variants)),
        }
    }

    fn deserialize_identifier<V: Visitor<'a>>(self, visitor: V) -> Checked<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Checked<V::Value> {
        visitor.visit_unit()
    }
}

fn expected_by(expected: &dyn Expected) -> String {
    expected.to_string()
}

fn surplus(body: &Body, opened: Span) -> Box<Mistake> {
    let span = match body {
        Body::Values(items) => items.last().map(Node::head),
        Body::Fields(fields) => fields.last().map(|field| field.name_span.clone()),
    };
    Mistake::says("nothing is wanted within these brackets").at(span.unwrap_or(opened))
}

/// Hands out a list's items and refuses those that nobody asked for.
fn all_items<'a, V: Visitor<'a>>(items: &'a [Node], visitor: V) -> Checked<V::Value> {
    let mut rest = items.iter();
    let value = visitor.visit_seq(Items(&mut rest))?;
    match rest.next() {
        None => Ok(value),
        Some(node) => Err(Mistake::says("this is one value too many").at(node.head())),
    }
}

struct Items<'a, 'r>(&'r mut std::slice::Iter<'a, Node>);

impl<'a> de::SeqAccess<'a> for Items<'a, '_> {
    type Error = Box<Mistake>;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Checked<Option<T::Value>> {
        self.0.next().map(|node| read(seed, node)).transpose()
    }
}

fn read<'a, T: DeserializeSeed<'a>>(seed: T, node: &'a Node) -> Checked<T::Value> {
    seed.deserialize(Decoder::new(node)).map_err(|mistake| mistake.at(node.head()))
}

/// A value after the two ends of its span.
struct Placed<'a> {
    inner: Decoder<'a>,
    step: usize,
}

impl<'a> de::SeqAccess<'a> for Placed<'a> {
    type Error = Box<Mistake>;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Checked<Option<T::Value>> {
        self.step += 1;
        let number = |at: usize| -> U64Deserializer<Box<Mistake>> { (at as u64).into_deserializer() };
        let value = match self.step {
            1 => seed.deserialize(number(self.inner.span.start)),
            2 => seed.deserialize(number(self.inner.span.end)),
            _ => seed.deserialize(self.inner.clone()),
        };
        value.map(Some).map_err(|mistake| mistake.at(self.inner.span.clone()))
    }
}

struct Fields<'a> {
    fields: std::slice::Iter<'a, Field>,
    value: Option<&'a Field>,
}

impl<'a> Fields<'a> {
    fn new(fields: &'a [Field]) -> Self {
        Fields { fields: fields.iter(), value: None }
    }
}

impl<'a> de::MapAccess<'a> for Fields<'a> {
    type Error = Box<Mistake>;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Checked<Option<K::Value>> {
        self.value = self.fields.next();
        let name = |field: &'a Field| {
            seed.deserialize(BorrowedStrDeserializer::new(&field.name))
                .map_err(|mistake: Box<Mistake>| mistake.at(field.name_span.clone()))
        };
        self.value.map(name).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Checked<V::Value> {
        match self.value {
            Some(field) => read(seed, &field.value),
            None => Err(Mistake::says("a value was asked for before its name")),
        }
    }
}

struct Pairs<'a> {
    pairs: std::slice::Iter<'a, (Node, Node)>,
    value: Option<&'a Node>,
}

impl<'a> de::MapAccess<'a> for Pairs<'a> {
    type Error = Box<Mistake>;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Checked<Option<K::Value>> {
        let Some((key, value)) = self.pairs.next() else { return Ok(None) };
        self.value = Some(value);
        read(seed, key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Checked<V::Value> {
        match self.value {
            Some(node) => read(seed, node),
            None => Err(Mistake::says("a value was asked for before its key")),
        }
    }
}

/// A word that chooses one of several shapes, and what it holds.
struct Variant<'a> {
    word: &'a str,
    body: Option<&'a Body>,
    span: Span,
}

impl<'a> de::EnumAccess<'a> for Variant<'a> {
    type Error = Box<Mistake>;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'a>>(self, seed: V) -> Checked<(V::Value, Self)> {
        match seed.deserialize(BorrowedStrDeserializer::<Box<Mistake>>::new(self.word)) {
            Ok(value) => Ok((value, self)),
            Err(mistake) => Err(mistake.at(self.span)),
        }
    }
}

impl<'a> de::VariantAccess<'a> for Variant<'a> {
    type Error = Box<Mistake>;

    fn unit_variant(self) -> Checked<()> {
        match self.body {
            None => Ok(()),
            Some(_) => Err(Mistake::says(format!("{} stands alone, without brackets", self.word)).at(self.span)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'a>>(self, seed: T) -> Checked<T::Value> {
        let span = self.span.clone();
        let view = match self.body {
            None => View::Nothing(self.word),
            Some(Body::Values(items)) => match items.as_slice() {
                [] => View::Nothing(self.word),
                [item] => return read(seed, item),
                [_, more, ..] => {
                    let mistake = Mistake::says("this is one value too many").at(more.head());
                    return Err(form(mistake, self.word));
                }
            },
            Some(body) => View::Record(body),
        };
        seed.deserialize(Decoder { span: self.span, view }).map_err(|mistake| mistake.at(span))
    }

    fn tuple_variant<V: Visitor<'a>>(self, _: usize, visitor: V) -> Checked<V::Value> {
        match self.body {
            Some(Body::Values(items)) => all_items(items, visitor)
                .map_err(|mistake| if mistake.span.is_some() { mistake } else { form(mistake, self.word) })
                .map_err(|mistake| mistake.at(self.span)),
            Some(Body::Fields(fields)) => {
                let mistake = Mistake::says(format!("what {} holds has no field names", self.word));
                Err(form(mistake, self.word).at(fields[0].name_span.clone()))
            }
            None => Decoder { span: self.span, view: View::Nothing(self.word) }.refuse(&visitor),
        }
    }

    fn struct_variant<V: Visitor<'a>>(self, fields: &'static [&'static str], visitor: V) -> Checked<V::Value> {
        let Some(body) = self.body else {
            return Decoder { span: self.span, view: View::Nothing(self.word) }.refuse(&visitor);
        };
        Decoder { span: self.span, view: View::Record(body) }.deserialize_struct("", fields, visitor)
    }
}
