//! The command line of `verify`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use jiff::Timestamp;

use super::super::{
    args::{InputArgs, When, WorkArgs},
    values::parse_time,
};

/// What `verify --help` ends with.
pub(crate) const AFTER_HELP: &str = "\
Keys: save them per region, for the time of the digests and two hours more, with
  aws cloudtrail list-public-keys --start-time S --end-time E --region R > R.keys.json

Signatures: that of a digest stands in the metadata of the stored object, which copying loses. All but the newest \
digest of a chain are checked with what the next one says. For the newest, save beside it
  aws s3api head-object --bucket B --key K > DIGEST.json.gz.head.json
A file beside a digest whose name begins with the digest's (without .json.gz) and a dot is looked at: JSON with \
Metadata.signature or x-amz-meta-signature, or the signature alone in hex.

Zip and tar archives are opened, packed and nested. Saved results of CloudTrail Lake queries are held against the \
result_sign.json beside them. A digest signed when its key was not valid is told in a note.

Examples:
  backtrail verify AWSLogs/ --keys us-east-1.keys.json --keys eu-west-1.keys.json
  backtrail verify AWSLogs/ --keys keys.json --from 2024-05-01 --to 2024-06-01 -f csv -o not-valid.csv

Verdicts:
  valid          what AWS delivered
  unproved       may be, but its digest is not proved, or gives no usable hash
  unlisted       no digest here lists it
  damaged        cannot be read whole, or other data stands behind it
  missing        named by a digest, and not here
  bad_signature  a digest whose signature is not that of the key it names
  modified       not what its digest, or the digest after it, says

Exit codes:
    0  everything is proved to be what AWS delivered, and nothing is missing
    1  something was changed or taken away: modified, missing or bad_signature
    2  usage, keys or output: nothing was read, or the report could not be written
    3  not everything could be proved or read: unproved, unlisted or damaged, or there are no digests
  130  interrupted: what is told is of the files until then
Of several, 130 goes before 2, 1 and 3.";

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// Public keys, as `aws cloudtrail list-public-keys` prints them; repeatable. Without any, only hashes are compared
    /// and nothing is proved
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) keys: Vec<PathBuf>,

    /// Only what was delivered from then on: RFC 3339, or a date for its UTC midnight
    #[arg(long, value_name = "T", value_parser = parse_time, help_heading = "Bounds")]
    pub(crate) from: Option<Timestamp>,
    /// Only what was delivered before then
    #[arg(long, value_name = "T", value_parser = parse_time, help_heading = "Bounds")]
    pub(crate) to: Option<Timestamp>,
    /// Only this account, by the names of files; repeatable
    #[arg(long, value_name = "ID", help_heading = "Bounds")]
    pub(crate) account: Vec<String>,
    /// Only this region, by the names of files; repeatable
    #[arg(long, value_name = "NAME", help_heading = "Bounds")]
    pub(crate) region: Vec<String>,
    /// Only the digests of this trail and what they list; repeatable
    #[arg(long, value_name = "NAME", help_heading = "Bounds")]
    pub(crate) trail: Vec<String>,

    /// How the report is shown; csv has what is not valid alone
    #[arg(short, long, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub(crate) format: VerifyFormat,
    /// Write the report to FILE, which must not lie in a searched folder; written to FILE.partial, renamed when complete
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Replace an output file that exists and is not empty
    #[arg(long, help_heading = "Output")]
    pub(crate) force: bool,

    /// A progress bar on standard error
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    pub(crate) progress: When,

    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum VerifyFormat {
    #[value(alias = "table")]
    Text,
    Json,
    Csv,
}
