//! The `rules` commands. Here: `list`, what is loaded.

mod archives;
mod cautions;
pub(super) mod check;
mod examples;
mod explain;
mod page;
mod plan;
mod test;
mod tree;

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

use anyhow::Result;
use backtrail::{
    ruleset::{Choice, Member, NotRunReason, RuleSet, RuleSource},
    sigma::Level,
};
use serde::Serialize;

pub(super) use self::{check::check, explain::explain, test::test};
use super::{
    args::{ListArgs, ListFormat, RuleArgs},
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
#[derive(Debug, Default, Serialize)]
struct Listed<'r> {
    level: Option<&'static str>,
    id: Option<&'r str>,
    title: &'r str,
    file: &'r str,
    /// `rule`, `correlation`, `filter`; of what does not run it is not known.
    kind: Option<&'static str>,
    runs: bool,
    /// It has findings of its own.
    reported: bool,
    reason: Option<NotRunReason>,
    /// Titles of the correlations it feeds.
    feeds: Vec<&'r str>,
    /// Titles of what a correlation looks at, or of the rules that a filter narrows.
    rules: Vec<&'r str>,
    /// Titles of the filters that narrow it.
    filters: Vec<&'r str>,
}

impl Listed<'_> {
    /// What it does, in a word or two.
    fn state(&self) -> Cow<'static, str> {
        match (self.kind, self.reason) {
            (_, Some(reason)) => reason.as_str().into(),
            (Some("filter"), _) => format!("narrows {}", self.rules.len()).into(),
            _ if !self.reported => "feeds".into(),
            (Some("correlation"), _) => "correlates".into(),
            _ if !self.feeds.is_empty() => "runs, feeds".into(),
            _ => "runs".into(),
        }
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

/// Everything that was loaded, in the order of the set.
fn listed(rules: &RuleSet) -> Vec<Listed<'_>> {
    let file = |index: usize| rules.files.get(index).map_or("", |file| file.name.as_str());
    let Links { of_rules, of_correlations, narrowed } = Links::new(rules);
    let title = |member: &Member| match member {
        Member::Rule { rule, .. } => Some(rules.rules[*rule].rule.title.as_str()),
        Member::Correlation { correlation, .. } => {
            Some(rules.correlations[*correlation].correlation.title.as_str())
        }
        Member::NotRun => None,
    };
    let filters = |at: &usize| rules.filters[*at].filter.title.as_str();
    let run = rules.rules.iter().zip(of_rules).map(|(loaded, feeds)| Listed {
        level: loaded.rule.level.map(Level::as_str),
        id: loaded.rule.id.as_deref(),
        title: &loaded.rule.title,
        file: file(loaded.file),
        kind: Some("rule"),
        runs: true,
        reported: loaded.reported,
        feeds,
        filters: loaded.filters.iter().map(filters).collect(),
        ..Listed::default()
    });
    let correlations =
        rules.correlations.iter().zip(of_correlations).map(|(loaded, feeds)| Listed {
            level: loaded.correlation.level.map(Level::as_str),
            id: loaded.correlation.id.as_deref(),
            title: &loaded.correlation.title,
            file: file(loaded.file),
            kind: Some("correlation"),
            runs: true,
            reported: loaded.reported,
            feeds,
            rules: loaded.members.iter().filter_map(title).collect(),
            ..Listed::default()
        });
    let filters = rules.filters.iter().zip(narrowed).map(|(loaded, narrowed)| Listed {
        id: loaded.filter.id.as_deref(),
        title: &loaded.filter.title,
        file: file(loaded.file),
        kind: Some("filter"),
        runs: loaded.narrowed > 0,
        rules: narrowed,
        ..Listed::default()
    });
    let not_run = rules.not_run.iter().map(|document| Listed {
        id: document.id.as_deref(),
        title: &document.title,
        file: file(document.file),
        reason: Some(document.reason),
        ..Listed::default()
    });
    run.chain(correlations).chain(filters).chain(not_run).collect()
}

/// `rules list`.
pub(super) fn list(args: ListArgs, voice: Voice) -> Result<Status> {
    let ListArgs { paths, rules, format } = args;
    let rules = load(&rules, &paths)?;
    let listed = listed(&rules);
    let text = match format {
        ListFormat::Json => serde_json::to_string_pretty(&listed)? + "\n",
        ListFormat::Table => table(&listed),
    };
    render::print(text.as_bytes())?;
    voice.note(&format!(
        "{} rules and {} correlations run, {} filters are loaded, {} documents load and do not run.",
        rules.rules.len(),
        rules.correlations.len(),
        rules.filters.len(),
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
                rule.state().into_owned(),
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
