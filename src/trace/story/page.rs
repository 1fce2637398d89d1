//! Which moments are told where not all of them fit on a page.

use super::Teller;
use super::sections::{Section, merge};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Without these no story makes sense: a fault where there are few, a question, a broken promise.
const HINGE: u32 = 100;
/// From this weight on a moment is a turning point.
pub(super) const TURN: u32 = 60;
/// Longer sections are dealt with slice by slice, so that a long run is not told by its beginning alone.
const LONG: usize = 80;
const SLICES: usize = 8;
/// A section of less than this share of all events gets no heading of its own.
const THIN: usize = 14;

/// The sections of a story and the places of the moments that are told.
pub(super) struct Page {
    pub sections: Vec<Section>,
    pub told: BTreeSet<usize>,
    /// Those of which is told as well what may be left out.
    pub asides: BTreeSet<usize>,
}

impl Page {
    pub fn tells_every_turning_point(&self, teller: &Teller<'_>) -> bool {
        let mut turning = teller.moments.iter().enumerate().filter(|(_, moment)| moment.weight >= TURN);
        turning.all(|(place, _)| self.told.contains(&place))
    }

    /// The section of which too little is told for a heading of its own, if there is one.
    fn thin(&self, teller: &Teller<'_>) -> Option<usize> {
        let told = |section: &Section| self.told.range(teller.within(section)).count();
        let events = |section: &Section| (section.to.0 - section.from.0) as usize;
        let least = teller.survey.trace.len() / THIN;
        self.sections.iter().position(|section| told(section) < 2 || events(section) < least)
    }
}

/// Chooses what is told in at most `limit` lines. Sections that are too thin merge.
pub(super) fn fill(teller: &Teller<'_>, sections: Vec<Section>, limit: usize) -> Page {
    let mut page = Page { sections, told: BTreeSet::new(), asides: BTreeSet::new() };
    loop {
        choose(teller, &mut page, limit);
        match page.thin(teller).filter(|_| page.sections.len() > 1) {
            Some(place) => merge(&mut page.sections, place),
            None => return page,
        }
    }
}

fn choose(teller: &Teller<'_>, page: &mut Page, limit: usize) {
    (page.told, page.asides) = (BTreeSet::new(), BTreeSet::new());
    let ranking = ranking(teller, &page.sections);
    let room = |page: &Page| limit.saturating_sub(teller.story(page).len());
    // What is told is no longer counted, so that there may be room once more.
    loop {
        let (before, mut room) = (page.told.len(), room(page));
        for &place in ranking.iter().filter(|place| !page.told.contains(place)).collect::<Vec<_>>() {
            let cost = teller.lines_of(&teller.moments[place]).len();
            if cost <= room {
                room -= cost;
                page.told.insert(place);
            }
        }
        if page.told.len() == before {
            break;
        }
    }
    let mut room = room(page);
    for &place in ranking.iter().filter(|place| page.told.contains(place)) {
        let cost = super::below(&teller.moments[place].aside).len();
        if cost > 0 && cost <= room {
            room -= cost;
            page.asides.insert(place);
        }
    }
}

/// All moments, those first that are told first: hinges, turning points, the rest; within each, the sections take turns.
fn ranking(teller: &Teller<'_>, sections: &[Section]) -> Vec<usize> {
    let mut ranked = Vec::new();
    for (nth, section) in sections.iter().enumerate() {
        let here = teller.within(section);
        let slices = if here.len() > LONG { SLICES } else { 1 };
        let slice = |place: usize| (nth, (place - here.start) * slices / here.len());
        let mut by_weight: Vec<usize> = here.clone().collect();
        by_weight.sort_by_key(|&place| (Reverse(teller.moments[place].weight), place));
        let mut turns: BTreeMap<_, usize> = BTreeMap::new();
        for place in by_weight {
            let weight = teller.moments[place].weight;
            let class = if weight >= HINGE { 0 } else { 1 + usize::from(weight < TURN) };
            let turn = turns.entry((class, slice(place))).or_default();
            *turn += 1;
            ranked.push((class, *turn, Reverse(weight), place));
        }
    }
    ranked.sort();
    ranked.into_iter().map(|ranked| ranked.3).collect()
}
