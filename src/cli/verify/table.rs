//! A report for people: a line for each chain, its gaps, what is not valid, and a conclusion.

use std::io::{self, Write};

use backtrail::{
    sink::TableStyle,
    text::grouped,
    verify::{Chain, Report, Rows, Verdict},
};
use unicode_width::UnicodeWidthStr;

use super::words;
use crate::cli::render::{harmless, wrapped};

/// Rows of one verdict that accuses nobody; of the others all are shown.
const MOST_SHOWN: usize = 20;

/// Chains without a proved digest that are shown; anyone can make up any number.
const MOST_UNPROVED_CHAINS: usize = 20;

/// Writes the whole report.
pub(super) fn draw(report: &Report, style: TableStyle, out: &mut dyn Write) -> io::Result<()> {
    let mut separator = "";
    if !report.chains.is_empty() {
        chains(&report.chains, out)?;
        separator = "\n";
    }
    if report.chains.iter().any(|chain| !chain.gaps.is_empty()) {
        writeln!(out, "{separator}Gaps:")?;
        gaps(&report.chains, out)?;
        separator = "\n";
    }
    if !report.not_valid.is_empty() {
        writeln!(out, "{separator}Not valid:")?;
        not_valid(&report.not_valid, out)?;
        separator = "\n";
    }
    for note in &report.notes {
        writeln!(out, "{separator}note: {}", harmless(note))?;
        separator = "";
    }
    let conclusion = harmless(&words::conclusion(report)).into_owned();
    let nothing_before =
        report.chains.is_empty() && report.not_valid.is_empty() && report.notes.is_empty();
    let blank = if nothing_before { "" } else { "\n" };
    write!(out, "{blank}{}", wrapped(&conclusion, style.width.clamp(40, 110)))
}

/// One line for each chain below a heading, in columns.
fn chains(chains: &[Chain], out: &mut dyn Write) -> io::Result<()> {
    let head = [
        "account", "region", "trail", "from", "to", "hours", "silent", "gaps", "digests", "valid",
        "logs", "valid",
    ];
    let is_proved = |chain: &&Chain| chain.digests.valid > 0;
    let unproved = chains.iter().filter(|chain| !is_proved(chain));
    let more = unproved.clone().count().saturating_sub(MOST_UNPROVED_CHAINS);
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(
        chains.iter().filter(is_proved).chain(unproved.take(MOST_UNPROVED_CHAINS)).map(cells),
    );
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..head.len()).map(width).collect();
    for row in &rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let space = " ".repeat(width - cell.width());
            // Texts are aligned left, numbers right.
            if column < 5 {
                line.extend([cell, &*space, "  "]);
            } else {
                line.extend([&*space, cell, "  "]);
            }
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    if more > 0 {
        let more = grouped(more as u64);
        writeln!(out, "and {more} more without a proved digest; -f json has all")?;
    }
    Ok(())
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
        grouped(chain.gaps.len() as u64),
        grouped(all),
        grouped(digests.valid),
        grouped(chain.logs.listed),
        grouped(chain.logs.valid),
    ]
}

fn gaps(chains: &[Chain], out: &mut dyn Write) -> io::Result<()> {
    for chain in chains {
        for gap in &chain.gaps {
            let line =
                format!("{} {} {}: {}", chain.account, chain.region, chain.trail, words::gap(gap));
            writeln!(out, "{}", harmless(&line))?;
        }
    }
    Ok(())
}

fn not_valid(rows: &Rows, out: &mut dyn Write) -> io::Result<()> {
    for verdict in [
        Verdict::Modified,
        Verdict::BadSignature,
        Verdict::Missing,
        Verdict::Damaged,
        Verdict::Unproved,
        Verdict::NamedUnproved,
        Verdict::Unlisted,
    ] {
        if !rows.any(|of| of == verdict) {
            continue;
        }
        let most = if verdict.is_tampering() { u64::MAX } else { MOST_SHOWN as u64 };
        let (word, mut count) = (verdict.as_str(), 0);
        for row in rows.iter() {
            let row = row?;
            if row.verdict != verdict {
                continue;
            }
            count += 1;
            if count <= most {
                let kind = words::kind(row.kind);
                let line = format!("{word:14}  {kind:6}  {}: {}", row.name, row.reason);
                writeln!(out, "{}", harmless(&line))?;
            }
        }
        if count > most {
            let more = grouped(count - most);
            writeln!(out, "{word:14}  and {more} more; -f csv and -f json list them")?;
        }
    }
    Ok(())
}
