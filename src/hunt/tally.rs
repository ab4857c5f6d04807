//! The coverage record as it grows, report by report.
//!
//! Every report is counted under exactly one outcome, so the outcomes add up to the files. Reports
//! come in the order of the listing, and what is told here follows it.

use std::{collections::BTreeMap, io};

use jiff::Timestamp;

use super::{
    blind::Blind,
    grid::{Grid, shown, widened},
    memory::Memory,
    worker::Report,
};
use crate::{
    coverage::{
        CorrelationsCovered, Coverage, FileCovered, FilesCovered, FilterCovered, Outcome, Pruned,
        RuleFilesLeftOut, RuleFindings, RulesCovered, Totals,
    },
    finding::Integrity,
    ruleset::{Problem, RuleSet},
    scan::Scanned,
    sigma::{Level, Severity},
};

/// Running sums of one hunt.
#[derive(Debug)]
pub(super) struct Tally<'r> {
    rules: &'r RuleSet,
    /// Every file is named, not only those that are not plainly read.
    every_file: bool,
    totals: Totals,
    outcomes: BTreeMap<&'static str, u64>,
    grid: Grid,
    blind: Blind,
    /// First and last time of all records, if that was asked for.
    events: Option<(Timestamp, Timestamp)>,
    files: FilesCovered,
    by_rule: Vec<u64>,
    pruned: u64,
    left_out: u64,
    by_correlation: Vec<u64>,
    correlations: CorrelationsCovered,
    /// Files by what the digests say of them, if they were held against any.
    integrity: Option<BTreeMap<&'static str, u64>>,
}

impl<'r> Tally<'r> {
    pub(super) fn new(rules: &'r RuleSet, every_file: bool, memory: Memory) -> Self {
        Self {
            rules,
            every_file,
            totals: Totals::default(),
            outcomes: Coverage::default().outcomes,
            grid: Grid::default(),
            blind: Blind::default(),
            events: None,
            files: FilesCovered::with_memory(memory.of_files()),
            by_rule: vec![0; rules.rules.len()],
            pruned: 0,
            left_out: 0,
            by_correlation: vec![0; rules.correlations.len()],
            correlations: CorrelationsCovered {
                loaded: rules.correlations.len() as u64,
                ..CorrelationsCovered::default()
            },
            integrity: None,
        }
    }

    /// Files are held against digests, so that is counted too.
    pub(super) fn with_integrity(mut self) -> Self {
        self.integrity = Some(BTreeMap::new());
        self
    }

    /// Counts one file, or what is left of a bundle, which is none. A file that cannot be kept in the
    /// list, as that is on a disk that is full, is not counted.
    pub(super) fn file(&mut self, report: Report) -> io::Result<()> {
        let Report { name, outcome, mut scanned, integrity, .. } = report;
        let searched = matches!(outcome, Outcome::Read | Outcome::Salvaged(_));
        let tampered = matches!(integrity, Some(Integrity::Modified | Integrity::Damaged));
        let named = self.every_file || outcome != Outcome::Read || tampered;
        let file = FileCovered {
            name: name.display,
            name_raw: name.raw_hex,
            outcome: outcome.as_str(),
            records: if searched { scanned.records } else { 0 },
            sha256: report.sha256,
            integrity: integrity.map(Integrity::as_str),
            reasons: outcome.into_reasons(),
        };
        if report.listed && named {
            self.files.push(&file)?;
        }
        self.pruned += report.pruned;
        self.left_out += report.left_out;
        self.totals.bytes_packed += report.packed;
        if !report.listed {
            return Ok(());
        }
        self.totals.files += 1;
        self.totals.bytes_inflated += report.inflated;
        self.totals.foreign_events += scanned.foreign_events;
        *self.outcomes.entry(file.outcome).or_default() += 1;
        if searched {
            self.searched(&file.name, &mut scanned);
        }
        if let Some((counts, integrity)) = self.integrity.as_mut().zip(file.integrity) {
            *counts.entry(integrity).or_default() += 1;
        }
        Ok(())
    }

    /// Counts what was seen in a file of that name.
    fn searched(&mut self, name: &str, scanned: &mut Scanned) {
        let totals = &mut self.totals;
        totals.records += scanned.records;
        totals.records_without_time += scanned.records_without_time;
        self.blind.file(scanned);
        if !self.grid.file(name, scanned) {
            totals.files_without_key += 1;
            totals.records_without_key += scanned.records;
        }
        self.events = [self.events, scanned.event_times].into_iter().flatten().reduce(widened);
    }

    /// Counts a finding that was written.
    pub(super) fn finding(&mut self, rule: usize) {
        self.totals.findings += 1;
        if let Some(count) = self.by_rule.get_mut(rule) {
            *count += 1;
        }
    }

