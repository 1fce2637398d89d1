//! Scenarios that are right, and what becomes of them.

use super::*;
