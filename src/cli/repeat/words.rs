//! What a repeated hunt came to, for people.

use std::fmt::Write;

use backtrail::{
    hunt::record::{Brief, FileChanged, FileSeen, FindingsCompared, MOST_ADDED, Record},
    text::counted,
};

use super::{super::render::harmless, Comparison};

/// At most so many files or rules of a kind are named; JSON has them all.
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

/// The first inputs of a record, to be told in one line.
pub(super) fn first_inputs(record: &Record) -> String {
    let inputs = &record.asked().inputs;
    let mut names: Vec<_> =
        inputs.iter().take(NAMED).map(|input| input.path().display().to_string()).collect();
    if inputs.len() > NAMED {
        names.push("...".to_owned());
    }
    names.join(", ")
}

fn conclusion(repeated: &Comparison) -> String {
    let Comparison { findings, coverage, .. } = repeated;
    let found = counted(findings.recorded, "finding");
    match repeated.conclusion {
        "same" => {
            let files = counted(coverage.recorded, "file");
            format!("The same: {found} in {files}, byte for byte.\n")
        }
        "files-differ" => format!("Findings are the same ({found}), but files are not.\n"),
        _ if findings.reordered => format!("Findings are the same {found} in another order.\n"),
        _ => format!(
            "Findings differ: of {found} recorded, {} not found again; {} new.\n",
            findings.missing, findings.new,
        ),
    }
}

fn findings(compared: &FindingsCompared, out: &mut String) {
    let lists = [
        ("Not found again", compared.missing, &compared.first_missing),
        ("Not in the record", compared.new, &compared.first_new),
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
        "\nOf {} recorded: {} changed, {} missing; {} new.",
        counted(coverage.recorded, "file"),
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
    let FileChanged { recorded, now, .. } = file;
    let mut told = Vec::new();
    if recorded.sha256 != now.sha256 {
        told.push("another text".to_owned());
    }
    if (&recorded.outcome, &recorded.reasons) != (&now.outcome, &now.reasons) {
        told.push(format!("was {}, is {}", outcome(recorded), outcome(now)));
    }
    if recorded.integrity != now.integrity {
        let word =
            |seen: &FileSeen| seen.integrity.clone().unwrap_or_else(|| "unjudged".to_owned());
        told.push(format!("integrity was {}, is {}", word(recorded), word(now)));
    }
    harmless(&told.join("; ")).into_owned()
}

fn outcome(seen: &FileSeen) -> String {
    if seen.reasons.is_empty() {
        seen.outcome.clone()
    } else {
        format!("{} ({})", seen.outcome, seen.reasons.join("; "))
    }
}

/// What else is not as it was.
fn circumstances(repeated: &Comparison) -> Vec<String> {
    let Comparison { coverage, recorded_with, repeated_with, rules_changed_since, .. } = repeated;
    let mut lines = Vec::new();
    let pairs = [
        ("Files not opened because of their names", coverage.pruned),
        ("Rules that ran", coverage.rules),
        ("Rule documents refused", coverage.refused),
        ("Correlations that ran", coverage.correlations),
    ];
    for (what, (was, is)) in pairs.iter().filter(|(_, (was, is))| was != is) {
        lines.push(format!("{what}: recorded {was}, now {is}."));
    }
    if recorded_with != repeated_with {
        lines.push(format!(
            "Recorded with {} {}, repeated with {} {}.",
            harmless(&recorded_with.name),
            harmless(&recorded_with.version),
            repeated_with.name,
            repeated_with.version
        ));
    }
    let added = &repeated.added_to_record;
    if !added.is_empty() {
        let named: Vec<_> = added.iter().take(NAMED).map(|name| harmless(name)).collect();
        let more = match added.len().saturating_sub(NAMED) {
            0 => String::new(),
            more if added.len() >= MOST_ADDED => format!(", and {more} more or above"),
            more => format!(", and {more} more"),
        };
        lines.push(format!("Added to the record, and not read: {}{more}.", named.join(", ")));
    }
    for rule in rules_changed_since.iter().take(NAMED) {
        let now = if rule.there { "has another text" } else { "is not there" };
        lines.push(format!(
            "The rules of the record ran; where it came from, {} {now} now.",
            harmless(&rule.name)
        ));
    }
    let rest = rules_changed_since.len().saturating_sub(NAMED);
    if rest > 0 {
        lines.push(format!("And so it is with {rest} more rule files."));
    }
    lines
}
