//! `field-case`: a field of `CloudTrail` in another case.

use super::{
    Fix, Lint,
    knowledge::Known,
    report::Report,
    subject::{Subject, field, field_span},
};
use crate::rule::{Field, Severity, Span};

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
    for (_, items) in subject.maps() {
        for item in items {
            let Some(name) = &item.field else { continue };
            let Some(right) = right(name, subject) else { continue };
            if report.is_full() {
                return;
            }
            let span = field_span(item, subject.text);
            // Two keys of one name would not be read any more.
            let is_there = items.iter().any(|other| {
                !std::ptr::eq(other, item) && field(other).eq_ignore_ascii_case(&right)
            });
            tell(name, &right, span, is_there, subject, report);
        }
    }
    for (name, span) in subject.correlated() {
        if let Some(right) = right(&name, subject) {
            // Which of several places is meant is not known.
            let several = subject.source().matches(name.name.as_str()).count() != 1;
            tell(&name, &right, span, several, subject, report);
        }
    }
}

/// How `CloudTrail` spells the name, if otherwise.
fn right(name: &Field, subject: &Subject<'_>) -> Option<String> {
    let known = subject.knowledge;
    let is_unknown = matches!(known.field(&name.segments), Known::Unknown(_));
    known.spelled(&name.segments).filter(|_| is_unknown)
}

fn tell(
    name: &Field,
    right: &str,
    span: Span,
    keep: bool,
    subject: &Subject<'_>,
    report: &mut Report<'_>,
) {
    let is_plain = subject.text.get(span.start..span.end) == Some(name.name.as_str());
    let fix = (is_plain && !keep)
        .then(|| Fix::replace(format!("{} is now {right}", name.name), span, right));
    let message = format!("the field {} is spelled {right}", name.name);
    report.add_with_fix(span, message, format!("write {right}"), fix);
}
