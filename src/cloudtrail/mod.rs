//! What AWS writes: keys, envelopes, records, events. No I/O.

mod bounded;
mod bystander;
mod digest;
pub mod envelope;
mod event;
mod json;
mod key;
pub mod rebuild;
mod record;
mod signs;
mod time;
mod tolerant;

pub use bounded::bounded;
pub use bystander::bystander;
pub use digest::{Digest, DigestError, DigestName, Listed, Previous, each_log_file};
pub use event::{Event, Members, Parser};
pub use json::{BrokenRecord, Node};
pub use key::{FileName, Key, is_log_of_other_service};
pub use record::{Record, one_line};
pub use signs::Signs;
pub use time::{EventTime, TIME_FIELDS, read_time};
