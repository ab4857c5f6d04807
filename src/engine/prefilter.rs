//! Which prefilter serves a rule, and with which literals.

use super::required::{AnyOf, Place, Required, score};

/// The check that a record passes before it is parsed for a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RulePrefilter {
    /// The event-name filter: the `eventName` of every match is one of these.
    EventName(AnyOf),
    /// The literal filter: every match holds one of these byte strings, ASCII in any case, somewhere.
    Literal(Vec<Vec<u8>>),
    /// No prefilter: every record is a candidate.
    None,
}

/// Sets of more literals than this are not looked for in whole texts: to parse every record and to look at the
/// field in question is faster.
const MOST_LITERALS: usize = 4096;

/// The field that the event-name filter looks at.
pub const ANCHOR: &str = "eventName";

impl RulePrefilter {
    /// The prefilter for a rule that requires `required`.
    pub fn choose(required: &Required) -> Self {
        let anchored =
            |set: &&AnyOf| set.iter().all(|literal| literal.field.as_deref() == Some(ANCHOR));
        if let Some(set) = required.all.iter().filter(anchored).max_by_key(|set| score(set)) {
            return Self::EventName(set.clone());
        }
        let few = required.all.iter().filter(|set| set.len() <= MOST_LITERALS);
        let usable = few.filter_map(|set| Some((score(set), needles(set)?)));
        match usable.max_by_key(|(score, _)| *score) {
            Some((_, needles)) => Self::Literal(needles),
            None => Self::None,
        }
    }
}

/// Sets of more literals than this are not looked for in single records.
const MOST_SECONDARY: usize = 256;

/// A second set of literals, for a rule that the event-name filter serves: a match holds one of these
/// as well. Many names, such as `AssumeRole`, occur in a good part of all records, and looking for
/// bytes is cheaper than parsing. The event source does not help, as the name nearly implies it.
pub(super) fn secondary_literals(
    required: &Required,
    prefilter: &RulePrefilter,
) -> Option<Vec<Vec<u8>>> {
    let RulePrefilter::EventName(names) = prefilter else { return None };
    let implied_by_name = |set: &AnyOf| {
        set.iter().any(|literal| matches!(literal.field.as_deref(), Some(ANCHOR | "eventSource")))
    };
    let others = required.all.iter().filter(|set| *set != names && !implied_by_name(set));
    let usable = others.filter(|set| set.len() <= MOST_SECONDARY);
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
