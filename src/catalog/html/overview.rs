//! The overview: search, the matrix, what is used most, and every rule.

use super::{
    super::{
        Action,
        attack::Coverage,
        model::{About, Cell, Column, Model, Target},
    },
    page::Page,
    parts,
};
use crate::{rule::Level, text::escape};

/// More rows than this of rules by event are folded away.
const EVENTS_SHOWN: usize = 15;

/// The most bytes of one document's values that can be searched.
const MOST_WORDS: usize = 1 << 16;

/// Steps of colour in the matrix.
const HEAT: [&str; 5] = ["h1", "h2", "h3", "h4", "h5"];

pub(super) fn page(model: &Model<'_>) -> String {
    let mut page = Page::new("Rule catalogue", "");
    parts::bar("", &mut page);
    page.raw("<main id=\"main\" class=\"overview\">\n<header class=\"head\" id=\"top\">\n");
    page.raw("<p class=\"eyebrow\">backtrail</p>\n<h1>Rule catalogue</h1>\n");
    lead(model, &mut page);
    page.raw("</header>\n<div id=\"summary\">\n");
    matrix(model, &mut page);
    page.raw("<div class=\"pair\">\n<div>\n");
    levels(model, &mut page);
    events(model, &mut page);
    page.raw("</div>\n");
    indicators(model, &mut page);
    page.raw("</div>\n</div>\n");
    list(model, &mut page);
    page.raw("</main>\n");
    page.finish()
}

fn lead(model: &Model<'_>, page: &mut Page) {
    page.raw("<div class=\"prose lead\"><p>What each rule means, what it looks for, what it leaves out, and who else looks for it: ");
    page.count(model.rules.len(), "rule", "rules").raw(" and ");
    page.count(model.correlations.len(), "correlation", "correlations")
        .raw(" for AWS CloudTrail.</p></div>\n");
    page.raw("<ul class=\"sets\">\n");
    for set in &model.sets {
        page.raw("<li><a href=\"#set=")
            .query(set.name)
            .raw("\">")
            .text(set.name)
            .raw("</a> <span>");
        page.count(set.rules, "rule", "rules");
        if set.correlations > 0 {
            page.raw(", ").count(set.correlations, "correlation", "correlations");
        }
        if set.filters > 0 {
            page.raw(", ").count(set.filters, "filter", "filters");
        }
        if set.not_run + set.refused > 0 {
            page.raw("; without a page: ").number(set.not_run);
            page.raw(" not for CloudTrail or unsupported, ").number(set.refused).raw(" refused");
        }
        page.raw("</span></li>\n");
    }
    page.raw("</ul>\n");
}

fn matrix(model: &Model<'_>, page: &mut Page) {
    let overview = &model.overview;
    page.raw("<section id=\"matrix\">\n<h2>ATT&amp;CK</h2>\n");
    if overview.matrix.is_empty() {
        parts::nothing("No rule names a tactic or a technique.", page);
    } else {
        page.raw("<p class=\"note\">Techniques by tactic, with the number of rules and correlations that cover each. A technique stands under the tactics that its rules name.</p>\n");
        page.raw("<div class=\"matrix\">\n");
        let peak = overview.peak();
        for it in &overview.matrix {
            column(it, peak, page);
        }
        page.raw("</div>\n");
    }
    parts::close(page);
}

fn column(it: &Column, peak: usize, page: &mut Page) {
    page.raw("<div class=\"tactic\">\n<h3>").raw(it.tactic.map_or("Unknown", |tactic| tactic.name));
    page.raw(" <span>").number(it.rules).raw("</span></h3>\n");
    for it in &it.techniques {
        cell(it, peak, page);
    }
    page.raw("</div>\n");
}

fn cell(it: &Cell, peak: usize, page: &mut Page) {
    // The square root keeps apart what one rule covers and what a few do.
    let share = |count: usize| u32::try_from(count).map_or(f64::from(u32::MAX), f64::from).sqrt();
    let heat = (1..HEAT.len()).rev().find(|step| {
        let step = u32::try_from(*step).map_or(0.0, f64::from);
        share(it.rules) > share(peak) * step / 5.0
    });
    page.raw("<a class=\"cell ")
        .raw(HEAT[heat.unwrap_or(0)])
        .raw("\" href=\"#q=")
        .query(&it.technique.id);
    page.raw("\" title=\"").text(it.technique.name.unwrap_or_default());
    page.raw("\"><span class=\"id\">").text(&it.technique.id).raw("</span><span class=\"n\">");
    page.number(it.rules).raw("</span><span class=\"name\">");
    // A sub-technique stands below its technique, or says enough by its own name.
    let name = it.technique.name.unwrap_or("not in the table");
    page.text(name.rsplit(": ").next().unwrap_or(name)).raw("</span></a>\n");
}

