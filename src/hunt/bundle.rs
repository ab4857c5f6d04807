//! Run bundles: everything that is needed to repeat a hunt, and what it found.
//!
//! A bundle is a folder. Its manifest has the hash and size of every part and is written last, so a
//! bundle without one belongs to a hunt that did not complete. The manifest shows accidental changes.
//! Someone who changes a part on purpose can write a new manifest too, so its own hash is printed, to
//! be kept elsewhere.

mod compare;
mod coverage;
mod error;
mod parts;
mod read;
mod tee;
#[cfg(test)]
mod tests;
mod write;

pub use compare::{Brief, Comparing, FindingsCompared};
pub use coverage::{CoverageCompared, FileChanged, FileSeen};
pub use error::BundleError;
pub use parts::{BundledHunt, RuleOrigin};
pub use read::{Bundle, MOST_ADDED, RuleNow};
pub use write::{BundleOutput, BundleWriter};
