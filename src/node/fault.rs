//! What goes wrong, said of concrete nodes and links.

use super::{Cluster, NodeId, SimSpan};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt::{self, Write as _};
use std::ops::Deref;
use std::sync::Arc;

/// One thing that went wrong or was mended, as it happened: every selector resolved, every draw made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Fault {
    /// The process dies: its memory, its timers and what its disk had not synced, as [`DiskMode`] says.
    Crash(NodeId),
    /// The process starts again from its disk.
    Restart(NodeId),
    /// The process stands still: messages and due timers wait for it.
    Pause(NodeId),
    /// The process goes on; what waited comes all at once.
    Resume(NodeId),
    /// Each message takes this long to serve; zero is normal.
    Slow(NodeId, SimSpan),
    /// A timer of this kind that is set at the node fires now.
    Expire(NodeId, String),
    /// These directed links carry nothing.
    Cut(Links),
    /// These directed links carry again.
    Heal(Links),
    /// These directed links lose this many messages of a million; `None` is what the scenario says.
    Loss(Links, Option<u32>),
    /// These directed links delay each message by this much more.
    Lag(Links, SimSpan),
    /// Messages on these directed links are held until released.
    Hold(Links),
    /// Messages held on these directed links are delivered now.
    Release(Links),
    /// This one message is lost.
    Drop(NodeId, NodeId),
    /// This one message takes this much longer.
    Delay(NodeId, NodeId, SimSpan),
    /// This one message arrives so long after its sending.
    Arrive(NodeId, NodeId, SimSpan),
    /// This one message arrives twice.
    Duplicate(NodeId, NodeId),
    /// The disk behaves otherwise from now on.
    Disk(NodeId, DiskMode),
    /// All that the disk held is gone. Where the process runs, it does not notice.
    Wipe(NodeId),
    /// The node's clock behaves otherwise from now on.
    Clock(NodeId, ClockChange),
    /// Nothing goes wrong; a moment that has a name.
    Mark,
}

/// Directed links that a fault is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Links {
    /// Each from its sender to its receiver.
    pub pairs: Vec<(NodeId, NodeId)>,
    /// The one thing that carries them all, where they are meant by that: `cable optics (dc - hub)`.
    pub carrier: Option<Arc<str>>,
}

impl From<Vec<(NodeId, NodeId)>> for Links {
    fn from(pairs: Vec<(NodeId, NodeId)>) -> Self {
        Links { pairs, carrier: None }
    }
}

/// As the pairs alone, where nothing carries them all: a trace reads the same whether its network has cables or not.
impl Serialize for Links {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.carrier {
            None => self.pairs.serialize(serializer),
            Some(carrier) => (&**carrier, &self.pairs).serialize(serializer),
        }
    }
}

impl Deref for Links {
    type Target = [(NodeId, NodeId)];

    fn deref(&self) -> &Self::Target {
        &self.pairs
    }
}

/// How a disk treats what was not synced, and what it says of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DiskMode {
    /// A crash loses what was not synced.
    #[default]
    Loses,
    /// A crash keeps what was not synced.
    Keeps,
    /// A crash keeps a drawn number of the first unsynced writes.
    Tears,
    /// A sync is said to be done, but nothing reaches the platter.
    Lies,
    /// A sync takes this long instead of what the scenario says.
    Slow(SimSpan),
    /// A sync is never done: writes wait for ever.
    Full,
}

/// What happens to a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum ClockChange {
    /// The wall clock jumps by so many nanoseconds, forwards or back.
    Step(i64),
    /// Both clocks run fast or slow by so many parts in a thousand million.
    Rate(i64),
    /// The wall clock stops.
    Freeze,
    /// The wall clock goes on from where it stopped.
    Thaw,
}

impl Fault {
    /// The node that this fault is about, where it is about one.
    pub fn node(&self) -> Option<NodeId> {
        match self {
            Fault::Crash(node) | Fault::Restart(node) | Fault::Pause(node) | Fault::Resume(node) => Some(*node),
            Fault::Slow(node, _) | Fault::Expire(node, _) | Fault::Disk(node, _) | Fault::Wipe(node) => Some(*node),
            Fault::Clock(node, _) => Some(*node),
            _ => None,
        }
    }

    /// Whether this mends rather than breaks.
    pub fn mends(&self) -> bool {
        matches!(
            self,
            Fault::Restart(_)
                | Fault::Resume(_)
                | Fault::Heal(_)
                | Fault::Release(_)
                | Fault::Slow(_, SimSpan::ZERO)
                | Fault::Lag(_, SimSpan::ZERO)
                | Fault::Loss(_, None)
                | Fault::Disk(_, DiskMode::Loses)
                | Fault::Clock(_, ClockChange::Rate(0) | ClockChange::Thaw)
        )
    }

