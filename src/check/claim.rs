//! The one vocabulary of claims: for what a scenario expects, what it asks people, and what a run waits for.
//!
//! These are plain words; whether they hold of a run is for checkers to say. A label names a fault, an operation or a
//! moment of the scenario.

use super::shapes::shapes;
use crate::node::{Datum, SimSpan};
use serde::de;
use serde::de::value::EnumAccessDeserializer;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Something that is true of a run or is not.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Claim {
    /// The promise is kept throughout the run.
    Holds(Promise),
    /// The promise is broken at some moment of the run: what a scenario that shows an anomaly expects.
    Violated(Promise),
    /// A state comes about, in time.
    Eventually {
        /// The state.
        that: State,
        /// The moment from which time counts; the start of the run where absent.
        #[serde(default)]
        after: Option<Since>,
        /// How much true time may pass; until the end of the run where absent.
        #[serde(default)]
        within: Option<SimSpan>,
    },
    /// At the end of the run, the effect of the labelled operation is committed and was not lost, whatever its client
    /// was told.
    Durable(String),
    /// The labelled operation returned this.
    Got(String, #[serde(deserialize_with = "plain_datum")] Datum),
    /// The labelled operation returned, and took effect.
    Ok(String),
    /// The labelled operation returned, and took no effect.
    Failed(String),
    /// The client of the labelled operation gave up, or never heard: the outcome is unknown.
    Unknown(String),
    /// Some node makes a remark in which these words stand.
    Noted(String),
    /// A count of the whole run is no smaller.
    AtLeast(Measure, u64),
    /// A count of the whole run is no larger.
    AtMost(Measure, u64),
    /// The claim is false.
    Not(Box<Claim>),
}

impl Claim {
    /// The label of the operation that this claim is about, where it is about one.
    pub fn label(&self) -> Option<&str> {
        match self {
            Claim::Durable(label) | Claim::Got(label, _) => Some(label),
            Claim::Ok(label) | Claim::Failed(label) | Claim::Unknown(label) => Some(label),
            Claim::Not(claim) => claim.label(),
            Claim::Holds(_) | Claim::Violated(_) | Claim::Eventually { .. } => None,
            Claim::Noted(_) | Claim::AtLeast(..) | Claim::AtMost(..) => None,
        }
    }
}

/// A labelled moment from which time counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// The labelled fault begins, or the labelled operation is given to its client: written as the label alone.
    Beginning(String),
    /// The labelled fault is undone, or the labelled operation has returned or was given up: `Ended("label")`.
    End(String),
}

impl Since {
    /// The label.
    pub fn label(&self) -> &str {
        match self {
            Since::Beginning(label) | Since::End(label) => label,
        }
    }
}

/// As a story says it after "the": `cut`, `end of the cut`.
impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Since::Beginning(label) => write!(f, "{label:?}"),
            Since::End(label) => write!(f, "the end of {label:?}"),
        }
    }
}

shapes! {
    Since: "a label in quotes, or Ended(\"label\")";

    fn visit_str<E: de::Error>(self, label: &str) -> Result<Since, E> {
        Ok(Since::Beginning(label.to_owned()))
    }

    fn visit_enum<A: de::EnumAccess<'de>>(self, access: A) -> Result<Since, A::Error> {
        #[derive(Deserialize)]
        enum Word {
            Ended(String),
        }
        Word::deserialize(EnumAccessDeserializer::new(access)).map(|Word::Ended(label)| Since::End(label))
    }
}

/// A state that a run can come to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub enum State {
    /// A running node leads, in the highest term of any.
    HasLeader,
    /// The labelled operation has returned, and took effect.
    Ok(String),
    /// The labelled operation has returned, or its client gave up.
    Done(String),
    /// Some node has applied the labelled operation.
    Applied(String),
    /// Every running node of the group whose nodes apply operations has applied the labelled one.
    AllHave(String),
    /// Every running node of the group has applied just the same operations.
    Converged,
}

