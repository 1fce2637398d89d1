//! What becomes of each message: drawn, or taken from the record of the same run.

use super::draw::{Draw, Key, happens, subject};
use super::plan::Link;
use crate::node::SimSpan;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::Arc;

/// What the link does to one message. It is settled before any fault is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// How long the message takes.
    pub delay: SimSpan,
    /// Whether it is lost on the way.
    pub lost: bool,
    /// How long its second copy takes, where it is duplicated.
    pub copy: Option<SimSpan>,
}

/// The fates of a run's messages in the order of sending, eight bytes a message.
#[derive(Clone, Debug, Default)]
pub struct Fates(Vec<u64>);

const LOST: u64 = 1 << 63;
const COPIED: u64 = 1 << 62;

impl Fates {
    fn push(&mut self, fate: Fate) {
        let mark = if fate.lost { LOST } else { 0 } | if fate.copy.is_some() { COPIED } else { 0 };
        self.0.push(fate.delay.0.min(COPIED - 1) | mark);
        self.0.extend(fate.copy.map(|delay| delay.0));
    }

    fn take(&self, cursor: &mut usize) -> Fate {
        let word = self.0[*cursor];
        let copy = (word & COPIED != 0).then(|| SimSpan(self.0[*cursor + 1]));
        *cursor += 1 + usize::from(copy.is_some());
        Fate { delay: SimSpan(word & (COPIED - 1)), lost: word & LOST != 0, copy }
    }

    /// How many bytes the record takes.
    pub fn bytes(&self) -> usize {
        self.0.capacity() * 8
    }
}

/// Where the fates of messages come from.
#[derive(Clone, Debug)]
pub enum Chance {
    /// They are drawn.
    Drawn {
        /// How often each message was sent: the occurrence that is part of each draw.
        census: Census,
        /// The record, where one is kept.
        record: Option<Fates>,
    },
    /// They are those of a run that was recorded, from its fate number `cursor` on.
    Recorded {
        /// The record; `None` in a checkpoint, which cannot run until it is given one.
        fates: Option<Arc<Fates>>,
        /// The place of the next message's fate.
        cursor: usize,
    },
}

impl Chance {
    /// The fate of a message on a link.
    #[inline]
    pub fn fate<M: Hash>(&mut self, link: &Link, key: Key, msg: &M) -> Fate {
        match self {
            Chance::Drawn { census, record } => {
                let fate = if certain(link) {
                    Fate { delay: constant(link), lost: false, copy: None }
                } else {
                    let subject = subject(key, msg);
                    draw_fate(link, Draw::new(subject, census.count(subject)))
                };
                if let Some(record) = record {
                    record.push(fate);
                }
                fate
            }
            Chance::Recorded { fates, cursor } => {
                fates.as_ref().expect("a checkpoint is given the record before it runs").take(cursor)
            }
        }
    }

    /// The place in the record at which the next message's fate stands.
    pub fn cursor(&self) -> usize {
        match self {
            Chance::Drawn { record, .. } => record.as_ref().map_or(0, |fates| fates.0.len()),
            Chance::Recorded { cursor, .. } => *cursor,
        }
    }
}

/// Whether a link leaves nothing to chance.
fn certain(link: &Link) -> bool {
    link.delay.is_constant() && link.loss_ppm == 0 && link.duplicate_ppm == 0 && link.reorder_ppm == 0
}

fn constant(link: &Link) -> SimSpan {
    match link.delay {
        super::law::Law::Constant(span) => span,
        _ => unreachable!("only asked of constant laws"),
    }
}

/// The draws of one message.
#[inline]
fn draw_fate(link: &Link, draw: Draw) -> Fate {
    let mut delay = link.delay.draw(&mut draw.aspect(DELAY));
    let lost = happens(link.loss_ppm, &mut draw.aspect(LOSS));
    if happens(link.reorder_ppm, &mut draw.aspect(REORDERING)) {
        let mut again = draw.aspect(EXTRA_DELAY);
        delay = delay + link.delay.draw(&mut again) + link.delay.draw(&mut again);
    }
    let duplicated = happens(link.duplicate_ppm, &mut draw.aspect(DUPLICATION));
    let copy = duplicated.then(|| link.delay.draw(&mut draw.aspect(COPY_DELAY)));
    Fate { delay, lost, copy }
}

/// The aspects of a message's fate.
const DELAY: u32 = 0;
const LOSS: u32 = 1;
const REORDERING: u32 = 2;
const EXTRA_DELAY: u32 = 3;
const DUPLICATION: u32 = 4;
const COPY_DELAY: u32 = 5;

/// How often each message was sent on its link.
#[derive(Clone, Debug, Default)]
pub struct Census(Counts);

#[expect(clippy::disallowed_types, reason = "looked up, never iterated: its order has no effect")]
type Counts = std::collections::HashMap<u64, u32, BuildHasherDefault<Identity>>;

impl Census {
    /// How often this subject was counted before; counts it.
    #[inline]
    fn count(&mut self, subject: u64) -> u64 {
        match self.0.entry(subject) {
            Entry::Occupied(mut entry) => {
                *entry.get_mut() += 1;
                u64::from(*entry.get())
            }
            Entry::Vacant(entry) => {
                entry.insert(0);
                0
            }
        }
    }
}

/// A hasher for keys that are hashes already.
#[derive(Clone, Copy, Debug, Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {
        unreachable!("only whole numbers are hashed here");
    }
    fn write_u64(&mut self, n: u64) {
        self.0 = n;
    }
}
