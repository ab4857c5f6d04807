//! What a rule asks for, taken apart: stages, predicates, exclusions, indicators.
//!
//! A stage is a part of the condition that must hold. What stands under `not` is an exclusion, be it
//! there or by `|neq`; everything else is an indicator. Texts are kept as the rule's author wrote them.

use std::collections::HashSet;

use serde::Serialize;

use crate::{
    engine::fold,
    rule::{Block, Condition, Detection, Item, Quantifier, Test, Value},
};

/// A part of the condition, all of which must hold.
#[derive(Debug, Serialize)]
pub(super) struct Stage<'s> {
    /// The part, as one would write it.
    pub(super) condition: String,
    /// It takes records out.
    pub(super) excludes: bool,
    /// The selections it names.
    pub(super) selections: Vec<Selection<'s>>,
}

/// A selection and what it asks for.
#[derive(Debug, Serialize)]
pub(super) struct Selection<'s> {
    pub(super) name: &'s str,
    /// One of these must hold, and all that is in it. Empty if an earlier stage has told it.
    pub(super) any: Vec<Vec<Predicate<'s>>>,
}

/// One `field|modifier: values` line.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Predicate<'s> {
    /// `None` for keywords, which may stand anywhere.
    pub(super) field: Option<&'s str>,
    pub(super) operator: String,
    /// Every value must hold; otherwise one is enough.
    pub(super) all: bool,
    /// It holds if the values do not.
    pub(super) negated: bool,
    pub(super) values: Vec<Sought<'s>>,
}

/// A value as written; `None` is null, which is not the text.
pub(super) type Sought<'s> = Option<&'s str>;

/// What a rule takes out.
#[derive(Debug, Serialize)]
pub(super) struct Exclusion<'s> {
    /// The selection it stands in, where several predicates may have to hold together.
    pub(super) selection: &'s str,
    pub(super) field: Option<&'s str>,
    pub(super) kind: String,
    pub(super) values: Vec<Sought<'s>>,
}

/// What a rule looks for: a field, an operator and a value.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Indicator<'s> {
    pub(super) field: Option<&'s str>,
    pub(super) operator: String,
    pub(super) value: Sought<'s>,
    /// How many other rules look for the same.
    pub(super) corpus: usize,
    /// Operators that look at case, at bytes or at other fields compare their values exactly.
    #[serde(skip)]
    exact: bool,
}

/// What makes two indicators the same. Values are compared as Sigma does: ignoring case, unless the
/// operator looks at it.
#[derive(Debug, PartialEq, Eq, Hash, Clone)]
pub(super) struct Key<'s> {
    pub(super) field: Option<&'s str>,
    operator: String,
    value: Option<String>,
}

impl<'s> Indicator<'s> {
    pub(super) fn key(&self) -> Key<'s> {
        let value = self.value.map(|text| if self.exact { text.to_owned() } else { fold(text) });
        Key { field: self.field, operator: self.operator.clone(), value }
    }
}

/// Everything of one detection.
#[derive(Debug)]
pub(super) struct Asks<'s> {
    /// The condition, as one would write it.
    pub(super) condition: String,
    pub(super) stages: Vec<Stage<'s>>,
    pub(super) exclusions: Vec<Exclusion<'s>>,
    pub(super) indicators: Vec<Indicator<'s>>,
}

/// Takes a detection apart.
pub(super) fn asks(detection: &Detection) -> Asks<'_> {
    let mut sides = Sides::default();
    sides.walk(&detection.condition, true, detection);
    Asks {
        condition: words(&detection.condition, detection, Binding::Loose),
        stages: stages(detection),
        exclusions: sides.exclusions,
        indicators: sides.indicators,
    }
}

/// How tightly the place of a condition binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Loose,
    And,
    Not,
}

fn name(detection: &Detection, at: usize) -> &str {
    detection.selections.get(at).map_or("", |selection| selection.name.as_str())
}

/// A condition as one would write it, with the parentheses it needs.
fn words(condition: &Condition, detection: &Detection, place: Binding) -> String {
    let joined = |parts: &[Condition], joint: &str, inner: Binding| {
        let parts: Vec<_> = parts.iter().map(|part| words(part, detection, inner)).collect();
        parts.join(joint)
    };
    let (text, binds) = match condition {
        Condition::Selection(at) => return name(detection, *at).to_owned(),
        Condition::Of { all, pattern, .. } => {
            return format!("{} of {pattern}", if *all { "all" } else { "1" });
        }
        Condition::Not(inner) => {
            return format!("not {}", words(inner, detection, Binding::Not));
        }
        Condition::And(parts) => (joined(parts, " and ", Binding::And), Binding::And),
        Condition::Or(parts) => (joined(parts, " or ", Binding::Loose), Binding::Loose),
    };
    if place > binds { format!("({text})") } else { text }
}

