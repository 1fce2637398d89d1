//! One node's machine: the process, its timers, its disk and its clocks.

use super::clock::Clock;
use super::plan::{ClockPlan, DiskPlan};
use super::queue::Due;
use crate::node::{Disk, DiskMode, Effect, EventId, LocalSpan, Node, NodeId, Operation, SimSpan};
use std::collections::{BTreeMap, VecDeque};

/// A message on its way, or waiting at its receiver.
#[derive(Clone, Debug)]
pub struct Parcel<M> {
    pub from: NodeId,
    pub to: NodeId,
    pub msg: M,
    /// The sending.
    pub send: EventId,
    /// Whether the link loses it before it arrives.
    pub lost: bool,
}

/// What waits while a process stands still.
#[derive(Clone, Debug)]
pub enum Waiting<N: Node> {
    Message(Parcel<N::Msg>),
    Timer(usize),
    SyncDone(u32),
    Operation(Operation, Option<usize>),
}

/// One node's machine.
#[derive(Clone, Debug)]
pub struct Process<N: Node> {
    /// The state; `None` while it is down.
    pub state: Option<N>,
    /// How often it has booted.
    pub boots: u32,
    pub clock: Clock,
    pub timers: Timers<N::Timer>,
    pub disk: Storage<N>,
    /// Whether it stands still, and what waits meanwhile.
    pub paused: bool,
    pub waiting: VecDeque<Waiting<N>>,
    /// How long each message takes, and those that wait to be served.
    pub service: SimSpan,
    pub inbox: VecDeque<Parcel<N::Msg>>,
}

impl<N: Node> Process<N> {
    pub fn new(clock: ClockPlan, disk: &DiskPlan, service: SimSpan) -> Self {
        Process {
            state: None,
            boots: 0,
            clock: Clock::new(clock),
            timers: Timers::default(),
            disk: Storage::new(disk),
            paused: false,
            waiting: VecDeque::new(),
            service,
            inbox: VecDeque::new(),
        }
    }
}

/// The timers of one process.
///
/// A timer has at most one entry in the world's queue that counts. Moving a timer to a later instant leaves the entry
/// where it is: when it comes up too early it is put back. So resetting an election timer at every message costs
/// nothing in the queue. A timer keeps its slot as long as it is set or has an entry in the queue.
#[derive(Clone, Debug)]
pub struct Timers<T> {
    slots: Vec<Timer<T>>,
    /// The slot of each timer that has one. Clients have a timer or two for each operation: thousands at a time.
    by_name: BTreeMap<T, usize>,
    free: Vec<usize>,
}

/// One timer, set or not.
#[derive(Clone, Debug)]
pub struct Timer<T> {
    pub timer: T,
    /// When it is to fire, by the node's monotonic clock.
    pub deadline: LocalSpan,
    /// When that is in truth, and its place among what happens then; `None` where the timer is not set.
    pub due: Option<Due>,
    /// The entry in the queue that counts.
    pub queued: Option<Due>,
    /// The event that set it.
    pub cause: EventId,
}

impl<T> Timer<T> {
    fn is_idle(&self) -> bool {
        self.due.is_none() && self.queued.is_none()
    }
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Timers { slots: Vec::new(), by_name: BTreeMap::new(), free: Vec::new() }
    }
}

impl<T: Clone + Ord> Timers<T> {
    /// The slot for a timer: its own, a free one, or a new one.
    pub fn slot_for(&mut self, timer: T) -> usize {
        let Timers { slots, by_name, free } = self;
        *by_name.entry(timer).or_insert_with_key(|timer| {
            let timer = timer.clone();
            let fresh = Timer { timer, deadline: LocalSpan::ZERO, due: None, queued: None, cause: EventId(0) };
            match free.pop() {
                Some(slot) => {
                    slots[slot] = fresh;
                    slot
                }
                None => {
                    slots.push(fresh);
                    slots.len() - 1
                }
            }
        })
    }

    pub fn get_mut(&mut self, slot: usize) -> &mut Timer<T> {
        &mut self.slots[slot]
    }

    pub fn cancel(&mut self, timer: &T) {
        if let Some(&slot) = self.by_name.get(timer) {
            self.slots[slot].due = None;
            self.release(slot);
        }
    }

    /// Frees a slot that nothing holds any more.
    pub fn release(&mut self, slot: usize) {
        let timer = &self.slots[slot];
        if timer.is_idle() && self.by_name.get(&timer.timer) == Some(&slot) {
            self.by_name.remove(&timer.timer);
            self.free.push(slot);
        }
    }

    /// Stops every timer: the process has died.
    pub fn clear(&mut self) {
        for slot in 0..self.slots.len() {
            self.slots[slot].due = None;
            self.release(slot);
        }
    }

    /// The slots of the timers that are set.
    pub fn set(&self) -> impl Iterator<Item = usize> + '_ {
        self.slots.iter().enumerate().filter(|(_, slot)| slot.due.is_some()).map(|(place, _)| place)
    }

    /// The same in the timers' own order.
    pub fn set_in_order(&self) -> impl Iterator<Item = usize> + '_ {
        self.by_name.values().copied().filter(|slot| self.slots[*slot].due.is_some())
    }

    pub fn get(&self, slot: usize) -> &Timer<T> {
        &self.slots[slot]
    }

    /// Each timer that is set, with the instant at which it will fire.
    pub fn iter_set(&self) -> impl Iterator<Item = (&T, Due)> + '_ {
        self.slots.iter().filter_map(|slot| Some((&slot.timer, slot.due?)))
    }
}

