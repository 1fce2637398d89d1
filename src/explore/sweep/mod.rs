//! Sweeps: many seeds of one scenario, in blocks.
//!
//! A block is the unit of everything: of what is written to a file and found there again, of the parts that other machines
//! take, and of the decision that nothing new is to be had. So what comes out depends neither on the number of threads nor
//! on how often a sweep was interrupted, and parts put together are the whole, byte for byte.

mod file;
mod merge;

#[cfg(test)]
mod tests;

pub use file::{Header, Recording, Refused, read};
pub use merge::merge;

use super::coverage::Reached;
use super::failure::failure_of;
use crate::kernel::Over;
use crate::node::SimTime;
use crate::scenario::{Failure, Runner, Scenario};
use rayon::ThreadPool;
use rayon::prelude::*;
use std::ops::Range;

/// The most seeds of a block: our choice. A million seeds are four thousand lines.
const MOST: u64 = 256;

/// Into how many blocks a sweep is divided at the least, where it has that many seeds: so there is something for every
/// machine. Our choice.
const FEWEST_BLOCKS: u64 = 64;

/// How many seeds are worked on together for each thread, so that none waits long for another at the end of a round.
const ROUND: u64 = 8;

/// Which seeds are run, and what is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The seeds of the whole sweep.
    pub seeds: Range<u64>,
    /// Which part of its blocks.
    pub part: Part,
    /// Whether it is looked at what kinds of state and fault are reached.
    pub coverage: bool,
}

/// One of several parts, each of which takes every so-manieth block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// Its number, from 1.
    pub number: u64,
    /// How many parts there are.
    pub of: u64,
}

impl Part {
    /// All of it.
    pub const WHOLE: Part = Part { number: 1, of: 1 };
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl Asked {
    /// How many seeds a block has; it depends on the number of seeds alone.
    pub fn block(&self) -> u64 {
        ((self.seeds.end - self.seeds.start) / FEWEST_BLOCKS).clamp(1, MOST)
    }

    /// The blocks of this part, in order, from the one with this place on.
    pub fn blocks(&self, from: usize) -> impl Iterator<Item = Range<u64>> + '_ {
        let (block, end) = (self.block(), self.seeds.end);
        let first = self.seeds.start + block * (self.part.number - 1 + self.part.of * from as u64);
        let starts = std::iter::successors(Some(first), move |start| start.checked_add(block * self.part.of));
        starts.take_while(move |start| *start < end).map(move |start| start..(start + block).min(end))
    }

    /// How many seeds this part has.
    pub fn count(&self) -> u64 {
        self.blocks(0).map(|block| block.end - block.start).sum()
    }
}

/// A seed that did not do what the scenario expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    /// The seed.
    pub seed: u64,
    /// What it did.
    pub what: String,
}

/// A block of seeds that were all run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The seeds.
    pub seeds: Range<u64>,
    /// How many events they had together.
    pub events: u64,
    /// Those that failed, in order.
    pub failing: Vec<Failing>,
    /// What they reached, where that was asked.
    pub reached: Option<Reached>,
}

/// What the blocks of a sweep came to so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// How many blocks.
    pub blocks: usize,
    /// How many seeds.
    pub seeds: u64,
    /// How many events.
    pub events: u64,
    /// The seeds that failed, in order.
    pub failing: Vec<Failing>,
    /// What was reached, where that was asked.
    pub reached: Option<Reached>,
    /// How many seeds came after the last block that brought something new.
    pub quiet: u64,
}

impl Swept {
    /// Adds the next block.
    pub fn add(&mut self, block: Block) {
        let count = block.seeds.end - block.seeds.start;
        self.blocks += 1;
        self.seeds += count;
        self.events += block.events;
        self.failing.extend(block.failing);
        self.quiet += count;
        if let Some(reached) = block.reached
            && self.reached.get_or_insert_default().join(&reached)
        {
            self.quiet = 0;
        }
    }
}

