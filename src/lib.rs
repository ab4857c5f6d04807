//! backtrail hunts back through archived AWS `CloudTrail` logs with Sigma rules.
//!
//! Modules stand in reading order: what a rule says, what AWS writes, what leaves the house, the
//! engine between them, and who drives it. `ARCHITECTURE.md` draws the same map with its reasons.
//!
//! ```
//! use backtrail::{cloudtrail::FileName, engine::Engine, scan, sigma};
//!
//! let parsed = sigma::parse(
//!     "title: Logging stopped\n\
//!      logsource: {product: aws, service: cloudtrail}\n\
//!      detection: {sel: {eventName: StopLogging}, condition: sel}",
//!     &sigma::Placeholders::new(),
//! );
//! let rules = parsed.documents.iter().filter_map(|document| match document {
//!     sigma::Document::Rule(rule) => Some(&**rule),
//!     _ => None,
//! });
//! let engine = Engine::from_rules(rules);
//! let scanner = scan::Scanner::new(&engine, scan::ScanOptions::default())?;
//! let name = FileName::default();
//! let text = br#"{"Records":[{"eventName":"StartLogging"},{"eventName":"StopLogging"}]}"#;
//! let mut found = Vec::new();
//! scanner.scan(
//!     scan::Origin { name: &name, integrity: None },
//!     text,
//!     &mut scanner.scratch(),
//!     &mut |_rule, finding| found.push(finding.record),
//! );
//! assert_eq!(found, [1]);
//! # Ok::<(), scan::ScanError>(())
//! ```

pub mod catalog;
pub mod cloudtrail;
pub mod correlate;
pub mod coverage;
pub mod engine;
pub mod finding;
pub mod hunt;
pub mod lint;
pub mod platform;
pub mod ruleset;
pub mod scan;
pub mod sigma;
pub mod simd;
pub mod sink;
mod sort;
pub mod source;
pub mod text;
pub mod verify;
