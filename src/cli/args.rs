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
        EventName, parse_event, parse_share, parse_size, parse_technique, parse_threads, parse_time,
    },
    verify::args::{self as verify, VerifyArgs},
};

/// What `--help` ends with.
const AFTER_HELP: &str = "\
Examples:
  backtrail hunt AWSLogs/ -r rules/                        findings of a folder, as a table
  backtrail hunt trail.json.gz -f ndjson -o found.ndjson   one file, findings to a file
  backtrail hunt AWSLogs/ --from 2024-05-01 --to 2024-06-01 --coverage coverage.json
  zcat trail.json.gz | backtrail hunt -                    one log on standard input
  backtrail profile AWSLogs/ --sample 5%                   what each rule costs there
  backtrail verify AWSLogs/ --keys keys.json               which files are what AWS delivered
  backtrail hunt AWSLogs/ --record run-1                   keep what was found, and how
  backtrail repeat run-1                                   hunt again and compare
  backtrail hunt AWSLogs/ -o found.ndjson --resume state   go on where it was killed
  backtrail rules check rules/                             what is wrong with rules
  backtrail rules test rules/                              whether they find their examples
  backtrail rules catalog pages/ -r rules/                 pages about rules, for a browser

Exit codes:
    0  all of it was hunted, findings or not
    1  only if asked: a finding reached --fail-on LEVEL, `rules check` found errors, or `rules test` a failure
    2  usage, rules or output; also: no CloudTrail log in scope, or no rule that runs
    3  some files failed or were salvaged: findings are valid, coverage is not whole
  130  interrupted: findings so far are whole
`verify` and `repeat` have their own: see backtrail help verify, backtrail help repeat.";

/// Hunts back through archived AWS CloudTrail logs with Sigma rules.
#[derive(Debug, Parser)]
#[command(version, about, after_help = AFTER_HELP, max_term_width = 110, subcommand_required = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) manner: Manner,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How the program talks; the same for every command.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Manner {
    /// Colour in tables and messages. NO_COLOR and CLICOLOR_FORCE are honoured
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: When,
    /// Say more on standard error: every file that is not plainly read, as it is met
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Say only what is wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Search log files for what rules describe
    #[command(after_help = AFTER_HELP)]
    Hunt(Box<HuntArgs>),
    /// Say what each rule costs on these files
    Profile(Box<ProfileArgs>),
    /// Say which files are exactly what AWS delivered, by digest files and public keys
    #[command(after_help = verify::AFTER_HELP)]
    Verify(Box<VerifyArgs>),
    /// Hunt again from a run record, and say whether the same is found
    #[command(after_help = repeat::AFTER_HELP)]
    Repeat(RepeatArgs),
    /// Look at rules
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
    /// Hunt although some rule documents are refused; they are listed in the coverage record
    #[arg(long, help_heading = "Rules")]
    pub(crate) skip_bad_rules: bool,

    #[command(flatten)]
    pub(crate) bounds: BoundArgs,
    /// Hold each file against the digest files among the paths; findings say in integrity what came of it
    #[arg(long, help_heading = "Integrity")]
    pub(crate) verify: bool,
    /// Public keys for --verify, as `aws cloudtrail list-public-keys` prints them; repeatable
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "verify", help_heading = "Integrity")]
    pub(crate) keys: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) work: WorkArgs,
    /// Evaluate every rule on every record: slow, for doubt and for tests
    #[arg(long, help_heading = "Work")]
    pub(crate) no_prefilter: bool,
}

/// Which files.
#[derive(Debug, Args)]
pub(crate) struct InputArgs {
    /// Files, zip and tar archives, folders, or - for one log on standard input
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    /// Read names of files and folders from FILE, one a line; - is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files_from: Option<PathBuf>,
    /// Names in --files-from end with a NUL byte instead of a line feed
    #[arg(short = '0', long, requires = "files_from")]
    pub(crate) null: bool,
    /// Follow links to folders (links to files always are)
    #[arg(long)]
    pub(crate) follow: bool,
    /// Leave out what matches GLOB; repeatable
    #[arg(long, value_name = "GLOB")]
    pub(crate) exclude: Vec<String>,
}

