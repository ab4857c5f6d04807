//! A rule's detection made ready to run.

use super::{
    check::{Check, Path},
    many::ManyTexts,
};
use crate::rule::{Block, Condition, Detection, Item, Quantifier};

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

impl CompiledRule {
    pub(super) fn new(detection: &Detection) -> Self {
        let positive = detection.named_outside_not();
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

fn block(source: &Block) -> CompiledBlock {
    match source {
        Block::All(items) => CompiledBlock::All(items.iter().map(item).collect()),
        Block::Any(blocks) => CompiledBlock::Any(blocks.iter().map(block).collect()),
    }
}

fn item(source: &Item) -> CompiledItem {
    let values = source.values.iter().map(|value| value.tests.iter().map(Check::new).collect());
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
