//! Coverage: what was searched, skipped, failed, and why.
//!
//! Every listed file ends in exactly one [`Outcome`], and the outcomes add up to the listing.
//! Names and reasons in here are as they were met: whoever shows them makes them harmless.

mod by_rule;
mod files;
mod summary;
mod word;

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

pub use files::{FileCovered, FilesCovered, FilesIter};
use serde::{Deserialize, Serialize};
pub use word::Word;

use crate::text::escape;

/// What became of one listed file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Read whole.
    Read,
    /// Damaged; what could be read was hunted. The reasons, in the order they were met.
    Salvaged(Vec<String>),
    /// Not a trail file and not meant to be one.
    Skipped(String),
    /// Named by the user or named like data, and not searched.
    Failed(String),
}

impl Outcome {
    /// The name of the outcome in the coverage report.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Salvaged(_) => "salvaged",
            Self::Skipped(_) => "skipped",
            Self::Failed(_) => "failed",
        }
    }

    /// Why the file is not plainly read.
    pub fn into_reasons(self) -> Vec<String> {
        match self {
            Self::Read => Vec::new(),
            Self::Salvaged(reasons) => reasons,
            Self::Skipped(reason) | Self::Failed(reason) => vec![reason],
        }
    }
}

/// The coverage report of one hunt; its JSON has these keys in this order.
#[derive(Debug, Serialize, Deserialize)]
pub struct Coverage {
    /// The program that wrote this report.
    pub tool: Tool,
    /// When the hunt began, RFC 3339, UTC.
    pub started: String,
    /// When it ended.
    pub finished: String,
    /// The hunt was interrupted: what follows is what had been done by then.
    pub interrupted: bool,
    /// Standard output was closed by its reader before the end.
    pub output_closed: bool,
    /// As many findings as were asked for had been written; what comes after was not read.
    pub limit_reached: bool,
    /// The options as resolved, by name.
    pub command: BTreeMap<String, serde_json::Value>,
    /// The rules.
    pub rules: RulesCovered,
    /// The correlations over them.
    pub correlations: CorrelationsCovered,
    /// Sums over all files.
    pub totals: Totals,
    /// Files by outcome: `read`, `salvaged`, `skipped`, `failed`, all four always there.
    pub outcomes: BTreeMap<Word, u64>,
    /// Files by what digests say of them, if they were held against any: `valid`, `modified`,
    /// `damaged`, `unlisted`, `unproved`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integrity: Option<BTreeMap<Word, u64>>,
    /// What was not even opened, and the bounds that decided it.
    pub pruned: Pruned,
    /// Files and records by account, region and day of the key.
    pub grid: Vec<GridCell>,
    /// What no rule could see.
    pub blind_spots: BlindSpots,
    /// Every file that is not plainly read; with full detail, every file.
    pub files: FilesCovered,
}

impl Default for Coverage {
    /// Nothing listed yet; all four outcomes are there.
    fn default() -> Self {
        Self {
            tool: Tool::default(),
            started: String::new(),
            finished: String::new(),
            interrupted: false,
            output_closed: false,
            limit_reached: false,
            command: BTreeMap::new(),
            rules: RulesCovered::default(),
            correlations: CorrelationsCovered::default(),
            totals: Totals::default(),
            outcomes: ["read", "salvaged", "skipped", "failed"].map(|name| (name.into(), 0)).into(),
            integrity: None,
            pruned: Pruned::default(),
            grid: Vec::new(),
            blind_spots: BlindSpots::default(),
            files: FilesCovered::default(),
        }
    }
}

impl Coverage {
    /// Writes the record as indented JSON with a line feed at its end. It comes in small pieces and is
    /// never held whole. An error is one of `out`, or of the file in which [`FilesCovered`] keeps what
    /// memory should not hold.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        escape::write_json(self, out)
    }

    /// Files that ended in the outcome of that name.
    pub fn count(&self, outcome: &str) -> u64 {
        self.outcomes.get(outcome).copied().unwrap_or(0)
    }
}

/// The program that wrote a report, a bundle or a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// `backtrail`.
    pub name: Word,
    /// Its version.
    pub version: Word,
}

impl Default for Tool {
    /// This program.
    fn default() -> Self {
        Self { name: env!("CARGO_PKG_NAME").into(), version: env!("CARGO_PKG_VERSION").into() }
    }
}

/// The rules of a hunt.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RulesCovered {
    /// Rules that ran.
    pub loaded: u64,
    /// Documents refused.
    pub refused: u64,
    /// Documents that load and did not run, by reason.
    pub not_run: BTreeMap<String, u64>,
    /// What was left out of rule folders.
    pub left_out: RuleFilesLeftOut,
    /// The filters, and how many rules each of them narrowed.
    pub filters: Vec<FilterCovered>,
    /// SHA-256 over the sorted rule files.
    pub sha256: String,
    /// Each refused document: file, line and message.
    pub refusals: Vec<String>,
    /// Findings by rule, in rule order, then by correlation, for those that have any.
    pub findings: Vec<RuleFindings>,
}

/// What was left out of rule folders, as repositories hold more than rules.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RuleFilesLeftOut {
    /// Folders and YAML files whose names begin with a dot.
    pub hidden: u64,
    /// YAML files without a Sigma document.
    pub not_sigma: u64,
}

