//! Every checker is shown a history that it must accept and one that it must reject.

mod answers;
pub mod dsl;
mod models;
mod mutants;
mod order;
mod promises;
mod runs;
mod sessions;
mod states;
mod stores;
mod time;
