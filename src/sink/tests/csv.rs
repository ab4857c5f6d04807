//! CSV, read back by a small reader of RFC 4180.

use super::{FILE, HOSTILE, bare, rendered, rendered_as, rule};
use crate::{
    coverage::Coverage,
    finding::Integrity,
    rule::Head,
    sink::{FormatKind::Csv, TableStyle, format},
};

const STYLE: TableStyle = TableStyle { color: true, width: 80, unicode: true, events: false };

/// Rows of cells. Quotes count only where a cell begins with one; rows end with a line feed.
pub(crate) fn read(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut cell = String::new();
        if let Some(mut inner) = rest.strip_prefix('"') {
            while let Some((before, after)) = inner.split_once('"') {
                cell.push_str(before);
                inner = after;
                match after.strip_prefix('"') {
                    Some(after) => {
                        cell.push('"');
                        inner = after;
                    }
                    None => break,
                }
            }
            rest = inner;
        } else {
            let end = rest.find([',', '\n']).unwrap_or(rest.len());
            cell.push_str(&rest[..end]);
            rest = &rest[end..];
        }
        row.push(cell);
        if let Some(after) = rest.strip_prefix(',') {
            rest = after;
        } else {
            rest = rest.strip_prefix('\n').expect("a cell ends with a comma or a line feed");
            rows.push(std::mem::take(&mut row));
        }
    }
    rows
}

fn header() -> Vec<String> {
    let mut out = Vec::new();
    format(Csv, STYLE).header(&mut out);
    let mut rows = read(&String::from_utf8(out).unwrap());
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

#[test]
fn the_header_names_every_cell() {
    let row = &read(&rendered(Csv, |finding| finding.integrity = Some(Integrity::Unchecked)))[0];
    let cells: Vec<_> = header().into_iter().zip(row.iter().cloned()).collect();
    assert_eq!(row.len(), cells.len());
    let expected = [
        ("time", "2024-05-01T12:00:00Z"),
        ("level", "medium"),
        ("rule_id", "4db60cc0-36fb-42b7-9b58-a5b53019fb74"),
        ("rule_title", "AWS CloudTrail Important Change"),
        ("tags", "attack.defense-evasion attack.t1562.008"),
        ("event_source", "cloudtrail.amazonaws.com"),
        ("event_name", "StopLogging"),
        ("account", "123456789012"),
        ("region", "eu-west-1"),
        ("principal", "arn:aws:sts::123456789012:assumed-role/Admin/mallory"),
        ("access_key", "ASIAEXAMPLE"),
        ("source_ip", "198.51.100.7"),
        ("user_agent", "aws-cli/2.15"),
        ("error_code", ""),
        ("event_id", "11111111-2222-3333-4444-555555555555"),
        ("file", FILE),
        ("record", "41"),
        ("integrity", "unchecked"),
        ("correlation_type", ""),
        ("group", ""),
        ("count", ""),
        ("first", ""),
        ("last", ""),
    ];
    assert_eq!(cells, expected.map(|(name, cell)| (name.to_owned(), cell.to_owned())));
}

#[test]
fn absent_values_are_empty() {
    let nameless = Head { title: "t".to_owned(), ..Head::default() };
    assert_eq!(
        rendered_as(Csv, STYLE, &nameless, ("f", None), bare),
        ",,,t,,,,,,,,,,,,f,41,,,,,,\n"
    );
}

#[test]
fn hostile_cells_stay_in_their_row_and_run_nothing() {
    let hostile = Head { title: HOSTILE.to_owned(), ..rule() };
    let text = rendered_as(Csv, STYLE, &hostile, (HOSTILE, None), |finding| {
        finding.user_agent = Some("=cmd|' /C calc'!A0".into());
        finding.principal = Some("a\nb,\"c\"".into());
    });
    let rows = read(&text);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].len(), header().len());
    assert_eq!(rows[0][12], "'=cmd|' /C calc'!A0");
    assert_eq!(rows[0][9], "a\nb,\"c\"");
    assert!(rows[0][3].starts_with("'=\\x1b]0;owned\\x07"));
    assert!(!text.contains(['\0', '\u{1b}', '\u{9b}']));
}

#[test]
fn nothing_follows_the_findings() {
    let mut out = Vec::new();
    format(Csv, STYLE).footer(&Coverage::default(), &mut out);
    assert!(out.is_empty());
}
