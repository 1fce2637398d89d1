//! Clocks: what a node may say about time that it cannot see.
//!
//! A node has a clock of its own that drifts, and messages that take a while. From these two, protocols make more:
//!
//! - [`cristian`]: an estimate of a server's time, with the error that the round trip leaves (Cristian, 1989);
//! - [`hybrid`]: timestamps that follow cause and effect and stay near the clock (Kulkarni and others, 2014);
//! - [`true_time`]: timestamps that follow real time, at the price of a wait (Corbett and others, 2012).
//!
//! Each machine has two of its [`own`]. Logical clocks need no clock at all: [`lamport`] counts along cause and effect (Lamport, 1978), [`vector`] shows what is
//! concurrent as well (Mattern and Fidge, 1988). A [`process`] keeps either and declares it; [`mistaken`] are wrong ones.
//!
//! None of them makes two clocks equal. Each states how far off it may be, and is right as long as its assumption about
//! clocks is. The first three end with a mistake that people make when they write them.

pub mod cristian;
pub mod hybrid;
pub mod lamport;
pub mod mistaken;
pub mod own;
pub mod process;
pub mod true_time;
pub mod vector;

#[cfg(test)]
mod tests;

pub use cristian::Cristian;
pub use hybrid::Hybrid;
pub use lamport::Lamport;
pub use process::Process;
pub use true_time::TrueTime;
pub use vector::Vector;
