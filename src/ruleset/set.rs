//! A rule set as data: its files, what runs, what does not, and what is wrong.

use std::{path::PathBuf, sync::Arc};

use crate::rule::{Diagnostic, Filter, Head, Level, LoadedCorrelation, LoadedRule};

/// Where rules come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleSource {
    /// The rules built into the program.
    Builtin,
    /// A file, whatever its name, or a folder whose `*.yml` and `*.yaml` files are read recursively.
    Path(PathBuf),
    /// A copy of a rule file, which messages call by the name of the original.
    Copy {
        /// Where the copy is.
        path: PathBuf,
        /// The name of the file it was made from.
        name: String,
    },
}

/// Which of the loaded rules to run.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// `--rule`: ids, or globs over titles and ids, ignoring case; a union. Empty means all.
    pub rules: Vec<String>,
    /// `--exclude-rule`: likewise, taken away.
    pub exclude: Vec<String>,
    /// `--level`: the lowest level to run. A rule without a level passes.
    pub level: Option<Level>,
}

/// One rule file.
#[derive(Debug, Clone)]
pub struct RuleFile {
    /// Its name for people: the path as given or found, or `builtin:...`.
    pub name: String,
    /// Its text, for excerpts.
    pub text: Arc<str>,
    /// SHA-256 of its bytes, lower-case hex.
    pub sha256: String,
    /// Its bytes as far as they were read, where the text is not all they say.
    pub raw: Option<Arc<[u8]>>,
}

impl RuleFile {
    /// The bytes that `sha256` is over.
    pub fn bytes(&self) -> &[u8] {
        self.raw.as_deref().unwrap_or(self.text.as_bytes())
    }
}

/// A filter, and its place in the rule set.
#[derive(Debug, Clone)]
pub struct LoadedFilter {
    /// The filter.
    pub filter: Filter,
    /// Index into [`RuleSet::files`].
    pub file: usize,
    /// How many of the rules that run it narrows.
    pub narrowed: usize,
}

/// A document that was read and does not run, and why.
#[derive(Debug, Clone)]
pub struct NotRun {
    /// Title of the document.
    pub title: String,
    /// Its id, if any.
    pub id: Option<String>,
    /// Its name, if any.
    pub name: Option<String>,
    /// Index into [`RuleSet::files`].
    pub file: usize,
    /// Why it does not run.
    pub reason: NotRunReason,
    /// The log source of a rule for another one, as `product/service` or what there is of it.
    pub log_source: Option<String>,
}

impl NotRun {
    /// The document of `file` with this head.
    pub(super) fn new(head: Head, file: usize, reason: NotRunReason) -> Self {
        let Head { title, id, name, .. } = head;
        Self { title, id, name, file, reason, log_source: None }
    }
}

/// Why a document that loads does not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotRunReason {
    /// `status: unsupported`.
    Unsupported,
    /// Its log source is not `CloudTrail`.
    OtherLogSource,
    /// It is a correlation, and none of the rules it looks at runs.
    NoRuleRuns,
}

impl NotRunReason {
    /// The name of the reason in the coverage record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported",
            Self::OtherLogSource => "other-log-source",
            Self::NoRuleRuns => "no-rule-runs",
        }
    }
}

/// A diagnostic and the file it is about.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Index into [`RuleSet::files`].
    pub file: usize,
    /// What is wrong.
    pub diagnostic: Diagnostic,
}

/// The rules of one run.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    /// Every file that was read, sorted as they were loaded.
    pub files: Vec<RuleFile>,
    /// The rules that run, in load order. Findings of one record follow this order.
    pub rules: Vec<LoadedRule>,
    /// The correlations that run, in load order.
    pub correlations: Vec<LoadedCorrelation>,
    /// The filters, in load order, also those that narrow nothing.
    pub filters: Vec<LoadedFilter>,
    /// Documents that load and do not run.
    pub not_run: Vec<NotRun>,
    /// Everything wrong with any file, in file order.
    pub problems: Vec<Problem>,
    /// How many documents were refused.
    pub refused: usize,
    /// How many rules and correlations the [`Choice`] takes away, if it takes away all of them.
    pub not_chosen: usize,
    /// What was left out of rule folders.
    pub left_out: LeftOut,
}

/// What was left out of rule folders, as repositories hold more than rules. A path that is named itself is never left
/// out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Folders and YAML files whose names begin with a dot.
    pub hidden: usize,
    /// YAML files without a Sigma document.
    pub not_sigma: usize,
}
