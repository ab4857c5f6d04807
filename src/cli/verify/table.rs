//! A report for people: a line for each chain, its gaps, what is not valid, and a conclusion.

use std::fmt::Write;

use backtrail::{
    sink::TableStyle,
    verify::{Chain, Report, Row, Verdict},
};
use unicode_width::UnicodeWidthStr;

use super::words;
use crate::cli::render::{harmless, wrapped};

/// Rows of one verdict that proves no tampering; of the others all are shown.
const MOST_SHOWN: usize = 20;

/// The whole report.
pub(super) fn drawn(report: &Report, style: TableStyle) -> String {
    let mut text = String::new();
    if !report.chains.is_empty() {
        text.push_str(&chains(&report.chains));
        let gaps = gaps(&report.chains);
        if !gaps.is_empty() {
            let _ = write!(text, "\nGaps:\n{gaps}");
        }
    }
    let not_valid = not_valid(&report.not_valid);
    if !not_valid.is_empty() {
        let _ = write!(text, "\nNot valid:\n{not_valid}");
    }
    for (at, note) in report.notes.iter().enumerate() {
        let _ = writeln!(text, "{}note: {}", if at == 0 { "\n" } else { "" }, harmless(note));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text + &wrapped(&harmless(&words::conclusion(report)), style.width.clamp(40, 110))
}

/// One line for each chain under a head, in columns.
fn chains(chains: &[Chain]) -> String {
    let head = [
        "account", "region", "trail", "from", "to", "hours", "silent", "gaps", "digests", "valid",
        "logs", "valid",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(chains.iter().map(cells));
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..head.len()).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let space = " ".repeat(width - cell.width());
            // Texts stand left, numbers right.
            let _ = if column < 5 {
                write!(line, "{cell}{space}  ")
            } else {
                write!(line, "{space}{cell}  ")
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn cells(chain: &Chain) -> [String; 12] {
    let digests = &chain.digests;
    let all = digests.valid
        + digests.unproved
        + digests.damaged
        + digests.bad_signature
        + digests.modified
        + digests.missing;
    let mut trail = harmless(&chain.trail).into_owned();
    if chain.backfill {
        trail.push_str(" (backfill)");
    }
    let time = |time: Option<String>| time.unwrap_or_else(|| "-".to_owned());
    [
        harmless(&chain.account).into_owned(),
        harmless(&chain.region).into_owned(),
        trail,
        time(chain.covered.first().map(|span| span.from.to_string())),
        time(chain.covered.last().map(|span| span.to.to_string())),
        format!("{:.1}", chain.covered_hours),
        format!("{:.1}", chain.silent_hours),
        chain.gaps.len().to_string(),
        all.to_string(),
        digests.valid.to_string(),
        chain.logs.listed.to_string(),
        chain.logs.valid.to_string(),
    ]
}

fn gaps(chains: &[Chain]) -> String {
    let mut text = String::new();
    for chain in chains {
        for gap in &chain.gaps {
            let line =
                format!("{} {} {}: {}", chain.account, chain.region, chain.trail, words::gap(gap));
            let _ = writeln!(text, "{}", harmless(&line));
        }
    }
    text
}

fn not_valid(rows: &[Row]) -> String {
    let mut text = String::new();
    for verdict in [
        Verdict::Modified,
        Verdict::BadSignature,
        Verdict::Missing,
        Verdict::Damaged,
        Verdict::Unproved,
        Verdict::Unlisted,
    ] {
        let mut of = rows.iter().filter(|row| row.verdict == verdict);
        let most = if verdict.is_tampering() { usize::MAX } else { MOST_SHOWN };
        for row in of.by_ref().take(most) {
            let line = format!(
                "{:13}  {:6}  {}: {}",
                verdict.as_str(),
                words::kind(row.kind),
                row.name,
                row.reason
            );
            let _ = writeln!(text, "{}", harmless(&line));
        }
        let more = of.count();
        if more > 0 {
            let _ = writeln!(
                text,
                "{:13}  and {more} more; -f csv and -f json have all",
                verdict.as_str()
            );
        }
    }
    text
}
