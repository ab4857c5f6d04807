//! What is asked for: which accounts, regions, trails and times.
//!
//! Accounts and regions decide which files are opened. Times and trails do not: every digest of a
//! chain is read, as the newer ones prove the older ones, and only what is told is bounded.

use jiff::{Span, Timestamp, civil::Date, tz::Offset};

use crate::cloudtrail::{DigestName, Key};

/// Bounds on what is verified; all is, by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Only what was delivered from then on.
    pub from: Option<Timestamp>,
    /// Only what was delivered before then.
    pub to: Option<Timestamp>,
    /// Accounts wanted; all if empty.
    pub accounts: Vec<String>,
    /// Regions wanted; all if empty.
    pub regions: Vec<String>,
    /// Trails wanted; all if empty.
    pub trails: Vec<String>,
}

impl Scope {
    /// Whether the digest of that name is read.
    pub(super) fn reads_digest(&self, name: &DigestName<'_>) -> bool {
        is_wanted(&self.accounts, name.account) && is_wanted(&self.regions, name.region)
    }

    /// Whether the log file of that name is read. Days are padded by one on both sides: the minute
    /// in a name is not exactly when the file was delivered.
    pub(super) fn reads_log(&self, name: &str) -> bool {
        let Some(key) = Key::parse(name) else { return true };
        let day = |time: Timestamp| Offset::UTC.to_datetime(time).date();
        let first =
            self.from.map(|from| day(from).checked_sub(Span::new().days(1)).unwrap_or(Date::MIN));
        let last = self.to.map(|to| day(to).checked_add(Span::new().days(1)).unwrap_or(Date::MAX));
        is_wanted(&self.accounts, key.account)
            && is_wanted(&self.regions, key.region)
            && first.is_none_or(|first| key.day >= first)
            && last.is_none_or(|last| key.day <= last)
    }

    /// Whether anything of that time is told.
    pub(super) fn tells(&self, start: Timestamp, end: Timestamp) -> bool {
        self.from.is_none_or(|from| end > from) && self.to.is_none_or(|to| start < to)
    }

    /// Whether the chain of that trail is told.
    pub(super) fn tells_trail(&self, trail: &str) -> bool {
        self.trails.is_empty() || self.trails.iter().any(|wanted| wanted == trail)
    }
}

fn is_wanted(wanted: &[String], is: &str) -> bool {
    wanted.is_empty() || wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(is))
}
