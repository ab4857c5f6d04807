//! `version-as-number`: a version is compared as a decimal number.

use super::{
    Lint,
    report::Report,
    subject::{Subject, field},
};
use crate::rule::{Severity, Test};

pub(super) const LINT: Lint = Lint {
    code: "version-as-number",
    brief: "A version is compared as a decimal number",
    severity: Severity::Warning,
    finds: "lt, lte, gt, gte or a number without quotes for eventVersion.",
    matters: "1.10 comes after 1.9, but as a number it is 1.1. The comparison is wrong from version 1.10 on, and a number without quotes loses its last zero when the rule is read.",
    instead: "List the versions as texts in quotes: `eventVersion: ['1.08', '1.09', '1.10']`.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (_, item) in subject.items().filter(|(_, item)| field(item) == "eventVersion") {
        for value in &item.values {
            if value.tests.iter().any(|test| matches!(test, Test::Compare(..) | Test::Number(_))) {
                let message = "eventVersion is no number: 1.10 comes after 1.9".to_owned();
                report.add(
                    value.span,
                    message,
                    format!("write the versions that are meant as texts: '{}'", value.text),
                );
            }
        }
    }
}
