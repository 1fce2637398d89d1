//! The kind of a message or timer: the one word by which people and triggers know it.

use serde::ser::{self, Impossible, Serialize};
use std::fmt;

/// The innermost variant name of a value, or its type's name where it is no enum: `RequestVote`, `Token`.
///
/// A variant that wraps one other value is looked into, so that `Rpc::Vote(Vote::Request { .. })` is a `Request`. What
/// is neither enum nor struct has no name: `-`.
pub fn kind_of<T: Serialize + ?Sized>(value: &T) -> &'static str {
    let mut kind = Kind { variant: None, structure: None };
    let _ = value.serialize(&mut kind);
    kind.variant.or(kind.structure).unwrap_or("-")
}

struct Kind {
    variant: Option<&'static str>,
    structure: Option<&'static str>,
}

/// Not a failure: all is known that there was to know.
#[derive(Debug)]
struct Known;

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the kind is known")
    }
}

impl std::error::Error for Known {}

impl ser::Error for Known {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Known
    }
}

/// Values without a name of their own end the search.
macro_rules! nameless {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method(self, _: $type) -> Result<(), Known> { Err(Known) })*
    };
}

impl ser::Serializer for &mut Kind {
    type Ok = ();
    type Error = Known;
    type SerializeSeq = Impossible<(), Known>;
    type SerializeTuple = Impossible<(), Known>;
    type SerializeTupleStruct = Impossible<(), Known>;
    type SerializeTupleVariant = Impossible<(), Known>;
    type SerializeMap = Impossible<(), Known>;
    type SerializeStruct = Impossible<(), Known>;
    type SerializeStructVariant = Impossible<(), Known>;

    nameless! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32,
        serialize_f64: f64, serialize_char: char, serialize_str: &str, serialize_bytes: &[u8],
    }

    fn serialize_none(self) -> Result<(), Known> {
        Err(Known)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Known> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Known> {
        Err(Known)
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), Known> {
        self.structure.get_or_insert(name);
        Err(Known)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Known> {
        self.variant = Some(variant);
        Err(Known)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<(), Known> {
        self.structure.get_or_insert(name);
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Known> {
        self.variant = Some(variant);
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Known> {
        Err(Known)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Known> {
        Err(Known)
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Known> {
        self.structure.get_or_insert(name);
        Err(Known)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Known> {
        self.variant = Some(variant);
        Err(Known)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Known> {
        Err(Known)
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Self::SerializeStruct, Known> {
        self.structure.get_or_insert(name);
        Err(Known)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Known> {
        self.variant = Some(variant);
        Err(Known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Serialize)]
    struct Token {
        round: u32,
    }

    #[derive(serde::Serialize)]
    enum Vote {
        Request { term: u64 },
        Grant(u64),
        Cancel,
    }

    #[derive(serde::Serialize)]
    enum Message {
        Vote(Vote),
        Token(Token),
        Both(u8, u8),
    }

    #[test]
    fn the_innermost_variant_names_a_message() {
        assert_eq!(kind_of(&Token { round: 1 }), "Token");
        assert_eq!(kind_of(&Message::Vote(Vote::Request { term: 1 })), "Request");
        assert_eq!(kind_of(&Message::Vote(Vote::Grant(1))), "Grant");
        assert_eq!(kind_of(&Message::Vote(Vote::Cancel)), "Cancel");
        assert_eq!(kind_of(&Message::Token(Token { round: 1 })), "Token");
        assert_eq!(kind_of(&Message::Both(1, 2)), "Both");
        assert_eq!(kind_of(&7u8), "-");
    }
}
