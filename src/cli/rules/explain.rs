//! `rules explain`: how rules will run, and why they match an event or do not.
//!
//! This file finds the rules and reads the events; `build_plan` makes what is said of a rule, and
//! `page` shows it to people.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use backtrail::{
    cloudtrail::{BrokenRecord, Event, Parser},
    engine::{Engine, explain::Explainer},
    ruleset::RuleSet,
    text::{counted, escape},
};

use super::{
    Links, build_plan,
    examples::{elements, text_of},
    page,
    plan::{Explanation, OnEvent},
};
use crate::cli::{
    args::{CheckFormat, ExplainArgs},
    exit::Status,
    outputs::Outputs,
    render::{self, harmless},
};

/// `rules explain`.
pub(in crate::cli) fn explain(args: ExplainArgs) -> Result<Status> {
    let ExplainArgs { wanted, event, rules, format } = args;
    let is_path = |path: &PathBuf| path == Path::new("builtin") || path.exists();
    let (paths, names): (Vec<_>, Vec<_>) = wanted.into_iter().partition(is_path);
    let records = event.as_deref().map(records_of).transpose()?.unwrap_or_default();
    let mut whole = Explanation::default();
    let mut sets = Vec::new();
    if !paths.is_empty() {
        // What is named by path stands first, so that it is known by the number of its files.
        let mut alone = rules.clone();
        alone.rules.clear();
        let files = super::load(&alone, &paths)?.files.len();
        let mut both = rules.clone();
        both.rules = paths;
        both.rules.extend(rules.rules.iter().cloned());
        sets.push((super::load(&both, &[])?, files, true));
    }
    if !names.is_empty() {
        let mut named = rules;
        named.rule.extend(names.iter().map(|name| name.to_string_lossy().into_owned()));
        let set = super::load(&named, &[])?;
        let files = set.files.len();
        sets.push((set, files, false));
    }
    for (set, ..) in &sets {
        if set.refused > 0 {
            let refused = counted(set.refused, "rule document");
            render::warn(&format!("{refused} cannot run; `backtrail rules check` says why"));
        }
        for document in &set.not_run {
            let (reason, _) = super::not_run_reason(document.reason);
            let source = document.log_source.as_ref();
            let source = source.map_or_else(String::new, |source| format!(" ({source})"));
            render::warn(&format!("{:?} does not run: {reason}{source}", document.title));
        }
    }
    for (set, files, by_path) in &sets {
        add(&mut whole, set, (*files, *by_path), &records)?;
    }
    if whole.is_empty() {
        bail!("nothing to explain: none of the rule documents runs");
    }
    let text = match format {
        CheckFormat::Json => escape::json_text(&whole)?,
        CheckFormat::Text => page::text(&whole),
    };
    render::print(text.as_bytes())?;
    Ok(Status::Done)
}

/// Adds what there is to say of the documents in the first so many files of the set, which were named
/// by their paths or else by id or title.
fn add<'s>(
    whole: &mut Explanation<'s>,
    set: &'s RuleSet,
    (files, by_path): (usize, bool),
    records: &[String],
) -> Result<()> {
    let (engine, links) = (Engine::compile(&set.rules), Links::new(set));
    for (index, loaded) in set.rules.iter().enumerate().filter(|(_, it)| it.file < files) {
        let mut plan = build_plan::of_rule(set, &links, &engine, index);
        let explainer = Explainer::new(&loaded.rule);
        for (record, text) in records.iter().enumerate() {
            let told = Parser::default().parse(text.as_bytes(), |event| OnEvent {
                record,
                event_name: event.string_at(&["eventName"]).map(str::to_owned),
                event_id: event.string_at(&["eventID"]).map(str::to_owned),
                explained: explainer.explain(event),
            });
            plan.events.push(told?);
        }
        whole.rules.push(plan);
    }
    let correlations = set.correlations.iter().enumerate().filter(|(_, it)| it.file < files);
    whole
        .correlations
        .extend(correlations.map(|(at, _)| build_plan::of_correlation(set, &links, at)));
    let filters = set.filters.iter().enumerate().filter(|(_, loaded)| loaded.file < files);
    // Of rules that are named, only the filters that narrow them are of interest.
    let filters = filters.filter(|(_, loaded)| by_path || loaded.narrowed > 0);
    whole.filters.extend(filters.map(|(at, _)| build_plan::of_filter(set, &links, at)));
    Ok(())
}

/// The records of a file: the elements of its `Records`, or the one event that it is.
fn records_of(path: &Path) -> Result<Vec<String>> {
    Outputs::standard().file_read("--event", path)?;
    let about = || format!("cannot read an event from {}", harmless(&path.to_string_lossy()));
    let text = text_of(path).with_context(about)?;
    let text = text.trim();
    let records: Result<Vec<String>, BrokenRecord> =
        Parser::default().parse(text.as_bytes(), records_in);
    let records = records.with_context(about)?;
    ensure!(!records.is_empty(), "{}: it has no record", about());
    Ok(records)
}

fn records_in(document: &Event<'_>) -> Vec<String> {
    match document.get(0, "Records") {
        Some(records) => {
            elements(document, records).into_iter().map(|at| document.json_of(at)).collect()
        }
        None => vec![document.json_of(0)],
    }
}
