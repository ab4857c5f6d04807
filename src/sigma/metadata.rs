//! What documents say beside what they search: title, names, level, log source.
//!
//! Only what other documents or a choice of rules go by can refuse a document; the rest is taken as
//! far as it can be read.

use super::yaml::{Data, Node};
use crate::{
    rule::{Diagnostic, Head, Level, LogSource, Span, Status},
    text::nearest,
};

/// What a document says of itself. `head` stands for the document where something is missing.
pub(super) fn about(root: &Node, head: Span, problems: &mut Vec<Diagnostic>) -> Option<Head> {
    let title = title(root, head, problems);
    let id = name(root, "id", problems);
    let name = name(root, "name", problems);
    let level = choice(root, "level", &Level::ALL, Level::as_str, problems);
    let status = choice(root, "status", &Status::ALL, Status::as_str, problems);
    Some(Head {
        title: title?,
        id,
        name,
        status,
        level,
        description: text(root, "description"),
        author: text(root, "author"),
        date: text(root, "date"),
        modified: text(root, "modified"),
        license: text(root, "license"),
        references: texts(root, "references"),
        tags: texts(root, "tags"),
        falsepositives: texts(root, "falsepositives"),
    })
}

fn title(root: &Node, head: Span, problems: &mut Vec<Diagnostic>) -> Option<String> {
    let entry = root.get("title");
    if let Some(title) =
        entry.and_then(|entry| entry.value.as_text()).filter(|title| !title.is_empty())
    {
        return Some(title.to_owned());
    }
    let (span, message) = match entry {
        None => (head, "the title is missing"),
        Some(entry) => (entry.key_span, "the title must be text, and not empty"),
    };
    problems.push(
        Diagnostic::error("missing-title", span, message).help("add `title: what the rule finds`"),
    );
    None
}

/// `id` or `name`: other documents refer to them, so they are text where they are given.
fn name(root: &Node, key: &str, problems: &mut Vec<Diagnostic>) -> Option<String> {
    let entry = root.get(key).filter(|entry| !entry.value.is_null())?;
    match entry.value.as_text() {
        Some(text) if !text.is_empty() => Some(text.to_owned()),
        _ => {
            let message = format!("{key} must be text, and not empty");
            problems.push(
                Diagnostic::error("bad-reference-name", entry.value.span, message)
                    .help(format!("put the {key} in quotes, or leave the line out")),
            );
            None
        }
    }
}

/// `level` or `status`: one of a list. Another word would drop the rule from a selection unseen.
fn choice<T: Copy>(
    root: &Node,
    key: &str,
    all: &[T],
    as_str: fn(T) -> &'static str,
    problems: &mut Vec<Diagnostic>,
) -> Option<T> {
    let entry = root.get(key).filter(|entry| !entry.value.is_null())?;
    let text = entry.value.as_text().unwrap_or_default();
    let found = all.iter().copied().find(|value| as_str(*value) == text);
    if found.is_none() {
        let names: Vec<&str> = all.iter().map(|value| as_str(*value)).collect();
        let help = match nearest(text, names.iter().copied()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("write one of {}", names.join(", ")),
        };
        let code = if key == "level" { "unknown-level" } else { "unknown-status" };
        let shown = entry.value.scalar_text().unwrap_or_else(|| entry.value.kind().to_owned());
        problems.push(
            Diagnostic::error(code, entry.value.span, format!("{shown:?} is no {key}")).help(help),
        );
    }
    found
}

pub(super) fn logsource(
    root: &Node,
    head: Span,
    problems: &mut Vec<Diagnostic>,
) -> Option<LogSource> {
    let help = "add `logsource:` with `product: aws` and `service: cloudtrail`";
    let Some(entry) = root.get("logsource") else {
        problems.push(
            Diagnostic::error("missing-logsource", head, "the logsource is missing").help(help),
        );
        return None;
    };
    if !matches!(entry.value.data, Data::Map(_)) {
        let message = format!("logsource must be a mapping, this is {}", entry.value.kind());
        problems.push(Diagnostic::error("bad-logsource", entry.key_span, message).help(help));
        return None;
    }
    let mut sound = true;
    let mut value = |key: &str| {
        let value = &entry.value.get(key)?.value;
        if !value.is_null() && value.as_text().is_none() {
            let message = format!("{key} must be text, this is {}", value.kind());
            problems.push(
                Diagnostic::error("bad-logsource", value.span, message)
                    .help("put the value in quotes"),
            );
            sound = false;
        }
        value.as_text().filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let logsource = LogSource {
        category: value("category"),
        product: value("product"),
        service: value("service"),
    };
    if sound && logsource == LogSource::default() {
        problems.push(
            Diagnostic::error(
                "empty-logsource",
                entry.key_span,
                "logsource names no category, product or service",
            )
            .help(help),
        );
        return None;
    }
    sound.then_some(logsource)
}

/// Metadata that is one text; anything else is dropped.
fn text(root: &Node, key: &str) -> Option<String> {
    root.get(key).filter(|entry| !entry.value.is_null())?.value.scalar_text()
}

/// Metadata that is a list of texts, or one text; what is neither is dropped.
fn texts(root: &Node, key: &str) -> Vec<String> {
    let nodes = match root.get(key).map(|entry| &entry.value) {
        None => &[],
        Some(Node { data: Data::List(nodes), .. }) => nodes.as_slice(),
        Some(node) => std::slice::from_ref(node),
    };
    nodes.iter().filter(|node| !node.is_null()).filter_map(Node::scalar_text).collect()
}
