//! The condition tree over an Event; it stops as soon as the answer is known.

use std::net::IpAddr;

use super::{
    check::{Check, Path},
    compile::{CompiledBlock, CompiledItem, CompiledRule},
    fold::fold,
    scalar,
};
use crate::{
    cloudtrail::{Event, Node},
    rule::{Comparison, Condition, Quantifier, Relation},
};

/// Buffers of an evaluation, reused from record to record.
#[derive(Debug, Default)]
pub struct EvalScratch {
    elements: Vec<usize>,
    folded: String,
    /// What came of each selection of the present rule, if that is kept.
    selections: Vec<Option<bool>>,
}

/// Whether the rule's condition is true on the event.
pub(super) fn holds(rule: &CompiledRule, event: &Event<'_>, scratch: &mut EvalScratch) -> bool {
    scratch.selections.clear();
    if rule.repeats {
        scratch.selections.resize(rule.selections.len(), None);
    }
    condition(&rule.condition, rule, event, scratch)
}

/// Whether a selection holds, which is found out once for each record where the condition repeats itself.
fn selection(
    index: usize,
    rule: &CompiledRule,
    event: &Event<'_>,
    scratch: &mut EvalScratch,
) -> bool {
    if let Some(&Some(known)) = scratch.selections.get(index) {
        return known;
    }
    let holds = block_holds(&rule.selections[index], event, scratch);
    if let Some(known) = scratch.selections.get_mut(index) {
        *known = Some(holds);
    }
    holds
}

fn condition(
    tree: &Condition,
    rule: &CompiledRule,
    event: &Event<'_>,
    scratch: &mut EvalScratch,
) -> bool {
    match tree {
        Condition::Selection(index) => selection(*index, rule, event, scratch),
        Condition::Not(inner) => !condition(inner, rule, event, scratch),
        Condition::And(parts) => parts.iter().all(|part| condition(part, rule, event, scratch)),
        Condition::Or(parts) => parts.iter().any(|part| condition(part, rule, event, scratch)),
        Condition::Of { all: true, selections, .. } => {
            selections.iter().all(|&index| selection(index, rule, event, scratch))
        }
        Condition::Of { all: false, selections, .. } => {
            selections.iter().any(|&index| selection(index, rule, event, scratch))
        }
    }
}

fn block_holds(block: &CompiledBlock, event: &Event<'_>, scratch: &mut EvalScratch) -> bool {
    match block {
        CompiledBlock::All(items) => items.iter().all(|each| item_holds(each, event, scratch)),
        CompiledBlock::Any(blocks) => blocks.iter().any(|each| block_holds(each, event, scratch)),
    }
}

fn item_holds(item: &CompiledItem, event: &Event<'_>, scratch: &mut EvalScratch) -> bool {
    let (present, elements) = elements_of(item, event, std::mem::take(&mut scratch.elements));
    let folded = &mut scratch.folded;
    let in_tables = item.many.as_ref().is_some_and(|many| {
        elements.iter().any(|&index| {
            let node = event.node(index);
            texts(item, event, index, node, &mut |text| many.matches(text, folded))
        })
    });
    let mut one = |checks: &Vec<Check>| {
        checks
            .iter()
            .any(|check| first_match(item, check, event, present, &elements, folded).is_some())
    };
    let holds = match item.quantifier {
        Quantifier::Any => match &item.many {
            Some(many) => in_tables || many.others.iter().any(|&value| one(&item.values[value])),
            None => item.values.iter().any(&mut one),
        },
        Quantifier::All => item.values.iter().all(&mut one),
    };
    scratch.elements = elements;
    holds != item.negated
}

/// The elements an item looks at, and whether its field is there at all.
pub(super) fn elements_of(
    item: &CompiledItem,
    event: &Event<'_>,
    mut elements: Vec<usize>,
) -> (bool, Vec<usize>) {
    elements.clear();
    let present = if let Some(path) = &item.path {
        resolve(path, 0, event, 0, &mut elements)
    } else {
        event.any_scalar(0, &mut |index| {
            elements.push(index);
            false
        });
        true
    };
    (present, elements)
}

