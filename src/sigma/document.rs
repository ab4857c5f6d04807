//! From the text of a rule file to its documents.
//!
//! A document is accepted or refused as a whole, and all that is wrong with it is told at once.
//! Metadata that does not bear on matching is never a reason to refuse.

mod intent;

pub use intent::{Head, may_be_sigma};

use self::intent::Intent;
use super::{
    Placeholders, body, correlation, filter,
    metadata::{about, logsource},
    reader::Reader,
    yaml::{self, Data, Entry, Node},
};
use crate::rule::{Correlation, Diagnostic, Document, Filter, RegexBudget, Rule, Severity, Span};

/// At most this many problems of one file are told.
const MAX_PROBLEMS: usize = 1000;

/// What [`parse`] found in one rule file.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// The documents that can be run. What they refer to is not looked for here.
    pub documents: Vec<Document>,
    /// What is wrong, in file order. A refused document has at least one error here.
    pub diagnostics: Vec<Diagnostic>,
    /// How many documents were refused. A file without any document counts as one.
    pub refused: usize,
    /// Documents that cannot be run and are not meant to: for other log sources, or unsupported. Their
    /// problems are not among the diagnostics.
    pub not_run: Vec<Head>,
    /// No document is a Sigma document, not even a broken one. All of them are among those refused.
    pub is_other: bool,
}

/// Reads the text of one rule file.
///
/// Each document is accepted or refused as a whole; `placeholders` gives the values for `|expand`.
/// A file without any document is an error too.
pub fn parse(text: &str, placeholders: &Placeholders) -> Parsed {
    parse_within(text, placeholders, &mut RegexBudget::default())
}

/// The same, for one of several files: their regular expressions share a budget.
pub fn parse_within(text: &str, placeholders: &Placeholders, regexes: &mut RegexBudget) -> Parsed {
    let mut parsed = Parsed::default();
    let is_other = |document: &Document| matches!(document, Document::Rule(rule) if !rule.logsource.applies_to_cloudtrail());
    let (mut others, mut other_global) = (0, false);
    let mut shared = Vec::new();
    for source in yaml::read(text) {
        let mut reader = Reader::new(text, placeholders, regexes);
        reader.problems = source.problems;
        let document = match &source.root {
            Some(root) if root.is_null() && reader.problems.is_empty() => continue,
            Some(root) => document(root, source.span, &mut reader),
            None => None,
        };
        let sound = reader.problems.iter().all(|problem| problem.severity != Severity::Error);
        if let Some(document) = document.filter(|_| sound) {
            if is_other(&document) {
                reader.problems.clear();
            }
            parsed.documents.push(document);
        } else {
            let intent = match &source.root {
                Some(root) => intent::of_document(root, other_global),
                None => intent::of_text(text),
            };
            match intent {
                Intent::NotRun(head) => {
                    parsed.not_run.push(head);
                    reader.problems.clear();
                }
                Intent::Shared => shared.append(&mut reader.problems),
                Intent::Sigma => parsed.refused += 1,
                Intent::Other => {
                    parsed.refused += 1;
                    others += 1;
                }
            }
        }
        if let Some(root) = &source.root {
            other_global |= root.get("action").is_some() && intent::is_for_other_source(root);
        }
        parsed.diagnostics.append(&mut reader.problems);
    }
    let none_is_ours = parsed.documents.iter().all(is_other) && parsed.refused == others;
    if !none_is_ours || parsed.documents.is_empty() && parsed.not_run.is_empty() {
        // Nothing says that the collection is for something else.
        parsed.refused += shared.iter().filter(|it| it.code == "collection-action").count();
        parsed.diagnostics.append(&mut shared);
    }
    let read = parsed.documents.len() + parsed.not_run.len();
    parsed.is_other = read == 0 && parsed.refused == others;
    if read == 0 && parsed.refused == 0 {
        parsed.refused = 1;
        parsed.diagnostics.push(
            Diagnostic::error("no-document", Span::default(), "there is no rule in this file")
                .help("a rule is a YAML mapping with title, logsource and detection"),
        );
    }
    parsed.diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    bound(&mut parsed.diagnostics);
    parsed
}

/// A file that is not meant to be a rule at all can have a problem in every line.
fn bound(diagnostics: &mut Vec<Diagnostic>) {
    if let Some(first) = diagnostics.get(MAX_PROBLEMS) {
        let message = format!("{} more problems are not told", diagnostics.len() - MAX_PROBLEMS);
        let rest = Diagnostic::error("too-many-problems", first.span, message);
        diagnostics.truncate(MAX_PROBLEMS);
        diagnostics.push(rest.help("solve those before it first"));
    }
}

/// Reads one document. `None`, or an error among the problems, refuses it.
fn document(root: &Node, span: Span, reader: &mut Reader) -> Option<Document> {
    let Data::Map(entries) = &root.data else {
        let message = format!("a rule must be a mapping, this is {}", root.kind());
        reader.problems.push(
            Diagnostic::error("not-a-mapping", root.span, message)
                .help("write `title: ...`, `logsource:` and `detection:` as keys"),
        );
        return None;
    };
    // Places of what is missing: the first key stands for the document.
    let head = entries.first().map_or(span, |entry| entry.key_span);
    if let Some(action) = root.get("action") {
        reader.problems.push(
            Diagnostic::error(
                "collection-action",
                action.key_span,
                "rule collections with action are not supported",
            )
            .help("write each rule out as a document of its own; YAML anchors can share parts"),
        );
        return None;
    }
    let about = about(root, head, &mut reader.problems);
    let kind = kind(root, head, &mut reader.problems)?;
    match kind.key.as_str() {
        "correlation" => {
            let body = correlation::read(kind, root, reader);
            let correlation = Correlation { head: about?, body: body?, span };
            Some(Document::Correlation(Box::new(correlation)))
        }
        "filter" => {
            let logsource = logsource(root, head, &mut reader.problems);
            let rules = filter::read_rules(kind, reader);
            let body = body::read(kind, body::Kind::Filter, reader);
            if let Some(body) = &body {
                filter::report_missing_not(body, kind, &mut reader.problems);
            }
            Some(Document::Filter(Box::new(Filter {
                head: about?,
                logsource: logsource?,
                rules: rules?,
                body: body?,
                span,
            })))
        }
        _ => {
            let logsource = logsource(root, head, &mut reader.problems);
            let detection = body::read(kind, body::Kind::Detection, reader);
            Some(Document::Rule(Box::new(Rule {
                head: about?,
                logsource: logsource?,
                detection: detection?,
                span,
            })))
        }
    }
}

/// The key that makes a document a rule, a correlation or a filter: exactly one of them.
fn kind<'n>(root: &'n Node, head: Span, problems: &mut Vec<Diagnostic>) -> Option<&'n Entry> {
    let mut kinds = ["detection", "correlation", "filter"].iter().filter_map(|key| root.get(key));
    match (kinds.next(), kinds.next()) {
        (Some(kind), None) => Some(kind),
        (Some(first), Some(second)) => {
            let message =
                format!("a document has one of {} and {}, not both", first.key, second.key);
            problems.push(
                Diagnostic::error("several-kinds", second.key_span, message)
                    .help("put them in documents of their own, with --- between"),
            );
            None
        }
        _ => {
            problems.push(
                Diagnostic::error(
                    "missing-detection",
                    head,
                    "this document has no detection, correlation or filter",
                )
                .help("add `detection:` with a selection and a condition"),
            );
            None
        }
    }
}

#[cfg(test)]
mod tests;
