//! The catalogue as one JSON document, one rule a line.
//!
//! `format` is 1; keys may be added, none is renamed or taken away without another number.
//!
//! | key | |
//! |---|---|
//! | `format`, `tool`, `attack_version` | the shape, the program, whose names of techniques |
//! | `sets` | each `name`, and how many `rules`, `correlations`, `filters`, `not_run`, `refused` |
//! | `overview` | `matrix`, `indicators`, `levels`, `events` with numbers of rules; `any_event` |
//! | `rules` | `page`, `set`, `file`; what the rule says of itself, from `title` to `tags`; `reported`; `attack` (`rows` of tactic and techniques, `other` tags); `events` (`provider`, `event`; none means any); `same_action` (other rules, `same_action_cut` if there are more); `body`; `condition`; `stages`; `exclusions`; `indicators` (`corpus` is how many other rules have it); `filters`; `feeds` |
//! | `correlations` | likewise, with `type`, `rules`, `group_by`, `timespan_seconds`, `condition` |
//!
//! In `stages`, each selection has `any`: lists of predicates of which one must hold whole. A value is
//! text as the rule has it, or `null` for null. `field` is `null` for keywords.

use std::fmt::Write as _;

use serde::Serialize;

use super::{
    Action, File,
    asks::{Exclusion, Indicator, Stage},
    attack::{Coverage, VERSION},
    model::{About, CorrelationPage, Model, RulePage, Target},
};
use crate::text::escape;

/// The number of the shape.
const FORMAT: u32 = 1;

/// Another document of the catalogue.
#[derive(Serialize)]
struct Link<'m> {
    page: &'m str,
    set: &'m str,
    title: &'m str,
    id: Option<&'m str>,
}

/// A rule as it is written.
#[derive(Serialize)]
struct RuleLine<'m> {
    page: &'m str,
    set: &'m str,
    file: &'m str,
    #[serde(flatten)]
    about: &'m About<'m>,
    reported: bool,
    attack: &'m Coverage<'m>,
    events: &'m [Action],
    same_action: Vec<Link<'m>>,
    same_action_cut: bool,
    body: &'m str,
    condition: &'m str,
    stages: &'m [Stage<'m>],
    exclusions: &'m [Exclusion<'m>],
    indicators: &'m [Indicator<'m>],
    filters: &'m [&'m str],
    feeds: Vec<Link<'m>>,
}

/// A correlation as it is written.
#[derive(Serialize)]
struct CorrelationLine<'m> {
    page: &'m str,
    set: &'m str,
    file: &'m str,
    #[serde(flatten)]
    about: &'m About<'m>,
    reported: bool,
    attack: &'m Coverage<'m>,
    body: &'m str,
    #[serde(rename = "type")]
    kind: &'static str,
    /// `null` does not run.
    rules: Vec<Option<Link<'m>>>,
    group_by: &'m [String],
    timespan_seconds: u64,
    condition: Vec<String>,
    feeds: Vec<Link<'m>>,
}

/// The whole catalogue.
pub(super) fn file(model: &Model<'_>) -> File {
    let mut text = String::from("{\n");
    part("format", &FORMAT, &mut text);
    part("tool", &format!("backtrail {}", env!("CARGO_PKG_VERSION")), &mut text);
    part("attack_version", &VERSION, &mut text);
    part("sets", &model.sets, &mut text);
    part("overview", &model.overview, &mut text);
    text.push_str("\"rules\": [");
    lines(model.rules.iter().map(|rule| rule_line(model, rule)), &mut text);
    text.push_str("],\n\"correlations\": [");
    lines(model.correlations.iter().map(|it| correlation_line(model, it)), &mut text);
    text.push_str("]\n}\n");
    File { path: "catalog.json".to_owned(), bytes: text.into_bytes() }
}

/// A value as JSON. Nothing here has a key that is no text, which is all that could fail.
fn json(value: &impl Serialize) -> String {
    escape::json_line(value).unwrap_or_default()
}

fn part(key: &str, value: &impl Serialize, out: &mut String) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "\"{key}\": {},", json(value));
}

fn lines<T: Serialize>(values: impl Iterator<Item = T>, out: &mut String) {
    for (at, value) in values.enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        out.push_str(&json(&value));
    }
    out.push('\n');
}

fn link<'m>(model: &'m Model<'_>, target: Target) -> Link<'m> {
    let (page, about, set) = model.target(target);
    Link { page, set: model.sets[set].name, title: about.title, id: about.id }
}

fn links<'m>(model: &'m Model<'_>, targets: &[Target]) -> Vec<Link<'m>> {
    targets.iter().map(|target| link(model, *target)).collect()
}

fn rule_line<'m>(model: &'m Model<'m>, rule: &'m RulePage<'m>) -> RuleLine<'m> {
    RuleLine {
        page: &rule.page,
        set: model.sets[rule.set].name,
        file: rule.file,
        about: &rule.about,
        reported: rule.reported,
        attack: &rule.attack,
        events: &rule.actions,
        same_action: rule.others.rules.iter().map(|&at| link(model, Target::Rule(at))).collect(),
        same_action_cut: rule.others.more,
        body: rule.body,
        condition: &rule.condition,
        stages: &rule.stages,
        exclusions: &rule.exclusions,
        indicators: &rule.indicators,
        filters: &rule.filters,
        feeds: links(model, &rule.feeds),
    }
}

fn correlation_line<'m>(model: &'m Model<'m>, it: &'m CorrelationPage<'m>) -> CorrelationLine<'m> {
    let body = it.correlation;
    let threshold = body.condition.iter();
    CorrelationLine {
        page: &it.page,
        set: model.sets[it.set].name,
        file: it.file,
        about: &it.about,
        reported: it.reported,
        attack: &it.attack,
        body: it.body,
        kind: body.kind.as_str(),
        rules: it.members.iter().map(|member| member.map(|target| link(model, target))).collect(),
        group_by: &body.group_by,
        timespan_seconds: body.timespan,
        condition: threshold
            .map(|(operator, number)| format!("{} {}", operator.as_str(), number.text()))
            .collect(),
        feeds: links(model, &it.feeds),
    }
}
