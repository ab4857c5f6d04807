//! How rules will run, as data: what `rules explain` says, in either format.

use backtrail::engine::explain::Explained;
use serde::Serialize;

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
    pub(super) prefilter: PrefilterPlan,
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

/// The prefilter of a rule.
#[derive(Debug, Serialize)]
pub(super) struct PrefilterPlan {
    /// `event-name`, `literal` or `none`.
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
