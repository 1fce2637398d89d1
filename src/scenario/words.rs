//! The bare words of a scenario: laws, selectors, patterns, faults and operations.

use super::clocks::{Rate, SignedSpan};
use super::schema::{At, Chance};
use crate::check::claim::Plain;
use crate::check::shapes::shapes;
use crate::kernel::{Keys, Law};
use crate::node::{Datum, DiskMode, FactKind, SimSpan};
use serde::de::value::{EnumAccessDeserializer, MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, IntoDeserializer as _};
use serde::{Deserialize, Deserializer};

/// A law of chance, or a span that is always the same.
#[derive(Clone, Debug, PartialEq)]
pub struct LawText(pub Law);

/// The laws by name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum LawWord {
    /// Always the same.
    Constant(SimSpan),
    /// Anything between, with equal chance.
    Uniform(SimSpan, SimSpan),
    /// What has no memory, with this mean.
    Exponential(SimSpan),
    /// The shape of real networks.
    LogNormal {
        /// Half of all draws are below this.
        median: SimSpan,
        /// The spread.
        sigma: f64,
    },
    /// What many small causes add up to.
    Normal {
        /// The mean.
        mean: SimSpan,
        /// The standard deviation.
        deviation: SimSpan,
    },
    /// Few draws are very long.
    Pareto {
        /// No draw is below this.
        scale: SimSpan,
        /// The smaller, the longer the tail.
        shape: f64,
    },
    /// One of several laws, by weight.
    Mixture(Vec<(u32, LawText)>),
    /// One of spans that were measured.
    Recorded(Vec<SimSpan>),
}

/// The largest weight of a choice; a draw adds them up.
pub const MAX_WEIGHT: u32 = 1_000_000;

impl LawText {
    /// A span that is always the same.
    pub fn constant<E: de::Error>(text: &str) -> Result<Self, E> {
        text.parse().map(|span| LawText(Law::Constant(span))).map_err(E::custom)
    }

    /// A law by name.
    pub fn of_enum<'de, A: de::EnumAccess<'de>>(access: A) -> Result<Self, A::Error> {
        let law = match LawWord::deserialize(EnumAccessDeserializer::new(access))? {
            LawWord::Constant(span) => Law::Constant(span),
            LawWord::Uniform(least, most) if least <= most => Law::Uniform(least, most),
            LawWord::Uniform(least, most) => {
                return Err(de::Error::custom(format!(
                    "{least} is longer than {most}; the shorter span comes first"
                )));
            }
            LawWord::Exponential(mean) => Law::Exponential(mean),
            LawWord::LogNormal { median, sigma } if (0.0..=10.0).contains(&sigma) => Law::LogNormal { median, sigma },
            LawWord::LogNormal { .. } => {
                return Err(de::Error::custom("sigma lies from 0 (no spread) to 10 (absurd)"));
            }
            LawWord::Normal { mean, deviation } => Law::Normal { mean, deviation },
            LawWord::Pareto { scale, shape } if (0.1..=100.0).contains(&shape) => Law::Pareto { scale, shape },
            LawWord::Pareto { .. } => {
                return Err(de::Error::custom("shape lies from 0.1 (absurd) to 100 (hardly any tail)"));
            }
            LawWord::Mixture(parts) if parts.is_empty() => {
                return Err(de::Error::custom("a mixture of no laws: write Mixture([(9, \"1ms\"), (1, \"50ms\")])"));
            }
            LawWord::Mixture(parts) if parts.iter().any(|part| !(1..=MAX_WEIGHT).contains(&part.0)) => {
                return Err(de::Error::custom(format!("a weight lies from 1 to {MAX_WEIGHT}")));
            }
            LawWord::Mixture(parts) => Law::Mixture(parts.into_iter().map(|(weight, law)| (weight, law.0)).collect()),
            LawWord::Recorded(spans) if spans.is_empty() => {
                return Err(de::Error::custom("nothing was recorded: write Recorded([\"1ms\", \"1.2ms\"])"));
            }
            LawWord::Recorded(spans) => Law::Recorded(spans.into()),
        };
        Ok(LawText(law))
    }
}

