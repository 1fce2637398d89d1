//! What a scenario file may hold, field by field. What names mean is resolved later.

use super::clocks::Clock;
use super::decode::AT;
use super::diagnostic::Span;
use super::explore::ExploreText;
use super::schedule::ScheduleText;
use super::words::{ActionText, KeysText, LawText, OpText, PatternText, Who};
use crate::check::shapes::shapes;
use crate::check::{Answer, Claim};
use crate::kernel::{Link, OnCut, Order};
use crate::node::{DiskMode, Retry, SimSpan};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, IgnoredAny, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::marker::PhantomData;

/// A value that remembers where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parts<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Parts<T> {
            type Value = At<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value with its place, as only our own reader hands it out")
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut parts: A) -> Result<At<T>, A::Error> {
                let start: Option<u64> = parts.next_element()?;
                let end: Option<u64> = parts.next_element()?;
                match (start, end, parts.next_element()?) {
                    (Some(start), Some(end), Some(value)) => Ok(At { value, span: start as usize..end as usize }),
                    _ => Err(de::Error::custom("a value came without its place")),
                }
            }
        }
        deserializer.deserialize_newtype_struct(AT, Parts(PhantomData))
    }
}

/// A map in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pairs<T>(pub Vec<(At<String>, T)>);

impl<T> Default for Pairs<T> {
    fn default() -> Self {
        Pairs(vec![])
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pairs<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Map<T> {
            type Value = Pairs<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map in { }")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Pairs<T>, A::Error> {
                let mut pairs = vec![];
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Map(PhantomData))
    }
}

/// A whole scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename = "Scenario")]
pub struct File {
    /// Its name for people.
    pub title: String,
    /// What to look at.
    #[serde(default)]
    pub look: Option<String>,
    /// The incident or paper that it retells.
    #[serde(default)]
    pub source: Option<String>,
    /// What was left out of the telling.
    #[serde(default)]
    pub simplified: Option<String>,
    /// The protocol and its configuration: read by the registry, from the tree.
    pub protocol: IgnoredAny,
    /// Groups of nodes.
    pub cluster: At<Pairs<Vec<At<String>>>>,
    /// How messages travel.
    #[serde(default)]
    pub network: Network,
    /// How clocks err, by node or group.
    #[serde(default)]
    pub clocks: Pairs<Clock>,
    /// Every disk.
    #[serde(default)]
    pub disk: Disk,
    /// Disks that are unlike the others, by node or group.
    #[serde(default)]
    pub disks: Pairs<Disk>,
    /// How long a node takes for a message, by node or group.
    #[serde(default)]
    pub service: Pairs<SimSpan>,
    /// How many messages may wait at a slow node.
    #[serde(default)]
    pub inbox: Option<At<u32>>,
    /// What clients ask for.
    #[serde(default)]
    pub workload: Vec<Work>,
    /// What goes wrong.
    #[serde(default)]
    pub faults: Vec<FaultEntry>,
    /// What people are asked.
    #[serde(default)]
    pub ask: Vec<Ask>,
    /// What must turn out.
    #[serde(default)]
    pub expect: Vec<At<Claim>>,
    /// Named changes of some fields: applied to the tree before this is read.
    #[serde(default)]
    pub variants: Option<IgnoredAny>,
    /// When the run ends.
    #[serde(default)]
    pub until: Option<At<SimSpan>>,
    /// Where all chance comes from.
    #[serde(default)]
    pub seed: Option<u64>,
    /// How many events may happen.
    #[serde(default)]
    pub events: Option<At<u32>>,
    /// What a search of its small world may do, and looks for.
    #[serde(default)]
    pub explore: ExploreText,
    /// What happens, in order, where that is laid down.
    #[serde(default)]
    pub schedule: Option<ScheduleText>,
    /// A mutant of the contract.
    #[serde(default)]
    pub sync_holds: SyncHoldsText,
}

/// Whose effects a sync holds back.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub enum SyncHoldsText {
    /// The node's.
    #[default]
    Node,
    /// The handler's only: a mutant.
    Handler,
}

