//! Corpus counts of the catalogue against counts made in another way: rules read by another parser, and
//! every rule compared with every other.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    str::FromStr,
};

use rsigma_parser::{
    ConditionExpr, Detection, Modifier, SelectorPattern, SigmaRule, SigmaValue, parse_sigma_yaml,
};
use serde_json::Value;

use crate::{
    Bench,
    catalog::{catalog, seeded},
};

/// Field, modifiers, value: what one thing is that a rule looks for.
type Sought = (Option<String>, BTreeSet<String>, Option<String>);

fn sought(field: Option<&str>, modifiers: &[Modifier], value: Option<&str>) -> Sought {
    let exact = modifiers.iter().any(|it| matches!(it, Modifier::Re | Modifier::Cased));
    let value = value.map(|text| if exact { text.to_owned() } else { text.to_lowercase() });
    let how = modifiers.iter().filter(|it| !matches!(it, Modifier::All | Modifier::Neq));
    (field.map(str::to_owned), how.map(|it| format!("{it:?}")).collect(), value)
}

/// What a rule looks for, by the other parser.
fn of_rule(rule: &SigmaRule) -> BTreeSet<Sought> {
    let mut found = BTreeSet::new();
    for condition in &rule.detection.conditions {
        walk(condition, true, rule, &mut found);
    }
    found
}

fn walk(condition: &ConditionExpr, finds: bool, rule: &SigmaRule, found: &mut BTreeSet<Sought>) {
    match condition {
        ConditionExpr::And(parts) | ConditionExpr::Or(parts) => {
            for part in parts {
                walk(part, finds, rule, found);
            }
        }
        ConditionExpr::Not(part) => walk(part, !finds, rule, found),
        ConditionExpr::Identifier(name) => block(&rule.detection.named[name], finds, found),
        ConditionExpr::Selector { pattern, .. } => {
            for (name, detection) in &rule.detection.named {
                let named = match pattern {
                    SelectorPattern::Them => !name.starts_with('_'),
                    SelectorPattern::Pattern(pattern) => {
                        name.starts_with(pattern.strip_suffix('*').expect("a pattern ends in *"))
                    }
                };
                if named {
                    block(detection, finds, found);
                }
            }
        }
    }
}

fn block(detection: &Detection, finds: bool, found: &mut BTreeSet<Sought>) {
    match detection {
        Detection::AnyOf(parts) => {
            for part in parts {
                block(part, finds, found);
            }
        }
        Detection::AllOf(items) => {
            for item in items {
                if finds == item.field.has_modifier(Modifier::Neq) {
                    continue;
                }
                for value in &item.values {
                    let field = item.field.name.as_deref();
                    found.insert(sought(field, &item.field.modifiers, text(value).as_deref()));
                }
            }
        }
        Detection::Keywords(values) => {
            let values = values.iter().filter(|_| finds);
            found.extend(values.map(|value| sought(None, &[], text(value).as_deref())));
        }
        other => panic!("no rule has {other:?}"),
    }
}

fn text(value: &SigmaValue) -> Option<String> {
    match value {
        SigmaValue::String(text) => Some(text.original.clone()),
        SigmaValue::Integer(number) => Some(number.to_string()),
        SigmaValue::Float(number) => Some(number.to_string()),
        SigmaValue::Bool(value) => Some(value.to_string()),
        SigmaValue::Null => None,
    }
}

/// The indicators of a rule in the catalogue, with their counts.
fn of_catalog(rule: &Value) -> BTreeMap<Sought, usize> {
    let indicators = rule["indicators"].as_array().unwrap().iter();
    let entry = |it: &Value| {
        let operator = it["operator"].as_str().unwrap();
        let modifiers: Vec<Modifier> = match operator {
            "equals" | "keyword" => Vec::new(),
            many => many.split('|').map(|one| Modifier::from_str(one).unwrap()).collect(),
        };
        let key = sought(it["field"].as_str(), &modifiers, it["value"].as_str());
        (key, usize::try_from(it["corpus"].as_u64().unwrap()).unwrap())
    };
    indicators.map(entry).collect()
}

/// Holds the catalogue of those sets against a count of every rule against every other.
fn hold(bench: &Bench, args: &[&str], least: usize) {
    let ran = catalog(bench, &[args, &["-f", "json"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let written: Value = serde_json::from_str(&bench.read("pages/catalog.json")).unwrap();
    let rules = written["rules"].as_array().unwrap();
    assert!(rules.len() >= least, "{}", rules.len());
    let other: Vec<BTreeSet<Sought>> = rules
        .iter()
        .map(|rule| {
            let parsed = parse_sigma_yaml(rule["body"].as_str().unwrap()).unwrap();
            of_rule(parsed.rules.first().unwrap_or_else(|| panic!("{}", rule["title"])))
        })
        .collect();
    let mut shared = 0;
    for (at, rule) in rules.iter().enumerate() {
        let counted: BTreeMap<Sought, usize> = other[at]
            .iter()
            .map(|one| {
                let others = other.iter().enumerate();
                (one.clone(), others.filter(|(it, all)| *it != at && all.contains(one)).count())
            })
            .collect();
        assert_eq!(of_catalog(rule), counted, "{}", rule["title"]);
        shared += counted.values().sum::<usize>();
    }
    assert!(shared > least, "{shared}");
}

#[test]
fn counts_of_our_rules_are_those_of_another_count() {
    hold(&seeded(), &["-r", "builtin", "-r", "neighbours"], 100);
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn counts_of_public_rules_are_those_of_another_count() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples/sigmahq-rules");
    if !samples.is_dir() {
        eprintln!("SKIPPED: there is no ../shared/samples/sigmahq-rules");
        return;
    }
    let samples = format!("public={}", samples.display());
    hold(&seeded(), &["-r", "builtin", "-r", &samples], 170);
}
