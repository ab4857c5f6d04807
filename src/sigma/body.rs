//! The body of a detection or of a filter: named selections and the condition over them.

use super::{
    condition,
    reader::Reader,
    yaml::{Data, Entry},
};
use crate::rule::{Condition, Detection, Diagnostic};

/// What a body belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A rule's `detection`.
    Detection,
    /// A filter's `filter`, which also names rules and has one condition only.
    Filter,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Detection => "detection",
            Self::Filter => "filter",
        }
    }
}

/// Reads the body at `entry`. `None` if something is wrong with it, which is then told.
pub(super) fn read(entry: &Entry, kind: Kind, reader: &mut Reader) -> Option<Detection> {
    let Data::Map(entries) = &entry.value.data else {
        let code = if kind == Kind::Filter { "bad-filter" } else { "bad-detection" };
        let message = format!("{} must be a mapping, this is {}", kind.name(), entry.value.kind());
        reader.problems.push(
            Diagnostic::error(code, entry.key_span, message)
                .help("give it selections and a condition"),
        );
        return None;
    };
    let mut selections = Vec::new();
    let mut names = Vec::new();
    for entry in entries {
        match entry.key.as_str() {
            "condition" => {}
            "rules" if kind == Kind::Filter => {}
            "timeframe" => reader.problems.push(
                Diagnostic::warning(
                    "timeframe-ignored",
                    entry.key_span,
                    format!("timeframe has no effect in a {}", kind.name()),
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
        let message = format!("the {} has no selection", kind.name());
        reader.problems.push(
            Diagnostic::error("no-selection", entry.key_span, message)
                .help("add a selection with `field: value` lines, and name it in the condition"),
        );
        return None;
    }
    let mut names = condition::Names::new(names);
    let Some(condition) = entry.value.get("condition") else {
        let message = format!("the {} has no condition", kind.name());
        let not = if kind == Kind::Filter { "not " } else { "" };
        reader.problems.push(
            Diagnostic::error("missing-condition", entry.key_span, message)
                .help(format!("add `condition: {not}{}`", names.first())),
        );
        return None;
    };
    if kind == Kind::Filter && matches!(condition.value.data, Data::List(_)) {
        reader.problems.push(
            Diagnostic::error("bad-condition", condition.key_span, "a filter has one condition")
                .help("join them with and, or"),
        );
        return None;
    }
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
