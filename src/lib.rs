//! backtrail hunts back through archived AWS `CloudTrail` logs with Sigma rules.
//!
//! `rule` is the model of what rules say and `sigma` reads Sigma files into it; `cloudtrail` is what
//! AWS writes; `engine` and `scan` match the two, and `hunt` drives them over an archive.
//! `ARCHITECTURE.md` draws the map with its reasons.
//!
//! ```
//! use backtrail::{cloudtrail::FileName, engine::Engine, rule::Document, scan, sigma};
//!
//! let parsed = sigma::parse(
//!     "title: Logging stopped\n\
//!      logsource: {product: aws, service: cloudtrail}\n\
//!      detection: {sel: {eventName: StopLogging}, condition: sel}",
//!     &sigma::Placeholders::new(),
//! );
//! let rules = parsed.documents.iter().filter_map(|document| match document {
//!     Document::Rule(rule) => Some(&**rule),
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

pub mod archive;
pub mod catalog;
pub mod cloudtrail;
pub mod correlate;
pub mod coverage;
pub mod engine;
pub mod finding;
pub mod hunt;
pub mod lint;
pub mod platform;
pub mod rule;
pub mod ruleset;
pub mod scan;
pub mod sigma;
pub mod simd;
pub mod sink;
mod sort;
pub mod text;
pub mod verify;