    /// What happened, in words for a story: `n3 CRASHES`.
    pub fn describe(&self, cluster: &Cluster) -> String {
        let name = |id: &NodeId| cluster.name(*id);
        let links = |links: &Links| describe_links(links, cluster);
        match self {
            Fault::Crash(node) => format!("{} CRASHES", name(node)),
            Fault::Restart(node) => format!("{} restarts", name(node)),
            Fault::Pause(node) => format!("{} PAUSES", name(node)),
            Fault::Resume(node) => format!("{} goes on", name(node)),
            Fault::Slow(node, SimSpan::ZERO) => format!("{} is quick again", name(node)),
            Fault::Slow(node, span) => format!("{} SLOWS: {span} a message", name(node)),
            Fault::Expire(node, timer) => format!("{}'s {timer} timer ends now", name(node)),
            Fault::Cut(cut) => format!("CUT {}", links(cut)),
            Fault::Heal(healed) => format!("healed {}", links(healed)),
            Fault::Loss(lossy, Some(ppm)) => {
                format!("{} LOSES {}.{:02} %", links(lossy), ppm / 10_000, ppm / 100 % 100)
            }
            Fault::Loss(lossy, None) => format!("{} loses as before", links(lossy)),
            Fault::Lag(slow, SimSpan::ZERO) => format!("{} delays as before", links(slow)),
            Fault::Lag(slow, span) => format!("{} LAGS by {span}", links(slow)),
            Fault::Hold(held) => format!("HELD {}", links(held)),
            Fault::Release(held) => format!("released {}", links(held)),
            Fault::Drop(from, to) => format!("DROPPED {}>{}", name(from), name(to)),
            Fault::Delay(from, to, span) => format!("DELAYED {}>{} by {span}", name(from), name(to)),
            Fault::Arrive(from, to, span) => format!("ARRIVES {}>{} after {span}", name(from), name(to)),
            Fault::Duplicate(from, to) => format!("DOUBLED {}>{}", name(from), name(to)),
            Fault::Disk(node, mode) => match mode {
                DiskMode::Loses => format!("{}'s disk is honest", name(node)),
                DiskMode::Keeps => format!("{}'s disk keeps the unsynced", name(node)),
                DiskMode::Tears => format!("{}'s disk TEARS at a crash", name(node)),
                DiskMode::Lies => format!("{}'s disk LIES", name(node)),
                DiskMode::Slow(span) => format!("{}'s disk SLOWS: {span} a sync", name(node)),
                DiskMode::Full => format!("{}'s disk is FULL", name(node)),
            },
            Fault::Wipe(node) => format!("{}'s disk is WIPED", name(node)),
            Fault::Clock(node, change) => match change {
                ClockChange::Step(ns) => {
                    let span = SimSpan(ns.unsigned_abs());
                    format!("{}'s clock STEPS {} {span}", name(node), if *ns < 0 { "back" } else { "on" })
                }
                ClockChange::Rate(0) => format!("{}'s clock runs true", name(node)),
                ClockChange::Rate(ppb) => {
                    let (sign, ppb) = (if *ppb < 0 { "slow" } else { "fast" }, ppb.unsigned_abs());
                    format!("{}'s clock runs {}.{:03} ppm {sign}", name(node), ppb / 1000, ppb % 1000)
                }
                ClockChange::Freeze => format!("{}'s clock STOPS", name(node)),
                ClockChange::Thaw => format!("{}'s clock goes on", name(node)),
            },
            Fault::Mark => "a moment".to_owned(),
        }
    }
}

/// Links in words: what carries them, where they are meant by that. A full cut between two sides reads
/// `n1 n2 | n3 n4 n5`; anything else lists its links.
fn describe_links(links: &Links, cluster: &Cluster) -> String {
    if let Some(carrier) = &links.carrier {
        return carrier.to_string();
    }
    let name = |id: NodeId| cluster.name(id);
    if let Some((left, right)) = two_sides(links) {
        let side = |ids: &[NodeId]| ids.iter().map(|&id| name(id)).collect::<Vec<_>>().join(" ");
        return format!("{} | {}", side(&left), side(&right));
    }
    let mut text = String::new();
    for (place, &(from, to)) in links.iter().enumerate() {
        if place == 4 && links.len() > 5 {
            let _ = write!(text, " and {} more", links.len() - place);
            break;
        }
        let _ = write!(text, "{}{}>{}", if place == 0 { "" } else { " " }, name(from), name(to));
    }
    text
}

/// The two sides, where the links are exactly those that cross between them, in both directions.
fn two_sides(links: &[(NodeId, NodeId)]) -> Option<(Vec<NodeId>, Vec<NodeId>)> {
    let &(first, _) = links.first()?;
    let right: Vec<NodeId> = sorted(links.iter().filter(|link| link.0 == first).map(|link| link.1));
    let left: Vec<NodeId> = sorted(links.iter().filter(|link| link.0 == right[0]).map(|link| link.1));
    let all: Vec<(NodeId, NodeId)> =
        sorted(left.iter().flat_map(|&l| right.iter().flat_map(move |&r| [(l, r), (r, l)])));
    (all == sorted(links.iter().copied())).then_some((left, right))
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort();
    items.dedup();
    items
}

impl fmt::Display for DiskMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
