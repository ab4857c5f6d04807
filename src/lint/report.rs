//! What a lint is, what lints go by, and where they put what they find.

use std::collections::BTreeSet;

use super::{Knowledge, Survey, fix::Fix, subject::Subject};
use crate::rule::{Diagnostic, Severity, Span};

/// One thing that is looked for in rules: a page about it, and how it is found.
#[derive(Debug, Clone, Copy)]
pub struct Lint {
    /// Its name, in kebab case, which reads after "allow".
    pub code: &'static str,
    /// What it finds, in a few words.
    pub brief: &'static str,
    /// Its severity by default.
    pub severity: Severity,
    /// What it finds.
    pub finds: &'static str,
    /// Why that matters.
    pub matters: &'static str,
    /// What to write instead.
    pub instead: &'static str,
    /// Whether `--fix` can set some of it right.
    pub fixes: bool,
    /// Looks at one document. Nothing for what is found otherwise: by comments, or in an archive.
    pub(super) check: Option<fn(&Subject<'_>, &mut Report<'_>)>,
}

/// What lints go by.
#[derive(Debug, Default)]
pub struct Options<'o> {
    /// What is known of `CloudTrail`.
    pub knowledge: Knowledge,
    /// What an archive holds, if rules are to be held against one.
    pub survey: Option<&'o Survey>,
    /// Codes to leave out.
    pub allow: BTreeSet<String>,
    /// Codes to report as errors; `warnings` means every warning.
    pub deny: BTreeSet<String>,
}

/// One thing to tell.
#[derive(Debug, Clone)]
pub struct Told {
    /// Index into [`RuleSet::files`](crate::ruleset::RuleSet::files).
    pub file: usize,
    /// What is wrong.
    pub diagnostic: Diagnostic,
    /// What can safely be done about it.
    pub fix: Option<Fix>,
}

/// What a check came to.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// What there is to tell, by file and place: what loading found, and what lints did.
    pub told: Vec<Told>,
    /// How many were kept silent by a comment or an option.
    pub allowed: usize,
}

impl Checked {
    /// How many of that gravity there are.
    pub fn count(&self, severity: Severity) -> usize {
        self.told.iter().filter(|told| told.diagnostic.severity == severity).count()
    }
}

/// Where a lint puts what it finds.
pub(super) struct Report<'r> {
    pub(super) lint: &'static Lint,
    pub(super) file: usize,
    pub(super) told: &'r mut Vec<Told>,
    pub(super) left: usize,
}

impl Report<'_> {
    /// No further problem of this document is kept.
    pub(super) fn is_full(&self) -> bool {
        self.left == 0
    }

    /// Adds a problem; the help says what to write instead.
    pub(super) fn add(&mut self, span: Span, message: String, help: impl Into<String>) {
        self.put(span, message, help.into(), None);
    }

    /// The same, with what can be done about it.
    pub(super) fn add_with_fix(
        &mut self,
        span: Span,
        message: String,
        help: impl Into<String>,
        fix: Option<Fix>,
    ) {
        self.put(span, message, help.into(), fix);
    }

    fn put(&mut self, span: Span, message: String, help: String, fix: Option<Fix>) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        let (code, severity) = (self.lint.code, self.lint.severity);
        let diagnostic = Diagnostic { code, severity, span, message, help: Some(help) };
        self.told.push(Told { file: self.file, diagnostic, fix });
    }
}
