//! The command line of `repeat`.

use std::{num::NonZeroUsize, path::PathBuf};

use clap::{Args, ValueEnum, ValueHint};

use super::super::{args::When, values::parse_threads};

/// What `repeat --help` ends with.
pub(crate) const AFTER_HELP: &str = "\
`hunt --record DIR` writes a record: findings, a coverage report with the SHA-256 of every text, rules, options, and a \
manifest with the hashes of all parts. `repeat` checks each part against the manifest, hunts again with the recorded \
rules and options, and compares the findings byte by byte. Findings keep the recorded names of the inputs, wherever the \
files are now. Keep the SHA-256 of the manifest, which hunt and repeat print, in another place: whoever changes a record \
can also replace its manifest. Files added to the record are listed and not read.

Examples:
  backtrail hunt AWSLogs/ -r rules/ --record run-1
  backtrail repeat run-1
  backtrail repeat run-1 --inputs /mnt/evidence/AWSLogs     if the files were moved
  backtrail repeat run-1 -f json > compared.json

Exit codes:
    0  the same inputs give the same findings
    1  findings differ
    2  usage problem, incomplete or changed record, nothing to search, or a failed hunt
    3  the same findings, but files differ or were not read as before
  130  interrupted: nothing was compared";

#[derive(Debug, Args)]
pub(crate) struct RepeatArgs {
    /// Folder that `hunt --record` wrote
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) record: PathBuf,
    /// Where the inputs are now: one path for each recorded input, in the same order
    #[arg(long, value_name = "PATH", num_args = 1.., value_hint = ValueHint::AnyPath)]
    pub(crate) inputs: Vec<PathBuf>,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: RepeatFormat,
    /// Number of worker threads [default: all cores]
    #[arg(short = 'j', long, value_name = "N", value_parser = parse_threads, allow_negative_numbers = true)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Show a progress bar on standard error
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) progress: When,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RepeatFormat {
    Text,
    Json,
}
