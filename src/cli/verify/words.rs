//! What is proved and what is not, in sentences.

use std::fmt::Write;

use backtrail::{
    text::{counted, grouped},
    verify::{Chain, Conclusion, Gap, Kind, Report, Verdict, Why},
};

/// The word for what a row is about.
pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Digest => "digest",
        Kind::Log => "log",
        Kind::Query => "query",
        Kind::Result => "result",
    }
}

/// How many files there were of each kind, on one line.
pub(super) fn counts(report: &Report) -> String {
    let digests: u64 = report.chains.iter().map(digests_here).sum();
    let files = &report.files;
    let mut text = format!(
        "Compared {} with {} in {}, using {}",
        counted(files.files, "file"),
        counted(digests, "digest"),
        counted(report.chains.len() as u64, "chain"),
        counted(report.keys, "key"),
    );
    let counts = [
        (files.valid, "valid"),
        (files.modified, "modified"),
        (files.damaged, "damaged"),
        (files.unproved, "unproved"),
        (files.unlisted, "unlisted"),
        (missing(report), "missing"),
        (named_unproved(report), "named by unproved digests and not here"),
    ];
    let shown = counts.iter().filter(|(count, word)| *count > 0 || *word == "valid");
    for (at, (count, word)) in shown.enumerate() {
        let _ = write!(text, "{}{} {word}", if at == 0 { ": " } else { ", " }, grouped(*count));
    }
    match report.not_valid.count(Kind::Digest, Verdict::Missing) {
        0 => {}
        missing => {
            let _ = write!(text, ", {} missing", counted(missing, "digest"));
        }
    }
    if !report.queries.is_empty() {
        let noun = if report.queries.len() == 1 { "query" } else { "queries" };
        let _ = write!(text, "; {} signed Lake {noun}", grouped(report.queries.len() as u64));
    }
    if report.bystanders > 0 {
        let others = match report.bystanders {
            1 => "1 other file that digests do not list".to_owned(),
            more => format!("{} other files that digests do not list", grouped(more)),
        };
        let _ = write!(text, "; skipped {others}, such as .DS_Store or checksums");
    }
    text + "."
}

fn missing(report: &Report) -> u64 {
    let logs = report.chains.iter().map(|chain| chain.logs.missing);
    logs.chain(report.queries.iter().map(|query| query.results.missing)).sum()
}

/// Log files and results that are not here and that nothing proved names.
fn named_unproved(report: &Report) -> u64 {
    let logs = report.chains.iter().map(|chain| chain.logs.named_unproved);
    logs.chain(report.queries.iter().map(|query| query.results.named_unproved)).sum()
}

fn digests_here(chain: &Chain) -> u64 {
    let digests = &chain.digests;
    digests.valid + digests.unproved + digests.damaged + digests.bad_signature + digests.modified
}

/// What is proved, what is not, and why: one paragraph.
pub(super) fn conclusion(report: &Report) -> String {
    let mut text = String::from(match report.conclusion {
        Conclusion::Tampered => "Something is not what AWS delivered, or is missing.",
        Conclusion::Unproved => "Not everything could be proved.",
        Conclusion::Proved => {
            "Everything here is what AWS delivered, and no listed file is missing."
        }
    });
    let sentences = [
        wrong(report),
        proved(report),
        queries(report),
        open(report),
        named(report),
        times(report),
        limits(report),
    ];
    for sentence in sentences.into_iter().filter(|sentence| !sentence.is_empty()) {
        text.push(' ');
        text.push_str(&sentence);
    }
    text
}

/// What is not as AWS delivered it.
fn wrong(report: &Report) -> String {
    let mut parts = Vec::new();
    for (of, noun) in [
        (Kind::Digest, "digest"),
        (Kind::Log, "log file"),
        (Kind::Query, "query signature"),
        (Kind::Result, "query result"),
    ] {
        for (verdict, one, many) in [
            (Verdict::Modified, "is not what AWS delivered", "are not what AWS delivered"),
            (
                Verdict::BadSignature,
                "has a signature that does not fit the key",
                "have signatures that do not fit the key",
            ),
            (Verdict::Missing, "is missing", "are missing"),
        ] {
            let count = report.not_valid.count(of, verdict);
            if count > 0 {
                let verb = if count == 1 { one } else { many };
                parts.push(format!("{} {verb}", counted(count, noun)));
            }
        }
    }
    if parts.is_empty() {
        return String::new();
    }
    let named = report.not_valid.count(Kind::Digest, Verdict::Missing);
    let gaps = report.chains.iter().flat_map(|chain| &chain.gaps);
    let about: u64 =
        gaps.filter(|gap| gap.why == Why::Missing).map(|gap| gap.about.unwrap_or(1)).sum();
    let mut text = joined(&parts) + ".";
    if about > named {
        let _ = write!(
            text,
            " In the time around {}, about {} are missing or not proved.",
            if named == 1 { "it" } else { "them" },
            counted(about, "digest")
        );
    }
    text
}

/// What is proved.
fn proved(report: &Report) -> String {
    let valid: u64 = report.chains.iter().map(|chain| chain.digests.valid).sum();
    if valid == 0 {
        return String::new();
    }
    // Backfill digests are of hours that the others cover.
    let hourly = || report.chains.iter().filter(|chain| !chain.backfill);
    let hours: f64 = hourly().map(|chain| chain.covered_hours).sum();
    let silent: f64 = hourly().map(|chain| chain.silent_hours).sum();
    let mut text = format!(
        "Proved to be what AWS delivered: {} and {}; proved digests cover {hours:.1} hours",
        counted(valid, "digest"),
        counted(report.files.valid.saturating_sub(results(report)), "log file"),
    );
    if silent > 0.0 {
        let _ = write!(text, ", {silent:.1} of them without any log file");
    }
    text.push('.');
    let digests: u64 = report.chains.iter().map(|chain| chain.digests_relocated).sum();
    match report.files.relocated + digests {
        0 => {}
        1 => text.push_str(" 1 file is not where AWS stored it; its content counts."),
        more => {
            let _ = write!(
                text,
                " {} are not where AWS stored them; their content counts.",
                counted(more, "file")
            );
        }
    }
    text
}