shapes! {
    LawText: "a duration in quotes or a law such as Uniform(\"1ms\", \"5ms\")";

    fn visit_str<E: de::Error>(self, text: &str) -> Result<LawText, E> {
        LawText::constant(text)
    }

    fn visit_enum<A: de::EnumAccess<'de>>(self, access: A) -> Result<LawText, A::Error> {
        LawText::of_enum(access)
    }
}

/// Which node is meant.
#[derive(Clone, Debug)]
pub enum Who {
    /// The one of that name.
    Name(At<String>),
    /// Described.
    Word(WhoWord),
}

/// Nodes that are meant by description.
#[derive(Clone, Debug, Deserialize)]
pub enum WhoWord {
    /// Who leads.
    Leader,
    /// Who could lead but does not; drawn.
    AFollower,
    /// Any server; drawn.
    Random,
    /// Any node of the group; drawn.
    AnyOf(At<String>),
    /// Every node of the group, each by itself.
    Each(At<String>),
    /// Whom the labelled fault hit.
    Same(At<String>),
}

impl<'de> Deserialize<'de> for Who {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let at: At<TextOrWho> = At::deserialize(deserializer)?;
        Ok(match at.value {
            TextOrWho::Text(name) => Who::Name(At { value: name, span: at.span }),
            TextOrWho::Word(word) => Who::Word(word),
        })
    }
}

enum TextOrWho {
    Text(String),
    Word(WhoWord),
}

shapes! {
    TextOrWho: "a node's name in quotes, or a word such as Leader,";

    fn visit_str<E: de::Error>(self, text: &str) -> Result<TextOrWho, E> {
        Ok(TextOrWho::Text(text.to_owned()))
    }

    fn visit_enum<A: de::EnumAccess<'de>>(self, access: A) -> Result<TextOrWho, A::Error> {
        WhoWord::deserialize(EnumAccessDeserializer::new(access)).map(TextOrWho::Word)
    }
}

/// Which links are meant.
#[derive(Clone, Debug, Deserialize)]
pub enum Links {
    /// From one to the other.
    Link(Who, Who),
    /// Both ways.
    Between(Who, Who),
    /// All to and from it.
    Around(Who),
    /// All to it.
    Into(Who),
    /// All from it.
    OutOf(Who),
    /// All between nodes of different sides.
    Sides(Vec<Vec<At<String>>>),
    /// It and a minority of its group against the rest.
    MinorityWith(Who),
    /// It and a majority of its group against the rest.
    MajorityWith(Who),
    /// Two halves that only it joins.
    Bridge(Who),
    /// A drawn part of a drawn group against the rest.
    RandomSides,
    /// Every link.
    All,
    /// Those that run through the cable.
    Cable(At<String>),
    /// Those that begin, end or pass at the site.
    Site(At<String>),
}

/// What `Partition` cuts: what stands between sides by name, or links as described.
#[derive(Clone, Debug)]
pub enum Split {
    /// Nodes of different sides cannot reach each other.
    Sides(Vec<Vec<At<String>>>),
    /// These links are cut.
    Links(Links),
}

shapes! {
    Split: "sides such as [[\"n1\"], [\"n2\", \"n3\"]], or a word such as RandomSides,";

    fn visit_seq<A: de::SeqAccess<'de>>(self, sides: A) -> Result<Split, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(sides)).map(Split::Sides)
    }

    fn visit_enum<A: de::EnumAccess<'de>>(self, access: A) -> Result<Split, A::Error> {
        Links::deserialize(EnumAccessDeserializer::new(access)).map(Split::Links)
    }
}

