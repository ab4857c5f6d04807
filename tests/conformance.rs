//! What rules mean, case by case, in files that can be read without knowing Rust.
//!
//! Each file of `testdata/conformance` holds one section of the semantics. A case is a rule, or the lines
//! of a single selection, the records it matches and those it does not; or a rule that must be refused.
//! Every case is run on the scanner with its gates and without them, each record alone and all in one file.

#![expect(clippy::disallowed_methods, reason = "the cases are read from disk")]

#[path = "conformance/correlations.rs"]
mod correlations;
mod hunting;

use std::{collections::BTreeSet, fs, path::Path};

use backtrail::{
    cloudtrail::FileName,
    engine::Engine,
    rule::Severity,
    ruleset::{Choice, RuleSet, RuleSource},
    scan::{Origin, ScanOptions, Scanner},
    sigma::{self, Placeholders},
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

/// One case as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What is true, in one name.
    name: String,
    /// The lines of one selection; the rest of the rule is the plainest there is.
    item: Option<String>,
    /// What stands under `detection:`.
    detection: Option<String>,
    /// The whole rule file.
    rule: Option<String>,
    /// Records, as JSON text, that the rule matches.
    #[serde(default, rename = "match")]
    matching: Vec<String>,
    /// Records that it does not match.
    #[serde(default)]
    no_match: Vec<String>,
    /// The rule cannot be run as written.
    #[serde(default)]
    refused: bool,
    /// Values for `%name%` placeholders.
    #[serde(default)]
    placeholders: Placeholders,
}

impl Case {
    fn rule_text(&self) -> String {
        let indented = |text: &str, by: &str| {
            text.trim_end().lines().flat_map(|line| [by, line, "\n"]).collect::<String>()
        };
        let head = "title: A case\nlogsource:\n  product: aws\n  service: cloudtrail\n";
        match (&self.item, &self.detection, &self.rule) {
            (Some(item), None, None) => {
                format!(
                    "{head}detection:\n  selection:\n{}  condition: selection\n",
                    indented(item, "    ")
                )
            }
            (None, Some(detection), None) => {
                format!("{head}detection:\n{}", indented(detection, "  "))
            }
            (None, None, Some(rule)) => rule.clone(),
            _ => panic!("{}: give one of item, detection, rule", self.name),
        }
    }

    /// What is wrong with the case; empty if it holds.
    fn wrong(&self) -> Vec<String> {
        let text = self.rule_text();
        let parsed = sigma::parse(&text, &self.placeholders);
        let refused = parsed.diagnostics.iter().any(|it| it.severity == Severity::Error);
        if refused != self.refused {
            return vec![format!("refused: {refused}, {:?}\n{text}", parsed.diagnostics)];
        }
        if self.refused {
            return Vec::new();
        }
        let set = running(&text, &self.placeholders);
        let records: Vec<&String> = self.matching.iter().chain(&self.no_match).collect();
        let expected = |at: usize| at < self.matching.len();
        let mut wrong = Vec::new();
        for no_prefilter in [false, true] {
            let options = ScanOptions { no_prefilter, ..ScanOptions::default() };
            for (at, record) in records.iter().enumerate() {
                let found =
                    !found(&set, &format!("{{\"Records\":[{record}]}}"), options).is_empty();
                if found != expected(at) {
                    wrong.push(format!(
                        "alone, without prefilter {no_prefilter}: {found} on {record}"
                    ));
                }
            }
            let all = records.iter().map(|record| record.as_str()).collect::<Vec<_>>().join(",\n ");
            let together = found(&set, &format!("{{\"Records\": [\n {all}\n]}}"), options);
            let wanted: BTreeSet<u64> = (0..self.matching.len() as u64).collect();
            if together != wanted {
                wrong.push(format!(
                    "in one file, without prefilter {no_prefilter}: records {together:?} match"
                ));
            }
        }
        wrong
    }
}

