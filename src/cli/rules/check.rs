//! `rules check`: what is wrong with rules, as text, JSON or SARIF.
//!
//! What loading finds and what lints find goes the same way. An archive is read only if one is named.

mod archive;
pub(in crate::cli) mod args;
mod fixing;
mod pages;
mod sarif;

use std::{collections::BTreeSet, fmt::Write as _, sync::Arc};

use anyhow::{Result, bail};
use backtrail::{
    lint::{self, Checked, Knowledge, Options, Told, Unasked},
    rule::{Severity, Span},
    ruleset::{Problem, RuleSet},
    text::{escape, grouped},
};
use serde::Serialize;

use self::{
    archive::Archive,
    args::{CheckArgs, ReportFormat},
};
use crate::cli::{
    args::RuleArgs,
    exit::Status,
    outputs::Outputs,
    render::{self, Voice, harmless},
    signal,
    values::parse_placeholders,
};

/// So many documents that do not run are named.
const MOST_NOT_RUN: usize = 5;

/// So many fields that no rule looks at are listed in text.
const MOST_UNASKED: usize = 40;

/// `rules check`.
pub(in crate::cli) fn check(args: &CheckArgs, voice: Voice) -> Result<Status> {
    if args.list_lints {
        render::print(pages::list().as_bytes())?;
        return Ok(Status::Done);
    }
    if let Some(code) = &args.explain {
        render::print(pages::explained(code)?.as_bytes())?;
        return Ok(Status::Done);
    }
    let (allow, deny) = (codes("--allow", &args.allow)?, codes("--deny", &args.deny)?);
    let mut rules = super::load(&args.rules, &args.paths)?;
    let mut knowledge = Knowledge::default();
    let interrupt = if args.events_from.is_empty() && args.against.is_empty() {
        Arc::default()
    } else {
        signal::interrupt(voice)?
    };
    let read = |paths| archive::read(paths, &rules, args.progress, &interrupt, voice);
    if args.fix && !args.diff {
        refuse_archive_of_rules(args)?;
    }
    let (learnt, against) = (read(&args.events_from)?, read(&args.against)?);
    for archive in learnt.iter().chain(&against) {
        archive.survey.teach(&mut knowledge);
    }
    let survey = against.as_ref().map(|archive| &archive.survey);
    let options = Options { knowledge, survey, allow, deny };
    let mut checked = lint::check(&rules, &options);
    if args.fix {
        let placeholders = parse_placeholders(&args.rules.placeholder)?;
        let load = || super::load(&args.rules, &args.paths);
        (rules, checked) =
            fixing::fix(rules, checked, &options, args.diff, &placeholders, load, voice)?;
    }
    if !args.diff {
        let text = match args.format {
            ReportFormat::Json => json(&rules, &checked, against.as_ref())?,
            ReportFormat::Sarif => sarif::text(&rules, &checked)?,
            ReportFormat::Text => text(&rules, &checked, against.as_ref(), voice),
        };
        render::print(text.as_bytes())?;
    }
    summary(&rules, &checked, voice);
    let failing = checked.count(Severity::Error) > 0 || rules.refused > 0;
    let own = if failing { Status::Failing } else { Status::Done };
    let read = learnt.iter().chain(&against).map(|archive| archive.status);
    Ok(read.chain([own]).max_by_key(|status| graveness(*status)).unwrap_or(own))
}

/// Refuses to change rule files that are read as an archive too.
fn refuse_archive_of_rules(args: &CheckArgs) -> Result<()> {
    let archive: Vec<_> = args.against.iter().chain(&args.events_from).collect();
    if archive.is_empty() {
        return Ok(());
    }
    let rules = RuleArgs {
        rules: args.rules.rules.iter().chain(&args.paths).cloned().collect(),
        ..args.rules.clone()
    };
    for path in super::rule_files(&rules)? {
        let mut outputs = Outputs::standard();
        outputs.in_place(format!("the rule file {}", path.display()), &path)?;
        for input in &archive {
            outputs.file_read("the input", input)?;
        }
    }
    Ok(())
}

/// 130, 3, 1, 0: a graver status hides a lesser one.
fn graveness(status: Status) -> u8 {
    match status {
        Status::Done => 0,
        Status::Failing => 1,
        Status::NotWhole => 2,
        Status::Unable => 3,
        Status::Interrupted => 4,
    }
}

/// Codes given to an option. One that there is not would do nothing without a word.
fn codes(option: &str, given: &[String]) -> Result<BTreeSet<String>> {
    for code in given {
        let is_group = option == "--deny" && code == "warnings";
        if !is_group && !lint::codes().any(|known| known.code == code) {
            bail!("{option} {code}: no such lint; --list-lints lists them");
        }
    }
    Ok(given.iter().cloned().collect())
}

