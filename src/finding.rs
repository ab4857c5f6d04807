//! A match of one rule on one record, or of one correlation, as written to the output.
//!
//! A finding borrows from the record it was found in and is rendered at once, by the worker; what
//! travels on is bytes. Absent values are `None`; the formats decide how to show them.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::{
    cloudtrail::FileName,
    rule::{CorrelationKind, Head, Number},
};

/// One match of one rule on one record.
#[derive(Debug, Clone)]
pub struct Finding<'a> {
    /// The time of the record as findings show it; see [`EventTime`](crate::cloudtrail::EventTime).
    pub time: Option<Cow<'a, str>>,
    /// The same as an instant; `None` if it cannot be read.
    pub at: Option<Timestamp>,
    /// The rule.
    pub rule: &'a Head,
    /// `eventSource`.
    pub event_source: Option<Cow<'a, str>>,
    /// `eventName`.
    pub event_name: Option<Cow<'a, str>>,
    /// `recipientAccountId`. Not shown by itself.
    pub recipient: Option<Cow<'a, str>>,
    /// `recipientAccountId`, else `userIdentity.accountId`.
    pub account: Option<Cow<'a, str>>,
    /// `awsRegion`.
    pub region: Option<Cow<'a, str>>,
    /// `userIdentity.arn`, else the session issuer's arn, else `invokedBy` or `principalId`.
    pub principal: Option<Cow<'a, str>>,
    /// `userIdentity.accessKeyId`.
    pub access_key: Option<Cow<'a, str>>,
    /// `sourceIPAddress`.
    pub source_ip: Option<Cow<'a, str>>,
    /// `userAgent`.
    pub user_agent: Option<Cow<'a, str>>,
    /// `errorCode`.
    pub error_code: Option<Cow<'a, str>>,
    /// `eventID`.
    pub event_id: Option<Cow<'a, str>>,
    /// `sharedEventID`: the same in the records of one action that several accounts received. No format
    /// shows it; the record has it.
    pub shared_event_id: Option<Cow<'a, str>>,
    /// The file the record stands in.
    pub file: &'a FileName,
    /// 0-based index of the record in the file.
    pub record: u64,
    /// Field name to the value that matched, as JSON text, in rule order. Keywords have the empty
    /// name. A field that several items name has all their values. Empty for a rule that only feeds
    /// correlations, whose findings are not shown.
    pub matched: Vec<(&'a str, MatchedValue)>,
    /// What is known of the file's integrity.
    pub integrity: Option<Integrity>,
    /// The record's bytes as one line of valid UTF-8 JSON.
    pub event: Cow<'a, str>,
    /// The record held invalid UTF-8, replaced by U+FFFD in `event`.
    pub event_lossy: bool,
    /// The texts that correlations compare; `None` for a rule that feeds none. Not shown.
    pub correlation_texts: Option<Vec<Option<String>>>,
}

/// What one correlation found in one group.
#[derive(Debug, Clone)]
pub struct CorrelationFinding<'a> {
    /// The correlation.
    pub rule: &'a Head,
    /// Its type.
    pub kind: CorrelationKind,
    /// The names of `group-by` and their values in this group.
    pub group: Vec<(&'a str, Option<&'a str>)>,
    /// The value that was compared.
    pub count: Number,
    /// Time of the first event.
    pub first: Timestamp,
    /// Time of the last event.
    pub last: Timestamp,
    /// How many events are behind it.
    pub total: u64,
    /// Times and ids of the events, in order of time; of very many only the first are here. Long ids are in
    /// their [`bounded`](crate::cloudtrail::bounded) form.
    pub events: Vec<(Timestamp, Option<&'a str>)>,
}

/// The value or values of one field that matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MatchedValue {
    /// One item names the field: its value as JSON text.
    One(String),
    /// Several do: their values as JSON texts, in rule order.
    Many(Vec<String>),
}

/// What is known of the integrity of the file a finding comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Integrity {
    /// The file's checksum failed or was never reached.
    Unchecked,
    /// A digest proves it to be what AWS delivered.
    Valid,
    /// It is what a digest says that is not proved itself.
    Unproved,
    /// No digest lists it.
    Unlisted,
    /// It is listed, and could not be read whole, or other data stands behind it.
    Damaged,
    /// It is not what a digest says.
    Modified,
}

impl Integrity {
    /// The word shown in findings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unchecked => "unchecked",
            Self::Valid => "valid",
            Self::Unproved => "unproved",
            Self::Unlisted => "unlisted",
            Self::Damaged => "damaged",
            Self::Modified => "modified",
        }
    }
}
