//! What a world does, seen from outside: by the log of small runs of a puppet that does as it is told.

mod clocks;
mod disks;
mod draws;
mod loops;
mod network;
mod processes;
mod puppet;
mod rules;
