//! Causal consistency (Ahamad and others, *Causal memory*, 1995), by the patterns of Bouajjani, Enea, Guerraoui and Hamza
//! (*On verifying causal consistency*, 2017).
//!
//! A call *may depend on* another if its client made the other before, or if it was shown what the other wrote, or
//! through a third. Calls are causally consistent just where none of four patterns occurs:
//!
//! - *CyclicCO*: a call depends on itself.
//! - *ThinAirRead*: a read shows what nobody wrote.
//! - *WriteCOInitRead*: a read depends on a write of its key, and shows nothing.
//! - *WriteCORead*: a read depends on a write of its key, which depends on the one that it shows.
//!
//! For a list the last two say: all appends that a read depends on are in the list, each after what it depends on. Real
//! time is not looked at, and clients need not agree on the order of concurrent writes.
//!
//! A call whose outcome is unknown need not have happened: others depend on it only if they were shown it. A read that
//! shows nothing may be the work of any deletion that had begun.
//!
//! What a call depends on is a set of bits: n calls take n*n/8 bytes and as many steps, 3 MB for 5,000.

use super::Call;
use super::sessions::first;
use super::shown::{Breach, Reading, Shown, moments};
use crate::node::Key;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// More calls are not judged: they would need more than 100 MB.
pub const MOST_CALLS: usize = 30_000;

/// How these calls break causal consistency, if they do. An error says why that cannot be judged.
pub fn causally_consistent(calls: &[Call]) -> Result<Option<Breach>, String> {
    if calls.len() > MOST_CALLS {
        return Err(format!("{} calls: {MOST_CALLS} are the most that are judged for causality", calls.len()));
    }
    let shown = Shown::new(calls)?;
    if let Some((read, value)) = shown.reads().find_map(|(read, it)| Some((read, it.foreign.as_ref()?))) {
        let headline = format!("{} read {}: nobody wrote {value}", shown.client(read), shown.tell_read(read));
        return Ok(Some(Breach::new(read, headline).saw("it comes out of thin air".to_owned(), calls[read].ended)));
    }
    Ok(match Order::new(&shown) {
        Ok(order) => {
            let misplaced = shown.longest_lists().into_iter().filter_map(|(read, it)| order.misplaced(read, it));
            first(shown.reads().filter_map(|(read, it)| order.breach(read, it)).chain(misplaced), &shown)
        }
        Err(cycle) => Some(tell_cycle(&shown, &cycle)),
    })
}

/// Which call may depend on which.
struct Order<'a> {
    shown: &'a Shown<'a>,
    /// For each call those that it depends on directly.
    causes: Vec<Vec<usize>>,
    /// For each call all that it depends on.
    past: Vec<Bits>,
    /// The writes of each key.
    writes: BTreeMap<&'a Key, Bits>,
}

impl<'a> Order<'a> {
    /// The order, or calls that each depend on the one before, the first on the last.
    fn new(shown: &'a Shown<'a>) -> Result<Self, Vec<usize>> {
        let count = shown.calls.len();
        let mut causes = session_order(shown.calls);
        for (read, reading) in shown.reads() {
            causes[read].extend(&reading.writes);
        }
        let mut past: Vec<Bits> = vec![Bits::default(); count];
        let mut waits: Vec<usize> = causes.iter().map(Vec::len).collect();
        let mut effects: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (effect, causes) in causes.iter().enumerate() {
            causes.iter().for_each(|cause| effects[*cause].push(effect));
        }
        let mut ready: VecDeque<usize> = (0..count).filter(|call| waits[*call] == 0).collect();
        let mut settled = 0;
        while let Some(call) = ready.pop_front() {
            settled += 1;
            let mut all = Bits::new(count);
            for cause in causes[call].iter().rev() {
                if !all.has(*cause) {
                    all.add(*cause);
                    all.join(&past[*cause]);
                }
            }
            past[call] = all;
            for effect in &effects[call] {
                waits[*effect] -= 1;
                if waits[*effect] == 0 {
                    ready.push_back(*effect);
                }
            }
        }
        if settled < count {
            return Err(cycle(&causes, &waits));
        }
        let bits = |(key, places): (&'a Key, Vec<usize>)| {
            let mut bits = Bits::new(count);
            places.into_iter().for_each(|write| bits.add(write));
            (key, bits)
        };
        let writes = shown.keys().map(bits).collect();
        Ok(Order { shown, causes, past, writes })
    }