/// Declares what says how messages travel: of all links or of some, with fields of its own.
macro_rules! travel {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* })*) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            /// How long a message takes.
            pub delay: Option<LawText>,
            /// How likely a message is lost.
            pub loss: Option<Chance>,
            /// How likely it arrives twice.
            pub duplicate: Option<Chance>,
            /// How likely it is delayed once more.
            pub reorder: Option<Chance>,
            /// Whether messages may overtake.
            pub order: Option<OrderText>,
            /// What a cut does to messages.
            pub on_cut: Option<OnCutText>,
            $($(#[$field_meta])* pub $field: $type,)*
        }

        impl $name {
            /// Makes a link as this says, and leaves it as it is where this says nothing.
            pub fn change(&self, link: &mut Link) {
                if let Some(law) = &self.delay {
                    link.delay = law.0.clone();
                }
                link.loss_ppm = self.loss.map_or(link.loss_ppm, |chance| chance.0);
                link.duplicate_ppm = self.duplicate.map_or(link.duplicate_ppm, |chance| chance.0);
                link.reorder_ppm = self.reorder.map_or(link.reorder_ppm, |chance| chance.0);
                link.order = self.order.map_or(link.order, Into::into);
                link.on_cut = self.on_cut.map_or(link.on_cut, Into::into);
            }
        }
    )* };
}

travel! {
    /// How messages travel.
    Network {
        /// Links that are unlike the others.
        links: Vec<At<LinkEntry>>,
        /// Places, and the nodes in each.
        sites: Option<At<Pairs<Vec<At<String>>>>>,
        /// Cables between places, by name.
        cables: Option<At<Pairs<CableText>>>,
    }
    /// Some links that are unlike the others.
    LinkEntry {
        /// The senders: a node or group; with `to`.
        from: Option<At<String>>,
        /// The receivers: a node or group.
        to: Option<At<String>>,
        /// Two nodes or groups, both ways; instead of `from` and `to`.
        between: Option<At<(At<String>, At<String>)>>,
    }
}

/// A cable: its two ends and its delay.
pub type CableText = (At<String>, At<String>, LawText);

/// Whether messages may overtake.
#[derive(Clone, Copy, Debug, Deserialize)]
pub enum OrderText {
    /// They may.
    Any,
    /// They may not.
    Fifo,
}

impl From<OrderText> for Order {
    fn from(text: OrderText) -> Self {
        match text {
            OrderText::Any => Order::Any,
            OrderText::Fifo => Order::Fifo,
        }
    }
}

/// What a cut does to messages.
#[derive(Clone, Copy, Debug, Deserialize)]
pub enum OnCutText {
    /// They are lost.
    Drop,
    /// They wait.
    Hold,
}

impl From<OnCutText> for OnCut {
    fn from(text: OnCutText) -> Self {
        match text {
            OnCutText::Drop => OnCut::Drop,
            OnCutText::Hold => OnCut::Hold,
        }
    }
}

/// A probability, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Chance(pub u32);

impl TryFrom<f64> for Chance {
    type Error = String;

    fn try_from(number: f64) -> Result<Self, String> {
        if number > 1.0 && number <= 100.0 {
            let share = number / 100.0;
            return Err(format!("a probability is a number from 0 to 1; {number} percent are {share}"));
        }
        if !(0.0..=1.0).contains(&number) {
            return Err(format!("a probability is a number from 0 to 1, and {number} is not"));
        }
        match (number * 1e6).round() as u32 {
            0 if number > 0.0 => Err("the smallest probability above 0 is one in a million, 0.000001".to_owned()),
            millionths => Ok(Chance(millionths)),
        }
    }
}

/// How a disk behaves.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// How long a sync takes.
    #[serde(default)]
    pub sync: Option<LawText>,
    /// What becomes of what was not synced.
    #[serde(default)]
    pub mode: Option<DiskMode>,
}

/// How often: a span, a law, or the word for a gap.
pub type Every = At<LawText>;

