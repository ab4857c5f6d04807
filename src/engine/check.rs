//! One test of a rule made ready to run, and the path of a field.

use super::matcher::TextMatcher;
use crate::rule::{CidrNet, Comparison, Field, Number, RegexTest, Relation, Test, TimePart};

/// A field name with all the keys its dots may be read as.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) name: String,
    /// `joins[i][n]` is the key made of segments `i ..= i + n`.
    pub(super) joins: Vec<Vec<String>>,
}

/// A test made ready to run.
#[derive(Debug)]
pub(super) enum Check {
    Text(TextMatcher),
    Number(Number),
    Bool(bool),
    Null,
    Regex(RegexTest),
    Cidr(CidrNet),
    Exists(bool),
    Compare(Comparison, Number),
    TimePart(TimePart, i64),
    FieldRef { path: Path, relation: Relation, cased: bool },
}

impl Check {
    pub(super) fn new(test: &Test) -> Self {
        match test {
            Test::Text(pattern) => Self::Text(TextMatcher::new(pattern)),
            Test::Number(number) => Self::Number(*number),
            Test::Bool(value) => Self::Bool(*value),
            Test::Null => Self::Null,
            Test::Regex(regex) => Self::Regex(regex.clone()),
            Test::Cidr(net) => Self::Cidr(*net),
            Test::Exists(value) => Self::Exists(*value),
            Test::Compare(comparison, number) => Self::Compare(*comparison, *number),
            Test::TimePart(part, value) => Self::TimePart(*part, *value),
            Test::FieldRef(reference) => Self::FieldRef {
                path: Path::new(&reference.field),
                relation: reference.relation,
                cased: reference.cased,
            },
        }
    }
}

impl Path {
    pub(super) fn new(field: &Field) -> Self {
        let segments = &field.segments;
        let joins = (0..segments.len())
            .map(|from| (from..segments.len()).map(|to| segments[from..=to].join(".")).collect())
            .collect();
        Self { name: field.name.clone(), joins }
    }
}
