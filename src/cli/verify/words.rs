//! What was proved and what was not, in sentences.

use std::fmt::Write;

use backtrail::verify::{Chain, Conclusion, Gap, Kind, Report, Verdict, Why};

/// The word for what a row is about.
pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Digest => "digest",
        Kind::Log => "log",
        Kind::Query => "query",
        Kind::Result => "result",
    }
}

/// What was looked at, on one line.
pub(super) fn summary(report: &Report) -> String {
    let digests: u64 = report.chains.iter().map(digests_here).sum();
    let files = &report.files;
    let mut told = format!(
        "Verified {} against {} in {} with {}",
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
    ];
    let shown = counts.iter().filter(|(count, word)| *count > 0 || *word == "valid");
    for (at, (count, word)) in shown.enumerate() {
        let _ = write!(told, "{}{count} {word}", if at == 0 { ": " } else { ", " });
    }
    if !report.queries.is_empty() {
        let queries = report.queries.len() as u64;
        let noun = if queries == 1 { "query" } else { "queries" };
        let _ = write!(told, "; {queries} signed {noun} of Lake");
    }
    told + "."
}

fn missing(report: &Report) -> u64 {
    let logs = report.chains.iter().map(|chain| chain.logs.missing);
    logs.chain(report.queries.iter().map(|query| query.results.missing)).sum()
}

fn digests_here(chain: &Chain) -> u64 {
    let digests = &chain.digests;
    digests.valid + digests.unproved + digests.damaged + digests.bad_signature + digests.modified
}

/// What is proved, what is not, and why: one paragraph.
pub(super) fn conclusion(report: &Report) -> String {
    let mut told = String::from(match report.conclusion {
        Conclusion::Tampered => "Something was changed or taken away.",
        Conclusion::Unproved => "Not everything could be proved.",
        Conclusion::Proved => {
            "Everything here is what AWS delivered, and nothing listed is missing."
        }
    });
    let lines = [
        wrong(report),
        proved(report),
        queries(report),
        open(report),
        times(report),
        limits(report),
    ];
    for line in lines.into_iter().filter(|line| !line.is_empty()) {
        told.push(' ');
        told.push_str(&line);
    }
    told
}

/// What was tampered with.
fn wrong(report: &Report) -> String {
    let mut parts = Vec::new();
    for (of, noun) in [
        (Kind::Digest, "digest"),
        (Kind::Log, "log file"),
        (Kind::Query, "signature of a query"),
        (Kind::Result, "result of a query"),
    ] {
        for (verdict, told) in [
            (Verdict::Modified, "is not what was delivered"),
            (Verdict::BadSignature, "has a signature that is not AWS's by the keys given"),
            (Verdict::Missing, "is missing"),
        ] {
            let count = count(report, of, verdict);
            if count > 0 {
                let told = if count == 1 { told.to_owned() } else { plural(told) };
                parts.push(format!("{} {told}", counted(count, noun)));
            }
        }
    }
    if parts.is_empty() {
        return String::new();
    }
    let named = count(report, Kind::Digest, Verdict::Missing);
    let gaps = report.chains.iter().flat_map(|chain| &chain.gaps);
    let about: u64 =
        gaps.filter(|gap| gap.why == Why::Missing).map(|gap| gap.about.unwrap_or(1)).sum();
    let mut told = joined(&parts) + ".";
    if about > named {
        let _ = write!(told, " By the time they would cover, about {about} digests are missing.");
    }
    told
}

fn plural(told: &str) -> String {
    told.replacen("is ", "are ", 1).replacen(
        "has a signature that are",
        "have signatures that are",
        1,
    )
}

/// What holds.
fn proved(report: &Report) -> String {
    let valid: u64 = report.chains.iter().map(|chain| chain.digests.valid).sum();
    if valid == 0 {
        return String::new();
    }
    // Backfill digests tell of hours that the others cover.
    let hourly = || report.chains.iter().filter(|chain| !chain.backfill);
    let hours: f64 = hourly().map(|chain| chain.covered_hours).sum();
    let silent: f64 = hourly().map(|chain| chain.silent_hours).sum();
    let mut told = format!(
        "Proved to be what AWS delivered: {} and {}; proved digests cover {hours:.1} hours of their chains",
        counted(valid, "digest"),
        counted(report.files.valid.saturating_sub(results(report)), "log file"),
    );
    if silent > 0.0 {
        let _ = write!(told, ", {silent:.1} of them without any log file");
    }
    told.push('.');
    let digests: u64 = report.chains.iter().map(|chain| chain.digests_relocated).sum();
    match report.files.relocated + digests {
        0 => {}
        1 => told.push_str(" 1 file lies elsewhere than AWS stored it; what it holds counts."),
        more => {
            let _ = write!(
                told,
                " {more} files lie elsewhere than AWS stored them; what they hold counts."
            );
        }
    }
    told
}

