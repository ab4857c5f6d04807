//! `rules check` as it is written on the command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use crate::cli::args::{RuleArgs, When};

/// What its help ends with.
pub(in crate::cli) const AFTER_HELP: &str = "\
A comment in a rule keeps a lint silent where it stands:
  eventName: Foo   # backtrail: allow(unknown-event)       for this line
  # backtrail: allow(whole-object-search)                  alone on a line: for the next one
  # backtrail: allow(missing-id, missing-level)            above the first key: for the document
One that keeps nothing silent is told as well.

Exit codes:
    0  no errors; warnings and notes do not count unless --deny makes errors of them
    1  errors, or documents that are refused
    2  usage, a path that cannot be read, or an archive without a CloudTrail log
    3  --against or --events-from: some files of the archive failed or were salvaged
  130  interrupted";

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Rule files and folders, as with --rules
    #[arg(value_name = "PATH", conflicts_with = "rules", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// How problems are shown
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ReportFormat,
    /// Do not tell problems with this code; repeatable. What refuses a document is always told
    #[arg(long, value_name = "CODE", help_heading = "Lints")]
    pub(crate) allow: Vec<String>,
    /// Tell problems with this code as errors; repeatable. warnings stands for all warnings
    #[arg(long, value_name = "CODE|warnings", help_heading = "Lints")]
    pub(crate) deny: Vec<String>,
    /// List the lints, and end
    #[arg(long, help_heading = "Lints", conflicts_with_all = ["explain", "fix", "against"])]
    pub(crate) list_lints: bool,
    /// Say what a code means, why it matters and what to write instead, and end
    #[arg(long, value_name = "CODE", help_heading = "Lints", conflicts_with_all = ["fix", "against"])]
    pub(crate) explain: Option<String>,
    /// Set right in the rule files what is safe to change, and tell the rest
    #[arg(long, help_heading = "Changes")]
    pub(crate) fix: bool,
    /// With --fix: show the changes and make none
    #[arg(long, help_heading = "Changes", requires = "fix")]
    pub(crate) diff: bool,
    /// Read this archive, and tell rules that cannot fire on it and fields that no rule looks at; repeatable
    #[arg(long, value_name = "PATH", help_heading = "Archive", value_hint = ValueHint::AnyPath)]
    pub(crate) against: Vec<PathBuf>,
    /// Read this archive for the event names and fields it has, which are then known; repeatable
    #[arg(long, value_name = "PATH", help_heading = "Archive", value_hint = ValueHint::AnyPath)]
    pub(crate) events_from: Vec<PathBuf>,
    /// A progress bar on standard error while the archive is read
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Archive")]
    pub(crate) progress: When,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    Text,
    Json,
    Sarif,
}
