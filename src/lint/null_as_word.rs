//! `null-as-word`: the word null where nothing is meant.

use super::{
    Lint,
    report::Report,
    subject::{Subject, field, plain},
};
use crate::rule::Severity;

pub(super) const LINT: Lint = Lint {
    code: "null-as-word",
    brief: "The word null where nothing is meant",
    severity: Severity::Warning,
    finds: "A value that is the word null in quotes, or undefined or N/A; None for a field at the top of the record.",
    matters: "In quotes it is a text of four letters, which no field of CloudTrail holds outside insightDetails. What is missing is not found by it.",
    instead: "`field: null` without quotes holds where the field is missing or null.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (_, item) in subject.items() {
        let name = field(item);
        // Insights write the absence of an error as this word.
        if name.is_empty() || name.starts_with("insightDetails") {
            continue;
        }
        for value in &item.values {
            let Some(text) = plain(value) else { continue };
            let word = text.to_lowercase();
            // Calls have parameters of which NONE is a value.
            let is_none = word == "none" && !name.contains('.') && name != "errorCode";
            if is_none || matches!(word.as_str(), "null" | "undefined" | "n/a") {
                let message = format!("{name} is compared with the text {text:?}");
                report.add(
                    value.span,
                    message,
                    format!("to ask for a missing field, write {name}: null"),
                );
            }
        }
    }
}
