//! Conditions and selections as lines that are indented by their depth, with what held if that is known.

use backtrail::{
    engine::explain::{BlockSeen, Branch, ItemSeen, Parts, What},
    rule::Condition,
};

use super::plan::{BlockPlan, SelectionPlan, Shape};

/// At most so many names or values are listed in one line.
const MOST_LISTED: usize = 12;

/// A line, how deep it stands, and whether it held.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) depth: usize,
    pub(super) held: Option<bool>,
    pub(super) text: String,
}

/// A few of many, joined.
pub(super) fn cut<'t>(texts: impl ExactSizeIterator<Item = &'t str>, joint: &str) -> String {
    let more = texts.len().saturating_sub(MOST_LISTED);
    let text = texts.take(MOST_LISTED).collect::<Vec<_>>().join(joint);
    if more > 0 { format!("{text}{joint}{more} more") } else { text }
}

const ALL: &str = "all of these";
const ONE: &str = "one of these";

fn of(all: bool, pattern: &str, selections: &[usize], names: &[String]) -> String {
    let quantifier = if all { "all" } else { "one" };
    let listed = cut(selections.iter().map(|index| &*names[*index]), ", ");
    format!("{quantifier} of {pattern} ({listed})")
}

/// The selections by name. A filter may use the names of its rule, so it is told beside them.
pub(super) fn names(selections: &[SelectionPlan<'_>]) -> Vec<String> {
    let name = |selection: &SelectionPlan<'_>| match selection.filter {
        None => selection.name.to_owned(),
        Some(filter) => format!("{} (of {filter})", selection.name),
    };
    selections.iter().map(name).collect()
}

/// A part of a condition in one line.
pub(super) fn in_words(condition: &Condition, names: &[String]) -> String {
    let each = |parts: &[Condition], joint: &str| {
        let parts: Vec<_> = parts.iter().map(|part| in_words(part, names)).collect();
        format!("({})", cut(parts.iter().map(String::as_str), joint))
    };
    match condition {
        Condition::Selection(index) => names[*index].clone(),
        Condition::Not(inner) => format!("not {}", in_words(inner, names)),
        Condition::And(parts) => each(parts, " and "),
        Condition::Or(parts) => each(parts, " or "),
        Condition::Of { all, pattern, selections } => of(*all, pattern, selections, names),
    }
}

/// The lines of a condition as it is written.
pub(super) fn of_shape(shape: &Shape<'_>, depth: usize, names: &[String], lines: &mut Vec<Line>) {
    let mut say = |text: String| lines.push(Line { depth, held: None, text });
    match shape {
        Shape::Selection(index) => say(names[*index].clone()),
        Shape::Of { all, pattern, selections } => say(of(*all, pattern, selections, names)),
        Shape::Not(inner) => {
            say("not".to_owned());
            of_shape(inner, depth + 1, names, lines);
        }
        Shape::And(parts) | Shape::Or(parts) => {
            say(if matches!(shape, Shape::And(_)) { ALL } else { ONE }.to_owned());
            for part in parts {
                of_shape(part, depth + 1, names, lines);
            }
        }
    }
}

/// The lines of a condition on an event.
pub(super) fn of_branch(branch: &Branch, depth: usize, names: &[String], lines: &mut Vec<Line>) {
    let held = Some(branch.holds);
    let mut say = |text: String| lines.push(Line { depth, held, text });
    match &branch.what {
        What::Selection(index) => say(names[*index].clone()),
        What::Of { all, pattern, selections } => say(of(*all, pattern, selections, names)),
        What::Not(inner) => {
            say("not".to_owned());
            of_branch(inner, depth + 1, names, lines);
        }
        What::And(parts) | What::Or(parts) => {
            say(if matches!(branch.what, What::And(_)) { ALL } else { ONE }.to_owned());
            for part in parts {
                of_branch(part, depth + 1, names, lines);
            }
        }
    }
}

/// The lines of a selection as it is written.
pub(super) fn of_block(block: &BlockPlan, depth: usize, lines: &mut Vec<Line>) {
    match block {
        BlockPlan::All(items) => {
            lines.extend(items.iter().map(|text| Line { depth, held: None, text: text.clone() }));
        }
        BlockPlan::Any(blocks) => {
            lines.push(Line { depth, held: None, text: ONE.to_owned() });
            for block in blocks {
                if let BlockPlan::All(items) = block
                    && items.len() > 1
                {
                    lines.push(Line { depth: depth + 1, held: None, text: ALL.to_owned() });
                    of_block(block, depth + 2, lines);
                } else {
                    of_block(block, depth + 1, lines);
                }
            }
        }
    }
}

/// The lines of a selection on an event.
pub(super) fn of_seen(block: &BlockSeen, depth: usize, lines: &mut Vec<Line>) {
    match &block.parts {
        Parts::All(items) => lines.extend(items.iter().map(|item| Line {
            depth,
            held: Some(item.holds),
            text: told(item),
        })),
        Parts::Any(blocks) => {
            lines.push(Line { depth, held: Some(block.holds), text: ONE.to_owned() });
            for block in blocks {
                if let Parts::All(items) = &block.parts
                    && items.len() > 1
                {
                    let held = Some(block.holds);
                    lines.push(Line { depth: depth + 1, held, text: ALL.to_owned() });
                    of_seen(block, depth + 2, lines);
                } else {
                    of_seen(block, depth + 1, lines);
                }
            }
        }
    }
}

/// What an item asks for, what is there, and which of several values made the difference.
fn told(item: &ItemSeen) -> String {
    let mut parts = vec![item.asks.clone()];
    if item.field.is_some() {
        parts.push(there(item));
    } else if let Some(by) = item.values.iter().find_map(|value| value.by.as_deref()) {
        parts.push(format!("found {by}"));
    }
    if let Some(value) = item.values.iter().find(|value| !value.other.is_empty()) {
        let other = cut(value.other.iter().map(String::as_str), ", ");
        parts.push(format!("the other has {other}"));
    }
    if item.values.len() > 1 {
        let held = item.values.iter().filter(|value| value.holds);
        let held: Vec<_> = held.map(|value| &*value.value).collect();
        let held = if held.is_empty() { vec!["none"] } else { held };
        parts.push(format!("satisfied: {}", cut(held.into_iter(), ", ")));
    }
    parts.join("; ")
}

/// What the event has in the field of an item.
fn there(item: &ItemSeen) -> String {
    if !item.present {
        return "the field is not there".to_owned();
    }
    if item.found.is_empty() {
        return "the field is an empty list".to_owned();
    }
    let found = cut(item.found.iter().map(String::as_str), ", ");
    match item.not_shown {
        0 => format!("found {found}"),
        more => format!("found {found}, {more} more"),
    }
}
