//! The specification of a hunt: every option that decides what is found and how it is written.
//!
//! The command line fills a [`HuntSpec`], a checkpoint compares it, a run bundle stores it. Each
//! field has the name of its option, so an option is declared here and in the command line and
//! nowhere else. Options that only say how a run works or what else it reports are not part of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    ops::Deref,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::memory::Memory;
use crate::{rule::Level, sink::FormatKind};

/// Characters of a value that a message shows.
const SHOWN: usize = 80;

/// What a hunt searches, with which rules, and how its findings are written. Defaults are filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HuntSpec {
    /// Which files.
    pub input: InputSpec,
    /// Which rules.
    pub rules: RuleSpec,
    /// Rules that cannot run do not stop the hunt.
    pub skip_bad_rules: bool,
    /// Which events, accounts and regions.
    pub bounds: Bounds,
    /// Each file is verified against the digest files among the inputs.
    pub verify: bool,
    /// Files with public keys for `verify`.
    pub keys: Vec<PathText>,
    /// How findings are written.
    pub output: OutputSpec,
    /// Bytes of decompressed text that one worker holds; a larger file is streamed.
    pub max_inflated: usize,
    /// Memory beside texts. What does not fit waits on disk, and correlations may become inexact.
    pub memory: Memory,
    /// Every rule is evaluated on every record.
    pub no_prefilter: bool,
}

impl Default for HuntSpec {
    /// All files with all rules, in texts of up to 64 MiB; every finding once, in the order of files.
    fn default() -> Self {
        Self {
            input: InputSpec::default(),
            rules: RuleSpec::default(),
            skip_bad_rules: false,
            bounds: Bounds::default(),
            verify: false,
            keys: Vec::new(),
            output: OutputSpec::default(),
            max_inflated: 64 << 20,
            memory: Memory::default(),
            no_prefilter: false,
        }
    }
}

/// Which files a hunt searches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputSpec {
    /// Files and folders as named; `-` is standard input.
    pub paths: Vec<PathText>,
    /// A file with further paths.
    pub files_from: Option<PathText>,
    /// Paths in that file end with a NUL byte.
    pub null: bool,
    /// Links to folders are followed.
    pub follow: bool,
    /// Globs of files left out.
    pub exclude: Vec<String>,
}

/// Which rules a hunt runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSpec {
    /// Files and folders as named, or `builtin`.
    pub rules: Vec<PathText>,
    /// Ids, titles and globs of the rules that run; all if empty.
    pub rule: Vec<String>,
    /// Ids, titles and globs of rules that do not run.
    pub exclude_rule: Vec<String>,
    /// The lowest level of rules that run.
    pub level: Option<Level>,
    /// Values of placeholders as given: `NAME=VALUE` or `NAME=@FILE`.
    pub placeholder: Vec<String>,
}

/// Bounds on event time and on what a file's key says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// Only events at or after this time.
    pub from: Option<Timestamp>,
    /// Only events before this time.
    pub to: Option<Timestamp>,
    /// Days that a file may be delivered after its events.
    pub late_days: u32,
    /// Accounts; all if empty.
    #[serde(rename = "account")]
    pub accounts: Vec<String>,
    /// Regions; all if empty.
    #[serde(rename = "region")]
    pub regions: Vec<String>,
}

/// How findings are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputSpec {
    /// Their format.
    pub format: FormatKind,
    /// Their file; standard output if there is none.
    pub output: Option<PathText>,
    /// Tables list the events of each correlation finding.
    pub events: bool,
    /// The detail of the coverage report.
    pub coverage_detail: Detail,
    /// The folder of the run bundle.
    pub bundle: Option<PathText>,
    /// What becomes of duplicate findings.
    pub duplicates: Duplicates,
    /// The order of findings.
    pub sort: Sort,
    /// The hunt stops after so many findings.
    pub limit: Option<u64>,
}

impl Default for OutputSpec {
    fn default() -> Self {
        Self {
            format: FormatKind::Ndjson,
            output: None,
            events: false,
            coverage_detail: Detail::None,
            bundle: None,
            duplicates: Duplicates::Drop,
            sort: Sort::File,
            limit: None,
        }
    }
}

/// The detail of the coverage report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Detail {
    /// Files by outcome; only those that are not plainly read are named.
    #[default]
    None,
    /// Also the first and last event time of each day.
    Times,
    /// Also every file with its SHA-256, and records counted exactly.
    All,
}