/// A bar of that share.
fn bar(count: usize, most: usize, class: &'static str, page: &mut Page) {
    page.raw("<svg class=\"share ").raw(class).raw(
        "\" viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"",
    );
    page.number((count * 100).div_ceil(most.max(1))).raw("\" height=\"6\"></rect></svg>");
}

fn levels(model: &Model<'_>, page: &mut Page) {
    let levels = &model.overview.levels;
    let most = levels.iter().map(|(_, count)| *count).max().unwrap_or(0);
    page.raw("<section id=\"levels\">\n<h2>Rules by level</h2>\n<table class=\"bars\"><tbody>\n");
    for (level, count) in levels {
        page.raw("<tr><th scope=\"row\"><a href=\"#level=").raw(level.unwrap_or("none")).raw("\">");
        page.raw(level.unwrap_or("no level")).raw("</a></th><td class=\"grow\">");
        bar(*count, most, level.unwrap_or("none"), page);
        page.raw("</td><td class=\"n\">").number(*count).raw("</td></tr>\n");
    }
    page.raw("</tbody></table>\n");
    parts::close(page);
}

fn indicators(model: &Model<'_>, page: &mut Page) {
    page.raw("<section id=\"indicators\">\n<h2>Most used indicators</h2>\n");
    let used = &model.overview.indicators;
    if used.is_empty() {
        parts::nothing("No two rules look for the same.", page);
    } else {
        parts::table(&["Field", "Operator", "Value", "Rules"], page);
        for it in used {
            page.raw("<tr><td>");
            match it.field {
                Some(field) => page.raw("<code class=\"field\">").text(field).raw("</code>"),
                None => page.raw("<span class=\"aside\">any value</span>"),
            };
            page.raw("</td><td class=\"op\">").text(&it.operator).raw("</td><td>");
            match it.value {
                None => page.raw("<code class=\"null\">null</code>"),
                Some("") => page.raw("<code class=\"null\">empty</code>"),
                Some(value) => page
                    .raw("<a class=\"mono\" href=\"#q=")
                    .query(value)
                    .raw("\">")
                    .text(value)
                    .raw("</a>"),
            };
            page.raw("</td><td class=\"n\">").number(it.rules).raw("</td></tr>\n");
        }
        parts::end_table(page);
    }
    parts::close(page);
}

fn events(model: &Model<'_>, page: &mut Page) {
    let overview = &model.overview;
    page.raw("<section id=\"events\">\n<h2>Rules by event</h2>\n");
    let most = overview.events.first().map_or(0, |event| event.rules);
    let (first, rest) = overview.events.split_at(overview.events.len().min(EVENTS_SHOWN));
    page.raw("<div class=\"scroll\"><table class=\"bars events\"><tbody>\n");
    for it in first {
        event(&it.action, it.rules, most, page);
    }
    page.raw("</tbody></table></div>\n");
    if !rest.is_empty() {
        page.raw("<details><summary>")
            .number(rest.len())
            .raw(" more</summary>\n<div class=\"scroll\"><table class=\"bars events\"><tbody>\n");
        for it in rest {
            event(&it.action, it.rules, most, page);
        }
        page.raw("</tbody></table></div>\n</details>\n");
    }
    if overview.any_event > 0 {
        page.raw("<p class=\"note\">").count(overview.any_event, "rule looks", "rules look");
        page.raw(" for any event.</p>\n");
    }
    parts::close(page);
}

fn event(action: &Action, rules: usize, most: usize, page: &mut Page) {
    page.raw("<tr><th scope=\"row\">");
    let name = action.event.as_deref().or(action.provider.as_deref()).unwrap_or_default();
    page.raw("<a class=\"mono\" href=\"#q=").query(name).raw("\">");
    page.text(action.event.as_deref().unwrap_or("any")).raw("</a> <span class=\"provider\">");
    page.text(action.provider.as_deref().unwrap_or("any provider"));
    page.raw("</span></th><td class=\"grow\">");
    bar(rules, most, "", page);
    page.raw("</td><td class=\"n\">").number(rules).raw("</td></tr>\n");
}

fn list(model: &Model<'_>, page: &mut Page) {
    page.raw("<section id=\"all\">\n<div class=\"listhead\"><h2 id=\"found\" aria-live=\"polite\">All rules</h2>\n");
    page.raw("<div class=\"choose\" id=\"choose\" hidden><label>Level <select id=\"level\"><option value=\"\">any</option>");
    for level in Level::ALL.iter().rev() {
        page.raw("<option>").raw(level.as_str()).raw("</option>");
    }
    page.raw("<option value=\"none\">no level</option></select></label>\n<label>Set <select id=\"set\"><option value=\"\">any</option>");
    for set in &model.sets {
        page.raw("<option>").text(set.name).raw("</option>");
    }
    page.raw("</select></label></div></div>\n<noscript><p class=\"note\">Search needs JavaScript. Every rule is listed here.</p></noscript>\n");
    page.raw("<ol class=\"rules\" id=\"rules\">\n");
    for target in targets(model) {
        row(model, target, page);
    }
    page.raw("</ol>\n<p class=\"nothing\" id=\"none\" hidden>Nothing matches. Every word must stand somewhere in a rule.</p>\n");
    parts::close(page);
}

