//! What is done with one input of each fuzz target.
//!
//! A target's `check` takes any bytes and panics if something is not as it must be. libFuzzer calls it
//! through `fuzz_targets/`; `tests/fuzz.rs` of the root package takes these modules by their path and
//! calls it with all of `corpus/`, which needs no nightly toolchain. No file is touched here.

pub mod condition;
pub mod containers;
pub mod inflate;
pub mod rule_yaml;
pub mod scan;
pub mod split;
mod ways;
