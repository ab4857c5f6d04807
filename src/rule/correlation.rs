//! Correlations: what a document says of the events of other rules.
//!
//! `correlate` gives these words their meaning in time. Names of other documents are kept as written,
//! since those may be in other files.

use super::{Field, Head, Number, Span};

/// A correlation document.
#[derive(Debug, Clone)]
pub struct Correlation {
    /// What it says of itself.
    pub head: Head,
    /// `correlation`.
    pub body: CorrelationBody,
    /// Place of the document in the file.
    pub span: Span,
}

/// The body of a correlation: which rules it looks at, and what it compares.
#[derive(Debug, Clone)]
pub struct CorrelationBody {
    /// `type`.
    pub kind: CorrelationKind,
    /// `rules`: at least one, no text twice.
    pub rules: Vec<Reference>,
    /// `group-by`: no name twice.
    pub group_by: Vec<String>,
    /// `aliases`: names of `group-by` that are other fields in some rules.
    pub aliases: Vec<Alias>,
    /// `timespan` in seconds; a longer one is cut to the largest number.
    pub timespan: u64,
    /// The operators of `condition`, all of which must hold. Never empty.
    pub condition: Vec<(Operator, Number)>,
    /// `field` of the condition: never empty for the kinds that look at values, empty for others.
    pub fields: Vec<Field>,
    /// `percentile` of the condition, from 0 to 100: for [`CorrelationKind::ValuePercentile`], and 50
    /// for [`CorrelationKind::ValueMedian`].
    pub percentile: Option<Number>,
    /// `generate`: the rules are reported beside the correlation.
    pub generate: bool,
}

/// The name of another document as written, and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// An id, a name or, in correlations, a title.
    pub name: String,
    /// Its place in the rule file.
    pub span: Span,
}

/// One entry of `aliases`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The name used in `group-by`.
    pub name: String,
    /// For each rule that is named: its name as written, and its field for the alias.
    pub fields: Vec<(Reference, String)>,
}

/// `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CorrelationKind {
    /// How many events.
    EventCount,
    /// How many different values of a field, or of several together.
    ValueCount,
    /// How many of the rules, in any order.
    Temporal,
    /// How many of the rules, from the first one on, in their order.
    TemporalOrdered,
    /// The sum of a field's numbers.
    ValueSum,
    /// Their mean.
    ValueAvg,
    /// Their percentile.
    ValuePercentile,
    /// Their median.
    ValueMedian,
}

impl CorrelationKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::EventCount,
        Self::ValueCount,
        Self::Temporal,
        Self::TemporalOrdered,
        Self::ValueSum,
        Self::ValueAvg,
        Self::ValuePercentile,
        Self::ValueMedian,
    ];

    /// The name in the specification.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EventCount => "event_count",
            Self::ValueCount => "value_count",
            Self::Temporal => "temporal",
            Self::TemporalOrdered => "temporal_ordered",
            Self::ValueSum => "value_sum",
            Self::ValueAvg => "value_avg",
            Self::ValuePercentile => "value_percentile",
            Self::ValueMedian => "value_median",
        }
    }

    /// Whether it looks at numbers.
    pub fn is_numeric(self) -> bool {
        matches!(self, Self::ValueSum | Self::ValueAvg | Self::ValuePercentile | Self::ValueMedian)
    }

    /// Whether it looks at the values of a field.
    pub fn has_field(self) -> bool {
        self == Self::ValueCount || self.is_numeric()
    }

    /// Whether it counts rules, so that all of them is what is meant without a condition.
    pub fn counts_rules(self) -> bool {
        matches!(self, Self::Temporal | Self::TemporalOrdered)
    }
}

/// An operator of a correlation's condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the operator of that name in the specification")]
pub enum Operator {
    Gt,
    Gte,
    Lt,
    Lte,
    Eq,
    Neq,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Self; 6] = [Self::Gt, Self::Gte, Self::Lt, Self::Lte, Self::Eq, Self::Neq];

    /// The name in the specification.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::Eq => "eq",
            Self::Neq => "neq",
        }
    }

    /// Compares `value` with `threshold`.
    pub fn holds(self, value: Number, threshold: Number) -> bool {
        match self {
            Self::Gt => value > threshold,
            Self::Gte => value >= threshold,
            Self::Lt => value < threshold,
            Self::Lte => value <= threshold,
            Self::Eq => value == threshold,
            Self::Neq => value != threshold,
        }
    }
}
