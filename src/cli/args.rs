//! The command line as it is written: names, defaults, help. What it means is the commands' part.

#![expect(clippy::doc_markdown, reason = "these comments are the help text, which has no markup")]

use std::{num::NonZeroUsize, path::PathBuf};

use backtrail::{
    hunt::{Detail, Duplicates, Sample, Sort},
    sigma::Level,
    sink::FormatKind,
    source::Access,
};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum, ValueHint};
use jiff::Timestamp;

use super::{
    repeat::args::{self as repeat, RepeatArgs},
    rules::{
        catalog::args::{self as catalog, CatalogArgs},
        check::args::{self as check, CheckArgs},
    },
    values::{
        EventName, parse_count, parse_days, parse_event, parse_memory, parse_share, parse_size,
        parse_technique, parse_threads, parse_time,
    },
    verify::args::{self as verify, VerifyArgs},
};

/// What `--help` ends with.
const AFTER_HELP: &str = "\
Examples:
  backtrail hunt AWSLogs/ -r rules/                        search a folder, show findings as a table
  backtrail hunt trail.json.gz -o found.csv                search one file, write findings as CSV
  backtrail hunt AWSLogs/ --from 2024-05-01 --to 2024-06-01 --coverage coverage.json
  zcat trail.json.gz | backtrail hunt -                    search a log on standard input
  backtrail profile AWSLogs/ --sample 5%                   measure what each rule costs
  backtrail verify AWSLogs/ --keys keys.json               verify files against CloudTrail digests
  backtrail hunt AWSLogs/ --record run-1                   record the hunt in a folder
  backtrail repeat run-1                                   repeat it and compare
  backtrail hunt AWSLogs/ -o found.ndjson --resume state   resume an interrupted hunt
  backtrail rules check rules/                             lint rules
  backtrail rules test rules/                              run rules against their examples
  backtrail rules catalog pages/ -r rules/                 write pages about rules, for a browser

Exit codes:
    0  everything in scope was searched, with or without findings
    1  on request only: a finding reached --fail-on LEVEL, or `rules check` or `rules test` failed
    2  usage, rules or output problem; also: no CloudTrail log in scope, or no rule that runs
    3  some files failed or were salvaged: findings are valid, coverage is incomplete
  130  interrupted: findings so far are complete
For `verify` and `repeat` see backtrail help verify and backtrail help repeat.";

/// Search archived AWS CloudTrail logs with Sigma rules
#[derive(Debug, Parser)]
#[command(version, about, after_help = AFTER_HELP, max_term_width = 110, subcommand_required = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) manner: Manner,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Messages; the same for every command.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Manner {
    /// Color in tables and messages; NO_COLOR and CLICOLOR_FORCE also apply
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: When,
    /// Log each failed, salvaged or skipped file to standard error, and show details of rule problems
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Only print errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Search log files with rules
    #[command(after_help = AFTER_HELP)]
    Hunt(Box<HuntArgs>),
    /// Measure what each rule costs on these files
    Profile(Box<ProfileArgs>),
    /// Verify log files against CloudTrail digest files and public keys
    #[command(after_help = verify::AFTER_HELP)]
    Verify(Box<VerifyArgs>),
    /// Repeat a recorded hunt and compare its findings
    #[command(after_help = repeat::AFTER_HELP)]
    Repeat(RepeatArgs),
    /// List, check, test, explain and document rules
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

#[derive(Debug, Args)]
pub(crate) struct HuntArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// Continue even if some rules cannot run; they are listed in the coverage report
    #[arg(long, help_heading = "Rules")]
    pub(crate) skip_bad_rules: bool,

    #[command(flatten)]
    pub(crate) bounds: BoundArgs,
    /// Verify each file against the digest files in PATH; sets `integrity` in findings
    #[arg(long, help_heading = "Integrity")]
    pub(crate) verify: bool,
    /// Public keys for --verify, as printed by `aws cloudtrail list-public-keys`; repeatable
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "verify", help_heading = "Integrity")]
    pub(crate) keys: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
    /// Memory beside file contents, for duplicates, sorting and correlations; what does not fit waits on disk
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = parse_memory, help_heading = "Work")]
    pub(crate) memory: usize,
    /// Disable the prefilter and evaluate every rule on every record (slow; for debugging)
    #[arg(long, help_heading = "Work")]
    pub(crate) no_prefilter: bool,
}

/// Which files.
#[derive(Debug, Args)]
pub(crate) struct InputArgs {
    /// Files, zip and tar archives, or folders to search; - reads one log from standard input
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    /// Read paths of files and folders from FILE, one per line; - reads standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files_from: Option<PathBuf>,
    /// Paths in --files-from end with a NUL byte instead of a line feed
    #[arg(short = '0', long, requires = "files_from")]
    pub(crate) null: bool,
    /// Follow symbolic links to folders (links to files are always followed)
    #[arg(long)]
    pub(crate) follow: bool,
    /// Exclude files matching GLOB; repeatable
    #[arg(long, value_name = "GLOB")]
    pub(crate) exclude: Vec<String>,
}

