//! States and messages as trees of named values, and what differs between two of them.
//!
//! A node's state is shown through its `Serialize`; nothing is shown that is not in the state. Node ids appear as the
//! nodes' names.

use crate::node::{Cluster, LOG_CHUNK_NAME, LOG_NAME};
use serde::ser::{self, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// A value, whatever its type was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree {
    /// A number, a bool, a unit or the like, as text.
    Word(String),
    /// A text.
    Text(String),
    /// A sequence, tuple or set.
    Sequence(Vec<Tree>),
    /// A long sequence in chunks.
    Log(Vec<Chunk>),
    /// A map.
    Map(Vec<(Tree, Tree)>),
    /// A struct's fields, under its name.
    Struct(&'static str, Vec<(&'static str, Tree)>),
    /// A variant or named wrapper with its content.
    Named(&'static str, Box<Tree>),
}

/// Part of a log: how long it is, and its entries unless they were passed over as shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    address: u64,
    len: usize,
    entries: Option<Vec<Tree>>,
}

/// One difference between two trees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where, as a path: `log[12]`, `role.next_index.n3`.
    pub path: String,
    /// What was there; `None` where there was nothing.
    pub before: Option<String>,
    /// What is there now; `None` where there is nothing.
    pub after: Option<String>,
}

/// The tree of a value, whole.
pub fn tree_of<T: Serialize + ?Sized>(value: &T, cluster: &Cluster) -> Tree {
    build(value, cluster, Logs::Flat)
}

/// What differs between two values of one type. Chunks of logs that both share are passed over without a look.
pub fn changes<T: Serialize + ?Sized>(before: &T, after: &T, cluster: &Cluster) -> Vec<Change> {
    let (mut old, mut new) = (BTreeSet::new(), BTreeSet::new());
    build(before, cluster, Logs::Collect(&mut old));
    build(after, cluster, Logs::Collect(&mut new));
    let before = build(before, cluster, Logs::Without(&new));
    let after = build(after, cluster, Logs::Without(&old));
    let mut changes = Vec::new();
    differences("", Some(&before), Some(&after), &mut changes);
    changes
}

impl fmt::Display for Tree {
    /// On one line, like a scenario: `{term: 2, votes: [n1 n2]}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Tree::Word(word) => f.write_str(word),
            Tree::Text(text) => write!(f, "{text:?}"),
            Tree::Sequence(items) => list(f, items.iter()),
            Tree::Log(chunks) => list(f, chunks.iter().flat_map(|chunk| chunk.entries.iter().flatten())),
            Tree::Map(entries) => {
                f.write_str("{")?;
                for (place, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{key}: {value}", if place == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
            Tree::Struct(_, fields) => {
                f.write_str("{")?;
                for (place, (name, value)) in fields.iter().enumerate() {
                    write!(f, "{}{name}: {value}", if place == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
            Tree::Named(name, content) => match &**content {
                Tree::Struct(_, fields) if fields.is_empty() => f.write_str(name),
                Tree::Struct(..) => write!(f, "{name} {content}"),
                _ => write!(f, "{name}({content})"),
            },
        }
    }
}

fn list<'a>(f: &mut fmt::Formatter<'_>, items: impl Iterator<Item = &'a Tree>) -> fmt::Result {
    f.write_str("[")?;
    for (place, item) in items.enumerate() {
        write!(f, "{}{item}", if place == 0 { "" } else { " " })?;
    }
    f.write_str("]")
}

impl Tree {
    /// What a variant or named wrapper holds; the tree itself otherwise.
    pub fn content(&self) -> &Tree {
        match self {
            Tree::Named(_, content) => content.content(),
            other => other,
        }
    }

    /// The value at a path of field names, looking into named wrappers on the way.
    pub fn field(&self, path: &str) -> Option<&Tree> {
        path.split('.').try_fold(self, |tree, name| match tree.content() {
            Tree::Struct(_, fields) => fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value),
            Tree::Map(entries) => entries.iter().find(|(key, _)| key.to_string() == name).map(|(_, value)| value),
            _ => None,
        })
    }

    /// The length of the longest sequence within.
    pub fn longest_sequence(&self) -> usize {
        match self {
            Tree::Word(_) | Tree::Text(_) => 0,
            Tree::Sequence(items) => items.iter().map(Tree::longest_sequence).max().unwrap_or(0).max(items.len()),
            Tree::Log(chunks) => chunks.iter().map(|chunk| chunk.len).sum(),
            Tree::Map(entries) => entries.iter().map(|(_, value)| value.longest_sequence()).max().unwrap_or(0),
            Tree::Struct(_, fields) => fields.iter().map(|(_, value)| value.longest_sequence()).max().unwrap_or(0),
            Tree::Named(_, content) => content.longest_sequence(),
        }
    }

    /// The value as indented lines for people, each field on its own, long sequences by their length and end.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        self.write_lines(0, "", &mut lines);
        lines
    }

