//! Small protocols that Pessimist and stateright both search.

pub mod models;
