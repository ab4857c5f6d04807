//! What pages of rules and of correlations have in common.

use super::{
    super::{
        attack::{Coverage, Technique},
        model::{About, Model, Target},
        text::{is_address, paragraphs},
    },
    page::Page,
};
use crate::rule::Level;

/// The bar on top. `root` is the way to the folder of the catalogue.
pub(super) fn bar(root: &'static str, page: &mut Page) {
    page.raw("<header class=\"bar\">\n<a class=\"home\" href=\"").raw(root);
    page.raw("index.html\"><span class=\"mark\" aria-hidden=\"true\"></span>Rule catalogue</a>\n");
    page.raw("<form class=\"find\" id=\"find\" role=\"search\"><input id=\"q\" type=\"search\" ");
    page.raw("placeholder=\"Title, technique, event, value, id\" aria-label=\"Search rules\" ");
    page.raw("autocomplete=\"off\" spellcheck=\"false\"><kbd aria-hidden=\"true\">/</kbd></form>\n</header>\n");
}

/// The name of a level, with its colour.
pub(super) fn level(level: Option<Level>, page: &mut Page) {
    let name = level.map_or("none", Level::as_str);
    page.raw("<span class=\"level ").raw(name).raw("\">");
    page.raw(if level.is_some() { name } else { "no level" }).raw("</span>");
}

/// What stands above the sections: title, description, facts.
pub(super) fn head(
    kind: &'static str,
    about: &About<'_>,
    set: &str,
    file: &str,
    reported: bool,
    page: &mut Page,
) {
    page.raw("<header class=\"head\">\n<p class=\"eyebrow\">")
        .raw(kind)
        .raw(" of <a href=\"../index.html#set=");
    page.query(set).raw("\">").text(set).raw("</a></p>\n<h1>").text(about.title).raw("</h1>\n");
    page.raw("<p class=\"standing\">");
    level(about.level, page);
    if let Some(status) = about.status {
        page.raw(" <span class=\"status\">").raw(status).raw("</span>");
    }
    if !reported {
        page.raw(" <span class=\"status\">feeds correlations, no findings of its own</span>");
    }
    page.raw("</p>\n");
    if let Some(description) = about.description {
        page.raw("<div class=\"prose lead\">\n");
        for paragraph in paragraphs(description) {
            page.raw("<p>").text(&paragraph).raw("</p>\n");
        }
        page.raw("</div>\n");
    }
    page.raw("<dl class=\"facts\">\n");
    let mut fact = |name: &'static str, value: Option<&str>, mono: bool| {
        if let Some(value) = value {
            page.raw("<div><dt>").raw(name).raw("</dt><dd");
            page.raw(if mono { " class=\"mono\">" } else { ">" }).text(value).raw("</dd></div>\n");
        }
    };
    fact("Id", about.id, true);
    fact("Author", about.author, false);
    fact("Date", about.date, false);
    fact("Modified", about.modified, false);
    fact("Licence", about.license, false);
    fact("Source", Some(file), true);
    page.raw("</dl>\n</header>\n");
}

/// The sections of a page, for its list of contents: anchor and name.
pub(super) type Section = (&'static str, &'static str);

pub(super) fn contents(sections: &[Section], page: &mut Page) {
    page.raw("<nav class=\"toc\" aria-label=\"On this page\">\n<p>On this page</p>\n<ul>\n");
    for (anchor, name) in sections {
        page.raw("<li><a href=\"#").raw(anchor).raw("\">").raw(name).raw("</a></li>\n");
    }
    page.raw("</ul>\n</nav>\n");
}

pub(super) fn open((anchor, name): Section, page: &mut Page) {
    page.raw("<section id=\"").raw(anchor).raw("\">\n<h2>").raw(name).raw("</h2>\n");
}

pub(super) fn close(page: &mut Page) {
    page.raw("</section>\n");
}

/// A line for a section without rows.
pub(super) fn nothing(text: &'static str, page: &mut Page) {
    page.raw("<p class=\"nothing\">").raw(text).raw("</p>\n");
}