/// A filter.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FilterCovered {
    /// The filter's id.
    pub id: Option<String>,
    /// The filter's title.
    pub title: String,
    /// Rules that ran and that it narrowed.
    pub rules: u64,
}

/// The correlations of a hunt.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct CorrelationsCovered {
    /// Correlations over rules that ran.
    pub loaded: u64,
    /// They were run, over all that was found. A hunt that ends early does not run them.
    pub ran: bool,
    /// Matches they looked at, duplicates apart.
    pub matches: u64,
    /// Matches that took no part, as their time cannot be read.
    pub without_time: u64,
    /// Correlations with groups for which memory did not hold all values, times or numbers of a window: what they
    /// counted there is a lower bound, or a percentile of a part.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub inexact: u64,
    /// Their findings written.
    pub findings: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// How often a rule was found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RuleFindings {
    /// The rule's id.
    pub id: Option<String>,
    /// The rule's title.
    pub title: String,
    /// The rule's level.
    pub level: Option<Word>,
    /// Findings written.
    pub findings: u64,
}

/// Sums over all files.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Files listed: read + salvaged + skipped + failed.
    pub files: u64,
    /// Bytes as stored.
    pub bytes_packed: u64,
    /// Bytes after inflating.
    pub bytes_inflated: u64,
    /// Records.
    pub records: u64,
    /// Events of other AWS services (S3, SNS, SQS, Kinesis, `DynamoDB`) in the searched and skipped files.
    /// They are no `CloudTrail` records and no rule is evaluated on them.
    pub foreign_events: u64,
    /// How `records` was counted.
    pub records_counted: Counted,
    /// Findings not written because the same (rule, eventID) had been found before.
    pub duplicates_dropped: u64,
    /// Of these, copies that differ from the one kept.
    pub conflicting_copies: u64,
    /// Findings written.
    pub findings: u64,
    /// Of these, such as have a `sharedEventID` that a finding in another account has as well: one action
    /// as several accounts received it.
    pub shared_events: u64,
    /// Files searched that are not in the grid, as their names are no keys of AWS.
    pub files_without_key: u64,
    /// Records in them.
    pub records_without_key: u64,
    /// Time of the first record; only with detail `times` or `all`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_event: Option<String>,
    /// Time of the last record; only with detail `times` or `all`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_event: Option<String>,
    /// Records that rules match and whose time cannot be read. No time range leaves them out, and they take no part in
    /// correlations.
    pub records_without_time: u64,
}

/// How records were counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Counted {
    /// Every record was counted.
    #[default]
    Exactly,
}

/// Files that were listed by name and never opened.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Pruned {
    /// How many.
    pub files: u64,
    /// The bounds in force, as text, by option name.
    pub bounds: BTreeMap<String, String>,
}

/// One cell of the grid.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GridCell {
    /// Account of the key.
    pub account: String,
    /// Region of the key.
    pub region: String,
    /// First day with a file, `YYYY-MM-DD`.
    pub first_day: String,
    /// Last day with a file.
    pub last_day: String,
    /// Each day with a file.
    pub days: Vec<GridDay>,
    /// Days between the first and the last without a file.
    pub holes: Vec<String>,
}

/// One day of a grid cell.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GridDay {
    /// The day of the key, `YYYY-MM-DD`.
    pub day: String,
    /// Files searched.
    pub files: u64,
    /// Records in them.
    pub records: u64,
    /// Time of the first record; only with detail `times` or `all`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_event: Option<String>,
    /// Time of the last record; only with detail `times` or `all`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_event: Option<String>,
}

/// What no rule could see.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct BlindSpots {
    /// Records whose `requestParameters` or `responseElements` AWS left out because of their size.
    pub omitted_parameters: u64,
    /// Records that were built again from what other tools made of them, as these had not kept the
    /// record: what they dropped is not there.
    pub rebuilt_records: u64,
    /// Hours of all intervals of stopped logging that ended.
    pub hours_of_stopped_logging: f64,
    /// Trails that were stopped or deleted, in the order of time.
    pub stopped_logging: Vec<StoppedLogging>,
    /// Trails that were told to log less or elsewhere, in the order of time.
    pub narrowed_logging: Vec<NarrowedLogging>,
    /// Such changes that are in neither list: there were too many, or their time cannot be read.
    pub logging_changes_not_kept: u64,
    /// Families of events, and whether any record says that it belongs to it (`eventCategory`).
    pub families: BTreeMap<Word, bool>,
}

/// An interval in which a trail did not log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoppedLogging {
    /// Account of the trail.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its name; empty if the record does not tell.
    pub trail: String,
    /// The call that began it: `StopLogging` or `DeleteTrail`.
    pub by: Word,
    /// When it began.
    pub from: String,
    /// When the same trail was started again; null if that is not in the archive.
    pub to: Option<String>,
    /// Hours between the two.
    pub hours: Option<f64>,
}

/// A call after which a trail logged less, or elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NarrowedLogging {
    /// Account of the trail.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its name; empty if the record does not tell.
    pub trail: String,
    /// When.
    pub time: String,
    /// The call: `UpdateTrail` or `PutEventSelectors`.
    pub by: Word,
    /// In which ways.
    pub ways: Vec<String>,
}

#[cfg(test)]
mod tests;
