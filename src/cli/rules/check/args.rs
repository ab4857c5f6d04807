//! `rules check` as it is written on the command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use crate::cli::args::{RuleArgs, When};

/// What its help ends with.
pub(in crate::cli) const AFTER_HELP: &str = "\
A comment in a rule suppresses a lint:
  eventName: Foo   # backtrail: allow(unknown-event)       for this line
  # backtrail: allow(whole-object-search)                  alone on a line: for the next one
  # backtrail: allow(missing-id, missing-level)            above the first key: for the document
Comments that suppress nothing are reported.

Exit codes:
    0  no errors; warnings and notes do not count unless --deny turns them into errors
    1  errors, or rules that cannot run
    2  usage, a path that cannot be read, or an archive without a CloudTrail log
    3  --against or --events-from: some files of the archive failed or were salvaged
  130  interrupted";

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Rule files and folders to check, as with --rules
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ReportFormat,
    /// Suppress this lint; repeatable. Errors that stop a rule from running are always reported
    #[arg(long, value_name = "CODE", help_heading = "Lints")]
    pub(crate) allow: Vec<String>,
    /// Report this lint as an error; repeatable. `warnings` means all warnings
    #[arg(long, value_name = "CODE|warnings", help_heading = "Lints")]
    pub(crate) deny: Vec<String>,
    /// List all lints and exit
    #[arg(long, help_heading = "Lints", conflicts_with_all = ["explain", "fix", "against"])]
    pub(crate) list_lints: bool,
    /// Explain a lint (what it finds, why it matters, what to write instead) and exit
    #[arg(long, value_name = "CODE", help_heading = "Lints", conflicts_with_all = ["fix", "against"])]
    pub(crate) explain: Option<String>,
    /// Apply safe fixes to the rule files, and report the rest
    #[arg(long, help_heading = "Changes")]
    pub(crate) fix: bool,
    /// With --fix: show the changes without making them
    #[arg(long, help_heading = "Changes", requires = "fix")]
    pub(crate) diff: bool,
    /// Report rules that can never match in this archive, and its fields that no rule uses; repeatable
    #[arg(long, value_name = "PATH", help_heading = "Archive", value_hint = ValueHint::AnyPath)]
    pub(crate) against: Vec<PathBuf>,
    /// Accept the event names and fields of this archive as known; repeatable
    #[arg(long, value_name = "PATH", help_heading = "Archive", value_hint = ValueHint::AnyPath)]
    pub(crate) events_from: Vec<PathBuf>,
    /// Show a progress bar on standard error while the archive is read
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Archive")]
    pub(crate) progress: When,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    Text,
    Json,
    Sarif,
}
