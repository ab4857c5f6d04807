//! From YAML to a correlation: everything that is wrong with it is told at once.

use std::collections::HashSet;

use super::{
    reader::Reader,
    yaml::{Data, Entry, Node},
};
use crate::{
    rule::{
        Alias, CorrelationBody, CorrelationKind, Diagnostic, Field, Number, Operator, Reference,
        Span,
    },
    text::nearest,
};

/// The keys that have a meaning under `correlation`.
const KEYS: [&str; 7] =
    ["type", "rules", "group-by", "timespan", "condition", "aliases", "generate"];

/// How many rules one document may name. A member costs something for each field of `group-by`.
const MAX_RULES: usize = 1000;

/// How many fields `group-by` or a condition may name, and how many aliases there may be.
const MAX_FIELDS: usize = 50;

/// Reads what stands under `correlation`, the entry of `root`. `None`, or an error among the
/// problems, refuses it.
pub(super) fn read(entry: &Entry, root: &Node, reader: &mut Reader) -> Option<CorrelationBody> {
    let problems = &mut reader.problems;
    let Data::Map(entries) = &entry.value.data else {
        let message = format!("correlation must be a mapping, this is {}", entry.value.kind());
        problems.push(
            Diagnostic::error("bad-correlation", entry.key_span, message)
                .help("give it type, rules, timespan and a condition"),
        );
        return None;
    };
    report_unknown_keys(entries, problems);
    let kind = kind(entry, problems);
    let help = "write `rules:` with the ids or names of the rules whose events it looks at";
    let rules = match entry.value.get("rules") {
        Some(rules) => references(rules, help, problems),
        None => missing(entry, "missing-rules", "the correlation names no rules", help, problems),
    };
    let group_by = group_by(entry, problems);
    let timespan = timespan(entry, problems);
    let aliases = aliases(entry, problems);
    let generate = generate(entry, root, problems);
    let (Some(kind), Some(rules)) = (kind, rules) else { return None };
    let condition = condition(entry, kind, rules.len(), problems);
    let fields = fields(entry, kind, problems);
    let percentile = percentile(entry, kind, problems);
    Some(CorrelationBody {
        kind,
        rules,
        group_by: group_by?,
        aliases: aliases?,
        timespan: timespan?,
        condition: condition?,
        fields: fields?,
        percentile: percentile.ok()?,
        generate: generate?,
    })
}

/// Tells an error that refuses the document.
fn refuse<T>(
    code: &'static str,
    span: Span,
    message: impl Into<String>,
    help: impl Into<String>,
    problems: &mut Vec<Diagnostic>,
) -> Option<T> {
    problems.push(Diagnostic::error(code, span, message).help(help));
    None
}

/// Tells that something is not there.
fn missing<T>(
    entry: &Entry,
    code: &'static str,
    message: &str,
    help: &str,
    problems: &mut Vec<Diagnostic>,
) -> Option<T> {
    refuse(code, entry.key_span, message, help, problems)
}

/// The place of a value, or of its key if there is nothing to show.
fn place(entry: &Entry) -> Span {
    let span = entry.value.span;
    if span.start < span.end { span } else { entry.key_span }
}

/// A key without a meaning may be a slip for one that has.
fn report_unknown_keys(entries: &[Entry], problems: &mut Vec<Diagnostic>) {
    let strange = |entry: &&Entry| {
        let key = entry.key.as_str();
        !KEYS.contains(&key) && key != "timeframe"
    };
    for entry in entries.iter().filter(strange) {
        let message = format!("{:?} has no meaning in a correlation", entry.key);
        let help = match nearest(&entry.key, KEYS) {
            Some(near) => format!("did you mean {near}?"),
            None => "leave the line out".to_owned(),
        };
        problems.push(Diagnostic::warning("unknown-key", entry.key_span, message).help(help));
    }
}

