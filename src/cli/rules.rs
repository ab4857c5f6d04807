//! The `rules` commands. Here: what they share.

mod archives;
pub(super) mod catalog;
mod cautions;
pub(super) mod check;
mod examples;
mod explain;
mod list;
mod page;
mod plan;
mod test;
mod tree;

use std::path::{Path, PathBuf};

use anyhow::Result;
use backtrail::ruleset::{Choice, Member, NotRunReason, RuleSet, RuleSource};

pub(super) use self::{catalog::catalog, check::check, explain::explain, list::list, test::test};
use super::{args::RuleArgs, outputs::Outputs, values::parse_placeholders};

/// Loads the rules that were asked for; `paths` are those given without an option.
pub(super) fn load(args: &RuleArgs, paths: &[PathBuf]) -> Result<RuleSet> {
    let sources = sources(args, paths);
    let outputs = Outputs::standard();
    if !outputs.is_empty() {
        for path in files(&sources)? {
            outputs.file_read("the rule file", &path)?;
        }
    }
    let choice = Choice {
        rules: args.rule.clone(),
        exclude: args.exclude_rule.clone(),
        level: args.level.map(|level| level.0),
    };
    Ok(RuleSet::load(&sources, &choice, &parse_placeholders(&args.placeholder)?)?)
}

fn sources(args: &RuleArgs, paths: &[PathBuf]) -> Vec<RuleSource> {
    let source = |path: &PathBuf| match path {
        path if path == Path::new("builtin") => RuleSource::Builtin,
        path => RuleSource::Path(path.clone()),
    };
    let mut sources: Vec<_> = args.rules.iter().chain(paths).map(source).collect();
    if sources.is_empty() {
        sources.push(RuleSource::Builtin);
    }
    sources
}

/// Every rule file that loading these rules reads.
pub(super) fn rule_files(args: &RuleArgs) -> Result<Vec<PathBuf>> {
    files(&sources(args, &[]))
}

fn files(sources: &[RuleSource]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for source in sources {
        files.extend(source.files()?);
    }
    Ok(files)
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
