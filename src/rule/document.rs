//! The documents that a rule file can hold: rules, correlations, filters.

use super::{Correlation, Detection, Filter, Head, LogSource, Span};

/// One document of a rule file.
#[derive(Debug, Clone)]
pub enum Document {
    /// A rule with a detection.
    Rule(Box<Rule>),
    /// A correlation over other rules.
    Correlation(Box<Correlation>),
    /// A filter on other rules.
    Filter(Box<Filter>),
}

impl Document {
    /// Place of the document in the file.
    pub fn span(&self) -> Span {
        match self {
            Self::Rule(rule) => rule.span,
            Self::Correlation(correlation) => correlation.span,
            Self::Filter(filter) => filter.span,
        }
    }
}

/// A rule: what it says of itself, and what it looks for.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What it says of itself.
    pub head: Head,
    /// `logsource`.
    pub logsource: LogSource,
    /// `detection`.
    pub detection: Detection,
    /// Place of the document in the file.
    pub span: Span,
}
