//! The documents that a rule file can hold: rules, correlations, filters.

use super::{Correlation, Detection, Filter, Level, LogSource, Span, Status};

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
    /// `title`, never empty.
    pub title: String,
    /// `id`, as written; it need not be a UUID.
    pub id: Option<String>,
    /// `name`, by which correlations and filters may refer to the rule.
    pub name: Option<String>,
    /// `status`.
    pub status: Option<Status>,
    /// `level`.
    pub level: Option<Level>,
    /// `description`.
    pub description: Option<String>,
    /// `author`.
    pub author: Option<String>,
    /// `date`, as written: when the rule was made.
    pub date: Option<String>,
    /// `modified`, as written: when it was last changed.
    pub modified: Option<String>,
    /// `license`.
    pub license: Option<String>,
    /// `references`.
    pub references: Vec<String>,
    /// `tags`.
    pub tags: Vec<String>,
    /// `falsepositives`.
    pub falsepositives: Vec<String>,
    /// `logsource`.
    pub logsource: LogSource,
    /// `detection`.
    pub detection: Detection,
    /// Place of the document in the file.
    pub span: Span,
}