    fn breach(&self, read: usize, reading: &Reading) -> Option<Breach> {
        let key = self.shown.key(read)?;
        let writes = self.writes.get(key)?;
        if self.shown.is_list(key) { self.list(read, reading, writes) } else { self.register(read, reading, writes) }
    }

    /// A write that the read depends on, and that depends on all that it can show.
    fn register(&self, read: usize, reading: &Reading, writes: &Bits) -> Option<Breach> {
        let shown = self.shown;
        let is_overwritten = |source: usize| {
            let before = move |write: &usize| *write != source && self.past[*write].has(source);
            self.past[read].common(writes).find(before)
        };
        let write = match (&reading.writes[..], &reading.deletions[..]) {
            ([], []) => self.past[read].common(writes).last()?,
            ([], deletions) => {
                let last = self.past[read].common(writes).last()?;
                let explained = deletions.iter().any(|one| is_overwritten(*one).is_none());
                (!explained).then_some(last)?
            }
            // Side by side: a write has to depend on each of them.
            (sources, _) => {
                let over = |write: &usize| sources.iter().all(|one| one != write && self.past[*write].has(*one));
                self.past[read].common(writes).find(over)?
            }
        };
        let (me, what) = (shown.client(read), shown.tell_read(read));
        let headline = format!("{me} read {what}, though it may depend on {}", shown.tell(write));
        let mut breach = Breach::new(read, headline);
        if let [source, ..] = reading.writes[..] {
            breach = self.tell_path(breach, source, write);
        }
        breach = self.tell_path(breach, write, read);
        Some(breach.saw(format!("{me} got {what}, which is older"), shown.calls[read].ended))
    }

    /// An append that the read depends on and that is not in its list.
    fn list(&self, read: usize, reading: &Reading, writes: &Bits) -> Option<Breach> {
        let shown = self.shown;
        let (me, what) = (shown.client(read), shown.tell_read(read));
        let mut there = Bits::new(shown.calls.len());
        reading.writes.iter().for_each(|write| there.add(*write));
        // What the list shows, the read depends on: what that depends on must be there as well.
        if let Some(missing) = self.past[read].common(writes).find(|write| !there.has(*write)) {
            let headline = format!("{me} read {what}, though it may depend on {}", shown.tell(missing));
            let breach = self.tell_path(Breach::new(read, headline), missing, read);
            return Some(breach.saw(format!("{me} got {what}, without it"), shown.calls[read].ended));
        }
        None
    }

    /// An append that stands in a list before one that it depends on.
    fn misplaced(&self, read: usize, reading: &Reading) -> Option<Breach> {
        let shown = self.shown;
        let mut later = Bits::new(shown.calls.len());
        for write in reading.writes.iter().rev() {
            if let Some(cause) = self.past[*write].common(&later).next() {
                let read = shown.first_to_show(read, reading, [*write, cause]);
                let (me, one, two) = (shown.client(read), shown.tell(*write), shown.tell(cause));
                let what = shown.tell_read(read);
                let headline = format!("{me} read {what}: {one} stands before {two}, on which it may depend");
                return Some(self.tell_path(Breach::new(read, headline), cause, *write));
            }
            later.add(*write);
        }
        None
    }

