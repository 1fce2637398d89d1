//! Clocks, timers, crashes, pauses and slowness.

use crate::puppet::*;
use pessimist::kernel::{Action, ClockPlan, NodeAction, Over};
use pessimist::node::{ClockChange, SimSpan, SimTime};

#[test]
fn a_timer_on_a_clock_one_per_cent_fast() {
    let mut plan = plan(&["a"]);
    let a = plan.cluster.id(0);
    plan.clocks.insert(a, ClockPlan { rate_ppb: 10_000_000, ..ClockPlan::default() });
    tell(&mut plan, 0, "a", "set", 100);
    assert_eq!(said(&run(plan).1), ["99009901ns a alarm 100"]);
}

#[test]
fn a_timer_follows_its_clock_when_the_rate_changes() {
    let mut plan = plan(&["a"]);
    tell(&mut plan, 0, "a", "set", 100);
    // 50 ms pass true; the remaining 50 ms of the clock take 25 at double speed, or 100 at half.
    strike(&mut plan, 50, "a", NodeAction::Clock(ClockChange::Rate(1_000_000_000)));
    let faster = said(&run(plan.clone()).1);
    plan.rules.pop();
    strike(&mut plan, 50, "a", NodeAction::Clock(ClockChange::Rate(-500_000_000)));
    assert_eq!((faster, said(&run(plan).1)), (vec!["75 a alarm 100".into()], vec!["150 a alarm 100".into()]));
}

#[test]
fn a_step_of_the_wall_clock_moves_no_timer() {
    let mut plan = plan(&["a"]);
    tell(&mut plan, 0, "a", "set", 100);
    strike(&mut plan, 50, "a", NodeAction::Clock(ClockChange::Step(-3_600_000_000_000)));
    let (world, trace) = run(plan);
    assert_eq!(said(&trace), ["100 a alarm 100"]);
    assert_eq!(world.local_time(world.cluster().id(0)).0, world.now().0 as i64 - 3_600_000_000_000);
}

#[test]
fn a_timer_that_is_moved_fires_once_and_a_cancelled_one_never() {
    let mut plan = plan(&["a"]);
    tell(&mut plan, 0, "a", "set", 30);
    tell(&mut plan, 20, "a", "set", 30);
    tell(&mut plan, 0, "a", "set", 40);
    tell(&mut plan, 39, "a", "cancel", 40);
    assert_eq!(said(&run(plan).1), ["50 a alarm 30"]);
}

#[test]
fn a_crash_forgets_timers_and_loses_messages() {
    let mut plan = plan(&["a", "b"]);
    tell(&mut plan, 0, "b", "set", 30);
    tell(&mut plan, 10, "a", "send", 1);
    strike(&mut plan, 5, "b", NodeAction::Crash);
    strike(&mut plan, 20, "b", NodeAction::Restart);
    tell(&mut plan, 25, "a", "send", 2);
    assert_eq!(said(&run(plan).1), ["11 network lost Word a>b: the receiver is down", "26 b heard 2 from a"]);
}

#[test]
fn what_waits_for_a_paused_process_comes_all_at_once() {
    let mut plan = plan(&["a", "b"]);
    strike(&mut plan, 5, "b", NodeAction::Pause);
    tell(&mut plan, 0, "b", "set", 10);
    tell(&mut plan, 7, "a", "send", 1);
    tell(&mut plan, 20, "a", "send", 2);
    strike(&mut plan, 50, "b", NodeAction::Resume);
    assert_eq!(said(&run(plan).1), ["50 b heard 1 from a", "50 b alarm 10", "50 b heard 2 from a"]);
}

#[test]
fn a_slow_process_serves_one_message_at_a_time_and_its_inbox_is_bounded() {
    let mut plan = plan(&["a", "b"]);
    plan.inbox = 2;
    strike(&mut plan, 0, "b", NodeAction::Slow(SimSpan::millis(10)));
    for word in 1..=4 {
        tell(&mut plan, 10, "a", "send", word);
    }
    let lost = "11 network lost Word a>b: the receiver's inbox is full";
    assert_eq!(said(&run(plan).1), [lost, lost, "21 b heard 1 from a", "31 b heard 2 from a"]);
}

#[test]
fn timers_of_a_kind_can_be_made_to_end_now() {
    let mut plan = plan(&["a"]);
    tell(&mut plan, 0, "a", "set", 100);
    strike(&mut plan, 10, "a", NodeAction::Expire("Alarm".into()));
    assert_eq!(said(&run(plan).1), ["10 a alarm 100"]);
}

#[test]
fn time_that_stands_still_ends_the_run() {
    use pessimist::kernel::{MAX_EVENTS_AT_ONCE, World};
    use pessimist::node::{Cluster, Ctx, Node, NodeId, node_value};
    node_value! { pub struct Dizzy; pub struct Round; }
    impl Node for Dizzy {
        type Config = ();
        type Msg = Round;
        type Timer = ();
        type Disk = ();
        fn boot(ctx: &mut Ctx<Self>, (): &(), (): &()) -> Self {
            ctx.send(ctx.me(), Round);
            Dizzy
        }
        fn on_message(&mut self, ctx: &mut Ctx<Self>, _: NodeId, round: Round) {
            ctx.send(ctx.me(), round);
        }
    }
    let plan = pessimist::kernel::Plan::new(Cluster::new([("node", vec!["a"])]).unwrap());
    let mut world = World::<Dizzy>::new(plan, ());
    assert_eq!(world.run(&mut ()), Over::Standstill);
    assert!(world.events() >= MAX_EVENTS_AT_ONCE && world.now() == SimTime::ZERO);
}

#[test]
fn a_run_ends_with_its_time_its_events_or_its_last_event() {
    let mut plan = plan(&["a", "b"]);
    tell(&mut plan, 0, "a", "send", 1);
    assert_eq!(run_over(plan.clone()), Over::Quiet);
    at(&mut plan, 20_000, Action::Mark);
    assert_eq!(run_over(plan.clone()), Over::Until);
    plan.max_events = 3;
    assert_eq!(run_over(plan), Over::Events);
}

fn run_over(plan: pessimist::kernel::Plan) -> Over {
    run(plan).0.over().unwrap()
}
