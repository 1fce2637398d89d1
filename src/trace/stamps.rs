//! Vector stamps, kept as steps.

/// For each pair of nodes (j, i), the events of j at which j came to know of a newer event of i.
///
/// A vector stamp (Mattern 1988, Fidge 1988) would take a number for each node and event; between two steps none of
/// them changes, so only the steps are kept, eight bytes each. What event 7 of j knows of i is one binary search.
#[derive(Clone, Debug)]
pub struct Stamps {
    nodes: usize,
    /// The steps of the pair (j, i) at place `j * nodes + i`: event of j, newest event of i that it knows.
    steps: Vec<Vec<(u32, u32)>>,
    /// What each node knows now, at the same places.
    newest: Vec<u32>,
}

impl Stamps {
    pub(super) fn new(nodes: usize) -> Self {
        Stamps { nodes, steps: vec![Vec::new(); nodes * nodes], newest: vec![0; nodes * nodes] }
    }

    /// A node has its next event; gives the event's number, from 1.
    #[inline]
    pub(super) fn count(&mut self, node: usize) -> u32 {
        let own = &mut self.newest[node * self.nodes + node];
        *own += 1;
        *own
    }

    /// At its event `own` a node learns what event `sent` of `from` knew.
    #[inline]
    pub(super) fn learn(&mut self, node: usize, own: u32, from: usize, sent: u32) {
        for other in 0..self.nodes {
            if other == node {
                continue;
            }
            let known = if other == from { sent } else { self.known(from, sent, other) };
            let place = node * self.nodes + other;
            if known > self.newest[place] {
                self.newest[place] = known;
                self.steps[place].push((own, known));
            }
        }
    }

    /// At its event `own` a node knows all that a vector stamp says.
    pub(super) fn learn_all(&mut self, node: usize, own: u32, vector: &[u32]) {
        for (other, known) in vector.iter().enumerate().filter(|(other, _)| *other != node) {
            let place = node * self.nodes + other;
            if *known > self.newest[place] {
                self.newest[place] = *known;
                self.steps[place].push((own, *known));
            }
        }
    }

    /// The newest event of `other` that event `own` of `node` knows of; 0 where it knows of none.
    #[inline]
    pub fn known(&self, node: usize, own: u32, other: usize) -> u32 {
        if node == other {
            return own;
        }
        let steps = &self.steps[node * self.nodes + other];
        match steps.last() {
            None => 0,
            // The usual case while a run is recorded: what is asked for is new.
            Some(&(at, known)) if at <= own => known,
            Some(_) => {
                let after = steps.partition_point(|&(at, _)| at <= own);
                after.checked_sub(1).map_or(0, |place| steps[place].1)
            }
        }
    }

    /// The first event of `node` that knows of event `own` of `other`, if any does.
    pub fn first_to_know(&self, node: usize, other: usize, own: u32) -> Option<u32> {
        if node == other {
            return Some(own);
        }
        let steps = &self.steps[node * self.nodes + other];
        steps.get(steps.partition_point(|&(_, known)| known < own)).map(|&(at, _)| at)
    }

    /// The vector stamp of event `own` of `node`.
    pub fn vector(&self, node: usize, own: u32) -> Vec<u32> {
        (0..self.nodes).map(|other| self.known(node, own, other)).collect()
    }

    /// How many bytes the steps take.
    pub fn bytes(&self) -> usize {
        self.steps.iter().map(|steps| steps.capacity() * size_of::<(u32, u32)>()).sum()
    }

    pub(super) fn shrink(&mut self) {
        self.steps.iter_mut().for_each(Vec::shrink_to_fit);
    }
}
