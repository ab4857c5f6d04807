//! The literals a match cannot do without.
//!
//! Every record a rule can match holds at least one literal of each [`AnyOf`] found here, spelled in
//! ASCII in some case, unless the record holds `\u`, a slash spelled `\/` or a letter that folds to
//! ASCII (those records pass every gate that may need it). The algebra can only weaken: when in doubt the answer is "nothing is required",
//! the rule then sees every record, which is slower and still right. One literal too many would hide
//! findings, and no one would know.

use std::collections::HashSet;

use super::{fold::fold_char, inner};
use crate::rule::{Block, Condition, Detection, Item, Pattern, Quantifier, Test, Token};

/// Bytes that must be in the record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Literal {
    /// The field whose value holds them; `None` for keywords.
    pub field: Option<String>,
    /// Where in the value.
    pub place: Place,
    /// The bytes: ASCII, folded, never empty.
    pub text: String,
}

/// Where in a value a literal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// It is the whole value.
    Whole,
    /// The value begins with it.
    Start,
    /// The value ends with it.
    End,
    /// Anywhere in it.
    Inside,
}

/// A set of literals of which a matching record holds at least one. An empty set cannot be met.
pub type AnyOf = Vec<Literal>;

/// What a match requires: all of these sets. Empty if nothing is known to be required.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Required {
    /// The sets, without repetition.
    pub all: Vec<AnyOf>,
}

/// Products beyond this many sets are weakened to the best of them.
const MOST_SETS: usize = 48;

/// Sets of an alternative beyond this many are weakened to the best of them before they are multiplied.
const MOST_FACTORS: usize = 6;

/// The same for alternatives whose sets have more literals than [`MANY_LITERALS`] in sum.
const MOST_LARGE_FACTORS: usize = 2;

/// See [`MOST_LARGE_FACTORS`].
const MANY_LITERALS: usize = 4096;

impl Required {
    /// Nothing is required.
    fn nothing() -> Self {
        Self::default()
    }

    fn one(mut set: AnyOf) -> Self {
        set.sort_unstable();
        set.dedup();
        Self { all: vec![set] }
    }

    /// A record may satisfy one side only, so any set of one side and any of the other make a set
    /// together; a side without any frees the rule.
    fn or(mut self, mut other: Self) -> Self {
        let literals: usize = self.all.iter().chain(&other.all).map(Vec::len).sum();
        let most = if literals > MANY_LITERALS { MOST_LARGE_FACTORS } else { MOST_FACTORS };
        self.keep_best(most);
        other.keep_best(most);
        if let ([a], [b]) = (&mut self.all[..], &mut other.all[..]) {
            let set = united(std::mem::take(a), std::mem::take(b));
            return Self { all: vec![set] };
        }
        let mut all: Vec<AnyOf> = Vec::new();
        for (a, b) in self.all.iter().flat_map(|a| other.all.iter().map(move |b| (a, b))) {
            let set = united(a.clone(), b.clone());
            if !all.contains(&set) {
                all.push(set);
            }
        }
        Self { all }
    }

    /// Keeps the `most` sets that promise to be hit least. Dropping a set only weakens.
    fn keep_best(&mut self, most: usize) {
        self.all.sort_by_cached_key(|set| std::cmp::Reverse(score(set)));
        self.all.truncate(most);
    }
}

/// All literals of two sets in order.
fn united(mut a: AnyOf, b: AnyOf) -> AnyOf {
    #[cfg(test)]
    tests::HANDLED.set(tests::HANDLED.get() + a.len() + b.len());
    a.extend(b);
    // Stable: it merges two sorted runs in linear time.
    a.sort();
    a.dedup();
    a
}

/// How rarely a set of literals promises to be hit: more is better, 0 is useless. A guess, so it
/// may only choose between sets.
pub(super) fn score(set: &AnyOf) -> usize {
    set.iter().map(literal_score).min().unwrap_or(usize::MAX).saturating_mul(1000) / (set.len() + 4)
}

/// Texts that stand in a good part of all records.
const COMMON: [&str; 22] = [
    "amazonaws.com",
    "aws",
    "true",
    "false",
    "null",
    "assumedrole",
    "iamuser",
    "role",
    "root",
    "awsservice",
    "success",
    "management",
    "awsapicall",
    "us-east-1",
    "arn:aws:",
    "amazon",
    "data",
    "user",
    "sts.amazonaws.com",
    "s3.amazonaws.com",
    "ec2.amazonaws.com",
    "no",
];

