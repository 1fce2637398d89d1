//! What many runs have reached together, and how long nothing new has come.

use crate::check::Feature;
use std::collections::BTreeMap;

/// What some runs reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Each feature, and the seed where it was only one that reached it.
    features: BTreeMap<Feature, Option<u64>>,
}

impl Reached {
    /// Adds what one run reached; says whether anything was new.
    pub fn add(&mut self, seed: u64, features: &[Feature]) -> bool {
        let before = self.features.len();
        for feature in features {
            self.features.entry(*feature).and_modify(|seed| *seed = None).or_insert(Some(seed));
        }
        self.features.len() > before
    }

    /// Adds what other runs reached; says whether anything was new.
    pub fn join(&mut self, other: &Reached) -> bool {
        let before = self.features.len();
        for (feature, seed) in &other.features {
            self.features.entry(*feature).and_modify(|seed| *seed = None).or_insert(*seed);
        }
        self.features.len() > before
    }

    /// How many features there are.
    pub fn len(&self) -> usize {
        self.features.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.features.is_empty()
    }

    /// Those that one run alone reached, with its seed.
    pub fn once(&self) -> impl Iterator<Item = (Feature, u64)> + '_ {
        self.features.iter().filter_map(|(feature, seed)| Some((*feature, (*seed)?)))
    }

    /// Those that several runs reached.
    pub fn often(&self) -> impl Iterator<Item = Feature> + '_ {
        self.features.iter().filter(|(_, seed)| seed.is_none()).map(|(feature, _)| *feature)
    }

    /// Puts together what [`once`](Reached::once) and [`often`](Reached::often) give.
    pub fn of(once: impl IntoIterator<Item = (Feature, u64)>, often: impl IntoIterator<Item = Feature>) -> Self {
        let once = once.into_iter().map(|(feature, seed)| (feature, Some(seed)));
        Reached { features: once.chain(often.into_iter().map(|feature| (feature, None))).collect() }
    }
}

/// The names of all features, as 16 hexadecimal digits: files that number features otherwise cannot be joined.
pub fn vocabulary() -> String {
    let mut hasher = blake3::Hasher::new();
    for feature in Feature::all() {
        hasher.update(feature.to_string().as_bytes());
        hasher.update(b"\n");
    }
    hasher.finalize().to_hex()[..16].to_owned()
}
