//! The command line of `repeat`.

use std::{num::NonZeroUsize, path::PathBuf};

use clap::{Args, ValueEnum, ValueHint};

use super::super::args::When;

/// What `repeat --help` ends with.
pub(crate) const AFTER_HELP: &str = "\
A record is what hunt --record DIR wrote: the findings, the coverage record with the SHA-256 of the text of every file, \
the rules, the options, and a manifest with the hashes of all these. Its manifest is compared first. Then the recorded \
rules hunt again with the recorded options, and what they find is compared byte by byte. Names of inputs stay those of \
the record, wherever the files lie now. Keep the hash of the manifest, which hunt and repeat print, in another place: who \
changes a record can write another manifest too. Files that were added to the record are listed and not read.

Examples:
  backtrail hunt AWSLogs/ -r rules/ --record run-1
  backtrail repeat run-1
  backtrail repeat run-1 --inputs /mnt/evidence/AWSLogs     the files were moved
  backtrail repeat run-1 -f json > compared.json

Exit codes:
    0  the same input gives the same findings
    1  findings differ
    2  usage, a record that is not finished or was changed, nothing to search, or the hunt could not be done
    3  findings are the same, but files are not, or were not read as before
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
    #[arg(short = 'j', long, value_name = "N")]
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