/// Every page, in the order of the list and of what is searched.
fn targets(model: &Model<'_>) -> impl Iterator<Item = Target> {
    let rules = (0..model.rules.len()).map(Target::Rule);
    rules.chain((0..model.correlations.len()).map(Target::Correlation))
}

fn row(model: &Model<'_>, target: Target, page: &mut Page) {
    let (name, about, set) = model.target(target);
    page.raw("<li data-level=\"")
        .raw(about.level.map_or("none", Level::as_str))
        .raw("\" data-set=\"");
    page.text(model.sets[set].name).raw("\"><a href=\"rules/").text(name).raw(".html\">");
    page.text(about.title).raw("</a><p>");
    parts::level(about.level, page);
    page.raw(" <span>").text(model.sets[set].name).raw("</span>");
    let (techniques, actions) = match target {
        Target::Rule(at) => (&model.rules[at].attack, &model.rules[at].actions[..]),
        Target::Correlation(at) => (&model.correlations[at].attack, &[][..]),
    };
    if matches!(target, Target::Correlation(_)) {
        page.raw(" <span>correlation</span>");
    }
    let mut ids: Vec<&str> =
        techniques.rows.iter().flat_map(|row| &row.techniques).map(|it| it.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut events: Vec<&str> = actions.iter().filter_map(|it| it.event.as_deref()).collect();
    events.dedup();
    few(&ids, page);
    few(&events, page);
    page.raw("</p></li>\n");
}

/// The first few of some names.
fn few(names: &[&str], page: &mut Page) {
    if names.is_empty() {
        return;
    }
    page.raw(" <span class=\"mono\">");
    for (at, name) in names.iter().take(4).enumerate() {
        page.raw(if at > 0 { " " } else { "" }).text(name);
    }
    page.raw("</span>");
    if names.len() > 4 {
        page.raw(" <span>+").number(names.len() - 4).raw("</span>");
    }
}

/// What is searched, in the order of the list: for each page its title, its names (ids, techniques,
/// events), and everything else that its rule looks for.
pub(super) fn words(model: &Model<'_>) -> Vec<u8> {
    let mut out = b"\"use strict\";\nglobalThis.backtrailRules = [\n".to_vec();
    for target in targets(model) {
        let (_, about, _) = model.target(target);
        let (names, values) = match target {
            Target::Rule(at) => {
                let rule = &model.rules[at];
                let actions = rule.actions.iter().flat_map(|it| [&it.provider, &it.event]);
                let actions = actions.flatten().map(String::as_str);
                let fields = rule.indicators.iter().flat_map(|it| [it.field, it.value]);
                let left_out = rule
                    .exclusions
                    .iter()
                    .flat_map(|it| std::iter::once(it.field).chain(it.values.iter().copied()));
                let names = joined(names_of(about, &rule.attack).chain(actions));
                (names, joined(fields.chain(left_out).flatten()))
            }
            Target::Correlation(at) => {
                let correlation = &model.correlations[at];
                let body = correlation.correlation;
                let words = body.group_by.iter().map(String::as_str).chain([body.kind.as_str()]);
                (joined(names_of(about, &correlation.attack)), joined(words))
            }
        };
        out.push(b'[');
        for (at, text) in [about.title, &names, &values].into_iter().enumerate() {
            out.extend_from_slice(if at > 0 { b"," } else { b"" });
            escape::json(text, &mut out);
        }
        out.extend_from_slice(b"],\n");
    }
    out.extend_from_slice(b"];\n");
    out
}

/// Id, tags, and the names of tactics and techniques.
fn names_of<'a>(about: &'a About<'_>, attack: &'a Coverage<'_>) -> impl Iterator<Item = &'a str> {
    let tags = about.id.into_iter().chain(about.tags.iter().map(String::as_str));
    let named = attack.rows.iter().flat_map(|row| {
        let techniques = row.techniques.iter().filter_map(|it| it.name);
        row.tactic.map(|tactic| tactic.name).into_iter().chain(techniques)
    });
    tags.chain(named)
}

/// Texts in a row, each once as long as they follow one another, up to a bound.
fn joined<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let mut out = String::new();
    let mut last = "";
    for text in texts.filter(|text| !text.is_empty()) {
        if out.len() + text.len() > MOST_WORDS {
            break;
        }
        if text != last {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(text);
            last = text;
        }
    }
    out
}
