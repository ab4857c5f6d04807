//! The `rules` commands. Here: `check`, what is wrong with rules, and what the commands share.

mod archives;
pub(super) mod catalog;
mod cautions;
mod examples;
mod explain;
mod list;
mod page;
mod plan;
mod test;
mod tree;

use std::path::{Path, PathBuf};

use anyhow::Result;
use backtrail::{
    ruleset::{Choice, Member, NotRunReason, RuleSet, RuleSource},
    sigma::Severity,
};
use serde::Serialize;

pub(super) use self::{catalog::catalog, explain::explain, list::list, test::test};
use super::{
    args::{CheckArgs, CheckFormat, RuleArgs},
    exit::Status,
    render::{self, Voice},
    values::parse_placeholders,
};

/// Loads the rules that were asked for; `paths` are those given without an option.
pub(super) fn load(args: &RuleArgs, paths: &[PathBuf]) -> Result<RuleSet> {
    let source = |path: &PathBuf| match path {
        path if path == Path::new("builtin") => RuleSource::Builtin,
        path => RuleSource::Path(path.clone()),
    };
    let mut sources: Vec<_> = args.rules.iter().chain(paths).map(source).collect();
    if sources.is_empty() {
        sources.push(RuleSource::Builtin);
    }
    let choice = Choice {
        rules: args.rule.clone(),
        exclude: args.exclude_rule.clone(),
        level: args.level.map(|level| level.0),
    };
    Ok(RuleSet::load(&sources, &choice, &parse_placeholders(&args.placeholder)?)?)
}

/// Why documents of that kind do not run, for people.
pub(super) fn not_run_told(reason: NotRunReason) -> &'static str {
    match reason {
        NotRunReason::Unsupported => "has the status unsupported",
        NotRunReason::OtherLogSource => "is for another log source than CloudTrail",
        NotRunReason::NoRuleRuns => "is a correlation over rules that do not run",
    }
}

/// What documents are for one another, by their titles.
struct Links<'r> {
    /// The correlations that each rule feeds.
    of_rules: Vec<Vec<&'r str>>,
    /// Those that each correlation feeds.
    of_correlations: Vec<Vec<&'r str>>,
    /// The rules that each filter narrows.
    narrowed: Vec<Vec<&'r str>>,
}

impl<'r> Links<'r> {
    /// All in one pass over the documents.
    fn new(rules: &'r RuleSet) -> Self {
        let mut of_rules = vec![Vec::new(); rules.rules.len()];
        let mut of_correlations = vec![Vec::new(); rules.correlations.len()];
        for loaded in &rules.correlations {
            for member in &loaded.members {
                let fed = match member {
                    Member::Rule { rule, .. } => &mut of_rules[*rule],
                    Member::Correlation { correlation, .. } => &mut of_correlations[*correlation],
                    Member::NotRun => continue,
                };
                fed.push(loaded.correlation.title.as_str());
            }
        }
        let mut narrowed = vec![Vec::new(); rules.filters.len()];
        for loaded in &rules.rules {
            for &filter in &loaded.filters {
                narrowed[filter].push(loaded.rule.title.as_str());
            }
        }
        Self { of_rules, of_correlations, narrowed }
    }
}

/// One problem as data.
#[derive(Debug, Serialize)]
struct Told<'r> {
    file: &'r str,
    line: usize,
    column: usize,
    severity: Severity,
    code: &'static str,
    message: &'r str,
    help: Option<&'r str>,
}

/// `rules check`.
pub(super) fn check(args: CheckArgs, voice: Voice) -> Result<Status> {
    let CheckArgs { paths, rules, format } = args;
    let rules = load(&rules, &paths)?;
    let text = match format {
        CheckFormat::Json => serde_json::to_string_pretty(&told(&rules))? + "\n",
        CheckFormat::Text => {
            rules.problems.iter().map(|problem| render::drawn(&rules, problem) + "\n\n").collect()
        }
    };
    render::print(text.as_bytes())?;
    let is_error = |severity| severity == Severity::Error;
    let errors =
        rules.problems.iter().filter(|problem| is_error(problem.diagnostic.severity)).count();
    voice.note(&format!(
        "files: {}, rules that run: {}, correlations: {}, filters: {}, documents that do not run: {}, refused: {}; errors: {errors}, warnings: {}",
        rules.files.len(),
        rules.rules.len(),
        rules.correlations.len(),
        rules.filters.len(),
        rules.not_run.len(),
        rules.refused,
        rules.problems.len() - errors,
    ));
    Ok(if errors > 0 || rules.refused > 0 { Status::Failing } else { Status::Done })
}

fn told(rules: &RuleSet) -> Vec<Told<'_>> {
    let problems = rules.problems.iter();
    let problems =
        problems.filter_map(|problem| Some((rules.files.get(problem.file)?, &problem.diagnostic)));
    problems
        .map(|(file, diagnostic)| {
            let (line, column) = render::place(&file.text, diagnostic.span.start);
            Told {
                file: &file.name,
                line,
                column,
                severity: diagnostic.severity,
                code: diagnostic.code,
                message: &diagnostic.message,
                help: diagnostic.help.as_deref(),
            }
        })
        .collect()
}
