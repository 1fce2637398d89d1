//! Conflicts whose shape is known beforehand, found without a search.
//!
//! Where every value is added once, a call that goes wrong does so together with two or three others, in one of a few ways.
//! To look for these costs a pass over the calls, however many orders there are. Of a queue there are four, and a queue
//! that shows none of them is in order (Henzinger, Sezgin and Vafeiadis, "Aspect-oriented linearizability proofs", 2013):
//! a value that is taken but was not added, or taken twice; two that are taken in the wrong order; an emptiness that was
//! told while something was there all the time. Of a set there are four as well (our own finding, held against all orders by
//! a test): a read shows what was not yet added; it lacks what had been added or shown before it began, or before something
//! that it does show was added; two reads lack what the other shows. Any circle of befores contains one of these, for of
//! two steps of real time in a circle one can be cut off. Of locks we look for the commonest way, and leave the rest to the
//! search.

use super::entries::{Entry, Keyed};
use super::models::{Model, Told};
use crate::node::{Datum, Op};
use std::collections::BTreeMap;

/// What is known without a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// There is an order.
    Order,
    /// There is none for these entries, and hence for all: the one that ends last, ends here.
    Conflict {
        /// Their places, in the order in which they began.
        entries: Vec<usize>,
        /// Where the last of them ends.
        stuck: u32,
    },
    /// Nothing: only a search can tell.
    Nothing,
}

/// What the shape of a key's history tells.
pub fn known(keyed: &Keyed) -> Known {
    let is_queue = |entry: &Entry| matches!(entry.op, Op::Append(..) | Op::Take(_));
    let is_set = |entry: &Entry| matches!(entry.op, Op::Append(..) | Op::Get(_));
    let entries = &keyed.entries;
    match keyed.model {
        Model::Store if entries.iter().all(is_queue) => {
            added_once(entries).map_or(Known::Nothing, |added| queue(entries, &added))
        }
        Model::Set if entries.iter().all(is_set) => {
            added_once(entries).map_or(Known::Nothing, |added| set(entries, &added))
        }
        Model::Lock => lock(entries),
        _ => Known::Nothing,
    }
}

/// Who added each value, if none was added twice.
fn added_once(entries: &[Entry]) -> Option<BTreeMap<&Datum, usize>> {
    let mut added = BTreeMap::new();
    for (place, entry) in entries.iter().enumerate() {
        if let Op::Append(_, value) = &entry.op
            && (*value == Datum::Absent || added.insert(value, place).is_some())
        {
            return None;
        }
    }
    Some(added)
}

/// When something is over; what has no end, at no time.
fn end(entry: &Entry) -> u32 {
    entry.ended.unwrap_or(u32::MAX)
}

/// The conflict that ends first.
#[derive(Default)]
struct First(Option<(u32, Vec<usize>)>);

impl First {
    fn add(&mut self, entries: &[Entry], mut places: Vec<usize>) {
        places.sort_unstable();
        let stuck = places.iter().filter_map(|place| entries[*place].ended).max().unwrap_or_default();
        if self.0.as_ref().is_none_or(|(first, fewest)| (stuck, places.len()) < (*first, fewest.len())) {
            self.0 = Some((stuck, places));
        }
    }

    fn told(self, otherwise: Known) -> Known {
        self.0.map_or(otherwise, |(stuck, entries)| Known::Conflict { entries, stuck })
    }
}

/// A value of a queue: who added it and who took it, with the time during which it was certainly in the queue.
struct Stay {
    added: usize,
    taken: Option<usize>,
    from: u32,
    until: u32,
}

fn queue(entries: &[Entry], added: &BTreeMap<&Datum, usize>) -> Known {
    let mut first = First::default();
    let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
    for (take, entry) in entries.iter().enumerate() {
        let (Op::Take(_), Told::Value(value)) = (&entry.op, &entry.told) else { continue };
        match added.get(value) {
            _ if *value == Datum::Absent => {}
            None => first.add(entries, vec![take]),
            Some(add) if entries[*add].invoked > end(entry) => first.add(entries, vec![take]),
            Some(add) => {
                if let Some(other) = taken.insert(*add, take) {
                    first.add(entries, vec![*add, other, take]);
                }
            }
        }
    }
    // Who took something and was told nothing may have taken whatever nobody else did.
    let is_lost = |entry: &&Entry| entry.told == Told::Nothing && matches!(entry.op, Op::Take(_));
    let lost = entries.iter().filter(is_lost).map(|entry| entry.invoked).min();
    let stay = |add: &usize| {
        let taken = taken.get(add).copied();
        let until = taken.map_or(lost.unwrap_or(u32::MAX), |take| entries[take].invoked);
        Stay { added: *add, taken, from: end(&entries[*add]), until }
    };
    let mut stays: Vec<Stay> = added.values().map(stay).collect();
    stays.sort_by_key(|stay| stay.from);
    find_overtaking(entries, &stays, &mut first);
    find_false_emptiness(entries, &stays, &mut first);
    first.told(if lost.is_none() { Known::Order } else { Known::Nothing })
}

/// For each stay, that one of it and all before it which lasts longest.
fn longest(stays: &[Stay]) -> Vec<usize> {
    let mut longest = Vec::with_capacity(stays.len());
    for (place, stay) in stays.iter().enumerate() {
        let before = longest.last().copied().unwrap_or(place);
        longest.push(if stay.until > stays[before].until { place } else { before });
    }
    longest
}

/// Which of the stays that began before a moment lasts longest.
fn longest_before<'a>(stays: &'a [Stay], longest: &[usize], moment: u32) -> Option<&'a Stay> {
    let count = stays.partition_point(|stay| stay.from < moment);
    count.checked_sub(1).map(|last| &stays[longest[last]])
}