/// The begin of a table, which scrolls on its own where it is too wide.
pub(super) fn table(head: &[&'static str], page: &mut Page) {
    page.raw("<div class=\"scroll\"><table");
    page.raw(if head.len() > 3 { " class=\"wide\">\n<thead><tr>" } else { ">\n<thead><tr>" });
    for name in head {
        page.raw("<th scope=\"col\">").raw(name).raw("</th>");
    }
    page.raw("</tr></thead>\n<tbody>\n");
}

pub(super) fn end_table(page: &mut Page) {
    page.raw("</tbody>\n</table></div>\n");
}

/// A technique: its id leads to the rules that cover it, the arrow to ATT&CK.
fn technique(it: &Technique, page: &mut Page) {
    page.raw("<li><a class=\"mono\" href=\"../index.html#q=").query(&it.id).raw("\">").text(&it.id);
    page.raw("</a> ").text(it.name.unwrap_or("not in the table"));
    if let Some(now) = it.now {
        page.raw(" <span class=\"aside\">now ").raw(now).raw("</span>");
    }
    page.raw(" <a class=\"ext\" rel=\"noreferrer noopener\" href=\"").text(&it.address());
    page.raw("\" aria-label=\"").text(&it.id).raw(" at attack.mitre.org\">&#8599;</a></li>");
}

pub(super) fn attack(section: Section, coverage: &Coverage<'_>, page: &mut Page) {
    open(section, page);
    if coverage.rows.is_empty() {
        nothing("No tactic or technique is named.", page);
    } else {
        table(&["Tactic", "Techniques"], page);
        for row in &coverage.rows {
            page.raw("<tr><th scope=\"row\">");
            match row.tactic {
                None => page.raw("Unknown"),
                Some(it) => {
                    page.raw(it.name).raw(" <span class=\"aside\">").raw(it.id).raw("</span>")
                }
            };
            page.raw("</th><td><ul class=\"plain\">");
            for it in &row.techniques {
                technique(it, page);
            }
            page.raw("</ul></td></tr>\n");
        }
        end_table(page);
    }
    if !coverage.other.is_empty() {
        page.raw("<p class=\"note\">Other tags: ");
        for (at, tag) in coverage.other.iter().enumerate() {
            page.raw(if at > 0 { ", " } else { "" }).code(tag);
        }
        page.raw("</p>\n");
    }
    close(page);
}

/// A row about another page.
pub(super) fn link(model: &Model<'_>, target: Target, own_id: Option<&str>, page: &mut Page) {
    let (name, about, set) = model.target(target);
    page.raw("<tr><td><a href=\"").text(name).raw(".html\">").text(about.title).raw("</a>");
    if about.id.is_some() && about.id == own_id {
        page.raw(" <span class=\"aside\">same id</span>");
    }
    page.raw("</td><td>");
    level(about.level, page);
    page.raw("</td><td>").text(model.sets[set].name).raw("</td><td class=\"mono source\">");
    page.text(model.file(target)).raw("</td></tr>\n");
}

pub(super) const LINKS: [&str; 4] = ["Rule", "Level", "Set", "Source"];

pub(super) fn feeds(section: Section, model: &Model<'_>, feeds: &[Target], page: &mut Page) {
    if !feeds.is_empty() {
        open(section, page);
        table(&LINKS, page);
        for target in feeds {
            link(model, *target, None, page);
        }
        end_table(page);
        close(page);
    }
}

/// False positives and references, which stand last.
pub(super) fn foot(about: &About<'_>, page: &mut Page) {
    if !about.falsepositives.is_empty() {
        open(FALSE_POSITIVES, page);
        page.raw("<ul class=\"prose\">\n");
        for line in about.falsepositives {
            page.raw("<li>").text(line).raw("</li>\n");
        }
        page.raw("</ul>\n");
        close(page);
    }
    if !about.references.is_empty() {
        open(REFERENCES, page);
        page.raw("<ul class=\"prose refs\">\n");
        for reference in about.references {
            page.raw("<li>");
            if is_address(reference) {
                page.raw("<a rel=\"noreferrer noopener\" href=\"").text(reference).raw("\">");
                page.text(reference).raw("</a>");
            } else {
                page.text(reference);
            }
            page.raw("</li>\n");
        }
        page.raw("</ul>\n");
        close(page);
    }
}

pub(super) const FALSE_POSITIVES: Section = ("false-positives", "False positives");
pub(super) const REFERENCES: Section = ("references", "References");
pub(super) const ATTACK: Section = ("attack", "ATT&amp;CK coverage");
pub(super) const BODY: Section = ("body", "Rule body");
pub(super) const FEEDS: Section = ("feeds", "Correlations it feeds");

/// The sections that [`foot`] will write.
pub(super) fn foot_sections(about: &About<'_>) -> impl Iterator<Item = Section> {
    let positives = (!about.falsepositives.is_empty()).then_some(FALSE_POSITIVES);
    let references = (!about.references.is_empty()).then_some(REFERENCES);
    positives.into_iter().chain(references)
}
