//! `contradictory-selection`: a selection that cannot hold.

use super::{
    Lint,
    logic::{Formula, Logic},
    report::Report,
    subject::Subject,
};
use crate::rule::Severity;

pub(super) const LINT: Lint = Lint {
    code: "contradictory-selection",
    brief: "A selection that cannot hold",
    severity: Severity::Warning,
    finds: "A selection whose lines exclude each other, such as a value beside exists: false of the same field, or two values of eventName under all.",
    matters: "It never holds. Where it is needed the rule never fires, where it is excluded nothing is.",
    instead: "Put the lines into two selections and join them with or; a list without all asks for one of its values.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let Some(mut logic) = Logic::new(subject.selections, subject.knowledge) else { return };
    for (at, selection) in subject.selections.iter().enumerate() {
        if logic.can_hold(&Formula::Selection(at)) == Some(false) {
            let message =
                format!("{} can never hold: its lines exclude each other", selection.name);
            report.add(
                selection.span,
                message,
                "a field of a record has one value; ask for one or the other in two selections",
            );
        }
    }
}
