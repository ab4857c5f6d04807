//! What the pages say, before they are pages.

use std::{collections::HashMap, path::Path};

use serde::Serialize;

use super::{
    Action,
    asks::{Exclusion, Indicator, Stage},
    attack::{Coverage, Tactic, Technique},
};
use crate::{
    rule::{CorrelationBody, Level},
    ruleset::RuleSet,
};

/// A rule set and what it is called.
#[derive(Debug, Clone, Copy)]
pub struct NamedSet<'s> {
    /// What it is called in the catalogue; no two sets share a name.
    pub name: &'s str,
    /// The folder or file it was loaded from. Pages name files relative to it, so that they say nothing of the machine
    /// where they were written.
    pub root: &'s Path,
    /// The rules.
    pub rules: &'s RuleSet,
}

impl<'s> NamedSet<'s> {
    /// The name of a rule file in this set; empty if there is no such file.
    pub(super) fn file(&self, at: usize) -> &'s str {
        let Some(file) = self.rules.files.get(at) else { return "" };
        let path = Path::new(&file.name);
        let inside = path.strip_prefix(self.root).ok().filter(|rest| !rest.as_os_str().is_empty());
        let single = || path.file_name().map(Path::new);
        let shown = if path == self.root { single() } else { inside };
        shown.and_then(Path::to_str).unwrap_or(&file.name)
    }
}

/// The whole catalogue.
#[derive(Debug)]
pub(super) struct Model<'s> {
    pub(super) sets: Vec<Set<'s>>,
    pub(super) rules: Vec<RulePage<'s>>,
    pub(super) correlations: Vec<CorrelationPage<'s>>,
    pub(super) overview: Overview<'s>,
}

/// One of the sets.
#[derive(Debug, Serialize)]
pub(super) struct Set<'s> {
    pub(super) name: &'s str,
    pub(super) rules: usize,
    pub(super) correlations: usize,
    pub(super) filters: usize,
    /// Documents that load and do not run.
    pub(super) not_run: usize,
    /// Documents that were refused.
    pub(super) refused: usize,
}

/// What every document says of itself.
#[derive(Debug, Serialize)]
pub(super) struct About<'s> {
    pub(super) title: &'s str,
    pub(super) id: Option<&'s str>,
    pub(super) level: Option<Level>,
    pub(super) status: Option<&'static str>,
    pub(super) description: Option<&'s str>,
    pub(super) author: Option<&'s str>,
    pub(super) date: Option<&'s str>,
    pub(super) modified: Option<&'s str>,
    pub(super) license: Option<&'s str>,
    pub(super) references: &'s [String],
    pub(super) falsepositives: &'s [String],
    pub(super) tags: &'s [String],
}

/// Another page of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// Index into [`Model::rules`].
    Rule(usize),
    /// Index into [`Model::correlations`].
    Correlation(usize),
}

/// The page of a rule.
#[derive(Debug)]
pub(super) struct RulePage<'s> {
    /// Its name among the pages, without an ending.
    pub(super) page: String,
    /// Index into [`Model::sets`].
    pub(super) set: usize,
    /// The file it stands in, as it was named.
    pub(super) file: &'s str,
    pub(super) about: About<'s>,
    pub(super) attack: Coverage<'s>,
    /// What it looks for; empty means any event.
    pub(super) actions: Vec<Action>,
    /// Other rules that look for one of its actions.
    pub(super) others: Others,
    /// As it is written.
    pub(super) body: &'s str,
    pub(super) condition: String,
    pub(super) stages: Vec<Stage<'s>>,
    pub(super) exclusions: Vec<Exclusion<'s>>,
    pub(super) indicators: Vec<Indicator<'s>>,
    /// Titles of the filters that narrow it.
    pub(super) filters: Vec<&'s str>,
    /// The correlations it feeds.
    pub(super) feeds: Vec<Target>,
    /// Its matches are findings.
    pub(super) reported: bool,
}

/// The page of a correlation.
#[derive(Debug)]
pub(super) struct CorrelationPage<'s> {
    pub(super) page: String,
    pub(super) set: usize,
    pub(super) file: &'s str,
    pub(super) about: About<'s>,
    pub(super) attack: Coverage<'s>,
    pub(super) body: &'s str,
    pub(super) correlation: &'s CorrelationBody,
    /// What its `rules` stand for, in their order; `None` does not run.
    pub(super) members: Vec<Option<Target>>,
    /// The correlations it feeds.
    pub(super) feeds: Vec<Target>,
    /// Its matches are findings.
    pub(super) reported: bool,
}

impl<'s> Model<'s> {
    /// Name of the page and what it is about.
    pub(super) fn target(&self, target: Target) -> (&str, &About<'s>, usize) {
        match target {
            Target::Rule(at) => {
                let rule = &self.rules[at];
                (&rule.page, &rule.about, rule.set)
            }
            Target::Correlation(at) => {
                let correlation = &self.correlations[at];
                (&correlation.page, &correlation.about, correlation.set)
            }
        }
    }

    /// The file that the document of a page stands in.
    pub(super) fn file(&self, target: Target) -> &str {
        match target {
            Target::Rule(at) => self.rules[at].file,
            Target::Correlation(at) => self.correlations[at].file,
        }
    }
}

/// Rules that look for one of the same actions.
#[derive(Debug, Default)]
pub(super) struct Others {
    /// Indices of rules, by set and title.
    pub(super) rules: Vec<usize>,
    /// There are more than are listed.
    pub(super) more: bool,
}

/// What the overview says.
#[derive(Debug, Serialize)]
pub(super) struct Overview<'s> {
    /// Tactics that have rules, in the order of the matrix.
    pub(super) matrix: Vec<Column>,
    /// Those that two rules have at least, the most used first.
    pub(super) indicators: Vec<Used<'s>>,
    /// From critical to informational; without a level last.
    pub(super) levels: Vec<(Option<&'static str>, usize)>,
    /// The most looked for first.
    pub(super) events: Vec<Event>,
    /// Rules that look for any event.
    pub(super) any_event: usize,
}

/// A tactic with its techniques.
#[derive(Debug, Serialize)]
pub(super) struct Column {
    /// `None` for techniques of which no tactic is known.
    pub(super) tactic: Option<&'static Tactic>,
    /// Rules and correlations of the tactic, with a technique or without.
    pub(super) rules: usize,
    /// In the order of their ids.
    pub(super) techniques: Vec<Cell>,
}

/// A technique, and how many rules and correlations cover it there.
#[derive(Debug, Serialize)]
pub(super) struct Cell {
    #[serde(flatten)]
    pub(super) technique: Technique,
    pub(super) rules: usize,
}

/// An indicator, and how many rules have it.
#[derive(Debug, Serialize)]
pub(super) struct Used<'s> {
    pub(super) field: Option<&'s str>,
    pub(super) operator: String,
    pub(super) value: Option<&'s str>,
    pub(super) rules: usize,
}

/// An action, and how many rules look for it.
#[derive(Debug, Serialize)]
pub(super) struct Event {
    #[serde(flatten)]
    pub(super) action: Action,
    pub(super) rules: usize,
}

/// The places of values that are the same, by what they are.
pub(super) type Places<K> = HashMap<K, Vec<usize>>;
