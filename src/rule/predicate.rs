//! What a rule looks for: a boolean tree over named groups of field tests.
//!
//! Everything is resolved here: modifiers have been applied, wildcards read, placeholders filled
//! in. What remains is a small vocabulary of tests that an evaluator can run without knowing the
//! language it came from.
//!
//! There are two levels. A [`Selection`] is a group of tests without `not`: the lines that must hold
//! together, or alternatives of them. A [`Condition`] is any boolean tree over selections, which it
//! names by index. Sigma is written this way. A language whose rules are one tree (KQL, EQL, Python)
//! lowers to it without loss: each comparison, or run of comparisons joined by `and`, becomes a
//! selection named by its text, and the operators above become the condition. The levels are kept
//! apart for two reasons: a condition may name one selection many times, so it holds references and
//! no copies, and lints and pages ask what must hold together, which is a selection.

use super::{Number, Pattern, RegexTest, Span};

/// The `detection` of a rule: named selections and the condition over them.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// The selections, in the order they are written.
    pub selections: Vec<Selection>,
    /// The boolean over `selections`. A list of conditions has become one `Or`.
    pub condition: Condition,
}

impl Detection {
    /// For each selection, whether the condition names it outside a `not`.
    pub fn named_outside_not(&self) -> Vec<bool> {
        let mut named = vec![false; self.selections.len()];
        let mut open = vec![&self.condition];
        while let Some(condition) = open.pop() {
            match condition {
                Condition::Selection(index) => named[*index] = true,
                Condition::Not(_) => {}
                Condition::And(parts) | Condition::Or(parts) => open.extend(parts),
                Condition::Of { selections, .. } => {
                    for index in selections {
                        named[*index] = true;
                    }
                }
            }
        }
        named
    }
}

/// A condition tree. Selections are named by their index in `Detection::selections`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The selection holds.
    Selection(usize),
    /// The inner condition does not hold.
    Not(Box<Condition>),
    /// All hold. Never empty.
    And(Vec<Condition>),
    /// One holds. Never empty.
    Or(Vec<Condition>),
    /// `1 of PATTERN` or `all of PATTERN`, resolved.
    Of {
        /// `all of` instead of `1 of`.
        all: bool,
        /// The pattern as written, or `them`.
        pattern: String,
        /// The selections it names. Never empty.
        selections: Vec<usize>,
    },
}

impl Condition {
    /// Whether it contains a `not`. The depth of a condition is bounded.
    pub(crate) fn has_not(&self) -> bool {
        match self {
            Self::Not(_) => true,
            Self::And(parts) | Self::Or(parts) => parts.iter().any(Self::has_not),
            Self::Selection(_) | Self::Of { .. } => false,
        }
    }

    /// The same condition over selections whose indices are larger by `by`.
    pub(crate) fn shifted(&self, by: usize) -> Self {
        let all = |parts: &[Self]| parts.iter().map(|part| part.shifted(by)).collect();
        match self {
            Self::Selection(at) => Self::Selection(at + by),
            Self::Not(inner) => Self::Not(Box::new(inner.shifted(by))),
            Self::And(parts) => Self::And(all(parts)),
            Self::Or(parts) => Self::Or(all(parts)),
            Self::Of { all, pattern, selections } => Self::Of {
                all: *all,
                pattern: pattern.clone(),
                selections: selections.iter().map(|at| at + by).collect(),
            },
        }
    }
}

/// A group of field tests and its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// The name used in the condition; in a language without names, the text of the tests.
    pub name: String,
    /// What must hold.
    pub block: Block,
    /// Place of the name in the rule file.
    pub span: Span,
}

/// The body of a selection.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A map: every item must hold. Never empty.
    All(Vec<Item>),
    /// A list: one block must hold. Never empty. A list of plain keywords is `All` with one item
    /// instead; a list that mixes maps and keywords has one block for each entry.
    Any(Vec<Block>),
}

