//! What rules require, and how many steps it takes to find out.

use std::cell::Cell;

use super::*;
use crate::{
    engine::RulePrefilter,
    rule::Document,
    sigma::{Placeholders, parse},
};

fn of(detection: &str) -> Vec<Vec<String>> {
    let text = format!("title: t\nlogsource: {{product: aws}}\ndetection:\n{detection}");
    let parsed = parse(&text, &Placeholders::new());
    let Some(Document::Rule(rule)) = parsed.documents.first() else {
        panic!("{:?}", parsed.diagnostics)
    };
    let all = required(&rule.detection).all;
    all.iter()
        .map(|set| {
            set.iter().map(|literal| format!("{:?} {}", literal.place, literal.text)).collect()
        })
        .collect()
}

thread_local! {
    /// Literals that were put together with others.
    pub(super) static HANDLED: Cell<usize> = const { Cell::new(0) };
}

#[test]
fn ten_times_the_selections_take_at_most_fifteen_times_the_steps() {
    let steps = |selections: usize, condition: &str| {
        let lines: Vec<String> =
            (0..selections).map(|at| format!("  s{at}: {{x|contains: value-{at}y}}\n")).collect();
        let lines = lines.concat();
        HANDLED.set(0);
        let sets = of(&format!("{lines}  condition: {condition}"));
        assert_eq!(sets.iter().map(Vec::len).collect::<Vec<_>>(), [selections]);
        HANDLED.get()
    };
    for condition in [
        "1 of s*",
        "1 of s* or 1 of s*",
        "1 of s* or (1 of s* or (1 of s* or s1))",
        "1 of s* or s0 or s1 or s2",
    ] {
        let (few, many) = (steps(200, condition), steps(2000, condition));
        assert!(few >= 200 && many <= 15 * few, "{condition}: {few} and {many}");
    }
}

#[test]
fn values_in_one_item_are_put_together_once() {
    let values: Vec<String> = (0..5000).map(|at| format!("value-{at}y")).collect();
    HANDLED.set(0);
    let sets = of(&format!("  s: {{x|contains: [{}]}}\n  condition: s", values.join(", ")));
    assert_eq!((sets[0].len(), HANDLED.get()), (5000, 0));
}

#[test]
fn and_keeps_the_sets_of_both_sides() {
    let sets =
        of("  a: {eventName: GetSigninToken, eventSource: signin.amazonaws.com}\n  condition: a");
    assert!(sets.contains(&vec!["Whole getsignintoken".to_owned()]), "{sets:?}");
    assert!(sets.contains(&vec!["Whole signin.amazonaws.com".to_owned()]), "{sets:?}");
}

/// A tool asks the sign-in service for a token, and it is not the portal.
#[test]
fn a_filter_takes_nothing_from_what_its_rule_requires() {
    let text = "\
title: Token for the Console
logsource: {product: aws, service: cloudtrail}
detection:
  asked:
    eventName: GetSigninToken
    eventSource: signin.amazonaws.com
  filter_main_portal:
    userAgent|contains: Jersey/${project.version}
  condition: asked and not 1 of filter_main_*
";
    let parsed = parse(text, &Placeholders::new());
    let Some(Document::Rule(rule)) = parsed.documents.first() else {
        panic!("{:?}", parsed.diagnostics)
    };
    let whole = |field: &str, text: &str| {
        vec![Literal { field: Some(field.into()), place: Place::Whole, text: text.into() }]
    };
    let name = whole("eventName", "getsignintoken");
    let mut all = required(&rule.detection).all;
    assert_eq!(
        RulePrefilter::choose(&Required { all: all.clone() }),
        RulePrefilter::EventName(name.clone())
    );
    all.sort();
    assert_eq!(all, [name, whole("eventSource", "signin.amazonaws.com")]);
}

#[test]
fn or_unites_and_a_free_side_frees() {
    assert_eq!(
        of("  a: {x: abc}\n  b: {y: def}\n  condition: a or b"),
        [["Whole abc", "Whole def"]]
    );
    assert!(of("  a: {x: abc}\n  b: {y: 5}\n  condition: a or b").is_empty());
}

#[test]
fn negation_requires_nothing() {
    assert!(of("  a: {x: abc}\n  condition: not a").is_empty());
    assert!(of("  a: {x|neq: abc}\n  condition: a").is_empty());
}

#[test]
fn what_a_number_could_print_is_no_literal() {
    for value in ["'100'", "'1e5'", "'-2'", "1000"] {
        assert!(of(&format!("  a: {{x: {value}}}\n  condition: a")).is_empty(), "{value}");
    }
}

#[test]
fn literals_are_cut_where_json_may_escape_or_space() {
    assert_eq!(of("  a: {x|contains: ':role/admin/'}\n  condition: a"), [["Inside :role/admin/"]]);
    assert_eq!(
        of("  a: {x|contains: '\"Effect\":\"Allow\"'}\n  condition: a"),
        [["Inside effect"]]
    );
    assert_eq!(of("  a: {x|contains: ':i-'}\n  condition: a"), [["Inside :i-"]]);
    assert_eq!(of("  a: {x: 'grö\u{212a}e'}\n  condition: a"), [["Start gr"]]);
}
