//! The hunt pipeline: a lister, workers, and a collector that restores the order of the listing.
//!
//! The same archive and options give the same findings for any number of threads. A hunt stops early
//! for three reasons only: it cannot be planned, its output cannot be written, or the user interrupts
//! it. What was found until then is complete, and the coverage report says so.

mod blind;
pub mod bundle;
pub mod checkpoint;
mod clock;
mod collect;
mod context;
mod copies;
mod correlating;
mod drive;
mod fed;
mod grid;
mod hunted;
mod job;
mod measure;
mod memory;
mod meter;
mod options;
mod outcome;
mod pass;
mod plan;
mod progress;
mod report;
mod sample;
mod scope;
mod seal;
mod seen;
pub mod spec;
mod spool;
mod tally;
mod visitor;
mod window;
mod worker;

pub use checkpoint::Checkpoint;
pub use drive::{Task, run};
pub use hunted::{HuntError, Hunted};
pub use measure::{Measured, baseline, profile, survey};
pub use memory::Memory;
pub use meter::Spent;
pub use options::Options;
pub use progress::Progress;
pub use sample::Sample;
pub use spec::{Bounds, Detail, Duplicates, HuntSpec, Sort};
