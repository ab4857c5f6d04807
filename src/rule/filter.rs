//! Filters: documents that narrow rules that others wrote.

use super::{Detection, Head, LogSource, Reference, Span};

/// A filter document.
#[derive(Debug, Clone)]
pub struct Filter {
    /// What it says of itself.
    pub head: Head,
    /// `logsource`: a rule must have all of its values.
    pub logsource: LogSource,
    /// The rules it is for.
    pub rules: FilteredRules,
    /// Its selections and its condition, which a rule must satisfy beside its own.
    pub body: Detection,
    /// Place of the document in the file.
    pub span: Span,
}

/// The rules a filter is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilteredRules {
    /// `rules: any`: every rule of its log source.
    Any,
    /// These.
    Named(Vec<Reference>),
}
