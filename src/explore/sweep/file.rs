//! What a sweep found, as JSON Lines: a header, then for each block of seeds a line for each that failed and one that
//! closes the block. A block that is not closed does not count, so a file may end anywhere.

use super::{Asked, Block, Failing, Part};
use crate::check::Feature;
use crate::explore::coverage::{Reached, vocabulary};
use crate::scenario::Scenario;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

/// The version of the form.
const FORM: u32 = 1;

/// The first line: what was swept. Files whose first lines differ in more than the part do not belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The version of the form.
    sweep: u32,
    /// The version of Pessimist: another may run a seed otherwise.
    pub version: String,
    /// The scenario as it was called.
    pub scenario: String,
    /// The variant.
    pub variant: Option<String>,
    /// The hash of the scenario's content.
    pub hash: String,
    /// The seeds of the whole sweep.
    seeds: [u64; 2],
    /// The part, and of how many.
    part: [u64; 2],
    /// What features there are, where it is kept which were reached.
    coverage: Option<String>,
}

impl Header {
    /// The header of a sweep of a scenario that was called so.
    pub fn new(called: &str, scenario: &Scenario, asked: &Asked) -> Self {
        Header {
            sweep: FORM,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: called.to_owned(),
            variant: scenario.variant.clone(),
            hash: scenario.hash.clone(),
            seeds: [asked.seeds.start, asked.seeds.end],
            part: [asked.part.number, asked.part.of],
            coverage: asked.coverage.then(vocabulary),
        }
    }

    /// What was asked.
    pub fn asked(&self) -> Asked {
        let [start, end] = self.seeds;
        let [number, of] = self.part;
        Asked { seeds: start..end, part: Part { number, of }, coverage: self.coverage.is_some() }
    }

    /// The same of another part.
    pub fn with_part(&self, part: Part) -> Self {
        Header { part: [part.number, part.of], ..self.clone() }
    }

    fn makes_sense(&self) -> bool {
        let ([start, end], [number, of]) = (self.seeds, self.part);
        start < end && (1..=of).contains(&number)
    }

    /// What of another header differs from this one, in words; the part does not count.
    pub fn difference(&self, other: &Header) -> Option<String> {
        let named = |header: &Header| match &header.variant {
            Some(variant) => format!("{} ({variant})", header.scenario),
            None => header.scenario.clone(),
        };
        if self.sweep != other.sweep || self.version != other.version {
            return Some(format!("it is of Pessimist {}, and this is {}", other.version, self.version));
        }
        if (&self.hash, &self.variant) != (&other.hash, &other.variant) {
            return Some(match named(self) == named(other) {
                true => format!("{} was another scenario then: its content has changed", named(other)),
                false => format!("it is of {}, not of {}", named(other), named(self)),
            });
        }
        if self.seeds != other.seeds {
            let [[a, b], [c, d]] = [other.seeds, self.seeds];
            return Some(format!("it is of the seeds {a}..{b}, not {c}..{d}"));
        }
        if self.coverage != other.coverage {
            return Some(match (&self.coverage, &other.coverage) {
                (Some(_), None) => "it was made without --coverage".to_owned(),
                (None, Some(_)) => "it was made with --coverage".to_owned(),
                _ => "it counts other kinds of state and fault".to_owned(),
            });
        }
        None
    }

    /// The line.
    pub fn line(&self) -> String {
        line(self)
    }
}

/// A line after the first.
#[derive(Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Line {
    Failing {
        seed: u64,
        failure: String,
    },
    Block {
        block: [u64; 2],
        failing: u64,
        events: u64,
        /// Features that one seed reached, by number, with the seed.
        #[serde(skip_serializing_if = "Option::is_none")]
        once: Option<Vec<(u64, u64)>>,
        /// Features that several seeds reached.
        #[serde(skip_serializing_if = "Option::is_none")]
        often: Option<Vec<u64>>,
    },
}

fn line(value: &impl Serialize) -> String {
    let mut line = serde_json::to_string(value).expect("what a sweep says can be written as JSON");
    line.push('\n');
    line
}

impl Block {
    /// Its lines.
    pub fn lines(&self) -> String {
        let failing = |failing: &Failing| line(&Line::Failing { seed: failing.seed, failure: failing.what.clone() });
        let mut lines: String = self.failing.iter().map(failing).collect();
        lines += &line(&Line::Block {
            block: [self.seeds.start, self.seeds.end],
            failing: self.failing.len() as u64,
            events: self.events,
            once: self.reached.as_ref().map(|it| it.once().map(|(feature, seed)| (feature.number(), seed)).collect()),
            often: self.reached.as_ref().map(|it| it.often().map(Feature::number).collect()),
        });
        lines
    }
}

