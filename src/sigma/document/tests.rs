//! Which documents are rules, and what is told of those that are not.

use super::*;
use crate::rule::{Condition, Level, Status};

const RULE: &str = "title: t
id: abc
level: high
status: test
tags: [attack.t1078, 5]
description: {odd: shape}
date: 2020/1/1
logsource: {product: AWS, service: CloudTrail}
detection:
  sel:
    eventName: a
  condition: sel
";

fn codes(text: &str) -> Vec<&'static str> {
    let parsed = parse(text, &Placeholders::new());
    parsed.diagnostics.into_iter().map(|problem| problem.code).collect()
}

fn rule(text: &str) -> Rule {
    let parsed = parse(text, &Placeholders::new());
    assert_eq!(parsed.refused, 0, "{:?}", parsed.diagnostics);
    match parsed.documents.into_iter().next() {
        Some(Document::Rule(rule)) => *rule,
        other => panic!("{other:?} is no rule"),
    }
}

#[test]
fn metadata_of_any_shape_is_no_reason_to_refuse() {
    let rule = rule(RULE);
    assert_eq!(rule.head.id.as_deref(), Some("abc"));
    assert_eq!(rule.head.level, Some(Level::High));
    assert_eq!(rule.head.status, Some(Status::Test));
    assert_eq!(rule.head.tags, ["attack.t1078", "5"]);
    assert_eq!(rule.head.description, None);
    assert!(rule.logsource.applies_to_cloudtrail());
    assert_eq!(&RULE[rule.span.start..rule.span.end], RULE.trim_end());
}

#[test]
fn what_is_required_is_required() {
    for (from, to, code) in [
        ("title: t\n", "", "missing-title"),
        ("title: t", "title: ''", "missing-title"),
        ("title: t", "title: 5", "missing-title"),
        ("id: abc", "id: 5", "bad-reference-name"),
        ("id: abc", "name: ''", "bad-reference-name"),
        ("level: high", "level: High", "unknown-level"),
        ("level: high", "level: [high]", "unknown-level"),
        ("status: test", "status: production", "unknown-status"),
        ("logsource: {product: AWS, service: CloudTrail}\n", "", "missing-logsource"),
        ("{product: AWS, service: CloudTrail}", "aws", "bad-logsource"),
        ("{product: AWS, service: CloudTrail}", "{product: [aws]}", "bad-logsource"),
        ("{product: AWS, service: CloudTrail}", "{definition: x}", "empty-logsource"),
        ("{product: AWS, service: CloudTrail}", "{product: ''}", "empty-logsource"),
        ("  condition: sel\n", "", "missing-condition"),
        ("  sel:\n    eventName: a\n", "", "no-selection"),
        ("condition: sel", "condition: 1", "bad-condition"),
        ("condition: sel", "condition: []", "bad-condition"),
        ("condition: sel", "condition:", "bad-condition"),
        ("condition: sel", "condition: [sel, 2]", "bad-condition"),
        ("condition: sel", "condition: sell", "unknown-selection"),
        ("title: t", "title: t\naction: global", "collection-action"),
        ("title: t", "title: t\ncorrelation: {}", "several-kinds"),
        ("detection:", "detections:", "missing-detection"),
    ] {
        assert!(RULE.contains(from), "{from}");
        assert_eq!(codes(&RULE.replace(from, to)), [code], "{from} -> {to}");
    }
}

#[test]
fn null_metadata_is_absent() {
    let rule = rule(&RULE.replace("id: abc", "id:\nname: ~").replace("level: high", "level:"));
    assert_eq!((rule.head.id, rule.head.name, rule.head.level), (None, None, None));
}

#[test]
fn all_problems_of_a_document_are_told_in_file_order() {
    let text = RULE
        .replace("level: high", "level: severe")
        .replace("eventName: a", "eventName|like: a\n    x|re: '('")
        .replace("condition: sel", "condition: other");
    assert_eq!(
        codes(&text),
        ["unknown-level", "unknown-modifier", "bad-regex", "unknown-selection"]
    );
}

#[test]
fn documents_are_refused_one_by_one() {
    let text = format!("{RULE}---\n{}---\n# nothing\n---\n{RULE}", RULE.replace("high", "higher"));
    let parsed = parse(&text, &Placeholders::new());
    assert_eq!((parsed.documents.len(), parsed.refused), (2, 1));
    let span = parsed.diagnostics[0].span;
    assert_eq!(&text[span.start..span.end], "higher");
    assert_eq!(span.line_column(&text), (16, 8));
}

