//! What is needed to read the values of one document.

use super::{Modifier, Placeholders, yaml::Node};
use crate::rule::{Diagnostic, RegexBudget};

/// What is needed to read the values of one document, and what was found wrong.
#[derive(Debug)]
pub(super) struct Reader<'d> {
    /// The text of the file, for places inside a scalar.
    pub(super) text: &'d str,
    /// Values for `|expand`.
    pub(super) placeholders: &'d Placeholders,
    /// What is wrong.
    pub(super) problems: Vec<Diagnostic>,
    /// The regular expressions of the rule set.
    pub(super) regexes: &'d mut RegexBudget,
    /// Tests made so far.
    pub(super) tests: usize,
}

impl<'d> Reader<'d> {
    pub(super) fn new(
        text: &'d str,
        placeholders: &'d Placeholders,
        regexes: &'d mut RegexBudget,
    ) -> Self {
        Self { text, placeholders, problems: Vec::new(), regexes, tests: 0 }
    }
}

/// A value is of another kind than its modifier needs.
pub(super) fn wrong_kind(node: &Node, modifier: Modifier, wanted: &str, help: &str) -> Diagnostic {
    let message = format!("{} needs {wanted}, this is {}", modifier.as_str(), node.kind());
    Diagnostic::error("wrong-kind-of-value", node.span, message).help(help)
}
