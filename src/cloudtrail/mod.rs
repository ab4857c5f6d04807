//! What AWS writes: keys, envelopes, records, events. No I/O.

mod key;

pub use key::{FileName, Key};
