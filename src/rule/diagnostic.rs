//! A problem of a rule file, as data. Only the command line renders it.

use serde::Serialize;

use super::Span;

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

impl Diagnostic {
    /// A problem for which the document is refused.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, span, message: message.into(), help: None }
    }

    /// Something the author should know; the rule runs.
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Warning, span, message: message.into(), help: None }
    }

    /// Adds what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The severity of a [`Diagnostic`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The rule runs; its author may want to know.
    Note,
    /// The rule runs; its author should know.
    Warning,
    /// The document cannot be run faithfully and is refused.
    Error,
}
