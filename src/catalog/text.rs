//! Texts that HTML and Markdown pages share.

use crate::rule::{CorrelationBody, Operator};

/// Lines that follow one another are one paragraph.
pub(super) fn paragraphs(text: &str) -> Vec<String> {
    let mut paragraphs = vec![String::new()];
    for line in text.lines().map(str::trim) {
        match paragraphs.last_mut() {
            Some(last) if !line.is_empty() => {
                if !last.is_empty() {
                    last.push('\n');
                }
                last.push_str(line);
            }
            _ => paragraphs.push(String::new()),
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs
}

/// What a correlation counts, name by name.
pub(super) fn counted(body: &CorrelationBody) -> Vec<(&'static str, String)> {
    let sign = |operator: &Operator| match operator {
        Operator::Gt => ">",
        Operator::Gte => "≥",
        Operator::Lt => "<",
        Operator::Lte => "≤",
        Operator::Eq => "=",
        Operator::Neq => "≠",
    };
    let condition: Vec<_> = body
        .condition
        .iter()
        .map(|(operator, number)| format!("{} {}", sign(operator), number.text()))
        .collect();
    let fields: Vec<_> = body.fields.iter().map(|field| field.name.as_str()).collect();
    let mut counted = vec![("Type", body.kind.as_str().to_owned())];
    counted.push(("Condition", condition.join(" and ")));
    if !fields.is_empty() {
        counted.push(("Field", fields.join(", ")));
    }
    if let Some(percentile) = body.percentile {
        counted.push(("Percentile", percentile.text()));
    }
    counted.push(("Within", span(body.timespan)));
    if !body.group_by.is_empty() {
        counted.push(("Group by", body.group_by.join(", ")));
    }
    counted
}

/// Seconds in the largest unit that has them whole.
fn span(seconds: u64) -> String {
    let units = [(604_800, "w"), (86_400, "d"), (3_600, "h"), (60, "m")];
    let whole = units.iter().find(|(unit, _)| seconds > 0 && seconds.is_multiple_of(*unit));
    whole.map_or_else(|| format!("{seconds}s"), |(unit, name)| format!("{}{name}", seconds / unit))
}

/// Whether a text may be followed as a link: an address of the web and nothing that would end it early.
pub(super) fn is_address(text: &str) -> bool {
    let web = ["https://", "http://"].iter().any(|scheme| {
        text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    web && text.bytes().all(|byte| matches!(byte, b'!'..=b'~') && !b"\"<>\\^`{|}".contains(&byte))
}