fn literal_score(literal: &Literal) -> usize {
    let whole_event_name = literal.field.as_deref() == Some("eventName");
    if whole_event_name {
        return 40 + literal.text.len();
    }
    let common = COMMON.contains(&literal.text.as_str());
    match literal.text.len() {
        _ if common => 1,
        0..3 => 0,
        length => length.min(30),
    }
}

/// What a match of `detection` requires.
pub fn required(detection: &Detection) -> Required {
    let selections = vec![None; detection.selections.len()];
    Walk { detection, selections }.condition(&detection.condition)
}

/// A walk over a condition, which may name a selection many times.
struct Walk<'d> {
    detection: &'d Detection,
    /// What each selection requires, computed on first use.
    selections: Vec<Option<Required>>,
}

impl Walk<'_> {
    /// The depth of a condition is bounded.
    fn condition(&mut self, tree: &Condition) -> Required {
        match tree {
            Condition::Selection(index) => self.selection(*index),
            // What must not hold says nothing of what must be there.
            Condition::Not(_) => Required::nothing(),
            Condition::And(parts) => all(distinct(parts).map(|part| self.condition(part))),
            Condition::Or(parts) => any(distinct(parts).map(|part| self.condition(part))),
            Condition::Of { all: true, selections, .. } => {
                all(selections.iter().map(|&index| self.selection(index)))
            }
            Condition::Of { all: false, selections, .. } => {
                any(selections.iter().map(|&index| self.selection(index)))
            }
        }
    }

    fn selection(&mut self, index: usize) -> Required {
        let block_of = || block(&self.detection.selections[index].block);
        self.selections[index].get_or_insert_with(block_of).clone()
    }
}

/// The parts of a condition without selections and patterns that were there before: to say something twice
/// requires nothing more.
fn distinct(parts: &[Condition]) -> impl Iterator<Item = &Condition> {
    let mut seen = HashSet::new();
    parts.iter().filter(move |part| match part {
        Condition::Selection(index) => seen.insert((None, *index)),
        Condition::Of { all, pattern, .. } => {
            seen.insert((Some(pattern.as_str()), usize::from(*all)))
        }
        _ => true,
    })
}

fn block(source: &Block) -> Required {
    match source {
        Block::All(items) => all(items.iter().map(item)),
        Block::Any(blocks) => any(blocks.iter().map(block)),
    }
}

/// All parts must hold, so the sets of all of them count.
fn all(parts: impl Iterator<Item = Required>) -> Required {
    let mut all: Vec<AnyOf> = parts.flat_map(|part| part.all).collect();
    let mut seen = HashSet::new();
    let mut is_new: Vec<bool> = all.iter().map(|set| seen.insert(set)).collect();
    drop(seen);
    is_new.reverse();
    all.retain(|_| is_new.pop().unwrap_or(true));
    let mut required = Required { all };
    required.keep_best(MOST_SETS);
    required
}

/// Unites neighbours, then what came of them, and so on: each literal is handled once in each round, and
/// rounds are few.
fn any(parts: impl Iterator<Item = Required>) -> Required {
    let mut parts: Vec<Required> = parts.collect();
    if parts.iter().any(|part| part.all.is_empty()) {
        return Required::nothing();
    }
    while parts.len() > 1 {
        let mut rest = std::mem::take(&mut parts).into_iter();
        while let Some(part) = rest.next() {
            parts.push(match rest.next() {
                Some(other) => part.or(other),
                None => part,
            });
        }
    }
    parts.pop().unwrap_or_default()
}

fn item(source: &Item) -> Required {
    if source.negated {
        return Required::nothing();
    }
    let field = source.field.as_ref().map(|field| field.name.as_str());
    // Keywords and what reads objects may match across values, where blanks can stand in the record.
    let loose = source.reads_objects || field.is_none();
    let value = |tests: &[Test]| -> Option<AnyOf> {
        let sets = tests.iter().map(|each| test(each, field, loose)).collect::<Option<Vec<_>>>()?;
        Some(sets.into_iter().flatten().collect())
    };
    let sets = source.values.iter().map(|each| value(&each.tests));
    match source.quantifier {
        Quantifier::All => all(sets.map(|set| set.map_or_else(Required::nothing, Required::one))),
        Quantifier::Any => {
            let union = sets.collect::<Option<Vec<_>>>();
            union.map_or_else(Required::nothing, |sets| {
                Required::one(sets.into_iter().flatten().collect())
            })
        }
    }
}

