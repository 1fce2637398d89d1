//! Clocks of what is stored: which of two values replaces the other, and which merely met it.
//!
//! # The problem
//!
//! Several servers hold a value, and several clients write it. Where one writer had seen the value of another, its own
//! replaces that; where neither had seen the other's, both have to be kept, as *siblings*. So each value needs a name for
//! all that its writer had seen: its causal history.
//!
//! # Two clocks
//!
//! A [`VersionVector`] (Parker and others, 1983) has one number for each server: the first n writes that this server took.
//! It can name *sets* of writes. It cannot name one write of a server without all those before it, which other clients
//! may have made: two clients that write through one server look like one that wrote twice.
//!
//! A [`DottedVersionVector`] names one write, its [`Dot`], and beside it the history that its writer had seen. The dot
//! need not follow that history at once, so the gap says what was *not* seen. [`Siblings`] are values with such clocks,
//! and the four functions of the paper's kernel on them.
//!
//! Both need an entry for each server, not for each client, of whom there may be many.
//!
//! # What is left out
//!
//! Removing a value altogether, servers that lose their state (their dots would be given twice), and the compact form in
//! which siblings share one vector (Almeida, Baquero, Goncalves, Preguica and Fonte, 2014).
//!
//! # References
//!
//! Nuno Preguica, Carlos Baquero, Paulo Sergio Almeida, Victor Fonte, Ricardo Goncalves, *Dotted Version Vectors: Logical
//! Clocks for Optimistic Replication* (2010), and *Brief Announcement: Efficient Causality Tracking in Distributed Storage
//! Systems with Dotted Version Vectors* (2012). Stott Parker and others, *Detection of Mutual Inconsistency in Distributed
//! Systems* (1983).

mod dotted;
mod vector;

#[cfg(test)]
mod tests;

pub use dotted::{DottedVersionVector, Siblings};
pub use vector::{Dot, VersionVector};
