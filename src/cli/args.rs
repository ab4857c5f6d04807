//! The command line as it is written: names, defaults, help. What it means is the commands' part.

#![expect(clippy::doc_markdown, reason = "these comments are the help text, which has no markup")]

use std::{collections::BTreeMap, num::NonZeroUsize, path::PathBuf, thread};

use anyhow::{Result, ensure};
use backtrail::{
    archive::Access,
    hunt::{
        Sample,
        spec::{self, Detail, Duplicates, HuntSpec, PathText, Sort},
    },
    rule::Level,
    sink::FormatKind,
};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum, ValueHint};
use jiff::Timestamp;
use serde::{Serialize, Serializer, de::DeserializeOwned};
use serde_json::Value;

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
  backtrail hunt AWSLogs/ --bundle run-1                   store rules, options and results
  backtrail repeat run-1                                   repeat the hunt and compare
  backtrail hunt AWSLogs/ -o found.ndjson --resume hunt.checkpoint
                                                           resume an interrupted hunt
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
    /// Repeat the hunt of a run bundle and compare its findings
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
    pub(crate) spec: SpecArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

/// What a hunt is: each field and each group is one of [`HuntSpec`], by the same name.
#[derive(Debug, Args, Serialize)]
pub(crate) struct SpecArgs {
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
    #[serde(serialize_with = "path_texts")]
    pub(crate) keys: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) text: TextArgs,
    /// Memory beside file contents, for duplicates, sorting and correlations; what does not fit waits on disk
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = parse_memory, help_heading = "Work")]
    pub(crate) memory: usize,
    /// Disable the prefilter and evaluate every rule on every record (slow; for debugging)
    #[arg(long, help_heading = "Work")]
    pub(crate) no_prefilter: bool,
}

/// How one run of a hunt works and what else it reports: none of it decides what is found.
#[derive(Debug, Args, Serialize)]
pub(crate) struct RunArgs {
    /// Replace output files that exist and are not empty
    #[arg(long, help_heading = "Output")]
    pub(crate) force: bool,
    /// Write a coverage report to FILE as JSON: what was searched, skipped and failed, and why; missing days; stopped
    /// logging
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    #[serde(serialize_with = "path_text")]
    pub(crate) coverage: Option<PathBuf>,
    /// Save progress in the checkpoint FILE and continue from it: run the same command again after an interruption; the
    /// output is the same as without it
    #[arg(
        long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "output", help_heading = "Output"
    )]
    #[serde(serialize_with = "path_text")]
    pub(crate) resume: Option<PathBuf>,
    /// Exit with code 1 if a finding has at least LEVEL
    #[arg(long, value_name = "LEVEL", help_heading = "Output")]
    pub(crate) fail_on: Option<LevelArg>,
    /// Show a progress bar on standard error
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    #[serde(skip)]
    pub(crate) progress: When,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

/// Which files.
#[derive(Debug, Args, Serialize)]
pub(crate) struct InputArgs {
    /// Files, zip and tar archives, or folders to search; - reads one log from standard input
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    #[serde(serialize_with = "path_texts")]
    pub(crate) paths: Vec<PathBuf>,
    /// Read paths of files and folders from FILE, one per line; - reads standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[serde(serialize_with = "path_text")]
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
#[derive(Debug, Clone, Args, Serialize)]
#[command(next_help_heading = "Rules")]
pub(crate) struct RuleArgs {
    /// Rule file, folder of *.yml and *.yaml files, or builtin; repeatable [default: builtin]
    #[arg(short, long, value_name = "FILE|DIR|builtin", value_hint = ValueHint::AnyPath)]
    #[serde(serialize_with = "path_texts")]
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
#[derive(Debug, Args, Serialize)]
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

/// How findings are written.
#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Format of findings [default: by the extension of --output; table on a terminal; else ndjson]
    #[arg(short, long, value_name = "FORMAT")]
    pub(crate) format: Option<FormatArg>,
    /// Write findings to FILE (.csv, .ndjson, .json, .txt), which must not be in a searched folder; written to
    /// FILE.partial, renamed when complete
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[serde(serialize_with = "path_text")]
    pub(crate) output: Option<PathBuf>,
    /// In tables, list the events of each correlation finding (ndjson always has their ids)
    #[arg(long)]
    pub(crate) events: bool,
    /// Detail of the coverage report: times adds first and last event times; all also parses every record and lists every
    /// file with its SHA-256
    #[arg(long, value_name = "DETAIL", default_value = "none")]
    pub(crate) coverage_detail: DetailArg,
    /// Write a run bundle to DIR (new or empty): rules, options and results, for `backtrail repeat`
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    #[serde(serialize_with = "path_text")]
    pub(crate) bundle: Option<PathBuf>,
    /// Keep or drop duplicate findings: same rule and eventID (or same bytes, without an eventID). Dropped ones are counted
    #[arg(long, value_name = "WHAT", default_value = "drop")]
    pub(crate) duplicates: DuplicatesArg,
    /// Order of findings: by input file, or by event time
    #[arg(long, value_name = "ORDER", default_value = "file")]
    pub(crate) sort: SortArg,
    /// Stop after N findings
    #[arg(long, value_name = "N", value_parser = parse_count, allow_negative_numbers = true)]
    pub(crate) limit: Option<u64>,
}

/// How the work is done.
#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Work")]
pub(crate) struct WorkArgs {
    /// Number of worker threads [default: all cores]
    #[arg(short = 'j', long, value_name = "N", value_parser = parse_threads, allow_negative_numbers = true)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// How to open files: memory-map, read, or decide by size
    #[arg(long, value_name = "HOW", default_value = "auto")]
    pub(crate) access: AccessArg,
}

/// How much text is held in memory.
#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Work")]
pub(crate) struct TextArgs {
    /// Maximum decompressed size held in memory per worker; larger files are streamed (in at least 1MiB)
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = parse_size)]
    pub(crate) max_inflated: usize,
}

