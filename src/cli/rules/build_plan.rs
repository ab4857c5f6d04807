//! From loaded rules to what `rules explain` says of them.

use backtrail::{
    engine::{Engine, Place, RulePrefilter, explain::asked, required},
    rule::{Block, Condition, Detection, FilteredRules, Level, Member},
    ruleset::RuleSet,
};

use super::{
    Links,
    cautions::cautions,
    plan::{
        BlockPlan, CorrelationPlan, DetectionPlan, FilterPlan, Head, MemberPlan, PrefilterPlan,
        RulePlan, SelectionPlan, Shape,
    },
    tree,
};

fn file(set: &RuleSet, index: usize) -> &str {
    set.files.get(index).map_or("", |file| file.name.as_str())
}

/// How the rule at `index` will run.
pub(super) fn of_rule<'s>(
    set: &'s RuleSet,
    links: &Links<'s>,
    engine: &Engine,
    index: usize,
) -> RulePlan<'s> {
    let loaded = &set.rules[index];
    let (rule, detection) = (&loaded.rule, &loaded.rule.detection);
    let mut asks = of_detection(detection);
    // The selections of its filters stand behind its own.
    let mut end = asks.selections.len();
    for filter in loaded.filters.iter().rev().map(|&at| &set.filters[at].filter) {
        let start = end.saturating_sub(filter.body.selections.len());
        asks.selections[start..end].iter_mut().for_each(|it| it.filter = Some(&filter.head.title));
        end = start;
    }
    let prefilter = of_prefilter(detection, engine, index);
    let names = tree::names(&asks.selections);
    RulePlan {
        head: Head {
            title: &rule.head.title,
            id: rule.head.id.as_deref(),
            level: rule.head.level.map(Level::as_str),
            file: file(set, loaded.file),
            reported: loaded.reported,
        },
        feeds: links.of_rules[index].clone(),
        filters: loaded.filters.iter().map(|&at| &*set.filters[at].filter.head.title).collect(),
        exclusions: exclusions(&detection.condition)
            .into_iter()
            .map(|inner| tree::in_words(inner, &names))
            .collect(),
        cautions: cautions(detection, &asks, &prefilter),
        prefilter,
        asks,
        events: Vec::new(),
    }
}

fn of_prefilter(detection: &Detection, engine: &Engine, index: usize) -> PrefilterPlan {
    let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
    let sets = required(detection).all.len();
    let beside = engine.secondary_literals(index).unwrap_or_default().iter().map(text).collect();
    match engine.prefilter(index) {
        RulePrefilter::EventName(names) => PrefilterPlan {
            kind: "event-name",
            literals: names
                .iter()
                .map(|name| match name.place {
                    Place::Whole => name.text.clone(),
                    Place::Start => format!("{}*", name.text),
                    Place::End => format!("*{}", name.text),
                    Place::Inside => format!("*{}*", name.text),
                })
                .collect(),
            beside,
            why: "every match requires one of these event names; this is the cheapest prefilter"
                .to_owned(),
        },
        RulePrefilter::Literal(literals) => PrefilterPlan {
            kind: "literal",
            literals: literals.iter().map(text).collect(),
            beside,
            why: match sets {
                0 | 1 => {
                    "a match does not require an event name, but it requires one of these texts"
                        .to_owned()
                }
                many => format!(
                    "a match does not require an event name; of its {many} sets of required texts, this one is expected to be the rarest"
                ),
            },
        },
        RulePrefilter::None => PrefilterPlan {
            kind: "none",
            literals: Vec::new(),
            beside,
            why: why_no_prefilter(detection, sets),
        },
    }
}

/// Why nothing can be looked for.
fn why_no_prefilter(detection: &Detection, sets: usize) -> String {
    if sets > 0 {
        return "the text that a match requires is too short to search for".to_owned();
    }
    let named = detection.named_outside_not();
    let free = detection.selections.iter().zip(named).filter(|(selection, positive)| {
        let alone = Detection {
            selections: vec![(*selection).clone()],
            condition: Condition::Selection(0),
        };
        *positive && required(&alone).all.is_empty()
    });
    let free: Vec<_> = free.map(|(selection, _)| selection.name.as_str()).collect();
    if free.is_empty() {
        return "a match requires no text: the condition can be true without any selection"
            .to_owned();
    }
    let names = tree::cut(free.into_iter(), ", ");
    format!("a match requires no text: {names} can match without any literal")
}

