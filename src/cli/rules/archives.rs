//! Examples of correlations: small archives, each hunted through for itself.
//!
//! They are written to a folder that is gone afterwards, in two files, the later half first, as files
//! need not be in order of time.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
};

use anyhow::{Result, bail};
use backtrail::{
    archive::Input,
    cloudtrail::FileName,
    coverage::Outcome,
    engine::Engine,
    hunt::{self, Options, Progress, Task},
    ruleset::RuleSet,
    sink::{self, FormatKind, Sink, SinkError},
};
use serde_json::{Map, Value, json};

use super::{
    examples::{Found, NotFound, OfCorrelation},
    test::Failure,
};
use crate::cli::render;

/// At most this many findings are told of one archive.
const MOST_TOLD: usize = 3;

/// How many archives there are for the correlation of that id and title, and which went wrong.
pub(super) fn try_correlation(
    rules: &RuleSet,
    engine: &Engine,
    of: (Option<&str>, &str),
    file: &str,
    asked: &OfCorrelation,
) -> (usize, Vec<Failure>) {
    let wanted = asked
        .found
        .iter()
        .map(|Found { why, group, count, records }| (why, records, Some((group, count))));
    let unwanted = asked.not_found.iter().map(|NotFound { why, records }| (why, records, None));
    let mut failures = Vec::new();
    let mut count = 0;
    for (why, records, wanted) in wanted.chain(unwanted) {
        count += 1;
        let found = match hunted(rules, engine, of, &asked.common, records) {
            Ok(found) if is_right(&found, wanted) => continue,
            Ok(found) => told(&found),
            Err(error) => format!("{error:#}"),
        };
        let expected = wanted.map_or_else(
            || "nothing".to_owned(),
            |(group, count)| format!("one finding of group {group}, count {count}"),
        );
        let example = format!("archive {count}");
        let file = file.to_owned();
        failures.push(Failure { file, example, why: Some(why.clone()), expected, found });
    }
    (count, failures)
}

/// Whether that is found which is wanted: one thing of this group and count, or nothing.
fn is_right(found: &[Value], wanted: Option<(&Value, &Value)>) -> bool {
    match (found, wanted) {
        ([], None) => true,
        ([one], Some((group, count))) => one["group"] == *group && one["count"] == *count,
        _ => false,
    }
}

/// What was found, for people.
fn told(found: &[Value]) -> String {
    let one = |it: &Value| format!("group {}, count {}", it["group"], it["count"]);
    let more = found.len().saturating_sub(MOST_TOLD);
    let shown: Vec<_> = found.iter().take(MOST_TOLD).map(one).collect();
    match (found.len(), more) {
        (0, _) => "nothing".to_owned(),
        (_, 0) => shown.join("; "),
        (_, more) => format!("{}; and {more} more", shown.join("; ")),
    }
}

/// What a hunt through these records finds by that correlation.
fn hunted(
    rules: &RuleSet,
    engine: &Engine,
    (id, title): (Option<&str>, &str),
    common: &Map<String, Value>,
    records: &[Map<String, Value>],
) -> Result<Vec<Value>> {
    let whole = |(at, own): (usize, &Map<String, Value>)| {
        let mut record = common.clone();
        record.extend(own.clone());
        record.entry("eventID").or_insert_with(|| json!(format!("example-{at}")));
        Value::Object(record)
    };
    let records: Vec<Value> = records.iter().enumerate().map(whole).collect();
    let (first, last) = records.split_at(records.len() / 2);
    let folder = tempfile::tempdir()?;
    for (name, part) in [("a.json", last), ("b.json", first)] {
        fs::write(folder.path().join(name), json!({"Records": part}).to_string())?;
    }
    let kept = Arc::new(Mutex::new(Vec::new()));
    let task = Task {
        rules,
        engine,
        format: &*sink::format(FormatKind::Ndjson, render::table_style(false)),
        progress: &Unwatched,
        interrupt: &AtomicBool::new(false),
    };
    let options = Options::over(vec![Input::Path(folder.path().to_owned())]);
    let ran = hunt::run(options, task, Box::new(Kept(Arc::clone(&kept))), None)?;
    if let Some(failure) = ran.failure {
        return Err(failure.into());
    }
    if let Some((outcome, _)) =
        ran.coverage.outcomes.iter().find(|(name, count)| *name != "read" && **count > 0)
    {
        bail!("an archive that is {outcome} and not plainly read");
    }
    let bytes = std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner));
    let mut found = Vec::new();
    for line in String::from_utf8(bytes)?.lines() {
        let finding: Value = serde_json::from_str(line)?;
        let is_own = finding["rule_id"].as_str() == id && finding["rule_title"] == *title;
        if is_own && finding["correlation"].is_object() {
            found.push(finding["correlation"].clone());
        }
    }
    Ok(found)
}

/// Keeps what a hunt writes.
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Sink for Kept {
    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        Ok(())
    }

    fn abandon(self: Box<Self>) -> Option<PathBuf> {
        None
    }
}

/// The archives are small: there is nothing to watch.
struct Unwatched;

impl Progress for Unwatched {
    fn listed(&self, _files: u64) {}
    fn listing_done(&self) {}
    fn file_done(&self, _packed: u64, _inflated: u64) {}
    fn findings(&self, _written: u64) {}
    fn told(&self, _name: &FileName, _outcome: &Outcome) {}
}