/// What goes wrong.
#[derive(Clone, Debug, Deserialize)]
#[allow(missing_docs, reason = "the help text tells each")]
pub enum ActionText {
    Crash(Who),
    Restart(Who),
    Pause(Who),
    Resume(Who),
    Slow(Who, SimSpan),
    Expire(Who, At<String>),
    Disk(Who, DiskMode),
    Wipe(Who),
    Clock(Who, ClockText),
    Cut(Links),
    Heal(Links),
    Hold(Links),
    Release(Links),
    Loss(Links, Chance),
    Lag(Links, SimSpan),
    Partition(Split),
    Isolate(Who),
    Drop,
    Delay(SimSpan),
    Arrive(SimSpan),
    Duplicate,
    OneOf(Vec<(At<u32>, At<ActionText>)>),
    Mark,
}

/// What happens to a clock.
#[derive(Clone, Copy, Debug, Deserialize)]
#[allow(missing_docs, reason = "told at ClockChange")]
pub enum ClockText {
    Step(SignedSpan),
    Rate(Rate),
    Freeze,
    Thaw,
}

/// What clients ask for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "told at Op")]
pub enum OpText {
    Put(KeyText, Stored),
    Get(KeyText),
    Append(KeyText, Stored),
    Cas { key: KeyText, expected: Plain, new: Stored },
    Delete(KeyText),
    Take(KeyText),
    Broadcast(Stored),
    Acquire(KeyText),
    Release(KeyText),
    Do(String, #[serde(default = "nothing")] Stored),
    OneOf(Vec<(At<u32>, At<OpText>)>),
}

/// A key: given, or drawn each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyText {
    /// This one.
    Named(String),
    /// One of those that the field `keys` says, drawn each time.
    Drawn,
}

shapes! {
    KeyText: "a key in quotes, or the word Key,";

    fn visit_str<E: de::Error>(self, text: &str) -> Result<KeyText, E> {
        Ok(KeyText::Named(text.to_owned()))
    }

    fn visit_enum<A: de::EnumAccess<'de>>(self, access: A) -> Result<KeyText, A::Error> {
        #[derive(Deserialize)]
        enum Word {
            Key,
        }
        Word::deserialize(EnumAccessDeserializer::new(access)).map(|Word::Key| KeyText::Drawn)
    }
}

/// How often each key is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysText(pub Keys);

/// The laws of keys by name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum KeysWord {
    /// Each as often as the others.
    Uniform(u32),
    /// The key of rank r is r to the exponent times as rare as the first.
    Zipf {
        /// How many keys.
        keys: u32,
        /// How uneven.
        exponent: f64,
    },
    /// The first key has a share, and all others share the rest.
    Hot {
        /// How many keys.
        keys: u32,
        /// The share.
        share: Chance,
    },
}

shapes! {
    KeysText: "a law of keys such as Uniform(10) or Zipf(keys: 100, exponent: 1.0)";

    fn visit_enum<A: de::EnumAccess<'de>>(self, access: A) -> Result<KeysText, A::Error> {
        let word = KeysWord::deserialize(EnumAccessDeserializer::new(access))?;
        let (KeysWord::Uniform(count) | KeysWord::Zipf { keys: count, .. } | KeysWord::Hot { keys: count, .. }) = word;
        if !(1..=Keys::MAX).contains(&count) {
            return Err(de::Error::custom(format!("there are from 1 to {} keys, k1 and so on", Keys::MAX)));
        }
        Ok(KeysText(match word {
            KeysWord::Uniform(_) => Keys::uniform(count),
            KeysWord::Zipf { exponent, .. } if (0.0..=10.0).contains(&exponent) => Keys::zipf(count, exponent),
            KeysWord::Zipf { .. } => {
                return Err(de::Error::custom("an exponent lies from 0 (all alike) to 10 (hardly any but the first)"));
            }
            KeysWord::Hot { share, .. } => Keys::hot(count, share.0),
        }))
    }
}

fn nothing() -> Stored {
    Stored::Value(Datum::Absent)
}

/// A value to store: given, or a number that was not used before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// A number that was not used before.
    Fresh,
    /// This one.
    Value(Datum),
}

impl From<Plain> for Stored {
    fn from(Plain(value): Plain) -> Self {
        Stored::Value(value)
    }
}

