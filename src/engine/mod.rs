//! A rule set made ready to run. No I/O.

use crate::ruleset::RuleSet;

/// The compiled rules of one hunt. Built once, borrowed by all threads.
#[derive(Debug)]
pub struct Engine {}

impl Engine {
    /// Compiles the rules of `rules`, in their order.
    pub fn compile(rules: &RuleSet) -> Self {
        let _ = rules;
        Self {}
    }
}
