//! Vector stamps, kept as steps.

/// For each pair of nodes (j, i), the events of j at which j came to know of a newer event of i.
///
/// A vector stamp (Mattern 1988, Fidge 1988) would take a number for each node and event; between two steps none of
/// them changes, so only the steps are kept. What event 7 of j knows of i is one search among them.
///
/// What that takes is bounded, however the nodes talk. Steps come with an arrival, so at most n - 1 of them for two
/// events, its sending and itself; a step takes 74/32 bytes, and a gap above 255, which takes 12, needs as many events.
/// With twelve nodes that is at most 13.8 bytes an event.
#[derive(Clone, Debug)]
pub struct Stamps {
    nodes: usize,
    /// The steps of the pair (j, i) at place `j * nodes + i`; none where j is i.
    steps: Vec<Steps>,
    /// How many events each node has had.
    own: Vec<u32>,
}

impl Stamps {
    pub(super) fn new(nodes: usize) -> Self {
        Stamps { nodes, steps: vec![Steps::default(); nodes * nodes], own: vec![0; nodes] }
    }

    /// A node has its next event; gives the event's number, from 1.
    #[inline]
    pub(super) fn count(&mut self, node: usize) -> u32 {
        self.own[node] += 1;
        self.own[node]
    }

    /// At its event `own` a node learns what event `sent` of `from` knew.
    #[inline]
    pub(super) fn learn(&mut self, node: usize, own: u32, from: usize, sent: u32) {
        // Who knows of an event knows all that it knew.
        if node == from || sent <= self.newest(node, from) {
            return;
        }
        self.step(node, from, Step { at: own, known: sent });
        for other in (0..self.nodes).filter(|other| *other != node && *other != from) {
            // What the sender knows by now is at least what it knew then, and needs no search.
            let has = self.newest(node, other);
            if self.newest(from, other) > has {
                let known = self.known(from, sent, other);
                if known > has {
                    self.step(node, other, Step { at: own, known });
                }
            }
        }
    }

    /// At its event `own` a node knows all that a vector stamp says.
    pub(super) fn learn_all(&mut self, node: usize, own: u32, vector: &[u32]) {
        for (other, known) in vector.iter().enumerate().filter(|(other, _)| *other != node) {
            if *known > self.newest(node, other) {
                self.step(node, other, Step { at: own, known: *known });
            }
        }
    }

    /// The newest event of another node that a node knows of.
    #[inline]
    fn newest(&self, node: usize, other: usize) -> u32 {
        self.steps[node * self.nodes + other].last.known
    }

    #[inline]
    fn step(&mut self, node: usize, other: usize, step: Step) {
        self.steps[node * self.nodes + other].push(step);
    }

    /// The newest event of `other` that event `own` of `node` knows of; 0 where it knows of none.
    #[inline]
    pub fn known(&self, node: usize, own: u32, other: usize) -> u32 {
        if node == other {
            return own;
        }
        self.steps[node * self.nodes + other].last_until(own).map_or(0, |step| step.known)
    }

    /// The first event of `node` that knows of event `own` of `other`, if any does.
    pub fn first_to_know(&self, node: usize, other: usize, own: u32) -> Option<u32> {
        if node == other {
            return Some(own);
        }
        self.steps[node * self.nodes + other].first_with(own).map(|step| step.at)
    }

    /// The vector stamp of event `own` of `node`.
    pub fn vector(&self, node: usize, own: u32) -> Vec<u32> {
        (0..self.nodes).map(|other| self.known(node, own, other)).collect()
    }

    /// How many bytes the stamps take.
    pub fn bytes(&self) -> usize {
        self.steps.iter().map(Steps::bytes).sum::<usize>() + self.own.capacity() * size_of::<u32>()
    }

    pub(super) fn shrink(&mut self) {
        self.steps.iter_mut().for_each(Steps::shrink);
    }
}

/// From its event `at` on a node knows of event `known` of another.
#[derive(Clone, Copy, Debug, Default)]
struct Step {
    at: u32,
    known: u32,
}

/// The steps of one pair of nodes. Both numbers grow from each to the next, mostly by little: so they stand in blocks, of
/// which only the first step is written out, and of each further one by how much it is greater.
#[derive(Clone, Debug, Default)]
struct Steps {
    blocks: Vec<Block>,
    /// For each step but the first of a block, how much greater both numbers are than in the step before.
    gaps: Vec<[u8; 2]>,
    /// The newest step; no event knows of event 0 where there is none.
    last: Step,
}

#[derive(Clone, Copy, Debug)]
struct Block {
    first: Step,
    /// The place of its first gap.
    gaps: u32,
}

/// Steps in a block: few enough to walk in some tens of nanoseconds, enough that firsts weigh little. Our choice.
const BLOCK: usize = 32;

impl Steps {
    #[inline]
    fn push(&mut self, step: Step) {
        let gap = [step.at - self.last.at, step.known - self.last.known].map(u8::try_from);
        match (gap, self.blocks.last()) {
            ([Ok(at), Ok(known)], Some(block)) if self.gaps.len() - (block.gaps as usize) < BLOCK - 1 => {
                self.gaps.push([at, known]);
            }
            _ => self.blocks.push(Block { first: step, gaps: self.gaps.len() as u32 }),
        }
        self.last = step;
    }

    /// The last step at or before an event of the node that knows.
    #[inline]
    fn last_until(&self, at: u32) -> Option<Step> {
        // The usual case while a run is recorded: what is asked for is new.
        if self.last.at <= at {
            return Some(self.last);
        }
        let after = self.blocks.partition_point(|block| block.first.at <= at);
        self.block(after.checked_sub(1)?).take_while(|step| step.at <= at).last()
    }

    /// The first step by which an event of the other node is known.
    fn first_with(&self, known: u32) -> Option<Step> {
        let after = self.blocks.partition_point(|block| block.first.known < known);
        let before = after.checked_sub(1).and_then(|place| self.block(place).find(|step| step.known >= known));
        before.or_else(|| self.blocks.get(after).map(|block| block.first))
    }

    #[inline]
    fn block(&self, place: usize) -> impl Iterator<Item = Step> + '_ {
        let first = self.blocks[place].first;
        let end = self.blocks.get(place + 1).map_or(self.gaps.len(), |next| next.gaps as usize);
        let rest = self.gaps[self.blocks[place].gaps as usize..end].iter().scan(first, |step, [at, known]| {
            (step.at, step.known) = (step.at + u32::from(*at), step.known + u32::from(*known));
            Some(*step)
        });
        std::iter::once(first).chain(rest)
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.blocks.capacity() * size_of::<Block>() + self.gaps.capacity() * size_of::<[u8; 2]>()
    }

    fn shrink(&mut self) {
        self.blocks.shrink_to_fit();
        self.gaps.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests;
