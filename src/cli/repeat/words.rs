//! The comparison of a repeated hunt, as text.

use std::fmt::Write;

use backtrail::{
    hunt::bundle::{Brief, Bundle, FileChanged, FileSeen, FindingsCompared, MOST_ADDED},
    text::counted,
};

use super::{super::render::harmless, Comparison};

/// Files or rules of a kind that are named at most; JSON has them all.
const NAMED: usize = 10;

/// All of it. Writing to a string cannot fail.
pub(super) fn told(repeated: &Comparison) -> String {
    let mut out = conclusion(repeated);
    findings(&repeated.findings, &mut out);
    files(repeated, &mut out);
    for line in circumstances(repeated) {
        let _ = writeln!(out, "{line}");
    }
    let _ = writeln!(out, "The manifest has SHA-256 {}.", repeated.manifest_sha256);
    out
}

/// The first inputs of a bundle, in one line.
pub(super) fn first_inputs(bundle: &Bundle) -> String {
    let mut names: Vec<_> =
        bundle.hunt().inputs().take(NAMED).map(|input| input.display().to_string()).collect();
    if bundle.hunt().inputs().nth(NAMED).is_some() {
        names.push("...".to_owned());
    }
    names.join(", ")
}

fn conclusion(repeated: &Comparison) -> String {
    let Comparison { findings, coverage, .. } = repeated;
    let found = counted(findings.before, "finding");
    match repeated.conclusion {
        "same" => {
            let files = counted(coverage.before, "file");
            format!("The same: {found} in {files}, byte for byte.\n")
        }
        "files-differ" => format!("Findings are the same ({found}), but files differ.\n"),
        _ if findings.reordered => format!("Findings are the same {found} in another order.\n"),
        _ => format!(
            "Findings differ: of {found} in the bundle, {} not found again; {} new.\n",
            findings.missing, findings.new,
        ),
    }
}

fn findings(compared: &FindingsCompared, out: &mut String) {
    let lists = [
        ("Not found again", compared.missing, &compared.first_missing),
        ("Not in the bundle", compared.new, &compared.first_new),
    ];
    for (title, count, first) in lists {
        if count == 0 {
            continue;
        }
        let _ = writeln!(out, "\n{title}:");
        for finding in first {
            let _ = writeln!(out, "  {}", brief(finding));
        }
        more(count, first.len(), out);
    }
}

fn brief(finding: &Brief) -> String {
    let text = |text: &Option<String>| text.as_deref().unwrap_or("-").to_owned();
    let place = match (&finding.file, finding.record) {
        (Some(file), Some(record)) => format!("{file} record {record}"),
        _ => "correlation".to_owned(),
    };
    let line = format!(
        "{}  {}  {}  {place}",
        text(&finding.time),
        text(&finding.level),
        finding.rule_title
    );
    harmless(&line).into_owned()
}

fn files(repeated: &Comparison, out: &mut String) {
    let coverage = &repeated.coverage;
    let listed = coverage.missing.is_empty() && coverage.new.is_empty();
    if listed && coverage.changed.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "\nOf {} in the bundle: {} changed, {} missing; {} new.",
        counted(coverage.before, "file"),
        coverage.changed.len(),
        coverage.missing.len(),
        coverage.new.len(),
    );
    for file in coverage.changed.iter().take(NAMED) {
        let _ = writeln!(out, "  changed  {}: {}", harmless(&file.name), changed(file));
    }
    more(coverage.changed.len() as u64, NAMED, out);
    for (word, names) in [("missing", &coverage.missing), ("new    ", &coverage.new)] {
        for name in names.iter().take(NAMED) {
            let _ = writeln!(out, "  {word}  {}", harmless(name));
        }
        more(names.len() as u64, NAMED, out);
    }
}

fn more(count: u64, shown: usize, out: &mut String) {
    let more = count.saturating_sub(shown as u64);
    if more > 0 {
        let _ = writeln!(out, "  and {more} more");
    }
}

/// What differs in a file.
fn changed(file: &FileChanged) -> String {
    let FileChanged { before, now, .. } = file;
    let mut told = Vec::new();
    if before.sha256 != now.sha256 {
        told.push("another text".to_owned());
    }
    if (&before.outcome, &before.reasons) != (&now.outcome, &now.reasons) {
        told.push(format!("was {}, is {}", outcome(before), outcome(now)));
    }
    if before.integrity != now.integrity {
        let word = |seen: &FileSeen| seen.integrity.clone().unwrap_or("unverified".into());
        told.push(format!("integrity was {}, is {}", word(before), word(now)));
    }
    harmless(&told.join("; ")).into_owned()
}

fn outcome(seen: &FileSeen) -> String {
    if seen.reasons.is_empty() {
        seen.outcome.to_string()
    } else {
        format!("{} ({})", seen.outcome, seen.reasons.join("; "))
    }
}

/// What else differs.
fn circumstances(repeated: &Comparison) -> Vec<String> {
    let Comparison { coverage, hunted_with, repeated_with, rules_changed_since, .. } = repeated;
    let mut lines = Vec::new();
    let pairs = [
        ("Files not opened because of their names", coverage.pruned),
        ("Rules that ran", coverage.rules),
        ("Rule documents refused", coverage.refused),
        ("Correlations that ran", coverage.correlations),
    ];
    for (what, (was, is)) in pairs.iter().filter(|(_, (was, is))| was != is) {
        lines.push(format!("{what}: {was} in the bundle, now {is}."));
    }
    if hunted_with != repeated_with {
        lines.push(format!(
            "Hunted with {} {}, repeated with {} {}.",
            harmless(&hunted_with.name),
            harmless(&hunted_with.version),
            repeated_with.name,
            repeated_with.version
        ));
    }
    let added = &repeated.added_to_bundle;
    if !added.is_empty() {
        let named: Vec<_> = added.iter().take(NAMED).map(|name| harmless(name)).collect();
        let more = match added.len().saturating_sub(NAMED) {
            0 => String::new(),
            more if added.len() >= MOST_ADDED => format!(", and at least {more} more"),
            more => format!(", and {more} more"),
        };
        lines.push(format!("Added to the bundle, and not read: {}{more}.", named.join(", ")));
    }
    for rule in rules_changed_since.iter().take(NAMED) {
        let now = if rule.there { "has changed" } else { "is missing" };
        lines.push(format!("{} {now} since; the rules of the bundle ran.", harmless(&rule.name)));
    }
    let rest = rules_changed_since.len().saturating_sub(NAMED);
    if rest > 0 {
        lines.push(format!("{rest} more rule files have changed or are missing."));
    }
    lines
}
