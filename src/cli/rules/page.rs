//! What `rules explain` shows to people.

use std::fmt::Write as _;

use super::{
    plan::{
        CorrelationPlan, DetectionPlan, Explanation, FilterPlan, Head, OnEvent, PrefilterPlan,
        RulePlan,
    },
    tree::{self, Line, cut},
};
use crate::cli::render::harmless;

/// Everything that is explained, one page after the other.
pub(super) fn text(whole: &Explanation<'_>) -> String {
    let rules = whole.rules.iter().map(of_rule);
    let correlations = whole.correlations.iter().map(of_correlation);
    let filters = whole.filters.iter().map(of_filter);
    rules.chain(correlations).chain(filters).collect::<Vec<_>>().join("\n")
}

/// A page as it grows. All that goes into it is made harmless.
#[derive(Default)]
struct Page(String);

impl Page {
    fn say(&mut self, indent: usize, text: &str) {
        let _ = writeln!(self.0, "{}{}", "  ".repeat(indent), harmless(text));
    }

    fn section(&mut self, name: &str) {
        let _ = writeln!(self.0, "\n{name}");
    }

    fn lines(&mut self, indent: usize, lines: &[Line]) {
        for Line { depth, held, text } in lines {
            let mark = match held {
                None => "",
                Some(true) => "yes  ",
                Some(false) => "no   ",
            };
            let (outer, inner) = ("  ".repeat(indent), "  ".repeat(*depth));
            let _ = writeln!(self.0, "{outer}{mark}{inner}{}", harmless(text));
        }
    }
}

fn head(page: &mut Page, kind: &str, head: &Head<'_>) {
    page.say(0, head.title);
    let level = head.level.map_or_else(String::new, |level| format!(", level {level}"));
    let id = head.id.unwrap_or("without id");
    page.say(1, &format!("{kind} {id}{level}, {}", head.file));
}

fn of_rule(rule: &RulePlan<'_>) -> String {
    let mut page = Page::default();
    head(&mut page, "rule", &rule.head);
    if !rule.feeds.is_empty() {
        let only = if rule.head.reported { "feeds" } else { "only feeds" };
        page.say(1, &format!("{only}: {}", cut(rule.feeds.iter().copied(), ", ")));
    }
    if !rule.filters.is_empty() {
        page.say(1, &format!("filtered by: {}", cut(rule.filters.iter().copied(), ", ")));
    }
    page.section("Which records are evaluated");
    stages(&mut page, &rule.prefilter);
    detection(&mut page, &rule.asks);
    if !rule.exclusions.is_empty() {
        page.section("Exclusions: no match if one of these is true");
        rule.exclusions.iter().for_each(|each| page.say(1, each));
    }
    if !rule.cautions.is_empty() {
        page.section("Cost and blind spots");
        rule.cautions.iter().for_each(|each| page.say(1, each));
    }
    let names = tree::names(&rule.asks.selections);
    rule.events.iter().for_each(|event| on_event(&mut page, event, &names));
    page.0
}

fn stages(page: &mut Page, prefilter: &PrefilterPlan) {
    let listed = |literals: &[String]| cut(literals.iter().map(String::as_str), ", ");
    let mut stage = 0;
    let mut say = |text: &str| {
        stage += 1;
        page.say(1, &format!("{stage}. {text}"));
    };
    match prefilter.kind {
        "event-name" => say(&format!(
            "Event-name filter: records whose eventName is {} (any case)",
            listed(&prefilter.literals)
        )),
        "literal" => say(&format!(
            "Literal filter: records that contain {} (any case)",
            listed(&prefilter.literals)
        )),
        _ => say("No prefilter: every record"),
    }
    if !prefilter.beside.is_empty() {
        say(&format!(
            "Second literal filter: of these, records that also contain {} (any case)",
            listed(&prefilter.beside)
        ));
    }
    say("These records are parsed, and the condition is evaluated");
    page.say(1, &format!("Why: {}.", prefilter.why));
}

