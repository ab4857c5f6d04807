//! The table: widths, colours, cuts, the summary.

use unicode_width::UnicodeWidthStr;

use super::{FILE, HOSTILE, bare, rendered_as, rule};
use crate::{
    coverage::{Coverage, RuleFindings},
    rule::{Head, Level},
    sink::{FormatKind::Table, TableStyle, format},
    text::escape::tests::harmless,
};

fn plain(width: usize) -> TableStyle {
    TableStyle { color: false, width, unicode: true, events: false }
}

fn header(style: TableStyle) -> String {
    let mut out = Vec::new();
    format(Table, style).header(&mut out);
    String::from_utf8(out).unwrap()
}

fn row(style: TableStyle) -> String {
    rendered_as(Table, style, &rule(), (FILE, None), |_| {})
}

fn footer(style: TableStyle, findings: &[(&str, Option<&'static str>, u64)]) -> String {
    let mut coverage = Coverage::default();
    for &(title, level, findings) in findings {
        coverage.rules.findings.push(RuleFindings {
            id: None,
            title: title.to_owned(),
            level: level.map(Into::into),
            findings,
        });
    }
    coverage.totals.records = 12;
    coverage.outcomes.insert("read".into(), 2);
    let mut out = Vec::new();
    format(Table, style).footer(&coverage, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_row_stands_under_its_header() {
    assert_eq!(
        header(plain(160)) + &row(plain(160)),
        "\
level     time                  rule                                     principal                 source ip              file                  event
medium    2024-05-01T12:00:00Z  AWS CloudTrail Important Change          …umed-role/Admin/mallory  198.51.100.7           …FgHiJkLmNoP.json.gz  StopLogging
"
    );
}

#[test]
fn narrow_terminals_lack_the_last_columns() {
    let heads =
        |width| header(plain(width)).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(heads(60), ["level", "time", "rule", "principal"]);
    assert_eq!(heads(80), ["level", "time", "rule", "principal", "source", "ip"]);
    assert_eq!(heads(95), ["level", "time", "rule", "principal", "source", "ip", "file"]);
    assert_eq!(heads(107).last().unwrap(), "event");
    assert_eq!(heads(0), heads(60));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [60, 61, 80, 99, 107, 120, 200, 500, usize::MAX] {
        for title in
            ["a", "日本語の規則の長い名前であるところのもの", HOSTILE, &"e\u{301}".repeat(300)]
        {
            let rule = Head { title: title.to_owned(), ..rule() };
            let line = rendered_as(Table, plain(width), &rule, (FILE, None), |finding| {
                finding.principal = Some(format!("{title}{title}").into());
                finding.source_ip =
                    Some("2001:0db8:0000:0000:0000:0000:0000:0001/more/and/more".into());
            });
            assert!(line.trim_end_matches('\n').width() <= width, "{width}: {line}");
            assert_eq!(line.matches('\n').count(), 1);
        }
    }
}

#[test]
fn wide_characters_keep_the_columns_in_line() {
    let wide = Head { title: "監査ログ停止".to_owned(), ..rule() };
    let line = rendered_as(Table, plain(160), &wide, (FILE, None), |_| {});
    let column = |line: &str, word: &str| line[..line.find(word).unwrap()].width();
    assert_eq!(column(&line, "StopLogging"), column(&row(plain(160)), "StopLogging"));
}

#[test]
fn long_names_keep_their_telling_end() {
    let line =
        rendered_as(Table, plain(80), &rule(), ("s3/bucket/file.json.gz", None), |finding| {
            finding.source_ip = Some("cloudformation.amazonaws.com".into());
        });
    assert!(line.contains("n/mallory"), "{line}");
    assert!(line.contains("AWS CloudTrail"), "{line}");
    assert!(line.contains("cloudformation…"), "{line}");
    assert!(
        rendered_as(Table, plain(107), &rule(), ("s3/file.json.gz", None), |_| {})
            .contains("  file.json.gz ")
    );
}

#[test]
fn a_text_of_megabytes_is_cut_like_any_other() {
    let line = rendered_as(Table, plain(107), &rule(), (FILE, None), |finding| {
        finding.principal = Some(("\u{200b}é".repeat(1 << 20) + "/mallory").into());
        finding.event_name = Some("é".repeat(1 << 20).into());
    });
    assert!(line.contains("/mallory") && line.contains("éé…"), "{line}");
}

#[test]
fn absent_values_are_dashes() {
    let nameless = Head { title: "t".to_owned(), ..Head::default() };
    let line = rendered_as(Table, plain(160), &nameless, ("f", None), bare);
    assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["-", "-", "t", "-", "-", "f", "-"]);
}

#[test]
fn hostile_text_reaches_no_terminal() {
    let hostile = Head { title: HOSTILE.to_owned(), ..rule() };
    for unicode in [true, false] {
        let style = TableStyle { unicode, ..plain(400) };
        let line = rendered_as(Table, style, &hostile, (HOSTILE, None), |finding| {
            for text in [
                &mut finding.time,
                &mut finding.principal,
                &mut finding.source_ip,
                &mut finding.event_name,
            ] {
                *text = Some(HOSTILE.into());
            }
        });
        assert!(harmless(line.trim_end_matches('\n')), "{line:?}");
        assert!(line.contains("\\x1b") && line.contains("\\u{202e}"));
        let footer = footer(style, &[(HOSTILE, None, 1)]);
        assert!(footer.lines().all(harmless), "{footer:?}");
    }
}

#[test]
fn ascii_terminals_get_ascii() {
    let style = TableStyle { unicode: false, ..plain(80) };
    let rule = Head { title: "Größe".to_owned(), ..rule() };
    let line = rendered_as(Table, style, &rule, (FILE, None), |_| {});
    assert!(line.is_ascii() && line.contains("Gr\\u{f6}"), "{line}");
    assert!(line.contains(".."), "{line}");
}

#[test]
fn colours_are_the_levels_and_end_where_they_began() {
    let style = TableStyle { color: true, ..plain(160) };
    let levels = [
        (Level::Critical, "\u{1b}[1;31mcritical\u{1b}[0m  "),
        (Level::High, "\u{1b}[31mhigh\u{1b}[0m      "),
        (Level::Medium, "\u{1b}[33mmedium\u{1b}[0m    "),
        (Level::Low, "\u{1b}[36mlow\u{1b}[0m       "),
        (Level::Informational, "\u{1b}[2minfo\u{1b}[0m      "),
    ];
    for (level, start) in levels {
        let rule = Head { level: Some(level), ..rule() };
        let line = rendered_as(Table, style, &rule, (FILE, None), |_| {});
        assert!(line.starts_with(start), "{line:?}");
        assert_eq!(line.matches('\u{1b}').count(), 2);
    }
    assert!(!row(plain(160)).contains('\u{1b}'));
    assert!(!header(plain(160)).contains('\u{1b}'));
}

#[test]
fn the_summary_begins_with_the_worst() {
    let findings = [
        ("few", Some("low"), 1),
        ("none", Some("critical"), 0),
        ("unrated", None, 30),
        ("some", Some("high"), 2),
        ("more", Some("high"), 12),
        ("worst", Some("critical"), 1),
    ];
    assert_eq!(
        footer(plain(80), &findings),
        "
critical   1  worst
high      12  more
high       2  some
low        1  few
-         30  unrated
46 findings by 5 rules: 1 critical, 14 high, 1 low, 30 without level.
Searched 2 files: 0 bytes as stored, 0 bytes of text, 12 records.
"
    );
}

#[test]
fn the_summary_says_when_there_is_nothing() {
    assert_eq!(
        footer(plain(80), &[]),
        "\nNo findings.\nSearched 2 files: 0 bytes as stored, 0 bytes of text, 12 records.\n"
    );
}

#[test]
fn the_summary_says_when_not_everything_was_searched() {
    let mut coverage = Coverage { interrupted: true, ..Coverage::default() };
    coverage.outcomes = [("read", 1), ("salvaged", 1), ("failed", 2)]
        .map(|(name, files)| (name.into(), files))
        .into();
    let mut out = Vec::new();
    format(Table, plain(80)).footer(&coverage, &mut out);
    let text = String::from_utf8(out).unwrap();
    assert!(text.starts_with("\nInterrupted: "), "{text}");
    assert!(
        text.contains("2 files (1 damaged)")
            && text.replace("\n    ", " ").ends_with("2 files could not be searched.\n"),
        "{text}"
    );
}
