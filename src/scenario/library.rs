//! The scenarios that are built into the program: the same files as in the folder `scenarios`.

/// Declares the built-in scenarios in the order in which people are shown them.
macro_rules! library {
    ($($name:literal),* $(,)?) => {
        const LIBRARY: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../scenarios/", $name, ".ron")))),*];
    };
}

library! {
    "start/no-shared-now",
    "start/silence-means-unknown",
    "start/two-generals",
    "raft/leader-crash",
}

/// The text of a built-in scenario.
pub fn find(name: &str) -> Option<&'static str> {
    LIBRARY.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The names of all built-in scenarios, in order.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    LIBRARY.iter().map(|(name, _)| *name)
}