#[test]
fn a_file_without_a_document_is_refused() {
    for text in ["", "# nothing\n", "---\n---\n", "~"] {
        let parsed = parse(text, &Placeholders::new());
        assert_eq!(parsed.refused, 1, "{text:?}");
        assert_eq!(parsed.diagnostics[0].code, "no-document", "{text:?}");
    }
    assert_eq!(codes("just text"), ["not-a-mapping"]);
}

#[test]
fn correlations_and_filters_are_recognised() {
    let correlation = "title: c\nid: x\ncorrelation:\n  type: event_count\n  rules: a\n  \
                       timespan: 5m\n  condition: {gte: 3}\n";
    let filter = "title: f\nlogsource: {product: aws}\nfilter:\n  rules: any\n  sel: {a: b}\n  \
                  condition: not sel\n";
    let parsed = parse(&format!("{correlation}---\n{filter}"), &Placeholders::new());
    assert_eq!(parsed.diagnostics, []);
    let [Document::Correlation(correlation), Document::Filter(filter)] = &*parsed.documents else {
        panic!("{:?}", parsed.documents)
    };
    assert_eq!((correlation.head.id.as_deref(), &*filter.head.title), (Some("x"), "f"));
    assert_eq!(
        codes("correlation: {}"),
        ["missing-title", "missing-type", "missing-rules", "missing-timespan"]
    );
}

#[test]
fn several_conditions_are_alternatives() {
    let condition =
        rule(&RULE.replace("condition: sel", "condition: [sel, not sel]")).detection.condition;
    let not = Condition::Not(Box::new(Condition::Selection(0)));
    assert_eq!(condition, Condition::Or(vec![Condition::Selection(0), not]));
    assert_eq!(
        rule(&RULE.replace("condition: sel", "condition: [sel]")).detection.condition,
        Condition::Selection(0)
    );
}

#[test]
fn a_timeframe_is_ignored_with_a_warning() {
    let text = RULE.replace("  condition", "  timeframe: 5m\n  condition");
    let parsed = parse(&text, &Placeholders::new());
    assert_eq!(parsed.documents.len(), 1);
    assert_eq!(parsed.diagnostics[0].severity, Severity::Warning);
}

#[test]
fn problems_without_end_are_cut_short() {
    let parsed = parse(&"---\na\n".repeat(3000), &Placeholders::new());
    assert_eq!((parsed.refused, parsed.diagnostics.len()), (3000, 1001));
    assert_eq!(parsed.diagnostics[1000].message, "2000 more problems are not told");
}

#[test]
fn other_log_sources_do_not_apply() {
    let applies = |logsource: &str| {
        rule(&RULE.replace("{product: AWS, service: CloudTrail}", logsource))
            .logsource
            .applies_to_cloudtrail()
    };
    assert!(applies("{product: aws}"));
    assert!(applies("{service: cloudtrail}"));
    assert!(!applies("{product: windows}"));
    assert!(!applies("{product: aws, service: guardduty}"));
    assert!(!applies("{product: aws, category: process_creation}"));
}

#[test]
fn filters_are_refused_for_what_could_widen_or_lose_them() {
    const FILTER: &str = "title: f
logsource: {product: aws}
filter:
  rules: [a, b]
  sel: {c: d}
  condition: not sel
";
    assert_eq!(codes(FILTER), [""; 0]);
    for (from, to, code) in [
        ("  rules: [a, b]\n", "", "missing-rules"),
        ("[a, b]", "[]", "bad-rules"),
        ("[a, b]", "[a, 5]", "bad-rules"),
        ("[a, b]", "[a, a]", "repeated-rule"),
        ("logsource: {product: aws}\n", "", "missing-logsource"),
        ("  sel: {c: d}\n", "", "no-selection"),
        ("  condition: not sel\n", "", "missing-condition"),
        ("not sel", "[not sel]", "bad-condition"),
        ("not sel", "not other", "unknown-selection"),
        ("filter:\n", "filter: []\nx:\n", "bad-filter"),
        ("not sel", "sel", "filter-without-not"),
    ] {
        assert!(FILTER.contains(from), "{from}");
        assert_eq!(codes(&FILTER.replace(from, to)), [code], "{from} -> {to}");
    }
}
