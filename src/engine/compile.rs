//! A rule's detection made ready to run.

use std::collections::HashMap;

use regex::Regex;

use super::matcher::TextMatcher;
use crate::sigma::{
    Block, CidrNet, Comparison, Condition, Detection, Field, Item, Number, Quantifier, RegexTest,
    Relation, Test, TimePart,
};

/// One rule, compiled.
#[derive(Debug)]
pub(super) struct CompiledRule {
    pub(super) condition: Condition,
    pub(super) selections: Vec<CompiledBlock>,
    /// For each selection, whether the condition names it outside a `not`.
    pub(super) positive: Vec<bool>,
}

#[derive(Debug)]
pub(super) enum CompiledBlock {
    All(Vec<CompiledItem>),
    Any(Vec<CompiledBlock>),
}

#[derive(Debug)]
pub(super) struct CompiledItem {
    /// `None` for keywords.
    pub(super) path: Option<Path>,
    pub(super) values: Vec<Vec<Check>>,
    pub(super) quantifier: Quantifier,
    pub(super) negated: bool,
    pub(super) reads_objects: bool,
}

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
    Regex(Regex),
    Cidr(CidrNet),
    Exists(bool),
    Compare(Comparison, Number),
    TimePart(TimePart, i64),
    FieldRef { path: Path, relation: Relation, cased: bool },
}

impl CompiledRule {
    pub(super) fn new(detection: &Detection, regexes: &mut Regexes) -> Self {
        let mut positive = vec![false; detection.selections.len()];
        mark_positive(&detection.condition, &mut positive);
        let selections =
            detection.selections.iter().map(|selection| block(&selection.block, regexes)).collect();
        Self { condition: detection.condition.clone(), selections, positive }
    }
}

fn mark_positive(condition: &Condition, positive: &mut [bool]) {
    match condition {
        Condition::Selection(index) => positive[*index] = true,
        Condition::Not(_) => {}
        Condition::And(parts) | Condition::Or(parts) => {
            for part in parts {
                mark_positive(part, positive);
            }
        }
        Condition::Of { selections, .. } => {
            for &index in selections {
                positive[index] = true;
            }
        }
    }
}

fn block(source: &Block, regexes: &mut Regexes) -> CompiledBlock {
    match source {
        Block::All(items) => {
            CompiledBlock::All(items.iter().map(|each| item(each, regexes)).collect())
        }
        Block::Any(blocks) => {
            CompiledBlock::Any(blocks.iter().map(|each| block(each, regexes)).collect())
        }
    }
}

fn item(source: &Item, regexes: &mut Regexes) -> CompiledItem {
    let values = source
        .values
        .iter()
        .map(|value| value.tests.iter().map(|test| check(test, regexes)).collect());
    CompiledItem {
        path: source.field.as_ref().map(Path::new),
        values: values.collect(),
        quantifier: source.quantifier,
        negated: source.negated,
        reads_objects: source.reads_objects,
    }
}

fn check(test: &Test, regexes: &mut Regexes) -> Check {
    match test {
        Test::Text(pattern) => Check::Text(TextMatcher::new(pattern)),
        Test::Number(number) => Check::Number(*number),
        Test::Bool(value) => Check::Bool(*value),
        Test::Null => Check::Null,
        Test::Regex(regex) => Check::Regex(regexes.get(regex)),
        Test::Cidr(net) => Check::Cidr(*net),
        Test::Exists(value) => Check::Exists(*value),
        Test::Compare(comparison, number) => Check::Compare(*comparison, *number),
        Test::TimePart(part, value) => Check::TimePart(*part, *value),
        Test::FieldRef(reference) => Check::FieldRef {
            path: Path::new(&reference.field),
            relation: reference.relation,
            cased: reference.cased,
        },
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

/// The regular expressions of a rule set: equal ones are compiled once.
#[derive(Debug, Default)]
pub(super) struct Regexes(HashMap<(String, [bool; 3]), Regex>);

impl Regexes {
    #[expect(clippy::expect_used, reason = "what does not compile refuses its rule at load")]
    fn get(&mut self, test: &RegexTest) -> Regex {
        let flags = [test.ignore_case, test.multi_line, test.dot_all];
        let compile = || test.compile().expect("the rule was loaded");
        self.0.entry((test.source.clone(), flags)).or_insert_with(compile).clone()
    }
}
