//! Example events of rules: where they lie, and what they say.
//!
//! One file belongs to one rule or correlation, told by its id, or by its title where there is no id.
//! Records keep the spelling of their numbers. A file that cannot be read as examples is an error:
//! a slip there would pass as a test.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use backtrail::{
    cloudtrail::{Event, Node, Parser},
    ruleset::RuleSet,
    text,
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value};

/// Where the examples of the built-in rules lie, seen from the top of the sources.
const OF_BUILTIN: &str = "testdata/rules";

/// A file of examples, or of one event, over this many bytes is refused.
const MAX_BYTES: u64 = 64 << 20;

/// One file of examples.
#[derive(Debug)]
pub(super) struct Examples {
    /// Its name, as found.
    pub(super) file: String,
    /// Id or title of the rule or correlation.
    pub(super) of: String,
    /// The lines of a findings file that the matches come from; empty for a file of examples.
    pub(super) lines: Vec<usize>,
    /// What it asks for.
    pub(super) asks: Asks,
}

/// What a file of examples asks for.
#[derive(Debug)]
pub(super) enum Asks {
    /// Of a rule: records as JSON; near misses with what differs.
    Rule { matches: Vec<String>, near_misses: Vec<(String, String)> },
    /// Of a correlation: small archives.
    Correlation(OfCorrelation),
}

/// The form of a file that belongs to a rule. The records are taken from the text, as spelled there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfRule {
    rule: String,
    #[serde(default, rename = "match")]
    _matches: Vec<Map<String, Value>>,
    #[serde(default)]
    no_match: Vec<NearMiss>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NearMiss {
    why: String,
    #[serde(rename = "record")]
    _record: Map<String, Value>,
}

/// The form of a file that belongs to a correlation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfCorrelation {
    correlation: String,
    /// What all records have, unless they say otherwise.
    #[serde(default)]
    pub(super) common: Map<String, Value>,
    #[serde(default)]
    pub(super) found: Vec<Found>,
    #[serde(default)]
    pub(super) not_found: Vec<NotFound>,
}

/// An archive in which the correlation finds one thing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Found {
    pub(super) why: String,
    pub(super) group: Value,
    pub(super) count: Value,
    pub(super) records: Vec<Map<String, Value>>,
}

/// An archive in which it finds nothing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NotFound {
    pub(super) why: String,
    pub(super) records: Vec<Map<String, Value>>,
}

/// Which of the two forms it is.
#[derive(Debug, Deserialize)]
struct Form {
    rule: Option<IgnoredAny>,
    correlation: Option<IgnoredAny>,
    #[serde(rename = "match")]
    matches: Option<IgnoredAny>,
    no_match: Option<IgnoredAny>,
    found: Option<IgnoredAny>,
    not_found: Option<IgnoredAny>,
}

/// All examples there are for these rules: those in `folder` and below, or, if none is given,
/// `NAME.json` beside each `NAME.yml` and what lies in `testdata/rules`.
pub(super) fn collect(rules: &RuleSet, folder: Option<&Path>) -> Result<Vec<Examples>> {
    let mut files = BTreeSet::new();
    if let Some(folder) = folder {
        walk(folder, &mut files).with_context(|| cannot_read(folder))?;
        if files.is_empty() {
            bail!("no examples in {} (looked for *.json files)", folder.display());
        }
    } else {
        let named = rules.files.iter().filter(|file| !file.name.starts_with("builtin:"));
        let beside = named.map(|file| Path::new(&file.name).with_extension("json"));
        files.extend(beside.filter(|path| path.is_file()));
        let top = Path::new(OF_BUILTIN);
        if top.is_dir() {
            walk(top, &mut files).with_context(|| cannot_read(top))?;
        }
    }
    let mut all = Vec::new();
    for file in files {
        all.extend(read(&file).with_context(|| cannot_read(&file))?);
    }
    Ok(all)
}

fn cannot_read(path: &Path) -> String {
    format!("cannot read examples from {}", path.display())
}

/// The `*.json` files of a folder and the folders in it; links to folders are not followed.
#[expect(clippy::disallowed_methods, reason = "examples are no log files")]
fn walk(top: &Path, files: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    let mut folders = vec![top.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "json") && path.is_file() {
                files.insert(path);
            }
        }
    }
    Ok(())
}