/// The literals of which one must be there for the test to hold; `None` if nothing is known.
fn test(source: &Test, field: Option<&str>, loose: bool) -> Option<Vec<Literal>> {
    let literal =
        |(place, text): (Place, String)| Literal { field: field.map(str::to_owned), place, text };
    match source {
        Test::Text(pattern) => best_run(pattern, loose).map(|run| vec![literal(run)]),
        Test::Bool(value) => Some(vec![literal((Place::Inside, value.to_string()))]),
        Test::Regex(regex) => {
            let runs = inner::literals(regex)?;
            runs.into_iter()
                .map(|run| {
                    longest(safe_runs(&run, true)).map(|text| literal((Place::Inside, text)))
                })
                .collect()
        }
        Test::Number(_)
        | Test::Null
        | Test::Cidr(_)
        | Test::Exists(_)
        | Test::Compare(..)
        | Test::TimePart(..)
        | Test::FieldRef(_) => None,
    }
}

/// The run of a pattern's text that promises most.
fn best_run(pattern: &Pattern, loose: bool) -> Option<(Place, String)> {
    let last = pattern.tokens.len().checked_sub(1)?;
    let mut best: Option<(Place, String)> = None;
    for (at, token) in pattern.tokens.iter().enumerate() {
        let Token::Literal(text) = token else { continue };
        for run in safe_runs(text, loose) {
            let (starts, ends) = (at == 0 && run.starts, at == last && run.ends);
            let place = match (starts, ends) {
                (true, true) => Place::Whole,
                (true, false) => Place::Start,
                (false, true) => Place::End,
                (false, false) => Place::Inside,
            };
            if best.as_ref().is_none_or(|(_, text)| run.text.len() > text.len()) {
                best = Some((place, run.text));
            }
        }
    }
    best
}

/// A run of bytes that a record must hold as they are, but for case.
struct Run {
    text: String,
    /// The run begins where the text begins.
    starts: bool,
    /// The run ends where the text ends.
    ends: bool,
}

fn longest(runs: Vec<Run>) -> Option<String> {
    runs.into_iter().map(|run| run.text).max_by_key(String::len)
}

/// Cuts a text where JSON may spell it otherwise: at quotes, backslashes, control
/// characters and whatever is not ASCII after folding; with `loose`, also wherever a blank may stand
/// between two tokens of an object. Runs that a number could print are none.
fn safe_runs(text: &str, loose: bool) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut run = Run { text: String::new(), starts: true, ends: false };
    let mut before = None;
    for c in text.chars().map(fold_char) {
        let safe = c.is_ascii() && !c.is_ascii_control() && !matches!(c, '"' | '\\');
        if !safe || (loose && before.is_some_and(|before| may_be_apart(before, c))) {
            end_run(&mut runs, &mut run, Run { text: String::new(), starts: false, ends: false });
        }
        if safe {
            run.text.push(c);
        }
        before = Some(c);
    }
    run.ends =
        before.is_none_or(|c| c.is_ascii() && !c.is_ascii_control() && !matches!(c, '"' | '\\'));
    end_run(&mut runs, &mut run, Run { text: String::new(), starts: false, ends: false });
    runs
}

fn end_run(runs: &mut Vec<Run>, run: &mut Run, next: Run) {
    let run = std::mem::replace(run, next);
    let could_be_number =
        run.text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'+' | b'-'));
    if !could_be_number {
        runs.push(run);
    }
}

/// Whether two neighbours in compact JSON may have blanks between them as written: one of them is
/// punctuation and the other may stand beside it. `:i` for one can only be inside a string.
fn may_be_apart(before: char, after: char) -> bool {
    let value_starts =
        |c: char| matches!(c, '"' | '{' | '[' | '-' | 't' | 'f' | 'n') || c.is_ascii_digit();
    let value_ends = |c: char| matches!(c, '"' | '}' | ']' | 'e' | 'l') || c.is_ascii_digit();
    match (before, after) {
        ('{', c) => c == '"' || c == '}',
        ('[', c) => value_starts(c) || c == ']',
        (':' | ',', c) => value_starts(c),
        (c, '}' | ']') => value_ends(c) || c == '{' || c == '[',
        (c, ',') => value_ends(c),
        (c, ':') => c == '"',
        _ => false,
    }
}

#[cfg(test)]
mod tests;
