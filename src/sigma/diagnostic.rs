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

/// How grave a [`Diagnostic`] is.
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

/// A range of bytes in a rule file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The bytes from `start` up to `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Line and column of the first byte in `text`, both counted from 1, the column in characters.
    ///
    /// A place beyond the end of `text` is taken for its end.
    pub fn line_column(&self, text: &str) -> (usize, usize) {
        let before = &text.as_bytes()[..self.start.min(text.len())];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        // Every character has exactly one byte that does not continue another one.
        let column = 1 + before[line_start..].iter().filter(|byte| (**byte & 0xC0) != 0x80).count();
        (line, column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_count_from_one() {
        let text = "a: b\nü€: x\n";
        assert_eq!(Span::new(0, 1).line_column(text), (1, 1));
        assert_eq!(Span::new(5, 7).line_column(text), (2, 1));
        assert_eq!(Span::new(10, 11).line_column(text), (2, 3));
        assert_eq!(Span::new(999, 999).line_column(text), (3, 1));
    }
}
