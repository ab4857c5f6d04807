//! `unused-selection`: a selection that the condition does not name.

use super::{
    Lint,
    report::Report,
    subject::{Role, Subject},
};
use crate::rule::Severity;

pub(super) const LINT: Lint = Lint {
    code: "unused-selection",
    brief: "A selection that the condition does not name",
    severity: Severity::Warning,
    finds: "A selection that the condition names neither by itself nor by a pattern.",
    matters: "What it asks for is not asked. A filter that was forgotten in the condition excludes nothing.",
    instead: "Name it in the condition, or take it out. Names that begin with _ are not part of them.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (selection, role) in subject.selections.iter().zip(&subject.roles) {
        if *role == Role::default() {
            let message = format!("the condition does not use {}", selection.name);
            report.add(selection.span, message, "name it in the condition, or take it out");
        }
    }
}
