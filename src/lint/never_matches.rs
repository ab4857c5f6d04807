//! `never-matches`: a condition that cannot hold.

use super::{
    Lint,
    logic::{self, Logic},
    report::Report,
    subject::{Kind, Subject},
};
use crate::rule::Severity;

pub(super) const LINT: Lint = Lint {
    code: "never-matches",
    brief: "A condition that cannot hold",
    severity: Severity::Warning,
    finds: "A condition that no record can satisfy, whatever it holds: two selections that exclude each other are both needed, or one is needed and excluded.",
    matters: "The rule runs and never finds anything.",
    instead: "Join with or what cannot hold at once: eventName has one value in each record.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let (Some(condition), Kind::Rule(_) | Kind::Filter(_)) = (subject.condition, subject.kind)
    else {
        return;
    };
    let Some(mut logic) = Logic::new(subject.selections, subject.knowledge) else { return };
    if logic.can_hold(&logic::of_condition(condition, None)) == Some(false) {
        let message = "no record can satisfy this condition".to_owned();
        report.add(
            subject.key("condition"),
            message,
            "look for selections that exclude each other and are joined by and",
        );
    }
}