    fn write_lines(&self, depth: usize, name: &str, lines: &mut Vec<String>) {
        let lead = |text: &str| match name {
            "" => format!("{:1$}{text}", "", depth * 2),
            _ => format!("{:1$}{name}: {text}", "", depth * 2),
        };
        match self {
            Tree::Struct(_, fields) if !fields.is_empty() && self.is_deep() => {
                let inner = if name.is_empty() { depth } else { depth + 1 };
                if !name.is_empty() {
                    lines.push(lead("").trim_end().to_owned());
                }
                fields.iter().for_each(|(field, value)| value.write_lines(inner, field, lines));
            }
            Tree::Named(variant, content) if self.is_deep() => {
                lines.push(lead(variant));
                content.write_lines(depth + 1, "", lines);
            }
            Tree::Sequence(items) if items.len() > 8 => {
                lines.push(lead(&format!("{} items, the last {}", items.len(), items[items.len() - 1])));
            }
            other => lines.push(lead(&other.to_string())),
        }
    }

    /// Whether it is better shown on several lines.
    fn is_deep(&self) -> bool {
        match self {
            Tree::Struct(_, fields) => fields.len() > 3 || fields.iter().any(|(_, value)| value.is_deep()),
            Tree::Named(_, content) => content.is_deep(),
            Tree::Sequence(items) => items.len() > 8,
            _ => false,
        }
    }

    /// The same as JSON. Structs and maps are objects, a variant is an object of one field or a string.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Tree::Word(word) => serde_json::from_str(word).unwrap_or_else(|_| Value::String(word.clone())),
            Tree::Text(text) => Value::String(text.clone()),
            Tree::Sequence(items) => items.iter().map(Tree::to_json).collect(),
            Tree::Log(chunks) => {
                chunks.iter().flat_map(|chunk| chunk.entries.iter().flatten()).map(Tree::to_json).collect()
            }
            Tree::Map(entries) => entries.iter().map(|(key, value)| (key.to_string(), value.to_json())).collect(),
            Tree::Struct(_, fields) => {
                fields.iter().map(|(name, value)| ((*name).to_owned(), value.to_json())).collect()
            }
            Tree::Named(name, content) => match &**content {
                Tree::Struct(_, fields) if fields.is_empty() => Value::String((*name).to_owned()),
                content => [((*name).to_owned(), content.to_json())].into_iter().collect(),
            },
        }
    }
}

/// Finds what differs, and names it by its path.
fn differences(path: &str, before: Option<&Tree>, after: Option<&Tree>, changes: &mut Vec<Change>) {
    let join = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (before, after) {
        (None, None) => {}
        (Some(a), Some(b)) if a == b => {}
        (Some(Tree::Struct(one, old)), Some(Tree::Struct(other, new))) if one == other => {
            for ((name, a), (_, b)) in old.iter().zip(new) {
                differences(&join(name), Some(a), Some(b), changes);
            }
        }
        (Some(Tree::Named(one, old)), Some(Tree::Named(other, new))) if one == other => {
            differences(path, Some(old), Some(new), changes);
        }
        (Some(Tree::Map(old)), Some(Tree::Map(new))) => {
            let find = |entries: &'_ [(Tree, Tree)], key: &Tree| entries.iter().position(|(other, _)| other == key);
            for (key, a) in old {
                let b = find(new, key).map(|place| &new[place].1);
                differences(&join(&key.to_string()), Some(a), b, changes);
            }
            for (key, b) in new.iter().filter(|(key, _)| find(old, key).is_none()) {
                differences(&join(&key.to_string()), None, Some(b), changes);
            }
        }
        (Some(Tree::Sequence(old)), Some(Tree::Sequence(new))) if !small(old, new) => {
            compare_items(path, 0, old, new, changes);
        }
        (Some(Tree::Log(old)), Some(Tree::Log(new))) => compare_logs(path, old, new, changes),
        (before, after) => changes.push(Change {
            path: path.to_owned(),
            before: before.map(Tree::to_string),
            after: after.map(Tree::to_string),
        }),
    }
}

/// Whether two sequences are short words, better shown whole: `[n1 n2] -> [n1 n2 n3]`.
fn small(old: &[Tree], new: &[Tree]) -> bool {
    let short = |items: &[Tree]| items.len() <= 8 && items.iter().all(|item| matches!(item, Tree::Word(_)));
    short(old) && short(new)
}