/// One `field|modifier: values` line, or keywords.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The field whose values are tested; `None` for keywords, which search every value.
    pub field: Option<Field>,
    /// How the values are compared, in the words of the rule's language: `contains`, `re` and `i`.
    /// For people, and for telling items apart; what is evaluated is `values`. Empty for
    /// plain equality. `quantifier` and `negated` are not repeated here.
    pub operator: Vec<&'static str>,
    /// The values. Never empty.
    pub values: Vec<Value>,
    /// Whether one value must hold or all of them (`|all`).
    pub quantifier: Quantifier,
    /// `|neq`: the item as a whole is negated, so it is true for a missing field.
    pub negated: bool,
    /// `|contains` and `|re` also look into an object: the text of every scalar below it and its
    /// compact JSON.
    pub reads_objects: bool,
    /// Place of the key in the rule file.
    pub span: Span,
}

/// How the values of an item combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// One is enough.
    Any,
    /// Every value must hold, each on its own element.
    All,
}

/// A field name, split at its dots.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Field {
    /// The name as written in the rule.
    pub name: String,
    /// The name split at every dot.
    pub segments: Vec<String>,
}

impl Field {
    /// Splits `name` at its dots.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), segments: name.split('.').map(str::to_owned).collect() }
    }
}

/// One value of an item as written, and the tests it becomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// One of these must hold. More than one comes from `windash`, `base64offset` or `expand`.
    /// Empty only when no alternative is left to compare with: then the value never matches.
    pub tests: Vec<Test>,
    /// The value as the rule's author wrote it, for explanations.
    pub text: String,
    /// Place of the value in the rule file.
    pub span: Span,
}

/// What one element of a field must satisfy.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// The text form matches the pattern.
    Text(Pattern),
    /// A JSON number of equal value, or a string that is a JSON number literal of equal value.
    Number(Number),
    /// That boolean, or a string with its text, ignoring case.
    Bool(bool),
    /// The field has no value at all, or a JSON null.
    Null,
    /// The regular expression is found in the text form.
    Regex(RegexTest),
    /// A string that is an IP address in this network.
    Cidr(CidrNet),
    /// The field is there (`true`) or not (`false`), be it empty or null.
    Exists(bool),
    /// The numeric value compares so.
    Compare(Comparison, Number),
    /// The written part of a timestamp is this number.
    TimePart(TimePart, i64),
    /// The value compares so with a value of another field.
    FieldRef(FieldRef),
}

/// A network: an address whose host bits are zero, and the length of its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CidrNet {
    /// The network address.
    pub address: std::net::IpAddr,
    /// Prefix length in bits, at most 32 or 128.
    pub prefix: u8,
}

impl CidrNet {
    /// Whether `address` lies in the network. IPv4-mapped IPv6 addresses are not converted.
    pub fn contains(&self, address: std::net::IpAddr) -> bool {
        use std::net::IpAddr::{V4, V6};
        match (self.address, address) {
            (V4(net), V4(ip)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                u32::from(ip) & mask == u32::from(net)
            }
            (V6(net), V6(ip)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                u128::from(ip) & mask == u128::from(net)
            }
            _ => false,
        }
    }
}

/// `lt`, `lte`, `gt`, `gte`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Less than.
    Lt,
    /// Less than or equal.
    Lte,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Gte,
}

/// The part of a timestamp that a time modifier reads, as written, without zone conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimePart {
    /// Minute of the hour.
    Minute,
    /// Hour of the day.
    Hour,
    /// Day of the month.
    Day,
    /// ISO 8601 week.
    Week,
    /// Month of the year.
    Month,
    /// Year.
    Year,
}

/// `fieldref`: a comparison with another field of the same record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRef {
    /// The other field.
    pub field: Field,
    /// How the texts must relate.
    pub relation: Relation,
    /// Compare code points exactly instead of ignoring case.
    pub cased: bool,
}

/// How two texts relate under `fieldref`. The referenced value is plain text, never a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// Equal by text, or by number.
    Equal,
    /// This field contains the other.
    Contains,
    /// This field starts with the other.
    StartsWith,
    /// This field ends with the other.
    EndsWith,
}