impl State {
    /// The label that this state refers to, where it refers to one.
    pub fn label(&self) -> Option<&str> {
        match self {
            State::Ok(label) | State::Done(label) | State::Applied(label) | State::AllHave(label) => Some(label),
            State::HasLeader | State::Converged => None,
        }
    }
}

/// What a `Guess` asks for: something that this run will tell.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub enum Answer {
    /// The node that becomes leader next.
    NextLeader,
    /// What the labelled operation returns.
    Result(String),
    /// How the labelled operation ends: ok, failed or unknown.
    Outcome(String),
    /// A count at the end of the run.
    Count(Measure),
    /// Whether a claim turns out true of this run.
    Whether(Claim),
}

impl Answer {
    /// The label that this answer refers to, where it refers to one.
    pub fn label(&self) -> Option<&str> {
        match self {
            Answer::Result(label) | Answer::Outcome(label) => Some(label),
            Answer::Whether(claim) => claim.label(),
            Answer::NextLeader | Answer::Count(_) => None,
        }
    }
}

/// What people are asked before they see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// What will this run do? Answered by the run.
    Guess {
        /// The question itself.
        text: String,
        /// What a guess is compared with.
        answer: Answer,
        /// What explains the answer, where something does.
        because: Option<String>,
    },
    /// Is this true always, sometimes or never? Answered by many seeds, because one run rewards luck.
    Judge {
        /// The question itself.
        text: String,
        /// What is to be judged.
        claim: Claim,
        /// Over how many seeds, at least one.
        seeds: u32,
        /// What explains the answer, where something does.
        because: Option<String>,
    },
}

impl Question {
    /// The question itself.
    pub fn text(&self) -> &str {
        match self {
            Question::Guess { text, .. } | Question::Judge { text, .. } => text,
        }
    }

    /// What explains the answer, where something does.
    pub fn because(&self) -> Option<&str> {
        match self {
            Question::Guess { because, .. } | Question::Judge { because, .. } => because.as_deref(),
        }
    }
}