/// The parts of a condition that must all hold, in their order, each once.
fn stages(detection: &Detection) -> Vec<Stage<'_>> {
    let mut parts = Vec::new();
    let mut open = vec![&detection.condition];
    while let Some(condition) = open.pop() {
        match condition {
            Condition::And(inner) => open.extend(inner.iter().rev()),
            part => parts.push(part),
        }
    }
    let (mut met, mut told) = (HashSet::new(), HashSet::new());
    let mut stages = Vec::new();
    for part in parts {
        let condition = words(part, detection, Binding::Loose);
        if met.insert(condition.clone()) {
            let selections = named(part)
                .into_iter()
                .filter_map(|at| {
                    let selection = detection.selections.get(at)?;
                    let any =
                        if told.insert(at) { alternatives(&selection.block) } else { Vec::new() };
                    Some(Selection { name: &selection.name, any })
                })
                .collect();
            stages.push(Stage {
                condition,
                excludes: matches!(part, Condition::Not(_)),
                selections,
            });
        }
    }
    stages
}

/// The selections that a condition names, each once, in their order there.
fn named(condition: &Condition) -> Vec<usize> {
    let (mut named, mut met) = (Vec::new(), HashSet::new());
    let mut open = vec![condition];
    while let Some(condition) = open.pop() {
        let listed: &[usize] = match condition {
            Condition::Selection(at) => std::slice::from_ref(at),
            Condition::Of { selections, .. } => selections,
            Condition::Not(inner) => {
                open.push(inner);
                continue;
            }
            Condition::And(parts) | Condition::Or(parts) => {
                open.extend(parts.iter().rev());
                continue;
            }
        };
        named.extend(listed.iter().copied().filter(|at| met.insert(*at)));
    }
    named
}

/// The maps of which one must hold.
fn alternatives(block: &Block) -> Vec<Vec<Predicate<'_>>> {
    let mut any = Vec::new();
    let mut open = vec![block];
    while let Some(block) = open.pop() {
        match block {
            Block::All(items) => any.push(items.iter().map(predicate).collect()),
            Block::Any(blocks) => open.extend(blocks.iter().rev()),
        }
    }
    any
}

fn predicate(item: &Item) -> Predicate<'_> {
    Predicate {
        field: item.field.as_ref().map(|field| field.name.as_str()),
        operator: operator(item),
        all: item.quantifier == Quantifier::All && item.values.len() > 1,
        negated: item.negated,
        values: item.values.iter().map(sought).collect(),
    }
}

fn sought(value: &Value) -> Sought<'_> {
    match value.tests.as_slice() {
        [Test::Null] => None,
        _ => Some(&value.text),
    }
}

/// How a value is compared.
fn operator(item: &Item) -> String {
    match (item.operator.as_slice(), &item.field) {
        ([], Some(_)) => "equals".to_owned(),
        ([], None) => "keyword".to_owned(),
        (how, _) => how.join("|"),
    }
}

/// Whether case tells the values of an item apart.
fn is_exact(item: &Item) -> bool {
    const EXACT: [&str; 6] = ["cased", "re", "fieldref", "base64", "base64offset", "expand"];
    item.operator.iter().any(|word| EXACT.contains(word))
}

/// What the items of a detection are for: to find, or to leave out.
#[derive(Debug, Default)]
struct Sides<'s> {
    exclusions: Vec<Exclusion<'s>>,
    indicators: Vec<Indicator<'s>>,
    /// Selections told, by index and side.
    told: HashSet<(usize, bool)>,
    known: HashSet<Key<'s>>,
}

impl<'s> Sides<'s> {
    /// Goes through a condition; under `not`, what holds takes a record out. Its depth is bounded.
    fn walk(&mut self, condition: &Condition, finds: bool, detection: &'s Detection) {
        match condition {
            Condition::Not(inner) => self.walk(inner, !finds, detection),
            Condition::And(parts) | Condition::Or(parts) => {
                for part in parts {
                    self.walk(part, finds, detection);
                }
            }
            Condition::Selection(at) => self.selection(*at, finds, detection),
            Condition::Of { selections, .. } => {
                for at in selections {
                    self.selection(*at, finds, detection);
                }
            }
        }
    }

    fn selection(&mut self, at: usize, finds: bool, detection: &'s Detection) {
        if !self.told.insert((at, finds)) {
            return;
        }
        let Some(selection) = detection.selections.get(at) else { return };
        let mut open = vec![&selection.block];
        while let Some(block) = open.pop() {
            match block {
                Block::Any(blocks) => open.extend(blocks.iter().rev()),
                Block::All(items) => {
                    for item in items {
                        if finds == item.negated {
                            self.exclude(&selection.name, item);
                        } else {
                            self.look_for(item);
                        }
                    }
                }
            }
        }
    }

    fn exclude(&mut self, selection: &'s str, item: &'s Item) {
        let Predicate { field, operator, values, .. } = predicate(item);
        self.exclusions.push(Exclusion { selection, field, kind: operator, values });
    }

    fn look_for(&mut self, item: &'s Item) {
        let Predicate { field, operator, values, .. } = predicate(item);
        let exact = is_exact(item);
        for value in values {
            let operator = operator.clone();
            let indicator = Indicator { field, operator, value, corpus: 0, exact };
            if self.known.insert(indicator.key()) {
                self.indicators.push(indicator);
            }
        }
    }
}