fn of_detection(detection: &Detection) -> DetectionPlan<'_> {
    let named = detection.named_outside_not();
    let selections =
        detection.selections.iter().zip(named).map(|(selection, positive)| SelectionPlan {
            name: &selection.name,
            filter: None,
            excludes: !positive,
            block: of_block(&selection.block),
        });
    DetectionPlan { selections: selections.collect(), condition: shape(&detection.condition) }
}

fn shape(condition: &Condition) -> Shape<'_> {
    match condition {
        Condition::Selection(index) => Shape::Selection(*index),
        Condition::Not(inner) => Shape::Not(Box::new(shape(inner))),
        Condition::And(parts) => Shape::And(parts.iter().map(shape).collect()),
        Condition::Or(parts) => Shape::Or(parts.iter().map(shape).collect()),
        Condition::Of { all, pattern, selections } => Shape::Of { all: *all, pattern, selections },
    }
}

fn of_block(block: &Block) -> BlockPlan {
    match block {
        Block::All(items) => BlockPlan::All(items.iter().map(asked).collect()),
        Block::Any(blocks) => BlockPlan::Any(blocks.iter().map(of_block).collect()),
    }
}

/// What stands under a `not` at the top, where all parts must hold.
fn exclusions(condition: &Condition) -> Vec<&Condition> {
    let mut found = Vec::new();
    let mut open = vec![condition];
    while let Some(condition) = open.pop() {
        match condition {
            Condition::Not(inner) => found.push(&**inner),
            Condition::And(parts) => open.extend(parts.iter().rev()),
            Condition::Selection(_) | Condition::Or(_) | Condition::Of { .. } => {}
        }
    }
    found
}

/// How the correlation at `index` will run.
pub(super) fn of_correlation<'s>(
    set: &'s RuleSet,
    links: &Links<'s>,
    index: usize,
) -> CorrelationPlan<'s> {
    let loaded = &set.correlations[index];
    let (correlation, body) = (&loaded.correlation, &loaded.correlation.body);
    let members = body.rules.iter().zip(&loaded.members).map(|(reference, member)| {
        let (title, reported) = match member {
            Member::Rule { rule, .. } => {
                let loaded = &set.rules[*rule];
                (Some(&*loaded.rule.head.title), loaded.reported)
            }
            Member::Correlation { correlation, .. } => {
                let loaded = &set.correlations[*correlation];
                (Some(&*loaded.correlation.head.title), loaded.reported)
            }
            Member::NotRun => (None, false),
        };
        MemberPlan { reference: &reference.name, title, reported }
    });
    let aliases = body.aliases.iter().map(|alias| {
        let fields = alias.fields.iter().map(|(rule, field)| (&*rule.name, &**field));
        (&*alias.name, fields.collect())
    });
    CorrelationPlan {
        head: Head {
            title: &correlation.head.title,
            id: correlation.head.id.as_deref(),
            level: correlation.head.level.map(Level::as_str),
            file: file(set, loaded.file),
            reported: loaded.reported,
        },
        kind: body.kind.as_str(),
        rules: members.collect(),
        group_by: &body.group_by,
        aliases: aliases.collect(),
        timespan_seconds: body.timespan,
        condition: body
            .condition
            .iter()
            .map(|(operator, number)| format!("{} {}", operator.as_str(), number.text()))
            .collect(),
        fields: body.fields.iter().map(|field| &*field.name).collect(),
        percentile: body.percentile.map(|it| it.text()),
        feeds: links.of_correlations[index].clone(),
    }
}

/// What the filter at `index` does.
pub(super) fn of_filter<'s>(set: &'s RuleSet, links: &Links<'s>, index: usize) -> FilterPlan<'s> {
    let loaded = &set.filters[index];
    let filter = &loaded.filter;
    FilterPlan {
        head: Head {
            title: &filter.head.title,
            id: filter.head.id.as_deref(),
            level: None,
            file: file(set, loaded.file),
            reported: false,
        },
        rules: match &filter.rules {
            FilteredRules::Any => None,
            FilteredRules::Named(rules) => Some(rules.iter().map(|rule| &*rule.name).collect()),
        },
        narrows: links.narrowed[index].clone(),
        asks: of_detection(&filter.body),
    }
}
