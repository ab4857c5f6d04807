//! `exists-on-nullable`: exists on a field that is there and null.

use super::{
    Lint,
    report::Report,
    subject::{Subject, field},
};
use crate::rule::{Severity, Test};

pub(super) const LINT: Lint = Lint {
    code: "exists-on-nullable",
    brief: "Exists on a field that is there and null",
    severity: Severity::Warning,
    finds: "exists on requestParameters or responseElements as a whole.",
    matters: "CloudTrail writes these two in every API call, as null where there is nothing. To exist is to be there, be it null: exists: true says nothing, exists: false hardly ever holds.",
    instead: "`responseElements: null` for a call that answers nothing, `not` in the condition for the opposite; or name a field below.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (_, item) in subject.items() {
        let name = field(item);
        let mut tests = item.values.iter().flat_map(|value| &value.tests);
        let exists = tests.any(|test| matches!(test, Test::Exists(_)));
        if exists && matches!(name, "requestParameters" | "responseElements") {
            let message = format!("{name} is there in every API call, and null where it is empty");
            report.add(
                item.span,
                message,
                format!("ask for {name}: null, under not for the opposite"),
            );
        }
    }
}
