//! What the pages say, before they are pages.

use std::collections::HashMap;

use serde::Serialize;

use super::{
    Action, NamedSet, actions,
    asks::{Asks, Exclusion, Indicator, Stage, asks},
    attack::{self, Coverage},
    corpus::{self, Others},
    overview::Overview,
    paths::Names,
};
use crate::{
    rule::{CorrelationBody, Head, Level, LoadedCorrelation, LoadedRule, Member, Span, Status},
    ruleset::RuleSet,
};

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
    pub(super) fn new(sets: &[NamedSet<'s>]) -> Self {
        let mut names = Names::default();
        let (mut rules, mut correlations) = (Vec::new(), Vec::new());
        for (at, set) in sets.iter().enumerate() {
            let first = (rules.len(), correlations.len());
            let links = Links::new(set.rules, first);
            for (index, loaded) in set.rules.rules.iter().enumerate() {
                let page = names.page(&loaded.rule.head.title, loaded.rule.head.id.as_deref());
                rules.push(rule(page, at, set, loaded, links.of_rules[index].clone()));
            }
            for (index, loaded) in set.rules.correlations.iter().enumerate() {
                let about = &loaded.correlation;
                let page = names.page(&about.head.title, about.head.id.as_deref());
                let feeds = links.of_correlations[index].clone();
                correlations.push(correlation(page, at, set, loaded, first, feeds));
            }
        }
        corpus::count(&mut rules);
        corpus::relate(&mut rules);
        let overview = Overview::new(&rules, &correlations);
        Self { sets: sets.iter().map(told).collect(), rules, correlations, overview }
    }

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

fn told<'s>(set: &NamedSet<'s>) -> Set<'s> {
    let NamedSet { name, rules, .. } = *set;
    Set {
        name,
        rules: rules.rules.len(),
        correlations: rules.correlations.len(),
        filters: rules.filters.len(),
        not_run: rules.not_run.len(),
        refused: rules.refused,
    }
}

/// Which correlations the documents of a set feed.
struct Links {
    of_rules: Vec<Vec<Target>>,
    of_correlations: Vec<Vec<Target>>,
}

impl Links {
    /// `first` is where the rules and correlations of the set begin in the catalogue.
    fn new(set: &RuleSet, first: (usize, usize)) -> Self {
        let mut of_rules = vec![Vec::new(); set.rules.len()];
        let mut of_correlations = vec![Vec::new(); set.correlations.len()];
        for (at, loaded) in set.correlations.iter().enumerate() {
            for member in &loaded.members {
                let fed = match member {
                    Member::Rule { rule, .. } => &mut of_rules[*rule],
                    Member::Correlation { correlation, .. } => &mut of_correlations[*correlation],
                    Member::NotRun => continue,
                };
                let target = Target::Correlation(first.1 + at);
                if fed.last() != Some(&target) {
                    fed.push(target);
                }
            }
        }
        Self { of_rules, of_correlations }
    }
}

fn rule<'s>(
    page: String,
    set: usize,
    named: &NamedSet<'s>,
    loaded: &'s LoadedRule,
    feeds: Vec<Target>,
) -> RulePage<'s> {
    let rule = &loaded.rule;
    let Asks { condition, stages, exclusions, indicators } = asks(&rule.detection);
    RulePage {
        page,
        set,
        file: named.file(loaded.file),
        about: about(&rule.head),
        attack: attack::coverage(&rule.head.tags),
        actions: actions(&rule.detection),
        others: Others::default(),
        body: body(named.rules, loaded.file, rule.span),
        condition,
        stages,
        exclusions,
        indicators,
        filters: loaded
            .filters
            .iter()
            .map(|&at| &*named.rules.filters[at].filter.head.title)
            .collect(),
        feeds,
        reported: loaded.reported,
    }
}

fn correlation<'s>(
    page: String,
    set: usize,
    named: &NamedSet<'s>,
    loaded: &'s LoadedCorrelation,
    first: (usize, usize),
    feeds: Vec<Target>,
) -> CorrelationPage<'s> {
    let correlation = &loaded.correlation;
    let member = |member: &Member| match member {
        Member::Rule { rule, .. } => Some(Target::Rule(first.0 + rule)),
        Member::Correlation { correlation, .. } => Some(Target::Correlation(first.1 + correlation)),
        Member::NotRun => None,
    };
    CorrelationPage {
        page,
        set,
        file: named.file(loaded.file),
        about: about(&correlation.head),
        attack: attack::coverage(&correlation.head.tags),
        body: body(named.rules, loaded.file, correlation.span),
        correlation: &correlation.body,
        members: loaded.members.iter().map(member).collect(),
        feeds,
        reported: loaded.reported,
    }
}

/// The document as it is written.
fn body(rules: &RuleSet, file: usize, span: Span) -> &str {
    let text = rules.files.get(file).and_then(|file| file.text.get(span.start..span.end));
    text.unwrap_or_default().trim_end()
}

fn about(head: &Head) -> About<'_> {
    About {
        title: &head.title,
        id: head.id.as_deref(),
        level: head.level,
        status: head.status.map(Status::as_str),
        description: head.description.as_deref(),
        author: head.author.as_deref(),
        date: head.date.as_deref(),
        modified: head.modified.as_deref(),
        license: head.license.as_deref(),
        references: &head.references,
        falsepositives: &head.falsepositives,
        tags: &head.tags,
    }
}

/// The places of values that are the same, by what they are.
pub(super) type Places<K> = HashMap<K, Vec<usize>>;
