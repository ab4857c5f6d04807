//! Coverage: what was searched, skipped, failed, and why.
//!
//! Every listed file ends in exactly one [`Outcome`], and the outcomes add up to the listing.
//! Names and reasons in here are as they were met: whoever shows them makes them harmless.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::Serialize;

/// What became of one listed file.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// The name of the outcome in the coverage record.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Salvaged(_) => "salvaged",
            Self::Skipped(_) => "skipped",
            Self::Failed(_) => "failed",
        }
    }
}

/// The coverage record of one hunt; its JSON has these keys in this order.
#[derive(Debug, Clone, Serialize)]
pub struct Coverage {
    /// Which program made this.
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
    pub outcomes: BTreeMap<&'static str, u64>,
    /// Files by what digests say of them, if they were held against any: `valid`, `modified`,
    /// `damaged`, `unlisted`, `unproved`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integrity: Option<BTreeMap<&'static str, u64>>,
    /// What was not even opened, and the bounds that decided it.
    pub pruned: Pruned,
    /// Files and records by account, region and day of the key.
    pub grid: Vec<GridCell>,
    /// What no rule could see.
    pub blind_spots: BlindSpots,
    /// Every file that is not plainly read; with full detail, every file.
    pub files: Vec<FileCovered>,
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
            outcomes: ["read", "salvaged", "skipped", "failed"].map(|name| (name, 0)).into(),
            integrity: None,
            pruned: Pruned::default(),
            grid: Vec::new(),
            blind_spots: BlindSpots::default(),
            files: Vec::new(),
        }
    }
}

