//! Two nodes that count balls to and fro; each ignores all but the next, and stops at a limit.

use super::{Effects, Protocol};
use pessimist::node::node_value;
use serde::{Deserialize, Serialize};

/// The game.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PingPong {
    /// How far a node counts.
    pub most: u32,
}

node_value! {
    /// A ball.
    #[derive(Copy)]
    pub enum Ball {
        /// From the server.
        Ping(u32),
        /// From the other.
        Pong(u32),
    }
}

/// How many nodes there are.
pub const NODES: u8 = 2;

impl Protocol for PingPong {
    type State = u32;
    type Msg = Ball;
    type Timer = ();
    type Stored = ();

    fn start(&self, me: u8, _: Option<&()>, out: &mut impl Effects<Self>) -> u32 {
        if me == 0 {
            out.send(1, Ball::Ping(0));
        }
        0
    }

    fn on_msg(&self, _: u8, count: &u32, from: u8, ball: &Ball, out: &mut impl Effects<Self>) -> Option<u32> {
        let (Ball::Ping(number) | Ball::Pong(number)) = *ball;
        if number != *count || *count == self.most {
            return None;
        }
        out.send(from, if from == 0 { Ball::Pong(number) } else { Ball::Ping(number + 1) });
        Some(count + 1)
    }
}
