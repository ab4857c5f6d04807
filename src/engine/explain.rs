//! Why a rule matches an event or does not: the walk of `evaluate` without its short cuts.
//!
//! Every branch of the condition and every value of every selection is tried and recorded, with what
//! the event has there. The answer is always the engine's, as the tests of single values are the
//! same code and generated cases hold the rest to it. It is for people, and not for many events: the
//! time is that of the slowest way through the rule.

mod words;

use serde::Serialize;

pub use self::words::{asked, in_words};
use super::{
    check::Check,
    compile::{CompiledBlock, CompiledItem, CompiledRule},
    evaluate::{Witness, elements_of, first_match, resolve},
};
use crate::{
    cloudtrail::Event,
    rule::{Block, Condition, Detection, Item, Quantifier, Rule},
};

/// At most so many values of a field are shown.
const MOST_FOUND: usize = 20;

/// A value is shown up to so many characters of its JSON.
const MOST_CHARS: usize = 300;

/// A rule made ready to be explained.
#[derive(Debug)]
pub struct Explainer<'r> {
    detection: &'r Detection,
    compiled: CompiledRule,
}

/// What held of a rule on one event, and what did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// The rule matches.
    pub matches: bool,
    /// The event is a JSON object. Nothing else matches anything.
    pub is_object: bool,
    /// The condition.
    pub condition: Branch,
    /// Every selection, in the order of the detection.
    pub selections: Vec<SelectionSeen>,
}

/// A node of the condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Branch {
    /// It is true.
    pub holds: bool,
    /// What it is.
    #[serde(flatten)]
    pub what: What,
}

/// What a node of the condition is. Selections are named by their index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// A selection.
    Selection(usize),
    /// `not`.
    Not(Box<Branch>),
    /// `and`.
    And(Vec<Branch>),
    /// `or`.
    Or(Vec<Branch>),
    /// `1 of` or `all of`.
    Of {
        /// `all of`.
        all: bool,
        /// As written.
        pattern: String,
        /// What it names.
        selections: Vec<usize>,
    },
}

/// A selection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SelectionSeen {
    /// Its name.
    pub name: String,
    /// What it asks for.
    #[serde(flatten)]
    pub block: BlockSeen,
}

/// The body of a selection, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BlockSeen {
    /// It is true.
    pub holds: bool,
    /// Its parts.
    #[serde(flatten)]
    pub parts: Parts,
}

/// The parts of a block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Parts {
    /// All must hold.
    All(Vec<ItemSeen>),
    /// One must hold.
    Any(Vec<BlockSeen>),
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemSeen {
    /// It is true.
    pub holds: bool,
    /// Its field; `None` for keywords.
    pub field: Option<String>,
    /// What it asks for, in words.
    pub asks: String,
    /// The field is there. Of keywords always true.
    pub present: bool,
    /// The values that the field has, as JSON, cut to what can be read. Empty for keywords.
    pub found: Vec<String>,
    /// How many more there are.
    pub not_shown: usize,
    /// Every value of the item.
    pub values: Vec<ValueSeen>,
}

/// One value of an item. Under `|neq` it is told as if that did not stand there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ValueSeen {
    /// It is true.
    pub holds: bool,
    /// As its author wrote it.
    pub value: String,
    /// The value of the event that satisfies it, as JSON; `None` too if the absence of one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What the other field has, if it is compared with one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other: Vec<String>,
}

impl<'r> Explainer<'r> {
    /// Makes a rule ready.
    pub fn new(rule: &'r Rule) -> Self {
        let compiled = CompiledRule::new(&rule.detection);
        Self { detection: &rule.detection, compiled }
    }

    /// What held on the event, and what did not.
    pub fn explain(&self, event: &Event<'_>) -> Explained {
        let pairs = self.detection.selections.iter().zip(&self.compiled.selections);
        let selections: Vec<_> = pairs
            .map(|(selection, compiled)| SelectionSeen {
                name: selection.name.clone(),
                block: block(&selection.block, compiled, event),
            })
            .collect();
        let condition = branch(&self.compiled.condition, &selections);
        let is_object = event.is_object();
        Explained { matches: is_object && condition.holds, is_object, condition, selections }
    }
}