/// The text of a file, or of standard input if the path is `-`.
#[expect(clippy::disallowed_methods, reason = "examples are no log files")]
pub(super) fn text_of(path: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    } else {
        fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    }
    if bytes.len() as u64 > MAX_BYTES {
        bail!("larger than {}", backtrail::text::bytes(MAX_BYTES));
    }
    Ok(text::decode(&bytes)?.into_owned())
}

/// Reads one file; `None` if it is other JSON, which may well lie beside rules.
fn read(path: &Path) -> Result<Option<Examples>> {
    let text = text_of(path)?;
    let file = path.display().to_string();
    let form: Form = serde_json::from_str(&text)?;
    if form.correlation.is_some() {
        let asked: OfCorrelation = serde_json::from_str(&text)?;
        let of = asked.correlation.clone();
        return Ok(Some(Examples { file, of, lines: Vec::new(), asks: Asks::Correlation(asked) }));
    }
    if form.rule.is_none() {
        if form.matches.is_some() || form.no_match.is_some() {
            bail!("match and no_match without rule: add \"rule\" with the id or title of the rule");
        }
        if form.found.is_some() && form.not_found.is_some() {
            bail!(
                "found and not_found without correlation: add \"correlation\" with its id or title"
            );
        }
        return Ok(None);
    }
    let asked: OfRule = serde_json::from_str(&text)?;
    let (matches, records) = Parser::default().parse(text.trim().as_bytes(), spelled)?;
    let near_misses = asked.no_match.into_iter().map(|miss| miss.why).zip(records).collect();
    let asks = Asks::Rule { matches, near_misses };
    Ok(Some(Examples { file, of: asked.rule, lines: Vec::new(), asks }))
}

/// What a line of a findings file says of its rule and record.
#[derive(Debug, Deserialize)]
struct FindingLine {
    rule_id: Option<String>,
    rule_title: String,
    /// Null for the finding of a correlation.
    event: Option<IgnoredAny>,
}

/// The events of findings, which `hunt -f ndjson` wrote, as records that their rules must match. Findings of
/// correlations have no event and are passed over.
pub(super) fn of_findings(path: &Path) -> Result<Vec<Examples>> {
    let file = path.display().to_string();
    let text = text_of(path).with_context(|| format!("cannot read findings from {file}"))?;
    let mut rules: BTreeMap<String, (Vec<usize>, Vec<String>)> = BTreeMap::new();
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    for (line, finding) in lines.map(|(at, line)| (at + 1, line.trim())) {
        let place = || match finding.as_bytes() {
            [b'[', ..] => format!("{file}:{line}: a JSON array; write one finding on each line"),
            [b'{', ..] => {
                format!("{file}:{line}: not a finding as `backtrail hunt -f ndjson` writes it")
            }
            _ => format!(
                "{file}:{line}: not NDJSON; findings in CSV and tables have no events, so write them with `backtrail \
                 hunt -f ndjson`"
            ),
        };
        let FindingLine { rule_id, rule_title, event } =
            serde_json::from_str(finding).with_context(place)?;
        if event.is_none() {
            continue;
        }
        let record = Parser::default()
            .parse(finding.as_bytes(), |parsed| parsed.get(0, "event").map(|at| parsed.json_of(at)))
            .with_context(place)?;
        let (lines, matches) = rules.entry(rule_id.unwrap_or(rule_title)).or_default();
        lines.push(line);
        matches.extend(record);
    }
    if rules.is_empty() {
        bail!("{file} holds no finding with an event");
    }
    let examples = rules.into_iter().map(|(of, (lines, matches))| {
        let asks = Asks::Rule { matches, near_misses: Vec::new() };
        Examples { file: file.clone(), of, lines, asks }
    });
    Ok(examples.collect())
}

/// The records of `match` and `no_match`, as they are spelled.
fn spelled(examples: &Event<'_>) -> (Vec<String>, Vec<String>) {
    let listed = |key| examples.get(0, key).map_or_else(Vec::new, |at| elements(examples, at));
    let matches = listed("match").into_iter().map(|at| examples.json_of(at));
    let near_misses = listed("no_match").into_iter();
    let records = near_misses.filter_map(|at| examples.get(at, "record"));
    (matches.collect(), records.map(|at| examples.json_of(at)).collect())
}

/// The elements of the array at `index`; none if it is no array.
pub(super) fn elements(event: &Event<'_>, index: usize) -> Vec<usize> {
    let mut found = Vec::new();
    if let Node::Array { .. } = event.node(index) {
        let (mut at, end) = (index + 1, event.after(index));
        while at < end {
            found.push(at);
            at = event.after(at);
        }
    }
    found
}
