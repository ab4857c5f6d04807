//! The pages of lints: the list of them, and one at a time.

use std::fmt::Write as _;

use anyhow::{Result, bail};
use backtrail::{
    lint::{self, LINTS, Lint},
    rule::Severity,
};

use crate::cli::render::wrapped;

/// Columns of a page.
const COLUMNS: usize = 100;

/// Every lint, one a line.
pub(super) fn list() -> String {
    let width = LINTS.iter().map(|lint| lint.code.len()).max().unwrap_or(0);
    let mut text = format!("{:width$}  LEVEL    FIX  WHAT IT FINDS\n", "LINT");
    for Lint { code, severity, brief, fixes, .. } in LINTS {
        let fix = if *fixes { "fix" } else { "-" };
        let _ = writeln!(text, "{code:width$}  {:7}  {fix:3}  {brief}", word(*severity));
    }
    text
}

/// The page of a code.
pub(super) fn explained(code: &str) -> Result<String> {
    if let Some(lint) = lint::lint(code) {
        let Lint { code, severity, finds, matters, instead, fixes, .. } = lint;
        let fix = if *fixes { "\n--fix sets some of it right.\n" } else { "" };
        return Ok(format!(
            "{code} ({})\n\nWhat it finds\n{}\nWhy it matters\n{}\nWhat to write instead\n{}{fix}",
            word(*severity),
            wrapped(finds, COLUMNS),
            wrapped(matters, COLUMNS),
            wrapped(instead, COLUMNS),
        ));
    }
    let Some(known) = lint::codes().find(|known| known.code == code) else {
        bail!("{code:?} is no lint; --list-lints lists them");
    };
    let what = if known.refuses {
        "The document is refused and does not run. Its message says where and what to write instead."
    } else {
        "The rule runs. Its message says where and what to write instead."
    };
    Ok(format!(
        "{code} ({})\n\n{}\n{}",
        word(known.severity),
        wrapped(known.means, COLUMNS),
        wrapped(what, COLUMNS)
    ))
}

/// The gravity in a word.
pub(super) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}
