//! Filters put before the rules they are for.
//!
//! A rule's condition becomes the conjunction of its own and those of its filters, whose selections
//! stand behind its own. Known are resolved by then, so neither sees the other's. The conjunction is
//! flat however many filters there are, and what all of them add is bounded.

use super::{
    RuleSet,
    link::{Known, Target},
    select::Wanted,
};
use crate::rule::{Condition, Diagnostic, Filter, FilteredRules, LogSource, Rule};

/// Selections that filters may add to rules in all: what multiplies them stops here.
const MAX_ADDED: usize = 500_000;

/// Applies every filter that is not left out, and tells of those that cannot be applied as written.
pub(super) fn apply(set: &mut RuleSet, wanted: &Wanted) {
    set.filters.retain(|loaded| {
        !wanted.excludes(&loaded.filter.head.title, loaded.filter.head.id.as_deref())
    });
    let mut told = Vec::new();
    let mut kept = Vec::with_capacity(set.filters.len());
    let mut targets = Vec::with_capacity(set.filters.len());
    let known = Known::new(set);
    let mut added = 0;
    for loaded in &set.filters {
        let mut problems = Vec::new();
        let found = targets_of(&loaded.filter, set, &known, &mut problems);
        told.extend(problems.into_iter().map(|problem| (loaded.file, problem)));
        let found = found.and_then(|rules| {
            added += rules.len() * loaded.filter.body.selections.len();
            if added <= MAX_ADDED {
                return Some(rules);
            }
            let message = "filters would add more selections to rules than can be held";
            let problem = Diagnostic::error("too-many-filtered", loaded.filter.span, message);
            told.push((loaded.file, problem.help("name the rules that each filter is for")));
            None
        });
        kept.push(found.is_some());
        targets.extend(found);
    }
    drop(known);
    let mut kept = kept.into_iter();
    let before = set.filters.len();
    set.filters.retain(|_| kept.next().unwrap_or(false));
    set.refused += before - set.filters.len();
    for (file, problem) in told {
        set.report(file, problem);
    }
    for (at, rules) in targets.into_iter().enumerate() {
        for rule in rules {
            set.rules[rule].filters.push(at);
        }
    }
    for loaded in &mut set.rules {
        let filters = loaded.filters.iter().map(|&at| &set.filters[at].filter);
        add(&mut loaded.rule, filters);
    }
}

/// The rules that a filter is for, among those that run; `None` if it is refused.
fn targets_of(
    filter: &Filter,
    set: &RuleSet,
    known: &Known<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<usize>> {
    let of_source = |&rule: &usize| has_all(&set.rules[rule].rule.logsource, &filter.logsource);
    let references = match &filter.rules {
        FilteredRules::Any => return Some((0..set.rules.len()).filter(of_source).collect()),
        FilteredRules::Named(references) => references,
    };
    let mut sound = true;
    let mut rules = Vec::new();
    for reference in references {
        let mut found = known.by_id_or_name(&reference.name);
        if found.is_empty() {
            found = known.by_title(&reference.name);
            if let [only] = found {
                problems.push(known.by_title_only(reference, *only));
            }
        }
        match found {
            [] => problems.push(
                Diagnostic::warning(
                    "unknown-reference",
                    reference.span,
                    format!("no rule has the id, name or title {:?}", reference.name),
                )
                .help("the filter applies to no loaded rule there; load the rule too, or add -r builtin"),
            ),
            [Target::Rule(rule)] => rules.push(*rule),
            [Target::NotRun(_)] => {}
            [Target::Correlation(_)] => problems.push(
                Diagnostic::warning(
                    "filtered-correlation",
                    reference.span,
                    format!("{:?} is a correlation, which a filter cannot narrow", reference.name),
                )
                .help("name the rules it looks at"),
            ),
            several => {
                sound = false;
                problems.push(known.ambiguous(reference, several));
            }
        }
    }
    rules.sort_unstable();
    rules.dedup();
    rules.retain(of_source);
    sound.then_some(rules)
}

/// Whether a rule's log source has every value of a filter's, ignoring case.
fn has_all(rule: &LogSource, filter: &LogSource) -> bool {
    let has = |rule: &Option<String>, wanted: &Option<String>| {
        wanted.as_ref().is_none_or(|wanted| {
            rule.as_ref().is_some_and(|value| value.to_lowercase() == wanted.to_lowercase())
        })
    };
    has(&rule.category, &filter.category)
        && has(&rule.product, &filter.product)
        && has(&rule.service, &filter.service)
}

/// The rule's condition and those of its filters.
fn add<'f>(rule: &mut Rule, filters: impl Iterator<Item = &'f Filter>) {
    let detection = &mut rule.detection;
    let mut parts = Vec::new();
    for filter in filters {
        let by = detection.selections.len();
        detection.selections.extend(filter.body.selections.iter().cloned());
        parts.push(filter.body.condition.shifted(by));
    }
    if !parts.is_empty() {
        let own = std::mem::replace(&mut detection.condition, Condition::And(Vec::new()));
        parts.insert(0, own);
        detection.condition = Condition::And(parts);
    }
}
