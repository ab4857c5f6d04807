//! Our own correlations find what their examples say. Each example is an archive of its own.

use std::{collections::BTreeSet, fs, path::Path};

use backtrail::{
    hunt::{Duplicates, HELD_MATCHES},
    ruleset::{Choice, RuleSet, RuleSource},
    sigma::Placeholders,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::hunting;

/// One file of `testdata/rules/` that belongs to a correlation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Examples {
    correlation: String,
    /// What all records have, unless they say otherwise.
    common: Map<String, Value>,
    found: Vec<Found>,
    not_found: Vec<NotFound>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Found {
    why: String,
    group: Value,
    count: Value,
    records: Vec<Map<String, Value>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NotFound {
    why: String,
    records: Vec<Map<String, Value>>,
}

/// Whether these are examples of a correlation, which have another form.
pub(crate) fn are_of_a_correlation(text: &str) -> bool {
    let examples: Value = serde_json::from_str(text).unwrap_or_default();
    examples.get("correlation").is_some()
}

fn examples() -> Vec<(String, Examples)> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/rules");
    let mut found = Vec::new();
    for folder in crate::entries(&top).into_iter().filter(|path| path.is_dir()) {
        for file in crate::entries(&folder) {
            let text = fs::read_to_string(&file).expect("UTF-8");
            if are_of_a_correlation(&text) {
                let examples = serde_json::from_str(&text)
                    .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                let name = file.with_extension("");
                let name = name.strip_prefix(&top).expect("it stands below").display().to_string();
                found.push((name, examples));
            }
        }
    }
    found
}

fn chosen(rules: &[&str]) -> RuleSet {
    let choice =
        Choice { rules: rules.iter().map(ToString::to_string).collect(), ..Choice::default() };
    RuleSet::load(&[RuleSource::Builtin], &choice, &Placeholders::new())
        .expect("the rules of the program can be read")
}

/// What a hunt for one correlation finds in these records, the last of which stand in a file before the first.
fn hunted(
    set: &RuleSet,
    common: &Map<String, Value>,
    records: &[Map<String, Value>],
) -> Vec<Value> {
    let whole = |(at, own): (usize, &Map<String, Value>)| {
        let mut record = common.clone();
        record.extend(own.clone());
        record.entry("eventID").or_insert_with(|| json!(format!("example-{at}")));
        Value::Object(record)
    };
    let records: Vec<Value> = records.iter().enumerate().map(whole).collect();
    let (first, last) = records.split_at(records.len() / 2);
    let folder = tempfile::tempdir().expect("a folder");
    for (name, part) in [("a.json", last), ("b.json", first)] {
        let text = json!({"Records": part}).to_string();
        fs::write(folder.path().join(name), text).expect("it can be written");
    }
    let files = [folder.path().to_owned()];
    let output = hunting::hunted(set, &files, Duplicates::Drop, (1, HELD_MATCHES));
    output.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn each_correlation_finds_what_its_examples_say_and_no_near_miss() {
    let mut wrong = Vec::new();
    for (name, examples) in examples() {
        let set = chosen(&[&examples.correlation]);
        for Found { why, group, count, records } in &examples.found {
            let found = hunted(&set, &examples.common, records);
            let shown: Vec<_> = found.iter().map(|it| &it["correlation"]).collect();
            let is_right =
                matches!(&shown[..], [one] if one["group"] == *group && one["count"] == *count);
            if !is_right {
                wrong.push(format!("{name}: {why}: {found:?}"));
            }
        }
        for NotFound { why, records } in &examples.not_found {
            let found = hunted(&set, &examples.common, records);
            if !found.is_empty() {
                wrong.push(format!("{name}: is found all the same: {why}: {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn correlations_and_examples_belong_together() {
    let set = chosen(&[]);
    let examples = examples();
    let with_examples: BTreeSet<(&str, String)> = examples
        .iter()
        .map(|(name, examples)| {
            assert!(!examples.found.is_empty() && !examples.not_found.is_empty(), "{name}");
            (&*examples.correlation, format!("builtin:{name}.yml"))
        })
        .collect();
    let reported: BTreeSet<(&str, String)> = set
        .correlations
        .iter()
        .filter(|loaded| loaded.reported)
        .map(|loaded| {
            let id = loaded.correlation.id.as_deref().expect("it has an id");
            (id, set.files[loaded.file].name.clone())
        })
        .collect();
    assert!(!reported.is_empty());
    assert_eq!(with_examples, reported);
}
