//! `success-as-text`: success is looked for in the error code.

use super::{
    Lint,
    report::Report,
    subject::{Subject, field, plain},
};
use crate::rule::{Severity, Test};

pub(super) const LINT: Lint = Lint {
    code: "success-as-text",
    brief: "Success is looked for in the error code",
    severity: Severity::Warning,
    finds: "An errorCode or errorMessage that is compared with Success, None, null as a text or the empty text, in a rule that nowhere asks for errorCode: null.",
    matters: "CloudTrail leaves both fields out when a call succeeds. Only some exports of other tools write Success; on the files of a trail this never holds.",
    instead: "`errorCode: null`, which holds for a missing field too. A rule that must also serve such exports asks for both, in two selections.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let is_error = |name: &str| matches!(name, "errorCode" | "errorMessage");
    let by_absence = subject.items().any(|(_, item)| {
        let mut tests = item.values.iter().flat_map(|value| &value.tests);
        is_error(field(item)) && tests.any(|test| matches!(test, Test::Null | Test::Exists(false)))
    });
    if by_absence {
        return;
    }
    for (_, item) in subject.items().filter(|(_, item)| is_error(field(item))) {
        for value in &item.values {
            let Some(text) = plain(value) else { continue };
            if matches!(text.to_lowercase().as_str(), "success" | "succeeded" | "none" | "" | "ok")
            {
                let message = format!("{} is absent on success, and never {text:?}", field(item));
                report.add(value.span, message, "write errorCode: null, without quotes");
            }
        }
    }
}
