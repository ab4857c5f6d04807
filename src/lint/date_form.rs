//! `date-form`: a date in another form.

use super::{Fix, Lint, report::Report, subject::Subject};
use crate::rule::{Severity, Span};

pub(super) const LINT: Lint = Lint {
    code: "date-form",
    brief: "A date in another form",
    severity: Severity::Note,
    finds: "A date or modified that is not written as 2024-05-01.",
    matters: "The Sigma specification asks for ISO 8601 with dashes since version 2; other tools refuse the rule. Here dates are not looked at.",
    instead: "Write year, month and day with dashes.",
    fixes: true,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let mut start = subject.span.start;
    for line in subject.source().split_inclusive('\n') {
        let value = ["date:", "modified:"].iter().find_map(|key| line.strip_prefix(key));
        if let Some(value) = value {
            let word = value.split(" #").next().unwrap_or_default().trim();
            let text = word.trim_matches(['\'', '"']);
            if !text.is_empty() && !is_date(text, b'-') {
                let at = start + line.len() - value.len() + value.find(text).unwrap_or(0);
                let span = Span::new(at, at + text.len());
                let right = text.replace('/', "-");
                let fix = is_date(text, b'/')
                    .then(|| Fix::replace(format!("{text} is now {right}"), span, right));
                report.add_with_fix(
                    span,
                    format!("{text:?} is no date of the form 2024-05-01"),
                    "write year, month and day with dashes",
                    fix,
                );
            }
        }
        start += line.len();
    }
}

/// Four digits, two and two, with that between them.
fn is_date(text: &str, between: u8) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == between,
            _ => byte.is_ascii_digit(),
        })
}
