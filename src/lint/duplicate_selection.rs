//! `duplicate-selection`: two selections that ask for the same.

use std::collections::{HashMap, HashSet};

use super::{
    Lint,
    report::Report,
    subject::{Subject, field, maps_of},
};
use crate::rule::{Block, Item, Selection, Severity};

pub(super) const LINT: Lint = Lint {
    code: "duplicate-selection",
    brief: "Two selections that ask for the same",
    severity: Severity::Warning,
    finds: "Two selections of one rule with the same fields and values.",
    matters: "One of them says nothing. Mostly a copy was made to be changed, and was not.",
    instead: "Change the copy, or use one selection in both places.",
    fixes: false,
    check: Some(check),
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for selection in subject.selections {
        let key = key(&selection.block);
        if let Some(first) = seen.get(&key) {
            let message = format!("{} asks for the same as {first}", selection.name);
            report.add(selection.span, message, "change one of them, or take it out");
        } else {
            seen.insert(key, &selection.name);
        }
    }
}

/// The selections that ask for the same as another one.
pub(super) fn twice(selections: &[Selection]) -> HashSet<usize> {
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, selection) in selections.iter().enumerate() {
        places.entry(key(&selection.block)).or_default().push(at);
    }
    places.into_values().filter(|places| places.len() > 1).flatten().collect()
}

/// What a selection asks for as a text: the order of lines and values does not count.
fn key(block: &Block) -> String {
    let mut maps: Vec<String> = maps_of(block)
        .into_iter()
        .map(|items| {
            let mut lines: Vec<String> = items
                .iter()
                .map(|item| {
                    let mut values: Vec<String> =
                        item.values.iter().map(|value| format!("{:?}", value.tests)).collect();
                    values.sort_unstable();
                    let Item { operator, quantifier, negated, .. } = item;
                    format!("{}|{operator:?}|{quantifier:?}|{negated}|{values:?}", field(item))
                })
                .collect();
            lines.sort_unstable();
            format!("{lines:?}")
        })
        .collect();
    maps.sort_unstable();
    maps.join("\n")
}