/// Which rules.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Rules")]
pub(crate) struct RuleArgs {
    /// A rule file, a folder of *.yml and *.yaml files, or builtin; repeatable [default: builtin]
    #[arg(short, long, value_name = "FILE|DIR|builtin", value_hint = ValueHint::AnyPath)]
    pub(crate) rules: Vec<PathBuf>,
    /// Only rules and correlations with this id, or whose title or id matches; repeatable. The rules that a correlation
    /// looks at run with it
    #[arg(long, value_name = "ID|GLOB")]
    pub(crate) rule: Vec<String>,
    /// Not these rules, correlations and filters; repeatable. A rule that a correlation looks at still feeds it
    #[arg(long, value_name = "ID|GLOB")]
    pub(crate) exclude_rule: Vec<String>,
    /// Only rules and correlations of this level and above; one without a level passes
    #[arg(long, value_name = "MIN")]
    pub(crate) level: Option<LevelArg>,
    /// Values for %NAME% under |expand: one value, or @FILE with one a line; repeatable
    #[arg(long, value_name = "NAME=VALUE|@FILE")]
    pub(crate) placeholder: Vec<String>,
}

/// Which records.
#[derive(Debug, Args)]
#[command(next_help_heading = "Bounds")]
pub(crate) struct BoundArgs {
    /// Earliest event time: RFC 3339, or a date for its UTC midnight
    #[arg(long, value_name = "T", value_parser = parse_time)]
    pub(crate) from: Option<Timestamp>,
    /// First event time no longer wanted
    #[arg(long, value_name = "T", value_parser = parse_time)]
    pub(crate) to: Option<Timestamp>,
    /// Days that a file may be delivered after its events: files dated later than --to by more are not opened
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    pub(crate) late_days: u32,
    /// Only files whose key has this account; repeatable. Other names are never left out
    #[arg(long, value_name = "ID")]
    pub(crate) account: Vec<String>,
    /// Only files whose key has this region; repeatable. Records may name another one
    #[arg(long, value_name = "NAME")]
    pub(crate) region: Vec<String>,
}

/// What comes out.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// How findings are shown [default: table on a terminal, else ndjson]
    #[arg(short, long, value_name = "FORMAT")]
    pub(crate) format: Option<FormatArg>,
    /// Write findings to FILE, which must not lie in a searched folder; written to FILE.partial, renamed when complete
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    /// Replace output files that exist and are not empty
    #[arg(long)]
    pub(crate) force: bool,
    /// List the events behind each finding of a correlation in a table (ndjson has their ids always)
    #[arg(long)]
    pub(crate) events: bool,
    /// Write the coverage record to FILE, as JSON: what was searched, what was not and why, missing days, stopped
    /// logging
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) coverage: Option<PathBuf>,
    /// How closely the coverage record looks: times adds first and last event times, all also parses every record and
    /// lists every file with its SHA-256
    #[arg(long, value_name = "DETAIL", default_value = "none")]
    pub(crate) coverage_detail: DetailArg,
    /// Keep all that is needed to hunt again and compare in DIR, which must not be there or be empty; see backtrail help
    /// repeat
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) record: Option<PathBuf>,
    /// Keep in STATE what has been done, and go on from there if it is there: the same command, after it was killed or
    /// interrupted, ends as if it had never been
    #[arg(long, value_name = "STATE", value_hint = ValueHint::FilePath, requires = "output")]
    pub(crate) resume: Option<PathBuf>,
    /// Records found before by the same rule, by eventID or without one by their bytes; what is dropped is counted
    #[arg(long, value_name = "WHAT", default_value = "drop")]
    pub(crate) duplicates: DuplicatesArg,
    /// Order of the findings
    #[arg(long, value_name = "ORDER", default_value = "file")]
    pub(crate) sort: SortArg,
    /// Stop after N findings
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    /// Exit with 1 if a finding reaches LEVEL
    #[arg(long, value_name = "LEVEL")]
    pub(crate) fail_on: Option<LevelArg>,
    /// A progress bar on standard error
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) progress: When,
}

