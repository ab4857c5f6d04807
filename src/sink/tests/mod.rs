//! Tests of the formats and the output, and the finding they share.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

pub(crate) mod csv;
mod ndjson;
mod output;
mod table;

use super::{FormatKind, TableStyle, format};
use crate::{
    finding::{CorrelationFinding, Finding, MatchedValue},
    rule::{CorrelationKind, Head, Level, Number},
    text::escape::tests::HOSTILE,
};

fn rule() -> Head {
    Head {
        id: Some("4db60cc0-36fb-42b7-9b58-a5b53019fb74".to_owned()),
        title: "AWS CloudTrail Important Change".to_owned(),
        level: Some(Level::Medium),
        tags: vec!["attack.defense-evasion".to_owned(), "attack.t1562.008".to_owned()],
        ..Head::default()
    }
}

const FILE: &str = "logs/123456789012_CloudTrail_eu-west-1_20240501T1200Z_aBcDeFgHiJkLmNoP.json.gz";

/// A finding that has everything but an error code, and a style nobody looks at.
fn rendered(kind: FormatKind, edit: impl FnOnce(&mut Finding<'_>)) -> String {
    let style = TableStyle { color: false, width: 160, unicode: true, events: false };
    rendered_as(kind, style, &rule(), (FILE, None), edit)
}

/// The same for any rule, file name (with its raw bytes in hex) and style. `edit` changes the finding
/// before it is rendered.
fn rendered_as(
    kind: FormatKind,
    style: TableStyle,
    rule: &Head,
    (display, raw_hex): (&str, Option<&str>),
    edit: impl FnOnce(&mut Finding<'_>),
) -> String {
    let (unnamed, mut named);
    unnamed = Box::default();
    let mut finding = Finding {
        time: Some("2024-05-01T12:00:00Z".into()),
        rule,
        event_source: Some("cloudtrail.amazonaws.com".into()),
        event_name: Some("StopLogging".into()),
        account: Some("123456789012".into()),
        region: Some("eu-west-1".into()),
        principal: Some("arn:aws:sts::123456789012:assumed-role/Admin/mallory".into()),
        access_key: Some("ASIAEXAMPLE".into()),
        source_ip: Some("198.51.100.7".into()),
        user_agent: Some("aws-cli/2.15".into()),
        error_code: None,
        event_id: Some("11111111-2222-3333-4444-555555555555".into()),
        file: &unnamed,
        record: 41,
        matched: vec![
            ("eventName", MatchedValue::One("\"StopLogging\"".to_owned())),
            ("userAgent", MatchedValue::Many(vec!["\"a\"".to_owned(), "null".to_owned()])),
        ],
        integrity: None,
        event: "{\"eventName\":\"StopLogging\",\"n\":1.50,\"n\":2}".into(),
        event_lossy: false,
        correlation_texts: None,
        shared_event_id: None,
        recipient: None,
        at: None,
    };
    named = finding.file.clone();
    named.display = display.to_owned();
    named.raw_hex = raw_hex.map(str::to_owned);
    finding.file = &named;
    edit(&mut finding);
    let mut out = Vec::new();
    format(kind, style).render(&finding, &mut out);
    String::from_utf8(out).unwrap()
}

/// Takes everything away that a record may lack.
fn bare(finding: &mut Finding<'_>) {
    let texts = [
        &mut finding.time,
        &mut finding.event_source,
        &mut finding.event_name,
        &mut finding.account,
        &mut finding.region,
        &mut finding.principal,
        &mut finding.access_key,
        &mut finding.source_ip,
        &mut finding.user_agent,
        &mut finding.error_code,
        &mut finding.event_id,
    ];
    for text in texts {
        *text = None;
    }
    finding.matched.clear();
}

/// A correlation's finding in a group that an attacker named.
fn rendered_correlation(kind: FormatKind, style: TableStyle) -> String {
    let time = |second: i64| jiff::Timestamp::from_second(1_700_000_000 + second).unwrap();
    let finding = CorrelationFinding {
        rule: &rule(),
        kind: CorrelationKind::ValueSum,
        group: vec![("name", Some(HOSTILE)), ("other", None)],
        count: Number::Float(2.5),
        first: time(0),
        last: time(250),
        total: 2,
        events: vec![(time(0), Some(HOSTILE)), (time(250), None)],
    };
    let mut out = Vec::new();
    format(kind, style).render_correlation(&finding, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn what_a_correlation_groups_by_is_made_harmless_in_every_format() {
    let style = TableStyle { color: false, width: 400, unicode: true, events: true };
    let table = rendered_correlation(FormatKind::Table, style);
    assert_eq!(table.lines().count(), 4, "a row, its extent, two events: {table}");
    assert!(!table.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\r', '\u{0}']), "{table:?}");
    assert!(table.contains("2.5 in 4m10s, from 2023-11-14T22:13:20Z, name="), "{table}");

    let line = rendered_correlation(FormatKind::Ndjson, style);
    let value: serde_json::Value = serde_json::from_str(line.strip_suffix('\n').unwrap()).unwrap();
    let correlation = &value["correlation"];
    assert_eq!(correlation["group"], serde_json::json!({"name": HOSTILE, "other": null}));
    assert_eq!(correlation["event_ids"], serde_json::json!([HOSTILE, null]));
    assert_eq!(correlation["count"].to_string(), "2.5");
    assert_eq!(line.lines().count(), 1);

    let row = rendered_correlation(FormatKind::Csv, style);
    assert_eq!(row.matches('\n').count(), 1, "JSON has no line feed inside: {row:?}");
    assert!(row.starts_with("2023-11-14T22:17:30Z,medium,4db60cc0-"), "{row}");
    assert!(row.ends_with(",2.5,2023-11-14T22:13:20Z,2023-11-14T22:17:30Z\n"), "{row}");
    assert!(!row.contains(['\u{1b}', '\u{0}']), "{row:?}");
}
