//! What a scan tells of one text, beside its findings.

use jiff::Timestamp;

use super::{Families, Logging};

/// What a scan tells of one text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scanned {
    /// What the text was.
    pub content: Content,
    /// Records in it.
    pub records: u64,
    /// What was wrong with it, as fragments fit for reasons; empty if nothing was.
    pub damage: Vec<String>,
    /// The earliest and the latest time of its records, if that was asked for and any time is readable.
    pub event_times: Option<(Timestamp, Timestamp)>,
    /// Places where AWS left out parameters because of their size.
    pub omitted_parameters: u64,
    /// Events of other AWS services: their `eventSource` begins with `aws:`. They are no records.
    pub foreign_events: u64,
    /// Records that were built again from documents or rows; see [`rebuild`](crate::cloudtrail::rebuild).
    pub rebuilt_records: u64,
    /// A text that was not understood shows signs of `CloudTrail`: it is no mere bystander.
    pub has_signs: bool,
    /// A text that was not understood is a whole table, or JSON without a wrapping.
    pub is_other_data: bool,
    /// Families of events that records say they belong to.
    pub families: Families,
    /// What its records say of logging itself.
    pub logging: Logging,
    /// Records that rules match and whose time cannot be read.
    pub records_without_time: u64,
}

/// What a text turned out to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Content {
    /// `CloudTrail` records, or a well-formed container without any.
    #[default]
    Trail,
    /// A known stranger, such as a digest: not events and not meant to be. The word says which.
    Stranger(&'static str),
    /// Not understood; the text says what was seen instead.
    Unknown(String),
}
