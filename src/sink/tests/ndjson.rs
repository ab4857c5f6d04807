//! NDJSON: keys, their order, and what stands for nothing.

use serde_json::{Value, json};

use super::{FILE, HOSTILE, bare, rendered, rendered_as, rule};
use crate::{
    coverage::Coverage,
    finding::{Integrity, MatchedValue},
    rule::Head,
    sink::{FormatKind::Ndjson, TableStyle, format},
};

const STYLE: TableStyle = TableStyle { color: true, width: 80, unicode: true, events: false };

fn keys(line: &str) -> Vec<String> {
    let object: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap();
    object.keys().cloned().collect()
}

#[test]
fn a_finding_is_one_line_with_every_key_in_order() {
    let line = rendered(Ndjson, |_| {});
    assert_eq!(
        line,
        concat!(
            r#"{"time":"2024-05-01T12:00:00Z","level":"medium","rule_id":"4db60cc0-36fb-42b7-9b58-a5b53019fb74","#,
            r#""rule_title":"AWS CloudTrail Important Change","tags":["attack.defense-evasion","attack.t1562.008"],"#,
            r#""event_source":"cloudtrail.amazonaws.com","event_name":"StopLogging","account":"123456789012","#,
            r#""region":"eu-west-1","principal":"arn:aws:sts::123456789012:assumed-role/Admin/mallory","#,
            r#""access_key":"ASIAEXAMPLE","source_ip":"198.51.100.7","user_agent":"aws-cli/2.15","error_code":null,"#,
            r#""event_id":"11111111-2222-3333-4444-555555555555","#,
            r#""file":"logs/123456789012_CloudTrail_eu-west-1_20240501T1200Z_aBcDeFgHiJkLmNoP.json.gz","record":41,"#,
            r#""matched":{"eventName":"StopLogging","userAgent":["a",null]},"integrity":null,"#,
            r#""event":{"eventName":"StopLogging","n":1.50,"n":2}}"#,
            "\n"
        )
    );
}

#[test]
fn absent_values_are_null() {
    let nameless = Head { title: "t".to_owned(), ..Head::default() };
    let line = rendered_as(Ndjson, STYLE, &nameless, ("f", None), bare);
    let object: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        object,
        json!({
            "time": null, "level": null, "rule_id": null, "rule_title": "t", "tags": [], "event_source": null,
            "event_name": null, "account": null, "region": null, "principal": null, "access_key": null,
            "source_ip": null, "user_agent": null, "error_code": null, "event_id": null, "file": "f", "record": 41,
            "matched": {}, "integrity": null,
            "event": serde_json::from_str::<Value>(r#"{"eventName":"StopLogging","n":2}"#).unwrap(),
        })
    );
}

#[test]
fn the_raw_name_follows_the_file_and_the_loss_comes_last() {
    let line = rendered_as(Ndjson, STYLE, &rule(), ("\u{FFFD}.gz", Some("ff2e677a")), |finding| {
        finding.event_lossy = true;
        finding.integrity = Some(Integrity::Unchecked);
    });
    let keys = keys(&line);
    assert_eq!(
        keys[15..],
        ["file", "file_raw", "record", "matched", "integrity", "event", "event_lossy"]
    );
    assert!(line.contains(r#""file_raw":"ff2e677a""#) && line.ends_with("\"event_lossy\":true}\n"));
    assert!(line.contains(r#""integrity":"unchecked""#));
}

#[test]
fn hostile_text_parses_back_and_stays_on_its_line() {
    let hostile = Head {
        id: Some(HOSTILE.to_owned()),
        title: HOSTILE.to_owned(),
        level: None,
        tags: vec![HOSTILE.to_owned()],
        ..Head::default()
    };
    let line = rendered_as(Ndjson, STYLE, &hostile, (HOSTILE, None), |finding| {
        finding.user_agent = Some(HOSTILE.into());
        finding.matched = vec![
            (HOSTILE, MatchedValue::One("1".to_owned())),
            ("", MatchedValue::One("null".to_owned())),
        ];
    });
    assert_eq!(line.find('\n'), Some(line.len() - 1));
    let object: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(object["matched"], json!({ HOSTILE: 1, "": null }));
    assert_eq!(object["tags"], json!([HOSTILE]));
    for key in ["rule_id", "rule_title", "user_agent", "file"] {
        assert_eq!(object[key], HOSTILE, "{key}");
    }
}

#[test]
fn nothing_stands_around_the_findings() {
    let mut out = Vec::new();
    let ndjson = format(Ndjson, STYLE);
    ndjson.header(&mut out);
    ndjson.footer(&Coverage::default(), &mut out);
    assert!(out.is_empty());
    assert!(rendered(Ndjson, |_| {}).contains(FILE));
}
