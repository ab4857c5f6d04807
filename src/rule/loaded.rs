//! Rules and correlations ready to run: references are resolved, filters applied.
//!
//! A rule set is a list of these; the engine runs the rules, `correlate` the correlations. They
//! name one another, and their files and filters, by index into the lists of the rule set.

use super::{Correlation, Field, Rule};

/// A rule that will run, and its place in the rule set.
#[derive(Debug, Clone)]
pub struct LoadedRule {
    /// The rule. The conditions of its filters are part of its detection.
    pub rule: Rule,
    /// Index into the files of the rule set.
    pub file: usize,
    /// The filters that narrow it: indices into the filters of the rule set.
    pub filters: Vec<usize>,
    /// What its matches carry for the correlations they feed; `None` if they feed none.
    pub correlation_fields: Option<Vec<CorrelationField>>,
    /// Its matches are findings. A rule that only feeds correlations has none of its own.
    pub reported: bool,
}

impl LoadedRule {
    /// A rule of `file` that no filter narrows and no correlation looks at.
    pub fn new(rule: Rule, file: usize) -> Self {
        Self { rule, file, filters: Vec::new(), correlation_fields: None, reported: true }
    }
}

/// A field whose texts the matches of a rule carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorrelationField {
    /// The field.
    pub field: Field,
    /// Correlations need its numbers, and not its text.
    pub numbers: bool,
}

/// A correlation that will run, and its place in the rule set.
#[derive(Debug, Clone)]
pub struct LoadedCorrelation {
    /// The correlation.
    pub correlation: Correlation,
    /// Index into the files of the rule set.
    pub file: usize,
    /// What its `rules` are, in their order.
    pub members: Vec<Member>,
    /// It looks at the findings of correlations of lower levels only; those over rules alone have 0.
    pub level: usize,
    /// What it finds is reported. A correlation that only feeds others has no findings of its own.
    pub reported: bool,
}

impl LoadedCorrelation {
    /// A correlation of `file` whose references are not resolved yet.
    pub fn new(correlation: Correlation, file: usize) -> Self {
        Self { correlation, file, members: Vec::new(), level: 0, reported: true }
    }
}

/// The document that a reference of a correlation resolves to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    /// A rule.
    Rule {
        /// Index into the rules of the rule set.
        rule: usize,
        /// For each name of `group-by`, which of the rule's [`CorrelationField`]s it is.
        keys: Vec<usize>,
        /// The same for each `field` of the condition.
        values: Vec<usize>,
    },
    /// Another correlation.
    Correlation {
        /// Index into the correlations of the rule set.
        correlation: usize,
        /// For each name of `group-by`, its alias in that correlation, or the name itself.
        keys: Vec<String>,
    },
    /// A document that does not run: it gives no events.
    NotRun,
}
