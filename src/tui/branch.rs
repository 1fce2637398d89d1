//! Branches: what a person did to a run at some event, and the runs that came of it.
//!
//! A branch is its parent with one deed more: a few entries of the scenario that apply after an event. A run up to that
//! event is the same, as every draw is keyed by what it is for. So a branch costs nothing but its deeds, is had again by
//! running, and is saved as a scenario like any other.

use super::{Mark, Question};
use crate::node::EventId;
use crate::scenario::Session;

/// An entry that a deed adds to the scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The list that it belongs to: `faults` or `workload`.
    pub list: &'static str,
    /// The entry as a scenario writes it.
    pub text: String,
}

/// What a person did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// The event after which it was done: up to this one the runs are the same.
    pub after: EventId,
    /// In a few words.
    pub words: String,
    /// What it adds to the scenario.
    pub entries: Vec<Entry>,
}

/// A run that came of deeds.
pub struct Future {
    /// The run.
    pub session: Box<dyn Session>,
    /// The lesson's questions as this run answers them.
    pub questions: Vec<Question>,
    /// The promises that were broken.
    pub violations: Vec<Mark>,
    /// The scenario that it is a run of.
    pub source: String,
}

/// Makes and keeps other futures of a run.
pub trait Futures {
    /// The run as it is with these deeds. Says why where there is none.
    fn future(&self, deeds: &[Deed]) -> Result<Future, String>;

    /// Writes the scenario of that run to a file; gives what there is to say about it.
    fn save(&self, deeds: &[Deed], path: &str) -> Result<String, String>;

    /// Keeps the scenario where it outlives the terminal; gives the file.
    fn keep(&self, deeds: &[Deed], name: &str) -> Result<String, String>;

    /// Whether the scenario's file is watched.
    fn watches(&self) -> bool;

    /// The scenario's file has changed: the run as it is now. `None` where nobody watches it or it has not.
    fn reloaded(&mut self) -> Option<Result<Future, String>>;
}

/// One of the runs of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The branch that it departed from; `None` for the run as it was.
    pub parent: Option<usize>,
    /// What people call it.
    pub name: String,
    /// All that was done on the way to it; the last of it is its own.
    pub deeds: Vec<Deed>,
    /// The file in which it is kept, should the terminal die.
    pub file: Option<String>,
    /// Whether a person threw it away.
    pub is_gone: bool,
}

impl Branch {
    /// The event after which it is no longer as its parent.
    pub fn departs(&self) -> Option<EventId> {
        self.deeds.last().map(|deed| deed.after)
    }
}

/// All branches of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branches {
    all: Vec<Branch>,
    /// The branches that were looked at, in order, for undoing and doing again.
    way: Vec<usize>,
    /// The place on that way.
    at: usize,
}

impl Default for Branches {
    fn default() -> Self {
        let run = Branch { parent: None, name: "the run".to_owned(), deeds: Vec::new(), file: None, is_gone: false };
        Branches { all: vec![run], way: vec![0], at: 0 }
    }
}

impl Branches {
    /// The number of the one that is looked at.
    pub fn here(&self) -> usize {
        self.way[self.at]
    }

    pub fn get(&self, number: usize) -> &Branch {
        &self.all[number]
    }

    pub fn rename(&mut self, number: usize, name: String) {
        self.all[number].name = name;
    }

    pub fn keep(&mut self, number: usize, file: Option<String>) {
        self.all[number].file = file;
    }

    /// The branch whose deeds a deed after this event follows: what was done later on is no part of it.
    pub fn parent_of(&self, after: EventId) -> usize {
        let mut number = self.here();
        while let (Some(departs), Some(parent)) = (self.all[number].departs(), self.all[number].parent) {
            if departs <= after {
                break;
            }
            number = parent;
        }
        number
    }

    /// Adds a branch and goes there.
    pub fn add(&mut self, parent: usize, deed: Deed) -> usize {
        let deeds = [&self.all[parent].deeds[..], &[deed]].concat();
        let name = format!("branch {}", self.all.len());
        self.all.push(Branch { parent: Some(parent), name, deeds, file: None, is_gone: false });
        self.visit(self.all.len() - 1);
        self.all.len() - 1
    }

    /// Goes to a branch; what was undone before can no longer be done again.
    pub fn visit(&mut self, number: usize) {
        self.way.truncate(self.at + 1);
        self.way.push(number);
        self.at += 1;
    }

    /// The branch that undoing, or doing again, leads to.
    pub fn beside(&self, forwards: bool) -> Option<usize> {
        let mut rest: Box<dyn Iterator<Item = &usize>> = match forwards {
            true => Box::new(self.way[self.at + 1..].iter()),
            false => Box::new(self.way[..self.at].iter().rev()),
        };
        rest.find(|number| !self.all[**number].is_gone).copied()
    }

    /// Goes where [`Branches::beside`] leads.
    pub fn step(&mut self, forwards: bool) {
        let Some(target) = self.beside(forwards) else { return };
        let is_it = |place: &usize| self.way[*place] == target;
        let place = match forwards {
            true => (self.at + 1..self.way.len()).find(is_it),
            false => (0..self.at).rev().find(is_it),
        };
        self.at = place.unwrap_or(self.at);
    }

    /// Throws away the branch that is looked at and all that departed from it; gives where one is then.
    pub fn delete(&mut self) -> Option<usize> {
        let here = self.here();
        let parent = self.all[here].parent?;
        self.all[here].is_gone = true;
        // A branch comes after its parent.
        for number in here + 1..self.all.len() {
            self.all[number].is_gone |= self.all[number].parent.is_some_and(|parent| self.all[parent].is_gone);
        }
        self.visit(parent);
        Some(parent)
    }

    /// All that are there, children after their parents, with how deep each lies.
    pub fn tree(&self) -> Vec<(usize, usize)> {
        let mut rows = Vec::new();
        self.below(0, 0, &mut rows);
        rows
    }

    fn below(&self, number: usize, depth: usize, rows: &mut Vec<(usize, usize)>) {
        rows.push((number, depth));
        for child in number + 1..self.all.len() {
            if self.all[child].parent == Some(number) && !self.all[child].is_gone {
                self.below(child, depth + 1, rows);
            }
        }
    }
}
