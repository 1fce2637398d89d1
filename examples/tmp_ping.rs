use pessimist::kernel::*;
use pessimist::node::*;
use std::time::Instant;
node_value! { pub struct Ping { seen: u64 } #[derive(Copy)] pub struct Ball { number: u32 } }
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
    for balls in [1, 64] {
        for law in [Law::Uniform(SimSpan::millis(1), SimSpan::millis(2)), Law::Constant(SimSpan::millis(1))] {
            let mut plan = Plan::new(Cluster::new([("n", vec!["a", "b"])]).unwrap());
            plan.link.delay = law;
            plan.until = SimTime(u64::MAX);
            plan.max_events = 20_000_000;
            let mut world = World::<Ping>::new(plan, balls);
            let t = Instant::now();
            world.run(&mut ());
            let s = t.elapsed().as_secs_f64();
            let seen: u64 = world.cluster().ids().map(|i| world.node(i).unwrap().seen).sum();
            println!(
                "{balls}: {:.1} M msgs/s, {:.1} M events/s",
                seen as f64 / s / 1e6,
                world.events() as f64 / s / 1e6
            );
        }
    }
}
