//! From the text of a rule file to its documents.
//!
//! A document is accepted or refused as a whole, and all that is wrong with it is told at once.
//! Metadata that does not bear on matching is never a reason to refuse.

use super::{
    Condition, Correlation, Detection, Diagnostic, Filter, Level, LogSource, Placeholders, Rule,
    Severity, Span, Status, condition,
    selection::Reader,
    suggest::nearest,
    yaml::{self, Data, Entry, Node},
};

/// At most this many problems of one file are told.
const MAX_PROBLEMS: usize = 1000;

/// What [`parse`] found in one rule file.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// The documents that can be run (or, for correlations and filters, were recognised).
    pub documents: Vec<Document>,
    /// What is wrong, in file order. A refused document has at least one error here.
    pub diagnostics: Vec<Diagnostic>,
    /// How many documents were refused. A file without any document counts as one.
    pub refused: usize,
}

/// One YAML document of a rule file.
#[derive(Debug, Clone)]
pub enum Document {
    /// A rule with a detection.
    Rule(Box<Rule>),
    /// A correlation over other rules.
    Correlation(Correlation),
    /// A filter on other rules.
    Filter(Filter),
}

impl Document {
    /// Place of the document in the file.
    pub fn span(&self) -> Span {
        match self {
            Self::Rule(rule) => rule.span,
            Self::Correlation(correlation) => correlation.span,
            Self::Filter(filter) => filter.span,
        }
    }
}

/// Reads the text of one rule file.
///
/// Each document is accepted or refused as a whole; `placeholders` gives the values for `|expand`.
/// A file without any document is an error too.
pub fn parse(text: &str, placeholders: &Placeholders) -> Parsed {
    let mut parsed = Parsed::default();
    for source in yaml::read(text) {
        let mut reader = Reader::new(text, placeholders);
        reader.problems = source.problems;
        let document = match source.root {
            Some(root) if root.is_null() && reader.problems.is_empty() => continue,
            Some(root) => document(&root, source.span, &mut reader),
            None => None,
        };
        let sound = reader.problems.iter().all(|problem| problem.severity != Severity::Error);
        match document.filter(|_| sound) {
            Some(document) => parsed.documents.push(document),
            None => parsed.refused += 1,
        }
        parsed.diagnostics.append(&mut reader.problems);
    }
    if parsed.documents.is_empty() && parsed.refused == 0 {
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
    let title = title(root, head, &mut reader.problems);
    let id = name(root, "id", &mut reader.problems);
    let name = name(root, "name", &mut reader.problems);
    let level = choice(root, "level", &Level::ALL, Level::as_str, &mut reader.problems);
    let status = choice(root, "status", &Status::ALL, Status::as_str, &mut reader.problems);
    let kind = kind(root, head, &mut reader.problems)?;
    match kind.key.as_str() {
        "correlation" => Some(Document::Correlation(Correlation { title: title?, id, span })),
        "filter" => {
            logsource(root, head, &mut reader.problems);
            Some(Document::Filter(Filter { title: title?, id, span }))
        }
        _ => {
            let logsource = logsource(root, head, &mut reader.problems);
            let detection = detection(kind, reader);
            Some(Document::Rule(Box::new(Rule {
                title: title?,
                id,
                name,
                status,
                level,
                description: text(root, "description"),
                author: text(root, "author"),
                references: texts(root, "references"),
                tags: texts(root, "tags"),
                falsepositives: texts(root, "falsepositives"),
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

fn logsource(root: &Node, head: Span, problems: &mut Vec<Diagnostic>) -> Option<LogSource> {
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

fn detection(entry: &Entry, reader: &mut Reader) -> Option<Detection> {
    let Data::Map(entries) = &entry.value.data else {
        let message = format!("detection must be a mapping, this is {}", entry.value.kind());
        reader.problems.push(
            Diagnostic::error("bad-detection", entry.key_span, message)
                .help("give it selections and a condition"),
        );
        return None;
    };
    let mut selections = Vec::new();
    let mut names = Vec::new();
    for entry in entries {
        match entry.key.as_str() {
            "condition" => {}
            "timeframe" => reader.problems.push(
                Diagnostic::warning(
                    "timeframe-ignored",
                    entry.key_span,
                    "timeframe has no effect in a detection",
                )
                .help("a correlation document counts events within a timespan"),
            ),
            name => {
                names.push(name);
                selections.push(reader.selection(entry));
            }
        }
    }
    if selections.is_empty() {
        reader.problems.push(
            Diagnostic::error("no-selection", entry.key_span, "the detection has no selection")
                .help("add a selection with `field: value` lines, and name it in the condition"),
        );
        return None;
    }
    let mut names = condition::Names::new(names);
    let Some(condition) = entry.value.get("condition") else {
        reader.problems.push(
            Diagnostic::error(
                "missing-condition",
                entry.key_span,
                "the detection has no condition",
            )
            .help(format!("add `condition: {}`", names.first())),
        );
        return None;
    };
    let condition = conditions(condition, &mut names, reader);
    Some(Detection {
        selections: selections.into_iter().collect::<Option<_>>()?,
        condition: condition?,
    })
}

/// One condition, or a list of which one must hold.
fn conditions(
    entry: &Entry,
    names: &mut condition::Names<'_>,
    reader: &mut Reader,
) -> Option<Condition> {
    let nodes = match &entry.value.data {
        Data::List(nodes) => nodes.as_slice(),
        _ => std::slice::from_ref(&entry.value),
    };
    if nodes.is_empty() {
        reader.problems.push(
            Diagnostic::error("bad-condition", entry.key_span, "the list of conditions is empty")
                .help(format!("write `condition: {}`", names.first())),
        );
        return None;
    }
    let mut sides = Vec::with_capacity(nodes.len());
    for node in nodes {
        if let Some(value) = node.as_text() {
            sides.push(condition::parse(
                value,
                node.span,
                reader.text,
                names,
                &mut reader.problems,
            ));
        } else {
            let span = if node.span.start < node.span.end { node.span } else { entry.key_span };
            let message = format!("a condition must be text, this is {}", node.kind());
            reader.problems.push(
                Diagnostic::error("bad-condition", span, message)
                    .help(format!("write `condition: {}`", names.first())),
            );
            sides.push(None);
        }
    }
    sides
        .into_iter()
        .collect::<Option<Vec<_>>>()
        .map(|sides| condition::single_or(sides, Condition::Or))
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

#[cfg(test)]
mod tests;
