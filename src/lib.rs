//! backtrail hunts back through archived AWS `CloudTrail` logs with Sigma rules.
//!
//! Modules stand in reading order: what a rule says, what AWS writes, what leaves the house, the
//! engine between them, and who drives it. `ARCHITECTURE.md` draws the same map with its reasons.

pub mod cloudtrail;
pub mod coverage;
pub mod engine;
pub mod finding;
pub mod hunt;
pub mod ruleset;
pub mod scan;
pub mod sigma;
pub mod sink;
pub mod source;
