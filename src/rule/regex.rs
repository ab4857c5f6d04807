//! Regular expressions of rules, compiled once, and the memory that all of a rule set may take.

use std::{collections::HashMap, fmt, sync::Arc};

use regex_automata::{meta, util::syntax};

/// Bytes that one compiled expression may take. The most expensive thing that rules use is a
/// repeated Unicode class: `\w` takes some 50 KB each time, and `\w{100}` is still a rule.
const MAX_ONE: usize = 10 << 20;

/// Bytes that all compiled expressions of a rule set may take together. A plain expression takes about 10 KB.
const MAX_ALL: usize = 128 << 20;

/// A regular expression that compiles.
#[derive(Clone)]
pub struct RegexTest {
    /// The expression as written.
    pub source: String,
    /// Its flags.
    pub flags: RegexFlags,
    compiled: Arc<meta::Regex>,
}

/// The flags of a regular expression.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct RegexFlags {
    /// Flag `i`.
    pub ignore_case: bool,
    /// Flag `m`: `^` and `$` at line ends too.
    pub multi_line: bool,
    /// Flag `s`: `.` matches a line feed.
    pub dot_all: bool,
}

/// Why an expression does not compile.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RegexError {
    /// It needs more memory than one expression may take.
    #[error("this regular expression needs more than {MAX_ONE} bytes")]
    TooBig,
    /// With those before it, it needs more memory than all expressions of a rule set may take.
    #[error("the regular expressions up to this one need more than {MAX_ALL} bytes together")]
    TooMany,
    /// Something else is wrong with it.
    #[error("this regular expression cannot be used: {0}")]
    Other(String),
}

/// The compiled expressions of a rule set: equal ones are compiled once, and all share one budget of memory.
#[derive(Debug)]
pub struct RegexBudget {
    known: HashMap<(String, RegexFlags), RegexTest>,
    /// Bytes that further ones may take.
    left: usize,
}

impl Default for RegexBudget {
    /// Nothing is used.
    fn default() -> Self {
        Self { known: HashMap::new(), left: MAX_ALL }
    }
}

impl RegexBudget {
    /// Compiles an expression, unless that was done before.
    pub(crate) fn compile(
        &mut self,
        source: &str,
        flags: RegexFlags,
    ) -> Result<RegexTest, RegexError> {
        let key = (source.to_owned(), flags);
        if let Some(test) = self.known.get(&key) {
            return Ok(test.clone());
        }
        let test = RegexTest::compile(&key.0, flags)?;
        let size = test.compiled.memory_usage() + size_of::<meta::Regex>() + key.0.len();
        self.left = self.left.checked_sub(size).ok_or(RegexError::TooMany)?;
        self.known.insert(key, test.clone());
        Ok(test)
    }
}

impl RegexTest {
    /// Compiles one expression on its own.
    pub fn compile(source: &str, flags: RegexFlags) -> Result<Self, RegexError> {
        let RegexFlags { ignore_case, multi_line, dot_all } = flags;
        let syntax = syntax::Config::new()
            .case_insensitive(ignore_case)
            .multi_line(multi_line)
            .dot_matches_new_line(dot_all);
        let compiled = meta::Builder::new()
            .configure(meta::Config::new().nfa_size_limit(Some(MAX_ONE)))
            .syntax(syntax)
            .build(source)
            .map_err(|error| match error.size_limit() {
                Some(_) => RegexError::TooBig,
                None => RegexError::Other(error.to_string()),
            })?;
        Ok(Self { source: source.to_owned(), flags, compiled: Arc::new(compiled) })
    }

    /// Whether the expression is found in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        self.compiled.is_match(text)
    }
}

impl fmt::Debug for RegexTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, flags, .. } = self;
        f.debug_struct("RegexTest")
            .field("source", source)
            .field("flags", flags)
            .finish_non_exhaustive()
    }
}

impl PartialEq for RegexTest {
    fn eq(&self, other: &Self) -> bool {
        (&self.source, self.flags) == (&other.source, other.flags)
    }
}

impl Eq for RegexTest {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_expressions_are_compiled_and_counted_once() {
        let mut budget = RegexBudget::default();
        let whole = budget.left;
        let flags = RegexFlags::default();
        let first = budget.compile("a+b", flags).expect("it compiles");
        let left = budget.left;
        assert!(left < whole);
        let again = budget.compile("a+b", flags).expect("it compiles");
        assert!(Arc::ptr_eq(&first.compiled, &again.compiled));
        assert_eq!(budget.left, left);
        let ignore_case = RegexFlags { ignore_case: true, ..flags };
        let other = budget.compile("a+b", ignore_case).expect("it compiles");
        assert!(other.is_match("AB") && !first.is_match("AB"));
        assert!(budget.left < left);
    }

    #[test]
    fn expressions_beyond_the_budget_are_refused() {
        let mut budget = RegexBudget { left: 1 << 20, ..RegexBudget::default() };
        let mut compile =
            |count: usize| budget.compile(&format!("\\w{{{count}}}"), RegexFlags::default());
        let refused = (1..40).map(&mut compile).find_map(Result::err);
        assert!(matches!(refused, Some(RegexError::TooMany)), "{refused:?}");
        assert!(compile(1).is_ok(), "what was compiled before stays");
        assert!(matches!(compile(100_000), Err(RegexError::TooBig)));
    }
}
