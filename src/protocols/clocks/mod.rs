//! Clocks that nodes keep for themselves.

pub mod lamport;
pub mod mutants;
pub mod process;
pub mod vector;

pub use lamport::Lamport;
pub use process::Process;
pub use vector::Vector;
