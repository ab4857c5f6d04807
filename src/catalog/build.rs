//! From rule sets to what the pages say.

use super::{
    actions,
    asks::{Asks, asks},
    attack, corpus,
    model::{About, CorrelationPage, Model, NamedSet, Others, Overview, RulePage, Set, Target},
    paths::Names,
};
use crate::{
    rule::{Head, LoadedCorrelation, LoadedRule, Member, Span, Status},
    ruleset::RuleSet,
};

/// The catalog of these sets: every rule and correlation that runs.
pub(super) fn model<'s>(sets: &[NamedSet<'s>]) -> Model<'s> {
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
    Model { sets: sets.iter().map(told).collect(), rules, correlations, overview }
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
