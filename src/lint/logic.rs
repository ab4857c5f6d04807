//! Whether a condition can hold at all.
//!
//! Items are the atoms. What is known of a field ties them together: it is missing, or null, or one of the
//! texts that the rule names, or something else. Everything else, such as which regular expressions can hold
//! at once, is left open, so that "cannot hold" is always right and "can hold" is a guess. The search
//! is bounded; a rule that is too large for it gets no answer.

use std::collections::HashMap;

use super::knowledge::{Kind, Knowledge};
use crate::rule::{Block, Condition, Item, Pattern, Quantifier, Selection, Test, Token};

/// Atoms that may be looked at for one rule.
const MOST_WORK: usize = 500_000;

/// Fields and free atoms that are decided one after the other.
const MOST_CHOICES: usize = 120;

/// Texts of one field that are told apart.
const MOST_TEXTS: usize = 2000;

/// A boolean over atoms and selections.
#[derive(Debug, Clone)]
pub(super) enum Formula {
    Constant(bool),
    Atom(usize),
    Selection(usize),
    Not(Box<Formula>),
    And(Vec<Formula>),
    Or(Vec<Formula>),
}

/// The selections of a rule, ready to be asked.
pub(super) struct Logic {
    selections: Vec<Formula>,
    atoms: usize,
    /// For each field, the states it can be in: what each of its atoms is then, if that is known.
    fields: Vec<Vec<State>>,
    /// Atoms that may still be looked at.
    left: usize,
}

type State = Vec<(usize, Option<bool>)>;

/// An atom: an item without its negation.
#[derive(PartialEq)]
struct Atom<'s> {
    item: &'s Item,
}

impl<'s> Atom<'s> {
    fn key(item: &'s Item) -> String {
        let name = item.field.as_ref().map_or("", |field| &field.name);
        let Item { operator, quantifier, negated, .. } = item;
        let mut key = format!("{name}\0{operator:?}\0{quantifier:?}\0{negated}");
        for value in &item.values {
            key.push('\0');
            key.push_str(&value.text);
            // A quoted number is another test than a number.
            key.push(if matches!(value.tests.first(), Some(Test::Text(_))) { 't' } else { 'o' });
        }
        key
    }
}

impl Logic {
    /// `None` if there is too much to ask.
    pub(super) fn new(selections: &[Selection], knowledge: &Knowledge) -> Option<Self> {
        let mut atoms: Vec<Atom<'_>> = Vec::new();
        let mut numbers = HashMap::new();
        let mut formula = |item| {
            let number = *numbers.entry(Atom::key(item)).or_insert_with(|| {
                atoms.push(Atom { item });
                atoms.len() - 1
            });
            let atom = Formula::Atom(number);
            if item.negated { Formula::Not(Box::new(atom)) } else { atom }
        };
        let selections =
            selections.iter().map(|selection| block(&selection.block, &mut formula)).collect();
        let mut of_fields: Vec<(&str, Vec<usize>)> = Vec::new();
        let mut places = HashMap::new();
        for (number, atom) in atoms.iter().enumerate() {
            let Some(field) = &atom.item.field else { continue };
            let place = *places.entry(field.name.as_str()).or_insert_with(|| {
                of_fields.push((&field.name, Vec::new()));
                of_fields.len() - 1
            });
            of_fields[place].1.push(number);
        }
        let mut work = 0;
        let mut fields = Vec::new();
        for (name, numbers) in of_fields {
            let single = knowledge.kind(name) == Some(Kind::Text);
            fields.push(states(&numbers, &atoms, single, &mut work)?);
        }
        let choices = fields.len() + atoms.len();
        (choices <= MOST_CHOICES).then_some(Self {
            selections,
            atoms: atoms.len(),
            fields,
            left: MOST_WORK,
        })
    }

    /// Whether the formula can hold. `None` if that would take too long to find out.
    pub(super) fn can_hold(&mut self, formula: &Formula) -> Option<bool> {
        let mut known = vec![None; self.atoms];
        self.search(formula, &mut known, 0)
    }

