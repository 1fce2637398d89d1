//! The scenario language on two pages.

/// How a word is written, where the language has it.
pub fn form(_word: &str) -> Option<&'static str> {
    None
}
