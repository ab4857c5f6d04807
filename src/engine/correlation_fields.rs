//! The texts of fields that a match carries for correlations.
//!
//! Only rules that feed a correlation come here, and only once they have matched.

use super::{
    check::Path,
    evaluate::{each_element, readings},
    scalar,
};
use crate::{
    cloudtrail::{Event, Node, bounded},
    rule::CorrelationField,
};

/// A field of a match, ready to be looked up.
#[derive(Debug)]
pub(super) struct FieldText {
    path: Path,
    numbers: bool,
}

impl FieldText {
    pub(super) fn new(field: &CorrelationField) -> Self {
        Self { path: Path::new(&field.field), numbers: field.numbers }
    }

    /// The field's text: of one scalar its own, of anything else its compact JSON, and of a long text its
    /// [`bounded`] form. Or its numbers,
    /// in their shortest spelling, with blanks between. `None` for nothing, null, or no number.
    pub(super) fn text(&self, event: &Event<'_>) -> Option<String> {
        let mut ends = Vec::new();
        ends_of(&self.path, 0, event, 0, &mut ends);
        if self.numbers { numbers(event, &ends) } else { key(event, &ends) }
    }
}

/// The values at the end of a path, lists whole: a group is made of what is there, not of elements.
/// The recursion is as deep as the path has segments.
fn ends_of(path: &Path, from: usize, event: &Event<'_>, index: usize, out: &mut Vec<usize>) {
    let Some(joins) = path.joins.get(from) else { return out.push(index) };
    match event.node(index) {
        Node::Object { .. } => {
            for (further, value) in readings(joins, event, index) {
                ends_of(path, from + further, event, value, out);
            }
        }
        Node::Array { .. } => {
            each_element(event, index, &mut |element| ends_of(path, from, event, element, out));
        }
        _ => {}
    }
}

fn key(event: &Event<'_>, ends: &[usize]) -> Option<String> {
    let mut there = ends.iter().copied().filter(|&end| event.node(end) != Node::Null);
    let first = there.next()?;
    let Some(second) = there.next() else {
        let text = scalar::text(event.node(first));
        return Some(match text {
            Some(text) => bounded(&text).into_owned(),
            None => bounded(&event.json_of(first)).into_owned(),
        });
    };
    let mut json = "[".to_owned();
    event.write_json(first, &mut json);
    for end in std::iter::once(second).chain(there) {
        json.push(',');
        event.write_json(end, &mut json);
    }
    json.push(']');
    Some(bounded(&json).into_owned())
}

fn numbers(event: &Event<'_>, ends: &[usize]) -> Option<String> {
    let mut text = String::new();
    for &end in ends {
        each_element(event, end, &mut |element| {
            if let Some(number) = scalar::number(event.node(element)) {
                if !text.is_empty() {
                    text.push(' ');
                }
                text.push_str(&number.text());
            }
        });
    }
    (!text.is_empty()).then_some(text)
}
