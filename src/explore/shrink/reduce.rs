//! Delta debugging: of a list as few items as still do. Zeller and Hildebrandt, "Simplifying and Isolating
//! Failure-Inducing Input" (2002), with two changes of ours: of each size of part all are tried once before the size is
//! halved, from the end of the list, where most is left over; and whoever tries a list may give back a shorter one.

use rayon::prelude::*;

/// How a search for the smallest stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stand {
    /// How many candidates were tried.
    pub tries: u64,
    /// How many items are left.
    pub left: usize,
}

/// Tries candidates on all threads of the pool, and counts them. What is found does not depend on the threads.
pub struct Tries<'a> {
    stand: Stand,
    is_over: bool,
    /// Told how it stands; says whether to go on.
    ask: &'a mut (dyn FnMut(Stand) -> bool + Send),
}

impl<'a> Tries<'a> {
    /// Nothing was tried so far.
    pub fn new(ask: &'a mut (dyn FnMut(Stand) -> bool + Send)) -> Self {
        Tries { stand: Stand::default(), is_over: false, ask }
    }

    /// How many candidates were tried.
    pub fn count(&self) -> u64 {
        self.stand.tries
    }

    /// Says how many items are left.
    pub fn left(&mut self, items: usize) {
        self.stand.left = items;
    }

    /// Whether the person did not want to wait.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Tells how it stands; whether to go on.
    pub fn goes_on(&mut self) -> bool {
        self.is_over |= !(self.ask)(self.stand);
        !self.is_over
    }

    /// The first candidate that does, by its number, and what came of it. Some are tried at a time, and those after the
    /// first that does are as if they had not been.
    pub fn first<R: Send>(
        &mut self,
        candidates: usize,
        test: impl Fn(usize) -> Option<R> + Sync,
    ) -> Option<(usize, R)> {
        let at_a_time = rayon::current_num_threads();
        let mut next = 0;
        while next < candidates {
            if !self.goes_on() {
                return None;
            }
            let end = candidates.min(next + at_a_time);
            let results: Vec<Option<R>> = (next..end).into_par_iter().map(&test).collect();
            for (place, result) in (next..).zip(results) {
                self.stand.tries += 1;
                if let Some(result) = result {
                    return Some((place, result));
                }
            }
            next = end;
        }
        None
    }

    /// As few of the items as still do, none of which can be left out by itself. `test` gives what is left of a list
    /// that does: the list itself, or less of it, its beginning unchanged.
    pub fn reduce<T: Clone + Send + Sync>(
        &mut self,
        mut items: Vec<T>,
        test: impl Fn(&[T]) -> Option<Vec<T>> + Sync,
    ) -> Vec<T> {
        let mut size = items.len().div_ceil(2);
        while size > 0 && !self.is_over {
            let (mut end, mut is_shorter) = (items.len(), false);
            while end > 0 {
                self.stand.left = items.len();
                let part = |number: usize| end.saturating_sub((number + 1) * size)..end - number * size;
                let found = self.first(end.div_ceil(size), |number| {
                    let part = part(number);
                    test(&[&items[..part.start], &items[part.end..]].concat())
                });
                let Some((number, rest)) = found else { break };
                end = part(number).start.min(rest.len());
                (items, is_shorter) = (rest, true);
            }
            size = match size {
                1 if is_shorter => 1,
                1 => 0,
                _ => size.div_ceil(2),
            };
        }
        self.stand.left = items.len();
        items
    }

    /// The same list with two items less, where one less does not do.
    pub fn without_two<T: Clone + Send + Sync>(
        &mut self,
        items: &[T],
        test: impl Fn(&[T]) -> Option<Vec<T>> + Sync,
    ) -> Option<Vec<T>> {
        let pairs: Vec<(usize, usize)> =
            (0..items.len()).flat_map(|first| (first + 1..items.len()).map(move |second| (first, second))).collect();
        let found = self.first(pairs.len(), |number| {
            let (first, second) = pairs[number];
            test(&[&items[..first], &items[first + 1..second], &items[second + 1..]].concat())
        });
        found.map(|(_, rest)| rest)
    }
}
