//! How long a message is, in bytes.

use serde::ser::{self, Serialize};
use std::fmt::{self, Write};

/// The length of a value in Postcard's wire format (version 1), which is near to what a thrifty system sends: whole
/// numbers of more than a byte take seven bits a byte, texts and sequences are led by their length, an enum by its
/// variant's number, and names are not sent. Nothing is written: the bytes are only counted.
pub fn wire_size<T: Serialize + ?Sized>(value: &T) -> u64 {
    let mut counter = Counter { bytes: 0 };
    // A type that refuses to be serialized is as long as what it had said before.
    let _ = value.serialize(&mut counter);
    counter.bytes
}

struct Counter {
    bytes: u64,
}

impl Counter {
    fn number(&mut self, number: u128) {
        let bits = 128 - number.leading_zeros();
        self.bytes += u64::from(bits.max(1).div_ceil(7));
    }

    /// Small numbers of either sign are short: 0, -1, 1, -2 become 0, 1, 2, 3.
    fn signed(&mut self, number: i128) {
        self.number(((number << 1) ^ (number >> 127)) as u128);
    }
}

/// Only a value's own `Serialize` can fail here.
#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value refuses to be serialized")
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Refused
    }
}

/// Counts a text that is displayed.
struct Text(u64);

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len() as u64;
        Ok(())
    }
}

macro_rules! fixed {
    ($($method:ident: $type:ty = $bytes:literal),* $(,)?) => {
        $(fn $method(self, _: $type) -> Result<(), Refused> {
            self.bytes += $bytes;
            Ok(())
        })*
    };
}

macro_rules! varying {
    ($($method:ident: $type:ty, $count:ident as $wide:ty),* $(,)?) => {
        $(fn $method(self, number: $type) -> Result<(), Refused> {
            self.$count(number as $wide);
            Ok(())
        })*
    };
}

impl<'a> ser::Serializer for &'a mut Counter {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Sequence<'a>;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Sequence<'a>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    fixed! {
        serialize_bool: bool = 1, serialize_i8: i8 = 1, serialize_u8: u8 = 1,
        serialize_f32: f32 = 4, serialize_f64: f64 = 8,
    }

    varying! {
        serialize_i16: i16, signed as i128, serialize_i32: i32, signed as i128, serialize_i64: i64, signed as i128,
        serialize_i128: i128, signed as i128, serialize_u16: u16, number as u128, serialize_u32: u32, number as u128,
        serialize_u64: u64, number as u128, serialize_u128: u128, number as u128,
    }

    fn serialize_char(self, letter: char) -> Result<(), Refused> {
        self.bytes += 1 + letter.len_utf8() as u64;
        Ok(())
    }

    fn serialize_str(self, text: &str) -> Result<(), Refused> {
        self.serialize_bytes(text.as_bytes())
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Refused> {
        let mut text = Text(0);
        write!(text, "{value}").map_err(|_| Refused)?;
        self.number(text.0.into());
        self.bytes += text.0;
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Refused> {
        self.number(bytes.len() as u128);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Refused> {
        self.bytes += 1;
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refused> {
        self.bytes += 1;
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Refused> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Refused> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, place: u32, _: &'static str) -> Result<(), Refused> {
        self.serialize_u32(place)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Refused> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        place: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        self.number(place.into());
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Sequence<'a>, Refused> {
        Ok(Sequence { counter: self, elements: 0 })
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Refused> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Refused> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        place: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Refused> {
        self.number(place.into());
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Sequence<'a>, Refused> {
        Ok(Sequence { counter: self, elements: 0 })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Refused> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        place: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Refused> {
        self.number(place.into());
        Ok(self)
    }
}

/// What is led by the number of its elements: it is known at the end.
struct Sequence<'a> {
    counter: &'a mut Counter,
    elements: u128,
}

impl ser::SerializeSeq for Sequence<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.elements += 1;
        value.serialize(&mut *self.counter)
    }

    fn end(self) -> Result<(), Refused> {
        self.counter.number(self.elements);
        Ok(())
    }
}

impl ser::SerializeMap for Sequence<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        self.elements += 1;
        key.serialize(&mut *self.counter)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        value.serialize(&mut *self.counter)
    }

    fn end(self) -> Result<(), Refused> {
        self.counter.number(self.elements);
        Ok(())
    }
}

/// What is as long as its parts together.
macro_rules! parts {
    ($($trait:ident, $method:ident $(, $name:ty)?;)*) => {
        $(impl ser::$trait for &mut Counter {
            type Ok = ();
            type Error = Refused;

            fn $method<T: Serialize + ?Sized>(&mut self, $(_: $name,)? value: &T) -> Result<(), Refused> {
                value.serialize(&mut **self)
            }

            fn end(self) -> Result<(), Refused> {
                Ok(())
            }
        })*
    };
}

parts! {
    SerializeTuple, serialize_element;
    SerializeTupleStruct, serialize_field;
    SerializeTupleVariant, serialize_field;
    SerializeStruct, serialize_field, &'static str;
    SerializeStructVariant, serialize_field, &'static str;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Datum, LocalSpan};
    use std::collections::BTreeMap;

    crate::node::node_value! {
        enum Message {
            Ping,
            Put { key: String, value: Datum },
            Vote(u64, bool),
        }
    }

    /// Counted by hand from the format's description.
    #[test]
    fn sizes_are_those_of_the_wire_format() {
        assert_eq!([0u64, 127, 128, 16_383, 16_384].map(|number| wire_size(&number)), [1, 1, 2, 2, 3]);
        assert_eq!([0i32, -1, 63, -64, 64, -65].map(|number| wire_size(&number)), [1, 1, 1, 1, 2, 2]);
        assert_eq!(wire_size(&u64::MAX), 10);
        assert_eq!(wire_size(&Message::Ping), 1);
        assert_eq!(wire_size(&Message::Vote(300, true)), 1 + 2 + 1);
        // The variant; one byte of length and the key; the datum's variant and its number.
        let put = Message::Put { key: "abc".to_owned(), value: Datum::Int(-5) };
        assert_eq!(wire_size(&put), 1 + (1 + 3) + (1 + 1));
        assert_eq!(wire_size(&vec![1u8; 200]), 2 + 200);
        assert_eq!(wire_size(&BTreeMap::from([(1u8, "a"), (2, "bc")])), 1 + (1 + 2) + (1 + 3));
        assert_eq!((wire_size(&None::<u8>), wire_size(&Some(7u8)), wire_size(&())), (1, 2, 0));
        assert_eq!(wire_size(&LocalSpan::millis(150)), 1 + "150ms".len() as u64);
    }
}