    /// Why one call may depend on another: each step of a shortest way.
    fn tell_path(&self, breach: Breach, from: usize, to: usize) -> Breach {
        let mut next: BTreeMap<usize, usize> = BTreeMap::new();
        let mut queue = VecDeque::from([to]);
        while let Some(call) = queue.pop_front() {
            for cause in self.causes[call].iter().filter(|cause| **cause == from || self.past[**cause].has(from)) {
                if *cause != to && !next.contains_key(cause) {
                    next.insert(*cause, call);
                    queue.push_back(*cause);
                }
            }
        }
        let path = std::iter::successors(Some(from), |call| next.get(call).copied()).collect::<Vec<_>>();
        tell_steps(self.shown, breach, &path)
    }
}

/// Each step of a way from cause to effect, in words.
fn tell_steps(shown: &Shown<'_>, breach: Breach, path: &[usize]) -> Breach {
    let tell = |breach: Breach, step: &[usize]| {
        let (cause, effect) = (step[0], step[1]);
        let (who, call) = (shown.client(effect), &shown.calls[effect]);
        let is_shown = shown.reading(effect).is_some_and(|reading| reading.writes.contains(&cause));
        let line = if is_shown {
            format!("{who} was shown {}", shown.tell(cause))
        } else {
            format!("then {who} asked for {}", call.op)
        };
        breach.saw(line, if is_shown { call.ended } else { Some(call.invoked) })
    };
    path.windows(2).fold(breach, tell).with(path.iter().copied())
}

fn tell_cycle(shown: &Shown<'_>, cycle: &[usize]) -> Breach {
    let last = *cycle.last().expect("a cycle is not empty");
    let headline = format!("{} may depend on itself", shown.tell(cycle[0]));
    tell_steps(shown, Breach::new(last, headline), cycle)
}

/// Among calls that wait for each other, some that do so in a ring: the first is the last again.
fn cycle(causes: &[Vec<usize>], waits: &[usize]) -> Vec<usize> {
    let mut at = waits.iter().position(|waits| *waits > 0).expect("some wait");
    let mut path: Vec<usize> = Vec::new();
    let mut place: BTreeMap<usize, usize> = BTreeMap::new();
    while !place.contains_key(&at) {
        place.insert(at, path.len());
        path.push(at);
        at = *causes[at].iter().find(|cause| waits[**cause] > 0).expect("who waits, waits for one who waits");
    }
    path.push(at);
    let mut ring = path.split_off(place[&at]);
    ring.reverse();
    ring
}

/// For each call, those of its client after which it began, but for those that these follow. A client may have several
/// calls under way at once.
fn session_order(calls: &[Call]) -> Vec<Vec<usize>> {
    let mut causes: Vec<Vec<usize>> = vec![Vec::new(); calls.len()];
    let mut ended: BTreeMap<&Arc<str>, Vec<usize>> = BTreeMap::new();
    for (is_end, call) in moments(calls) {
        let before = ended.entry(&calls[call].client).or_default();
        if is_end {
            before.push(call);
            continue;
        }
        let mut latest = None;
        for earlier in before.iter().rev() {
            if latest > calls[*earlier].certain_end() {
                break;
            }
            latest = latest.max(Some(calls[*earlier].invoked));
            causes[call].push(*earlier);
        }
    }
    causes
}

/// A set of calls.
#[derive(Clone, Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn new(count: usize) -> Self {
        Bits(vec![0; count.div_ceil(64)])
    }

    fn add(&mut self, call: usize) {
        self.0[call / 64] |= 1 << (call % 64);
    }

    fn has(&self, call: usize) -> bool {
        self.0[call / 64] >> (call % 64) & 1 == 1
    }

    fn join(&mut self, other: &Bits) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, more)| *word |= more);
    }

    /// What is in both, in order.
    fn common<'a>(&'a self, other: &'a Bits) -> impl Iterator<Item = usize> + 'a {
        let words = self.0.iter().zip(&other.0).map(|(one, two)| one & two).enumerate();
        words.filter(|(_, word)| *word != 0).flat_map(|(place, word)| {
            let left = std::iter::successors(Some(word), |word| Some(word & word.checked_sub(1)?))
                .take_while(|word| *word != 0);
            left.map(move |word| place * 64 + word.trailing_zeros() as usize)
        })
    }
}
