//! Shorter ways that begin with a longer one.
//!
//! Leaving out ends where every step is needed: of a run that takes the long way round. So something else is let happen
//! somewhere, whatever might have happened there, and what is not needed any more is left out again.

use super::case::Case;
use super::reduce::Tries;
use crate::kernel::{Act, Cue};
use crate::node::EventId;

/// Of how many cues detours are looked for. Our choice: each cue has some ten of them, and each detour takes as many
/// rehearsals as there are pairs of cues.
const UP_TO: usize = 40;

/// What no cue of a run that was written down has: this cue stays, for without it all is as it was.
const STAYS: EventId = EventId(u32::MAX);

impl Case<'_> {
    /// Takes the first detour by which the run becomes smaller, if there is one.
    pub fn detour(&mut self, tries: &mut Tries<'_>) -> bool {
        if self.script.cues.len() > UP_TO {
            return false;
        }
        let openings = self.stage.runner.openings(self.stage.scenario.plan.seed, &self.script).unwrap_or_default();
        let mut detours: Vec<(usize, Act)> = Vec::new();
        for (place, acts) in openings.into_iter().enumerate() {
            for act in acts {
                let is_next = self.script.cues.get(place).is_some_and(|cue| cue.act == act);
                if !is_next && !detours.contains(&(place, act.clone())) {
                    detours.push((place, act));
                }
            }
        }
        tries.left(self.script.cues.len());
        let found = tries.first(detours.len(), |number| {
            let (place, act) = &detours[number];
            let mut cues = self.script.cues.clone();
            cues.insert(*place, Cue { act: act.clone(), answers: Vec::new(), event: STAYS });
            self.smaller_with(cues)
        });
        let Some((_, case)) = found else { return false };
        *self = case;
        true
    }

    /// What is left of cues, one of which stays, if that is smaller than this.
    fn smaller_with(&self, cues: Vec<Cue>) -> Option<Self> {
        let mut case = match self.with_cues(cues.clone()) {
            Some(case) => case,
            None => self.without_one(&cues)?,
        };
        while let Some(smaller) = case.without_one(&case.script.cues).or_else(|| case.without_two()) {
            case = smaller;
        }
        for cue in &mut case.script.cues {
            cue.event = if cue.event == STAYS { EventId(0) } else { cue.event };
        }
        (case.extent() < self.extent()).then_some(case)
    }

    fn without_one(&self, cues: &[Cue]) -> Option<Self> {
        let places = (0..cues.len()).rev().filter(|place| cues[*place].event != STAYS);
        places.map(|place| [&cues[..place], &cues[place + 1..]].concat()).find_map(|cues| self.with_cues(cues))
    }

    fn without_two(&self) -> Option<Self> {
        let cues = &self.script.cues;
        let stays = |place: usize| cues[place].event == STAYS;
        let pairs = (0..cues.len()).flat_map(|first| (first + 1..cues.len()).map(move |second| (first, second)));
        let pairs = pairs.filter(|(first, second)| !stays(*first) && !stays(*second));
        let without = |(first, second): (usize, usize)| {
            [&cues[..first], &cues[first + 1..second], &cues[second + 1..]].concat()
        };
        pairs.map(without).find_map(|cues| self.with_cues(cues))
    }
}
