//! A report for people: a line for each rule, with a bar as long as its cost.

use std::fmt::Write;

use backtrail::{
    sink::TableStyle,
    text::{counted, grouped},
};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{
    Scale, ratio,
    report::{Report, Row},
};
use crate::cli::render::{harmless, wrapped};

/// Columns of the longest bar, each of eight parts.
const BAR: usize = 10;
const HEAD: [&str; 2] = [
    "     saved           CPU per                                 parsed",
    "without it   share M records candidates evaluated matched   alone  prefilter   rule [literals]",
];

/// The report in columns, no line of the table wider than the style says.
pub(super) fn drawn(report: &Report, scale: &Scale, style: TableStyle) -> String {
    let mut text = report.run.lines();
    text.extend(scale.told().map(|line| line + "\n"));
    text.push_str(&spent(report));
    let most = report.rules.first().map_or(0.0, |row| row.saved_seconds);
    let idle = report.rules.iter().filter(|row| row.candidates == 0).count();
    if idle < report.rules.len() {
        text.push('\n');
        for head in HEAD {
            let _ = writeln!(text, "{:BAR$} {head}", "");
        }
    }
    for row in report.rules.iter().filter(|row| row.candidates > 0) {
        text.push_str(&line(row, most, style));
        text.push('\n');
    }
    if idle > 0 {
        let _ = writeln!(
            text,
            "{} of {} had no candidate records; {} only prefilter time.",
            grouped(idle),
            counted(report.rules.len(), "rule"),
            if idle == 1 { "it costs" } else { "they cost" },
        );
    }
    text.push_str(
        "\nsaved without it: CPU seconds that a hunt without the rule would save: its evaluation and findings, and \
         parsing the\nrecords that only this rule needs (parsed alone). share: of all evaluation time. CPU per M \
         records: evaluation time\nper million records, in seconds.\n",
    );
    for advice in &report.advice {
        let _ = write!(text, "\n{}", wrapped(advice, style.width.clamp(40, 110)));
    }
    text
}

/// What the time went into, and what measuring it took.
fn spent(report: &Report) -> String {
    let parts = &report.spent;
    let about = if report.records_counted_exactly { "" } else { "about " };
    format!(
        "{about}{}, {} of them parsed\n\
         reading and decompressing {:.3} s, prefilter and splitting {:.3} s, parsing {:.3} s, evaluating {:.3} s, \
         findings {:.3} s\n\
         profiling itself took about {:.3} s of CPU time ({} clock readings of {:.0} ns), which the other times \
         exclude\n",
        counted(report.records, "record"),
        grouped(parts.records_parsed),
        parts.reading,
        parts.gates_and_splitting,
        parts.parsing,
        parts.evaluating,
        parts.rendering,
        parts.profiling,
        grouped(report.clock.readings),
        report.clock.nanoseconds_each,
    )
}

fn line(row: &Row, most: f64, style: TableStyle) -> String {
    let start = format!(
        "{} {:10.4} {:6.1}% {:9.4} {:>10} {:>9} {:>7} {:>7}  {:10}  ",
        bar(ratio(row.saved_seconds, most), style.unicode),
        row.saved_seconds,
        100.0 * row.evaluating_share,
        row.seconds_per_million_records,
        grouped(row.candidates),
        grouped(row.evaluated),
        grouped(row.matched),
        grouped(row.parsed_alone),
        row.prefilter,
    );
    let mut end = harmless(&row.title).into_owned();
    if !row.literals.is_empty() {
        let literals: Vec<_> = row.literals.iter().map(|text| harmless(text)).collect();
        let _ = write!(end, " [{}]", literals.join(" "));
    }
    let space = style.width.saturating_sub(start.width()).max(24);
    start + &cut(&end, space, style.unicode)
}

/// A bar for a part of the whole, always [`BAR`] columns wide.
fn bar(part: f64, unicode: bool) -> String {
    let eighths = (1..=80_u32).filter(|&at| f64::from(at) <= part * 80.0 + 0.5).count();
    if !unicode {
        return format!("{:BAR$}", "#".repeat((eighths + 4) / 8));
    }
    let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
    format!("{:BAR$}", "█".repeat(eighths / 8) + rest)
}

/// The text, or as much of it as fits and a sign that there is more.
fn cut(text: &str, columns: usize, unicode: bool) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let more = if unicode { "…" } else { "..." };
    let mut left = columns.saturating_sub(more.width());
    let kept = text.chars().take_while(|letter| {
        let width = letter.width().unwrap_or_default();
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    });
    kept.collect::<String>() + more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_part() {
        for unicode in [true, false] {
            for (part, full) in [(1.0, BAR), (0.5, BAR / 2), (0.0, 0), (f64::NAN, 0)] {
                let bar = bar(part, unicode);
                assert_eq!((bar.width(), bar.trim_end().width()), (BAR, full), "{part} {bar:?}");
            }
        }
        assert_eq!(bar(0.01, true).trim_end(), "▏", "a small part shows");
    }

    #[test]
    fn what_does_not_fit_is_cut_with_a_sign() {
        assert_eq!(cut("abcdef", 6, true), "abcdef");
        assert_eq!(cut("abcdefg", 6, true), "abcde…");
        assert_eq!(cut("日本語日本語", 6, false), "日...");
    }

    #[test]
    fn advice_is_broken_at_blanks() {
        assert_eq!(wrapped("one two three", 7), "one two\nthree\n");
        assert_eq!(wrapped("unbreakable", 4), "unbreakable\n");
    }
}