/// Declares an enum of bare words, each with a sentence that explains it to people.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident, $explain:ident: $(#[$explain_meta:meta])* { $($word:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $(#[doc = $text] $word),* }

        impl $name {
            /// Every one, in the order in which people are shown them.
            pub const ALL: &[$name] = &[$($name::$word),*];

            /// The name, as scenarios write it.
            pub const fn name(self) -> &'static str {
                match self { $($name::$word => stringify!($word)),* }
            }

            $(#[$explain_meta])*
            pub const fn $explain(self) -> &'static str {
                match self { $($name::$word => $text),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

words! {
    /// What a protocol promises, whatever happens.
    Promise, promise:
    /// What is promised, in one sentence, with its source.
    {
        ElectionSafety = "at most one leader a term (Raft, Figure 3)",
        LeaderAppendOnly = "a leader never changes or drops entries of its log, it only adds (Raft, Figure 3)",
        LogMatching = "logs with an entry of one place and term are equal up to it (Raft, Figure 3)",
        LeaderCompleteness = "what is committed in a term is in the log of every later leader (Raft, Figure 3)",
        StateMachineSafety = "no two nodes apply different entries at one place (Raft, Figure 3)",
        RaftSafety = "all five promises of Raft (Raft, Figure 3)",
        SinglePrimary = "at no moment do two running nodes lead, in whatever terms (ours)",
        AcksDurable = "no acknowledged write is missing at the end of the run (ours)",
        Linearizable = "each operation takes effect at one moment between call and return (Herlihy and Wing, 1990)",
        SequentiallyConsistent = "one order explains all results and keeps each client's own (Lamport, 1979)",
        ReadYourWrites = "a client's read shows its own earlier writes (Terry and others, 1994)",
        MonotonicReads = "a client's reads never go back in time (Terry and others, 1994)",
        CausalDelivery = "no message is delivered before one that it may depend on (Birman and Joseph, 1987)",
        FifoDelivery = "messages of one sender are delivered in the order sent (Hadzilacos and Toueg, 1994)",
        TotalOrder = "no two nodes deliver two messages in different orders (Hadzilacos and Toueg, 1994)",
        ReliableDelivery = "what one correct node delivers, all deliver (Hadzilacos and Toueg, 1994)",
        Agreement = "no two nodes decide differently (Fischer, Lynch and Paterson, 1985)",
        MutualExclusion = "at no moment do two nodes hold the lock (Dijkstra, 1965)",
        Convergence = "nodes that have seen the same updates are equal (Shapiro and others, 2011)",
        ClockCondition = "what happened before something has a smaller timestamp (Lamport, 1978)",
        TimestampBound = "a timestamp stays near its node's own clock (Kulkarni and others, 2014)",
        ClockError = "the true time lies within the error that a node states (Cristian, 1989)",
        ExternalConsistency = "what begins after another returned has a larger timestamp (Corbett and others, 2012)",
        BroadcastValidity = "what a correct node broadcasts, all correct nodes deliver (Cachin and others, 2011)",
        Integrity = "a message is delivered once at most, and only if it was broadcast (Hadzilacos and Toueg, 1994)",
        StrongClockCondition = "the stamp of a is smaller just where a happened before b (Mattern, 1989)",
        ConsistentCut = "what a snapshot shows as received, it shows as sent (Chandy and Lamport, 1985)",
        MoneyConserved = "what a snapshot shows adds up to what was put in (Chandy and Lamport, 1985)",
        UniformAgreement = "what any node delivers, one that crashes too, all correct nodes deliver (Cachin and others, 2011)",
        WritesKept = "no acknowledged write is gone but for one whose writer had seen it (Preguica and others, 2012)",
        MonotonicWrites = "a client's writes take effect everywhere in their order (Terry and others, 1994)",
        WritesFollowReads = "who sees a write sees what its writer had read (Terry and others, 1994)",
        CausallyConsistent = "who sees a write sees all that it may depend on (Ahamad and others, 1995)",
        NoResurrection = "what was deleted or overwritten does not come back (ours)",
        FencingOrder = "a resource takes no write of a holder older than one it has heard (Kleppmann, 2016)",
        SiblingsConcurrent = "of values held side by side, no writer had seen another (Preguica and others, 2012)",
    }
}

impl Measure {
    /// What is counted, in a word or two: `messages lost`.
    pub const fn words(self) -> &'static str {
        match self {
            Measure::Elections => "elections",
            Measure::Leaders => "leaders",
            Measure::Terms => "terms",
            Measure::Primaries => "leaders at once",
            Measure::LeaderlessMs => "milliseconds without a leader",
            Measure::Sent => "messages sent",
            Measure::Delivered => "messages delivered",
            Measure::Lost => "messages lost",
            Measure::Duplicated => "messages doubled",
            Measure::Invoked => "operations asked for",
            Measure::Returned => "operations answered",
            Measure::TimedOut => "operations given up",
            Measure::Committed => "entries committed",
            Measure::Faults => "faults",
            Measure::Crashes => "crashes",
            Measure::Siblings => "values side by side",
            Measure::Events => "events",
            Measure::StaleReads => "stale reads",
            Measure::FreshReads => "fresh reads",
            Measure::LostWrites => "acknowledged writes lost",
            Measure::ResurrectedWrites => "writes that came back",
            Measure::AvailablePercent => "available %",
            Measure::WriteP50Ms => "write p50 ms",
            Measure::WriteP99Ms => "write p99 ms",
            Measure::ReadP50Ms => "read p50 ms",
            Measure::ReadP99Ms => "read p99 ms",
        }
    }
}

impl Promise {
    /// The promises that this one stands for: itself, or the five of Raft.
    pub const fn parts(self) -> &'static [Promise] {
        use Promise::*;
        match self {
            RaftSafety => &[ElectionSafety, LeaderAppendOnly, LogMatching, LeaderCompleteness, StateMachineSafety],
            ElectionSafety => &[ElectionSafety],
            LeaderAppendOnly => &[LeaderAppendOnly],
            LogMatching => &[LogMatching],
            LeaderCompleteness => &[LeaderCompleteness],
            StateMachineSafety => &[StateMachineSafety],
            SinglePrimary => &[SinglePrimary],
            AcksDurable => &[AcksDurable],
            Linearizable => &[Linearizable],
            SequentiallyConsistent => &[SequentiallyConsistent],
            ReadYourWrites => &[ReadYourWrites],
            MonotonicReads => &[MonotonicReads],
            CausalDelivery => &[CausalDelivery],
            FifoDelivery => &[FifoDelivery],
            TotalOrder => &[TotalOrder],
            ReliableDelivery => &[ReliableDelivery],
            Agreement => &[Agreement],
            MutualExclusion => &[MutualExclusion],
            Convergence => &[Convergence],
            ClockCondition => &[ClockCondition],
            TimestampBound => &[TimestampBound],
            ClockError => &[ClockError],
            ExternalConsistency => &[ExternalConsistency],
            BroadcastValidity => &[BroadcastValidity],
            Integrity => &[Integrity],
            StrongClockCondition => &[StrongClockCondition],
            ConsistentCut => &[ConsistentCut],
            MoneyConserved => &[MoneyConserved],
            UniformAgreement => &[UniformAgreement],
            WritesKept => &[WritesKept],
            SiblingsConcurrent => &[SiblingsConcurrent],
            MonotonicWrites => &[MonotonicWrites],
            WritesFollowReads => &[WritesFollowReads],
            CausallyConsistent => &[CausallyConsistent],
            NoResurrection => &[NoResurrection],
            FencingOrder => &[FencingOrder],
        }
    }
}

