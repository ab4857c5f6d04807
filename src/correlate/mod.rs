//! Findings in order of time to correlation findings.
//!
//! Whoever drives takes the rows that a match gives ([`Plan::rows`]), sorts them as bytes, level by
//! level, and puts them through a [`Pass`]; what a pass finds gives rows for higher levels. So the
//! result depends on times and texts alone, not on the order in which matches were found. JSON is
//! not known here. What memory should not hold of a window goes to an unnamed temporary file; a finding lists
//! its first events.

mod aggregate;
mod alert;
mod exact;
mod held;
mod plan;
mod queue;
mod ranked;
mod row;
#[cfg(test)]
mod tests;
mod window;

pub use alert::Alert;
pub use plan::Plan;
pub use row::Match;
pub(crate) use row::{push_text, sortable};
pub use window::Pass;
