//! The coverage report in words, on one screen: what was searched and found, then what was not
//! searched and why, gravest first.
//!
//! Never more than [`MOST`] lines, whatever there is to tell; the record itself has it all.

use std::{collections::BTreeMap, fmt::Write as _, io};

use super::{Coverage, FilesCovered, GridCell};
use crate::text::{bytes, counted, grouped};

/// Lines at most.
pub(super) const MOST: usize = 22;

/// Failed files that are named.
const FAILED: usize = 3;
/// Salvaged files that are named.
const SALVAGED: usize = 2;
/// Things of one kind that are named in one line.
const IN_A_LINE: usize = 3;
/// Kinds of skipped files that are told apart: there are a handful, unless someone wants many.
pub(super) const KINDS: usize = 4096;

/// What is said of single files.
#[derive(Debug, Default)]
struct Named {
    /// The first failed files, with their reasons.
    failed: Vec<String>,
    /// The first salvaged files, with their reasons.
    salvaged: Vec<String>,
    /// Skipped files by what they are.
    skipped: BTreeMap<String, u64>,
}

impl Named {
    /// Goes through the files once.
    fn of(files: &FilesCovered) -> io::Result<Self> {
        let mut named = Self::default();
        for file in files {
            let file = file?;
            let reasons = file.reasons.join("; ");
            let line = || format!("  {}: {reasons}", file.name);
            match &*file.outcome {
                "failed" if named.failed.len() < FAILED => named.failed.push(line()),
                "salvaged" if named.salvaged.len() < SALVAGED => named.salvaged.push(line()),
                "skipped" if named.skipped.len() < KINDS => {
                    *named.skipped.entry(reasons).or_default() += 1;
                }
                "skipped" => {
                    if let Some(count) = named.skipped.get_mut(&reasons) {
                        *count += 1;
                    }
                }
                _ => {}
            }
        }
        Ok(named)
    }
}

