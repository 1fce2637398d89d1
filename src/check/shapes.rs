//! Reading what people may write in one of several shapes: as a text, a word, a number, a list or a record.

/// Implements `Deserialize` for such a type: what is expected, in a person's words, and a visitor's method for each shape.
macro_rules! shapes {
    ($type:ident: $expecting:literal; $($methods:item)*) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Shapes;
                impl<'de> serde::de::Visitor<'de> for Shapes {
                    type Value = $type;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expecting)
                    }

                    $($methods)*
                }
                deserializer.deserialize_any(Shapes)
            }
        }
    };
}
pub(crate) use shapes;
