//! `field-case`: a field of `CloudTrail` in another case.

use super::{
    Fix, Lint,
    knowledge::Known,
    run::Report,
    subject::{Subject, field, field_span},
};
use crate::sigma::Severity;

pub(super) const LINT: Lint = Lint {
    code: "field-case",
    brief: "A field of `CloudTrail` in another case",
    severity: Severity::Warning,
    finds: "A field of CloudTrail that is written in another case, such as eventname or userIdentity.ARN.",
    matters: "Names of fields are compared with their case, values without. The field is never there, so the rule never fires, or its exclusion never excludes.",
    instead: "Write the name as CloudTrail does: eventName, sourceIPAddress, requestID, userIdentity.arn, but resources.ARN.",
    fixes: true,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (_, item) in subject.items() {
        let Some(name) = &item.field else { continue };
        if !matches!(subject.knowledge.field(&name.segments), Known::Unknown(_)) {
            continue;
        }
        let Some(right) = subject.knowledge.spelled(&name.segments) else { continue };
        let span = field_span(item, subject.text);
        // Two keys of one name would not be read any more.
        let is_there = subject.maps().any(|(_, items)| {
            items.iter().any(|other| std::ptr::eq(other, item))
                && items.iter().any(|other| field(other) == right)
        });
        let is_plain = subject.text.get(span.start..span.end) == Some(name.name.as_str());
        let fix = (is_plain && !is_there)
            .then(|| Fix::replace(format!("{} is now {right}", name.name), span, right.as_str()));
        let message = format!("the field {} is spelled {right}", name.name);
        report.tell_fix(span, message, format!("write {right}"), fix);
    }
}
