//! Assignment 5: gossip. See HANDOUT.md.

use pessimist::node::{Ctx, Datum, Fact, LocalSpan, Node, NodeId, Op, Operation, Outcome, node_value};
use pessimist::scenario::Registry;

/// How long a member waits from round to round.
const EVERY: LocalSpan = LocalSpan::millis(20);

node_value! {
    /// One of the group.
    pub struct Member {
        /// How many messages it has broadcast itself.
        sent: u64,
        // What else must a member remember?
    }

    /// A message that is broadcast, with what makes it different from all others.
    pub struct Rumour {
        pub from: NodeId,
        pub number: u64,
        pub value: Datum,
    }

    /// What members say to each other. You may add to it.
    pub enum Msg {
        Tell { rumours: Vec<Rumour> },
    }

    /// Time for the next round.
    #[derive(Copy)]
    pub struct Round;
}

impl Node for Member {
    type Config = ();
    type Msg = Msg;
    type Timer = Round;
    type Disk = ();

    fn boot(_ctx: &mut Ctx<Self>, _config: &(), _disk: &()) -> Self {
        Member { sent: 0 }
    }

    /// A client asks for something to be broadcast. It is told at once that its message is on its way.
    fn on_operation(&mut self, ctx: &mut Ctx<Self>, operation: Operation) {
        let Op::Broadcast(value) = operation.op else { return };
        ctx.observe(Fact::Broadcast { value: value.clone() });
        ctx.observe(Fact::Returned { operation: operation.id, outcome: Outcome::Ok(Datum::Absent) });
        let rumour = Rumour { from: ctx.me(), number: self.sent, value };
        self.sent += 1;
        self.hear(ctx, rumour);
    }

    /// A message has arrived.
    fn on_message(&mut self, ctx: &mut Ctx<Self>, _from: NodeId, msg: Msg) {
        match msg {
            Msg::Tell { rumours } => {
                for rumour in rumours {
                    self.hear(ctx, rumour);
                }
            }
        }
    }

    /// The timer that `ctx.set_timer(Round, EVERY)` sets has fired.
    fn on_timer(&mut self, _ctx: &mut Ctx<Self>, _round: Round) {
        // Your part.
        let _ = EVERY;
    }
}

impl Member {
    /// This member knows a rumour now, perhaps not for the first time.
    fn hear(&mut self, ctx: &mut Ctx<Self>, rumour: Rumour) {
        // Your part: deliver it once, and see to it that the others hear it.
        ctx.observe(Fact::Delivered { from: rumour.from, value: rumour.value });
    }
}

/// The protocols that scenarios may name.
pub fn registry() -> Registry {
    Registry::standard().with::<Member>("Gossip")
}
