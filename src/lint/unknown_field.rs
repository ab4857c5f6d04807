//! `unknown-field`: a field that no record of `CloudTrail` has.

use super::{
    Lint,
    knowledge::Known,
    report::Report,
    subject::{Subject, field_span},
};
use crate::rule::{Field, Severity, Span, Test};

pub(super) const LINT: Lint = Lint {
    code: "unknown-field",
    brief: "A field that no record of `CloudTrail` has",
    severity: Severity::Warning,
    finds: "A field that no record of CloudTrail has: its first name is none of the record's, or it stands below userIdentity, resources, tlsDetails or addendum, whose members are known.",
    matters: "A missing field matches nothing but null and exists: false. A rule that needs it never fires, and an exclusion by it never excludes.",
    instead: "Take the name from a record; fields below others are written with dots, as in userIdentity.arn. Rules made for Elastic or another store carry that store's names. Success is no field of its own: it is `errorCode: null`.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (_, item) in subject.items() {
        let Some(field) = &item.field else { continue };
        look(field, field_span(item, subject.text), subject, report);
        for value in &item.values {
            for test in &value.tests {
                if let Test::FieldRef(reference) = test {
                    look(&reference.field, value.span, subject, report);
                }
            }
        }
    }
    for (field, span) in subject.correlated() {
        look(&field, span, subject, report);
    }
}

fn look(field: &Field, span: Span, subject: &Subject<'_>, report: &mut Report<'_>) {
    let known = subject.knowledge;
    let Known::Unknown(segments) = known.field(&field.segments) else { return };
    if known.spelled(&field.segments).is_some() {
        return;
    }
    let part = field.segments[..segments.min(field.segments.len())].join(".");
    let message = match segments {
        1 if known.elsewhere(&field.name).is_some() => {
            format!("no record of CloudTrail has the field {}", field.name)
        }
        1 => format!("no record of CloudTrail has the field {part}"),
        _ => format!("no record of CloudTrail has {part}, so {} is never there", field.name),
    };
    report.add(span, message, help(field, &part, subject));
}

fn help(field: &Field, part: &str, subject: &Subject<'_>) -> String {
    let known = subject.knowledge;
    if part == "eventContext" {
        return "it is in Lake event data stores only, never in the files of a trail".to_owned();
    }
    if matches!(field.name.as_str(), "status" | "outcome" | "event.outcome") {
        return "success is `errorCode: null`, failure is `errorCode|exists: true`; for ConsoleLogin it is responseElements.ConsoleLogin".to_owned();
    }
    // Stores without nested fields join names in other ways.
    let dotted = Field::new(&field.name.replace(['_', ':', '/'], "."));
    if dotted.segments != field.segments && matches!(known.field(&dotted.segments), Known::Field(_))
    {
        return format!("fields below others are written with dots: {}", dotted.name);
    }
    match (known.elsewhere(&field.name), known.near_field(part)) {
        (Some(""), _) => "that is another tool's name for the record as text; name the fields instead".to_owned(),
        (Some(own), _) => format!("CloudTrail's own name is {own}"),
        (None, Some(near)) => format!("the nearest field is {near}"),
        (None, None) => "what depends on the service stands below requestParameters, responseElements or additionalEventData".to_owned(),
    }
}
