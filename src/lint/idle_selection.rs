//! `idle-selection`: a selection that changes nothing.

use super::{
    Lint, duplicate_selection,
    logic::{self, Formula, Logic},
    report::Report,
    subject::Subject,
};
use crate::rule::Severity;

pub(super) const LINT: Lint = Lint {
    code: "idle-selection",
    brief: "A selection that changes nothing",
    severity: Severity::Warning,
    finds: "A selection that the condition uses and that makes no difference: an exclusion of what is never found, a choice that another one covers, a demand that holds anyway.",
    matters: "It was written for something, and does not do it. Most often its field or value is not the one that was meant.",
    instead: "Compare its fields and values with those of the selections it is joined with, or take it out.",
    fixes: false,
    check: Some(check),
};

/// Conditions over more selections are not asked about each of them.
const MOST: usize = 40;

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let Some(condition) = subject.condition else { return };
    if subject.selections.len() > MOST || subject.selections.len() < 2 {
        return;
    }
    let Some(mut logic) = Logic::new(subject.selections, subject.knowledge) else { return };
    let whole = logic::of_condition(condition, None);
    let is_constant = logic.can_hold(&whole) != Some(true)
        || logic.can_hold(&logic::not(whole.clone())) != Some(true);
    if is_constant {
        return;
    }
    let twice = duplicate_selection::twice(subject.selections);
    for (at, selection) in subject.selections.iter().enumerate() {
        let role = subject.roles[at];
        // Of what stands on both sides of a not, cannot hold or stands twice, others tell.
        if role.asked == role.excluded
            || twice.contains(&at)
            || logic.can_hold(&Formula::Selection(at)) != Some(true)
        {
            continue;
        }
        let makes_no_difference = |value: bool, logic: &mut Logic| {
            let without = logic::of_condition(condition, Some((at, value)));
            differ(&whole, &without, logic) == Some(false)
        };
        let never = makes_no_difference(false, &mut logic);
        if !never && !makes_no_difference(true, &mut logic) {
            continue;
        }
        let (message, help) = match (role.excluded, never) {
            (true, true) => (
                "excludes nothing that the rest would find",
                "its values and those that must hold exclude each other",
            ),
            (false, true) => {
                ("finds nothing that the rest does not find", "another selection covers it")
            }
            (_, false) => ("holds whenever the rest does", "the rest asks for it already"),
        };
        report.add(selection.span, format!("{} {message}", selection.name), help);
    }
}

/// Whether the two can differ.
fn differ(one: &Formula, other: &Formula, logic: &mut Logic) -> Option<bool> {
    let more = Formula::And(vec![one.clone(), logic::not(other.clone())]);
    let less = Formula::And(vec![other.clone(), logic::not(one.clone())]);
    Some(logic.can_hold(&more)? || logic.can_hold(&less)?)
}