    /// Counts what a correlation found, once it was written.
    pub(super) fn correlation_finding(&mut self, correlation: usize) {
        self.totals.findings += 1;
        self.correlations.findings += 1;
        if let Some(count) = self.by_correlation.get_mut(correlation) {
            *count += 1;
        }
    }

    /// Notes how many matches correlations look at, and how many have no time to be looked at.
    pub(super) fn fed(&mut self, matches: u64, without_time: u64) {
        self.correlations.matches = matches;
        self.correlations.without_time = without_time;
    }

    /// Notes that correlations ran over all that was found, and how many of them could not hold all that they
    /// had to count.
    pub(super) fn correlated(&mut self, inexact: u64) {
        self.correlations.ran = true;
        self.correlations.inexact = inexact;
    }

    /// Counts a finding that was not written because its like had been found before.
    pub(super) fn duplicate(&mut self, conflicting: bool) {
        self.totals.duplicates_dropped += 1;
        self.totals.conflicting_copies += u64::from(conflicting);
    }

    /// Counts findings that share an action with a finding of another event.
    pub(super) fn shared(&mut self, findings: u64) {
        self.totals.shared_events += findings;
    }

    /// Findings written.
    pub(super) fn findings(&self) -> u64 {
        self.totals.findings
    }

    /// Files inside bundles that a sample left out.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The highest level of a rule that was found.
    pub(super) fn highest(&self) -> Option<Level> {
        let rules = self.rules.rules.iter().map(|loaded| loaded.rule.level);
        let correlations = self.rules.correlations.iter().map(|loaded| loaded.correlation.level);
        let found = self.by_rule.iter().zip(rules);
        let found = found.chain(self.by_correlation.iter().zip(correlations));
        found.filter(|(count, _)| **count > 0).filter_map(|(_, level)| level).max()
    }

    /// The record as far as reports and rules tell it; times and flags are the caller's.
    pub(super) fn coverage(mut self, mut pruned: Pruned) -> Coverage {
        pruned.files += self.pruned;
        debug_assert_eq!(
            self.outcomes.values().sum::<u64>(),
            self.totals.files,
            "outcomes add up to the listing"
        );
        (self.totals.first_event, self.totals.last_event) = self.events.map(shown).unzip();
        Coverage {
            rules: rules_covered(self.rules, &self.by_rule, &self.by_correlation),
            correlations: self.correlations,
            totals: self.totals,
            outcomes: self.outcomes,
            pruned,
            grid: self.grid.cells(),
            blind_spots: self.blind.spots(),
            files: self.files,
            integrity: self.integrity,
            ..Coverage::default()
        }
    }
}

fn rules_covered(rules: &RuleSet, by_rule: &[u64], by_correlation: &[u64]) -> RulesCovered {
    let not_run = rules.not_run_counts().into_iter();
    let not_run =
        not_run.map(|(reason, count)| (reason.as_str().to_owned(), count as u64)).collect();
    let found = rules.rules.iter().zip(by_rule).map(|(loaded, findings)| {
        let rule = &loaded.rule;
        (&rule.id, &rule.title, rule.level, findings)
    });
    let correlated = rules.correlations.iter().zip(by_correlation).map(|(loaded, findings)| {
        let correlation = &loaded.correlation;
        (&correlation.id, &correlation.title, correlation.level, findings)
    });
    let filters = rules.filters.iter().map(|loaded| FilterCovered {
        id: loaded.filter.id.clone(),
        title: loaded.filter.title.clone(),
        rules: loaded.narrowed as u64,
    });
    RulesCovered {
        loaded: rules.rules.len() as u64,
        refused: rules.refused as u64,
        not_run,
        left_out: RuleFilesLeftOut {
            hidden: rules.left_out.hidden as u64,
            not_sigma: rules.left_out.not_sigma as u64,
        },
        filters: filters.collect(),
        sha256: rules.sha256(),
        refusals: rules.problems.iter().filter_map(|problem| refusal(rules, problem)).collect(),
        findings: found
            .chain(correlated)
            .filter(|(.., findings)| **findings > 0)
            .map(|(id, title, level, &findings)| RuleFindings {
                id: id.clone(),
                title: title.clone(),
                level: level.map(Level::as_str),
                findings,
            })
            .collect(),
    }
}

/// `file:line: message`, for what refuses a document.
fn refusal(rules: &RuleSet, problem: &Problem) -> Option<String> {
    if problem.diagnostic.severity != Severity::Error {
        return None;
    }
    let file = rules.files.get(problem.file)?;
    let before =
        file.text.as_bytes().get(..problem.diagnostic.span.start).unwrap_or(file.text.as_bytes());
    let line = 1 + memchr::memchr_iter(b'\n', before).count();
    Some(format!("{}:{line}: {}", file.name, problem.diagnostic.message))
}