/// Results of queries that are proved.
fn results(report: &Report) -> u64 {
    report.queries.iter().map(|query| query.results.valid).sum()
}

/// What is proved of saved queries.
fn queries(report: &Report) -> String {
    match results(report) {
        0 => String::new(),
        results => format!("Proved to be results of Lake queries: {}.", counted(results, "file")),
    }
}

/// What is neither proved nor refuted.
fn open(report: &Report) -> String {
    let mut parts = Vec::new();
    for (of, verdict, noun, why) in [
        (Kind::Digest, Verdict::Unproved, "digest", "that cannot be checked"),
        (Kind::Digest, Verdict::Damaged, "digest", "damaged"),
        (
            Kind::Digest,
            Verdict::Unlisted,
            "file",
            "named like a digest that is neither a digest nor a signature",
        ),
        (Kind::Log, Verdict::Unproved, "log file", "listed by an unproved digest"),
        (Kind::Log, Verdict::Unlisted, "file", "that no digest here lists"),
        (Kind::Log, Verdict::Damaged, "log file", "damaged"),
        (Kind::Query, Verdict::Unproved, "query signature", "that cannot be checked"),
        (Kind::Query, Verdict::Damaged, "query signature", "damaged"),
        (Kind::Result, Verdict::Unproved, "query result", "whose signature is not proved"),
        (Kind::Result, Verdict::Damaged, "query result", "that cannot be read"),
    ] {
        let count = report.not_valid.count(of, verdict);
        if count > 0 {
            parts.push(format!("{} {why}", counted(count, noun)));
        }
    }
    let mut text =
        if parts.is_empty() { String::new() } else { format!("Not proved: {}.", joined(&parts)) };
    match report.files.differ_unproved {
        0 => {}
        1 => text.push_str(" 1 of the log files has another hash in the unproved digest."),
        more => {
            let more = grouped(more);
            let _ = write!(text, " {more} of the log files have other hashes in unproved digests.");
        }
    }
    if report.not_compared.digests > 0 {
        let _ = write!(text, " Not compared: {}.", report.not_compared);
    }
    if report.keys == 0 {
        text.push_str(" No key was given, so no signature was checked.");
    }
    text
}

/// What only unproved digests name. It says nothing about the log files: anyone can write a digest.
fn named(report: &Report) -> String {
    let logs = named_unproved(report);
    let digests = report.not_valid.count(Kind::Digest, Verdict::NamedUnproved);
    let mut parts = Vec::new();
    if digests > 0 {
        parts.push(counted(digests, "digest"));
    }
    if logs > 0 {
        parts.push(counted(logs, "log file"));
    }
    if parts.is_empty() {
        return String::new();
    }
    let listed = report.not_valid.count(Kind::Log, Verdict::NamedUnproved)
        + report.not_valid.count(Kind::Result, Verdict::NamedUnproved);
    let first = if listed < logs {
        format!("; {} of the log files are listed", grouped(listed))
    } else {
        String::new()
    };
    format!("Named by an unproved digest and not here: {}{first}.", joined(&parts))
}

/// Times without proved digests.
fn times(report: &Report) -> String {
    let gaps = || report.chains.iter().flat_map(|chain| &chain.gaps);
    let count = |why: Why| gaps().filter(|gap| gap.why == why).count() as u64;
    let mut parts = Vec::new();
    for (why, text) in [
        (Why::Started, "before a new chain, where logging or validation was off"),
        (Why::Missing, "where digests are missing"),
        (Why::Damaged, "where a digest is damaged"),
        (Why::Unproved, "where a digest is not proved"),
        (Why::Unexplained, "without an explanation"),
    ] {
        if count(why) > 0 {
            parts.push(format!("{} {text}", grouped(count(why))));
        }
    }
    if parts.is_empty() { String::new() } else { format!("Gaps in time: {}.", joined(&parts)) }
}

/// What no digest can prove.
fn limits(report: &Report) -> String {
    let newest =
        report.chains.iter().filter_map(|chain| chain.covered.last()).map(|span| span.to).max();
    newest.map_or_else(String::new, |newest| {
        format!("Nothing is known about deliveries after the newest proved digest, {newest}.")
    })
}

/// One gap, without its chain.
pub(super) fn gap(gap: &Gap) -> String {
    let from = gap.from.map_or_else(|| "before".to_owned(), |from| format!("{from} to"));
    let why = match gap.why {
        Why::Started => {
            "a new chain starts: logging or validation was off, or the last digests before are gone"
                .to_owned()
        }
        Why::Damaged => "the digest of that time cannot be read".to_owned(),
        Why::Unproved => "the digest before this time is here and not proved".to_owned(),
        Why::Unexplained => {
            "the digests before and after follow each other, and their times do not meet".to_owned()
        }
        Why::Missing => {
            let named = gap.missing.join(", ");
            match gap.about {
                Some(1) => format!("1 digest is missing: {named}"),
                Some(about) => format!(
                    "about {} are missing or not proved; the newest missing one is {named}, which \
                     has the name of the one before",
                    counted(about, "digest")
                ),
                None => format!(
                    "the chain continues before what is proved here: {named} is missing (if only a part was \
                     copied, say so with --from)"
                ),
            }
        }
    };
    format!("{from} {}: {why}", gap.to)
}

/// `a, b and c`.
fn joined(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
