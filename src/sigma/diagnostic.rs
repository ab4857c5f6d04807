//! What is wrong with a rule, as data. Only the edge renders it.

use serde::Serialize;

/// One finding about a rule file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// A stable name for the kind of problem, in kebab case: `unknown-modifier`.
    pub code: &'static str,
    /// Whether the document is refused.
    pub severity: Severity,
    /// Where, in bytes of the file's text.
    pub span: Span,
    /// What is wrong: one sentence fragment, lower case, without a full stop.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// How grave a [`Diagnostic`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The rule runs; its author should know.
    Warning,
    /// The document cannot be run faithfully and is refused.
    Error,
}

/// A range of bytes in a rule file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}
