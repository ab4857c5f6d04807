//! What correlation documents are refused for, and what they become.

use crate::{
    rule::{CorrelationBody, Document, Number, Operator, Severity},
    sigma::{Placeholders, parse},
};

const CORRELATION: &str = "title: t
correlation:
  type: value_sum
  rules: [a, b]
  group-by: [x, y]
  timespan: 5m
  aliases: {x: {a: p.q}}
  generate: true
  condition: {gte: 1.5, lt: 20, field: z}
";

fn codes(text: &str) -> Vec<&'static str> {
    let parsed = parse(text, &Placeholders::new());
    parsed.diagnostics.into_iter().map(|problem| problem.code).collect()
}

fn body(text: &str) -> CorrelationBody {
    let parsed = parse(text, &Placeholders::new());
    match parsed.documents.into_iter().next() {
        Some(Document::Correlation(correlation)) => correlation.body,
        other => panic!("{other:?} is no correlation: {:?}", parsed.diagnostics),
    }
}

#[test]
fn every_word_is_read() {
    let body = body(CORRELATION);
    assert_eq!(body.kind.as_str(), "value_sum");
    assert_eq!(body.rules.iter().map(|rule| &*rule.name).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(body.group_by, ["x", "y"]);
    assert_eq!(body.timespan, 300);
    assert_eq!(
        body.condition,
        [(Operator::Gte, Number::Float(1.5)), (Operator::Lt, Number::Int(20))]
    );
    assert_eq!(body.fields[0].name, "z");
    assert_eq!(body.aliases[0].fields[0].1, "p.q");
    assert!(body.generate);
}

#[test]
fn what_cannot_be_run_as_written_is_refused_with_its_place() {
    for (from, to, code) in [
        ("value_sum", "event_sum", "unknown-correlation-type"),
        ("  type: value_sum\n", "", "missing-type"),
        ("  rules: [a, b]\n", "", "missing-rules"),
        ("[a, b]", "[]", "bad-rules"),
        ("[a, b]", "[a, '']", "bad-rules"),
        ("[a, b]", "[a, a]", "repeated-rule"),
        ("  timespan: 5m\n", "", "missing-timespan"),
        ("timespan: 5m", "timeframe: 5m", "bad-timespan"),
        ("5m", "5", "bad-timespan"),
        ("5m", "1h30m", "bad-timespan"),
        ("5m", "1M", "bad-timespan"),
        ("5m", "0s", "bad-timespan"),
        ("5m", "-5m", "bad-timespan"),
        ("[x, y]", "{x: y}", "bad-group-by"),
        ("[x, y]", "[x, [y]]", "bad-group-by"),
        ("{x: {a: p.q}}", "[x]", "bad-aliases"),
        ("{x: {a: p.q}}", "{x: p.q}", "bad-aliases"),
        ("{x: {a: p.q}}", "{x: {a: 5}}", "bad-aliases"),
        ("generate: true", "generate: maybe", "bad-generate"),
        ("  condition: {gte: 1.5, lt: 20, field: z}\n", "", "missing-condition"),
        ("{gte: 1.5, lt: 20, field: z}", "'a and b'", "bad-condition"),
        ("gte: 1.5, lt: 20, field: z", "field: z", "bad-condition"),
        ("gte: 1.5", "ge: 1.5", "bad-condition"),
        ("gte: 1.5", "gte: many", "bad-threshold"),
        ("gte: 1.5", "gte: true", "bad-threshold"),
        (", field: z", "", "missing-field"),
        ("field: z", "field: [y, z]", "bad-field"),
        ("field: z", "field: {}", "bad-field"),
        ("field: z", "field: z, percentile: 5", "percentile-not-used"),
        ("value_sum", "value_percentile", "missing-percentile"),
        ("value_sum", "event_count", "bad-threshold"),
    ] {
        assert!(CORRELATION.contains(from), "{from}");
        let text = CORRELATION.replace(from, to);
        let parsed = parse(&text, &Placeholders::new());
        assert_eq!(parsed.refused, 1, "{text}");
        let problem = &parsed.diagnostics[0];
        assert_eq!((problem.code, problem.severity), (code, Severity::Error), "{text}");
        assert!(problem.help.is_some() && problem.span.start < problem.span.end, "{problem:?}");
    }
    assert_eq!(
        codes(&CORRELATION.replace("value_sum", "temporal").replace("1.5", "1")),
        ["field-not-used"]
    );
    let percentile = CORRELATION.replace("value_sum", "value_percentile");
    assert_eq!(
        codes(&percentile.replace("field: z", "field: z, percentile: 101")),
        ["bad-percentile"]
    );
}

#[test]
fn slips_that_change_nothing_are_warnings() {
    assert_eq!(codes(&CORRELATION.replace("group-by", "group_by")), ["unknown-key"]);
    assert_eq!(codes(&CORRELATION.replace("[x, y]", "[x, x]")), ["repeated-field"]);
}

#[test]
fn without_a_condition_all_rules_are_meant_where_rules_are_counted() {
    let text = CORRELATION.replace("value_sum", "temporal_ordered");
    let text = text.replace("  condition: {gte: 1.5, lt: 20, field: z}\n", "");
    assert_eq!(body(&text).condition, [(Operator::Gte, Number::Int(2))]);
}

#[test]
fn generate_may_stand_at_the_top_and_one_rule_or_field_without_a_list() {
    let text = CORRELATION
        .replace("  generate: true\n", "")
        .replace("title: t", "title: t\ngenerate: true")
        .replace("[a, b]", "a")
        .replace("[x, y]", "x");
    let body = body(&text);
    assert!(body.generate);
    assert_eq!((body.rules.len(), &*body.group_by), (1, &["x".to_owned()][..]));
}

#[test]
fn timespans_have_five_units_and_never_overflow() {
    let seconds = |span: &str| body(&CORRELATION.replace("5m", span)).timespan;
    let spans = ["30s", "1m", "2h", "3d", "1w", "99999999999999999999999d"];
    assert_eq!(spans.map(seconds), [30, 60, 7200, 259_200, 604_800, u64::MAX]);
}

#[test]
fn too_many_names_are_refused() {
    let many: Vec<String> = (0..1001).map(|n| format!("r{n}")).collect();
    let list = format!("[{}]", many.join(","));
    assert_eq!(codes(&CORRELATION.replace("[a, b]", &list)), ["too-many-rules"]);
    assert_eq!(codes(&CORRELATION.replace("[x, y]", &list)), ["bad-group-by"]);
}
