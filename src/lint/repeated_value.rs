//! `repeated-value`: a value that stands twice in one list.

use std::collections::HashMap;

use super::{
    Fix, Lint,
    report::Report,
    subject::{Subject, field},
};
use crate::rule::{Quantifier, Severity};

pub(super) const LINT: Lint = Lint {
    code: "repeated-value",
    brief: "A value that stands twice in one list",
    severity: Severity::Warning,
    finds: "A value that stands twice in the list of one field; case does not count.",
    matters: "Once is enough. Mostly another value was meant in its place.",
    instead: "Take one out, or write the value that was meant.",
    fixes: true,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (_, item) in subject.items() {
        let mut seen: HashMap<String, &str> = HashMap::new();
        for value in &item.values {
            let tests = format!("{:?}", value.tests);
            // With cased, texts that differ in case are different.
            let key = if tests.contains("cased: true") { tests } else { tests.to_lowercase() };
            let Some(first) = seen.get(&key) else {
                seen.insert(key, &value.text);
                continue;
            };
            let message = if *first == value.text {
                format!("{:?} stands twice in this list", value.text)
            } else {
                format!("{:?} is the same as {first:?} before it: case does not count", value.text)
            };
            // Under all, a list of one value would be refused.
            let fix = (item.values.len() > 2 || item.quantifier == Quantifier::Any)
                .then(|| {
                    Fix::delete_line(
                        format!("one {} less in {}", value.text, field(item)),
                        value.span,
                        subject.text,
                        "-",
                    )
                })
                .flatten();
            report.add_with_fix(value.span, message, "take one of them out", fix);
        }
    }
}
