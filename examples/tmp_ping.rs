//! temporary
use pessimist::kernel::*;
use pessimist::node::*;
use pessimist::trace::*;
use std::time::Instant;
node_value! { #[doc="x"] pub struct Ping { seen: u64 } #[doc="x"] #[derive(Copy)] pub struct Ball { number: u32 } }
impl Node for Ping {
    type Config = u32;
    type Msg = Ball;
    type Timer = ();
    type Disk = ();
    fn boot(ctx: &mut Ctx<Self>, balls: &u32, _: &()) -> Self {
        if ctx.me() == ctx.peers()[0] {
            for n in 0..*balls {
                ctx.send(ctx.peers()[1], Ball { number: n });
            }
        }
        Ping { seen: 0 }
    }
    fn on_message(&mut self, ctx: &mut Ctx<Self>, from: NodeId, ball: Ball) {
        self.seen += 1;
        ctx.send(from, ball);
    }
}
fn main() {
    let only = std::env::args().nth(1);
    let n: u32 = std::env::args().nth(2).map_or(4_000_000, |s| s.parse().unwrap());
    for balls in [1, 64] {
        for traced in [false, true] {
            if only.as_ref().is_some_and(|o| *o != format!("{balls}{traced}")) {
                continue;
            }
            let mut plan = Plan::new(Cluster::new([("n", vec!["a", "b"])]).unwrap());
            plan.link.delay = Law::Uniform(SimSpan::millis(1), SimSpan::millis(2));
            plan.until = SimTime(u64::MAX);
            plan.max_events = n;
            let cluster = plan.cluster.clone();
            let mut world = World::<Ping>::new(plan, balls);
            let t = Instant::now();
            let mut bytes = 0;
            if traced {
                let mut r = Recorder::new(cluster, Lines::None);
                world.run(&mut r);
                bytes = r.trace.bytes();
            } else {
                world.run(&mut ());
            }
            let s = t.elapsed().as_secs_f64();
            let seen: u64 = world.cluster().ids().map(|i| world.node(i).unwrap().seen).sum();
            println!(
                "{balls} traced {traced}: {:.1} M msgs/s, {:.1} M events/s {} B/event",
                seen as f64 / s / 1e6,
                world.events() as f64 / s / 1e6,
                bytes as f64 / world.events() as f64
            );
        }
    }
}