/// How many differing entries of one sequence are listed; the rest is counted.
const LISTED: usize = 16;

fn compare_items(path: &str, first: usize, old: &[Tree], new: &[Tree], changes: &mut Vec<Change>) {
    for place in 0..old.len().max(new.len()) {
        differences(&format!("{path}[{}]", first + place), old.get(place), new.get(place), changes);
    }
}

fn compare_logs(path: &str, old: &[Chunk], new: &[Chunk], changes: &mut Vec<Change>) {
    let (mut first, start) = (0, changes.len());
    for place in 0..old.len().max(new.len()) {
        let (a, b) = (old.get(place), new.get(place));
        let same = a.zip(b).is_some_and(|(a, b)| a.address == b.address);
        if !same {
            let entries = |chunk: Option<&Chunk>| chunk.and_then(|c| c.entries.clone()).unwrap_or_default();
            compare_items(path, first, &entries(a), &entries(b), changes);
        }
        first += a.or(b).map_or(0, |chunk| chunk.len);
    }
    let more = (changes.len() - start).saturating_sub(LISTED);
    if more > 0 {
        changes.truncate(start + LISTED);
        let after = Some(format!("and {more} more entries"));
        changes.push(Change { path: path.to_owned(), before: None, after });
    }
}

// How a value becomes a tree.

/// What is done with logs.
enum Logs<'a> {
    /// They become plain sequences.
    Flat,
    /// Only the addresses of their chunks are noted.
    Collect(&'a mut BTreeSet<u64>),
    /// They become chunks; those at these addresses are passed over.
    Without(&'a BTreeSet<u64>),
}

impl Logs<'_> {
    fn again(&mut self) -> Logs<'_> {
        match self {
            Logs::Flat => Logs::Flat,
            Logs::Collect(addresses) => Logs::Collect(addresses),
            Logs::Without(addresses) => Logs::Without(addresses),
        }
    }

    /// Whether the entries of the chunk at an address are wanted.
    fn wants(&mut self, address: u64) -> bool {
        match self {
            Logs::Flat => true,
            Logs::Collect(addresses) => {
                addresses.insert(address);
                false
            }
            Logs::Without(addresses) => !addresses.contains(&address),
        }
    }
}

fn build<T: Serialize + ?Sized>(value: &T, cluster: &Cluster, logs: Logs<'_>) -> Tree {
    let builder = Builder { cluster, logs, is_chunk: false };
    value.serialize(builder).unwrap_or_else(|Refused(text)| Tree::Text(text))
}

/// A serializer that gives trees.
struct Builder<'a> {
    cluster: &'a Cluster,
    logs: Logs<'a>,
    /// Whether the tuple that comes is a chunk of a log.
    is_chunk: bool,
}

/// A value refused to be serialized.
#[derive(Debug)]
struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Refused(text.to_string())
    }
}

macro_rules! words {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method(self, value: $type) -> Result<Tree, Refused> { Ok(Tree::Word(value.to_string())) })*
    };
}

impl<'a> ser::Serializer for Builder<'a> {
    type Ok = Tree;
    type Error = Refused;
    type SerializeSeq = Parts<'a>;
    type SerializeTuple = Parts<'a>;
    type SerializeTupleStruct = Parts<'a>;
    type SerializeTupleVariant = Parts<'a>;
    type SerializeMap = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeStructVariant = Parts<'a>;

