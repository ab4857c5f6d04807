//! `unknown-allow`: a comment allows a code that there is not.

use super::Lint;
use crate::rule::Severity;

pub(super) const LINT: Lint = Lint {
    code: "unknown-allow",
    brief: "A comment allows a code that there is not",
    severity: Severity::Warning,
    finds: "A comment `backtrail: allow(...)` with a code that no lint and no problem has.",
    matters: "It keeps nothing silent.",
    instead: "Write a code as it is told in brackets; `rules check --list-lints` has them all.",
    fixes: false,
    check: None,
};
