//! `unused-allow`: a comment allows what is not there.

use super::Lint;
use crate::rule::Severity;

pub(super) const LINT: Lint = Lint {
    code: "unused-allow",
    brief: "A comment allows what is not there",
    severity: Severity::Warning,
    finds: "A comment `backtrail: allow(...)` with a code that nothing at its place has.",
    matters: "The problem it was written for is gone, or the comment stands at another place. It would keep the next problem of that kind silent.",
    instead: "Take the code out, or the comment. It counts for its own line; alone on a line, for the next; above the first key, for the document.",
    fixes: false,
    check: None,
};