fn detection(page: &mut Page, asks: &DetectionPlan<'_>) {
    let names = tree::names(&asks.selections);
    page.section("Condition");
    let mut lines = Vec::new();
    tree::of_shape(&asks.condition, 0, &names, &mut lines);
    page.lines(1, &lines);
    page.section("Selections");
    for (selection, name) in asks.selections.iter().zip(&names) {
        let not = if selection.excludes { ", not used outside of not" } else { "" };
        page.say(1, &format!("{name}{not}"));
        let mut lines = Vec::new();
        tree::of_block(&selection.block, 0, &mut lines);
        page.lines(2, &lines);
    }
}

fn on_event(page: &mut Page, event: &OnEvent, names: &[String]) {
    let explained = &event.explained;
    let what = match (explained.matches, explained.is_object) {
        (true, _) => "MATCHES",
        (false, true) => "does not match",
        (false, false) => "does not match: not a JSON object",
    };
    let name = event.event_name.as_deref().unwrap_or("without eventName");
    let id = event.event_id.as_deref().unwrap_or("without eventID");
    let title = format!("Record {}, {name}, {id}: {what}", event.record);
    page.section(&harmless(&title));
    let mut lines = Vec::new();
    tree::of_branch(&explained.condition, 0, names, &mut lines);
    for (selection, name) in explained.selections.iter().zip(names) {
        let (held, text) = (Some(selection.block.holds), format!("{name}:"));
        lines.push(Line { depth: 0, held, text });
        tree::of_seen(&selection.block, 1, &mut lines);
    }
    page.lines(1, &lines);
}

fn of_correlation(correlation: &CorrelationPlan<'_>) -> String {
    let mut page = Page::default();
    head(&mut page, "correlation", &correlation.head);
    if !correlation.feeds.is_empty() {
        let only = if correlation.head.reported { "feeds" } else { "only feeds" };
        page.say(1, &format!("{only}: {}", cut(correlation.feeds.iter().copied(), ", ")));
    }
    page.section("How it runs");
    page.say(1, "After the whole archive is read, in event time, over the matches of:");
    for member in &correlation.rules {
        let title = member.title.unwrap_or("does not run");
        let reported = if member.reported { ", reported too" } else { "" };
        page.say(2, &format!("{title} ({}){reported}", member.reference));
    }
    let groups = cut(correlation.group_by.iter().map(String::as_str), ", ");
    page.say(
        1,
        &format!("Grouped by: {}", if groups.is_empty() { "all events together" } else { &groups }),
    );
    for (name, fields) in &correlation.aliases {
        for (rule, field) in fields {
            page.say(2, &format!("{name} is {field} in {rule}"));
        }
    }
    let of = match &*cut(correlation.fields.iter().copied(), ", ") {
        "" => String::new(),
        fields => format!(" of {fields}"),
    };
    let percentile = correlation.percentile.as_ref();
    let percentile = percentile.map_or_else(String::new, |it| format!(", percentile {it}"));
    page.say(
        1,
        &format!(
            "Condition: {}{of}{percentile} {} within {} seconds",
            correlation.kind,
            correlation.condition.join(" and "),
            correlation.timespan_seconds
        ),
    );
    page.0
}

fn of_filter(filter: &FilterPlan<'_>) -> String {
    let mut page = Page::default();
    head(&mut page, "filter", &filter.head);
    page.section("Rules it applies to");
    let named = filter.rules.as_ref();
    let named = named.map_or_else(
        || "any rule of its log source".to_owned(),
        |rules| cut(rules.iter().copied(), ", "),
    );
    page.say(1, &format!("Named: {named}"));
    let narrows = match &*cut(filter.narrows.iter().copied(), ", ") {
        "" => "none of the rules that run".to_owned(),
        titles => titles.to_owned(),
    };
    page.say(1, &format!("Applied to: {narrows}"));
    page.say(1, "A match of these must also satisfy:");
    detection(&mut page, &filter.asks);
    page.0
}