    /// Decides the fields, then what they leave open, one by one. The depth is [`MOST_CHOICES`] at most.
    fn search(
        &mut self,
        formula: &Formula,
        known: &mut Vec<Option<bool>>,
        step: usize,
    ) -> Option<bool> {
        let decided = evaluate(formula, &self.selections, known, &mut self.left);
        if self.left == 0 {
            return None;
        }
        if decided.is_some() {
            return decided;
        }
        if step < self.fields.len() {
            for state in 0..self.fields[step].len() {
                for &(atom, value) in &self.fields[step][state] {
                    known[atom] = value;
                }
                if self.search(formula, known, step + 1)? {
                    return Some(true);
                }
            }
            for &(atom, _) in &self.fields[step][0] {
                known[atom] = None;
            }
            return Some(false);
        }
        let Some(open) = known.iter().position(Option::is_none) else { return Some(false) };
        for value in [true, false] {
            known[open] = Some(value);
            if self.search(formula, known, step + 1)? {
                return Some(true);
            }
        }
        known[open] = None;
        Some(false)
    }
}

fn evaluate(
    formula: &Formula,
    selections: &[Formula],
    known: &[Option<bool>],
    left: &mut usize,
) -> Option<bool> {
    *left = left.saturating_sub(1);
    if *left == 0 {
        return None;
    }
    // One side decides as soon as it has this value; only if all have the other, that is the result.
    let mut join = |parts: &[Formula], decides: bool| {
        let mut all = true;
        for part in parts {
            match evaluate(part, selections, known, left) {
                Some(value) if value == decides => return Some(decides),
                Some(_) => {}
                None => all = false,
            }
        }
        all.then_some(!decides)
    };
    match formula {
        Formula::Constant(value) => Some(*value),
        Formula::Atom(at) => known[*at],
        Formula::And(parts) => join(parts, false),
        Formula::Or(parts) => join(parts, true),
        Formula::Not(inner) => evaluate(inner, selections, known, left).map(|value| !value),
        Formula::Selection(at) => evaluate(&selections[*at], selections, known, left),
    }
}

/// The condition as a formula; the selection at `fixed` counts as that value.
pub(super) fn of_condition(tree: &Condition, fixed: Option<(usize, bool)>) -> Formula {
    let selection = |at: usize| match fixed {
        Some((other, value)) if other == at => Formula::Constant(value),
        _ => Formula::Selection(at),
    };
    let all = |parts: &[Condition]| parts.iter().map(|part| of_condition(part, fixed)).collect();
    match tree {
        Condition::Selection(at) => selection(*at),
        Condition::Not(inner) => not(of_condition(inner, fixed)),
        Condition::And(parts) => Formula::And(all(parts)),
        Condition::Or(parts) => Formula::Or(all(parts)),
        Condition::Of { all: true, selections, .. } => {
            Formula::And(selections.iter().map(|at| selection(*at)).collect())
        }
        Condition::Of { all: false, selections, .. } => {
            Formula::Or(selections.iter().map(|at| selection(*at)).collect())
        }
    }
}

/// The opposite.
pub(super) fn not(formula: Formula) -> Formula {
    Formula::Not(Box::new(formula))
}

/// Lists do not nest, so this goes two levels deep.
fn block<'s>(source: &'s Block, formula: &mut impl FnMut(&'s Item) -> Formula) -> Formula {
    match source {
        Block::All(items) => Formula::And(items.iter().map(formula).collect()),
        Block::Any(blocks) => {
            let mut parts = Vec::with_capacity(blocks.len());
            for part in blocks {
                parts.push(match part {
                    Block::All(items) => Formula::And(items.iter().map(&mut *formula).collect()),
                    Block::Any(_) => Formula::Or(Vec::new()),
                });
            }
            Formula::Or(parts)
        }
    }
}

/// How a field can be.
enum Holds<'t> {
    Missing,
    Null,
    /// This one text.
    Text(&'t str),
    /// One text that the rule does not name.
    Other,
    /// Whatever it likes.
    Anything,
}