impl Coverage {
    /// The record as indented JSON with a line feed at its end.
    #[expect(
        clippy::missing_panics_doc,
        reason = "only keys that are no strings cannot be written, and all are"
    )]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("every key is a string");
        json.push('\n');
        json
    }

    /// Files that ended in the outcome of that name.
    pub fn count(&self, outcome: &str) -> u64 {
        self.outcomes.get(outcome).copied().unwrap_or(0)
    }

    /// How much was searched, on one line, and whether that was not all.
    pub fn searched(&self) -> String {
        let totals = &self.totals;
        let damaged = match self.count("salvaged") {
            0 => String::new(),
            salvaged => format!(" ({} damaged)", grouped(salvaged)),
        };
        let failed = match self.count("failed") {
            0 => String::new(),
            failed => format!(" {} could not be searched.", counted(failed, "file")),
        };
        format!(
            "Searched {}{damaged}: {} as stored, {} of text, {}.{failed}",
            counted(self.count("read") + self.count("salvaged"), "file"),
            in_bytes(totals.bytes_packed),
            in_bytes(totals.bytes_inflated),
            self.records(),
        )
    }

    /// The hunt in plain words, for standard error: a few sentences, each a line, and then the
    /// first ten files that were not plainly read, failed ones before salvaged and skipped ones.
    pub fn summary_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.interrupted {
            lines.push("Interrupted: this is what had been done by then.".to_owned());
        }
        if self.output_closed {
            lines.push("The output was closed by its reader before the end.".to_owned());
        }
        if self.limit_reached {
            lines.push(
                "Stopped at the limit of findings: files after that were not read.".to_owned(),
            );
        }
        lines.push(self.searched());
        lines.push(self.files_told());
        if self.pruned.files > 0 {
            let bounds: Vec<_> =
                self.pruned.bounds.iter().map(|(name, value)| format!("{name} {value}")).collect();
            lines.push(format!(
                "Not opened: {} ({}).",
                counted(self.pruned.files, "file"),
                bounds.join(", ")
            ));
        }
        lines.extend(self.integrity_told());
        lines.push(self.rules_told());
        lines.push(self.findings_told());
        lines.extend(self.gaps_told());
        lines.extend(self.first_unread());
        lines
    }

    fn records(&self) -> String {
        let records = counted(self.totals.records, "record");
        match self.totals.records_counted {
            Counted::Exactly => records,
            Counted::Anchors => format!("about {records} (counted by anchors)"),
        }
    }

    fn files_told(&self) -> String {
        let [read, salvaged, skipped, failed] =
            ["read", "salvaged", "skipped", "failed"].map(|outcome| grouped(self.count(outcome)));
        let files = counted(self.totals.files, "file");
        format!(
            "Of {files} listed: {read} read whole, {salvaged} salvaged, {skipped} skipped, {failed} failed."
        )
    }

    fn integrity_told(&self) -> Option<String> {
        let counts = self.integrity.as_ref()?;
        let words: Vec<_> =
            counts.iter().map(|(word, count)| format!("{} {word}", grouped(*count))).collect();
        let told = if words.is_empty() { "no file".to_owned() } else { words.join(", ") };
        Some(format!("Held against digests: {told}. What is missing, `backtrail verify` tells."))
    }

    fn rules_told(&self) -> String {
        let rules = &self.rules;
        let mut told = counted(rules.loaded, "rule");
        if self.correlations.loaded > 0 {
            let _ = write!(told, " and {}", counted(self.correlations.loaded, "correlation"));
        }
        told.push_str(" ran");
        let not_run = rules.not_run.values().sum();
        if not_run > 0 {
            let _ = write!(told, ", {} did not apply", grouped(not_run));
        }
        if rules.refused > 0 {
            let _ = write!(told, ", {} refused", grouped(rules.refused));
        }
        let narrowing = rules.filters.iter().filter(|filter| filter.rules > 0).count() as u64;
        if !rules.filters.is_empty() {
            let filters = counted(rules.filters.len() as u64, "filter");
            let _ = write!(told, "; of {filters}, {} narrowed rules", grouped(narrowing));
        }
        told + "."
    }

    fn findings_told(&self) -> String {
        let totals = &self.totals;
        let mut told = counted(totals.findings, "finding");
        if totals.duplicates_dropped > 0 {
            let _ = write!(told, "; {} dropped", counted(totals.duplicates_dropped, "duplicate"));
        }
        if totals.conflicting_copies > 0 {
            let _ = write!(told, ", {} unlike the copy kept", grouped(totals.conflicting_copies));
        }
        told + "."
    }

    fn gaps_told(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.correlations.loaded > 0 && !self.correlations.ran {
            lines.push(
                "Not all was read or written, so correlations did not run to their end.".to_owned(),
            );
        }
        if self.correlations.without_time > 0 {
            let records = counted(self.correlations.without_time, "record");
            lines.push(format!("{records} without a readable time took no part in correlations."));
        }
        if self.totals.records_without_time > 0 {
            let records = counted(self.totals.records_without_time, "record");
            lines.push(format!(
                "Kept {records} without a readable time although a time range was asked for."
            ));
        }
        if self.blind_spots.omitted_parameters > 0 {
            let records = counted(self.blind_spots.omitted_parameters, "record");
            lines.push(format!(
                "In {records} AWS left out parameters or response elements for their size; no rule could see those."
            ));
        }
        lines
    }

    fn first_unread(&self) -> Vec<String> {
        const SHOWN: usize = 10;
        let of =
            |outcome: &'static str| self.files.iter().filter(move |file| file.outcome == outcome);
        let mut unread = of("failed").chain(of("salvaged")).chain(of("skipped"));
        let mut lines: Vec<_> = unread
            .by_ref()
            .take(SHOWN)
            .map(|file| format!("{} {}: {}", file.outcome, file.name, file.reasons.join("; ")))
            .collect();
        let more = unread.count() as u64;
        if more > 0 {
            lines.push(format!(
                "and {} more, all in the coverage record (--coverage FILE)",
                grouped(more)
            ));
        }
        lines
    }
}

/// `1 file`, `1,234 files`.
fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

/// Digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Bytes in decimal units with one decimal, rounded down.
fn in_bytes(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match UNITS.iter().find(|(size, _)| bytes >= *size) {
        Some((size, unit)) => {
            format!("{}.{} {unit}", grouped(bytes / size), bytes % size / (size / 10))
        }
        None => counted(bytes, "byte"),
    }
}

