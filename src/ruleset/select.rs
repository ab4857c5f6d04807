//! Which of the loaded rules are wanted.
//!
//! What is wanted decides what is reported. What a wanted correlation looks at runs too, and feeds
//! it without being reported.

use globset::{GlobBuilder, GlobMatcher};

use super::{Choice, RuleSet, RuleSetError};
use crate::{
    rule::{Level, Member},
    text::nearest,
};

/// A choice, read and checked against the documents there are.
pub(super) struct Wanted {
    rules: Vec<Pattern>,
    exclude: Vec<Pattern>,
    level: Option<Level>,
}

impl Wanted {
    /// Reads a choice among the documents of `set`.
    ///
    /// A pattern that names nothing is an error, so that a slip of the pen cannot turn a hunt into
    /// one for nothing. Documents that do not run can be named too: they are then told as such.
    pub(super) fn read(set: &RuleSet, choice: &Choice) -> Result<Self, RuleSetError> {
        Ok(Self {
            rules: patterns(&choice.rules, set, false)?,
            exclude: patterns(&choice.exclude, set, true)?,
            level: choice.level,
        })
    }

    /// Whether the document is left out by name.
    pub(super) fn excludes(&self, title: &str, id: Option<&str>) -> bool {
        self.exclude.iter().any(|pattern| pattern.names(title, id))
    }

    /// Whether the document is asked for by name, or by none being named.
    fn names(&self, title: &str, id: Option<&str>) -> bool {
        self.rules.is_empty() || self.rules.iter().any(|pattern| pattern.names(title, id))
    }

    fn is_high_enough(&self, level: Option<Level>) -> bool {
        level.is_none_or(|level| self.level.is_none_or(|least| level >= least))
    }
}

/// What is decided of a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Fate {
    /// It may be reported: its level is high enough, and it is not left out.
    allowed: bool,
    /// It is asked for.
    asked: bool,
    /// Correlations that run look at it, and whether one of them wants it reported.
    feeds: Option<bool>,
}

impl Fate {
    fn of(wanted: &Wanted, title: &str, id: Option<&str>, level: Option<Level>) -> Self {
        let allowed = wanted.is_high_enough(level) && !wanted.excludes(title, id);
        Self { allowed, asked: allowed && wanted.names(title, id), feeds: None }
    }

    fn reported(self) -> bool {
        self.feeds.map_or(self.asked, |generated| self.allowed && generated)
    }

    fn runs(self) -> bool {
        self.feeds.is_some() || self.asked
    }
}

/// Takes away every document that is neither wanted nor needed by one that is.
pub(super) fn apply(set: &mut RuleSet, wanted: &Wanted) {
    let rules = set.rules.iter().map(|loaded| &loaded.rule);
    let mut rules: Vec<_> = rules
        .map(|rule| Fate::of(wanted, &rule.head.title, rule.head.id.as_deref(), rule.head.level))
        .collect();
    let correlations = set.correlations.iter().map(|loaded| &loaded.correlation);
    let mut correlations: Vec<_> = correlations
        .map(|each| Fate::of(wanted, &each.head.title, each.head.id.as_deref(), each.head.level))
        .collect();
    // From the outermost inwards: what one looks at has a lower level.
    let mut order: Vec<usize> = (0..set.correlations.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(set.correlations[at].level));
    for at in order {
        if !correlations[at].runs() {
            continue;
        }
        let generate = set.correlations[at].correlation.body.generate;
        for member in &set.correlations[at].members {
            let fate = match member {
                Member::Rule { rule, .. } => &mut rules[*rule],
                Member::Correlation { correlation, .. } => &mut correlations[*correlation],
                Member::NotRun => continue,
            };
            fate.feeds = Some(generate || fate.feeds == Some(true));
        }
    }
    if wanted.level.is_some() && wanted.rules.is_empty() {
        ignore_members_without_level(set, &mut rules, &correlations);
    }
    let mut fates = rules.iter().chain(&correlations);
    if !fates.any(|fate| fate.runs()) {
        set.not_chosen = rules.len() + correlations.len();
    }
    keep(set, &rules, &correlations);
    set.not_run.retain(|document| {
        let (title, id) = (&document.title, document.id.as_deref());
        wanted.names(title, id) && !wanted.excludes(title, id)
    });
}

/// A rule without a level that only feeds correlations is as important as they are: it is not
/// reported in their place where `--level` takes them away.
fn ignore_members_without_level(set: &RuleSet, rules: &mut [Fate], correlations: &[Fate]) {
    for (loaded, fate) in set.correlations.iter().zip(correlations) {
        if fate.allowed || loaded.correlation.body.generate {
            continue;
        }
        for member in &loaded.members {
            if let Member::Rule { rule, .. } = member
                && set.rules[*rule].rule.head.level.is_none()
            {
                rules[*rule].asked = false;
            }
        }
    }
}

