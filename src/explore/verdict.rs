//! What a search says of what was looked for, and whether that is what its scenario expects.

use super::{Ended, Limits, Marks, Report};
use crate::check::watch::Wanted;
use crate::check::{Claim, Promise};
use crate::scenario::Exploration;
use crate::trace::Standing;

/// What the marks of what is wanted mean.
pub fn marks_of(wanted: &Wanted) -> Marks {
    let eventually = (0..wanted.eventually.len()).fold(0, |marks, place| marks | 1 << wanted.eventually(place));
    Marks { never: wanted.never(), eventually }
}

/// The limits that a scenario sets.
pub fn limits_of(exploration: &Exploration) -> Limits {
    Limits { depth: exploration.depth, states: exploration.states, ..Limits::NONE }
}

/// What became of one thing that was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How it stands.
    pub standing: Standing,
    /// In words.
    pub text: String,
}

/// A search and what came of it.
#[derive(Clone, Copy, Debug)]
pub struct Searched<'a> {
    /// What was to be searched, and for what.
    pub exploration: &'a Exploration,
    /// What came of it.
    pub report: &'a Report,
}

impl<'a> Searched<'a> {
    /// The promise that was found broken.
    pub fn broken(self) -> Option<Promise> {
        let found = self.report.found.as_ref()?;
        self.exploration.wanted.always.get(found.mark as usize).copied()
    }

    /// What must come about in every run, and was found missed in one; as it is written.
    pub fn missed(self) -> Option<&'a str> {
        let found = self.report.found.as_ref()?;
        let place = (found.mark as usize).checked_sub(self.exploration.wanted.always.len())?;
        self.exploration.ends.get(place).map(String::as_str)
    }

    fn is_reached(self, goal: usize) -> bool {
        self.report.met >> self.exploration.wanted.sometimes(goal) & 1 == 1
    }

    fn expects_broken(self, promise: Promise) -> bool {
        let names = |claim: &Claim| matches!(claim, Claim::Violated(named) if named.parts().contains(&promise));
        self.exploration.expect.iter().any(|expectation| names(&expectation.claim))
    }

    /// What became of each promise and goal.
    pub fn verdicts(self) -> Vec<Verdict> {
        let Exploration { wanted, goals, ends, .. } = self.exploration;
        let verdict = |standing, text| Verdict { standing, text };
        let promises = wanted.always.iter().map(|promise| {
            match (self.broken() == Some(*promise), self.expects_broken(*promise)) {
                (true, true) => verdict(Standing::Shown, format!("{promise} broken, as expected")),
                (true, false) => verdict(Standing::Broken, format!("{promise}: {}", promise.promise())),
                (false, true) => {
                    verdict(Standing::Broken, format!("{promise} was to be broken, and is {}", self.kept()))
                }
                (false, false) => verdict(Standing::Held, format!("{promise}: {}", self.kept())),
            }
        });
        let ends = ends.iter().map(|goal| match (self.missed() == Some(goal.as_str()), self.report.ended) {
            (true, _) => verdict(Standing::Broken, format!("{goal} does not come about in every run")),
            (false, Ended::Complete) => verdict(Standing::Held, format!("{goal} comes about in every run")),
            (false, Ended::Depth(_) | Ended::Walked(_)) => {
                verdict(Standing::Held, format!("{goal}: no run that came to an end was without it"))
            }
            (false, _) => verdict(Standing::Broken, format!("{goal}: not judged, for the search came to no end")),
        });
        let goals = goals.iter().enumerate().map(|(place, goal)| match (self.is_reached(place), self.report.ended) {
            (true, _) => verdict(Standing::Held, format!("{goal} comes about in some run")),
            (false, Ended::Found) => verdict(Standing::Held, format!("{goal}: not reached before the search ended")),
            (false, _) => verdict(
                Standing::Broken,
                format!("{goal} was never reached: of runs that reach it, nothing is shown"),
            ),
        });
        promises.chain(ends).chain(goals).collect()
    }

    fn kept(self) -> &'static str {
        match self.report.ended {
            Ended::Complete => "kept in every state within these bounds",
            Ended::Found => "kept as far as the search came",
            Ended::Depth(_) | Ended::States(_) | Ended::Memory(_) | Ended::Walked(_) | Ended::Interrupted => {
                "kept in what was looked at, which is not all"
            }
        }
    }

    /// Whether all turned out as the scenario expects; where it expects nothing, whether nothing was found.
    pub fn is_as_expected(self) -> bool {
        let is_true = |claim: &Claim| self.is_true(claim);
        let found = self.report.found.is_some();
        let is_shown = self.broken().is_some_and(|promise| self.expects_broken(promise));
        // A goal may lie beyond what was found.
        let goals =
            self.report.ended == Ended::Found || (0..self.exploration.goals.len()).all(|goal| self.is_reached(goal));
        let are_ends_judged = self.exploration.ends.is_empty()
            || matches!(self.report.ended, Ended::Complete | Ended::Found | Ended::Depth(_) | Ended::Walked(_));
        let expect = &self.exploration.expect;
        expect.iter().all(|expectation| is_true(&expectation.claim))
            && (!found || is_shown)
            && goals
            && are_ends_judged
    }

    fn is_true(self, claim: &Claim) -> bool {
        match claim {
            Claim::Holds(promise) => self.broken().is_none_or(|broken| !promise.parts().contains(&broken)),
            Claim::Violated(promise) => self.broken().is_some_and(|broken| promise.parts().contains(&broken)),
            Claim::Not(claim) => !self.is_true(claim),
            _ => false,
        }
    }
}
