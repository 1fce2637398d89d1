//! States and messages as trees of named values, and what differs between two of them.
//!
//! A node's state is shown through its `Serialize`; nothing is shown that is not in the state. Node ids appear as the
//! nodes' names.

mod build;
mod changes;

#[cfg(test)]
mod tests;

pub use changes::{Change, changes};

use crate::node::Cluster;
use build::{Reading, build};
use serde::Serialize;
use std::fmt;

/// A value, whatever its type was.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// So many items of a sequence, or entries of a map, that are not in the tree.
    LeftOut(usize),
}

/// Part of a log: how long it is, and its entries unless they were passed over as shared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chunk {
    address: u64,
    len: usize,
    entries: Option<Vec<Tree>>,
}

/// The tree of a value, whole.
pub fn tree_of<T: Serialize + ?Sized>(value: &T, cluster: &Cluster) -> Tree {
    build(value, cluster, Reading::Whole)
}

/// The tree of a value for people: of long sequences and maps the first and the last items, and how many there are
/// between. What that takes does not grow with the length of a [`crate::node::Log`].
pub fn outline_of<T: Serialize + ?Sized>(value: &T, cluster: &Cluster) -> Tree {
    build(value, cluster, Reading::Ends)
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
                    write!(f, "{}{}", if place == 0 { "" } else { ", " }, entry(key, value))?;
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
            Tree::LeftOut(count) => write!(f, "({count} more)"),
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

/// An entry of a map, or what stands for those that are left out.
fn entry(key: &Tree, value: &Tree) -> String {
    match value {
        Tree::LeftOut(_) => value.to_string(),
        _ => format!("{key}: {value}"),
    }
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

    /// A field by its name, however deep it lies, as text.
    pub fn named(&self, name: &str) -> Option<String> {
        match self {
            Tree::Struct(_, fields) => {
                let own = fields.iter().find(|(field, _)| *field == name).map(|(_, tree)| match tree {
                    Tree::Named(_, content) if !matches!(**content, Tree::Struct(..)) => content.to_string(),
                    tree => tree.to_string(),
                });
                own.or_else(|| fields.iter().find_map(|(_, tree)| tree.named(name)))
            }
            Tree::Named(_, content) => content.named(name),
            _ => None,
        }
    }

    /// How many items a sequence has, or entries a map, those that are left out included; `None` for what is neither.
    pub fn count(&self) -> Option<usize> {
        match self {
            Tree::Sequence(items) => Some(items.iter().map(Tree::places).sum()),
            Tree::Log(chunks) => Some(chunks.iter().map(|chunk| chunk.len).sum()),
            Tree::Map(entries) => Some(entries.iter().map(|(key, _)| key.places()).sum()),
            _ => None,
        }
    }

    /// The same in words: `12 items`, `1 entry`.
    pub fn counted(&self) -> Option<String> {
        let (one, more) = if matches!(self, Tree::Map(_)) { ("entry", "entries") } else { ("item", "items") };
        self.count().map(|count| format!("{count} {}", if count == 1 { one } else { more }))
    }

    /// The length of the longest sequence within.
    pub fn longest_sequence(&self) -> usize {
        let longest = |trees: &mut dyn Iterator<Item = &Tree>| trees.map(Tree::longest_sequence).max().unwrap_or(0);
        match self {
            Tree::Word(_) | Tree::Text(_) | Tree::LeftOut(_) => 0,
            Tree::Sequence(items) => longest(&mut items.iter()).max(self.count().unwrap_or(0)),
            Tree::Log(_) => self.count().unwrap_or(0),
            Tree::Map(entries) => longest(&mut entries.iter().map(|(_, value)| value)),
            Tree::Struct(_, fields) => longest(&mut fields.iter().map(|(_, value)| value)),
            Tree::Named(_, content) => content.longest_sequence(),
        }
    }

    /// The value as indented lines for people: each field on its own, and so each item of what is long.
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
        if !self.is_deep() {
            return lines.push(lead(&self.to_string()));
        }
        match self {
            Tree::Struct(_, fields) => {
                let inner = if name.is_empty() { depth } else { depth + 1 };
                if !name.is_empty() {
                    lines.push(lead("").trim_end().to_owned());
                }
                fields.iter().for_each(|(field, value)| value.write_lines(inner, field, lines));
            }
            Tree::Named(variant, content) => {
                lines.push(lead(variant));
                content.write_lines(depth + 1, "", lines);
            }
            Tree::Sequence(items) => {
                lines.push(lead(&self.counted().unwrap_or_default()));
                let mut place = 0;
                for item in items {
                    let key = Tree::Word(format!("[{place}]"));
                    lines.push(format!("{:1$}{2}", "", (depth + 1) * 2, entry(&key, item)));
                    place += item.places();
                }
            }
            Tree::Map(entries) => {
                lines.push(lead(&self.counted().unwrap_or_default()));
                let line = |(key, value): &(Tree, Tree)| format!("{:1$}{2}", "", (depth + 1) * 2, entry(key, value));
                lines.extend(entries.iter().map(line));
            }
            _ => {}
        }
    }

    /// How many items of a sequence it stands for.
    fn places(&self) -> usize {
        if let Tree::LeftOut(count) = self { *count } else { 1 }
    }

    /// Whether it is better shown on several lines.
    fn is_deep(&self) -> bool {
        match self {
            Tree::Struct(_, fields) => fields.len() > 3 || fields.iter().any(|(_, value)| value.is_deep()),
            Tree::Named(_, content) => content.is_deep(),
            Tree::Sequence(items) => items.iter().any(|item| matches!(item, Tree::LeftOut(_)) || item.is_deep()),
            Tree::Map(entries) => {
                entries.iter().any(|(_, value)| matches!(value, Tree::LeftOut(_)) || value.is_deep())
            }
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
            Tree::LeftOut(_) => Value::String(self.to_string()),
        }
    }
}