/// What satisfied a check: an element, or the field's absence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Witness {
    Element(usize),
    Nothing,
}

/// The first thing that satisfies `check`.
pub(super) fn first_match(
    item: &CompiledItem,
    check: &Check,
    event: &Event<'_>,
    present: bool,
    elements: &[usize],
    folded: &mut String,
) -> Option<Witness> {
    match check {
        Check::Exists(wanted) => {
            let witness = if present {
                elements.first().map_or(Witness::Nothing, |&at| Witness::Element(at))
            } else {
                Witness::Nothing
            };
            (present == *wanted).then_some(witness)
        }
        Check::Null => {
            let null = elements.iter().any(|&index| event.node(index) == Node::Null);
            (!present || null).then_some(Witness::Nothing)
        }
        Check::FieldRef { path, relation, cased } => {
            let mut others = Vec::new();
            resolve(path, 0, event, 0, &mut others);
            let related = |&index: &usize| {
                others
                    .iter()
                    .any(|&other| relates(event.node(index), event.node(other), *relation, *cased))
            };
            elements.iter().copied().find(|index| related(index)).map(Witness::Element)
        }
        _ => elements
            .iter()
            .copied()
            .find(|&index| element(item, check, event, index, folded))
            .map(Witness::Element),
    }
}

/// Whether one element satisfies a check that looks at one element.
fn element(
    item: &CompiledItem,
    check: &Check,
    event: &Event<'_>,
    index: usize,
    folded: &mut String,
) -> bool {
    let node = event.node(index);
    match check {
        Check::Text(matcher) => {
            texts(item, event, index, node, &mut |text| matcher.matches(text, folded))
        }
        Check::Regex(regex) => texts(item, event, index, node, &mut |text| regex.is_match(text)),
        Check::Number(wanted) => scalar::number(node).is_some_and(|number| number == *wanted),
        Check::Bool(wanted) => match node {
            Node::Bool(value) => value == *wanted,
            Node::String(text) => {
                text.len() < 16 && fold(text) == if *wanted { "true" } else { "false" }
            }
            _ => false,
        },
        Check::Compare(comparison, wanted) => {
            scalar::number(node).is_some_and(|number| match comparison {
                Comparison::Lt => number < *wanted,
                Comparison::Lte => number <= *wanted,
                Comparison::Gt => number > *wanted,
                Comparison::Gte => number >= *wanted,
            })
        }
        Check::Cidr(net) => match node {
            Node::String(text) => text.parse::<IpAddr>().is_ok_and(|address| net.contains(address)),
            _ => false,
        },
        Check::TimePart(part, wanted) => match node {
            Node::String(text) => scalar::time_part(text, *part) == Some(*wanted),
            _ => false,
        },
        Check::Exists(_) | Check::Null | Check::FieldRef { .. } => false,
    }
}

/// Calls `each` with the texts an element is compared by: its own, or for an object that the item
/// reads, those of all scalars below it and its compact JSON.
fn texts(
    item: &CompiledItem,
    event: &Event<'_>,
    index: usize,
    node: Node<'_>,
    each: &mut dyn FnMut(&str) -> bool,
) -> bool {
    if let Node::Object { .. } = node {
        return item.reads_objects
            && (event.any_scalar(index, &mut |below| {
                scalar::text(event.node(below)).is_some_and(|text| each(&text))
            }) || each(&event.json_of(index)));
    }
    scalar::text(node).is_some_and(|text| each(&text))
}

fn relates(this: Node<'_>, other: Node<'_>, relation: Relation, cased: bool) -> bool {
    let (Some(a), Some(b)) = (scalar::text(this), scalar::text(other)) else { return false };
    let (a, b) = if cased { (a.into_owned(), b.into_owned()) } else { (fold(&a), fold(&b)) };
    match relation {
        Relation::Equal => {
            a == b || scalar::number(this).zip(scalar::number(other)).is_some_and(|(a, b)| a == b)
        }
        Relation::Contains => a.contains(&b),
        Relation::StartsWith => a.starts_with(&b),
        Relation::EndsWith => a.ends_with(&b),
    }
}

