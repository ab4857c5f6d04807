//! Filters: what narrows rules that others wrote.
//!
//! A filter is applied where rules are put together: the rule's condition then also asks for the
//! filter's. So a filter can only take findings away.

use super::{
    correlation,
    reader::Reader,
    yaml::{Data, Entry},
};
use crate::rule::{Condition, Detection, Diagnostic, FilteredRules};

/// Reads `rules` of the filter at `entry`.
pub(super) fn read_rules(entry: &Entry, reader: &mut Reader) -> Option<FilteredRules> {
    let Data::Map(_) = &entry.value.data else { return None };
    let help = "write `rules:` with the ids or names of rules, or `rules: any`";
    let Some(rules) = entry.value.get("rules") else {
        let message = "the filter does not say for which rules it is";
        reader
            .problems
            .push(Diagnostic::error("missing-rules", entry.key_span, message).help(help));
        return None;
    };
    if rules.value.as_text() == Some("any") {
        return Some(FilteredRules::Any);
    }
    correlation::references(rules, help, &mut reader.problems).map(FilteredRules::Named)
}

/// A filter excludes, as a rule; one that does not may be a slip.
pub(super) fn report_missing_not(body: &Detection, entry: &Entry, problems: &mut Vec<Diagnostic>) {
    if body.condition.has_not() {
        return;
    }
    let span = entry.value.get("condition").map_or(entry.key_span, |entry| entry.key_span);
    let first = match &body.condition {
        Condition::Selection(at) => body.selections.get(*at).map(|selection| &selection.name),
        _ => None,
    };
    let name = first.map_or("...", String::as_str);
    let message = "only records that satisfy this filter are left to its rules";
    problems.push(
        Diagnostic::warning("filter-without-not", span, message)
            .help(format!("to leave out what it describes, write `condition: not {name}`")),
    );
}
