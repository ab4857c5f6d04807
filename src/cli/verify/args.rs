//! The command line of `verify`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use jiff::Timestamp;

use super::super::{
    args::{InputArgs, TextArgs, When, WorkArgs},
    values::parse_time,
};

/// What `verify --help` ends with.
pub(crate) const AFTER_HELP: &str = "\
Keys: save them for each region, from the start of the first digest to two hours after the last, with
  aws cloudtrail list-public-keys --region R --start-time S --end-time E --output json > R.keys.json
Without --keys, backtrail prints this line for each region with the times filled in.

Signatures: the signature of a digest is in the metadata of the stored object, which copying loses. It is also in the \
next digest of the chain, so only the newest digest needs its metadata beside it:
  aws s3api head-object --bucket B --key K --output json > DIGEST.json.gz.head.json
backtrail reads each file beside a digest whose name begins with the digest's (without .json.gz) and a dot. It may be \
JSON with Metadata.signature or x-amz-meta-signature, or the signature alone in hex.

Zip and tar archives are opened, packed and nested. Saved results of CloudTrail Lake queries are compared with the \
result_sign.json beside them. A note names digests that were signed when their key was not valid. Files that systems \
and people leave beside evidence, such as .DS_Store or SHA256SUMS, are counted and do not change the exit code.

Examples:
  backtrail verify AWSLogs/ --keys us-east-1.keys.json --keys eu-west-1.keys.json
  backtrail verify AWSLogs/ --keys keys.json --from 2024-05-01 --to 2024-06-01 -f csv -o not-valid.csv

Verdicts:
  valid           what AWS delivered
  unproved        cannot be proved: its digest is not proved or has no usable hash, or it is a digest over --max-inflated
  unlisted        no digest here lists it
  named_unproved  not here, and only unproved digests name it
  damaged         cannot be read whole, or other data follows it
  missing         a proved digest names it, and it is not here
  bad_signature   a digest with signatures beside it, none of which is that of the key it names
  modified        not what a proved digest says
Only modified, missing and bad_signature say that something is wrong; an unproved digest may be forged, so what it \
says is reported and accuses no file.

Exit codes:
    0  everything is proved to be what AWS delivered, and nothing is missing
    1  modified, missing or bad_signature
    2  usage, keys or output, or there is nothing to verify: no digest in scope
    3  not everything could be proved or read: unproved, unlisted, named_unproved or damaged
  130  interrupted: the report covers the files until then
The first that applies in the order 130, 2, 1, 3, 0 counts.";

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// Public keys, as `aws cloudtrail list-public-keys` prints them; repeatable. Without any, nothing is proved
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) keys: Vec<PathBuf>,

    /// Only files delivered from T on (inclusive): RFC 3339, or a date for its UTC midnight
    #[arg(long, value_name = "T", value_parser = parse_time, help_heading = "Bounds")]
    pub(crate) from: Option<Timestamp>,
    /// Only files delivered before T (exclusive)
    #[arg(long, value_name = "T", value_parser = parse_time, help_heading = "Bounds")]
    pub(crate) to: Option<Timestamp>,
    /// Only this account, by file names; repeatable
    #[arg(long, value_name = "ID", help_heading = "Bounds")]
    pub(crate) account: Vec<String>,
    /// Only this region, by file names; repeatable
    #[arg(long, value_name = "NAME", help_heading = "Bounds")]
    pub(crate) region: Vec<String>,
    /// Only the digests of this trail and the files they list; repeatable
    #[arg(long, value_name = "NAME", help_heading = "Bounds")]
    pub(crate) trail: Vec<String>,

    /// Format of the report; csv has only what is not valid [default: by the extension of --output; else text]
    #[arg(short, long, value_name = "FORMAT", help_heading = "Output")]
    pub(crate) format: Option<VerifyFormat>,
    /// Write the report to FILE (.json, .csv, .txt), which must not be in a searched folder; written to FILE.partial,
    /// renamed when complete
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
    #[command(flatten)]
    pub(crate) text: TextArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum VerifyFormat {
    #[value(alias = "table")]
    Text,
    Json,
    Csv,
}
