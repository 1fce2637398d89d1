//! What may still go wrong, and how far each client is.

/// How often something may happen in a search; `None` is without end.
pub type Budget = Option<u16>;

/// The budgets that are left, and the clients' progress. Two worlds that differ in these are two states.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tally {
    /// What may still go wrong, by [`Spent`].
    pub left: [Budget; 5],
    /// Of each client that is asked for anything: how many operations it was given, and whether it waits for the last.
    pub clients: Vec<(u16, bool)>,
}

/// What a budget is spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    Drop = 0,
    Duplicate = 1,
    Crash = 2,
    Timeout = 3,
    Tick = 4,
}

/// What changes a tally.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Spent(Spent),
    /// The client at this place is given its next operation.
    Asked(u16),
    /// The client at this place waits no longer.
    Ended(u16),
}

impl Change {
    /// The change as a number.
    pub fn code(self) -> u32 {
        match self {
            Change::Spent(what) => what as u32,
            Change::Asked(client) => 1 << 16 | u32::from(client),
            Change::Ended(client) => 2 << 16 | u32::from(client),
        }
    }
}

impl Tally {
    /// The tally after a change; `None` where the budget for it is used up.
    pub fn after(&self, change: Change) -> Option<Tally> {
        let mut after = self.clone();
        match change {
            Change::Spent(what) => {
                if let Some(left) = &mut after.left[what as usize] {
                    *left = left.checked_sub(1)?;
                }
            }
            Change::Asked(client) => {
                let (asked, waits) = &mut after.clients[usize::from(client)];
                (*asked, *waits) = (*asked + 1, true);
            }
            Change::Ended(client) => after.clients[usize::from(client)].1 = false,
        }
        Some(after)
    }
}
