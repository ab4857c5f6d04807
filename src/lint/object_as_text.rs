//! `object-as-text`: an object is compared as if it were a text.

use super::{
    Lint,
    knowledge::{Kind, Known},
    report::Report,
    subject::{Subject, field_span},
};
use crate::rule::{Severity, Test};

pub(super) const LINT: Lint = Lint {
    code: "object-as-text",
    brief: "An object is compared as if it were a text",
    severity: Severity::Warning,
    finds: "A plain value, startswith, endswith, a number or a network for a field that holds an object, such as userIdentity or requestParameters.",
    matters: "An object is no text, so this never holds.",
    instead: "Name the field below it: userIdentity.type, requestParameters.bucketName.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (_, item) in subject.items() {
        let Some(field) = &item.field else { continue };
        let known = subject.knowledge.field(&field.segments);
        let is_object = matches!(known, Known::Field(Some(Kind::Open | Kind::Closed)));
        let mut tests = item.values.iter().flat_map(|value| &value.tests);
        if !is_object || item.reads_objects {
            continue;
        }
        if tests.any(|test| !matches!(test, Test::Null | Test::Exists(_))) {
            let message = format!("{} is an object, which equals no text", field.name);
            let help = format!("name a field below it, as {}.type is one", field.name);
            let help = if field.name == "userIdentity" {
                help
            } else {
                format!("name a field below it: {}.NAME", field.name)
            };
            report.add(field_span(item, subject.text), message, help);
        }
    }
}