/// The states of a field that its atoms tell apart.
fn states(
    numbers: &[usize],
    atoms: &[Atom<'_>],
    single: bool,
    work: &mut usize,
) -> Option<Vec<State>> {
    let tests = || {
        let items = numbers.iter().map(|at| atoms[*at].item);
        items.flat_map(|item| &item.values).flat_map(|value| &value.tests)
    };
    // Texts beyond ASCII may be equal although they differ in lower case.
    let ascii = |test: &Test| match test {
        Test::Text(pattern) => pattern.as_plain().is_none_or(str::is_ascii),
        _ => true,
    };
    let single = single && tests().all(ascii);
    let texts: Vec<String> = if single {
        let mut texts: Vec<String> = tests()
            .filter_map(|test| match test {
                Test::Text(pattern) => pattern.as_plain().map(str::to_lowercase),
                Test::Bool(value) => Some(value.to_string()),
                _ => None,
            })
            .collect();
        texts.sort_unstable();
        texts.dedup();
        texts
    } else {
        Vec::new()
    };
    *work += tests().count().saturating_mul(texts.len() + 3);
    if texts.len() > MOST_TEXTS || *work > MOST_WORK {
        return None;
    }
    let others = if single { Holds::Other } else { Holds::Anything };
    let texts = texts.iter().map(|text| Holds::Text(text));
    let ways = texts.chain([others, Holds::Missing, Holds::Null]);
    let mut states: Vec<State> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for way in ways {
        let state: State = numbers.iter().map(|at| (*at, item(atoms[*at].item, &way))).collect();
        if seen.insert(state.clone()) {
            states.push(state);
        }
    }
    Some(states)
}

/// What an item is, its negation aside, where its field is so.
fn item(item: &Item, way: &Holds<'_>) -> Option<bool> {
    let (mut some, mut all, mut open) = (false, true, false);
    for value in &item.values {
        let mut holds = Some(false);
        for each in &value.tests {
            match test(each, way) {
                Some(true) => {
                    holds = Some(true);
                    break;
                }
                Some(false) => {}
                None => holds = None,
            }
        }
        match holds {
            Some(true) => some = true,
            Some(false) => all = false,
            None => open = true,
        }
    }
    match item.quantifier {
        Quantifier::Any if some => Some(true),
        Quantifier::All if !all => Some(false),
        _ if open => None,
        Quantifier::Any => Some(false),
        Quantifier::All => Some(true),
    }
}

fn test(test: &Test, way: &Holds<'_>) -> Option<bool> {
    match (test, way) {
        (Test::Exists(wanted), Holds::Missing) => Some(!wanted),
        (Test::Exists(wanted), _) => Some(*wanted),
        (Test::Null, Holds::Missing | Holds::Null) => Some(true),
        (_, Holds::Missing | Holds::Null)
        | (Test::Null, Holds::Text(_) | Holds::Other)
        | (Test::Bool(_), Holds::Other) => Some(false),
        (Test::Text(pattern), Holds::Text(text)) if !pattern.cased => Some(matches(pattern, text)),
        (Test::Text(pattern), Holds::Other) => match pattern.tokens.as_slice() {
            [Token::Any] => Some(true),
            _ if pattern.as_plain().is_some() => Some(false),
            _ => None,
        },
        (Test::Bool(wanted), Holds::Text(text)) => Some(*text == wanted.to_string()),
        _ => None,
    }
}

/// Whether the whole of a text in lower case matches a pattern, without case. A star is tried again at
/// the next place only, so this takes no longer than the product of both.
pub(super) fn matches(pattern: &Pattern, text: &str) -> bool {
    let wanted: Vec<Option<char>> = pattern
        .tokens
        .iter()
        .flat_map(|token| match token {
            Token::Literal(text) => text.to_lowercase().chars().map(Some).collect(),
            Token::One => vec![Some('\0')],
            Token::Any => vec![None],
        })
        .collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        match wanted.get(at) {
            Some(None) => {
                star = Some((at, from));
                at += 1;
            }
            Some(Some(char)) if *char == '\0' || *char == text[from] => {
                at += 1;
                from += 1;
            }
            _ => {
                let Some((again, start)) = star else { return false };
                at = again + 1;
                from = start + 1;
                star = Some((again, from));
            }
        }
    }
    wanted[at.min(wanted.len())..].iter().all(Option::is_none)
}
