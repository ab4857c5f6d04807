//! `whole-object-search`: a text is looked for anywhere in an object.

use super::{
    Lint,
    knowledge::{Kind, Known},
    report::Report,
    subject::{Subject, field_span},
};
use crate::rule::Severity;

pub(super) const LINT: Lint = Lint {
    code: "whole-object-search",
    brief: "A text is looked for anywhere in an object",
    severity: Severity::Warning,
    finds: "contains or re on a whole object, such as requestParameters or responseElements.",
    matters: "Here the text is looked for in every value below and in the object's JSON, keys included, so it also matches where nobody meant it. Engines that keep objects as objects skip the field without a word: there the rule never fires.",
    instead: "Name the field: requestParameters.VersioningConfiguration.Status instead of requestParameters.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (_, item) in subject.items() {
        let Some(field) = &item.field else { continue };
        let known = subject.knowledge.field(&field.segments);
        if item.reads_objects && matches!(known, Known::Field(Some(Kind::Open | Kind::Closed))) {
            let message =
                format!("{} is an object, and its keys are searched like its values", field.name);
            let help = format!("name the field that is meant: {}.NAME", field.name);
            report.add(field_span(item, subject.text), message, help);
        }
    }
}
