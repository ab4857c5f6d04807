//! The page of a rule.

use super::{
    super::{
        asks::{Exclusion, Indicator, Predicate, Selection, Sought},
        model::{Model, RulePage, Target},
    },
    page::Page,
    parts::{self, Section},
    yaml,
};

const EVENTS: Section = ("events", "Event coverage");
const OTHERS: Section = ("same-action", "Rules detecting the same action");
const STAGES: Section = ("stages", "Stages and predicates");
const EXCLUSIONS: Section = ("exclusions", "Exclusions");
const INDICATORS: Section = ("indicators", "Indicators");

/// More values than this are folded away.
const SHOWN: usize = 12;

pub(super) fn page(model: &Model<'_>, rule: &RulePage<'_>) -> String {
    let mut page = Page::new(rule.about.title, "../");
    parts::bar("../", &mut page);
    let set = model.sets[rule.set].name;
    page.raw("<main id=\"main\" class=\"article\">\n");
    parts::head("Rule", &rule.about, set, rule.file, rule.reported, &mut page);
    let mut sections =
        vec![parts::ATTACK, EVENTS, OTHERS, parts::BODY, STAGES, EXCLUSIONS, INDICATORS];
    sections.extend((!rule.feeds.is_empty()).then_some(parts::FEEDS));
    sections.extend(parts::foot_sections(&rule.about));
    parts::contents(&sections, &mut page);
    page.raw("<div class=\"sections\">\n");
    parts::attack(parts::ATTACK, &rule.attack, &mut page);
    events(rule, &mut page);
    others(model, rule, &mut page);
    parts::open(parts::BODY, &mut page);
    yaml::write(rule.body, &mut page);
    parts::close(&mut page);
    stages(rule, &mut page);
    exclusions(&rule.exclusions, &mut page);
    indicators(&rule.indicators, &mut page);
    parts::feeds(parts::FEEDS, model, &rule.feeds, &mut page);
    parts::foot(&rule.about, &mut page);
    page.raw("</div>\n</main>\n");
    page.finish()
}

fn events(rule: &RulePage<'_>, page: &mut Page) {
    parts::open(EVENTS, page);
    if rule.actions.is_empty() {
        parts::nothing("Any event of any provider.", page);
    } else {
        parts::table(&["Provider", "Event"], page);
        for action in &rule.actions {
            page.raw("<tr>");
            for part in [&action.provider, &action.event] {
                page.raw("<td>");
                match part {
                    None => page.raw("<span class=\"aside\">any</span>"),
                    Some(name) => page
                        .raw("<a class=\"mono\" href=\"../index.html#q=")
                        .query(name)
                        .raw("\">")
                        .text(name)
                        .raw("</a>"),
                };
                page.raw("</td>");
            }
            page.raw("</tr>\n");
        }
        parts::end_table(page);
    }
    parts::close(page);
}

fn others(model: &Model<'_>, rule: &RulePage<'_>, page: &mut Page) {
    parts::open(OTHERS, page);
    let others = &rule.others;
    if others.rules.is_empty() {
        parts::nothing(
            "No other rule of this catalogue looks for the same event of the same provider.",
            page,
        );
    } else {
        page.raw("<p class=\"note\">");
        if others.more {
            page.raw("More than ");
        }
        page.count(others.rules.len(), "other rule looks", "other rules look");
        page.raw(" for the same event of the same provider.</p>\n");
        parts::table(&parts::LINKS, page);
        for &at in &others.rules {
            parts::link(model, Target::Rule(at), rule.about.id, page);
        }
        parts::end_table(page);
    }
    parts::close(page);
}

fn stages(rule: &RulePage<'_>, page: &mut Page) {
    parts::open(STAGES, page);
    page.raw("<p class=\"condition\"><span>Condition</span> ").code(&rule.condition).raw("</p>\n");
    for title in &rule.filters {
        page.raw("<p class=\"note\">Narrowed by the filter ").text(title).raw(".</p>\n");
    }
    page.raw("<ol class=\"stages\">\n");
    for (at, stage) in rule.stages.iter().enumerate() {
        page.raw("<li class=\"").raw(if stage.excludes { "stage out" } else { "stage" });
        page.raw("\">\n<p class=\"stage-name\"><b>Stage ").number(at + 1).raw("</b> ");
        page.code(&stage.condition);
        page.raw(if stage.excludes {
            " <span>leaves out</span></p>\n"
        } else {
            " <span>finds</span></p>\n"
        });
        for it in &stage.selections {
            selection(it, stage.condition != it.name, page);
        }
        page.raw("</li>\n");
    }
    page.raw("</ol>\n");
    parts::close(page);
}