/// Declares a kind of entry that happens at some moment: the fields of the one trigger grammar, and its own.
macro_rules! entries {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* })*) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
            /// Its name.
            #[serde(default)]
            pub label: Option<At<String>>,
            /// At this moment.
            #[serde(default)]
            pub at: Option<At<SimSpan>>,
            /// Again and again.
            #[serde(default)]
            pub every: Option<Every>,
            /// When that happens.
            #[serde(default)]
            pub on: Option<At<PatternText>>,
            /// How long after that; or after which event.
            #[serde(default)]
            pub after: Option<At<After>>,
            /// From when, with `every`.
            #[serde(default)]
            pub from: Option<At<SimSpan>>,
            /// Until when, with `every`.
            #[serde(default)]
            pub until: Option<At<SimSpan>>,
            /// How often at the most.
            #[serde(default)]
            pub times: Option<At<u32>>,
            /// Which occurrence is the first to count, with `on`.
            #[serde(default)]
            pub nth: Option<At<u32>>,
            /// How long until it is undone.
            #[serde(default)]
            pub lasting: Option<At<LawText>>,
        }

        impl $name {
            /// The moment at which it happens.
            pub fn when(&self) -> When<'_> {
                When {
                    label: self.label.as_ref(), at: self.at.as_ref(), every: self.every.as_ref(),
                    on: self.on.as_ref(), after: self.after.as_ref(), from: self.from.as_ref(),
                    until: self.until.as_ref(), times: self.times.as_ref(), nth: self.nth.as_ref(),
                    lasting: self.lasting.as_ref(), think: None,
                }
            }
        }
    )* };
}

entries! {
    /// Something that clients ask for.
    Work {
        /// Which client.
        by: Who,
        /// What for.
        op: OpText,
        /// Which keys the word `Key` stands for.
        #[serde(default)]
        keys: Option<At<KeysText>>,
        /// How long a client thinks between the end of an operation and the next: a closed loop.
        #[serde(default)]
        think: Option<Every>,
        /// How long it waits.
        #[serde(default)]
        timeout: Option<At<SimSpan>>,
        /// Whether it asks again.
        #[serde(default)]
        retry: Option<Retry>,
    }
    /// Something that goes wrong.
    FaultEntry {
        /// What.
        r#do: At<ActionText>,
    }
    /// A question that this run answers.
    GuessEntry {
        /// The question.
        text: String,
        /// What to compare an answer with.
        answer: At<Answer>,
        /// What explains the answer.
        #[serde(default)]
        because: Option<String>,
    }
    /// A question that many seeds answer: always, sometimes or never.
    JudgeEntry {
        /// The question.
        text: String,
        /// The claim to judge.
        claim: At<Claim>,
        /// How many seeds.
        seeds: At<u32>,
        /// What explains the answer.
        #[serde(default)]
        because: Option<String>,
    }
}

/// The fields of the trigger grammar, whatever entry they stand in.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "each is told in the entries")]
pub struct When<'a> {
    pub label: Option<&'a At<String>>,
    pub at: Option<&'a At<SimSpan>>,
    pub every: Option<&'a Every>,
    pub on: Option<&'a At<PatternText>>,
    pub after: Option<&'a At<After>>,
    pub from: Option<&'a At<SimSpan>>,
    pub until: Option<&'a At<SimSpan>>,
    pub times: Option<&'a At<u32>>,
    pub nth: Option<&'a At<u32>>,
    pub lasting: Option<&'a At<LawText>>,
    pub think: Option<&'a Every>,
}

impl Work {
    /// The moment at which it happens, which may be whenever a client has done thinking.
    pub fn turns(&self) -> When<'_> {
        When { think: self.think.as_ref(), ..self.when() }
    }
}

/// A question.
#[derive(Clone, Debug, Deserialize)]
pub enum Ask {
    /// Answered by this run.
    Guess(GuessEntry),
    /// Answered by many seeds.
    Judge(JudgeEntry),
}

impl Ask {
    /// The moment at which it is put.
    pub fn when(&self) -> When<'_> {
        match self {
            Ask::Guess(guess) => guess.when(),
            Ask::Judge(judge) => judge.when(),
        }
    }
}

/// How long after its trigger something happens, or after which event of a branch made by hand.
#[derive(Clone, Debug)]
pub enum After {
    /// So much later.
    Law(LawText),
    /// Right after that event.
    Event(EventText),
}

/// An event of the run being made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventText {
    /// Its number.
    pub event: u32,
    /// How it must read.
    #[serde(default)]
    pub expect: Option<String>,
}

shapes! {
    After: "a duration in quotes, a law such as Uniform(\"1ms\", \"5ms\"), or (event: 131)";

    fn visit_str<E: de::Error>(self, text: &str) -> Result<After, E> {
        LawText::constant(text).map(After::Law)
    }

    fn visit_enum<A: de::EnumAccess<'de>>(self, access: A) -> Result<After, A::Error> {
        LawText::of_enum(access).map(After::Law)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<After, A::Error> {
        EventText::deserialize(MapAccessDeserializer::new(map)).map(After::Event)
    }
}