/// Collects the values of a path below `index`, from its segment `from` on: at an object every
/// reading of the dots, through arrays every element, at the end a list's elements. Gives whether
/// the path resolves at all. The recursion is as deep as the path has segments.
pub(super) fn resolve(
    path: &Path,
    from: usize,
    event: &Event<'_>,
    index: usize,
    out: &mut Vec<usize>,
) -> bool {
    let Some(joins) = path.joins.get(from) else {
        each_element(event, index, &mut |element| out.push(element));
        return true;
    };
    match event.node(index) {
        Node::Object { .. } => {
            let mut present = false;
            for (further, value) in readings(joins, event, index) {
                present |= resolve(path, from + further, event, value, out);
            }
            present
        }
        Node::Array { .. } => {
            let mut present = false;
            each_element(event, index, &mut |element| {
                present |= resolve(path, from, event, element, out);
            });
            present
        }
        _ => false,
    }
}

/// The values that the keys `joins` have in the object at `index`, with the number of segments each
/// key takes, longest first.
pub(super) fn readings(
    joins: &[String],
    event: &Event<'_>,
    index: usize,
) -> impl Iterator<Item = (usize, usize)> {
    let (mut plain, mut dotted) = (None, false);
    for (key, value) in event.members(index) {
        if key == joins[0] {
            plain = Some(value);
        }
        dotted |=
            joins.len() > 1 && key.len() > joins[0].len() && key.as_bytes()[joins[0].len()] == b'.';
    }
    let found: Vec<_> = if dotted {
        joins[1..]
            .iter()
            .enumerate()
            .rev()
            .filter_map(|(n, key)| Some((n + 2, event.get(index, key)?)))
            .collect()
    } else {
        Vec::new()
    };
    found.into_iter().chain(plain.map(|value| (1, value)))
}

/// Calls `each` with the value at `index`, or, if it is a list, with its elements, nested lists
/// flattened.
pub(super) fn each_element(event: &Event<'_>, index: usize, each: &mut dyn FnMut(usize)) {
    let end = event.after(index);
    let mut at = index;
    while at < end {
        if let Node::Array { .. } = event.node(at) {
            at += 1;
        } else {
            each(at);
            at = event.after(at);
        }
    }
}

/// For every item of the selections that hold and do not stand under a `not`: the field's name
/// (empty for keywords) and the JSON of the value that matched, `null` where its absence did.
pub(super) fn matched<'r>(
    rule: &'r CompiledRule,
    event: &Event<'_>,
    scratch: &mut EvalScratch,
) -> Vec<(&'r str, String)> {
    let mut out = Vec::new();
    for (selection, positive) in rule.selections.iter().zip(&rule.positive) {
        if *positive && block_holds(selection, event, scratch) {
            matched_in(selection, event, scratch, &mut out);
        }
    }
    out
}

fn matched_in<'r>(
    held: &'r CompiledBlock,
    event: &Event<'_>,
    scratch: &mut EvalScratch,
    out: &mut Vec<(&'r str, String)>,
) {
    match held {
        CompiledBlock::All(items) => {
            for each in items {
                let name = each.path.as_ref().map_or("", |path| path.name.as_str());
                let json = match witness(each, event, scratch) {
                    Witness::Element(index) => event.json_of(index),
                    Witness::Nothing => "null".to_owned(),
                };
                out.push((name, json));
            }
        }
        CompiledBlock::Any(blocks) => {
            for each in blocks {
                if block_holds(each, event, scratch) {
                    matched_in(each, event, scratch, out);
                }
            }
        }
    }
}

/// The first element that made the item hold.
fn witness(item: &CompiledItem, event: &Event<'_>, scratch: &mut EvalScratch) -> Witness {
    if item.negated {
        return Witness::Nothing;
    }
    let (present, elements) = elements_of(item, event, std::mem::take(&mut scratch.elements));
    let found =
        item.values.iter().flatten().find_map(|check| {
            first_match(item, check, event, present, &elements, &mut scratch.folded)
        });
    scratch.elements = elements;
    found.unwrap_or(Witness::Nothing)
}