/// Keeps what runs, and renumbers what the correlations look at.
fn keep(set: &mut RuleSet, rules: &[Fate], correlations: &[Fate]) {
    let new_rules = renumbered(rules);
    let new_correlations = renumbered(correlations);
    let mut fates = rules.iter();
    set.rules.retain_mut(|loaded| {
        let fate = fates.next().copied().unwrap_or_default();
        loaded.reported = fate.reported();
        // Whether it feeds is enough for now; with what is said when all numbers are final.
        loaded.correlation_fields = fate.feeds.map(|_| Vec::new());
        fate.runs()
    });
    let mut fates = correlations.iter();
    set.correlations.retain_mut(|loaded| {
        let fate = fates.next().copied().unwrap_or_default();
        loaded.reported = fate.reported();
        fate.runs()
    });
    for filter in &mut set.filters {
        filter.narrowed = 0;
    }
    for &filter in set.rules.iter().flat_map(|loaded| &loaded.filters) {
        set.filters[filter].narrowed += 1;
    }
    for member in set.correlations.iter_mut().flat_map(|loaded| &mut loaded.members) {
        match member {
            Member::Rule { rule, .. } => *rule = new_rules[*rule],
            Member::Correlation { correlation, .. } => {
                *correlation = new_correlations[*correlation];
            }
            Member::NotRun => {}
        }
    }
}

/// The number each document has once those that do not run are gone.
fn renumbered(fates: &[Fate]) -> Vec<usize> {
    let mut next = 0;
    let number = |fate: &Fate| {
        let this = next;
        next += usize::from(fate.runs());
        this
    };
    fates.iter().map(number).collect()
}

/// One `--rule` or `--exclude-rule`.
struct Pattern {
    /// As given, in lower case: an id or a title may hold what a glob reads otherwise.
    text: String,
    glob: Option<GlobMatcher>,
}

impl Pattern {
    fn names(&self, title: &str, id: Option<&str>) -> bool {
        let is = |name: &str| {
            name.to_lowercase() == self.text
                || self.glob.as_ref().is_some_and(|glob| glob.is_match(name))
        };
        is(title) || id.is_some_and(is)
    }
}

/// Title and id of every document that can be named. A filter can only be left out.
fn names(set: &RuleSet, filters: bool) -> impl Iterator<Item = (&str, Option<&str>)> {
    let rules = set
        .rules
        .iter()
        .map(|loaded| (loaded.rule.head.title.as_str(), loaded.rule.head.id.as_deref()));
    let correlations = set.correlations.iter().map(|loaded| &loaded.correlation);
    let correlations = correlations.map(|each| (each.head.title.as_str(), each.head.id.as_deref()));
    let not_run = set.not_run.iter().map(|each| (each.title.as_str(), each.id.as_deref()));
    let filters = set.filters.iter().filter(move |_| filters).map(|loaded| &loaded.filter);
    let filters = filters.map(|filter| (filter.head.title.as_str(), filter.head.id.as_deref()));
    rules.chain(correlations).chain(not_run).chain(filters)
}

/// Reads the patterns and checks that each names something in `set`.
fn patterns(given: &[String], set: &RuleSet, filters: bool) -> Result<Vec<Pattern>, RuleSetError> {
    let mut patterns = Vec::with_capacity(given.len());
    for pattern in given {
        let (glob, bad) = match GlobBuilder::new(pattern).case_insensitive(true).build() {
            Ok(glob) => (Some(glob.compile_matcher()), None),
            Err(error) => (None, Some(error)),
        };
        let read = Pattern { text: pattern.to_lowercase(), glob };
        if !names(set, filters).any(|(title, id)| read.names(title, id)) {
            return Err(match bad {
                Some(source) => RuleSetError::Pattern { pattern: pattern.clone(), source },
                None => RuleSetError::NothingSelected {
                    pattern: pattern.clone(),
                    hint: hint(pattern, set, names(set, filters)),
                },
            });
        }
        patterns.push(read);
    }
    Ok(patterns)
}

/// Near names, and whether refused documents may be what was meant.
fn hint<'n>(
    pattern: &str,
    set: &RuleSet,
    names: impl Iterator<Item = (&'n str, Option<&'n str>)>,
) -> String {
    let plain = pattern.replace(['*', '?'], "");
    let near = nearest(&plain, names.flat_map(|(title, id)| std::iter::once(title).chain(id)));
    let is_event = plain.len() > 3
        && plain.starts_with(|c: char| c.is_ascii_uppercase())
        && plain.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && plain.bytes().any(|byte| byte.is_ascii_lowercase());
    let mut hint = match near {
        Some(near) => format!("; did you mean {near:?}?"),
        None if is_event => format!("; for an API call: backtrail rules list --event {plain}"),
        None => String::new(),
    };
    if set.refused > 0 {
        hint.push_str("; some rule documents cannot run, `backtrail rules check` says why");
    }
    hint
}
