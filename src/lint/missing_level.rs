//! `missing-level`: a rule without a level.

use super::{
    Lint,
    report::Report,
    subject::{Kind, Subject},
};
use crate::rule::Severity;

pub(super) const LINT: Lint = Lint {
    code: "missing-level",
    brief: "A rule without a level",
    severity: Severity::Note,
    finds: "A rule or correlation that has findings of its own and no level.",
    matters: "It passes every --level and never trips --fail-on, so that a grave finding of it goes by like a slight one.",
    instead: "Add `level:` with informational, low, medium, high or critical.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let level = match subject.kind {
        Kind::Rule(rule) => rule.head.level,
        Kind::Correlation(correlation) => correlation.head.level,
        Kind::Filter(_) => return,
    };
    // What only feeds others is never shown.
    if level.is_none() && subject.reported {
        report.add(
            subject.head(),
            "this has no level".to_owned(),
            "add `level:` with informational, low, medium, high or critical",
        );
    }
}