impl Coverage {
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
            bytes(totals.bytes_packed),
            bytes(totals.bytes_inflated),
            self.records(),
        )
    }

    /// The hunt in plain words, for standard error, a sentence or two on each line: first what was
    /// searched ([`Coverage::searched`]) and found, then what was not, and why.
    pub fn summary_lines(&self) -> Vec<String> {
        let mut lines = vec![self.searched(), self.found()];
        let named = Named::of(&self.files).unwrap_or_else(|error| {
            lines.push(format!("The list of files cannot be read again: {error}."));
            Named::default()
        });
        lines.extend(self.ended_early());
        lines.extend(self.integrity_told());
        lines.extend(self.correlations_told());
        lines.extend(self.named("failed", "Failed", named.failed));
        let salvaged = "Salvaged, so some records may be missing";
        lines.extend(self.named("salvaged", salvaged, named.salvaged));
        lines.extend(self.stopped_logging());
        lines.extend(self.narrowed_logging());
        lines.extend(self.changes_not_kept());
        lines.extend(self.days_without_files());
        lines.extend(self.pruned_told());
        lines.extend(self.families_told());
        lines.extend(self.not_whole_told());
        lines.extend(self.untimed_told());
        lines.extend(self.foreign_told());
        lines.extend(self.skipped_told(&named.skipped));
        lines.extend(self.rules_not_run());
        debug_assert!(lines.len() <= MOST, "{lines:?}");
        lines
    }

    fn records(&self) -> String {
        counted(self.totals.records, "record")
    }

    fn found(&self) -> String {
        let totals = &self.totals;
        let searched = self.count("read") + self.count("salvaged");
        let found = match totals.findings {
            0 if searched == 0 => "Nothing was searched".to_owned(),
            0 => "Found nothing".to_owned(),
            findings => counted(findings, "finding"),
        };
        let mut told = format!("{found} with {}", counted(self.rules.loaded, "rule"));
        if self.correlations.loaded > 0 {
            let _ = write!(told, " and {}", counted(self.correlations.loaded, "correlation"));
        }
        let narrowing = self.rules.filters.iter().filter(|filter| filter.rules > 0).count() as u64;
        if narrowing > 0 {
            let _ = write!(told, ", narrowed by {}", counted(narrowing, "filter"));
        }
        if totals.duplicates_dropped > 0 {
            let _ = write!(told, "; {} dropped", counted(totals.duplicates_dropped, "duplicate"));
        }
        if totals.conflicting_copies > 0 {
            let _ = write!(told, ", {} unlike the copy kept", grouped(totals.conflicting_copies));
        }
        if totals.shared_events > 0 {
            let shared = counted(totals.shared_events, "finding");
            let are = if totals.shared_events == 1 { "is a copy" } else { "are copies" };
            let _ = write!(told, "; {shared} {are} of one action delivered to several accounts");
        }
        told + "."
    }

    fn integrity_told(&self) -> Option<String> {
        let counts = self.integrity.as_ref()?;
        let words: Vec<_> =
            counts.iter().map(|(word, count)| format!("{} {word}", grouped(*count))).collect();
        let told = if words.is_empty() { "no file".to_owned() } else { words.join(", ") };
        Some(format!("Held against digests: {told}. What is missing, `backtrail verify` tells."))
    }

    fn correlations_told(&self) -> Option<String> {
        let covered = &self.correlations;
        let mut told = Vec::new();
        if covered.loaded > 0 && !covered.ran {
            told.push(
                "Not all was read or written, so correlations did not run to their end.".to_owned(),
            );
        }
        if covered.inexact > 0 {
            told.push(format!(
                "{} had more values in a window than --memory holds: what they count is a lower bound.",
                counted(covered.inexact, "correlation")
            ));
        }
        if covered.without_time > 0 {
            let records = counted(covered.without_time, "record");
            told.push(format!("{records} without a readable time took no part in correlations."));
        }
        (!told.is_empty()).then(|| told.join(" "))
    }

    fn ended_early(&self) -> Option<String> {
        let told = if self.interrupted {
            "Interrupted: the results cover the files searched until then."
        } else if self.output_closed {
            "The output was closed by its reader before the end."
        } else if self.limit_reached {
            "Stopped at --limit: the files after that were not searched."
        } else {
            return None;
        };
        Some(told.to_owned())
    }

    /// Files of one outcome: how many, and the first of them with their reasons.
    fn named(&self, outcome: &str, told: &str, named: Vec<String>) -> Vec<String> {
        let count = self.count(outcome);
        if count == 0 {
            return Vec::new();
        }
        let more = match count - (named.len() as u64).min(count) {
            0 => String::new(),
            1 => "; 1 is not named here but in --coverage FILE".to_owned(),
            more => format!("; {} are not named here but in --coverage FILE", grouped(more)),
        };
        let mut lines = vec![format!("{told}: {}{more}.", counted(count, "file"))];
        lines.extend(named);
        lines
    }

    fn stopped_logging(&self) -> Option<String> {
        let stopped = &self.blind_spots.stopped_logging;
        let first = stopped.first()?;
        let open = stopped.iter().filter(|stopped| stopped.to.is_none()).count();
        let mut told = Vec::new();
        if stopped.len() > open {
            let hours = hours(self.blind_spots.hours_of_stopped_logging);
            told.push(format!("for {hours} in all until started again"));
        }
        if open > 0 {
            told.push(format!("{} not seen started again", grouped(open as u64)));
        }
        let told = format!(
            "Logging stopped {}, {}",
            counted(stopped.len() as u64, "time"),
            told.join(", ")
        );
        let trail = named_trail(&first.account, &first.region, &first.trail);
        let which = if stopped.len() > 1 { "first " } else { "" };
        Some(format!("{told} ({which}{trail}, {}, from {}).", first.by, first.from))
    }

    fn narrowed_logging(&self) -> Option<String> {
        let narrowed = &self.blind_spots.narrowed_logging;
        let first = narrowed.first()?;
        let trail = named_trail(&first.account, &first.region, &first.trail);
        let which = if narrowed.len() > 1 { "first " } else { "" };
        Some(format!(
            "Logging was reduced or redirected {} ({which}{trail}, {}, {}: {}).",
            counted(narrowed.len() as u64, "time"),
            first.by,
            first.time,
            first.ways.join(", "),
        ))
    }

    fn days_without_files(&self) -> Option<String> {
        let cells: Vec<_> = self.grid.iter().filter(|cell| !cell.holes.is_empty()).collect();
        if cells.is_empty() {
            return None;
        }
        let days: u64 = cells.iter().flat_map(|cell| &cell.holes).map(|hole| days_of(hole)).sum();
        let mut named: Vec<_> = cells.iter().take(IN_A_LINE).map(|cell| holes_of(cell)).collect();
        let more = cells.len().saturating_sub(IN_A_LINE) as u64;
        if more > 0 {
            named.push(format!("and {} more", grouped(more)));
        }
        Some(format!(
            "{} without a file between the first and the last of an account and region: {}.",
            counted(days, "day"),
            named.join("; ")
        ))
    }

    fn pruned_told(&self) -> Option<String> {
        if self.pruned.files == 0 {
            return None;
        }
        let bounds: Vec<_> =
            self.pruned.bounds.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let files = counted(self.pruned.files, "file");
        Some(format!("Not opened: {files} outside the bounds ({}).", bounds.join(", ")))
    }

    fn families_told(&self) -> Option<String> {
        let families = &self.blind_spots.families;
        if self.totals.records == 0 || families.is_empty() {
            return None;
        }
        if !families.values().any(|seen| *seen) {
            return Some(
                "No record names its event category, so it is unknown whether data events, such as reads of S3 objects, were logged."
                    .to_owned(),
            );
        }
        let unseen = |family: &str| families.get(family) == Some(&false);
        let mut told = Vec::new();
        if unseen("management") {
            told.push("No management events were seen: changes of accounts and resources cannot be ruled out.");
        }
        if unseen("data") {
            told.push("No data events were seen: reads of objects in S3 cannot be ruled out.");
        }
        match (unseen("network_activity"), unseen("insight")) {
            (true, true) => told.push("No network activity and no Insights events were seen."),
            (true, false) => told.push("No network activity events were seen."),
            (false, true) => told.push("No Insights events were seen."),
            (false, false) => {}
        }
        (!told.is_empty()).then(|| told.join(" "))
    }

    fn changes_not_kept(&self) -> Option<String> {
        let more = self.blind_spots.logging_changes_not_kept;
        (more > 0).then(|| {
            let changes = counted(more, "change");
            let are = if more == 1 { "is" } else { "are" };
            format!("{changes} of logging {are} only counted: too many in one account and region, or without a readable time.")
        })
    }

    /// Records that do not have all that happened in them.
    fn not_whole_told(&self) -> Option<String> {
        let mut told = Vec::new();
        let omitted = self.blind_spots.omitted_parameters;
        if omitted > 0 {
            let records = counted(omitted, "record");
            told.push(format!(
                "AWS omitted large parameters or response elements in {records}; rules cannot see those."
            ));
        }
        let rebuilt = self.blind_spots.rebuilt_records;
        if rebuilt > 0 {
            let records = counted(rebuilt, "record");
            let were = if rebuilt == 1 { "was" } else { "were" };
            told.push(format!(
                "{records} {were} rebuilt from Elasticsearch documents or table columns; rules cannot see what those dropped."
            ));
        }
        (!told.is_empty()).then(|| told.join(" "))
    }

    /// Events that are no records.
    fn foreign_told(&self) -> Option<String> {
        let foreign = self.totals.foreign_events;
        (foreign > 0).then(|| {
            let events = counted(foreign, "event");
            format!(
                "{events} of other AWS services were not searched: they are not CloudTrail records."
            )
        })
    }

    fn untimed_told(&self) -> Option<String> {
        let untimed = self.totals.records_without_time;
        (untimed > 0).then(|| {
            let records = counted(untimed, "matching record");
            let have = if untimed == 1 { "has" } else { "have" };
            format!("{records} {have} no readable time, so no time range leaves them out.")
        })
    }

    /// Skipped files by what they are; the most frequent first.
    fn skipped_told(&self, kinds: &BTreeMap<String, u64>) -> Option<String> {
        let skipped = self.count("skipped");
        if skipped == 0 {
            return None;
        }
        let mut kinds: Vec<_> = kinds.iter().map(|(kind, &count)| (count, kind)).collect();
        kinds.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        let mut named: Vec<_> = kinds
            .iter()
            .take(IN_A_LINE)
            .map(|(count, kind)| format!("{} ({kind})", grouped(*count)))
            .collect();
        let told: u64 = kinds.iter().take(IN_A_LINE).map(|(count, _)| count).sum();
        let more = skipped.saturating_sub(told);
        if more > 0 {
            named.push(format!("{} of other kinds", grouped(more)));
        }
        let files = counted(skipped, "file");
        let are = if skipped == 1 { "is not a CloudTrail log" } else { "are not CloudTrail logs" };
        Some(format!("Skipped {files} that {are}: {}.", named.join(", ")))
    }

    fn rules_not_run(&self) -> Option<String> {
        let not_run: u64 = self.rules.not_run.values().sum();
        let mut told = Vec::new();
        if self.rules.refused > 0 {
            told.push(format!("{} cannot run as written", grouped(self.rules.refused)));
        }
        if not_run > 0 {
            told.push(format!("{} for other log sources or unsupported", grouped(not_run)));
        }
        let filters = &self.rules.filters;
        let idle = filters.iter().filter(|filter| filter.rules == 0).count() as u64;
        if idle > 0 {
            let apply = if idle == 1 { "applies" } else { "apply" };
            told.push(format!(
                "{} {apply} to no loaded rule (refer to rules by id, or add -r builtin)",
                counted(idle, "filter")
            ));
        }
        (!told.is_empty()).then(|| format!("Rule documents not run: {}.", told.join(", ")))
    }
}

