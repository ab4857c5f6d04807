//! The catalogue over rules of its own: what a rule is taken apart into, and who else looks for it.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use super::{NamedSet, asks::asks, build::model};
use crate::{
    rule::{Document, LoadedRule, Rule},
    ruleset::{RuleFile, RuleSet},
    sigma::{self, Placeholders},
};

fn rule(title: &str, detection: &str) -> Rule {
    let text = format!("title: {title}\nlogsource: {{product: aws}}\ndetection: {detection}\n");
    let mut parsed = sigma::parse(&text, &Placeholders::new());
    match parsed.documents.pop() {
        Some(Document::Rule(rule)) => *rule,
        other => panic!("{other:?} {:?}", parsed.diagnostics),
    }
}

fn set(detections: &[&str]) -> RuleSet {
    let rules = detections
        .iter()
        .enumerate()
        .map(|(at, detection)| LoadedRule::new(rule(&format!("r{at}"), detection), 0));
    let text = std::sync::Arc::from("");
    let file = RuleFile { name: "f".to_owned(), text, sha256: String::new(), raw: None };
    RuleSet { rules: rules.collect(), files: vec![file], ..RuleSet::default() }
}

/// The titles of the others that look for the same action, for each rule.
fn others(detections: &[&str]) -> Vec<String> {
    let set = set(detections);
    let model = model(&[NamedSet { name: "set", root: Path::new("set"), rules: &set }]);
    let titles = |others: &[usize]| {
        others.iter().map(|at| model.rules[*at].about.title).collect::<Vec<_>>().join(" ")
    };
    model.rules.iter().map(|rule| titles(&rule.others.rules)).collect()
}

#[test]
fn stages_are_the_parts_that_must_all_hold() {
    let rule = rule(
        "t",
        "{a: {x: 1}, b1: {y: 2}, b2: {z: 3}, f: {u: 4}, condition: a and (1 of b* or not a) and not (f and a) and a}",
    );
    let asks = asks(&rule.detection);
    assert_eq!(asks.condition, "a and (1 of b* or not a) and not (f and a) and a");
    let stages: Vec<_> =
        asks.stages.iter().map(|it| (it.condition.as_str(), it.excludes)).collect();
    assert_eq!(stages, [("a", false), ("1 of b* or not a", false), ("not (f and a)", true)]);
    let told: Vec<Vec<_>> = asks
        .stages
        .iter()
        .map(|it| it.selections.iter().map(|it| (it.name, it.any.len())).collect())
        .collect();
    assert_eq!(
        told,
        [vec![("a", 1)], vec![("b1", 1), ("b2", 1), ("a", 0)], vec![("f", 1), ("a", 0)]]
    );
}

#[test]
fn what_stands_under_not_is_excluded_and_what_stands_under_two_is_not() {
    let rule = rule(
        "t",
        "{s: {a: 1, b|neq: 2}, f: {c|contains: [3, 4], d|neq: 5}, g: {e: 6}, condition: s and not f and not (not g)}",
    );
    let asks = asks(&rule.detection);
    let excluded: Vec<_> = asks
        .exclusions
        .iter()
        .map(|it| format!("{} {} {} {:?}", it.selection, it.field.unwrap(), it.kind, it.values))
        .collect();
    assert_eq!(excluded, ["s b equals [Some(\"2\")]", "f c contains [Some(\"3\"), Some(\"4\")]"]);
    let sought: Vec<_> =
        asks.indicators.iter().map(|it| (it.field.unwrap(), it.value.unwrap())).collect();
    assert_eq!(sought, [("a", "1"), ("d", "5"), ("e", "6")]);
}

#[test]
fn counts_ignore_case_as_sigma_does_and_heed_what_it_heeds() {
    let set = set(&[
        "{s: {n: Abc, r|re: A, c|cased: Q, k: null, l|contains: x, m: '1'}, condition: s}",
        "{s: {n: [aBC, abc], r|re: a, c|cased: q, k: 'null', l|contains|all: [X, y], m: 1}, condition: s}",
        "{s: {N: abc, n|contains: abc, l: x}, condition: not s}",
    ]);
    let model = model(&[NamedSet { name: "set", root: Path::new("set"), rules: &set }]);
    let counts: Vec<_> =
        model.rules[0].indicators.iter().map(|it| (it.field.unwrap(), it.corpus)).collect();
    assert_eq!(counts, [("n", 1), ("r", 0), ("c", 0), ("k", 0), ("l", 1), ("m", 1)]);
    assert_eq!(model.rules[1].indicators.iter().filter(|it| it.field == Some("n")).count(), 1);
    assert!(model.rules[2].indicators.is_empty());
}

#[test]
fn the_same_action_is_the_same_event_of_the_same_provider_or_of_any() {
    assert_eq!(
        others(&[
            "{s: {eventSource: a.com, eventName: X}, condition: s}",
            "{s: {eventSource: A.COM, eventName: [x, Y]}, condition: s}",
            "{s: {eventName: x}, condition: s}",
            "{s: {eventSource: b.com, eventName: X}, condition: s}",
            "{s: {eventSource: a.com}, condition: s}",
            "{s: {eventSource: a.com, userAgent: z}, condition: s}",
            "{s: {userAgent: z}, condition: s}",
            "{s: {userAgent: z}, condition: s}",
        ]),
        ["r1 r2", "r0 r2", "r0 r1 r3", "r2", "r5", "r4", "", ""]
    );
}

#[test]
fn many_rules_for_one_event_are_listed_up_to_a_bound() {
    let detection = "{s: {eventSource: a.com, eventName: X}, condition: s}";
    let set = set(&[detection; 600]);
    let model = model(&[NamedSet { name: "set", root: Path::new("set"), rules: &set }]);
    assert!(model.rules.iter().all(|rule| rule.others.more && rule.others.rules.len() == 500));
    let counts: Vec<_> = model.rules[0].indicators.iter().map(|it| it.corpus).collect();
    assert_eq!(counts, [599, 599], "counts are whole");
}
