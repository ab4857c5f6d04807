//! Windows, groups and chains, small enough to check by hand.

use std::collections::BTreeMap;

use super::*;
use crate::{
    rule::{CorrelationKind, Document, LoadedCorrelation, Member},
    sigma::{Placeholders, parse},
};

/// A correlation from the lines under `correlation`, over that many rules, or over correlations.
fn correlation(lines: &str, members: Vec<Member>, level: usize) -> LoadedCorrelation {
    let text = format!("title: t\ncorrelation:\n{lines}");
    let parsed = parse(&text, &Placeholders::new());
    let Some(Document::Correlation(read)) = parsed.documents.into_iter().next() else {
        panic!("{text}: {:?}", parsed.diagnostics)
    };
    LoadedCorrelation { members, level, ..LoadedCorrelation::new(*read, 0) }
}

/// Over the rules 0, 1, ..., each match of which carries its group and its value.
fn over_rules(lines: &str) -> LoadedCorrelation {
    let with = |members| correlation(lines, members, 0);
    let count = with(Vec::new()).correlation.body.rules.len();
    let place = |has: bool, at| if has { vec![at] } else { Vec::new() };
    let body = with(Vec::new()).correlation.body;
    with(
        (0..count)
            .map(|rule| Member::Rule {
                rule,
                keys: place(!body.group_by.is_empty(), 0),
                values: place(!body.fields.is_empty(), 1),
            })
            .collect(),
    )
}

/// Rule, second, group, value.
type Event<'e> = (usize, i64, Option<&'e str>, Option<&'e str>);

/// What the correlations find, in the order of passes.
fn found(correlations: Vec<LoadedCorrelation>, events: &[Event<'_>]) -> Vec<Alert> {
    let plan = Plan::new(correlations);
    let mut rows: Vec<BTreeMap<Vec<u8>, Vec<u8>>> = vec![BTreeMap::new(); plan.levels()];
    for &(rule, second, group, value) in events {
        let id = format!("event-{second}");
        let texts = [group, value];
        let time = i128::from(second) * 1_000_000_000;
        let found = Match { time, event_id: Some(&id), identity: [0; 16], texts: &texts };
        let take = &mut |level: usize, key: &[u8], payload: &[u8]| {
            rows[level].insert(key.to_vec(), payload.to_vec());
            Ok(())
        };
        plan.rows(rule, &found, take).expect("rows");
    }
    let mut all = Vec::new();
    for level in 0..plan.levels() {
        let mut pass = Pass::new(&plan, 1 << 20);
        for (key, payload) in std::mem::take(&mut rows[level]) {
            pass.row(&key, &payload).expect("a row");
        }
        pass.end().expect("no disk is full");
        for alert in pass.alerts {
            let take = &mut |level: usize, key: &[u8], payload: &[u8]| {
                rows[level].insert(key.to_vec(), payload.to_vec());
                Ok(())
            };
            plan.rows_of_alert(&alert, all.len() as u64, take).expect("rows");
            all.push(alert);
        }
    }
    all
}

/// `count first-last events`, in seconds.
fn shown(alerts: &[Alert]) -> Vec<String> {
    let second = |time: i128| time / 1_000_000_000;
    let one = |alert: &Alert| {
        let (first, last) = (second(alert.first), second(alert.last));
        format!("{} {first}-{last} {}", alert.count.text(), alert.events().count())
    };
    alerts.iter().map(one).collect()
}

fn seconds<'e>(seconds: &[i64]) -> Vec<Event<'e>> {
    seconds.iter().map(|&second| (0, second, Some("g"), None)).collect()
}

const COUNT: &str =
    "  type: event_count\n  rules: [a]\n  group-by: [g]\n  timespan: 10s\n  condition: ";

#[test]
fn a_window_is_as_long_as_its_timespan_and_no_longer() {
    let count = |condition: &str| vec![over_rules(&format!("{COUNT}{condition}"))];
    assert_eq!(shown(&found(count("{gte: 2}"), &seconds(&[0, 10]))), ["2 0-10 2"]);
    assert_eq!(shown(&found(count("{gte: 2}"), &seconds(&[0, 11]))), [""; 0]);
    // Judged once it is maximal: 3 at 0 to 10, although there are 2 on the way.
    assert_eq!(shown(&found(count("{eq: 2}"), &seconds(&[0, 5, 10]))), [""; 0]);
    assert_eq!(
        shown(&found(count("{eq: 2}"), &seconds(&[0, 5, 20, 21]))),
        ["2 0-5 2", "2 20-21 2"]
    );
    assert_eq!(shown(&found(count("{lt: 2}"), &seconds(&[0, 100]))), ["1 0-0 1", "1 100-100 1"]);
}

#[test]
fn windows_that_share_an_event_are_one_finding_with_the_largest_count() {
    let count = || vec![over_rules(&format!("{COUNT}{{gte: 3}}"))];
    let long = [0, 5, 10, 12, 14, 15, 24, 30, 100, 101, 102];
    assert_eq!(shown(&found(count(), &seconds(&long))), ["5 0-24 7", "3 100-102 3"]);
    // A window in between that does not satisfy the condition parts what shares no event.
    assert_eq!(
        shown(&found(count(), &seconds(&[0, 1, 2, 12, 22, 23, 24]))),
        ["3 0-2 3", "3 22-24 3"]
    );
}

#[test]
fn groups_are_told_apart_exactly_and_nothing_is_a_group_of_its_own() {
    let events = [
        (0, 0, Some("a"), None),
        (0, 1, Some("A"), None),
        (0, 2, Some("a"), None),
        (0, 3, None, None),
        (0, 4, None, None),
        (0, 5, Some(""), None),
        (0, 6, Some("a\0"), None),
    ];
    let alerts = found(vec![over_rules(&format!("{COUNT}{{gte: 2}}"))], &events);
    let groups: Vec<_> = alerts.iter().map(|alert| alert.group[0].as_deref()).collect();
    assert_eq!(groups, [None, Some("a")]);
}

#[test]
fn an_event_that_two_rules_match_counts_once_and_for_both() {
    let two = |kind: &str, condition: &str| {
        let lines = format!(
            "  type: {kind}\n  rules: [a, b]\n  group-by: [g]\n  timespan: 10s\n  condition: {condition}"
        );
        vec![over_rules(&lines)]
    };
    let events = [(0, 0, Some("g"), Some("5")), (1, 0, Some("g"), Some("5"))];
    assert_eq!(shown(&found(two("event_count", "{gte: 1}"), &events)), ["1 0-0 1"]);
    assert_eq!(shown(&found(two("temporal", "{gte: 2}"), &events)), ["2 0-0 1"]);
    assert_eq!(shown(&found(two("temporal_ordered", "{gte: 2}"), &events)), ["2 0-0 1"]);
    assert_eq!(shown(&found(two("value_sum", "{gte: 1, field: v}"), &events)), ["5 0-0 1"]);
}

#[test]
fn order_is_that_of_time_and_a_prefix_must_lie_in_one_window() {
    let ordered = |condition: &str| {
        let lines = format!(
            "  type: temporal_ordered\n  rules: [a, b, c]\n  timespan: 10s\n  condition: {condition}"
        );
        vec![over_rules(&lines)]
    };
    let events = |places: &[(usize, i64)]| -> Vec<Event<'static>> {
        places.iter().map(|&(rule, second)| (rule, second, None, None)).collect()
    };
    let all = "{gte: 3}";
    assert_eq!(shown(&found(ordered(all), &events(&[(0, 1), (1, 5), (2, 11)]))), ["3 1-11 3"]);
    assert_eq!(shown(&found(ordered(all), &events(&[(0, 1), (1, 5), (2, 12)]))), [""; 0]);
    assert_eq!(shown(&found(ordered(all), &events(&[(1, 1), (0, 2), (2, 3)]))), [""; 0]);
    // The first `a` is out by the time of `c`, and there is none after it.
    assert_eq!(shown(&found(ordered(all), &events(&[(0, 0), (1, 5), (2, 14)]))), [""; 0]);
    assert_eq!(shown(&found(ordered("{eq: 2}"), &events(&[(0, 1), (2, 2), (1, 3)]))), ["2 1-3 3"]);
}

