//! What kinds of things a text held, and how they are told apart.

use memchr::memmem;

/// A top-level object with one of these keys is a record.
pub(super) const RECORD_KEYS: [&str; 14] = [
    "eventVersion",
    "eventName",
    "eventSource",
    "eventTime",
    "eventID",
    "userIdentity",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "errorCode",
    "errorMessage",
    "requestParameters",
    "responseElements",
    "recipientAccountId",
];

/// What kinds of things a text held.
#[derive(Debug, Clone, Default)]
pub(in crate::scan) struct Seen {
    /// `Records` arrays.
    pub(in crate::scan) containers: u64,
    /// Records in top-level arrays or on their own, that look like records.
    pub(in crate::scan) loose_records: u64,
    /// A top-level object or array element that has the keys of a digest.
    pub(in crate::scan) digest: bool,
    /// Top-level values that are neither, and what the first of them was.
    pub(in crate::scan) strangers: u64,
    /// What the first stranger was.
    pub(in crate::scan) first_stranger: Option<String>,
}

impl Seen {
    /// Notes whether an element of a top-level array looks like a record.
    pub(super) fn look_at_element(&mut self, value: &[u8]) {
        if RECORD_KEYS
            .iter()
            .any(|key| memmem::find(value, format!("\"{key}\"").as_bytes()).is_some())
        {
            self.loose_records += 1;
        } else {
            self.stranger(|| "an array of objects without the keys of a record".to_owned());
        }
    }

    pub(super) fn stranger(&mut self, what: impl FnOnce() -> String) {
        if self.first_stranger.is_none() {
            self.first_stranger = Some(what());
        }
        self.strangers += 1;
    }
}