shapes! {
    Stored: "a value such as 7, \"text\" or [1, 2], or the word Fresh,";

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Stored, E> {
        Plain::deserialize(number.into_deserializer()).map(Stored::from)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Stored, E> {
        Plain::deserialize(number.into_deserializer()).map(Stored::from)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Stored, E> {
        Plain::deserialize(text.into_deserializer()).map(Stored::from)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, items: A) -> Result<Stored, A::Error> {
        Plain::deserialize(SeqAccessDeserializer::new(items)).map(Stored::from)
    }

    fn visit_enum<A: de::EnumAccess<'de>>(self, access: A) -> Result<Stored, A::Error> {
        #[derive(Deserialize)]
        enum Word {
            Fresh,
        }
        Word::deserialize(EnumAccessDeserializer::new(access)).map(|Word::Fresh| Stored::Fresh)
    }
}

/// What a trigger waits for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "told at Pattern and at FactKind")]
pub enum PatternText {
    Fired(At<String>),
    Ended(At<String>),
    Invoked(At<String>),
    Returned(At<String>),
    TimedOut(At<String>),
    Message {
        #[serde(default)]
        kind: Option<At<String>>,
        #[serde(default)]
        from: Option<At<String>>,
        #[serde(default)]
        to: Option<At<String>>,
    },
    Fact {
        kind: FactKind,
        #[serde(default)]
        node: Option<At<String>>,
        #[serde(default)]
        term: Option<u64>,
        #[serde(default)]
        index: Option<u64>,
    },
    BecameCandidate(Option<FactText>),
    BecameLeader(Option<FactText>),
    BecameFollower(Option<FactText>),
    Voted(Option<FactText>),
    Appended(Option<FactText>),
    Truncated(Option<FactText>),
    Compacted(Option<FactText>),
    Installed(Option<FactText>),
    Restored(Option<FactText>),
    Recovered(Option<FactText>),
    Committed(Option<FactText>),
    Applied(Option<FactText>),
    Asked(Option<FactText>),
    Delivered(Option<FactText>),
    Acquired(Option<FactText>),
    Released(Option<FactText>),
    Decided(Option<FactText>),
    Note(Option<FactText>),
    ClockEstimated(Option<FactText>),
    Broadcast(Option<FactText>),
    Stamped(Option<FactText>),
    Deposited(Option<FactText>),
    Recorded(Option<FactText>),
    ChannelRecorded(Option<FactText>),
    Replaces(Option<FactText>),
    Stored(Option<FactText>),
    Owners(Option<FactText>),
}

/// Which facts of a kind: those of a node, or with a term or place.
#[derive(Clone, Debug, Default)]
pub struct FactText {
    /// The node that declares it.
    pub node: Option<At<String>>,
    /// The term that it names.
    pub term: Option<u64>,
    /// The place in the log that it names.
    pub index: Option<u64>,
}

impl<'de> Deserialize<'de> for FactText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let At { value, span } = At::deserialize(deserializer)?;
        Ok(match value {
            NameOrFields::Name(value) => FactText { node: Some(At { value, span }), ..FactText::default() },
            NameOrFields::Fields(FactFields { node, term, index }) => FactText { node, term, index },
        })
    }
}

/// The node alone, or which of its facts.
enum NameOrFields {
    Name(String),
    Fields(FactFields),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FactFields {
    #[serde(default)]
    node: Option<At<String>>,
    #[serde(default)]
    term: Option<u64>,
    #[serde(default)]
    index: Option<u64>,
}

shapes! {
    NameOrFields: "a node's name in quotes, or (node: \"n1\", term: 2, index: 3)";

    fn visit_str<E: de::Error>(self, text: &str) -> Result<NameOrFields, E> {
        Ok(NameOrFields::Name(text.to_owned()))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<NameOrFields, A::Error> {
        FactFields::deserialize(MapAccessDeserializer::new(map)).map(NameOrFields::Fields)
    }
}