fn selection(it: &Selection<'_>, named: bool, page: &mut Page) {
    page.raw("<div class=\"selection\">\n");
    if it.any.is_empty() {
        page.raw("<p class=\"name\">").code(it.name).raw(", as above</p>\n</div>\n");
        return;
    }
    if named {
        page.raw("<p class=\"name\">").code(it.name).raw("</p>\n");
    }
    for (at, all) in it.any.iter().enumerate() {
        if at > 0 {
            page.raw("<p class=\"or\">or</p>\n");
        }
        page.raw("<ul class=\"predicates\">\n");
        for it in all {
            predicate(it, page);
        }
        page.raw("</ul>\n");
    }
    page.raw("</div>\n");
}

fn predicate(it: &Predicate<'_>, page: &mut Page) {
    page.raw("<li>");
    if it.negated {
        page.raw("<b class=\"not\">not</b> ");
    }
    field(it.field, page);
    page.raw(" <span class=\"op\">").text(&it.operator).raw("</span> ");
    if it.values.len() > 1 {
        page.raw(if it.all {
            "<span class=\"op\">all of</span> "
        } else {
            "<span class=\"op\">one of</span> "
        });
    }
    values(it.values.iter().map(|value| (*value, None)), page);
    page.raw("</li>\n");
}

fn field(name: Option<&str>, page: &mut Page) {
    match name {
        Some(name) => page.raw("<code class=\"field\">").text(name).raw("</code>"),
        None => page.raw("<span class=\"aside\">any value</span>"),
    };
}

/// Values with what is known of each: how many other rules look for it. Many are folded away.
fn values<'v>(values: impl ExactSizeIterator<Item = (Sought<'v>, Option<usize>)>, page: &mut Page) {
    let more = values.len().saturating_sub(SHOWN);
    page.raw("<div class=\"values\">");
    for (at, (value, corpus)) in values.enumerate() {
        // One left over is not worth a click.
        if at == SHOWN && more > 1 {
            page.raw("<details><summary>").number(more).raw(" more</summary>");
        }
        page.raw("<span class=\"value\">");
        match value {
            Some("") => page.raw("<code class=\"null\">empty</code>"),
            Some(value) => page.code(value),
            None => page.raw("<code class=\"null\">null</code>"),
        };
        if let Some(count) = corpus {
            page.raw(if count == 0 {
                "<span class=\"corpus zero\">"
            } else {
                "<span class=\"corpus\">"
            });
            page.number(count).raw("</span>");
        }
        page.raw("</span> ");
    }
    page.raw(if more > 1 { "</details></div>" } else { "</div>" });
}

fn exclusions(exclusions: &[Exclusion<'_>], page: &mut Page) {
    parts::open(EXCLUSIONS, page);
    if exclusions.is_empty() {
        parts::nothing("Nothing is left out.", page);
    } else {
        page.raw("<p class=\"note\">What takes a record out although all else holds. Lines of one selection do so together.</p>\n");
        parts::table(&["Field", "Kind", "Excluded values", "Selection"], page);
        for it in exclusions {
            page.raw("<tr><td>");
            field(it.field, page);
            page.raw("</td><td class=\"op\">").text(&it.kind).raw("</td><td>");
            values(it.values.iter().map(|value| (*value, None)), page);
            page.raw("</td><td>").code(it.selection).raw("</td></tr>\n");
        }
        parts::end_table(page);
    }
    parts::close(page);
}

/// One row for each field and operator; what follows one another is put together.
fn indicators(indicators: &[Indicator<'_>], page: &mut Page) {
    parts::open(INDICATORS, page);
    if indicators.is_empty() {
        parts::nothing("None.", page);
    } else {
        page.raw("<p class=\"note\">What the rule looks for. The number beside a value is its corpus count: how many other rules of this catalogue look for the same field, operator and value.</p>\n");
        parts::table(&["Field", "Operator", "Values and corpus count"], page);
        for group in indicators.chunk_by(|a, b| (a.field, &a.operator) == (b.field, &b.operator)) {
            page.raw("<tr><td>");
            field(group[0].field, page);
            page.raw("</td><td class=\"op\">").text(&group[0].operator).raw("</td><td>");
            values(group.iter().map(|it| (it.value, Some(it.corpus))), page);
            page.raw("</td></tr>\n");
        }
        parts::end_table(page);
    }
    parts::close(page);
}