/// What becomes of a record that the same rule found before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Duplicates {
    /// It is dropped and counted.
    #[default]
    Drop,
    /// It is written again.
    Keep,
}

/// The order of findings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// File, record, rule.
    #[default]
    File,
    /// Event time, event id, rule id; findings without a readable time come last.
    Time,
}

impl HuntSpec {
    /// Which options differ from those of `now`, and how, one message each.
    pub(super) fn differences(&self, now: &Self) -> Vec<String> {
        let (was, now) = (options(self), options(now));
        let names: BTreeSet<_> = was.keys().chain(now.keys()).collect();
        names
            .into_iter()
            .filter(|name| was.get(*name) != now.get(*name))
            .map(|name| {
                let value = |options: &BTreeMap<_, _>| shown(options.get(name));
                format!("{} was {}, and is {}", option_name(name), value(&was), value(&now))
            })
            .collect()
    }
}

/// The options in `groups`, a structure of options and groups of options, by their field names.
pub fn options(groups: &impl Serialize) -> BTreeMap<String, Value> {
    let Ok(Value::Object(groups)) = serde_json::to_value(groups) else { return BTreeMap::new() };
    let mut options = BTreeMap::new();
    for (name, value) in groups {
        match value {
            Value::Object(group) => options.extend(group),
            value => _ = options.insert(name, value),
        }
    }
    options
}

/// An option as the user spells it.
pub(super) fn option_name(field: &str) -> String {
    match field {
        "paths" => "PATH".to_owned(),
        field => format!("--{}", field.replace('_', "-")),
    }
}

fn shown(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => "not given".to_owned(),
        Some(value) => value.to_string(),
    };
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A path that JSON can hold: as text, or as bytes if it is not UTF-8.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "PathForm", into = "PathForm")]
pub struct PathText(PathBuf);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum PathForm {
    Text(String),
    Bytes { bytes: Vec<u8> },
}

impl From<PathText> for PathForm {
    fn from(path: PathText) -> Self {
        match path.0.into_os_string().into_string() {
            Ok(text) => Self::Text(text),
            Err(path) => Self::Bytes { bytes: path.as_bytes().to_vec() },
        }
    }
}

impl From<PathForm> for PathText {
    fn from(form: PathForm) -> Self {
        match form {
            PathForm::Text(text) => Self(text.into()),
            PathForm::Bytes { bytes } => Self(OsStr::from_bytes(&bytes).into()),
        }
    }
}

impl From<PathBuf> for PathText {
    fn from(path: PathBuf) -> Self {
        Self(path)
    }
}

impl From<&Path> for PathText {
    fn from(path: &Path) -> Self {
        Self(path.to_owned())
    }
}

impl Deref for PathText {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl AsRef<Path> for PathText {
    fn as_ref(&self) -> &Path {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_comes_back_from_json() {
        let spec = HuntSpec {
            keys: vec![Path::new("keys.json").into()],
            bounds: Bounds { from: "2024-05-01T00:00:00Z".parse().ok(), ..Bounds::default() },
            ..HuntSpec::default()
        };
        let json = serde_json::to_string(&spec).expect("it is written");
        assert_eq!(serde_json::from_str::<HuntSpec>(&json).expect("it is read"), spec);
        let unknown = json.replacen("\"memory\"", "\"of_a_later_version\"", 1);
        assert!(serde_json::from_str::<HuntSpec>(&unknown).is_err());
    }

    #[test]
    fn each_option_that_differs_is_named() {
        let was = HuntSpec::default();
        let mut now = was.clone();
        assert!(was.differences(&now).is_empty());
        now.output.sort = Sort::Time;
        now.output.limit = Some(5);
        now.skip_bad_rules = true;
        now.input.paths = vec![Path::new("logs").into()];
        now.bounds.accounts = vec!["1".to_owned()];
        assert_eq!(
            was.differences(&now),
            [
                "--account was [], and is [\"1\"]",
                "--limit was not given, and is 5",
                "PATH was [], and is [\"logs\"]",
                "--skip-bad-rules was false, and is true",
                "--sort was \"file\", and is \"time\"",
            ]
        );
    }

    #[test]
    fn a_path_that_is_not_text_comes_back() {
        for bytes in [&b"AWSLogs/x"[..], b"caf\xe9", b""] {
            let path = PathText::from(Path::new(OsStr::from_bytes(bytes)));
            let json = serde_json::to_string(&path).expect("it is written");
            let back: PathText = serde_json::from_str(&json).expect("it is read");
            assert_eq!(back, path);
        }
    }
}