/// Which rules.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Rules")]
pub(crate) struct RuleArgs {
    /// Rule file, folder of *.yml and *.yaml files, or builtin; repeatable [default: builtin]
    #[arg(short, long, value_name = "FILE|DIR|builtin", value_hint = ValueHint::AnyPath)]
    pub(crate) rules: Vec<PathBuf>,
    /// Only rules and correlations whose id or title matches; repeatable. The rules that a selected correlation needs run
    /// too
    #[arg(long, value_name = "ID|GLOB")]
    pub(crate) rule: Vec<String>,
    /// Exclude rules, correlations and filters whose id or title matches; repeatable. Correlations still use an excluded
    /// rule
    #[arg(long, value_name = "ID|GLOB")]
    pub(crate) exclude_rule: Vec<String>,
    /// Only rules and correlations of at least this level (and those without a level)
    #[arg(long, value_name = "MIN")]
    pub(crate) level: Option<LevelArg>,
    /// Values for the placeholder %NAME% (modifier expand): one value, or @FILE with one per line; repeatable
    #[arg(long, value_name = "NAME=VALUE|@FILE")]
    pub(crate) placeholder: Vec<String>,
}

/// Which records.
#[derive(Debug, Args)]
#[command(next_help_heading = "Bounds")]
pub(crate) struct BoundArgs {
    /// Only events at or after TIME, such as 2024-05-01 (midnight UTC) or 2024-05-01T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) from: Option<Timestamp>,
    /// Only events before TIME (exclusive)
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) to: Option<Timestamp>,
    /// Also open files dated up to DAYS after --to, as CloudTrail may deliver events late
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = parse_days, allow_negative_numbers = true)]
    pub(crate) late_days: u32,
    /// Only files of this account; repeatable. Files without an account in their name are always read
    #[arg(long, value_name = "ID")]
    pub(crate) account: Vec<String>,
    /// Only files of this region; repeatable. Files without a region in their name are always read
    #[arg(long, value_name = "NAME")]
    pub(crate) region: Vec<String>,
}

/// What comes out.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Format of findings [default: by the extension of --output; table on a terminal; else ndjson]
    #[arg(short, long, value_name = "FORMAT")]
    pub(crate) format: Option<FormatArg>,
    /// Write findings to FILE (.csv, .ndjson, .json, .txt), which must not be in a searched folder; written to
    /// FILE.partial, renamed when complete
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    /// Replace output files that exist and are not empty
    #[arg(long)]
    pub(crate) force: bool,
    /// In tables, list the events of each correlation finding (ndjson always has their ids)
    #[arg(long)]
    pub(crate) events: bool,
    /// Write a coverage report to FILE as JSON: what was searched, skipped and failed, and why; missing days; stopped
    /// logging
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) coverage: Option<PathBuf>,
    /// Detail of the coverage report: times adds first and last event times; all also parses every record and lists every
    /// file with its SHA-256
    #[arg(long, value_name = "DETAIL", default_value = "none")]
    pub(crate) coverage_detail: DetailArg,
    /// Record rules, options and results in DIR (new or empty) for `backtrail repeat`
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) record: Option<PathBuf>,
    /// Save progress in STATE and continue from it: run the same command again after an interruption; the output is the
    /// same as without it
    #[arg(long, value_name = "STATE", value_hint = ValueHint::FilePath, requires = "output")]
    pub(crate) resume: Option<PathBuf>,
    /// Keep or drop duplicate findings: same rule and eventID (or same bytes, without an eventID). Dropped ones are counted
    #[arg(long, value_name = "WHAT", default_value = "drop")]
    pub(crate) duplicates: DuplicatesArg,
    /// Order of findings: by input file, or by event time
    #[arg(long, value_name = "ORDER", default_value = "file")]
    pub(crate) sort: SortArg,
    /// Stop after N findings
    #[arg(long, value_name = "N", value_parser = parse_count, allow_negative_numbers = true)]
    pub(crate) limit: Option<u64>,
    /// Exit with code 1 if a finding has at least LEVEL
    #[arg(long, value_name = "LEVEL")]
    pub(crate) fail_on: Option<LevelArg>,
    /// Show a progress bar on standard error
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) progress: When,
}

/// How the work is done.
#[derive(Debug, Args)]
#[command(next_help_heading = "Work")]
pub(crate) struct WorkArgs {
    /// Number of worker threads [default: all cores]
    #[arg(short = 'j', long, value_name = "N", value_parser = parse_threads, allow_negative_numbers = true)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// How to open files: memory-map, read, or decide by size
    #[arg(long, value_name = "HOW", default_value = "auto")]
    pub(crate) access: AccessArg,
    /// Maximum decompressed size held in memory per worker; larger files are streamed (in at least 1MiB)
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = parse_size)]
    pub(crate) max_inflated: usize,
}

