//! What a search on Pessimist remembers of a register's clients: the same as stateright's `LinearizabilityTester`.

use super::register::value_of;
use pessimist::node::{Datum, Fact, NodeId, Outcome, Seen, Watcher};

/// What is read by one that is done; nothing by one that wrote.
type Read = Option<u8>;

/// An operation: of each client, how many were done when it began; and what it was told, if it is done.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
struct Began {
    after: Vec<usize>,
    answer: Option<Read>,
}

/// Each client's operations in order. The first of each writes its own value, those that follow read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
pub struct History {
    servers: u8,
    clients: Vec<Vec<Began>>,
}

impl History {
    /// Of so many clients, who come after so many servers.
    pub fn new(servers: u8, clients: u8) -> Self {
        History { servers, clients: vec![Vec::new(); usize::from(clients)] }
    }

    fn done(&self) -> Vec<usize> {
        let count = |operations: &Vec<Began>| operations.iter().filter(|began| began.answer.is_some()).count();
        self.clients.iter().map(count).collect()
    }

    /// Whether all can be put into one order, each after those that were done when it began, in which each read finds what
    /// was written last. What is not done may have taken effect or not.
    fn is_linearizable(&self, taken: &mut Vec<usize>, value: u8) -> bool {
        if self.done().iter().zip(&*taken).all(|(done, taken)| taken >= done) {
            return true;
        }
        for client in 0..self.clients.len() {
            let Some(next) = self.clients[client].get(taken[client]) else { continue };
            let may_come = next.after.iter().zip(&*taken).all(|(before, taken)| taken >= before);
            let is_write = taken[client] == 0;
            let after = if is_write { value_of(client as u8 + self.servers, self.servers) } else { value };
            let fits = is_write || next.answer.is_none_or(|read| read == Some(value));
            if may_come && fits {
                taken[client] += 1;
                if self.is_linearizable(taken, after) {
                    return true;
                }
                taken[client] -= 1;
            }
        }
        false
    }
}

impl Watcher for History {
    fn see(&mut self, node: NodeId, seen: &Seen) -> u64 {
        let Some(client) = node.index().checked_sub(usize::from(self.servers)) else { return 0 };
        match seen {
            Seen::Fact(Fact::Asked { .. }) => {
                let mut after = self.done();
                // Its own are before it in any case.
                after[client] = 0;
                self.clients[client].push(Began { after, answer: None });
                0
            }
            Seen::Fact(Fact::Returned { outcome: Outcome::Ok(answer), .. }) => {
                let read = if let Datum::Int(value) = answer { Some(*value as u8) } else { None };
                self.clients[client].last_mut().expect("it had asked").answer = Some(read);
                u64::from(!self.is_linearizable(&mut vec![0; self.clients.len()], 0))
            }
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(after: [usize; 2], read: Read) -> Began {
        Began { after: after.to_vec(), answer: Some(read) }
    }

    fn check(clients: [Vec<Began>; 2]) -> bool {
        History { servers: 2, clients: clients.to_vec() }.is_linearizable(&mut vec![0; 2], 0)
    }

    #[test]
    fn a_read_of_what_was_overwritten_is_refused() {
        // The second writes 2 after the first wrote 1, and reads 1 after that.
        let first = vec![done([0, 0], None)];
        assert!(!check([first.clone(), vec![done([1, 0], None), done([1, 0], Some(1))]]));
        // Where the two writes overlap, that is in order.
        assert!(check([first, vec![done([0, 0], None), done([1, 0], Some(1))]]));
    }

    #[test]
    fn what_is_under_way_may_be_read() {
        let under_way = vec![Began { after: vec![0, 0], answer: None }];
        assert!(check([under_way, vec![done([0, 0], None), done([0, 0], Some(1))]]));
        assert!(!check([vec![], vec![done([0, 0], None), done([0, 0], Some(1))]]));
    }
}