/// The program that made a coverage record.
#[derive(Debug, Clone, Serialize)]
pub struct Tool {
    /// `backtrail`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

impl Default for Tool {
    /// This program.
    fn default() -> Self {
        Self { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") }
    }
}

/// The rules of a hunt.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RulesCovered {
    /// Rules that ran.
    pub loaded: u64,
    /// Documents refused.
    pub refused: u64,
    /// Documents that load and did not run, by reason.
    pub not_run: BTreeMap<String, u64>,
    /// The filters, and how many rules each of them narrowed.
    pub filters: Vec<FilterCovered>,
    /// SHA-256 over the sorted rule files.
    pub sha256: String,
    /// Each refused document: file, line and message.
    pub refusals: Vec<String>,
    /// Findings by rule, in rule order, then by correlation, for those that have any.
    pub findings: Vec<RuleFindings>,
}

/// A filter.
#[derive(Debug, Clone, Serialize)]
pub struct FilterCovered {
    /// The filter's id.
    pub id: Option<String>,
    /// The filter's title.
    pub title: String,
    /// Rules that ran and that it narrowed.
    pub rules: u64,
}

/// The correlations of a hunt.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CorrelationsCovered {
    /// Correlations over rules that ran.
    pub loaded: u64,
    /// They were run, over all that was found. A hunt that ends early does not run them.
    pub ran: bool,
    /// Matches they looked at, duplicates apart.
    pub matches: u64,
    /// Matches that took no part, as their eventTime cannot be read.
    pub without_time: u64,
    /// Their findings written.
    pub findings: u64,
}

/// How often a rule was found.
#[derive(Debug, Clone, Serialize)]
pub struct RuleFindings {
    /// The rule's id.
    pub id: Option<String>,
    /// The rule's title.
    pub title: String,
    /// The rule's level.
    pub level: Option<&'static str>,
    /// Findings written.
    pub findings: u64,
}

/// Sums over all files.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Totals {
    /// Files listed: read + salvaged + skipped + failed.
    pub files: u64,
    /// Bytes as stored.
    pub bytes_packed: u64,
    /// Bytes after inflating.
    pub bytes_inflated: u64,
    /// Records.
    pub records: u64,
    /// How `records` was counted.
    pub records_counted: Counted,
    /// Findings not written because the same (rule, eventID) had been found before.
    pub duplicates_dropped: u64,
    /// Of these, copies that differ from the one kept.
    pub conflicting_copies: u64,
    /// Findings written.
    pub findings: u64,
    /// Records kept although their eventTime could not be read, while a time range was asked for.
    pub records_without_time: u64,
}

/// How records were counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Counted {
    /// Every file was split into its records.
    #[default]
    Exactly,
    /// In some files the keys that every record has were counted instead.
    Anchors,
}

/// Files that were listed by name and never opened.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Pruned {
    /// How many.
    pub files: u64,
    /// The bounds in force, as text, by option name.
    pub bounds: BTreeMap<String, String>,
}

/// One cell of the grid.
#[derive(Debug, Clone, Serialize)]
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
#[derive(Debug, Clone, Serialize)]
pub struct GridDay {
    /// The day of the key, `YYYY-MM-DD`.
    pub day: String,
    /// Files searched.
    pub files: u64,
    /// Records in them.
    pub records: u64,
    /// First eventTime; only with detail `times` or `all`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_event: Option<String>,
    /// Last eventTime; only with detail `times` or `all`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_event: Option<String>,
}

/// What no rule could see.
#[derive(Debug, Clone, Default, Serialize)]
pub struct BlindSpots {
    /// Records whose `requestParameters` or `responseElements` AWS left out because of their size.
    pub omitted_parameters: u64,
}

/// What became of one file.
#[derive(Debug, Clone, Serialize)]
pub struct FileCovered {
    /// Its name.
    pub name: String,
    /// Its raw name in hex, if that is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_raw: Option<String>,
    /// `read`, `salvaged`, `skipped` or `failed`.
    pub outcome: &'static str,
    /// Why it is not plainly read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// Records hunted.
    pub records: u64,
    /// What is known of its integrity, by its checksum or by digests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integrity: Option<&'static str>,
    /// SHA-256 of the inflated bytes; only with full detail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

#[cfg(test)]
mod tests;
