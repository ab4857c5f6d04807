//! What correlations mean. Each case is a hunt through two files, on one thread and on several, with matches in
//! memory and on disk.

use std::{fs, path::Path};

use backtrail::hunt::Duplicates;
use backtrail::sigma::Placeholders;
use serde::Deserialize;
use serde_json::Value;

use crate::{hunting::hunted, running};

/// The rules that every case begins with.
const BASE: &str = "\
title: Denied
name: denied
logsource: {product: aws}
detection: {sel: {eventName: Denied}, condition: sel}
---
title: Login
name: login
logsource: {product: aws}
detection: {sel: {eventName: Login}, condition: sel}
---
";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What is true, in one name.
    name: String,
    /// The documents beside the base rules.
    rule: String,
    /// Records, as JSON text.
    events: Vec<String>,
    /// `title group count`, or the title alone for a rule; in any order.
    found: Vec<String>,
}

fn shown(finding: &Value) -> String {
    let title = finding["rule_title"].as_str().unwrap_or_default();
    match finding.get("correlation") {
        Some(it) => format!("{title} {} {}", it["group"], it["count"]),
        None => title.to_owned(),
    }
}

#[test]
fn correlations() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/conformance/correlations.toml");
    let text = fs::read_to_string(&path).expect("the section can be read");
    let file: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}"));
    let mut wrong = Vec::new();
    for case in file.case {
        let set = running(&format!("{BASE}{}", case.rule), &Placeholders::new());
        assert_eq!(set.refused, 0, "{}: {:?}", case.name, set.problems);
        let folder = tempfile::tempdir().expect("a folder");
        let (first, last) = case.events.split_at(case.events.len() / 2);
        for (name, part) in [("a.json", last), ("b.json", first)] {
            // Empty files are damage, empty lists are not.
            let text = format!("{{\"Records\":[{}]}}", part.join(","));
            fs::write(folder.path().join(name), text).expect("it can be written");
        }
        let files = [folder.path().to_owned()];
        let mut wanted = case.found.clone();
        wanted.sort();
        for way in [(1, 1 << 30), (4, 1)] {
            let output = hunted(&set, &files, Duplicates::Keep, way);
            let findings = output.lines().map(|line| serde_json::from_str(line).expect("JSON"));
            let mut found: Vec<String> = findings.map(|finding: Value| shown(&finding)).collect();
            found.sort();
            if found != wanted {
                wrong.push(format!("{}: {found:?}, and not {wanted:?}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
