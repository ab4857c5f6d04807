//! Correlations and filters: recognised, not yet run.

use super::Span;

/// A correlation document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correlation {
    /// Title of the document.
    pub title: String,
    /// `id`, if any.
    pub id: Option<String>,
    /// Place of the document in the file.
    pub span: Span,
}

/// A filter document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Title of the document.
    pub title: String,
    /// `id`, if any.
    pub id: Option<String>,
    /// Place of the document in the file.
    pub span: Span,
}
