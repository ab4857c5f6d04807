//! `always-matches`: a condition that cannot fail.

use super::{
    Lint,
    logic::{self, Logic},
    report::Report,
    subject::{Kind, Subject},
};
use crate::rule::Severity;

pub(super) const LINT: Lint = Lint {
    code: "always-matches",
    brief: "A condition that cannot fail",
    severity: Severity::Warning,
    finds: "A condition that every record satisfies.",
    matters: "The rule finds each record, and says nothing by it.",
    instead: "Take out the side that is always true, such as `not` beside its opposite under or.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let (Some(condition), Kind::Rule(_) | Kind::Filter(_)) = (subject.condition, subject.kind)
    else {
        return;
    };
    let Some(mut logic) = Logic::new(subject.selections, subject.knowledge) else { return };
    if logic.can_hold(&logic::not(logic::of_condition(condition, None))) == Some(false) {
        let message = "every record satisfies this condition".to_owned();
        report.add(subject.key("condition"), message, "look for a side that is always true");
    }
}
