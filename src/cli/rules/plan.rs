//! How rules will run, as data: what `rules explain` says, in either format.

use backtrail::{
    engine::{
        Engine, Gate, Place,
        explain::{Explained, asked},
        required,
    },
    rule::{Block, Condition, Detection, FilteredRules, Level, Member},
    ruleset::RuleSet,
};
use serde::Serialize;

use super::{Links, cautions::cautions, tree};

/// Everything that is explained.
#[derive(Debug, Default, Serialize)]
pub(super) struct Explanation<'s> {
    pub(super) rules: Vec<RulePlan<'s>>,
    pub(super) correlations: Vec<CorrelationPlan<'s>>,
    pub(super) filters: Vec<FilterPlan<'s>>,
}

impl Explanation<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.correlations.is_empty() && self.filters.is_empty()
    }
}

/// How a rule will run.
#[derive(Debug, Serialize)]
pub(super) struct RulePlan<'s> {
    #[serde(flatten)]
    pub(super) head: Head<'s>,
    /// Titles of the correlations it feeds.
    pub(super) feeds: Vec<&'s str>,
    /// Titles of the filters that narrow it.
    pub(super) filters: Vec<&'s str>,
    pub(super) gate: GatePlan,
    #[serde(flatten)]
    pub(super) asks: DetectionPlan<'s>,
    /// What takes a record out although all else holds: the `not` at the top of the condition.
    pub(super) exclusions: Vec<String>,
    /// What it costs, and what can hide from it.
    pub(super) cautions: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) events: Vec<OnEvent>,
}

/// What every document has.
#[derive(Debug, Serialize)]
pub(super) struct Head<'s> {
    pub(super) title: &'s str,
    pub(super) id: Option<&'s str>,
    pub(super) level: Option<&'static str>,
    pub(super) file: &'s str,
    /// It has findings of its own; of a filter always false.
    pub(super) reported: bool,
}

/// The gate in front of a rule.
#[derive(Debug, Serialize)]
pub(super) struct GatePlan {
    /// `event-name`, `anywhere` or `none`.
    pub(super) kind: &'static str,
    /// One of these must be there, in any case. For `event-name`, what the name is; else bytes as they stand in the record.
    pub(super) literals: Vec<String>,
    /// One of these must be there too, before the record is parsed.
    pub(super) beside: Vec<String>,
    pub(super) why: String,
}

/// Condition and selections.
#[derive(Debug, Serialize)]
pub(super) struct DetectionPlan<'s> {
    pub(super) condition: Shape<'s>,
    pub(super) selections: Vec<SelectionPlan<'s>>,
}

/// A node of the condition. Selections are named by their index.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Shape<'s> {
    Selection(usize),
    Not(Box<Shape<'s>>),
    And(Vec<Shape<'s>>),
    Or(Vec<Shape<'s>>),
    Of { all: bool, pattern: &'s str, selections: &'s [usize] },
}

#[derive(Debug, Serialize)]
pub(super) struct SelectionPlan<'s> {
    pub(super) name: &'s str,
    /// Title of the filter it belongs to.
    pub(super) filter: Option<&'s str>,
    /// It stands under `not` only.
    pub(super) excludes: bool,
    #[serde(flatten)]
    pub(super) block: BlockPlan,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum BlockPlan {
    /// All of these items, in words.
    All(Vec<String>),
    Any(Vec<BlockPlan>),
}

/// What came of an event.
#[derive(Debug, Serialize)]
pub(super) struct OnEvent {
    /// Its place in the file, from 0.
    pub(super) record: usize,
    pub(super) event_name: Option<String>,
    pub(super) event_id: Option<String>,
    #[serde(flatten)]
    pub(super) explained: Explained,
}

/// How a correlation will run.
#[derive(Debug, Serialize)]
pub(super) struct CorrelationPlan<'s> {
    #[serde(flatten)]
    pub(super) head: Head<'s>,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) rules: Vec<MemberPlan<'s>>,
    pub(super) group_by: &'s [String],
    /// A name of `group_by`, and the fields that stand for it in some rules: rule, field.
    pub(super) aliases: Vec<(&'s str, Vec<(&'s str, &'s str)>)>,
    pub(super) timespan_seconds: u64,
    /// Operator and number, all of which must hold.
    pub(super) condition: Vec<String>,
    /// What values are looked at.
    pub(super) fields: Vec<&'s str>,
    pub(super) percentile: Option<String>,
    /// Titles of the correlations it feeds.
    pub(super) feeds: Vec<&'s str>,
}

/// What a correlation looks at.
#[derive(Debug, Serialize)]
pub(super) struct MemberPlan<'s> {
    /// As written.
    pub(super) reference: &'s str,
    /// Title of what that is; `None` if it does not run.
    pub(super) title: Option<&'s str>,
    /// It is reported beside the correlation.
    pub(super) reported: bool,
}

/// What a filter does.
#[derive(Debug, Serialize)]
pub(super) struct FilterPlan<'s> {
    #[serde(flatten)]
    pub(super) head: Head<'s>,
    /// The rules it names; `None` for `any`.
    pub(super) rules: Option<Vec<&'s str>>,
    /// Titles of those it narrows.
    pub(super) narrows: Vec<&'s str>,
    #[serde(flatten)]
    pub(super) asks: DetectionPlan<'s>,
}

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
    let gate = of_gate(detection, engine, index);
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
        cautions: cautions(detection, &asks, &gate),
        gate,
        asks,
        events: Vec::new(),
    }
}

fn of_gate(detection: &Detection, engine: &Engine, index: usize) -> GatePlan {
    let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
    let sets = required(detection).all.len();
    let beside = engine.beside(index).unwrap_or_default().iter().map(text).collect();
    match engine.gate(index) {
        Gate::EventName(names) => GatePlan {
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
        Gate::Anywhere(literals) => GatePlan {
            kind: "anywhere",
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
        Gate::None => GatePlan {
            kind: "none",
            literals: Vec::new(),
            beside,
            why: why_no_gate(detection, sets),
        },
    }
}

/// Why nothing can be looked for.
fn why_no_gate(detection: &Detection, sets: usize) -> String {
    if sets > 0 {
        return "the text that a match requires is too short to search for".to_owned();
    }
    let named = positive(&detection.condition, detection.selections.len());
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
    let named = positive(&detection.condition, detection.selections.len());
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

/// For each selection, whether the condition names it outside a `not`.
fn positive(condition: &Condition, count: usize) -> Vec<bool> {
    let mut named = vec![false; count];
    let mut open = vec![condition];
    while let Some(condition) = open.pop() {
        match condition {
            Condition::Selection(index) => named[*index] = true,
            Condition::Not(_) => {}
            Condition::And(parts) | Condition::Or(parts) => open.extend(parts),
            Condition::Of { selections, .. } => {
                for index in selections {
                    named[*index] = true;
                }
            }
        }
    }
    named
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