#[test]
fn values_are_counted_and_calculated_with() {
    let of = |kind: &str, more: &str| {
        let lines = format!(
            "  type: {kind}\n  rules: [a]\n  timespan: 10s\n  condition: {{neq: -1, field: v{more}}}"
        );
        vec![over_rules(&lines)]
    };
    let values = [Some("10"), Some("2.5 7"), None, Some("10")];
    let events: Vec<Event<'_>> =
        (0..).zip(values).map(|(second, value)| (0, second, None, value)).collect();
    for (kind, more, value) in [
        ("value_count", "", "2"),
        ("value_sum", "", "29.5"),
        ("value_avg", "", "7.375"),
        ("value_median", "", "8.5"),
        ("value_percentile", ", percentile: 100", "10"),
    ] {
        assert_eq!(shown(&found(of(kind, more), &events)), [format!("{value} 0-3 4")], "{kind}");
    }
    let none = [(0, 0, None, None)];
    assert_eq!(shown(&found(of("value_sum", ""), &none)), [""; 0], "no value, no finding");
    assert_eq!(shown(&found(of("value_count", ""), &none)), ["0 0-0 1"]);
}

#[test]
fn a_finding_counts_at_its_last_time_for_the_correlation_above_which_spans_all_events_behind_it() {
    let inner = over_rules(&format!("{COUNT}{{gte: 3}}"));
    let over =
        "  type: temporal_ordered\n  rules: [many, ok]\n  group-by: [who]\n  timespan: 60s\n";
    let members = vec![
        Member::Correlation { correlation: 0, keys: vec!["g".to_owned()] },
        Member::Rule { rule: 1, keys: vec![0], values: Vec::new() },
    ];
    let outer = correlation(over, members, 1);
    let mut events = seconds(&[0, 1, 2, 3]);
    events.push((1, 20, Some("g"), None));
    events.push((1, 21, Some("h"), None));
    let alerts = found(vec![inner.clone(), outer.clone()], &events);
    assert_eq!(shown(&alerts), ["4 0-3 4", "2 0-20 5"]);
    assert_eq!(alerts[1].group, [Some("g".to_owned())]);
    // A sign-in between the failures is before their end.
    events[4].1 = 2;
    assert_eq!(shown(&found(vec![inner, outer], &events)), ["4 0-3 4"]);
}

#[test]
fn a_garbled_row_is_an_error() {
    let plan = Plan::new(vec![over_rules(&format!("{COUNT}{{gte: 3}}"))]);
    assert_eq!(plan.correlations()[0].correlation.body.kind, CorrelationKind::EventCount);
    let mut pass = Pass::new(&plan, 1 << 20);
    for (key, payload) in [(&b""[..], &b""[..]), (&[9; 40], &[4, 0, 0, 0, 0, 0, 0, 0])] {
        assert!(pass.row(key, payload).is_err());
    }
}