impl HuntArgs {
    /// All options by name, as the coverage report shows them.
    pub(crate) fn command(&self) -> BTreeMap<String, Value> {
        let mut command = spec::options(&self.spec);
        command.extend(spec::options(&self.run));
        command
    }
}

impl SpecArgs {
    /// The specification of the hunt.
    pub(crate) fn spec(&self) -> Result<HuntSpec> {
        group(self)
    }
}

impl WorkArgs {
    /// The number of worker threads.
    pub(crate) fn threads(&self) -> NonZeroUsize {
        self.threads.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
    }
}

impl BoundArgs {
    /// Refuses bounds between which no event lies.
    pub(crate) fn check(&self) -> Result<()> {
        if let (Some(from), Some(to)) = (self.from, self.to) {
            ensure!(from < to, "--from must be before --to: {from} is not before {to}");
        }
        Ok(())
    }
}

/// A group of options as the library has it: both have the same fields.
pub(crate) fn group<T: DeserializeOwned>(args: &impl Serialize) -> Result<T> {
    Ok(serde_json::from_value(serde_json::to_value(args)?)?)
}

fn path_texts<S: Serializer>(paths: &[PathBuf], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(paths.iter().map(|path| PathText::from(path.as_path())))
}

#[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
fn path_text<S: Serializer>(path: &Option<PathBuf>, to: S) -> Result<S::Ok, S::Error> {
    path.as_deref().map(PathText::from).serialize(to)
}

#[derive(Debug, Args)]
pub(crate) struct ProfileArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// Only list, read and decompress the files, and report the cost: the lower bound of any hunt
    #[arg(long, conflicts_with_all = ["rules", "rule", "exclude_rule", "level", "placeholder"])]
    pub(crate) baseline: bool,
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
    #[arg(long, help_heading = "Rules", conflicts_with = "baseline")]
    pub(crate) skip_bad_rules: bool,
    #[command(flatten)]
    pub(crate) bounds: BoundArgs,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
    #[command(flatten)]
    pub(crate) text: TextArgs,
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
    /// Only rules with this prefilter; with none, every record is parsed
    #[arg(long, value_name = "KIND", ignore_case = true)]
    pub(crate) prefilter: Option<PrefilterArg>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PrefilterArg {
    EventName,
    Literal,
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
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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
    use std::collections::BTreeSet;

    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    /// Options of `hunt` that do not decide what is found, so that they are not part of its spec.
    const NOT_IN_SPEC: [&str; 11] = [
        "access", "color", "coverage", "fail_on", "force", "help", "progress", "quiet", "resume",
        "threads", "verbose",
    ];

    #[test]
    fn every_option_of_hunt_is_in_its_spec() {
        let mut command = Cli::command();
        command.build();
        let hunt = command.find_subcommand("hunt").expect("there is one");
        let options: BTreeSet<_> = hunt.get_arguments().map(|it| it.get_id().to_string()).collect();
        let others: BTreeSet<_> = NOT_IN_SPEC.iter().map(|&name| name.to_owned()).collect();
        let in_spec: BTreeSet<_> = spec::options(&HuntSpec::default()).into_keys().collect();
        assert!(others.is_subset(&options) && others.is_disjoint(&in_spec));
        assert_eq!(&options - &others, in_spec);
    }

    #[test]
    fn the_spec_has_every_value_of_the_command_line() -> Result<()> {
        let line = "backtrail hunt logs -r rules --rule a --exclude-rule b --level high \
            --placeholder x=y --skip-bad-rules --files-from list -0 --follow --exclude *.txt \
            --from 2024-05-01 --to 2024-06-01 --late-days 3 --account 111122223333 \
            --region eu-west-1 --verify --keys keys.json -f csv -o found.csv --events \
            --coverage-detail all --bundle run --duplicates keep --sort time --limit 5 \
            --max-inflated 2MiB --memory 32MiB --no-prefilter";
        let cli = Cli::try_parse_from(line.split_whitespace())?;
        let Command::Hunt(args) = cli.command else { panic!("it is a hunt") };
        let spec = args.spec.spec()?;
        assert_eq!(spec::options(&spec), spec::options(&args.spec));
        let default = spec::options(&HuntSpec::default());
        let set = spec::options(&spec);
        let unset: Vec<_> =
            set.iter().filter(|(name, is)| default.get(*name) == Some(is)).collect();
        assert!(unset.is_empty(), "not given above: {unset:?}");
        Ok(())
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
