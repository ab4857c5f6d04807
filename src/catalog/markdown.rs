//! The catalogue as Markdown: a page for each rule, and `index.md` over them.

use std::fmt::Write as _;

use super::{
    Action, File,
    asks::{Predicate, Sought},
    attack::Coverage,
    model::{About, CorrelationPage, Model, RulePage, Target},
    text::{counted, is_address, paragraphs},
};
use crate::text::escape;

/// All pages, the overview first.
pub(super) fn files<'m>(model: &'m Model<'_>) -> impl Iterator<Item = File> + 'm {
    let file = |page: &str, text: String| File {
        path: format!("rules/{page}.md"),
        bytes: text.into_bytes(),
    };
    let overview = std::iter::once_with(|| File {
        path: "index.md".to_owned(),
        bytes: overview(model).into_bytes(),
    });
    let rules = model.rules.iter().map(move |rule| file(&rule.page, of_rule(model, rule)));
    let correlations =
        model.correlations.iter().map(move |it| file(&it.page, of_correlation(model, it)));
    overview.chain(rules).chain(correlations)
}

/// A text on one line.
fn text(text: &str) -> String {
    let mut out = String::new();
    escape::markdown(text.trim(), &mut out);
    out
}

/// A text as code.
fn code(text: &str) -> String {
    let mut out = String::new();
    escape::markdown_code(text, &mut out);
    out
}

/// A value; null is no text.
fn value(value: Sought<'_>) -> String {
    value.map_or_else(|| "null".to_owned(), code)
}

fn field(field: Option<&str>) -> String {
    field.map_or_else(|| "any value".to_owned(), code)
}

fn heading(name: &str, out: &mut String) {
    let _ = write!(out, "\n## {name}\n\n");
}

/// A table, or what stands there without rows.
fn table(head: &[&str], rows: &[Vec<String>], without: &str, out: &mut String) {
    if rows.is_empty() {
        let _ = writeln!(out, "{without}");
        return;
    }
    let _ = writeln!(out, "| {} |", head.join(" | "));
    let _ = writeln!(out, "|{}", "---|".repeat(head.len()));
    for row in rows {
        let _ = writeln!(out, "| {} |", row.join(" | "));
    }
}

/// Title, description and what else a document says of itself.
fn head(about: &About<'_>, set: &str, file: &str, reported: bool, out: &mut String) {
    let _ = write!(out, "# {}\n\n", text(about.title));
    let mut line = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = writeln!(out, "- {name}: {value}");
        }
    };
    line("Level", about.level.map(|level| level.as_str().to_owned()));
    line("Status", about.status.map(str::to_owned));
    line("Id", about.id.map(code));
    line("Set", Some(text(set)));
    line("File", Some(code(file)));
    line("Author", about.author.map(text));
    line("Date", about.date.map(text));
    line("Modified", about.modified.map(text));
    line("License", about.license.map(text));
    if !reported {
        line("Findings", Some("none of its own, it feeds correlations".to_owned()));
    }
    if let Some(description) = about.description {
        for paragraph in paragraphs(description) {
            let _ = write!(out, "\n{}\n", text(&paragraph));
        }
    }
}

/// References and false positives.
fn foot(about: &About<'_>, out: &mut String) {
    if !about.falsepositives.is_empty() {
        heading("False positives", out);
        for line in about.falsepositives {
            let _ = writeln!(out, "- {}", text(line));
        }
    }
    if !about.references.is_empty() {
        heading("References", out);
        for reference in about.references {
            let shown =
                if is_address(reference) { format!("<{reference}>") } else { code(reference) };
            let _ = writeln!(out, "- {shown}");
        }
    }
}