fn kind(entry: &Entry, problems: &mut Vec<Diagnostic>) -> Option<CorrelationKind> {
    let names = CorrelationKind::ALL.map(CorrelationKind::as_str);
    let all = format!("write one of {}", names.join(", "));
    let Some(given) = entry.value.get("type") else {
        return missing(entry, "missing-type", "the correlation has no type", &all, problems);
    };
    let text = given.value.as_text().unwrap_or_default();
    let found = CorrelationKind::ALL.into_iter().find(|kind| kind.as_str() == text);
    if found.is_none() {
        let shown = given.value.scalar_text().unwrap_or_else(|| given.value.kind().to_owned());
        let help = match nearest(text, names) {
            Some(near) => format!("did you mean {near}?"),
            None => all,
        };
        let message = format!("{shown:?} is no type of correlation");
        return refuse("unknown-correlation-type", place(given), message, help, problems);
    }
    found
}

/// One reference, or a list of them: at least one, each text once.
pub(super) fn references(
    entry: &Entry,
    help: &str,
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<Reference>> {
    let nodes = one_or_more(&entry.value);
    if nodes.is_empty() {
        return refuse("bad-rules", entry.key_span, "the list of rules is empty", help, problems);
    }
    if nodes.len() > MAX_RULES {
        let message = format!("these are more than {MAX_RULES} rules");
        let help = "split the document";
        return refuse("too-many-rules", entry.key_span, message, help, problems);
    }
    let mut seen = HashSet::new();
    let mut sound = true;
    let mut out = Vec::with_capacity(nodes.len());
    for node in nodes {
        let span = if node.span.start < node.span.end { node.span } else { entry.key_span };
        match node.as_text().filter(|text| !text.is_empty()) {
            None => {
                let message = format!("a rule is named by text, this is {}", node.kind());
                problems.push(Diagnostic::error("bad-rules", span, message).help(help));
                sound = false;
            }
            Some(text) if !seen.insert(text) => {
                let message = format!("{text:?} is named twice");
                let help = "name each rule once";
                problems.push(Diagnostic::error("repeated-rule", span, message).help(help));
                sound = false;
            }
            Some(text) => out.push(Reference { name: text.to_owned(), span }),
        }
    }
    sound.then_some(out)
}

/// A list's elements, or the one thing that stands for a list.
fn one_or_more(node: &Node) -> &[Node] {
    match &node.data {
        Data::List(nodes) => nodes,
        _ => std::slice::from_ref(node),
    }
}

/// Names of fields, one or a list; `None` if one of them is none, or if there are too many.
fn field_names(entry: &Entry) -> Option<Vec<&str>> {
    if one_or_more(&entry.value).len() > MAX_FIELDS {
        return None;
    }
    let name = |node| Node::as_text(node).filter(|text| !text.is_empty());
    one_or_more(&entry.value).iter().map(name).collect()
}

fn group_by(entry: &Entry, problems: &mut Vec<Diagnostic>) -> Option<Vec<String>> {
    let Some(given) = entry.value.get("group-by") else { return Some(Vec::new()) };
    let Some(names) = field_names(given) else {
        let help = format!("write the name of a field, or a list of up to {MAX_FIELDS} names");
        return refuse("bad-group-by", place(given), "this is no field", help, problems);
    };
    let mut seen = HashSet::new();
    let mut out = Vec::with_capacity(names.len());
    for name in names {
        if seen.insert(name) {
            out.push(name.to_owned());
        } else {
            let message = format!("{name:?} is named twice");
            problems.push(
                Diagnostic::warning("repeated-field", place(given), message).help("once is enough"),
            );
        }
    }
    Some(out)
}

fn timespan(entry: &Entry, problems: &mut Vec<Diagnostic>) -> Option<u64> {
    let help = "write a number and one of s, m, h, d, w, such as `timespan: 5m`";
    if let Some(old) = entry.value.get("timeframe") {
        let message = "a correlation has a timespan, not a timeframe";
        return refuse("bad-timespan", old.key_span, message, help, problems);
    }
    let Some(given) = entry.value.get("timespan") else {
        let message = "the correlation has no timespan";
        return missing(entry, "missing-timespan", message, help, problems);
    };
    let text = given.value.as_text().unwrap_or_default();
    let seconds = seconds(text);
    if seconds.is_none() {
        let shown = given.value.scalar_text().unwrap_or_else(|| given.value.kind().to_owned());
        let message = format!("{shown:?} is no timespan");
        return refuse("bad-timespan", place(given), message, help, problems);
    }
    seconds
}

/// A timespan in seconds. One that does not fit is longer than anything that happened.
fn seconds(text: &str) -> Option<u64> {
    const UNITS: [(char, u64); 5] =
        [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400), ('w', 604_800)];
    let (digits, unit) =
        UNITS.iter().find_map(|(name, unit)| Some((text.strip_suffix(*name)?, unit)))?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().unwrap_or(u64::MAX);
    (number > 0).then(|| number.saturating_mul(*unit))
}

