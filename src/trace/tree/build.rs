//! How a value becomes a tree: a serializer that gives trees.

use super::{Chunk, Tree};
use crate::node::{Cluster, LOG_CHUNK_NAME, LOG_ENDS, LOG_NAME, LOG_SHORT, LocalTime};
use serde::ser::{self, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

/// How long sequences are read.
pub enum Reading<'a> {
    /// Whole.
    Whole,
    /// Their first and their last entries; what is between is counted.
    Ends,
    /// Only the addresses of logs' chunks are noted.
    Collect(&'a mut BTreeSet<u64>),
    /// Logs become chunks; those at these addresses are passed over.
    Without(&'a BTreeSet<u64>),
}

impl Reading<'_> {
    fn again(&mut self) -> Reading<'_> {
        match self {
            Reading::Whole => Reading::Whole,
            Reading::Ends => Reading::Ends,
            Reading::Collect(addresses) => Reading::Collect(addresses),
            Reading::Without(addresses) => Reading::Without(addresses),
        }
    }

    /// Whether the entries of the chunk at an address are wanted.
    fn wants(&mut self, address: u64) -> bool {
        match self {
            Reading::Whole | Reading::Ends => true,
            Reading::Collect(addresses) => {
                addresses.insert(address);
                false
            }
            Reading::Without(addresses) => !addresses.contains(&address),
        }
    }

    /// Which of so many items are left out.
    fn left_out(&self, len: Option<usize>) -> Range<usize> {
        match (self, len) {
            (Reading::Ends, Some(len)) if len > LOG_SHORT => LOG_ENDS..len - LOG_ENDS,
            _ => 0..0,
        }
    }
}

/// The tree of a value.
pub fn build<T: Serialize + ?Sized>(value: &T, cluster: &Cluster, reading: Reading<'_>) -> Tree {
    value.serialize(Builder { cluster, reading }).unwrap_or_else(|Refused(text)| Tree::Text(text))
}

struct Builder<'a> {
    cluster: &'a Cluster,
    reading: Reading<'a>,
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
        matches!(self.reading, Reading::Whole)
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
            "LocalTime" if !matches!(self.reading, Reading::Whole) => {
                let nanos = value.serialize(self)?.to_string();
                Ok(Tree::Word(nanos.parse().map_or(nanos, |nanos| LocalTime(nanos).to_string())))
            }
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

    fn serialize_seq(self, len: Option<usize>) -> Result<Parts<'a>, Refused> {
        let Builder { cluster, reading } = self;
        let (left_out, items, fields, entries) = (reading.left_out(len), Vec::new(), Vec::new(), Vec::new());
        Ok(Parts { cluster, reading, left_out, seen: 0, name: "", variant: None, items, fields, entries })
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

    fn serialize_map(self, len: Option<usize>) -> Result<Parts<'a>, Refused> {
        self.serialize_seq(len)
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
    reading: Reading<'a>,
    /// The places that are left out.
    left_out: Range<usize>,
    /// How many items or entries have come.
    seen: usize,
    name: &'static str,
    variant: Option<&'static str>,
    items: Vec<Tree>,
    fields: Vec<(&'static str, Tree)>,
    entries: Vec<(Tree, Tree)>,
}

impl Parts<'_> {
    fn tree<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<Tree, Refused> {
        value.serialize(Builder { cluster: self.cluster, reading: self.reading.again() })
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        let place = self.seen;
        self.seen += 1;
        if !self.left_out.contains(&place) {
            let item = self.tree(value)?;
            self.items.push(item);
        } else if place == self.left_out.start {
            self.items.push(Tree::LeftOut(self.left_out.len()));
        }
        Ok(())
    }

    /// Whether a struct's field is looked at. A log offers its ends and its chunks, of which one is wanted.
    fn wants(&mut self, field: &str) -> bool {
        match (self.name, field) {
            (LOG_NAME, "chunks") => !matches!(self.reading, Reading::Ends),
            (LOG_NAME, _) => matches!(self.reading, Reading::Ends),
            (LOG_CHUNK_NAME, "entries") => self.reading.wants(number(&self.fields[0].1)),
            _ => true,
        }
    }

    /// What the fields of a struct are together.
    fn of_fields(name: &'static str, fields: Vec<(&'static str, Tree)>) -> Tree {
        match name {
            LOG_NAME => log(fields),
            LOG_CHUNK_NAME => chunk(fields),
            _ => Tree::Struct(name, fields),
        }
    }

    fn named(variant: Option<&'static str>, tree: Tree) -> Tree {
        match variant {
            Some(variant) => Tree::Named(variant, Box::new(tree)),
            None => tree,
        }
    }
}

/// The log whose length, first and last entries, or whose chunks, the fields are.
fn log(fields: Vec<(&'static str, Tree)>) -> Tree {
    let (mut len, mut items) = (0, Vec::new());
    for (field, tree) in fields {
        match (field, tree) {
            ("len", tree) => len = number(&tree) as usize,
            ("first", Tree::Sequence(first)) => items = first,
            ("last", Tree::Sequence(last)) => {
                let left_out = len - items.len() - last.len();
                items.extend((left_out > 0).then_some(Tree::LeftOut(left_out)));
                items.extend(last);
            }
            ("chunks", Tree::Sequence(chunks)) => {
                return Tree::Log(chunks.into_iter().flat_map(Tree::into_chunks).collect());
            }
            _ => {}
        }
    }
    Tree::Sequence(items)
}

impl Tree {
    fn into_chunks(self) -> Vec<Chunk> {
        match self {
            Tree::Log(chunks) => chunks,
            _ => Vec::new(),
        }
    }
}

/// The chunk whose address, length and perhaps entries the fields are.
fn chunk(mut fields: Vec<(&'static str, Tree)>) -> Tree {
    let entries = (fields.len() == 3).then(|| match fields.pop() {
        Some((_, Tree::Sequence(entries))) => entries,
        _ => Vec::new(),
    });
    let (address, len) = (number(&fields[0].1), number(&fields[1].1) as usize);
    Tree::Log(vec![Chunk { address, len, entries }])
}

fn number(tree: &Tree) -> u64 {
    match tree {
        Tree::Word(word) => word.parse().unwrap_or(0),
        _ => 0,
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
                if self.wants(name) {
                    let value = self.tree(value)?;
                    self.fields.push((name, value));
                }
                Ok(())
            }
            fn end(self) -> Result<Tree, Refused> {
                Ok(Parts::named(self.variant, Parts::of_fields(self.name, self.fields)))
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
        // What stands for keys that are left out stands for their values as well.
        match self.items.pop() {
            Some(Tree::LeftOut(count)) => self.entries.push((Tree::LeftOut(count), Tree::LeftOut(count))),
            Some(key) => {
                let value = self.tree(value)?;
                self.entries.push((key, value));
            }
            None => {}
        }
        Ok(())
    }
    fn end(self) -> Result<Tree, Refused> {
        Ok(Tree::Map(self.entries))
    }
}
