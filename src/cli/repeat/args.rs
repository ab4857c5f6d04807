//! The command line of `repeat`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::super::args::{When, WorkArgs};

/// What `repeat --help` ends with.
pub(crate) const AFTER_HELP: &str = "\
A run bundle is what hunt --bundle DIR writes: the findings, the coverage report with the SHA-256 of the text of every \
file, the rules, the options, and a manifest with the hashes of all these. repeat compares every part with the manifest, \
runs the rules of the bundle again with its options, and compares the findings byte by byte. Inputs keep their names, \
wherever the files are now. Keep the hash of the manifest, which hunt and repeat print, in another place: whoever \
changes a bundle can write a new manifest too. Files that were added to the bundle are listed and not read.

Examples:
  backtrail hunt AWSLogs/ -r rules/ --bundle run-1
  backtrail repeat run-1
  backtrail repeat run-1 --inputs /mnt/evidence/AWSLogs     if the files were moved
  backtrail repeat run-1 -f json > compared.json

Exit codes:
    0  the same inputs give the same findings
    1  findings differ
    2  usage, an incomplete or changed bundle, nothing to search, or the hunt failed
    3  findings are the same, but files differ, or were not read as before
  130  interrupted: nothing was compared";

#[derive(Debug, Args)]
pub(crate) struct RepeatArgs {
    /// Folder that `hunt --bundle` wrote
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) bundle: PathBuf,
    /// Where the inputs are now: one path for each input of the bundle, in the same order
    #[arg(long, value_name = "PATH", num_args = 1.., value_hint = ValueHint::AnyPath)]
    pub(crate) inputs: Vec<PathBuf>,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: RepeatFormat,
    /// Show a progress bar on standard error
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) progress: When,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RepeatFormat {
    Text,
    Json,
}
