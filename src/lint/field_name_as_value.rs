//! `field-name-as-value`: a value that looks like the name of a field.

use super::{Lint, report::Report, subject::Subject};
use crate::rule::{Severity, Test, Token};

pub(super) const LINT: Lint = Lint {
    code: "field-name-as-value",
    brief: "A value that looks like the name of a field",
    severity: Severity::Warning,
    finds: "A value that is the name of a field, such as responseElements.accessKey.userName.",
    matters: "Without fieldref a value is a text. No record holds the field's name as a text, so this never holds: a rule never fires, an exclusion never excludes.",
    instead: "Compare two fields with fieldref: `userIdentity.userName|fieldref: responseElements.accessKey.userName`. Both must hold the same kind of thing.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (_, item) in subject.items() {
        let Some(field) = &item.field else { continue };
        for value in &item.values {
            let [Test::Text(pattern)] = value.tests.as_slice() else { continue };
            let mut literals = pattern.tokens.iter().filter(|token| **token != Token::Any);
            let (Some(Token::Literal(text)), None) = (literals.next(), literals.next()) else {
                continue;
            };
            let mut segments = text.split('.');
            let begins = segments.next().is_some_and(|top| subject.knowledge.is_top_object(top));
            let is_name = |segment: &str| {
                !segment.is_empty()
                    && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            };
            if begins && text.contains('.') && segments.all(is_name) {
                let contains = item.operator.contains(&"contains");
                let also = if contains { "|contains" } else { "" };
                let message = format!("{text} is the name of a field, and is compared as a text");
                let help = format!(
                    "to compare the two fields, write {}|fieldref{also}: {text}",
                    field.name
                );
                report.add(value.span, message, help);
            }
        }
    }
}