/// How the work is done.
#[derive(Debug, Args)]
#[command(next_help_heading = "Work")]
pub(crate) struct WorkArgs {
    /// Worker threads [default: all cores]
    #[arg(short = 'j', long, value_name = "N", value_parser = parse_threads)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// How files are opened
    #[arg(long, value_name = "HOW", default_value = "auto")]
    pub(crate) access: AccessArg,
    /// Inflated bytes of one file that a worker holds; larger files are streamed, with 1MiB at least
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = parse_size)]
    pub(crate) max_inflated: usize,
}

#[derive(Debug, Args)]
pub(crate) struct ProfileArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// Only list, read and inflate the files, as a hunt would, and say what that costs: no hunt can be faster
    #[arg(long, conflicts_with_all = ["rules", "rule", "exclude_rule", "level", "placeholder"])]
    pub(crate) floor: bool,
    /// Only a share of the files, chosen by their names; what is told is scaled up
    #[arg(long, value_name = "PERCENT", value_parser = parse_share)]
    pub(crate) sample: Option<Sample>,
    /// How the profile is shown; csv has the rules alone
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: ProfileFormat,
    /// A progress bar on standard error
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) progress: When,

    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// Profile although some rule documents are refused
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
    /// List the rules, and say which run and why others do not
    List(ListArgs),
    /// Say what is wrong with rules, and set right what is safe
    #[command(after_help = check::AFTER_HELP)]
    Check(Box<CheckArgs>),
    /// Run rules against their example events
    Test(TestArgs),
    /// Say how rules will run, and why they match an event or do not
    Explain(ExplainArgs),
    /// Write pages about rules: what each means, looks for and leaves out, and who else looks for it
    #[command(after_help = catalog::AFTER_HELP)]
    Catalog(CatalogArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A rule file, a folder, builtin, or the id or a glob over the titles of loaded rules
    #[arg(value_name = "RULE", required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) wanted: Vec<PathBuf>,
    /// A JSON event, or a document with Records, to say of each what held and what did not; - is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) event: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// How the explanation is shown
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: CheckFormat,
}

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Rule files and folders, as with --rules
    #[arg(value_name = "PATH", conflicts_with = "rules", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// The folder with the examples [default: NAME.json beside each NAME.yml, and testdata/rules]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) examples: Option<PathBuf>,
    /// A rule without examples is a failure
    #[arg(long)]
    pub(crate) require_examples: bool,
    /// How the results are shown
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: CheckFormat,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Rule files and folders, as with --rules
    #[arg(value_name = "PATH", conflicts_with = "rules", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) chosen: ChosenArgs,
    /// How the list is shown; navigator is a layer for the ATT&CK Navigator
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: ListFormat,
}

/// What listed documents must be about. Of one option, one value is enough; all options must hold.
#[derive(Debug, Args)]
pub(crate) struct ChosenArgs {
    /// Only what covers this technique of ATT&CK, such as T1078.004; T1078 includes its sub-techniques; repeatable
    #[arg(long, value_name = "ID", value_parser = parse_technique)]
    pub(crate) technique: Vec<String>,
    /// Only rules that name this eventName, and correlations over them; a provider may stand before it, as in
    /// signin.amazonaws.com:GetSigninToken; repeatable
    #[arg(long, value_name = "[PROVIDER:]NAME", value_parser = parse_event)]
    pub(crate) event: Vec<EventName>,
    /// Only rules that this gate serves: a looks up event names, b looks for other texts, none has every record parsed
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