/// Why a sweep cannot go on.
#[derive(Debug)]
pub enum Trouble {
    /// A run that would never end.
    Endless(Over, SimTime),
    /// A run that gave no result.
    Failed(Failure),
    /// A block could not be kept.
    Unwritten(std::io::Error),
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Trouble::Unwritten(error)
    }
}

/// Why a sweep has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every seed was run.
    Complete,
    /// So many seeds brought nothing new as were to.
    Quiet,
    /// The person did not want to wait.
    Interrupted,
}

/// Runs the seeds that `swept` does not hold yet, adds them to it block by block, and hands each block to `keep`.
///
/// `ask` is called before each run, on any thread, and says whether to go on; blocks that were begun by then do not count.
/// With `until_quiet`, the sweep ends after the block with which so many seeds have brought nothing new.
pub fn sweep(
    (scenario, runner): (&Scenario, &dyn Runner),
    asked: &Asked,
    until_quiet: Option<u64>,
    swept: &mut Swept,
    pool: &ThreadPool,
    ask: &(dyn Fn() -> bool + Sync),
    keep: &mut dyn FnMut(&Block) -> Result<(), std::io::Error>,
) -> Result<Ended, Trouble> {
    let is_quiet = |swept: &Swept| until_quiet.is_some_and(|most| swept.quiet >= most);
    let together = (ROUND * pool.current_num_threads() as u64).div_ceil(asked.block()) as usize;
    while !is_quiet(swept) {
        let blocks: Vec<Range<u64>> = asked.blocks(swept.blocks).take(together).collect();
        if blocks.is_empty() {
            return Ok(Ended::Complete);
        }
        let seeds: Vec<u64> = blocks.iter().cloned().flatten().collect();
        let one = |seed: &u64| ask().then(|| run(scenario, runner, *seed, asked.coverage));
        let runs: Vec<Option<Result<Run, Trouble>>> = pool.install(|| seeds.par_iter().map(one).collect());
        let mut runs = runs.into_iter().map_while(|run| run);
        for seeds in blocks {
            let Some(block) = block(seeds, &mut runs)? else { return Ok(Ended::Interrupted) };
            keep(&block)?;
            swept.add(block);
            if is_quiet(swept) {
                break;
            }
        }
    }
    Ok(Ended::Quiet)
}

/// What one seed came to.
struct Run {
    seed: u64,
    events: u32,
    failure: Option<String>,
    reached: Option<Reached>,
}

fn run(scenario: &Scenario, runner: &dyn Runner, seed: u64, coverage: bool) -> Result<Run, Trouble> {
    let judged = match coverage {
        true => runner.cover(seed).map(|(judged, features)| (judged, Some(features))),
        false => runner.judge(seed).map(|judged| (judged, None)),
    };
    let (judged, features) = match judged {
        Ok(judged) => judged,
        Err(Failure::Panicked(text)) => {
            let failure = Some(format!("the protocol's own code panicked: {text}"));
            return Ok(Run { seed, events: 0, failure, reached: coverage.then(Reached::default) });
        }
        Err(failure) => return Err(Trouble::Failed(failure)),
    };
    if let Over::Events | Over::Standstill = judged.over {
        return Err(Trouble::Endless(judged.over, judged.end));
    }
    let reached = features.map(|features| {
        let mut reached = Reached::default();
        reached.add(seed, &features);
        reached
    });
    Ok(Run { seed, events: judged.events, failure: failure_of(scenario, &judged), reached })
}

/// Puts the next runs together to a block; `None` where they end before it does.
fn block(seeds: Range<u64>, runs: &mut dyn Iterator<Item = Result<Run, Trouble>>) -> Result<Option<Block>, Trouble> {
    let mut block = Block { seeds: seeds.clone(), events: 0, failing: vec![], reached: None };
    for seed in seeds {
        let Some(run) = runs.next().transpose()? else { return Ok(None) };
        debug_assert_eq!(run.seed, seed, "runs come in order");
        block.events += u64::from(run.events);
        block.failing.extend(run.failure.map(|what| Failing { seed, what }));
        if let Some(reached) = run.reached {
            block.reached.get_or_insert_default().join(&reached);
        }
    }
    Ok(Some(block))
}
