//! The literals a match cannot do without.
//!
//! Every record a rule can match holds at least one literal of each [`AnyOf`] found here, spelled in
//! ASCII in some case, unless the record holds `\u`, a slash spelled `\/` or a letter that folds to
//! ASCII (those records pass every gate that may need it). The algebra can only weaken: when in doubt the answer is "nothing is required",
//! the rule then sees every record, which is slower and still right. One literal too many would hide
//! findings, and no one would know.

use std::collections::BTreeSet;

use super::{fold::fold_char, inner};
use crate::sigma::{Block, Condition, Detection, Item, Pattern, Quantifier, Test, Token};

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

/// Sets beyond this many literals are dropped.
const MOST_LITERALS: usize = 20_000;

impl Required {
    /// Nothing is required.
    fn nothing() -> Self {
        Self::default()
    }

    fn one(set: BTreeSet<Literal>) -> Self {
        if set.len() > MOST_LITERALS {
            Self::nothing()
        } else {
            Self { all: vec![set.into_iter().collect()] }
        }
    }

    /// Both sides must hold, so the sets of both count.
    fn and(mut self, other: Self) -> Self {
        for set in other.all {
            if !self.all.contains(&set) {
                self.all.push(set);
            }
        }
        self.keep_best(MOST_SETS);
        self
    }

    /// A record may satisfy one side only, so any set of one side and any of the other make a set
    /// together; a side without any frees the rule.
    fn or(mut self, mut other: Self) -> Self {
        self.keep_best(6);
        other.keep_best(6);
        let mut all: Vec<AnyOf> = Vec::new();
        for (a, b) in self.all.iter().flat_map(|a| other.all.iter().map(move |b| (a, b))) {
            let set: BTreeSet<Literal> = a.iter().chain(b).cloned().collect();
            let set: AnyOf = set.into_iter().collect();
            if set.len() <= MOST_LITERALS && !all.contains(&set) {
                all.push(set);
            }
        }
        Self { all }
    }

    /// Keeps the `most` sets that promise to be hit least. Dropping a set only weakens.
    fn keep_best(&mut self, most: usize) {
        self.all.sort_by_key(|set| std::cmp::Reverse(score(set)));
        self.all.truncate(most);
    }
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
    condition(&detection.condition, detection)
}

fn condition(tree: &Condition, detection: &Detection) -> Required {
    let selection = |&index: &usize| block(&detection.selections[index].block);
    match tree {
        Condition::Selection(index) => selection(index),
        // What must not hold says nothing of what must be there.
        Condition::Not(_) => Required::nothing(),
        Condition::And(parts) => all(parts.iter().map(|part| condition(part, detection))),
        Condition::Or(parts) => any(parts.iter().map(|part| condition(part, detection))),
        Condition::Of { all: true, selections, .. } => all(selections.iter().map(selection)),
        Condition::Of { all: false, selections, .. } => any(selections.iter().map(selection)),
    }
}

fn block(source: &Block) -> Required {
    match source {
        Block::All(items) => all(items.iter().map(item)),
        Block::Any(blocks) => any(blocks.iter().map(block)),
    }
}

fn all(parts: impl Iterator<Item = Required>) -> Required {
    parts.fold(Required::nothing(), Required::and)
}

fn any(parts: impl Iterator<Item = Required>) -> Required {
    parts.reduce(Required::or).unwrap_or_default()
}

