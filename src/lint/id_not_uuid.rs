//! `id-not-uuid`: an id of another form.

use super::{
    Lint,
    report::Report,
    subject::{Kind, Subject},
};
use crate::rule::Severity;

pub(super) const LINT: Lint = Lint {
    code: "id-not-uuid",
    brief: "An id of another form",
    severity: Severity::Note,
    finds: "An id that is no UUID.",
    matters: "The Sigma specification asks for a UUID, and other tools refuse the rule. Here it is taken as it is.",
    instead: "Write a new UUID of version 4, and keep it for the life of the rule.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let id = match subject.kind {
        Kind::Rule(rule) => &rule.head.id,
        Kind::Correlation(correlation) => &correlation.head.id,
        Kind::Filter(filter) => &filter.head.id,
    };
    let Some(id) = id.as_ref().filter(|id| !is_uuid(id)) else { return };
    report.add(subject.key("id"), format!("the id {id:?} is no UUID"), "write a new UUID");
}

/// Five groups of hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