#[derive(Debug, Args)]
pub(crate) struct ProfileArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// Only list, read and decompress the files, and report the cost: the lower bound of any hunt
    #[arg(long, conflicts_with_all = ["rules", "rule", "exclude_rule", "level", "placeholder"])]
    pub(crate) floor: bool,
    /// Read only this share of the files, selected by name; reported counts are extrapolated
    #[arg(long, value_name = "PERCENT", value_parser = parse_share)]
    pub(crate) sample: Option<Sample>,
    /// Format of the profile; csv has only the rules
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: ProfileFormat,
    /// Show a progress bar on standard error
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) progress: When,

    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// Continue even if some rules cannot run
    #[arg(long, help_heading = "Rules", conflicts_with = "floor")]
    pub(crate) skip_bad_rules: bool,
    #[command(flatten)]
    pub(crate) bounds: BoundArgs,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProfileFormat {
    #[value(alias = "text")]
    Table,
    Json,
    Csv,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// List rules: which run, and why others do not
    List(ListArgs),
    /// Lint rules; --fix applies safe fixes
    #[command(after_help = check::AFTER_HELP)]
    Check(Box<CheckArgs>),
    /// Run rules against their example events
    Test(TestArgs),
    /// Explain how rules run, and why they match an event or not
    Explain(ExplainArgs),
    /// Write a catalog of rules: what each detects and excludes, and which other rules look for the same
    #[command(after_help = catalog::AFTER_HELP)]
    Catalog(CatalogArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Rule file, folder, builtin, or the id or title of a loaded rule (globs allowed)
    #[arg(value_name = "RULE", required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) wanted: Vec<PathBuf>,
    /// JSON event, or document with Records: show which parts of the rule match each event; - reads standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) event: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: CheckFormat,
}

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Rule files and folders, as with --rules; or the id or title of a rule
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// Folder with examples [default: NAME.json beside each NAME.yml, and testdata/rules]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) examples: Option<PathBuf>,
    /// Also use the findings in FILE (NDJSON, as `hunt -f ndjson` writes it) as examples: each event must still match its
    /// rule; repeatable
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) from_findings: Vec<PathBuf>,
    /// Fail if a rule has no examples
    #[arg(long)]
    pub(crate) require_examples: bool,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: CheckFormat,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Rule files and folders, as with --rules; or the id or title of a rule
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) chosen: ChosenArgs,
    /// Output format; navigator writes a layer for the ATT&CK Navigator
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: ListFormat,
}

/// What listed documents must be about. Of one option, one value is enough; all options must hold.
#[derive(Debug, Args)]
pub(crate) struct ChosenArgs {
    /// Only rules tagged with this ATT&CK technique, such as T1078.004; T1078 includes its sub-techniques; repeatable
    #[arg(long, value_name = "ID", value_parser = parse_technique)]
    pub(crate) technique: Vec<String>,
    /// Only rules for this eventName, and correlations that use them; with its eventSource in front, if needed, as in
    /// signin.amazonaws.com:GetSigninToken; repeatable
    #[arg(long, value_name = "[PROVIDER:]NAME", value_parser = parse_event)]
    pub(crate) event: Vec<EventName>,
    /// Only rules with this prefilter: a (event name), b (another literal), or none (every record is parsed)
    #[arg(long, value_name = "GATE", ignore_case = true)]
    pub(crate) gate: Option<GateArg>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GateArg {
    A,
    B,
    None,
}

/// When to do something that a terminal invites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    Table,
    Json,
    Navigator,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    Text,
    Json,
}

/// Gives a type of the library its names on the command line.
macro_rules! choices {
    ($name:ident is $of:ty: $($word:literal => $value:expr),+ $(,)?) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) struct $name(pub(crate) $of);

        impl ValueEnum for $name {
            fn value_variants<'a>() -> &'a [Self] {
                &[$(Self($value)),+]
            }

            fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
                $(if self.0 == $value {
                    return Some(clap::builder::PossibleValue::new($word));
                })+
                None
            }
        }
    };
}

choices!(LevelArg is Level:
    "informational" => Level::Informational,
    "low" => Level::Low,
    "medium" => Level::Medium,
    "high" => Level::High,
    "critical" => Level::Critical,
);
choices!(FormatArg is FormatKind:
    "table" => FormatKind::Table,
    "ndjson" => FormatKind::Ndjson,
    "csv" => FormatKind::Csv,
);
choices!(DetailArg is Detail: "none" => Detail::None, "times" => Detail::Times, "all" => Detail::All);
choices!(DuplicatesArg is Duplicates: "drop" => Duplicates::Drop, "keep" => Duplicates::Keep);
choices!(SortArg is Sort: "file" => Sort::File, "time" => Sort::Time);
choices!(AccessArg is Access: "auto" => Access::Auto, "mmap" => Access::Mmap, "read" => Access::Read);

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_choice_has_a_word() {
        assert!(LevelArg::value_variants().iter().all(|level| level.to_possible_value().is_some()));
        let words = LevelArg::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let levels: Vec<_> =
            LevelArg::value_variants().iter().map(|level| level.0.as_str()).collect();
        assert_eq!(words.map(|word| word.get_name().to_owned()).collect::<Vec<_>>(), levels);
    }
}