/// A sync that is not done yet.
#[derive(Clone, Debug)]
pub struct Sync<N: Node> {
    /// Its number.
    pub token: u32,
    /// How many writes, counted from the start of the run, it makes durable.
    upto: u64,
    /// The event whose handler asked for it.
    pub cause: EventId,
    /// The effects that wait for it, in order, each with the event whose handler asked for it.
    pub held: VecDeque<(Effect<N>, EventId)>,
}

/// A disk: what is durable, what is only in its cache, and the syncs between the two.
#[derive(Clone, Debug)]
pub struct Storage<N: Node> {
    pub platter: N::Disk,
    cache: VecDeque<<N::Disk as Disk>::Write>,
    /// How many writes have left the cache.
    settled: u64,
    pub syncs: Vec<Sync<N>>,
    next_token: u32,
    pub mode: DiskMode,
    /// How many unsynced writes survive the next crash, where a schedule says so.
    pub survive: Option<u64>,
    /// How many survived the last crash.
    pub survived: u64,
    /// The place of the sync that was done last, among those that were under way.
    pub ended: usize,
}

impl<N: Node> Storage<N> {
    fn new(plan: &DiskPlan) -> Self {
        Storage {
            platter: N::Disk::default(),
            cache: VecDeque::new(),
            settled: 0,
            syncs: Vec::new(),
            next_token: 0,
            mode: plan.mode,
            survive: None,
            survived: 0,
            ended: 0,
        }
    }

    pub fn write(&mut self, write: <N::Disk as Disk>::Write) {
        self.cache.push_back(write);
    }

    /// The writes in the cache, in order.
    pub fn cache(&self) -> impl Iterator<Item = &<N::Disk as Disk>::Write> {
        self.cache.iter()
    }

    /// How many writes of the cache a sync makes durable.
    pub fn covered(&self, sync: &Sync<N>) -> usize {
        sync.upto.saturating_sub(self.settled) as usize
    }

    /// How many writes are in the cache.
    pub fn unsynced(&self) -> usize {
        self.cache.len()
    }

    /// Syncs all that is in the cache, and takes no time for it.
    pub fn sync_at_once(&mut self) {
        if self.mode != DiskMode::Lies {
            self.settle(self.cache.len() as u64);
        }
    }

    /// Begins a sync of all that is in the cache; gives its number.
    pub fn begin_sync(&mut self, cause: EventId) -> u32 {
        let token = self.next_token;
        self.next_token += 1;
        let upto = self.settled + self.cache.len() as u64;
        self.syncs.push(Sync { token, upto, cause, held: VecDeque::new() });
        token
    }

    /// Ends a sync; gives it, or `None` where a crash has forgotten it. A disk that lies leaves the platter as it was.
    pub fn end_sync(&mut self, token: u32) -> Option<Sync<N>> {
        let place = self.syncs.iter().position(|sync| sync.token == token)?;
        self.ended = place;
        let sync = self.syncs.remove(place);
        if self.mode != DiskMode::Lies {
            self.settle(sync.upto.saturating_sub(self.settled));
        }
        Some(sync)
    }

    /// Brings the first `count` writes of the cache to the platter.
    fn settle(&mut self, count: u64) {
        for write in self.cache.drain(..(count as usize).min(self.cache.len())) {
            self.platter.apply(write);
        }
        self.settled += count;
    }

    /// The process dies. `torn` draws how many of so many unsynced writes survive where the disk tears.
    pub fn crash(&mut self, torn: impl FnOnce(u64) -> u64) {
        let unsynced = self.cache.len() as u64;
        let kept = match (self.survive.take(), self.mode) {
            (Some(survive), _) => survive,
            (None, DiskMode::Keeps) => unsynced,
            (None, DiskMode::Tears) => torn(unsynced),
            (None, DiskMode::Loses | DiskMode::Lies | DiskMode::Slow(_) | DiskMode::Full) => 0,
        };
        self.survived = kept.min(unsynced);
        self.settle(kept);
        self.settled += self.cache.len() as u64;
        self.cache.clear();
        self.syncs.clear();
    }

    /// Everything is gone.
    pub fn wipe(&mut self) {
        self.settled += self.cache.len() as u64;
        self.cache.clear();
        self.platter = N::Disk::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::queue::{Class, Queue};
    use crate::node::SimTime;

    #[test]
    fn a_slot_is_used_again_only_once_nothing_holds_it() {
        let mut queue = Queue::<()>::new();
        let mut timers = Timers::default();
        let mut due = || Some(queue.due(SimTime(1), Class::Ordinary));
        let first = timers.slot_for("a");
        (timers.get_mut(first).due, timers.get_mut(first).queued) = (due(), due());
        timers.cancel(&"a");
        let second = timers.slot_for("b");
        assert_ne!(first, second, "an entry in the queue still names the slot");
        assert_eq!(timers.slot_for("a"), first, "which is the timer's own until then");

        timers.get_mut(first).queued = None;
        timers.release(first);
        assert_eq!(timers.slot_for("c"), first);
        timers.get_mut(first).due = due();
        timers.get_mut(second).due = due();
        timers.clear();
        timers.clear();
        let taken = ["d", "e", "f"].map(|name| timers.slot_for(name));
        assert_eq!(taken.iter().collect::<std::collections::BTreeSet<_>>().len(), 3, "none is given out twice");
    }
}
