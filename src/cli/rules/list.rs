//! `rules list`: what is loaded, which of it runs, and which of it is about something.

use std::borrow::Cow;

use anyhow::Result;
use backtrail::{
    catalog::{actions, is_within, layer, techniques},
    engine::{Engine, RulePrefilter},
    rule::{Level, Member},
    ruleset::{NotRunReason, RuleSet},
    text::{counted, escape, grouped},
};
use serde::Serialize;

use super::{
    super::{
        args::{ChosenArgs, ListArgs, ListFormat, PrefilterArg},
        exit::Status,
        render::{self, Voice, harmless},
        values::EventName,
    },
    Links, load,
};

/// One line of the list.
#[derive(Debug, Default, Serialize)]
struct Listed<'r> {
    level: Option<&'static str>,
    id: Option<&'r str>,
    title: &'r str,
    #[serde(skip)]
    tags: &'r [String],
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

/// Everything that was loaded, in the order of the set.
fn listed(rules: &RuleSet) -> Vec<Listed<'_>> {
    let file = |index: usize| rules.files.get(index).map_or("", |file| file.name.as_str());
    let Links { of_rules, of_correlations, narrowed } = Links::new(rules);
    let title = |member: &Member| match member {
        Member::Rule { rule, .. } => Some(rules.rules[*rule].rule.head.title.as_str()),
        Member::Correlation { correlation, .. } => {
            Some(rules.correlations[*correlation].correlation.head.title.as_str())
        }
        Member::NotRun => None,
    };
    let filters = |at: &usize| rules.filters[*at].filter.head.title.as_str();
    let run = rules.rules.iter().zip(of_rules).map(|(loaded, feeds)| Listed {
        level: loaded.rule.head.level.map(Level::as_str),
        id: loaded.rule.head.id.as_deref(),
        title: &loaded.rule.head.title,
        tags: &loaded.rule.head.tags,
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
            level: loaded.correlation.head.level.map(Level::as_str),
            id: loaded.correlation.head.id.as_deref(),
            title: &loaded.correlation.head.title,
            tags: &loaded.correlation.head.tags,
            file: file(loaded.file),
            kind: Some("correlation"),
            runs: true,
            reported: loaded.reported,
            feeds,
            rules: loaded.members.iter().filter_map(title).collect(),
            ..Listed::default()
        });
    let filters = rules.filters.iter().zip(narrowed).map(|(loaded, narrowed)| Listed {
        id: loaded.filter.head.id.as_deref(),
        title: &loaded.filter.head.title,
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
pub(in super::super) fn list(args: ListArgs, voice: Voice) -> Result<Status> {
    let ListArgs { paths, rules, format, chosen } = args;
    let rules = load(&rules, &paths)?;
    let listed = listed(&rules);
    let all = listed.len();
    let chooses = !chosen.is_empty();
    let kept = if chooses { wanted(&rules, &chosen) } else { vec![true; all] };
    let listed: Vec<_> =
        listed.into_iter().zip(kept).filter_map(|(it, kept)| kept.then_some(it)).collect();
    let text = match format {
        ListFormat::Json => escape::json_text(&listed)?,
        ListFormat::Table => table(&listed),
        ListFormat::Navigator => {
            let runs = listed.iter().filter(|it| it.runs);
            layer(runs.map(|it| (it.title, it.tags)))
        }
    };
    render::print(text.as_bytes())?;
    if chooses {
        voice.note(&format!(
            "Listed {} of {}.",
            grouped(listed.len()),
            counted(all, "rule document")
        ));
    }
    voice.note(&format!(
        "{} and {} run; {} loaded.",
        counted(rules.rules.len(), "rule"),
        counted(rules.correlations.len(), "correlation"),
        counted(rules.filters.len(), "filter"),
    ));
    for line in super::not_run_lines(&rules) {
        voice.note(&line);
    }
    if rules.refused > 0 {
        let refused = counted(rules.refused, "rule document");
        render::warn(&format!("{refused} cannot run; `backtrail rules check` says why"));
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

impl ChosenArgs {
    fn is_empty(&self) -> bool {
        self.technique.is_empty() && self.event.is_empty() && self.prefilter.is_none()
    }
}

/// Which documents are about what was asked for, in the order of the list. Filters, and documents that
/// do not run, are about nothing.
fn wanted(set: &RuleSet, chosen: &ChosenArgs) -> Vec<bool> {
    let covers = |tags: &[String]| {
        let ids = techniques(tags);
        chosen.technique.is_empty()
            || ids.iter().any(|id| chosen.technique.iter().any(|wanted| is_within(id, wanted)))
    };
    let events = about_events(set, &chosen.event);
    let engine = chosen.prefilter.map(|kind| (kind, Engine::compile(&set.rules)));
    let passes = |at: usize| match &engine {
        None => true,
        Some((wanted, engine)) => *wanted == kind_of(engine.prefilter(at)),
    };
    let rules = set.rules.iter().enumerate();
    let mut kept: Vec<bool> = rules
        .map(|(at, loaded)| covers(&loaded.rule.head.tags) && events.rules[at] && passes(at))
        .collect();
    // Only rules have a prefilter.
    kept.extend(set.correlations.iter().zip(&events.correlations).map(|(loaded, about)| {
        covers(&loaded.correlation.head.tags) && *about && chosen.prefilter.is_none()
    }));
    kept.resize(kept.len() + set.filters.len() + set.not_run.len(), false);
    kept
}

fn kind_of(prefilter: &RulePrefilter) -> PrefilterArg {
    match prefilter {
        RulePrefilter::EventName(_) => PrefilterArg::EventName,
        RulePrefilter::Literal(_) => PrefilterArg::Literal,
        RulePrefilter::None => PrefilterArg::None,
    }
}

/// Which rules name one of the events, and which correlations look at such rules, at any remove.
struct About {
    rules: Vec<bool>,
    correlations: Vec<bool>,
}

fn about_events(set: &RuleSet, events: &[EventName]) -> About {
    let named = |detection| {
        let actions = actions(detection);
        let is_wanted = |event: &EventName| {
            actions.iter().any(|action| action.is_about(event.provider.as_deref(), &event.name))
        };
        events.is_empty() || events.iter().any(is_wanted)
    };
    let rules: Vec<bool> = set.rules.iter().map(|loaded| named(&loaded.rule.detection)).collect();
    let mut correlations = vec![events.is_empty(); set.correlations.len()];
    // A correlation looks at those of lower levels only.
    let mut order: Vec<usize> = (0..set.correlations.len()).collect();
    order.sort_by_key(|at| set.correlations[*at].level);
    for at in order {
        correlations[at] |= set.correlations[at].members.iter().any(|member| match member {
            Member::Rule { rule, .. } => rules[*rule],
            Member::Correlation { correlation, .. } => correlations[*correlation],
            Member::NotRun => false,
        });
    }
    About { rules, correlations }
}
