//! Every code that can be told of a rule file: those of lints, and those of loading.

use super::LINTS;
use crate::rule::Severity;

/// What loading can tell: code, gravity, and what it means.
const LOADING: &str = include_str!("data/codes.txt");

/// A code and what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The code, in kebab case.
    pub code: &'static str,
    /// How grave it is by itself.
    pub severity: Severity,
    /// What it means, in a sentence.
    pub means: &'static str,
    /// The document it is told of does not run.
    pub refuses: bool,
}

/// Every code, those of lints first.
pub fn codes() -> impl Iterator<Item = Code> {
    let of_lints = LINTS.iter().map(|lint| Code {
        code: lint.code,
        severity: lint.severity,
        means: lint.finds,
        refuses: false,
    });
    let of_loading = LOADING.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (code, rest) = line.split_once(' ')?;
        let (severity, means) = rest.split_once(' ')?;
        let refuses = severity == "error";
        let severity = if refuses { Severity::Error } else { Severity::Warning };
        Some(Code { code, severity, means, refuses })
    });
    of_lints.chain(of_loading)
}

/// The code of that name.
pub(super) fn code(name: &str) -> Option<Code> {
    codes().find(|code| code.code == name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_code_stands_for_two_things() {
        let mut seen = HashSet::new();
        for Code { code, means, .. } in codes() {
            assert!(seen.insert(code), "{code}");
            assert!(means.ends_with('.'), "{code}: {means}");
        }
        assert!(LOADING.lines().filter(|line| !line.starts_with('#')).count() > 50);
    }
}
