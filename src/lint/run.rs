//! All lints over all documents, and what comments and options make of what they find.

use std::collections::BTreeSet;

use super::{Knowledge, LINTS, Lint, Survey, allow, cannot_fire, fix::Fix, subject::Subject};
use crate::{
    rule::{Diagnostic, Severity, Span},
    ruleset::RuleSet,
};

/// At most this many findings of one lint are told of one document.
const MOST_OF_ONE: usize = 200;

/// What lints go by.
#[derive(Debug, Default)]
pub struct Options<'o> {
    /// What is known of `CloudTrail`.
    pub knowledge: Knowledge,
    /// What an archive holds, if rules are to be held against one.
    pub survey: Option<&'o Survey>,
    /// Codes that are not to be told.
    pub allow: BTreeSet<String>,
    /// Codes that are told as errors; `warnings` stands for every warning.
    pub deny: BTreeSet<String>,
}

/// One thing to tell.
#[derive(Debug, Clone)]
pub struct Told {
    /// Index into [`RuleSet::files`].
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
    lint: &'static Lint,
    file: usize,
    told: &'r mut Vec<Told>,
    left: usize,
}

impl Report<'_> {
    /// Nothing more is told of this document.
    pub(super) fn is_full(&self) -> bool {
        self.left == 0
    }

    /// Tells something; the help says what to write instead.
    pub(super) fn tell(&mut self, span: Span, message: String, help: impl Into<String>) {
        self.put(span, message, help.into(), None);
    }

    /// The same, with what can be done about it.
    pub(super) fn tell_fix(
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

/// Looks at every rule, correlation and filter of the set that runs, and tells what is wrong with
/// them beside what loading found. Comments in the rules and `options` have been heeded.
pub fn check(rules: &RuleSet, options: &Options<'_>) -> Checked {
    let problems = rules.problems.iter();
    let mut told: Vec<Told> = problems
        .map(|problem| Told {
            file: problem.file,
            diagnostic: problem.diagnostic.clone(),
            fix: None,
        })
        .collect();
    let mut places = Vec::new();
    for (file, subject) in subjects(rules, &options.knowledge) {
        places.push((file, subject.span));
        for lint in LINTS {
            if let Some(check) = lint.check {
                check(&subject, &mut Report { lint, file, told: &mut told, left: MOST_OF_ONE });
            }
        }
    }
    if let Some(survey) = options.survey {
        let lint = &cannot_fire::LINT;
        for loaded in &rules.rules {
            let report = Report { lint, file: loaded.file, told: &mut told, left: MOST_OF_ONE };
            cannot_fire::check(loaded, rules, survey, &options.knowledge, report);
        }
    }
    told.sort_by_key(|told| (told.file, told.diagnostic.span.start));
    // What an alias repeats has one place, and is told once.
    told.dedup_by(|one, other| one.file == other.file && one.diagnostic == other.diagnostic);
    let before = told.len();
    told.retain(|told| !is_allowed_by_option(told, options));
    let mut allowed = before - told.len();
    allowed += allow::heed(rules, &places, &mut told, options);
    for told in &mut told {
        let Diagnostic { code, severity, .. } = &mut told.diagnostic;
        let denied = options.deny.contains(*code)
            || (*severity == Severity::Warning && options.deny.contains("warnings"));
        if denied {
            *severity = Severity::Error;
        }
    }
    Checked { told, allowed }
}

/// What refuses a document cannot be allowed: the rule does not run, whoever wants to hear it.
fn is_allowed_by_option(told: &Told, options: &Options<'_>) -> bool {
    let Diagnostic { code, severity, .. } = told.diagnostic;
    severity != Severity::Error && options.allow.contains(code)
}

fn subjects<'s>(
    rules: &'s RuleSet,
    knowledge: &'s Knowledge,
) -> impl Iterator<Item = (usize, Subject<'s>)> {
    let of_rules = rules
        .rules
        .iter()
        .map(move |loaded| (loaded.file, Subject::rule(loaded, rules, knowledge)));
    let of_correlations = rules
        .correlations
        .iter()
        .map(move |loaded| (loaded.file, Subject::correlation(loaded, rules, knowledge)));
    let of_filters = rules.filters.iter().map(move |loaded| {
        (loaded.file, Subject::filter(&loaded.filter, loaded.file, rules, knowledge))
    });
    of_rules.chain(of_correlations).chain(of_filters)
}
