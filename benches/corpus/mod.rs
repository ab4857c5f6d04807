//! A seeded generator of realistic `CloudTrail` archives.
//!
//! The same options give the same bytes on every machine: no clock, no locale, no floating point
//! function takes part. Records have AWS's fields in AWS's order; accounts, addresses and keys are those
//! of documentation, and no record is copied from anywhere. What it promises is shape (sizes, spread,
//! compression, variety), not meaning: a session may use a bucket that it never listed.
//!
//! It is a folder and not a part of the library, so that nobody ships it. Benches and tests take it in:
//!
//! ```ignore
//! #[path = "../benches/corpus/mod.rs"]
//! #[expect(dead_code, reason = "only a part of the generator is used here")]
//! mod corpus;
//!
//! use corpus::archive::{Class, Corpus, Options};
//!
//! let options = Options { class: Class::Small, bytes: 1 << 20, hits: 1_000, seed: 7 };
//! for file in Corpus::new(options) {
//!     let packed = file.pack()?; // file.key, file.text, file.tally
//! }
//! ```

pub(crate) mod archive;
pub(crate) mod broken;
pub(crate) mod bundles;
mod clock;
pub(crate) mod digests;
mod event;
mod kind;
pub(crate) mod kinds;
pub(crate) mod pack;
mod random;
mod record;
mod session;
pub(crate) mod signin;
pub(crate) mod steps;
pub(crate) mod story;
mod stream;
mod template;
mod world;
