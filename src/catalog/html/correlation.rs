//! The page of a correlation.

use super::{
    super::{
        model::{CorrelationPage, Model},
        text::counted,
    },
    page::Page,
    parts::{self, Section},
    yaml,
};

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