/// A node of the condition, once it is known which selections hold. Its depth is bounded.
fn branch(tree: &Condition, selections: &[SelectionSeen]) -> Branch {
    let each = |parts: &[Condition]| -> Vec<Branch> {
        parts.iter().map(|part| branch(part, selections)).collect()
    };
    let held = |index: &usize| selections[*index].block.holds;
    match tree {
        Condition::Selection(index) => Branch { holds: held(index), what: What::Selection(*index) },
        Condition::Not(inner) => {
            let inner = branch(inner, selections);
            Branch { holds: !inner.holds, what: What::Not(Box::new(inner)) }
        }
        Condition::And(parts) => {
            let parts = each(parts);
            Branch { holds: parts.iter().all(|part| part.holds), what: What::And(parts) }
        }
        Condition::Or(parts) => {
            let parts = each(parts);
            Branch { holds: parts.iter().any(|part| part.holds), what: What::Or(parts) }
        }
        Condition::Of { all, pattern, selections: named } => Branch {
            holds: if *all { named.iter().all(held) } else { named.iter().any(held) },
            what: What::Of { all: *all, pattern: pattern.clone(), selections: named.clone() },
        },
    }
}

fn block(source: &Block, compiled: &CompiledBlock, event: &Event<'_>) -> BlockSeen {
    match (source, compiled) {
        (Block::All(sources), CompiledBlock::All(items)) => {
            let items: Vec<_> =
                sources.iter().zip(items).map(|(source, each)| item(source, each, event)).collect();
            BlockSeen { holds: items.iter().all(|item| item.holds), parts: Parts::All(items) }
        }
        (Block::Any(sources), CompiledBlock::Any(blocks)) => {
            let pairs = sources.iter().zip(blocks);
            let blocks: Vec<_> = pairs.map(|(source, each)| block(source, each, event)).collect();
            BlockSeen { holds: blocks.iter().any(|block| block.holds), parts: Parts::Any(blocks) }
        }
        // One is compiled from the other, so they have one shape.
        _ => BlockSeen { holds: false, parts: Parts::Any(Vec::new()) },
    }
}

fn item(source: &Item, compiled: &CompiledItem, event: &Event<'_>) -> ItemSeen {
    let (present, elements) = elements_of(compiled, event, Vec::new());
    let mut folded = String::new();
    let mut one = |checks: &Vec<Check>| {
        let mut witnesses = checks.iter().filter_map(|check| {
            first_match(compiled, check, event, present, &elements, &mut folded)
        });
        witnesses.next()
    };
    let values: Vec<_> = source
        .values
        .iter()
        .zip(&compiled.values)
        .map(|(value, checks)| {
            let witness = one(checks);
            let by = match witness {
                Some(Witness::Element(index)) => Some(shown(event, index)),
                Some(Witness::Nothing) | None => None,
            };
            let other = other_values(checks, event);
            ValueSeen { holds: witness.is_some(), value: value.text.clone(), by, other }
        })
        .collect();
    let holds = match compiled.quantifier {
        Quantifier::Any => values.iter().any(|value| value.holds),
        Quantifier::All => values.iter().all(|value| value.holds),
    };
    let told = if compiled.path.is_some() { &elements[..] } else { &[] };
    ItemSeen {
        holds: holds != compiled.negated,
        field: source.field.as_ref().map(|field| field.name.clone()),
        asks: asked(source),
        present,
        found: told.iter().take(MOST_FOUND).map(|&index| shown(event, index)).collect(),
        not_shown: told.len().saturating_sub(MOST_FOUND),
        values,
    }
}

/// What the fields have that values are compared with.
fn other_values(checks: &[Check], event: &Event<'_>) -> Vec<String> {
    let mut elements = Vec::new();
    for check in checks {
        if let Check::FieldRef { path, .. } = check {
            resolve(path, 0, event, 0, &mut elements);
        }
    }
    elements.iter().take(MOST_FOUND).map(|&index| shown(event, index)).collect()
}

/// A value as JSON, cut to what can be read.
fn shown(event: &Event<'_>, index: usize) -> String {
    let mut json = event.json_of(index);
    if let Some((end, _)) = json.char_indices().nth(MOST_CHARS) {
        json.truncate(end);
        json.push('…');
    }
    json
}