fn aliases(entry: &Entry, problems: &mut Vec<Diagnostic>) -> Option<Vec<Alias>> {
    let Some(given) = entry.value.get("aliases") else { return Some(Vec::new()) };
    let help = "write a mapping: the name in group-by, and below it a field for each rule";
    let Data::Map(entries) = &given.value.data else {
        let message = format!("aliases must be a mapping, this is {}", given.value.kind());
        return refuse("bad-aliases", place(given), message, help, problems);
    };
    if entries.len() > MAX_FIELDS {
        let message = format!("these are more than {MAX_FIELDS} aliases");
        return refuse("bad-aliases", given.key_span, message, "split the document", problems);
    }
    let mut out = Vec::with_capacity(entries.len());
    for entry in entries {
        let Data::Map(fields) = &entry.value.data else {
            let message = format!("an alias must be a mapping, this is {}", entry.value.kind());
            return refuse("bad-aliases", place(entry), message, help, problems);
        };
        let mut alias = Alias { name: entry.key.clone(), fields: Vec::with_capacity(fields.len()) };
        for field in fields {
            let Some(name) = field.value.as_text().filter(|name| !name.is_empty()) else {
                let message = format!("a field is named by text, this is {}", field.value.kind());
                return refuse("bad-aliases", place(field), message, help, problems);
            };
            let rule = Reference { name: field.key.clone(), span: field.key_span };
            alias.fields.push((rule, name.to_owned()));
        }
        out.push(alias);
    }
    Some(out)
}

/// `generate` stands under `correlation`, or beside it.
fn generate(entry: &Entry, root: &Node, problems: &mut Vec<Diagnostic>) -> Option<bool> {
    let given = entry.value.get("generate").or_else(|| root.get("generate"));
    match given.map(|given| (&given.value.data, given)) {
        None => Some(false),
        Some((Data::Bool(value), _)) => Some(*value),
        Some((_, given)) => {
            let message = format!("generate is true or false, this is {}", given.value.kind());
            let help = "write `generate: true` or leave the line out";
            refuse("bad-generate", place(given), message, help, problems)
        }
    }
}

