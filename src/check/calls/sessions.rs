//! The four guarantees of a session (Terry and others, *Session guarantees for weakly consistent replicated data*, 1994;
//! in the forms of Viotti and Vukolic, *Consistency in non-transactional distributed storage systems*, 2016).
//!
//! A session is a client's calls. What it may expect is that its own actions fit together, whatever others do:
//!
//! - *ReadYourWrites*: a read shows the client's own earlier writes, or what came after them.
//! - *MonotonicReads*: a read shows what the client's earlier reads showed, or what came after.
//! - *MonotonicWrites*: who is shown a write is shown the writer's earlier ones.
//! - *WritesFollowReads*: who is shown a write is shown what its writer had been shown before.
//!
//! Nothing is held against a store that some order of writes explains. What is known of that order is told at
//! `Shown`: real time, and the order within lists. Only acknowledged writes count as *earlier*, and
//! only those of which the client knew before it began its next call.
//!
//! Of registers a read shows the last write and hides those beneath. It is behind a write if all that it can show is
//! older. Besides, a client that is shown one write, then another, then the first again has gone back, in whatever
//! order the two were written. Of two writes only a list shows whether one came without the other: so for registers the
//! last two guarantees cannot be judged by calls, but by what replicas hold (`check/replicas.rs`).

use super::Call;
use super::shown::{Breach, Known, Reading, Shown};
use crate::node::{Key, Op};
use std::collections::{BTreeMap, BTreeSet};

/// How these calls break *ReadYourWrites*, if they do. An error says why that cannot be judged.
pub fn read_your_writes(calls: &[Call]) -> Result<Option<Breach>, String> {
    let shown = Shown::new(calls)?;
    let known = Known::new(&shown, true);
    let missed = |(read, reading): (usize, &Reading)| {
        let write = shown.missing(read, reading, known.own(read).iter().copied())?;
        let (me, key) = (shown.client(read), shown.key(read)?);
        let headline = format!("{me} wrote {}, then read {}", shown.calls[write].op, shown.tell_read(read));
        let breach = Breach::new(read, headline)
            .saw(format!("{me} was told that {} is done", shown.calls[write].op), shown.calls[write].ended)
            .saw(format!("then it asked for {key}"), Some(shown.calls[read].invoked))
            .saw(shown.tell_older(read, reading, write), shown.calls[read].ended);
        Some(breach.with([write]))
    };
    Ok(first(shown.reads().filter_map(missed), &shown))
}

/// How these calls break *MonotonicReads*, if they do. An error says why that cannot be judged.
pub fn monotonic_reads(calls: &[Call]) -> Result<Option<Breach>, String> {
    let shown = Shown::new(calls)?;
    let known = Known::new(&shown, true);
    let missed = |(read, reading): (usize, &Reading)| {
        let seen = known.seen(read);
        let lost = shown.missing(read, reading, seen.iter().map(|(write, _)| *write));
        let write = lost.or_else(|| shown.left_behind(reading, seen))?;
        let earlier = seen.iter().find(|(one, _)| *one == write)?.1;
        let (me, before, now) = (shown.client(read), shown.tell_read(earlier), shown.tell_read(read));
        let breach = Breach::new(read, format!("{me} read {before}, then {now}: its reads went back in time"))
            .saw(format!("{me} had been shown {before}"), shown.calls[earlier].ended)
            .saw(shown.tell_older(read, reading, write), shown.calls[read].ended);
        Some(breach.with([write, earlier]))
    };
    Ok(first(shown.reads().filter_map(missed), &shown))
}

/// How reads of lists break *MonotonicWrites*, if they do. An error says why that cannot be judged.
pub fn monotonic_writes(calls: &[Call]) -> Result<Option<Breach>, String> {
    let shown = Shown::new(calls)?;
    let known = Known::new(&shown, true);
    let due = |write: usize, from: usize| known.own(write)[from..].to_vec();
    let tell = |(read, early, missing, how): (usize, usize, usize, &str)| {
        let [early_op, missing_op] = [early, missing].map(|write| &shown.calls[write].op);
        let (me, writer) = (shown.client(read), shown.client(early));
        let headline = format!("{me} read {}: {writer}'s {early_op} {how} its {missing_op}", shown.tell_read(read));
        let breach = Breach::new(read, headline)
            .saw(format!("{writer} was told that {missing_op} is done"), shown.calls[missing].ended)
            .saw(format!("then it asked for {early_op}"), Some(shown.calls[early].invoked));
        breach.with([early, missing])
    };
    Ok(first(shown.out_of_order(due).map(tell), &shown))
}

