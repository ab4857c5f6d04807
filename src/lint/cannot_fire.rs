//! `cannot-fire`: a rule for which an archive has nothing.

use super::{
    Knowledge, Lint, logic,
    report::Report,
    subject::{Subject, field, field_span, maps_of},
    survey::Survey,
};
use crate::{
    rule::{Block, Condition, Item, LoadedRule, Quantifier, Selection, Severity, Span, Test},
    ruleset::RuleSet,
    text::nearest,
};

pub(super) const LINT: Lint = Lint {
    code: "cannot-fire",
    brief: "A rule for which an archive has nothing",
    severity: Severity::Warning,
    finds: "With --against: a rule that cannot match any record of that archive, because a field it needs, or every value it looks for there, never occurs.",
    matters: "That the hunt finds nothing by it says nothing: either it never happened, or the rule looks for it under another name.",
    instead: "Compare the field or value with the nearest one that occurs. What simply never happened there can be left as it is.",
    fixes: false,
    check: None,
};

/// At most this many reasons are given.
const MOST_REASONS: usize = 3;

/// Why an item cannot hold: what is told, the nearest thing there is, and where.
struct Reason {
    why: String,
    near: Option<String>,
    span: Span,
}

/// Tells of the rule if it cannot fire on what the survey saw.
pub(super) fn check(
    loaded: &LoadedRule,
    rules: &RuleSet,
    survey: &Survey,
    knowledge: &Knowledge,
    mut report: Report<'_>,
) {
    if survey.records() == 0 {
        return;
    }
    let detection = &loaded.rule.detection;
    let reasons: Vec<Option<Reason>> = detection
        .selections
        .iter()
        .map(|selection| impossible(selection, survey, super::subject::text_of(rules, loaded.file)))
        .collect();
    if holds(&detection.condition, &reasons) != Some(false) {
        return;
    }
    let own = Subject::rule(loaded, rules, knowledge);
    let asked = own.roles.iter().zip(&reasons).filter(|(role, _)| role.asked);
    let told: Vec<&Reason> =
        asked.filter_map(|(_, reason)| reason.as_ref()).take(MOST_REASONS).collect();
    let span = told.first().map_or_else(|| own.key("condition"), |reason| reason.span);
    let why: Vec<&str> = told.iter().map(|reason| reason.why.as_str()).collect();
    let why = if why.is_empty() { "its filters leave nothing".to_owned() } else { why.join("; ") };
    let near: Vec<&str> = told.iter().filter_map(|reason| reason.near.as_deref()).collect();
    let help = if near.is_empty() {
        "nothing like it occurs there".to_owned()
    } else {
        format!("nearest: {}", near.join("; "))
    };
    report.add(span, format!("cannot fire on this data: {why}"), help);
}

/// Whether the condition can hold: `Some(false)` if the selections that cannot leave no way.
fn holds(tree: &Condition, reasons: &[Option<Reason>]) -> Option<bool> {
    let selection = |at: &usize| reasons.get(*at)?.as_ref().map(|_| false);
    let join = |values: &mut dyn Iterator<Item = Option<bool>>, decides: bool| {
        let mut all = true;
        for value in values {
            match value {
                Some(value) if value == decides => return Some(decides),
                Some(_) => {}
                None => all = false,
            }
        }
        all.then_some(!decides)
    };
    match tree {
        Condition::Selection(at) => selection(at),
        Condition::Not(inner) => holds(inner, reasons).map(|value| !value),
        Condition::And(parts) => join(&mut parts.iter().map(|part| holds(part, reasons)), false),
        Condition::Or(parts) => join(&mut parts.iter().map(|part| holds(part, reasons)), true),
        Condition::Of { all, selections, .. } => join(&mut selections.iter().map(selection), !all),
    }
}

/// Why the selection cannot hold on any record, if it cannot.
fn impossible(selection: &Selection, survey: &Survey, text: &str) -> Option<Reason> {
    let of_map = |items: &[Item]| items.iter().find_map(|item| missing(item, survey, text));
    match &selection.block {
        Block::All(items) => of_map(items),
        Block::Any(_) => {
            let mut first = None;
            for items in maps_of(&selection.block) {
                let reason = of_map(items)?;
                first.get_or_insert(reason);
            }
            first
        }
    }
}

/// Why the item cannot hold on any record, if it cannot.
fn missing(item: &Item, survey: &Survey, text: &str) -> Option<Reason> {
    let tests = || item.values.iter().flat_map(|value| &value.tests);
    let by_absence = tests().any(|test| matches!(test, Test::Null | Test::Exists(false)));
    if item.negated || by_absence || item.field.is_none() {
        return None;
    }
    let name = field(item);
    let seen = match survey.field(name).ok()? {
        Some(seen) if seen.is_valued() => seen,
        Some(_) if tests().any(|test| matches!(test, Test::Exists(_))) => return None,
        seen => {
            let why = match seen {
                Some(_) => format!("{name} is always null"),
                None => format!("the field {name} never occurs"),
            };
            let near = if seen.is_none() { survey.near(name) } else { None };
            let near = near.map(|near| format!("the field {near}"));
            return Some(Reason { why, near, span: field_span(item, text) });
        }
    };
    let values = seen.values()?;
    if seen.object && item.reads_objects {
        return None;
    }
    let possible = |test: &Test| match test {
        Test::Text(pattern) if !pattern.cased => {
            if let Some(plain) = pattern.as_plain() {
                values.contains_key(&plain.to_lowercase())
            } else {
                values.keys().any(|value| logic::matches(pattern, value))
            }
        }
        Test::Bool(value) => values.contains_key(&value.to_string()),
        _ => true,
    };
    let mut absent = item.values.iter().filter(|value| !value.tests.iter().any(possible));
    let first = absent.next()?;
    let others = absent.count();
    if item.quantifier == Quantifier::Any && others + 1 < item.values.len() {
        return None;
    }
    let why = match others {
        0 => format!("{name} is never {:?}", first.text),
        1 => format!("{name} is never {:?}, nor the other value", first.text),
        _ => format!("{name} is never {:?}, nor any of {others} other values", first.text),
    };
    let near = nearest(&first.text, values.values().map(String::as_str));
    let near = near.map(|near| format!("{name}: {near}"));
    Some(Reason { why, near, span: first.span })
}
