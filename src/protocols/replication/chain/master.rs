//! The master: it says who the chain is.

use super::{Config, Ctx, Msg, Order, SERVERS, Timer};
use crate::node::{Fact, LocalSpan, NodeId, node_value};

node_value! {
    /// The master.
    pub struct Master {
        order: Order,
        #[serde(skip)]
        suspect: LocalSpan,
    }
}

impl Master {
    pub(super) fn boot(ctx: &mut Ctx, config: &Config) -> Self {
        let master = Master { order: Order::first(ctx), suspect: config.suspect };
        master.order.servers.iter().for_each(|server| ctx.set_timer(Timer::Suspect(*server), config.suspect));
        master
    }

    pub(super) fn on_message(&mut self, ctx: &mut Ctx, from: NodeId, msg: Msg) {
        match msg {
            Msg::Alive if self.order.servers.contains(&from) => {
                ctx.set_timer(Timer::Suspect(from), self.suspect);
                // Said again each time: who missed the last word hears this one.
                ctx.send(from, Msg::Chain(self.order.clone()));
            }
            // Who was taken for failed learns it, if it lives.
            Msg::Alive | Msg::Which => ctx.send(from, Msg::Chain(self.order.clone())),
            _ => {}
        }
    }

    /// A server was silent for too long: it is left out, the others close the gap. The last one stays, dead or alive:
    /// nobody else has what it has.
    pub(super) fn on_silence(&mut self, ctx: &mut Ctx, server: NodeId) {
        if self.order.servers.len() == 1 {
            return;
        }
        self.order.servers.retain(|other| *other != server);
        self.order.number += 1;
        let names: Vec<&str> = self.order.servers.iter().map(|id| ctx.cluster().name(*id)).collect();
        let text = format!("takes {} for failed; the chain is {}", ctx.cluster().name(server), names.join(" "));
        ctx.observe(Fact::note(text));
        for &other in ctx.cluster().group(SERVERS) {
            ctx.send(other, Msg::Chain(self.order.clone()));
        }
    }
}