fn named_trail(account: &str, region: &str, trail: &str) -> String {
    let trail = if trail.is_empty() { "a trail that is not named" } else { trail };
    let place: Vec<_> = [account, region].into_iter().filter(|part| !part.is_empty()).collect();
    if place.is_empty() { trail.to_owned() } else { format!("{trail} of {}", place.join(" ")) }
}

/// The holes of one account and region, days in a row as one.
fn holes_of(cell: &GridCell) -> String {
    let mut runs: Vec<(&str, &str)> = Vec::new();
    for hole in &cell.holes {
        let (first, last) = ends(hole);
        match runs.last_mut() {
            Some((_, end)) if follows(end, first) => *end = last,
            _ => runs.push((first, last)),
        }
    }
    let mut named: Vec<_> = runs
        .iter()
        .take(IN_A_LINE)
        .map(
            |(first, last)| {
                if first == last { (*first).to_owned() } else { format!("{first} to {last}") }
            },
        )
        .collect();
    if runs.len() > IN_A_LINE {
        named.push("others".to_owned());
    }
    format!("{} {} {}", cell.account, cell.region, named.join(", "))
}

/// First and last day of a hole, which is one day or `first/last`.
fn ends(hole: &str) -> (&str, &str) {
    hole.split_once('/').unwrap_or((hole, hole))
}

fn follows(day: &str, next: &str) -> bool {
    date(day).is_some_and(|day| day.tomorrow().ok() == date(next))
}

fn date(day: &str) -> Option<jiff::civil::Date> {
    day.parse().ok()
}

/// Days in a hole.
fn days_of(hole: &str) -> u64 {
    let (first, last) = ends(hole);
    let (Some(first), Some(last)) = (date(first), date(last)) else { return 1 };
    let between = first.until((jiff::Unit::Day, last)).map_or(0, |span| span.get_days());
    1 + u64::try_from(between).unwrap_or(0)
}

/// Hours with what stands behind the point, if anything does.
fn hours(hours: f64) -> String {
    format!("{hours} hour{}", if (hours - 1.0).abs() < f64::EPSILON { "" } else { "s" })
}