/// The operators of the condition. The kinds that count rules mean all of them without one.
fn condition(
    entry: &Entry,
    kind: CorrelationKind,
    rules: usize,
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<(Operator, Number)>> {
    let help = "write one of gt, gte, lt, lte, eq, neq with a number, such as `gte: 5`";
    let given = entry.value.get("condition").filter(|given| !given.value.is_null());
    let Some(given) = given else {
        if kind.counts_rules() {
            let all = i128::try_from(rules).unwrap_or(i128::MAX);
            return Some(vec![(Operator::Gte, Number::Int(all))]);
        }
        let message = format!("{} needs a condition", kind.as_str());
        return missing(entry, "missing-condition", &message, help, problems);
    };
    let Data::Map(entries) = &given.value.data else {
        let message = format!("this condition must be a mapping, it is {}", given.value.kind());
        return refuse("bad-condition", place(given), message, help, problems);
    };
    let mut out = Vec::new();
    let mut sound = true;
    for each in entries.iter().filter(|each| !matches!(&*each.key, "field" | "percentile")) {
        let operator = Operator::ALL.into_iter().find(|known| known.as_str() == each.key);
        let threshold = threshold(&each.value, kind);
        match (operator, threshold) {
            (Some(operator), Some(threshold)) => out.push((operator, threshold)),
            (None, _) => {
                let message = format!("{:?} is no operator of a correlation", each.key);
                sound = false;
                problems
                    .push(Diagnostic::error("bad-condition", each.key_span, message).help(help));
            }
            (_, None) => {
                let wanted = if kind.is_numeric() { "a number" } else { "a whole number" };
                let shown =
                    each.value.scalar_text().unwrap_or_else(|| each.value.kind().to_owned());
                let message = format!("{} compares with {wanted}, not with {shown:?}", each.key);
                sound = false;
                problems.push(
                    Diagnostic::error("bad-threshold", place(each), message)
                        .help(format!("write {wanted} without quotes")),
                );
            }
        }
    }
    if sound && out.is_empty() {
        let message = "the condition compares with nothing";
        return refuse("bad-condition", given.key_span, message, help, problems);
    }
    sound.then_some(out)
}

/// What a condition compares with: a whole number, or a decimal where values are.
fn threshold(node: &Node, kind: CorrelationKind) -> Option<Number> {
    match &node.data {
        Data::Number(number, Some(_)) => Some(*number),
        Data::Number(number, None) if kind.is_numeric() => Some(*number),
        _ => None,
    }
}

/// The condition; nothing if it is none, which has been told.
fn sound_condition(entry: &Entry) -> Option<&Entry> {
    entry.value.get("condition").filter(|given| matches!(given.value.data, Data::Map(_)))
}

/// An entry of the condition.
fn of_condition<'e>(entry: &'e Entry, key: &str) -> Option<&'e Entry> {
    entry.value.get("condition")?.value.get(key).filter(|given| !given.value.is_null())
}

fn fields(
    entry: &Entry,
    kind: CorrelationKind,
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<Field>> {
    match (of_condition(entry, "field"), kind.has_field()) {
        (None, false) => Some(Vec::new()),
        (None, true) => {
            let span = sound_condition(entry)?.key_span;
            let message = format!("{} does not say which field it looks at", kind.as_str());
            let help = "add `field:` to the condition";
            refuse("missing-field", span, message, help, problems)
        }
        (Some(given), false) => {
            let message = format!("{} looks at no field", kind.as_str());
            let help = "take the field out, or count its values with `type: value_count`";
            refuse("field-not-used", given.key_span, message, help, problems)
        }
        (Some(given), true) => match field_names(given) {
            Some(names) if names.len() == 1 || kind == CorrelationKind::ValueCount => {
                if names.is_empty() {
                    let help = "write the name of a field";
                    return refuse("bad-field", place(given), "no field", help, problems);
                }
                Some(names.into_iter().map(Field::new).collect())
            }
            Some(_) => {
                let message = format!("{} looks at one field", kind.as_str());
                refuse("bad-field", place(given), message, "name one field", problems)
            }
            None => {
                let help = format!("write the name of a field, or up to {MAX_FIELDS} in a list");
                refuse("bad-field", place(given), "this is no field", help, problems)
            }
        },
    }
}

fn percentile(
    entry: &Entry,
    kind: CorrelationKind,
    problems: &mut Vec<Diagnostic>,
) -> Result<Option<Number>, ()> {
    let help = "write `percentile:` with a number from 0 to 100";
    match (of_condition(entry, "percentile"), kind) {
        (None, CorrelationKind::ValuePercentile) => {
            let span = sound_condition(entry).ok_or(())?.key_span;
            let message = "value_percentile does not say which percentile";
            refuse("missing-percentile", span, message, help, problems).ok_or(())
        }
        (Some(given), CorrelationKind::ValuePercentile) => match given.value.data {
            Data::Number(number, _) if number >= Number::Int(0) && number <= Number::Int(100) => {
                Ok(Some(number))
            }
            _ => {
                let message = "a percentile is a number from 0 to 100";
                refuse("bad-percentile", place(given), message, help, problems).ok_or(())
            }
        },
        (Some(given), _) => {
            let message = format!("{} has no percentile", kind.as_str());
            let help = "take it out, or use `type: value_percentile`";
            refuse("percentile-not-used", given.key_span, message, help, problems).ok_or(())
        }
        (None, CorrelationKind::ValueMedian) => Ok(Some(Number::Int(50))),
        (None, _) => Ok(None),
    }
}

#[cfg(test)]
mod tests;