words! {
    /// Something that can be counted or measured over a whole run.
    Measure, meaning:
    /// What is counted.
    {
        Elections = "terms in which some node sought to lead",
        Leaders = "times that a node became leader",
        Terms = "different terms that were reached",
        Primaries = "the most nodes that led at one moment",
        LeaderlessMs = "milliseconds in which no node led",
        Sent = "messages sent",
        Delivered = "messages that arrived",
        Lost = "messages that were lost",
        Duplicated = "messages that arrived twice",
        Invoked = "operations that clients were given",
        Returned = "operations that returned",
        TimedOut = "operations that their clients gave up",
        Committed = "places of the log that became committed",
        Faults = "faults that happened",
        Crashes = "times that a node crashed",
        Siblings = "the most values of a key that a node held side by side",
        Events = "events of any kind",
        StaleReads = "answered reads that missed a newer write, acknowledged before they began",
        FreshReads = "answered reads that missed none",
        LostWrites = "acknowledged writes that are gone at the end",
        ResurrectedWrites = "writes that came back after a newer one or a deletion",
        AvailablePercent = "operations answered, of a hundred that had time to be, rounded down",
        WriteP50Ms = "milliseconds, rounded up, in which half of the answered writes were answered",
        WriteP99Ms = "milliseconds, rounded up, in which 99 of 100 answered writes were answered",
        ReadP50Ms = "milliseconds, rounded up, in which half of the answered reads were answered",
        ReadP99Ms = "milliseconds, rounded up, in which 99 of 100 answered reads were answered",
    }
}

/// Reads a stored value as people write it: `7`, `"text"`, `[1, 2]` or `Absent`.
pub fn plain_datum<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Datum, D::Error> {
    Plain::deserialize(deserializer).map(|plain| plain.0)
}

/// A stored value as people write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plain(pub Datum);

shapes! {
    Plain: "a value such as 7, \"text\", [1, 2] or Absent";

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Plain, E> {
        Ok(Plain(Datum::Int(number)))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Plain, E> {
        let number = i64::try_from(number).map_err(|_| E::custom(format!("{} is the most", i64::MAX)))?;
        self.visit_i64(number)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Plain, E> {
        Ok(Plain(Datum::Text(text.into())))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Plain, A::Error> {
        let mut list = vec![];
        while let Some(Plain(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Plain(Datum::List(list.into())))
    }

    fn visit_enum<A: de::EnumAccess<'de>>(self, access: A) -> Result<Plain, A::Error> {
        #[derive(Deserialize)]
        enum Word {
            Absent,
        }
        Word::deserialize(EnumAccessDeserializer::new(access)).map(|Word::Absent| Plain(Datum::Absent))
    }
}
