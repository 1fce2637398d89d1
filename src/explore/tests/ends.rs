//! What must come about in every run: missed at an end, or by going round for ever; and what only looks like an end.

use super::super::{Ended, Found, Manner, Marks, Trouble};
use super::{ALL, looked, two};
use crate::kernel::search::{Bounds, Network};
use crate::kernel::{Choice, Step};
use crate::node::{Ctx, Fact, LocalSpan, Node, NodeId, Seen, Watcher, node_value};

node_value! {
    /// The two pass a number round: 0, 1, 2, 0, 1, ... Whoever receives the number that is waited for says so.
    pub struct Passer {
        last: u8,
        awaited: u8,
        again: u8,
    }
    /// A number.
    #[derive(Copy)]
    pub struct Number(u8);
    /// Time to begin again.
    #[derive(Copy)]
    pub struct Again;
}

impl Node for Passer {
    /// The number that is waited for, and how often n1 begins again.
    type Config = (u8, u8);
    type Msg = Number;
    type Timer = Again;
    type Disk = ();

    fn boot(ctx: &mut Ctx<Self>, (awaited, again): &(u8, u8), (): &()) -> Self {
        let mut passer = Passer { last: 0, awaited: *awaited, again: *again };
        passer.begin(ctx);
        passer
    }

    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, Number(number): Number) {
        self.last = number;
        if number == self.awaited {
            ctx.observe(Fact::note("there it is"));
        } else {
            ctx.send(from, Number((number + 1) % 3));
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<Self>, Again: Again) {
        self.again -= 1;
        self.begin(ctx);
    }
}

impl Passer {
    fn begin(&mut self, ctx: &mut Ctx<Self>) {
        if ctx.cluster().name(ctx.me()) == "n1" {
            ctx.others().for_each(|other| ctx.send(other, Number(0)));
            if self.again > 0 {
                ctx.set_timer(Again, LocalSpan::millis(1));
            }
        }
    }
}

/// Whether anybody has said so.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
struct Said(bool);

impl Watcher for Said {
    fn see(&mut self, _: NodeId, seen: &Seen) -> u64 {
        self.0 |= matches!(seen, Seen::Fact(Fact::Note(_)));
        self.achieved()
    }

    fn achieved(&self) -> u64 {
        u64::from(self.0)
    }
}

const SAID: Marks = Marks { never: 0, eventually: 1 };
const NEVER: u8 = 9;

/// What is found where the number must be heard in every run: the same breadth first, which then looks depth first.
fn missed(config: (u8, u8), bounds: Bounds) -> (Ended, Option<Found>) {
    let of = |manner| {
        let mut space = two::<Passer, Said>(config, bounds.clone(), Said(false));
        looked(&mut space, SAID, manner, ALL, 2).expect("passers have no flaw")
    };
    let (breadth, depth) = (of(Manner::Breadth), of(Manner::Depth));
    assert_eq!(breadth.found, depth.found);
    (depth.ended, depth.found)
}

#[test]
fn what_comes_about_in_every_run_is_not_missed() {
    assert_eq!(missed((2, 0), Bounds::default()), (Ended::Complete, None));
    assert_eq!(missed((2, 1), Bounds::default()), (Ended::Complete, None));
}

#[test]
fn a_run_that_goes_round_for_ever() {
    // 0, 1, 2, and after it 0 once more: what both heard last is then as it was three numbers before.
    let (ended, found) = missed((NEVER, 0), Bounds::default());
    let found = found.expect("the numbers go round");
    let Trouble::Lasso(back) = found.trouble else { panic!("{found:?}") };
    assert_eq!((ended, found.schedule.steps.len() - back), (Ended::Found, 6));
    // A number that can arrive again and again keeps the next from ever arriving.
    let duplicating = Bounds { network: Network::Duplicating, ..Bounds::default() };
    let found = missed((2, 0), duplicating).1.expect("the first number arrives for ever");
    assert!(matches!(found.trouble, Trouble::Lasso(_)), "{found:?}");
    let is_duplicate = |step: &Step| matches!(step.choice, Choice::Duplicate(_));
    assert!(found.schedule.steps.iter().all(is_duplicate), "{found:?}");
}

#[test]
fn a_run_that_ends_too_early() {
    let found = missed((2, 0), Bounds { drops: Some(1), ..Bounds::default() }).1.expect("a number is lost");
    assert_eq!(found.trouble, Trouble::Missed);
    assert!(matches!(found.schedule.steps.last(), Some(Step { choice: Choice::Drop(_), .. })), "{found:?}");
    // A walk comes to such an end as well.
    let bounds = Bounds { drops: Some(1), ..Bounds::default() };
    let mut space = two::<Passer, Said>((2, 0), bounds, Said(false));
    let walked =
        looked(&mut space, SAID, Manner::Walk { walks: 100, seed: 0 }, ALL, 1).expect("passers have no flaw");
    assert_eq!(walked.found.map(|found| found.trouble), Some(Trouble::Missed));
}

#[test]
fn a_budget_of_timeouts_ends_no_run() {
    // One is lost and n1 would begin again; that its timer may not fire is for want of a budget.
    let bounds = Bounds { drops: Some(1), timeouts: Some(0), ..Bounds::default() };
    assert_eq!(missed((2, 1), bounds.clone()), (Ended::Complete, None));
    assert_eq!(missed((2, 1), Bounds { timeouts: None, ..bounds.clone() }), (Ended::Complete, None));
    // But where it begins again once, two losses are enough.
    let found = missed((2, 1), Bounds { drops: Some(2), timeouts: None, ..bounds }).1;
    assert_eq!(found.map(|found| found.trouble), Some(Trouble::Missed));
}

#[test]
fn runs_are_looked_through_to_a_limit_of_depth_too() {
    let limits = super::Limits { depth: Some(4), ..ALL };
    let bounds = Bounds { drops: Some(1), ..Bounds::default() };
    let mut space = two::<Passer, Said>((NEVER, 0), bounds, Said(false));
    let report = looked(&mut space, SAID, Manner::Breadth, limits, 1).expect("passers have no flaw");
    assert_eq!(report.found.map(|found| found.trouble), Some(Trouble::Missed));
}