fn item(source: &Item) -> Required {
    if source.negated {
        return Required::nothing();
    }
    let field = source.field.as_ref().map(|field| field.name.as_str());
    // Keywords and what reads objects may match across values, where blanks can stand in the record.
    let loose = source.reads_objects || field.is_none();
    let value = |tests: &[Test]| -> Option<BTreeSet<Literal>> {
        tests.iter().map(|each| test(each, field, loose)).try_fold(
            BTreeSet::new(),
            |mut set, literals| {
                set.extend(literals?);
                Some(set)
            },
        )
    };
    let sets = source.values.iter().map(|each| value(&each.tests));
    match source.quantifier {
        Quantifier::All => all(sets.map(|set| set.map_or_else(Required::nothing, Required::one))),
        Quantifier::Any => {
            let union = sets.reduce(|a, b| Some(a?.into_iter().chain(b?).collect()));
            union.flatten().map_or_else(Required::nothing, Required::one)
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
mod tests {
    use super::*;
    use crate::engine::Gate;
    use crate::sigma::{Document, Placeholders, parse};

    fn of(detection: &str) -> Vec<Vec<String>> {
        let text = format!("title: t\nlogsource: {{product: aws}}\ndetection:\n{detection}");
        let parsed = parse(&text, &Placeholders::new());
        let Some(Document::Rule(rule)) = parsed.documents.first() else {
            panic!("{:?}", parsed.diagnostics)
        };
        let all = required(&rule.detection).all;
        all.iter()
            .map(|set| {
                set.iter().map(|literal| format!("{:?} {}", literal.place, literal.text)).collect()
            })
            .collect()
    }

    #[test]
    fn and_keeps_the_sets_of_both_sides() {
        let sets = of(
            "  a: {eventName: GetSigninToken, eventSource: signin.amazonaws.com}\n  condition: a",
        );
        assert!(sets.contains(&vec!["Whole getsignintoken".to_owned()]), "{sets:?}");
        assert!(sets.contains(&vec!["Whole signin.amazonaws.com".to_owned()]), "{sets:?}");
    }

    /// A tool asks the sign-in service for a token, and it is not the portal.
    #[test]
    fn a_filter_takes_nothing_from_what_its_rule_requires() {
        let text = "\
title: Token for the Console
logsource: {product: aws, service: cloudtrail}
detection:
  asked:
    eventName: GetSigninToken
    eventSource: signin.amazonaws.com
  filter_main_portal:
    userAgent|contains: Jersey/${project.version}
  condition: asked and not 1 of filter_main_*
";
        let parsed = parse(text, &Placeholders::new());
        let Some(Document::Rule(rule)) = parsed.documents.first() else {
            panic!("{:?}", parsed.diagnostics)
        };
        let whole = |field: &str, text: &str| {
            vec![Literal { field: Some(field.into()), place: Place::Whole, text: text.into() }]
        };
        let name = whole("eventName", "getsignintoken");
        let mut all = required(&rule.detection).all;
        assert_eq!(Gate::choose(&Required { all: all.clone() }), Gate::EventName(name.clone()));
        all.sort();
        assert_eq!(all, [name, whole("eventSource", "signin.amazonaws.com")]);
    }

    #[test]
    fn or_unites_and_a_free_side_frees() {
        assert_eq!(
            of("  a: {x: abc}\n  b: {y: def}\n  condition: a or b"),
            [["Whole abc", "Whole def"]]
        );
        assert!(of("  a: {x: abc}\n  b: {y: 5}\n  condition: a or b").is_empty());
    }

    #[test]
    fn negation_requires_nothing() {
        assert!(of("  a: {x: abc}\n  condition: not a").is_empty());
        assert!(of("  a: {x|neq: abc}\n  condition: a").is_empty());
    }

    #[test]
    fn what_a_number_could_print_is_no_literal() {
        for value in ["'100'", "'1e5'", "'-2'", "1000"] {
            assert!(of(&format!("  a: {{x: {value}}}\n  condition: a")).is_empty(), "{value}");
        }
    }

    #[test]
    fn literals_are_cut_where_json_may_escape_or_space() {
        assert_eq!(
            of("  a: {x|contains: ':role/admin/'}\n  condition: a"),
            [["Inside :role/admin/"]]
        );
        assert_eq!(
            of("  a: {x|contains: '\"Effect\":\"Allow\"'}\n  condition: a"),
            [["Inside effect"]]
        );
        assert_eq!(of("  a: {x|contains: ':i-'}\n  condition: a"), [["Inside :i-"]]);
        assert_eq!(of("  a: {x: 'grö\u{212a}e'}\n  condition: a"), [["Start gr"]]);
    }
}
