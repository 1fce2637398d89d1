//! The ping-pong on [anysystem](https://crates.io/crates/anysystem) 0.3.
//!
//! What is measured: building a system of two nodes with one process each, delivering the messages, and taking the
//! system down again. Every delivery goes through anysystem's event queue, its network and the process's handler. No
//! randomness is added: the network draws each delay uniformly from 1 to 2 ms, and also draws whether to lose, to
//! corrupt and to duplicate each message, although all three rates are left at their default of zero.
//!
//! The process is written as cheaply as the interface allows, and not as its examples are. A message of anysystem is
//! two strings, a type and its data; the examples put JSON into the data and read it back. Here the data is the
//! ball's number in decimal, written once when the ball is served. A process that receives a ball hands the very same
//! message back to the network, so no number is parsed or formatted and no string is allocated by the process itself.
//!
//! anysystem always traces, and that cannot be turned off: it notes every sending and every delivery twice, once in
//! the trace of the system and once in the log of the process, with copies of the strings. So the cost of a trace is
//! part of this figure. No log file is set and no logger is installed, so nothing is formatted, printed or written.
//!
//! What is not measured: timers, local messages, crashes, faults of the network, processes in Python, and the model
//! checker. The library is built with PyO3 in any case, but Python is never started here.

use anysystem::{Context, Message, Process, System};

/// Delays in seconds, the unit of anysystem's clock.
const LEAST_DELAY: f64 = 0.001;
const MOST_DELAY: f64 = 0.002;

/// Sends every ball back to where it came from, after having served as many as it is told to.
#[derive(Clone)]
struct Player {
    serves: u32,
}

impl Process for Player {
    fn on_start(&mut self, ctx: &mut Context) -> Result<(), String> {
        for ball in 0..self.serves {
            ctx.send(Message::new("BALL", &ball.to_string()), "pong".to_owned());
        }
        Ok(())
    }

    fn on_message(&mut self, ball: Message, from: String, ctx: &mut Context) -> Result<(), String> {
        ctx.send(ball, from);
        Ok(())
    }

    fn on_local_message(&mut self, _: Message, _: &mut Context) -> Result<(), String> {
        unreachable!("nothing in the ping-pong is asked for from outside")
    }

    fn on_timer(&mut self, _: String, _: &mut Context) -> Result<(), String> {
        unreachable!("the ping-pong sets no timers")
    }
}

/// Plays with `in_flight` balls until `messages` of them have been delivered.
pub fn run(in_flight: u32, messages: u64) -> u64 {
    delivered(&play(in_flight, messages))
}

fn play(in_flight: u32, messages: u64) -> System {
    let mut system = System::new(42);
    system.network().set_delays(LEAST_DELAY, MOST_DELAY);
    system.add_node("node-1");
    system.add_node("node-2");
    // The order matters: a process serves as soon as it is added, and the network must know the receiver by then.
    system.add_process("pong", Box::new(Player { serves: 0 }), "node-2");
    system.add_process("ping", Box::new(Player { serves: in_flight }), "node-1");
    // There are no timers, so every step delivers one message.
    system.steps(messages);
    system
}

fn delivered(system: &System) -> u64 {
    system.received_message_count("ping") + system.received_message_count("pong")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_balls_fly_as_they_are_meant_to() {
        for in_flight in [1, 64] {
            let system = play(in_flight, 10_000);
            assert_eq!(delivered(&system), 10_000);
            assert_eq!(system.network().network_message_count(), 10_000 + u64::from(in_flight));
            let flight = system.time() * f64::from(in_flight) / 10_000.0;
            assert!((0.00145..0.00155).contains(&flight), "a flight takes {flight} s on average");
        }
    }
}
