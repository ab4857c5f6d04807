//! `contains-anything`: a search that finds every text.

use super::{
    Lint,
    report::Report,
    subject::{Subject, field},
};
use crate::rule::{Quantifier, Severity, Test, Token};

pub(super) const LINT: Lint = Lint {
    code: "contains-anything",
    brief: "A search that finds every text",
    severity: Severity::Note,
    finds: "contains, startswith or endswith with nothing or a lone star, or a regular expression that matches the empty text.",
    matters: "It holds for every text, also the empty one, so it only asks whether there is a scalar. Those who read it look for more.",
    instead: "`field: '*'` for any value that is not null, `field|exists: true` for a field that is there, `field|re: '.'` for a text that is not empty.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for (_, item) in subject.items() {
        // A plain star is how one asks for any value.
        if item.operator.is_empty() && item.quantifier == Quantifier::Any && !item.negated {
            continue;
        }
        for value in &item.values {
            let finds_all = value.tests.iter().any(|test| match test {
                Test::Text(pattern) => pattern.tokens == [Token::Any],
                Test::Regex(regex) => regex.is_match(""),
                _ => false,
            });
            if finds_all {
                let message = format!("{:?} finds every text, also the empty one", value.text);
                let name = field(item);
                let help = if name.is_empty() {
                    "take it out".to_owned()
                } else {
                    format!(
                        "write {name}: '*' for any value, or {name}|re: '.' for one that is not empty"
                    )
                };
                report.add(value.span, message, help);
            }
        }
    }
}
