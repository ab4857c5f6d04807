//! What an object key says: account, region, family and day of delivery.

/// The name of a log file as it is shown, and as it is where that differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileName {
    /// The name as given to us; what is not UTF-8 is replaced by U+FFFD.
    pub display: String,
    /// The raw bytes in hex, only for a name that is not UTF-8.
    pub raw_hex: Option<String>,
}

/// The parts of an AWS object key, `[prefix/]AWSLogs/[org/]account/family/region/YYYY/MM/DD/file`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key<'n> {
    /// The account whose log this is.
    pub account: &'n str,
    /// What kind of file: `CloudTrail`, `CloudTrail-Digest`, `CloudTrail-Insight` ...
    pub family: &'n str,
    /// The region that delivered the file.
    pub region: &'n str,
    /// Day of delivery, UTC.
    pub day: jiff::civil::Date,
}

impl<'n> Key<'n> {
    /// Reads a name (with `/` between its parts); `None` if it does not have the form of an AWS key.
    pub fn parse(name: &'n str) -> Option<Self> {
        let _ = name;
        None
    }
}
