//! Comments that keep a lint silent: `# backtrail: allow(code, code)`.
//!
//! On a line with something else it counts for that line, on lines of its own for the line after them, and above the
//! first key of a document for all of it. What refuses a document cannot be allowed. A comment that
//! keeps nothing silent is told: it would hide the next problem.

use std::ops::Range;

use super::{Options, Told, codes, subject::text_of, unknown_allow, unused_allow};
use crate::{
    rule::{Diagnostic, Severity, Span},
    ruleset::RuleSet,
    text::nearest,
};

/// What such a comment begins with, behind the `#` and blanks.
const MARK: &str = "backtrail: allow(";

/// At most this many codes of one file are looked at.
const MOST: usize = 10_000;

/// One code of one comment.
struct Allow<'t> {
    code: &'t str,
    span: Span,
    /// The bytes that what it allows begins in.
    counts_for: Range<usize>,
    used: bool,
}

/// Takes out of `told` what comments allow, and adds what is wrong with the comments. `documents` are the
/// places of all documents that were looked at, with their files. Says how many were taken out.
pub(super) fn heed(
    rules: &RuleSet,
    documents: &[(usize, Span)],
    told: &mut Vec<Told>,
    options: &Options<'_>,
) -> usize {
    let mut starts: Vec<Vec<Span>> = vec![Vec::new(); rules.files.len()];
    for &(file, span) in documents {
        if let Some(of_file) = starts.get_mut(file) {
            of_file.push(span);
        }
    }
    let mut allows: Vec<Vec<Allow<'_>>> = Vec::with_capacity(rules.files.len());
    for (file, spans) in starts.iter_mut().enumerate() {
        spans.sort_by_key(|span| span.start);
        allows.push(read(text_of(rules, file), spans));
    }
    let before = told.len();
    told.retain(|told| {
        let Some(allows) = allows.get_mut(told.file) else { return true };
        let Diagnostic { code, severity, span, .. } = &told.diagnostic;
        let mut silent = false;
        for allow in allows.iter_mut().filter(|allow| allow.code == *code) {
            if *severity != Severity::Error && allow.counts_for.contains(&span.start) {
                allow.used = true;
                silent = true;
            }
        }
        !silent
    });
    let silenced = before - told.len();
    for (file, allows) in allows.iter().enumerate() {
        // What was not looked at may well need its comments.
        let looked_at = |allow: &Allow<'_>| {
            let documents = &starts[file];
            let after = documents.partition_point(|span| span.start < allow.counts_for.end);
            let last = documents[..after].last();
            last.is_some_and(|span| allow.counts_for.start < span.end)
                || codes::code(allow.code).is_none_or(|code| code.refuses)
        };
        let unused = allows.iter().filter(|allow| !allow.used && looked_at(allow));
        told.extend(unused.filter_map(|allow| about(allow, file, options)));
    }
    told.sort_by_key(|told| (told.file, told.diagnostic.span.start));
    silenced
}

/// What is wrong with a comment that allowed nothing, if it is.
fn about(allow: &Allow<'_>, file: usize, options: &Options<'_>) -> Option<Told> {
    let known = codes::code(allow.code);
    let lint = if known.is_some() { &unused_allow::LINT } else { &unknown_allow::LINT };
    // Without an archive nothing is held against one; what an option allows was never looked for.
    let not_looked_for = (allow.code == "cannot-fire" && options.survey.is_none())
        || options.allow.contains(allow.code);
    if not_looked_for || options.allow.contains(lint.code) {
        return None;
    }
    let (message, help) = match known {
        Some(code) if code.refuses => (
            format!("{} refuses the document and cannot be allowed", allow.code),
            "correct what it tells".to_owned(),
        ),
        Some(_) => (
            format!("nothing here has the code {}", allow.code),
            "take it out; a comment counts for its line, or alone on a line for the next, or above the first key for the document".to_owned(),
        ),
        None => (
            format!("there is no code {:?}", allow.code),
            match nearest(allow.code, codes::codes().map(|code| code.code)) {
                Some(near) => format!("did you mean {near}?"),
                None => "`rules check --list-lints` has them all".to_owned(),
            },
        ),
    };
    let diagnostic = Diagnostic {
        code: lint.code,
        severity: lint.severity,
        span: allow.span,
        message,
        help: Some(help),
    };
    Some(Told { file, diagnostic, fix: None })
}

/// The comments of one file; `documents` in order.
fn read<'t>(text: &'t str, documents: &[Span]) -> Vec<Allow<'t>> {
    let mut allows: Vec<Allow<'t>> = Vec::new();
    if !text.contains(MARK) {
        return allows;
    }
    // Comments on lines of their own wait here for the next line that is none.
    let mut waiting: Vec<usize> = Vec::new();
    let mut start = 0;
    let mut next_document = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        while documents.get(next_document).is_some_and(|document| document.start < start) {
            next_document += 1;
        }
        let trimmed = line.trim();
        let alone = trimmed.starts_with('#');
        for allow in codes_of(line, start) {
            if allows.len() < MOST {
                if alone {
                    waiting.push(allows.len());
                }
                allows.push(allow);
            }
        }
        if !alone && !trimmed.is_empty() && !trimmed.starts_with("---") && !trimmed.starts_with('%')
        {
            let document =
                documents.get(next_document).filter(|span| (start..end).contains(&span.start));
            let counts_for = document.map_or(start..end, |span| span.start..span.end.max(end));
            for at in waiting.drain(..) {
                allows[at].counts_for = counts_for.clone();
            }
        }
        start = end;
    }
    allows
}

/// The codes of a line, which count for it.
fn codes_of(line: &str, start: usize) -> Vec<Allow<'_>> {
    let mut found = Vec::new();
    for (hash, _) in line.match_indices('#') {
        let rest = &line[hash + 1..];
        let inner = rest.trim_start_matches([' ', '\t']).strip_prefix(MARK);
        let stands_apart = line[..hash].ends_with([' ', '\t']) || hash == 0;
        let Some(inner) = inner.filter(|_| stands_apart) else { continue };
        let list = inner.split(')').next().unwrap_or_default();
        let mut at = line.len() - inner.len();
        for part in list.split(',') {
            let code = part.trim();
            let place = start + at + (part.len() - part.trim_start().len());
            if !code.is_empty() {
                let span = Span::new(place, place + code.len());
                let counts_for = start..start + line.len();
                found.push(Allow { code, span, counts_for, used: false });
            }
            at += part.len() + 1;
        }
        break;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_counts_for_its_line_the_next_line_or_the_document() {
        let text = "# backtrail: allow(a)\n# why\ntitle: x\nb: 1 # backtrail: allow(b, c)\n  # backtrail: allow(d)\n\n  # more\n  e: 2\nf: 'no#backtrail: allow(g)'\n";
        let document = Span::new(text.find("title").unwrap_or_default(), text.len() - 1);
        let found: Vec<_> = read(text, &[document])
            .into_iter()
            .map(|allow| {
                (
                    allow.code,
                    text[allow.counts_for.clone()].lines().next().unwrap_or_default().to_owned(),
                    allow.counts_for.len(),
                )
            })
            .collect();
        let whole = document.end - document.start;
        let expected = [
            ("a", "title: x".to_owned(), whole),
            ("b", "b: 1 # backtrail: allow(b, c)".to_owned(), 30),
            ("c", "b: 1 # backtrail: allow(b, c)".to_owned(), 30),
            ("d", "  e: 2".to_owned(), 7),
        ];
        assert_eq!(found, expected);
    }
}
