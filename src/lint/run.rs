//! All lints over all documents, and what comments and options make of what they find.

use super::{
    Checked, Knowledge, LINTS, Options, Told, allow, cannot_fire, report::Report, subject::Subject,
};
use crate::{
    rule::{Diagnostic, Severity},
    ruleset::RuleSet,
};

/// At most this many findings of one lint are told of one document.
const MOST_OF_ONE: usize = 200;

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
