//! The program: the command line for the protocols that come with Pessimist.

use pessimist::scenario::Registry;
use std::process::ExitCode;

fn main() -> ExitCode {
    pessimist::cli::main_with(Registry::standard())
}