fn attack(coverage: &Coverage<'_>, out: &mut String) {
    heading("ATT&CK coverage", out);
    let rows: Vec<_> = coverage
        .rows
        .iter()
        .map(|row| {
            let tactic = row.tactic.map_or_else(
                || "(not in the table)".to_owned(),
                |tactic| format!("{} ({})", tactic.name, tactic.id),
            );
            let techniques: Vec<_> = row
                .techniques
                .iter()
                .map(|it| {
                    let link = format!("[{}]({})", it.id, it.address());
                    let name = it.name.map_or_else(String::new, |name| format!(" {name}"));
                    let now = it.now.map_or_else(String::new, |now| format!(" (now {now})"));
                    format!("{link}{name}{now}")
                })
                .collect();
            vec![tactic, techniques.join("<br>")]
        })
        .collect();
    table(&["Tactic", "Techniques"], &rows, "No tactic or technique is named.", out);
    if !coverage.other.is_empty() {
        let other: Vec<_> = coverage.other.iter().map(|tag| code(tag)).collect();
        let _ = write!(out, "\nOther tags: {}\n", other.join(", "));
    }
}

fn action(action: &Action) -> Vec<String> {
    let part = |part: &Option<String>| part.as_deref().map_or_else(|| "any".to_owned(), code);
    vec![part(&action.provider), part(&action.event)]
}

/// A row about another page, whose place is `folder` from here.
fn link(model: &Model<'_>, target: Target, folder: &str) -> Vec<String> {
    let (page, about, set) = model.target(target);
    vec![
        format!("[{}]({folder}{page}.md)", text(about.title)),
        about.level.map_or("-", |level| level.as_str()).to_owned(),
        text(model.sets[set].name),
        code(model.file(target)),
    ]
}

const LINKS: [&str; 4] = ["Rule", "Level", "Set", "Source"];

fn of_rule(model: &Model<'_>, rule: &RulePage<'_>) -> String {
    let mut out = String::new();
    head(&rule.about, model.sets[rule.set].name, rule.file, rule.reported, &mut out);
    attack(&rule.attack, &mut out);
    heading("Event coverage", &mut out);
    let rows: Vec<_> = rule.actions.iter().map(action).collect();
    table(&["Provider", "Event"], &rows, "Any event of any provider.", &mut out);
    heading("Rules detecting the same action", &mut out);
    let rows: Vec<_> =
        rule.others.rules.iter().map(|&at| link(model, Target::Rule(at), "")).collect();
    table(&LINKS, &rows, "None in these sets.", &mut out);
    if rule.others.more {
        out.push_str("\nThere are more than are listed.\n");
    }
    heading("Rule body", &mut out);
    escape::markdown_block(rule.body, "yaml", &mut out);
    stages(rule, &mut out);
    heading("Exclusions", &mut out);
    let rows: Vec<_> = rule
        .exclusions
        .iter()
        .map(|it| {
            let values: Vec<_> = it.values.iter().map(|it| value(*it)).collect();
            vec![field(it.field), code(&it.kind), values.join("<br>"), code(it.selection)]
        })
        .collect();
    table(&["Field", "Kind", "Excluded values", "In"], &rows, "Nothing is excluded.", &mut out);
    heading("Indicators", &mut out);
    let rows: Vec<_> = rule
        .indicators
        .iter()
        .map(|it| vec![field(it.field), code(&it.operator), value(it.value), it.corpus.to_string()])
        .collect();
    table(&["Field", "Operator", "Value", "Corpus"], &rows, "None.", &mut out);
    feeds(model, &rule.feeds, &mut out);
    foot(&rule.about, &mut out);
    out
}

fn feeds(model: &Model<'_>, feeds: &[Target], out: &mut String) {
    if !feeds.is_empty() {
        heading("Correlations it feeds", out);
        let rows: Vec<_> = feeds.iter().map(|target| link(model, *target, "")).collect();
        table(&LINKS, &rows, "", out);
    }
}

fn stages(rule: &RulePage<'_>, out: &mut String) {
    heading("Stages and predicates", out);
    let _ = writeln!(out, "Condition: {}", code(&rule.condition));
    for title in &rule.filters {
        let _ = write!(out, "\nNarrowed by the filter {}.\n", text(title));
    }
    for (at, stage) in rule.stages.iter().enumerate() {
        let role = if stage.excludes { " (takes records out)" } else { "" };
        let _ = write!(out, "\n### Stage {}: {}{role}\n", at + 1, code(&stage.condition));
        for selection in &stage.selections {
            let _ = write!(out, "\n{}", code(selection.name));
            match selection.any.len() {
                0 => out.push_str(", as above\n"),
                1 => out.push_str(", all of these:\n\n"),
                _ => out.push_str(", one of these:\n\n"),
            }
            for (index, all) in selection.any.iter().enumerate() {
                if index > 0 {
                    out.push_str("\nor\n\n");
                }
                for it in all {
                    let _ = writeln!(out, "- {}", predicate(it));
                }
            }
        }
    }
}

