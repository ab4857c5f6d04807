//! Which gate serves a rule, and with which literals.

use super::required::{AnyOf, Place, Required, score};

/// The gate in front of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    /// Gate A: every match pins the value of `eventName` to one of these.
    EventName(AnyOf),
    /// Gate B: every match holds one of these byte strings, ASCII in any case, somewhere.
    Anywhere(Vec<Vec<u8>>),
    /// No gate: every record is a candidate.
    None,
}

/// Sets of more literals than this are not looked for in whole texts: to parse every record and to look at the
/// field in question is faster.
const MOST_ANYWHERE: usize = 4096;

/// The field that gate A looks at.
pub const ANCHOR: &str = "eventName";

impl Gate {
    /// The gate for a rule that requires `required`.
    pub fn choose(required: &Required) -> Self {
        let anchored =
            |set: &&AnyOf| set.iter().all(|literal| literal.field.as_deref() == Some(ANCHOR));
        if let Some(set) = required.all.iter().filter(anchored).max_by_key(|set| score(set)) {
            return Self::EventName(set.clone());
        }
        let few = required.all.iter().filter(|set| set.len() <= MOST_ANYWHERE);
        let usable = few.filter_map(|set| Some((score(set), needles(set)?)));
        match usable.max_by_key(|(score, _)| *score) {
            Some((_, needles)) => Self::Anywhere(needles),
            None => Self::None,
        }
    }
}

/// Sets of more literals than this are not looked for in single records.
const MOST_BESIDE: usize = 256;

/// A second set of literals, for a rule that gate A serves: a match holds one of these as well. Many
/// names, such as `AssumeRole`, stand in a good part of all records, and looking for bytes is cheaper
/// than parsing. The event source is no help, as the name nearly tells it.
pub(super) fn beside(required: &Required, gate: &Gate) -> Option<Vec<Vec<u8>>> {
    let Gate::EventName(names) = gate else { return None };
    let told_by_name = |set: &AnyOf| {
        set.iter().any(|literal| matches!(literal.field.as_deref(), Some(ANCHOR | "eventSource")))
    };
    let others = required.all.iter().filter(|set| *set != names && !told_by_name(set));
    let usable = others.filter(|set| set.len() <= MOST_BESIDE);
    let usable = usable.filter_map(|set| Some((score(set), needles(set)?)));
    let (score, needles) = usable.max_by_key(|(score, _)| *score)?;
    (score > 0).then_some(needles)
}

/// The bytes to look for in the record; `None` if one of the literals is too short to be worth it.
fn needles(set: &AnyOf) -> Option<Vec<Vec<u8>>> {
    set.iter().map(|literal| needle(&literal.text, literal.place)).collect()
}

/// A literal at an edge of a value stands beside a quote, unless the value may be a boolean, whose
/// text stands alone. (What a number could print is no literal.)
fn needle(text: &str, place: Place) -> Option<Vec<u8>> {
    let alone = ["true", "false"].iter().any(|word| word.starts_with(text) || word.ends_with(text));
    let quoted = |at_start: bool, at_end: bool| {
        format!("{}{text}{}", quote(at_start), quote(at_end)).into_bytes()
    };
    let needle = match place {
        _ if alone => quoted(false, false),
        Place::Whole => quoted(true, true),
        Place::Start => quoted(true, false),
        Place::End => quoted(false, true),
        Place::Inside => quoted(false, false),
    };
    (needle.len() >= 3).then_some(needle)
}

fn quote(wanted: bool) -> &'static str {
    if wanted { "\"" } else { "" }
}