/// A value that was taken although one that had been added before it was still there.
fn find_overtaking(entries: &[Entry], stays: &[Stay], first: &mut First) {
    let longest = longest(stays);
    for stay in stays {
        let Some(take) = stay.taken else { continue };
        let before = longest_before(stays, &longest, entries[stay.added].invoked);
        if let Some(before) = before.filter(|before| before.until > end(&entries[take])) {
            first.add(entries, [before.added, stay.added, take].into_iter().chain(before.taken).collect());
        }
    }
}

/// A queue that was said to be empty although at each moment of the call something was in it.
fn find_false_emptiness(entries: &[Entry], stays: &[Stay], first: &mut First) {
    let longest = longest(stays);
    for (take, entry) in entries.iter().enumerate() {
        if !matches!((&entry.op, &entry.told), (Op::Take(_), Told::Value(Datum::Absent))) {
            continue;
        }
        let (mut reached, mut shown) = (entry.invoked, vec![take]);
        while let Some(stay) = longest_before(stays, &longest, reached).filter(|stay| stay.until > reached) {
            shown.extend([stay.added].into_iter().chain(stay.taken));
            reached = stay.until;
            if reached > end(entry) {
                first.add(entries, shown);
                break;
            }
        }
    }
}

/// A value of a set: who added it, and the first call after whose end it is certainly there.
#[derive(Clone, Copy)]
struct Member {
    added: usize,
    /// The one who added it, or a read that showed it.
    witness: usize,
    since: u32,
}

fn set(entries: &[Entry], added: &BTreeMap<&Datum, usize>) -> Known {
    let place_of: BTreeMap<&Datum, usize> = added.keys().enumerate().map(|(place, value)| (*value, place)).collect();
    let member = |add: &usize| Member { added: *add, witness: *add, since: end(&entries[*add]) };
    let mut members: Vec<Member> = added.values().map(member).collect();
    let mut reads: Vec<usize> = (0..entries.len()).filter(|place| entries[*place].op.is_read()).collect();
    reads.sort_by_key(|read| entries[*read].ended);
    // By how much they show. Of two that are judged already, the one shows all that the other does.
    let mut judged: BTreeMap<usize, (usize, Vec<bool>)> = BTreeMap::new();
    for read in reads {
        let Told::Value(value) = &entries[read].told else { continue };
        let values: &[Datum] = if let Datum::List(items) = value { items } else { &[] };
        let mut shows = vec![false; members.len()];
        for value in values {
            match place_of.get(value) {
                Some(place) if entries[members[*place].added].invoked < end(&entries[read]) => shows[*place] = true,
                _ => return conflict(entries, vec![read]),
            }
        }
        if let Some(found) = missing(entries, &members, &shows, read) {
            return conflict(entries, found);
        }
        let count = shows.iter().filter(|shows| **shows).count();
        let neighbours = judged.range(..=count).next_back().into_iter().chain(judged.range(count..).next());
        for (_, (other, others)) in neighbours {
            let has_more = |one: &[bool], than: &[bool]| one.iter().zip(than).any(|(one, than)| *one && !than);
            if has_more(others, &shows) && has_more(&shows, others) {
                return conflict(entries, vec![*other, read]);
            }
        }
        for (member, _) in members.iter_mut().zip(&shows).filter(|(_, shows)| **shows) {
            if end(&entries[read]) < member.since {
                (member.witness, member.since) = (read, end(&entries[read]));
            }
        }
        judged.insert(count, (read, shows));
    }
    Known::Order
}

/// What a read must show and does not: what was there when it began, or before something that it shows was added.
fn missing(entries: &[Entry], members: &[Member], shows: &[bool], read: usize) -> Option<Vec<usize>> {
    let of = |wanted: bool| members.iter().zip(shows).filter(move |(_, shows)| **shows == wanted).map(|(it, _)| it);
    let oldest = of(false).min_by_key(|member| member.since)?;
    let mut found = vec![oldest.added, oldest.witness, read];
    if oldest.since > entries[read].invoked {
        let newest = of(true).max_by_key(|member| entries[member.added].invoked)?;
        if oldest.since > entries[newest.added].invoked {
            return None;
        }
        found.push(newest.added);
    }
    Some(found)
}

fn conflict(entries: &[Entry], mut places: Vec<usize>) -> Known {
    places.sort_unstable();
    places.dedup();
    let mut first = First::default();
    first.add(entries, places);
    first.told(Known::Nothing)
}

/// Two that certainly held a lock at one moment.
fn lock(entries: &[Entry]) -> Known {
    let mut releases: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| matches!(entry.op, Op::Release(_))) {
        releases.entry(&entry.client).or_default().push(entry);
    }
    let mut first = First::default();
    let mut holders: Vec<(usize, u32)> = Vec::new();
    let mut acquired: Vec<usize> =
        (0..entries.len()).filter(|place| matches!(entries[*place].op, Op::Acquire(_))).collect();
    acquired.retain(|place| entries[*place].ended.is_some());
    acquired.sort_by_key(|place| entries[*place].ended);
    for acquire in acquired {
        let entry = &entries[acquire];
        let own = releases.get(&*entry.client).into_iter().flatten();
        let until = own.filter(|release| end(release) > entry.invoked).map(|release| release.invoked).min();
        let until = until.unwrap_or(u32::MAX);
        holders.retain(|(_, until)| *until > end(entry));
        if until < end(entry) {
            continue;
        }
        if let Some((other, _)) = holders.first() {
            first.add(entries, vec![*other, acquire]);
            break;
        }
        holders.push((acquire, until));
    }
    first.told(Known::Nothing)
}