/// Results of queries that are proved.
fn results(report: &Report) -> u64 {
    report.queries.iter().map(|query| query.results.valid).sum()
}

/// What holds of saved queries.
fn queries(report: &Report) -> String {
    match results(report) {
        0 => String::new(),
        results => {
            format!("Proved to be what queries of Lake gave: {}.", counted(results, "file"))
        }
    }
}

/// What is neither proved nor refuted.
fn open(report: &Report) -> String {
    let mut parts = Vec::new();
    for (of, verdict, noun, why) in [
        (Kind::Digest, Verdict::Unproved, "digest", "without a signature that can be checked"),
        (Kind::Digest, Verdict::Damaged, "digest", "damaged"),
        (
            Kind::Digest,
            Verdict::Unlisted,
            "file",
            "among the digests and neither digest nor signature",
        ),
        (Kind::Log, Verdict::Unproved, "log file", "listed by a digest that is not proved"),
        (Kind::Log, Verdict::Unlisted, "file", "listed by no digest here"),
        (Kind::Log, Verdict::Damaged, "log file", "damaged"),
        (Kind::Query, Verdict::Unproved, "signature of a query", "that cannot be checked"),
        (Kind::Result, Verdict::Unproved, "result of a query", "whose signature is not proved"),
        (Kind::Result, Verdict::Damaged, "result of a query", "that cannot be read"),
    ] {
        let count = count(report, of, verdict);
        if count > 0 {
            parts.push(format!("{} {why}", counted(count, noun)));
        }
    }
    let mut told =
        if parts.is_empty() { String::new() } else { format!("Not proved: {}.", joined(&parts)) };
    if report.chains.is_empty() && report.queries.is_empty() {
        told.push_str(if told.is_empty() { "" } else { " " });
        told.push_str("There is no digest here, so nothing can be proved.");
    } else if report.keys == 0 {
        told.push_str(" No key was given, so no signature was checked.");
    }
    told
}

/// Times without digests.
fn times(report: &Report) -> String {
    let gaps = || report.chains.iter().flat_map(|chain| &chain.gaps);
    let count = |why: Why| gaps().filter(|gap| gap.why == why).count() as u64;
    let mut parts = Vec::new();
    for (why, told) in [
        (Why::Started, "before a new chain, where logging or validation was off"),
        (Why::Missing, "where digests are missing"),
        (Why::Damaged, "where a digest is damaged"),
        (Why::Unexplained, "that nothing explains"),
    ] {
        if count(why) > 0 {
            parts.push(format!("{} {told}", count(why)));
        }
    }
    if parts.is_empty() { String::new() } else { format!("Gaps in time: {}.", joined(&parts)) }
}

/// What no digest can prove.
fn limits(report: &Report) -> String {
    let newest =
        report.chains.iter().filter_map(|chain| chain.covered.last()).map(|span| span.to).max();
    newest.map_or_else(String::new, |newest| {
        format!("Of what was delivered after the newest digest ({newest} at the latest) nothing is known.")
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
        Why::Unexplained => {
            "the digests before and after follow each other, and their times do not meet".to_owned()
        }
        Why::Missing => {
            let named = gap.missing.join(", ");
            match gap.about {
                Some(1) => format!("1 digest is missing: {named}"),
                Some(about) => format!(
                    "about {about} digests are missing, the newest of them {named}; the names of the others stood in it"
                ),
                None => format!(
                    "the chain goes on before what is here: {named} (if only a part was copied, say so with --from)"
                ),
            }
        }
    };
    format!("{from} {}: {why}", gap.to)
}

fn count(report: &Report, kind: Kind, verdict: Verdict) -> u64 {
    report.not_valid.iter().filter(|row| (row.kind, row.verdict) == (kind, verdict)).count() as u64
}

fn counted(count: u64, noun: &str) -> String {
    // What is of a query stands before it.
    let (noun, of) = noun
        .split_once(' ')
        .filter(|(_, of)| of.starts_with("of "))
        .map_or_else(|| (noun, String::new()), |(noun, of)| (noun, format!(" {of}")));
    format!("{count} {noun}{}{of}", if count == 1 { "" } else { "s" })
}

/// `a, b and c`.
fn joined(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