fn summary(rules: &RuleSet, checked: &Checked, voice: Voice) {
    let allowed = match checked.allowed {
        0 => String::new(),
        allowed => format!(", allowed: {allowed}"),
    };
    voice.note(&format!(
        "files: {}, rules that run: {}, correlations: {}, filters: {}, documents that do not run: {}, refused: {}; errors: {}, warnings: {}, notes: {}{allowed}",
        grouped(rules.files.len()),
        grouped(rules.rules.len()),
        grouped(rules.correlations.len()),
        grouped(rules.filters.len()),
        grouped(rules.not_run.len()),
        grouped(rules.refused),
        grouped(checked.count(Severity::Error)),
        grouped(checked.count(Severity::Warning)),
        grouped(checked.count(Severity::Note)),
    ));
    // Few are named, with the reason; of many the reasons are counted.
    if rules.not_run.len() <= MOST_NOT_RUN {
        for document in &rules.not_run {
            let (reason, _) = super::not_run_reason(document.reason);
            let file = rules.files.get(document.file).map_or("", |file| file.name.as_str());
            let source =
                document.log_source.as_deref().map_or_else(String::new, |it| format!(" ({it})"));
            voice.note(&format!("{file}: {:?} does not run: {reason}{source}.", document.title));
        }
    }
    for line in super::not_run_lines(rules) {
        voice.note(&line);
    }
}

fn text(rules: &RuleSet, checked: &Checked, against: Option<&Archive>, voice: Voice) -> String {
    let mut text = String::new();
    for told in &checked.told {
        let diagnostic = told.diagnostic.clone();
        text.push_str(&render::drawn(rules, &Problem { file: told.file, diagnostic }));
        text.push_str("\n\n");
    }
    let fixes = checked.told.iter().filter(|told| told.fix.is_some()).count();
    if fixes > 0 {
        voice.note(&format!("{fixes} of these can be set right with --fix"));
    }
    let Some(archive) = against else { return text };
    voice.note(&format!(
        "rules that cannot fire on this data: {} of {}",
        cannot_fire(checked),
        rules.rules.len()
    ));
    let unasked = archive.survey.unasked(rules);
    if unasked.is_empty() {
        return text;
    }
    text.push_str("Fields in the archive that no rule looks at, and the records that have them:\n");
    for Unasked { field, records } in unasked.iter().take(MOST_UNASKED) {
        let _ = writeln!(text, "{records:>12}  {}", harmless(field));
    }
    if unasked.len() > MOST_UNASKED {
        let more = unasked.len() - MOST_UNASKED;
        let _ = writeln!(text, "{:>12}  {more} more; --format json has them all", "");
    }
    text
}

/// One problem as data.
#[derive(Debug, Serialize)]
struct Shown<'r> {
    file: &'r str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    severity: Severity,
    code: &'static str,
    message: &'r str,
    help: Option<&'r str>,
    /// What `--fix` would do.
    fix: Option<&'r str>,
}

/// What an archive says, as data.
#[derive(Debug, Serialize)]
struct AgainstShown<'r> {
    problems: Vec<Shown<'r>>,
    archive: ArchiveShown<'r>,
}

#[derive(Debug, Serialize)]
struct ArchiveShown<'r> {
    records: u64,
    fields: usize,
    event_names: usize,
    /// How many rules cannot fire on it; each is among the problems.
    rules_that_cannot_fire: usize,
    /// Every file was read.
    whole: bool,
    fields_not_looked_at: Vec<Unasked<'r>>,
}

/// The problems as a list; with an archive, an object that has the list and what the archive says.
fn json(rules: &RuleSet, checked: &Checked, against: Option<&Archive>) -> Result<String> {
    let problems: Vec<_> = checked.told.iter().filter_map(|told| shown(rules, told)).collect();
    Ok(match against {
        None => escape::json_text(&problems)?,
        Some(Archive { survey, status }) => {
            let archive = ArchiveShown {
                records: survey.records(),
                fields: survey.fields(),
                event_names: survey.events(),
                rules_that_cannot_fire: cannot_fire(checked),
                whole: *status == Status::Done,
                fields_not_looked_at: survey.unasked(rules),
            };
            escape::json_text(&AgainstShown { problems, archive })?
        }
    })
}

/// How many rules were told not to fire on the archive.
fn cannot_fire(checked: &Checked) -> usize {
    checked.told.iter().filter(|told| told.diagnostic.code == "cannot-fire").count()
}

fn shown<'r>(rules: &'r RuleSet, told: &'r Told) -> Option<Shown<'r>> {
    let file = rules.files.get(told.file)?;
    let diagnostic = &told.diagnostic;
    let Span { start, end } = diagnostic.span;
    let (line, column) = render::place(&file.text, start);
    let (end_line, end_column) = render::place(&file.text, end.max(start));
    Some(Shown {
        file: &file.name,
        line,
        column,
        end_line,
        end_column,
        severity: diagnostic.severity,
        code: diagnostic.code,
        message: &diagnostic.message,
        help: diagnostic.help.as_deref(),
        fix: told.fix.as_ref().map(|fix| fix.what.as_str()),
    })
}
