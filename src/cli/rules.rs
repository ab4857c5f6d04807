//! The `rules` commands. Here: what they share.

mod archives;
mod build_plan;
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

use anyhow::{Result, bail};
use backtrail::{
    hunt::HuntError,
    rule::Member,
    ruleset::{Choice, LeftOut, NotRunReason, RuleSet, RuleSetError, RuleSource},
    text::{counted, grouped},
};

pub(super) use self::{catalog::catalog, check::check, explain::explain, list::list, test::test};
use super::{
    args::RuleArgs,
    outputs::Outputs,
    render::{self, Voice},
    values::parse_placeholders,
};

/// Loads the rules that were asked for; `paths` are those given without an option.
pub(super) fn load(args: &RuleArgs, paths: &[PathBuf]) -> Result<RuleSet> {
    let sources = sources(args, paths);
    let outputs = Outputs::standard();
    if !outputs.is_empty() {
        for path in files(&sources)? {
            outputs.file_read("the rule file", &path)?;
        }
    }
    let names = paths.iter().filter(|path| is_rule_name(path));
    let names = names.map(|name| name.to_string_lossy().into_owned());
    let choice = Choice {
        rules: args.rule.iter().cloned().chain(names).collect(),
        exclude: args.exclude_rule.clone(),
        level: args.level.map(|level| level.0),
    };
    let given = |pattern: &String| paths.iter().any(|path| path.as_os_str() == &**pattern);
    match RuleSet::load(&sources, &choice, &parse_placeholders(&args.placeholder)?) {
        Err(RuleSetError::NothingSelected { pattern, hint }) if given(&pattern) => {
            bail!("{pattern}: no such file or folder, and no rule has this title or id{hint}")
        }
        loaded => Ok(loaded?),
    }
}

/// Loads the rules of a hunt and reports what is wrong with them or does not run.
pub(super) fn usable(args: &RuleArgs, skip_bad: bool, voice: Voice) -> Result<RuleSet> {
    let rules = load(args, &[])?;
    report_problems(&rules, skip_bad, voice)?;
    Ok(rules)
}

/// Refuses to hunt without a rule that runs.
pub(super) fn ensure_one_runs(rules: &RuleSet) -> Result<()> {
    rules.why_none_runs().map_or(Ok(()), |why| Err(HuntError::NoRule(why).into()))
}

fn sources(args: &RuleArgs, paths: &[PathBuf]) -> Vec<RuleSource> {
    let source = |path: &PathBuf| match path {
        path if path == Path::new("builtin") => RuleSource::Builtin,
        path => RuleSource::Path(path.clone()),
    };
    let paths = paths.iter().filter(|path| !is_rule_name(path));
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

/// Whether an argument is the title or id of a rule, and not the path of a file that is missing.
fn is_rule_name(path: &Path) -> bool {
    let is_yaml = path
        .extension()
        .is_some_and(|it| it.eq_ignore_ascii_case("yml") || it.eq_ignore_ascii_case("yaml"));
    path != Path::new("builtin") && path.components().count() == 1 && !is_yaml && !path.exists()
}

/// Reports what is wrong with the loaded rules, what does not run, and what was left out.
///
/// Fails if a document was refused, unless those are to be skipped.
pub(super) fn report_problems(rules: &RuleSet, skip_bad: bool, voice: Voice) -> Result<()> {
    let refused = counted(rules.refused, "rule document");
    let how = "`backtrail rules check` says why";
    if skip_bad && voice.is_quiet() {
        if rules.refused > 0 {
            render::warn(&format!("skipped {refused} that cannot run; {how}"));
        }
        return Ok(());
    }
    voice.problem_lines(rules);
    if rules.refused > 0 && !skip_bad {
        bail!(
            "{refused} cannot run: fix what is wrong ({how}), or continue without with --skip-bad-rules"
        );
    }
    if rules.refused > 0 {
        render::warn(&format!("skipped {refused} that cannot run; {how}"));
    }
    for line in not_run_lines(rules) {
        voice.note(&line);
    }
    Ok(())
}

/// Documents that do not run and files that were left out, a line for each reason.
pub(super) fn not_run_lines(rules: &RuleSet) -> Vec<String> {
    let mut lines = Vec::new();
    for (reason, count) in rules.not_run_counts() {
        let (is, are) = not_run_reason(reason);
        let reason = if count == 1 { is } else { are };
        lines.push(format!("{} not run: {reason}.", counted(count, "rule document")));
    }
    let LeftOut { hidden, not_sigma } = rules.left_out;
    if not_sigma > 0 {
        let is = if not_sigma == 1 { "is not a Sigma rule" } else { "are not Sigma rules" };
        lines.push(format!("Left out {} that {is}.", counted(not_sigma, "YAML file")));
    }
    if hidden > 0 {
        let items = if hidden == 1 { "file or folder" } else { "files and folders" };
        lines.push(format!("Left out {} hidden {items} among the rules.", grouped(hidden)));
    }
    lines
}

/// Why a document of that kind does not run, and why several do not.
fn not_run_reason(reason: NotRunReason) -> (&'static str, &'static str) {
    match reason {
        NotRunReason::Unsupported => {
            ("it has status: unsupported", "they have status: unsupported")
        }
        NotRunReason::OtherLogSource => {
            ("it is for another log source", "they are for other log sources")
        }
        NotRunReason::NoRuleRuns => (
            "it is a correlation over rules that do not run",
            "they are correlations over rules that do not run",
        ),
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
                fed.push(loaded.correlation.head.title.as_str());
            }
        }
        let mut narrowed = vec![Vec::new(); rules.filters.len()];
        for loaded in &rules.rules {
            for &filter in &loaded.filters {
                narrowed[filter].push(loaded.rule.head.title.as_str());
            }
        }
        Self { of_rules, of_correlations, narrowed }
    }
}
