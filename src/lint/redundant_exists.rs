//! `redundant-exists`: a field that must be there anyway.

use super::{
    Fix, Lint,
    report::Report,
    subject::{Subject, field, field_span},
};
use crate::rule::{Item, Severity, Test};

pub(super) const LINT: Lint = Lint {
    code: "redundant-exists",
    brief: "A field that must be there anyway",
    severity: Severity::Note,
    finds: "exists: true beside a line of the same selection that asks for a value of the same field.",
    matters: "A field that has the value is there. The line only hides what the rule asks for.",
    instead: "Take the line out.",
    fixes: true,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (_, items) in subject.maps() {
        for item in items.iter().filter(|item| is_exists(item)) {
            let name = field(item);
            if !items.iter().any(|other| field(other) == name && asks_for_value(other)) {
                continue;
            }
            let value = item.values.first().map_or(item.span, |value| value.span);
            let key = subject.text.get(item.span.start..value.end).unwrap_or_default();
            // A line that is merged into several maps says something in others.
            let one_line = !key.contains('\n') && !subject.source().contains("<<");
            let what = format!("{name}|exists is gone, as {name} has a value beside it");
            let whole = crate::rule::Span::new(item.span.start, value.end);
            let fix = one_line.then(|| Fix::delete_line(what, whole, subject.text, "")).flatten();
            let message = format!("{name} has a value in this selection, so it exists");
            report.add_with_fix(field_span(item, subject.text), message, "take this line out", fix);
        }
    }
}

fn is_exists(item: &Item) -> bool {
    let mut tests = item.values.iter().flat_map(|value| &value.tests);
    !item.negated && tests.all(|test| matches!(test, Test::Exists(true)))
}

/// It holds only where the field is there.
fn asks_for_value(item: &Item) -> bool {
    let mut tests = item.values.iter().flat_map(|value| &value.tests);
    !item.negated && tests.all(|test| !matches!(test, Test::Exists(_) | Test::Null))
}
