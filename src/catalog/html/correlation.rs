//! The page of a correlation.

use super::{
    super::model::{CorrelationPage, Model},
    page::Page,
    parts::{self, Section},
    yaml,
};
use crate::rule::{CorrelationBody, Operator};

const COUNTED: Section = ("counted", "What it counts");
const MEMBERS: Section = ("members", "Rules it looks at");

pub(super) fn page(model: &Model<'_>, it: &CorrelationPage<'_>) -> String {
    let mut page = Page::new(it.about.title, "../");
    parts::bar("../", &mut page);
    page.raw("<main id=\"main\" class=\"article\">\n");
    let set = model.sets[it.set].name;
    parts::head("Correlation", &it.about, set, it.file, it.reported, &mut page);
    let mut sections = vec![parts::ATTACK, COUNTED, MEMBERS, parts::BODY];
    sections.extend((!it.feeds.is_empty()).then_some(parts::FEEDS));
    sections.extend(parts::foot_sections(&it.about));
    parts::contents(&sections, &mut page);
    page.raw("<div class=\"sections\">\n");
    parts::attack(parts::ATTACK, &it.attack, &mut page);
    parts::open(COUNTED, &mut page);
    page.raw("<dl class=\"facts\">\n");
    for (name, value) in counted(it.correlation) {
        page.raw("<div><dt>")
            .raw(name)
            .raw("</dt><dd class=\"mono\">")
            .text(&value)
            .raw("</dd></div>\n");
    }
    page.raw("</dl>\n");
    parts::close(&mut page);
    members(model, it, &mut page);
    parts::open(parts::BODY, &mut page);
    yaml::write(it.body, &mut page);
    parts::close(&mut page);
    parts::feeds(parts::FEEDS, model, &it.feeds, &mut page);
    parts::foot(&it.about, &mut page);
    page.raw("</div>\n</main>\n");
    page.finish()
}

fn members(model: &Model<'_>, it: &CorrelationPage<'_>, page: &mut Page) {
    parts::open(MEMBERS, page);
    parts::table(&parts::LINKS, page);
    for (member, reference) in it.members.iter().zip(&it.correlation.rules) {
        if let Some(target) = member {
            parts::link(model, *target, None, page);
        } else {
            page.raw("<tr><td>").code(&reference.name);
            page.raw("</td><td colspan=\"3\" class=\"aside\">does not run</td></tr>\n");
        }
    }
    parts::end_table(page);
    parts::close(page);
}

/// What a correlation counts, name by name.
pub(in super::super) fn counted(body: &CorrelationBody) -> Vec<(&'static str, String)> {
    let sign = |operator: &Operator| match operator {
        Operator::Gt => ">",
        Operator::Gte => "≥",
        Operator::Lt => "<",
        Operator::Lte => "≤",
        Operator::Eq => "=",
        Operator::Neq => "≠",
    };
    let condition: Vec<_> = body
        .condition
        .iter()
        .map(|(operator, number)| format!("{} {}", sign(operator), number.text()))
        .collect();
    let fields: Vec<_> = body.fields.iter().map(|field| field.name.as_str()).collect();
    let mut counted = vec![("Type", body.kind.as_str().to_owned())];
    counted.push(("Condition", condition.join(" and ")));
    if !fields.is_empty() {
        counted.push(("Field", fields.join(", ")));
    }
    if let Some(percentile) = body.percentile {
        counted.push(("Percentile", percentile.text()));
    }
    counted.push(("Within", span(body.timespan)));
    if !body.group_by.is_empty() {
        counted.push(("Group by", body.group_by.join(", ")));
    }
    counted
}

/// Seconds in the largest unit that has them whole.
fn span(seconds: u64) -> String {
    let units = [(604_800, "w"), (86_400, "d"), (3_600, "h"), (60, "m")];
    let whole = units.iter().find(|(unit, _)| seconds > 0 && seconds.is_multiple_of(*unit));
    whole.map_or_else(|| format!("{seconds}s"), |(unit, name)| format!("{}{name}", seconds / unit))
}
