//! What serde's derives know of a type by name: for messages, for variants, and for checking the help text.

use super::diagnostic::{Checked, Mistake};
use serde::de::{self, DeserializeOwned, Visitor};

/// The fields or variants of a type, as serde's derives list them: for messages and for checking the help text.
pub fn names_of<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    let _ = T::deserialize(Probe(&mut names));
    names
}

struct Probe<'p>(&'p mut &'static [&'static str]);

impl<'de> de::Deserializer<'de> for Probe<'_> {
    type Error = Box<Mistake>;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Checked<V::Value> {
        Err(Mistake::says("only names are asked for"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Checked<V::Value> {
        *self.0 = fields;
        Err(Mistake::says("only names are asked for"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Checked<V::Value> {
        *self.0 = variants;
        Err(Mistake::says("only names are asked for"))
    }

    serde::forward_to_deserialize_any! {
        bool u8 u16 u32 u64 i8 i16 i32 i64 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map identifier ignored_any
    }
}
