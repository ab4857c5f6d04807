//! `rules list` and `rules check`: what is loaded, and what is wrong with it.

use std::path::{Path, PathBuf};

use anyhow::Result;
use backtrail::{
    ruleset::{Choice, NotRunReason, RuleSet, RuleSource},
    sigma::{Level, Severity},
};
use serde::Serialize;

use super::{
    args::{CheckArgs, CheckFormat, ListArgs, ListFormat, RuleArgs},
    exit::Status,
    render::{self, Voice, harmless},
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

/// One line of the list.
#[derive(Debug, Serialize)]
struct Listed<'r> {
    level: Option<&'static str>,
    id: Option<&'r str>,
    title: &'r str,
    file: &'r str,
    runs: bool,
    reason: Option<NotRunReason>,
}

/// `rules list`.
pub(super) fn list(args: ListArgs, voice: Voice) -> Result<Status> {
    let ListArgs { paths, rules, format } = args;
    let rules = load(&rules, &paths)?;
    let file = |index: usize| rules.files.get(index).map_or("", |file| file.name.as_str());
    let run = rules.rules.iter().map(|loaded| Listed {
        level: loaded.rule.level.map(Level::as_str),
        id: loaded.rule.id.as_deref(),
        title: &loaded.rule.title,
        file: file(loaded.file),
        runs: true,
        reason: None,
    });
    let not_run = rules.not_run.iter().map(|document| Listed {
        level: None,
        id: document.id.as_deref(),
        title: &document.title,
        file: file(document.file),
        runs: false,
        reason: Some(document.reason),
    });
    let listed: Vec<_> = run.chain(not_run).collect();
    let text = match format {
        ListFormat::Json => serde_json::to_string_pretty(&listed)? + "\n",
        ListFormat::Table => table(&listed),
    };
    render::print(text.as_bytes())?;
    voice.note(&format!(
        "{} rules run, {} documents load and do not run.",
        rules.rules.len(),
        rules.not_run.len()
    ));
    if rules.refused > 0 {
        render::warn(&format!("{} documents are refused; `rules check` says why", rules.refused));
    }
    Ok(Status::Done)
}

/// The list in columns. Titles and ids are as wide as they are, so nothing is cut.
fn table(listed: &[Listed<'_>]) -> String {
    let rows: Vec<[String; 5]> = listed
        .iter()
        .map(|rule| {
            [
                rule.level.unwrap_or("-").to_owned(),
                rule.reason.map_or("runs", NotRunReason::as_str).to_owned(),
                harmless(rule.id.unwrap_or("-")).into_owned(),
                harmless(rule.title).into_owned(),
                harmless(rule.file).into_owned(),
            ]
        })
        .collect();
    let head = ["LEVEL", "STATE", "ID", "TITLE", "FILE"].map(str::to_owned);
    let mut widths = [0; 5];
    for row in rows.iter().chain([&head]) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in [&head].into_iter().chain(&rows) {
        let cells: Vec<_> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
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
        "files: {}, rules that run: {}, documents that do not: {}, refused: {}; errors: {errors}, warnings: {}",
        rules.files.len(),
        rules.rules.len(),
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
