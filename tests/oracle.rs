//! The fast path against slow ones.
//!
//! The scanner skips most bytes of a log file. That it skips nothing that matters is held here: on the
//! conformance vectors, on real records, and on generated cases, the scanner with its gates, the scanner
//! without them, and an evaluator that shares no code with either must find the same records and show
//! the same text. A foreign implementation is asked too, where it reads the specification the same way.

#![expect(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "texts of tests are small, and plainer when they are put together this way"
)]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "vectors and samples are read from disk, and PROPTEST_CASES asks for a longer run"
)]

#[path = "oracle/choices.rs"]
mod choices;
#[path = "oracle/correlated.rs"]
mod correlated;
#[path = "oracle/decimal.rs"]
mod decimal;
#[path = "oracle/events.rs"]
mod events;
#[path = "oracle/explained.rs"]
mod explained;
#[path = "oracle/folding.rs"]
mod folding;
#[path = "oracle/foreign.rs"]
mod foreign;
#[path = "oracle/generate.rs"]
mod generate;
#[path = "oracle/generated.rs"]
mod generated;
#[path = "oracle/given.rs"]
mod given;
#[path = "hunting/mod.rs"]
mod hunting;
#[path = "oracle/naive.rs"]
mod naive;
#[path = "oracle/nested.rs"]
mod nested;
#[path = "oracle/reader.rs"]
mod reader;
#[path = "oracle/rules.rs"]
mod rules;
#[path = "oracle/timestamp.rs"]
mod timestamp;
#[path = "oracle/trial.rs"]
mod trial;
#[path = "oracle/vectors.rs"]
mod vectors;
#[path = "oracle/wrapped.rs"]
mod wrapped;