/// How reads of lists break *WritesFollowReads*, if they do. An error says why that cannot be judged.
pub fn writes_follow_reads(calls: &[Call]) -> Result<Option<Breach>, String> {
    let shown = Shown::new(calls)?;
    let known = Known::new(&shown, true);
    let due = |write: usize, from: usize| known.seen(write)[from..].iter().map(|(seen, _)| *seen).collect();
    let tell = |(read, early, missing, how): (usize, usize, usize, &str)| {
        let (me, writer, early_op) = (shown.client(read), shown.client(early), &shown.calls[early].op);
        let read_it = known.seen(early).iter().find(|(seen, _)| *seen == missing).map_or(read, |(_, at)| *at);
        let (what, earlier) = (shown.tell(missing), shown.tell_read(read_it));
        let headline = format!("{me} read {}: {writer}'s {early_op} {how} what it answers", shown.tell_read(read));
        let breach = Breach::new(read, headline)
            .saw(format!("{writer} had read {earlier}, with {what}"), shown.calls[read_it].ended)
            .saw(format!("then it asked for {early_op}"), Some(shown.calls[early].invoked));
        breach.with([early, missing, read_it])
    };
    Ok(first(shown.out_of_order(due).map(tell), &shown))
}

/// The breach that shows first.
pub(in super::super) fn first(breaches: impl Iterator<Item = Breach>, shown: &Shown<'_>) -> Option<Breach> {
    breaches.min_by_key(|breach| shown.calls[breach.shows].ended)
}

impl Shown<'_> {
    /// Of writes that a read is to show, or later ones, one that it is certainly behind.
    pub(in super::super) fn missing(
        &self,
        read: usize,
        reading: &Reading,
        due: impl Iterator<Item = usize>,
    ) -> Option<usize> {
        if self.is_list(self.key(read)?) {
            let there: BTreeSet<usize> = reading.writes.iter().copied().collect();
            return due.filter(|write| !there.contains(write)).last();
        }
        // Who is behind any of them is behind the one that began last.
        let last = due.max_by_key(|write| self.calls[*write].invoked)?;
        self.is_behind(reading, last).then_some(last)
    }

    /// A write of a register that a client was shown after all of those that it is shown now.
    fn left_behind(&self, reading: &Reading, seen: &[(usize, usize)]) -> Option<usize> {
        if reading.writes.is_empty() || reading.foreign.is_some() || self.is_list(self.key(reading.writes[0])?) {
            return None;
        }
        let places = reading.writes.iter().map(|write| seen.iter().position(|(one, _)| one == write));
        let last = places.collect::<Option<Vec<usize>>>()?.into_iter().max()?;
        let is_later = |(_, read): &&(usize, usize)| self.calls[seen[last].1].is_before(&self.calls[*read]);
        seen[last + 1..].iter().find(is_later).map(|(write, _)| *write)
    }

    /// Why a read is behind a write.
    fn tell_older(&self, read: usize, reading: &Reading, write: usize) -> String {
        let what = self.tell(write);
        if self.key(read).is_some_and(|key| self.is_list(key)) {
            return format!("it got {}, without {what}", self.tell_read(read));
        }
        match reading.writes[..] {
            [] => "it got nothing, which was there before any write".to_owned(),
            [one] if self.is_older(one, write) => {
                format!("it got {}: {} had taken effect before {what} began", self.tell_read(read), self.tell(one))
            }
            [one] => format!("it got {} again, which it had been shown before {what}", self.tell(one)),
            _ => format!("it got {}: each is older than {what}", self.tell_read(read)),
        }
    }

    /// For lists: reads that show a write without one that was due before it, or before it. What is due before a write
    /// grows with each write of its client: `due` tells it from a place on.
    fn out_of_order(
        &self,
        due: impl Fn(usize, usize) -> Vec<usize>,
    ) -> impl Iterator<Item = (usize, usize, usize, &'static str)> {
        self.longest_lists().into_iter().filter_map(move |(read, reading)| {
            let (early, missing, how) = self.first_out_of_order(&reading.writes, &due)?;
            Some((self.first_to_show(read, reading, [early, missing]), early, missing, how))
        })
    }

    fn first_out_of_order(
        &self,
        list: &[usize],
        due: &impl Fn(usize, usize) -> Vec<usize>,
    ) -> Option<(usize, usize, &'static str)> {
        let place: BTreeMap<usize, usize> = list.iter().enumerate().map(|(place, write)| (*write, place)).collect();
        let mut by_client: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        list.iter().for_each(|write| by_client.entry(self.client(*write)).or_default().push(*write));
        let found = by_client.into_values().filter_map(|mut writes| {
            writes.sort_by_key(|write| self.calls[*write].invoked);
            let (mut from, mut last) = (0, None);
            for write in writes {
                let more = due(write, from);
                from += more.len();
                for one in more {
                    let Some(at) = place.get(&one) else { return Some((write, one, "without")) };
                    last = last.max(Some((*at, one)));
                }
                if let Some((at, one)) = last
                    && at > place[&write]
                {
                    return Some((write, one, "before"));
                }
            }
            None
        });
        found.min_by_key(|(early, ..)| place[early])
    }
}

/// Whether some read shows a list, so that calls alone can tell that one write came without another.
pub fn show_lists(calls: &[Call]) -> bool {
    let appended = |call: &Call| if let Op::Append(key, _) = &call.op { Some(key.clone()) } else { None };
    let lists: BTreeSet<Key> = calls.iter().filter_map(appended).collect();
    let reads = calls.iter().filter(|call| call.op.is_read());
    reads.filter_map(|call| call.op.key()).any(|key| lists.contains(key))
}
