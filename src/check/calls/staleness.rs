//! How far reads lag behind writes (Bailis and others, *Probabilistically bounded staleness*, 2012).
//!
//! A read is *stale* if a write of its key had been acknowledged before the read began and is newer than what it shows.
//! How many such writes there are is its staleness in versions, and how long before the read began the first of them
//! had been acknowledged is its staleness in time.
//!
//! Newer is what began after the shown one had certainly taken effect (`Shown`): with one writer
//! that is its own order. Of writes that overlap neither is newer, so that what a linearizable store shows is never stale.

use super::Call;
use super::shown::Shown;
use crate::node::SimSpan;
use std::collections::BTreeSet;

/// How stale one read was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadStaleness {
    /// The read, by its place among the calls.
    pub call: usize,
    /// How many newer writes had been acknowledged when it began; none where it was fresh.
    pub versions_behind: usize,
    /// How long before it began the first of them had been acknowledged, where times are known.
    pub behind: Option<SimSpan>,
}

/// How stale each answered read of a key that is written was. An error says why that cannot be judged.
pub fn staleness(calls: &[Call]) -> Result<Vec<ReadStaleness>, String> {
    let shown = Shown::new(calls)?;
    let mut reads = Vec::new();
    for (key, writes) in shown.keys() {
        let acknowledged: Vec<usize> = writes.into_iter().filter(|write| shown.is_acknowledged(*write)).collect();
        let of_key = shown.reads().filter(|(read, it)| shown.key(*read) == Some(key) && it.foreign.is_none());
        for (call, reading) in of_key.filter(|(read, _)| calls[*read].op.is_read()) {
            let began = calls[call].invoked;
            let there: BTreeSet<usize> = reading.writes.iter().copied().collect();
            let newer = acknowledged.iter().filter(|write| {
                let is_missing = match shown.is_list(key) {
                    true => !there.contains(write),
                    false => shown.is_behind(reading, **write),
                };
                is_missing && calls[**write].ended.is_some_and(|end| end < began)
            });
            let newer: Vec<usize> = newer.copied().collect();
            let first = newer.iter().filter_map(|write| calls[*write].ended?.time).min();
            let behind = began.time.zip(first).map(|(began, first)| began.since(first));
            reads.push(ReadStaleness { call, versions_behind: newer.len(), behind });
        }
    }
    reads.sort_by_key(|read| read.call);
    Ok(reads)
}

/// The staleness of many reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Staleness {
    /// For each number of versions, how many reads were so many behind: the first are the fresh ones.
    pub by_versions: Vec<u64>,
    /// How long stale reads were behind, in order.
    pub spans: Vec<SimSpan>,
}

impl Staleness {
    /// The staleness of these reads together.
    pub fn of(reads: &[ReadStaleness]) -> Self {
        let most = reads.iter().map(|read| read.versions_behind + 1).max().unwrap_or(0);
        let mut by_versions = vec![0; most];
        reads.iter().for_each(|read| by_versions[read.versions_behind] += 1);
        let mut spans: Vec<SimSpan> = reads.iter().filter_map(|read| read.behind).collect();
        spans.sort();
        Staleness { by_versions, spans }
    }

    /// How many reads there were.
    pub fn reads(&self) -> u64 {
        self.by_versions.iter().sum()
    }

    /// How many were fresh.
    pub fn fresh(&self) -> u64 {
        self.by_versions.first().copied().unwrap_or(0)
    }

    /// The share of reads that were at most so many versions behind; 0 asks for the fresh ones. None without reads.
    pub fn share_within(&self, versions: usize) -> Option<f64> {
        let within: u64 = self.by_versions.iter().take(versions + 1).sum();
        (self.reads() > 0).then(|| within as f64 / self.reads() as f64)
    }

    /// The time that this share of the stale reads was behind at the most: 50 asks for the median. None where none was.
    pub fn percentile(&self, percent: usize) -> Option<SimSpan> {
        let rank = (self.spans.len() * percent.min(100)).div_ceil(100);
        self.spans.get(rank.saturating_sub(1)).copied()
    }
}
