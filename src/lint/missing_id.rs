//! `missing-id`: a rule without an id.

use super::{
    Lint,
    report::Report,
    subject::{Kind, Subject},
};
use crate::rule::Severity;

pub(super) const LINT: Lint = Lint {
    code: "missing-id",
    brief: "A rule without an id",
    severity: Severity::Note,
    finds: "A rule or correlation without an id.",
    matters: "Its findings are known by their title only, which may change; correlations, filters and --rule find it by its id.",
    instead: "Add `id:` with a new UUID.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let id = match subject.kind {
        Kind::Rule(rule) => &rule.head.id,
        Kind::Correlation(correlation) => &correlation.head.id,
        Kind::Filter(_) => return,
    };
    if id.is_none() {
        report.add(subject.head(), "this has no id".to_owned(), "add `id:` with a new UUID");
    }
}