/// The rules of the text that run, loaded as the program loads them.
fn running(text: &str, placeholders: &Placeholders) -> RuleSet {
    let folder = tempfile::tempdir().expect("a folder for the rule");
    let file = folder.path().join("rule.yml");
    fs::write(&file, text).expect("the rule can be written");
    let source = RuleSource::Path(file);
    RuleSet::load(&[source], &Choice::default(), placeholders).expect("the rule can be read")
}

/// The records in which some rule of the set matches.
fn found(set: &RuleSet, text: &str, options: ScanOptions) -> BTreeSet<u64> {
    let engine = Engine::compile(&set.rules);
    let scanner = Scanner::new(&engine, options).expect("the gates can be built");
    let name = FileName { display: "case.json".to_owned(), raw_hex: None };
    let mut records = BTreeSet::new();
    let origin = Origin { name: &name, integrity: None };
    scanner.scan(origin, text.as_bytes(), &mut scanner.scratch(), &mut |_, finding| {
        records.insert(finding.record);
    });
    records
}

fn cases(section: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/conformance")
        .join(section)
        .with_extension("toml");
    let text = fs::read_to_string(&path).expect("the section can be read");
    let file: File =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    file.case
}

fn hold(section: &str) {
    let mut names = BTreeSet::new();
    let mut wrong = Vec::new();
    for case in cases(section) {
        assert!(names.insert(case.name.clone()), "{section}: two cases are named {}", case.name);
        let says_something =
            case.refused || !(case.matching.is_empty() && case.no_match.is_empty());
        assert!(says_something, "{section}: {} says nothing", case.name);
        wrong.extend(
            case.wrong().into_iter().map(|what| format!("{section}: {}: {what}", case.name)),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn values() {
    hold("values");
}

#[test]
fn fields() {
    hold("fields");
}

#[test]
fn modifiers() {
    hold("modifiers");
}

#[test]
fn selections() {
    hold("selections");
}

#[test]
fn conditions() {
    hold("conditions");
}

#[test]
fn documents() {
    hold("documents");
}

#[test]
fn filters() {
    hold("filters");
}

/// All rules of all cases over all records at once: what one rule finds does not depend on the others.
#[test]
fn rules_do_not_disturb_one_another() {
    let sections = ["values", "fields", "modifiers", "selections", "conditions", "documents"];
    let all: Vec<Case> =
        sections.iter().flat_map(|section| cases(section)).filter(|case| !case.refused).collect();
    assert!(all.len() > 80, "only {} cases", all.len());
    let records: Vec<&str> = all
        .iter()
        .flat_map(|case| case.matching.iter().chain(&case.no_match))
        .map(String::as_str)
        .collect();
    let text = format!("{{\"Records\":[{}]}}", records.join(","));
    let mut together = RuleSet::default();
    let mut alone = Vec::new();
    for case in &all {
        for loaded in running(&case.rule_text(), &case.placeholders).rules {
            let single = RuleSet { rules: vec![loaded.clone()], ..RuleSet::default() };
            alone.push(found(
                &single,
                &text,
                ScanOptions { no_prefilter: true, ..ScanOptions::default() },
            ));
            together.rules.push(loaded);
        }
    }
    let engine = Engine::compile(&together.rules);
    let scanner = Scanner::new(&engine, ScanOptions::default()).expect("the gates can be built");
    let name = FileName { display: "case.json".to_owned(), raw_hex: None };
    let mut among_others = vec![BTreeSet::new(); together.rules.len()];
    let origin = Origin { name: &name, integrity: None };
    scanner.scan(origin, text.as_bytes(), &mut scanner.scratch(), &mut |rule, finding| {
        among_others[rule].insert(finding.record);
    });
    for (rule, loaded) in together.rules.iter().enumerate() {
        assert_eq!(among_others[rule], alone[rule], "{:#?}", loaded.rule.detection);
    }
}