    words! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32,
        serialize_f64: f64, serialize_i128: i128, serialize_u128: u128,
    }

    fn is_human_readable(&self) -> bool {
        matches!(self.logs, Logs::Flat)
    }

    fn serialize_char(self, value: char) -> Result<Tree, Refused> {
        Ok(Tree::Text(value.to_string()))
    }

    fn serialize_str(self, value: &str) -> Result<Tree, Refused> {
        Ok(Tree::Text(value.to_owned()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Tree, Refused> {
        Ok(Tree::Sequence(value.iter().map(|byte| Tree::Word(byte.to_string())).collect()))
    }

    fn serialize_none(self) -> Result<Tree, Refused> {
        Ok(Tree::Word("none".to_owned()))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Tree, Refused> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Tree, Refused> {
        Ok(Tree::Struct("", Vec::new()))
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<Tree, Refused> {
        Ok(Tree::Struct(name, Vec::new()))
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Tree, Refused> {
        Ok(Tree::Word(variant.to_owned()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<Tree, Refused> {
        match name {
            "NodeId" => {
                let cluster = self.cluster;
                let index = value.serialize(self)?.to_string();
                let index = index.parse::<usize>().ok().filter(|&index| index < cluster.len());
                Ok(Tree::Word(index.map_or("?", |index| cluster.name(cluster.id(index))).to_owned()))
            }
            LOG_NAME => match value.serialize(self)? {
                Tree::Sequence(chunks) => Ok(Tree::Log(chunks.into_iter().flat_map(Tree::into_chunks).collect())),
                other => Ok(other),
            },
            LOG_CHUNK_NAME => value.serialize(Builder { is_chunk: true, ..self }),
            _ => value.serialize(self),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Tree, Refused> {
        Ok(Tree::Named(variant, Box::new(value.serialize(self)?)))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'a>, Refused> {
        let Builder { cluster, logs, is_chunk } = self;
        let (items, fields, entries) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Parts { cluster, logs, is_chunk, name: "", variant: None, items, fields, entries })
    }

    fn serialize_tuple(self, len: usize) -> Result<Parts<'a>, Refused> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Parts<'a>, Refused> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Parts<'a>, Refused> {
        Ok(Parts { variant: Some(variant), ..self.serialize_seq(Some(len))? })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts<'a>, Refused> {
        self.serialize_seq(None)
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Parts<'a>, Refused> {
        Ok(Parts { name, ..self.serialize_seq(None)? })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'a>, Refused> {
        Ok(Parts { variant: Some(variant), ..self.serialize_seq(None)? })
    }
}

/// The parts of a compound value, as they come.
struct Parts<'a> {
    cluster: &'a Cluster,
    logs: Logs<'a>,
    is_chunk: bool,
    name: &'static str,
    variant: Option<&'static str>,
    items: Vec<Tree>,
    fields: Vec<(&'static str, Tree)>,
    entries: Vec<(Tree, Tree)>,
}

impl Parts<'_> {
    fn tree<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<Tree, Refused> {
        value.serialize(Builder { cluster: self.cluster, logs: self.logs.again(), is_chunk: false })
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        if self.is_chunk && self.items.len() == 2 && !self.logs.wants(number(&self.items[0])) {
            return Ok(());
        }
        let item = self.tree(value)?;
        self.items.push(item);
        Ok(())
    }

    /// The chunk that a tuple of address, length and perhaps entries is.
    fn chunk(mut self) -> Tree {
        let entries = (self.items.len() == 3).then(|| match self.items.pop() {
            Some(Tree::Sequence(entries)) => entries,
            _ => Vec::new(),
        });
        let (address, len) = (number(&self.items[0]), number(&self.items[1]) as usize);
        Tree::Log(vec![Chunk { address, len, entries }])
    }

    fn named(variant: Option<&'static str>, tree: Tree) -> Tree {
        match variant {
            Some(variant) => Tree::Named(variant, Box::new(tree)),
            None => tree,
        }
    }
}

fn number(tree: &Tree) -> u64 {
    match tree {
        Tree::Word(word) => word.parse().unwrap_or(0),
        _ => 0,
    }
}

impl Tree {
    fn into_chunks(self) -> Vec<Chunk> {
        match self {
            Tree::Log(chunks) => chunks,
            _ => Vec::new(),
        }
    }
}

/// Sequences of all sorts are built alike.
macro_rules! sequences {
    ($($trait:ident, $method:ident);* $(;)?) => { $(
        impl ser::$trait for Parts<'_> {
            type Ok = Tree;
            type Error = Refused;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
                self.item(value)
            }
            fn end(self) -> Result<Tree, Refused> {
                if self.is_chunk {
                    return Ok(self.chunk());
                }
                Ok(Parts::named(self.variant, Tree::Sequence(self.items)))
            }
        }
    )* };
}

sequences! {
    SerializeSeq, serialize_element;
    SerializeTuple, serialize_element;
    SerializeTupleStruct, serialize_field;
    SerializeTupleVariant, serialize_field;
}

/// So are structs.
macro_rules! structs {
    ($($trait:ident),*) => { $(
        impl ser::$trait for Parts<'_> {
            type Ok = Tree;
            type Error = Refused;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Refused> {
                let value = self.tree(value)?;
                self.fields.push((name, value));
                Ok(())
            }
            fn end(self) -> Result<Tree, Refused> {
                Ok(Parts::named(self.variant, Tree::Struct(self.name, self.fields)))
            }
        }
    )* };
}

structs!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Parts<'_> {
    type Ok = Tree;
    type Error = Refused;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        self.item(key)
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        let value = self.tree(value)?;
        let key = self.items.pop().unwrap_or_else(|| Tree::Word(String::new()));
        self.entries.push((key, value));
        Ok(())
    }
    fn end(self) -> Result<Tree, Refused> {
        Ok(Tree::Map(self.entries))
    }
}