fn predicate(it: &Predicate<'_>) -> String {
    let values: Vec<_> = it.values.iter().map(|it| value(*it)).collect();
    let joint = if it.all { " and " } else { " or " };
    let not = if it.negated { "not: " } else { "" };
    format!("{not}{} {} {}", field(it.field), it.operator, values.join(joint))
}

fn of_correlation(model: &Model<'_>, it: &CorrelationPage<'_>) -> String {
    let mut out = String::new();
    head(&it.about, model.sets[it.set].name, it.file, it.reported, &mut out);
    attack(&it.attack, &mut out);
    heading("What it counts", &mut out);
    for (name, value) in counted(it.correlation) {
        let _ = writeln!(out, "- {name}: {}", code(&value));
    }
    heading("Rules it looks at", &mut out);
    let rows: Vec<_> = it
        .members
        .iter()
        .zip(&it.correlation.rules)
        .map(|(member, reference)| match member {
            Some(target) => link(model, *target, ""),
            None => {
                vec![code(&reference.name), "does not run".to_owned(), String::new(), String::new()]
            }
        })
        .collect();
    table(&LINKS, &rows, "", &mut out);
    heading("Rule body", &mut out);
    escape::markdown_block(it.body, "yaml", &mut out);
    feeds(model, &it.feeds, &mut out);
    foot(&it.about, &mut out);
    out
}

fn overview(model: &Model<'_>) -> String {
    let mut out = String::from("# Rule catalogue\n\n");
    for set in &model.sets {
        let _ = writeln!(
            out,
            "- {}: rules: {}, correlations: {}, filters: {}, documents that do not run: {}, refused: {}",
            text(set.name),
            set.rules,
            set.correlations,
            set.filters,
            set.not_run,
            set.refused
        );
    }
    let overview = &model.overview;
    heading("ATT&CK", &mut out);
    let rows: Vec<_> = overview
        .matrix
        .iter()
        .map(|column| {
            let tactic = column.tactic.map_or("(not in the table)", |tactic| tactic.name);
            let cells = column.techniques.iter().map(|cell| {
                let name = cell.technique.name.unwrap_or_default();
                format!("{} {name}: {}", cell.technique.id, cell.rules)
            });
            vec![
                tactic.to_owned(),
                column.rules.to_string(),
                cells.collect::<Vec<_>>().join("<br>"),
            ]
        })
        .collect();
    table(&["Tactic", "Rules", "Techniques"], &rows, "No rule names a technique.", &mut out);
    heading("Most used indicators", &mut out);
    let rows: Vec<_> = overview
        .indicators
        .iter()
        .map(|it| vec![field(it.field), code(&it.operator), value(it.value), it.rules.to_string()])
        .collect();
    table(&["Field", "Operator", "Value", "Rules"], &rows, "No two rules share one.", &mut out);
    heading("Rules by level", &mut out);
    let rows: Vec<_> = overview
        .levels
        .iter()
        .map(|(level, count)| vec![level.unwrap_or("none").to_owned(), count.to_string()])
        .collect();
    table(&["Level", "Rules"], &rows, "None.", &mut out);
    heading("Rules by event", &mut out);
    let rows: Vec<_> = overview
        .events
        .iter()
        .map(|it| [action(&it.action), vec![it.rules.to_string()]].concat())
        .collect();
    table(&["Provider", "Event", "Rules"], &rows, "No rule names an event.", &mut out);
    heading("All rules", &mut out);
    let rules = (0..model.rules.len()).map(Target::Rule);
    let correlations = (0..model.correlations.len()).map(Target::Correlation);
    let rows: Vec<_> =
        rules.chain(correlations).map(|target| link(model, target, "rules/")).collect();
    table(&LINKS, &rows, "None.", &mut out);
    out
}
