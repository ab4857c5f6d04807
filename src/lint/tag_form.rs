//! `tag-form`: a tag that no one will find.

use super::{
    Lint,
    report::Report,
    subject::{Kind, Subject},
};
use crate::rule::Severity;

pub(super) const LINT: Lint = Lint {
    code: "tag-form",
    brief: "A tag that no one will find",
    severity: Severity::Note,
    finds: "A tag that is not written as namespace.name in lower case, or a tactic of ATT&CK that is spelled in another way.",
    matters: "Findings are grouped by their tags. One that is spelled in its own way stands alone.",
    instead: "attack.t1078.004 for a technique, attack.defense-evasion for a tactic, cve.2024-12345 for a weakness.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let tags = match subject.kind {
        Kind::Rule(rule) => &rule.head.tags,
        Kind::Correlation(correlation) => &correlation.head.tags,
        Kind::Filter(_) => return,
    };
    for tag in tags {
        let span = subject.place_of(tag, subject.key("tags"));
        let is_sound = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'_')
        };
        if !tag.contains('.') || !tag.bytes().all(is_sound) {
            let message = format!("the tag {tag:?} is not written as namespace.name in lower case");
            report.add(span, message, "write attack.t1078 or attack.persistence, for example");
        } else if tag.starts_with("attack.") && tag.contains('_') {
            let right = tag.replace('_', "-");
            report.add(
                span,
                format!("the tactic {tag} is spelled with dashes since Sigma 2"),
                format!("write {right}"),
            );
        }
    }
}