/// Why a file is of no use here.
#[derive(Debug)]
pub enum Refused {
    /// It cannot be read or written.
    Unread(io::Error),
    /// What is wrong with it.
    Because(String),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Unread(error) => write!(f, "it cannot be read: {error}"),
            Refused::Because(why) => f.write_str(why),
        }
    }
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Refused::Unread(error)
    }
}

impl From<String> for Refused {
    fn from(why: String) -> Self {
        Refused::Because(why)
    }
}

/// Reads a file of a sweep: its header, the blocks that are complete, and how many bytes these take. `None` where not even
/// the first line is complete.
///
/// What stands after the last complete block is what a sweep had begun to write when it was killed.
pub fn read(text: &[u8]) -> Result<Option<(Header, Vec<Block>, usize)>, Refused> {
    let mut lines = text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    let Some(first) = lines.next() else {
        return Ok(None);
    };
    let header: Option<Header> = serde_json::from_slice(first).ok();
    let header = header.filter(Header::makes_sense).ok_or_else(|| "it is no file of a sweep".to_owned())?;
    let asked = header.asked();
    let mut due = asked.blocks(0);
    let (mut blocks, mut failing, mut place, mut kept) = (Vec::new(), Vec::new(), first.len(), first.len());
    for (number, line) in lines.enumerate() {
        place += line.len();
        let damaged = || format!("its line {} is damaged", number + 2);
        match serde_json::from_slice(line).map_err(|_| damaged())? {
            Line::Failing { seed, failure } => failing.push(Failing { seed, what: failure }),
            Line::Block { block: [start, end], failing: count, events, once, often } => {
                let seeds = due.next().filter(|seeds| *seeds == (start..end)).ok_or_else(damaged)?;
                let failing = std::mem::take(&mut failing);
                let reached = reached(once, often, &seeds).ok_or_else(damaged)?;
                let is_right = failing.len() as u64 == count
                    && failing.is_sorted_by(|a: &Failing, b: &Failing| a.seed < b.seed)
                    && failing.iter().all(|failing| seeds.contains(&failing.seed))
                    && reached.is_some() == asked.coverage;
                if !is_right {
                    return Err(damaged().into());
                }
                blocks.push(Block { seeds, events, failing, reached });
                kept = place;
            }
        }
    }
    Ok(Some((header, blocks, kept)))
}

/// What a block reached; `None` where the numbers make no sense.
fn reached(once: Option<Vec<(u64, u64)>>, often: Option<Vec<u64>>, seeds: &Range<u64>) -> Option<Option<Reached>> {
    let (Some(once), Some(often)) = (once, often) else { return Some(None) };
    let of_one = |(feature, seed): (u64, u64)| Some((Feature::of(feature)?, seed)).filter(|_| seeds.contains(&seed));
    let once: Vec<(Feature, u64)> = once.into_iter().map(of_one).collect::<Option<_>>()?;
    let often: Vec<Feature> = often.into_iter().map(Feature::of).collect::<Option<_>>()?;
    Some(Some(Reached::of(once, often)))
}

/// A file to which a sweep is written as it goes.
pub struct Recording(File);

impl Recording {
    /// Opens a file and gives the blocks that it holds already. One that does not begin with this header is left as it is.
    pub fn open(path: &Path, header: &Header) -> Result<(Self, Vec<Block>), Refused> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let (blocks, kept) = match read(&text)? {
            Some((found, blocks, kept)) => {
                if let Some(difference) = header.difference(&found) {
                    return Err(difference.into());
                }
                if found.part != header.part {
                    let (found, part) = (found.asked().part, header.asked().part);
                    return Err(format!("it is of the part {found}, not {part}").into());
                }
                (blocks, kept)
            }
            // What was killed while it wrote the first line has written the beginning of ours.
            None if header.line().as_bytes().starts_with(&text) => (Vec::new(), 0),
            None => return Err("it is no file of a sweep".to_owned().into()),
        };
        file.set_len(kept as u64)?;
        file.seek(SeekFrom::End(0))?;
        let mut recording = Recording(file);
        if kept == 0 {
            recording.0.write_all(header.line().as_bytes())?;
        }
        Ok((recording, blocks))
    }

    /// Writes a block. Once this is done the block is in the hands of the system, whatever becomes of this process.
    pub fn keep(&mut self, block: &Block) -> io::Result<()> {
        self.0.write_all(block.lines().as_bytes())
    }
}
