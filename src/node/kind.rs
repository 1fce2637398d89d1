//! The kind of a message or timer: the one word by which people and triggers know it.

use serde::ser::{self, Impossible, Serialize};
use std::fmt;
use std::marker::PhantomData;

/// The kinds that values of a type can be of, so that a scenario which names another can be refused.
///
/// [`node_value!`](crate::node_value) implements it. An enum that stands within another has to be declared by it as well.
#[diagnostic::on_unimplemented(
    message = "it is not known of what kinds `{Self}` can be",
    note = "declare messages and timers with `node_value! {{ ... }}`"
)]
pub trait Kinds {
    /// The type's own name.
    const NAME: &'static str;

    /// The names of an enum's variants, each that wraps another enum replaced by that one's; none for what is no enum.
    fn variants() -> Vec<&'static str>;

    /// Every answer that [`kind_of`] can give for a value of this type.
    fn kinds() -> Vec<&'static str> {
        let variants = Self::variants();
        if variants.is_empty() { vec![Self::NAME] } else { variants }
    }
}

impl Kinds for () {
    const NAME: &'static str = "-";

    fn variants() -> Vec<&'static str> {
        Vec::new()
    }
}

/// What a variant or struct wraps, for [`node_value!`](crate::node_value): it cannot tell numbers and enums apart.
#[doc(hidden)]
pub struct __Wrapped<T>(PhantomData<T>);

impl<T: Kinds> __Wrapped<T> {
    /// The variants of an enum that `node_value!` declares: this is found before [`__Plain::variants`].
    pub fn variants() -> Vec<&'static str> {
        T::variants()
    }
}

#[doc(hidden)]
pub trait __Plain {
    /// Whatever else may be wrapped has no variants that count.
    fn variants() -> Vec<&'static str> {
        Vec::new()
    }
}

impl<T> __Plain for __Wrapped<T> {}

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

    crate::node::node_value! {
        struct Token {
            round: u32,
        }
        /// With a remark, and a field with one.
        enum Vote {
            Request { term: u64 },
            /// A number is no enum.
            Grant(u64),
            Cancel,
        }
        enum Message {
            Vote(Vote),
            Token(Token),
            Both(u8, u8),
        }
        struct Envelope(Vote);
        struct Number(pub u64);
        struct Bare;
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

    /// What a type says of its kinds is what its values are.
    #[test]
    fn a_type_knows_the_kinds_of_its_values() {
        assert_eq!(Message::kinds(), ["Request", "Grant", "Cancel", "Token", "Both"]);
        assert_eq!(Token::kinds(), [kind_of(&Token { round: 1 })]);
        assert_eq!(Envelope::kinds(), Vote::kinds());
        assert_eq!(kind_of(&Envelope(Vote::Cancel)), "Cancel");
        assert_eq!(Number::kinds(), [kind_of(&Number(7))]);
        assert_eq!(Bare::kinds(), [kind_of(&Bare)]);
        assert_eq!(<()>::kinds(), [kind_of(&())]);
    }
}
