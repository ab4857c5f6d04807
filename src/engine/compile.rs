//! A rule's detection made ready to run.

use super::{many::ManyTexts, matcher::TextMatcher};
use crate::rule::{
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
    /// The condition names a selection more than once, so what came of selections is kept for a record.
    pub(super) repeats: bool,
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
    /// The same values in tables, if they are many and one must hold.
    pub(super) many: Option<Box<ManyTexts>>,
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
    Regex(RegexTest),
    Cidr(CidrNet),
    Exists(bool),
    Compare(Comparison, Number),
    TimePart(TimePart, i64),
    FieldRef { path: Path, relation: Relation, cased: bool },
}

impl CompiledRule {
    pub(super) fn new(detection: &Detection) -> Self {
        let mut positive = vec![false; detection.selections.len()];
        mark_positive(&detection.condition, &mut positive);
        let selections =
            detection.selections.iter().map(|selection| block(&selection.block)).collect();
        let condition = detection.condition.clone();
        let repeats = mentions(&condition) > detection.selections.len();
        Self { condition, selections, positive, repeats }
    }
}

/// How many selections a condition names in sum.
fn mentions(condition: &Condition) -> usize {
    match condition {
        Condition::Selection(_) => 1,
        Condition::Not(inner) => mentions(inner),
        Condition::And(parts) | Condition::Or(parts) => parts.iter().map(mentions).sum(),
        Condition::Of { selections, .. } => selections.len(),
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

fn block(source: &Block) -> CompiledBlock {
    match source {
        Block::All(items) => CompiledBlock::All(items.iter().map(item).collect()),
        Block::Any(blocks) => CompiledBlock::Any(blocks.iter().map(block).collect()),
    }
}

fn item(source: &Item) -> CompiledItem {
    let values = source.values.iter().map(|value| value.tests.iter().map(check).collect());
    let values: Vec<_> = values.collect();
    let is_any = source.quantifier == Quantifier::Any;
    CompiledItem {
        path: source.field.as_ref().map(Path::new),
        many: is_any.then(|| ManyTexts::new(&values)).flatten().map(Box::new),
        values,
        quantifier: source.quantifier,
        negated: source.negated,
        reads_objects: source.reads_objects,
    }
}

fn check(test: &Test) -> Check {
    match test {
        Test::Text(pattern) => Check::Text(TextMatcher::new(pattern)),
        Test::Number(number) => Check::Number(*number),
        Test::Bool(value) => Check::Bool(*value),
        Test::Null => Check::Null,
        Test::Regex(regex) => Check::Regex(regex.clone()),
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
