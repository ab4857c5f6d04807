//! Findings as a table, for a person at a terminal.
//!
//! Rows are rendered by many workers that know nothing of each other, so the widths come from the
//! style alone and never from the findings. What does not fit is cut where it tells least; what a
//! terminal would obey is shown as escapes. Nothing here is meant to be parsed.

mod correlated;

use std::{borrow::Cow, fmt::Write as _};

use serde::{Deserialize, Serialize};
use unicode_width::UnicodeWidthChar;

use super::Format;
use crate::{
    coverage::{Coverage, RuleFindings},
    finding::{CorrelationFinding, Finding},
    rule::Level,
    text::{counted, escape, grouped, wrapped},
};

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableStyle {
    /// Colours are wanted.
    pub color: bool,
    /// Columns of the terminal. Taken for at least 60; narrower ones wrap.
    pub width: usize,
    /// Characters beyond ASCII can be shown. Without, they become escapes.
    pub unicode: bool,
    /// The events behind a correlation's finding are listed below it.
    pub events: bool,
}

/// One finding a line, in columns of fixed width.
#[derive(Debug, Clone)]
pub(super) struct Table {
    style: TableStyle,
    columns: Vec<(Column, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Level,
    Time,
    Title,
    Principal,
    Source,
    Event,
    File,
}

/// Which end of a text that is too long stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    Start,
    End,
}

/// Columns the table takes at the least.
const NARROWEST: usize = 60;

/// Columns of a level: `critical`.
const LEVEL: usize = 8;

/// Between two columns.
const GAP: &str = "  ";

/// More bytes than the widest cell can need (320 columns of at most three characters of four
/// bytes): a text of megabytes is not looked at as a whole.
const LONGEST: usize = 4096;

const RESET: &str = "\x1b[0m";
const BOLD: &str = "\x1b[1m";

/// Levels from the worst, with their colours: Select Graphic Rendition, ECMA-48.
const LEVELS: [(Level, &str); 5] = [
    (Level::Critical, "\x1b[1;31m"),
    (Level::High, "\x1b[31m"),
    (Level::Medium, "\x1b[33m"),
    (Level::Low, "\x1b[36m"),
    (Level::Informational, "\x1b[2m"),
];

impl Column {
    /// In the order of a row, which is also that of importance: a narrow terminal lacks the last.
    const ALL: [Self; 7] = [
        Self::Level,
        Self::Time,
        Self::Title,
        Self::Principal,
        Self::Source,
        Self::File,
        Self::Event,
    ];

    /// Who gets the next column of a terminal that has more than the least: most goes to the texts
    /// that are longest and tell most.
    const TURNS: [Self; 9] = [
        Self::Title,
        Self::Title,
        Self::Principal,
        Self::Title,
        Self::Principal,
        Self::File,
        Self::Title,
        Self::Event,
        Self::Source,
    ];

    fn head(self) -> &'static str {
        match self {
            Self::Level => "level",
            Self::Time => "time",
            Self::Title => "rule",
            Self::Principal => "principal",
            Self::Source => "source ip",
            Self::Event => "event",
            Self::File => "file",
        }
    }

    /// The width below which the column is left out, and the one beyond which it gains nothing: an
    /// IPv4 and an IPv6 address, a time, an AWS file name.
    fn bounds(self) -> (usize, usize) {
        match self {
            Self::Level => (LEVEL, LEVEL),
            Self::Time => (20, 20),
            Self::Title => (14, 56),
            Self::Principal => (12, 64),
            Self::Source => (15, 39),
            Self::Event => (10, 32),
            Self::File => (14, 76),
        }
    }

    /// An ARN and a file name tell who and which at their end.
    fn keep(self) -> Keep {
        match self {
            Self::Principal | Self::File => Keep::End,
            _ => Keep::Start,
        }
    }

    fn text<'f>(self, finding: &'f Finding<'_>) -> Option<&'f str> {
        match self {
            Self::Level => finding.rule.level.map(|level| level_name(level.as_str())),
            Self::Time => finding.time.as_deref(),
            Self::Title => Some(&finding.rule.title),
            Self::Principal => finding.principal.as_deref(),
            Self::Source => finding.source_ip.as_deref(),
            Self::Event => finding.event_name.as_deref(),
            Self::File => Some(base_name(&finding.file.display)),
        }
    }
}

impl Table {
    pub(super) fn new(style: TableStyle) -> Self {
        let mut left = style.width.max(NARROWEST);
        let mut columns = Vec::with_capacity(Column::ALL.len());
        for column in Column::ALL {
            let gap = if columns.is_empty() { 0 } else { GAP.len() };
            let (least, _) = column.bounds();
            if left < gap + least {
                break;
            }
            left -= gap + least;
            columns.push((column, least));
        }
        let mut idle = 0;
        for turn in Column::TURNS.iter().cycle() {
            if left == 0 || idle == Column::TURNS.len() {
                break;
            }
            idle += 1;
            let wider = columns
                .iter_mut()
                .find(|(column, width)| column == turn && *width < column.bounds().1);
            if let Some((_, width)) = wider {
                *width += 1;
                left -= 1;
                idle = 0;
            }
        }
        Self { style, columns }
    }

    /// One line; `cell` gives each column's text and its colour.
    fn line<'f>(
        &self,
        cell: impl Fn(Column) -> (&'f str, Option<&'static str>),
        out: &mut Vec<u8>,
    ) {
        let mut line = String::new();
        for (index, &(column, width)) in self.columns.iter().enumerate() {
            let (text, color) = cell(column);
            let (shown, used) = fit(text, width, column.keep(), self.style.unicode);
            if index > 0 {
                line.push_str(GAP);
            }
            line.push_str(&self.colored(&shown, color));
            // No blanks at the end of a line.
            if index + 1 < self.columns.len() {
                line.extend(std::iter::repeat_n(' ', width - used));
            }
        }
        line.push('\n');
        out.extend_from_slice(line.as_bytes());
    }

    fn colored<'t>(&self, text: &'t str, color: Option<&str>) -> Cow<'t, str> {
        match color {
            Some(color) if self.style.color => Cow::Owned(format!("{color}{text}{RESET}")),
            _ => Cow::Borrowed(text),
        }
    }

    /// One line of the summary: level, count, rule.
    fn rule_line(&self, rule: &RuleFindings, digits: usize, told: &mut String) {
        let level = rule.level.as_deref().map_or("-", level_name);
        let pad = " ".repeat(LEVEL.saturating_sub(level.len()));
        let width = self.style.width.max(NARROWEST) - LEVEL - digits - 2 * GAP.len();
        let (title, _) = fit(&rule.title, width, Keep::Start, self.style.unicode);
        let level = self.colored(level, rule.level.as_deref().and_then(color));
        // Writing to a string cannot fail.
        let _ = writeln!(told, "{level}{pad}{GAP}{:>digits$}{GAP}{title}", rule.findings);
    }
}

impl Format for Table {
    fn header(&self, out: &mut Vec<u8>) {
        self.line(|column| (column.head(), Some(BOLD)), out);
    }

    fn render(&self, finding: &Finding<'_>, out: &mut Vec<u8>) {
        self.line(
            |column| {
                let text = column.text(finding).filter(|text| !text.is_empty()).unwrap_or("-");
                let level = finding.rule.level.filter(|_| column == Column::Level);
                (text, level.and_then(|level| color(level.as_str())))
            },
            out,
        );
    }

    /// A row like others, and below it what was counted, in which time, and, if wanted, the events.
    fn render_correlation(&self, finding: &CorrelationFinding<'_>, out: &mut Vec<u8>) {
        let level = finding.rule.level.map(Level::as_str);
        let last = finding.last.to_string();
        let group = correlated::values(finding);
        self.line(
            |column| match column {
                Column::Level => (level.map_or("-", level_name), level.and_then(color)),
                Column::Time => (&last, None),
                Column::Title => (&finding.rule.title, None),
                Column::Principal if !group.is_empty() => (&group, None),
                Column::Event => (finding.kind.as_str(), None),
                _ => ("-", None),
            },
            out,
        );
        let width = self.style.width.max(NARROWEST) - LEVEL - GAP.len();
        let mut below = |text: &str| {
            let (shown, _) = fit(text, width, Keep::Start, self.style.unicode);
            out.extend(std::iter::repeat_n(b' ', LEVEL));
            out.extend_from_slice(GAP.as_bytes());
            out.extend_from_slice(shown.as_bytes());
            out.push(b'\n');
        };
        below(&correlated::extent(finding));
        if self.style.events {
            for (time, id) in &finding.events {
                below(&format!("{time}  {}", id.unwrap_or("-")));
            }
            let more = finding.total.saturating_sub(finding.events.len() as u64);
            if more > 0 {
                below(&format!("and {more} more"));
            }
        }
    }

    fn footer(&self, coverage: &Coverage, out: &mut Vec<u8>) {
        let mut rules: Vec<_> =
            coverage.rules.findings.iter().filter(|rule| rule.findings > 0).collect();
        // Stable: rules of one level and count stay in rule order.
        rules.sort_by_key(|rule| (rank(rule.level.as_deref()), std::cmp::Reverse(rule.findings)));
        let mut told = String::from("\n");
        if coverage.interrupted {
            told.push_str("Interrupted: this is what had been found by then.\n");
        }
        if rules.is_empty() {
            told.push_str("No findings.\n");
        } else {
            let digits = rules.iter().map(|rule| grouped(rule.findings).len()).max().unwrap_or(1);
            for rule in &rules {
                self.rule_line(rule, digits, &mut told);
            }
            let _ = writeln!(told, "{}", totals(&rules));
        }
        let searched = coverage.searched();
        for line in wrapped(&escape::terminal(&searched), self.style.width) {
            let _ = writeln!(told, "{line}");
        }
        out.extend_from_slice(told.as_bytes());
    }
}

/// `15 findings by 3 rules: 3 critical, 12 high.`
fn totals(rules: &[&RuleFindings]) -> String {
    let sum = |wanted: Option<usize>| -> u64 {
        rules
            .iter()
            .filter(|rule| wanted.is_none_or(|wanted| rank(rule.level.as_deref()) == wanted))
            .map(|rule| rule.findings)
            .sum()
    };
    let names = LEVELS.iter().map(|(level, _)| level.as_str()).chain(["without level"]);
    let levels: Vec<_> = names
        .enumerate()
        .map(|(index, name)| (sum(Some(index)), name))
        .filter(|(findings, _)| *findings > 0)
        .map(|(findings, name)| format!("{} {name}", grouped(findings)))
        .collect();
    let (findings, rules) = (counted(sum(None), "finding"), counted(rules.len(), "rule"));
    format!("{findings} by {rules}: {}.", levels.join(", "))
}

/// 0 for the worst level; no level comes last.
fn rank(level: Option<&str>) -> usize {
    LEVELS.iter().position(|(known, _)| Some(known.as_str()) == level).unwrap_or(LEVELS.len())
}

fn color(level: &str) -> Option<&'static str> {
    LEVELS.iter().find(|(known, _)| known.as_str() == level).map(|(_, color)| *color)
}

/// The name as the column shows it: the longest one would cost five columns in every row.
fn level_name(level: &str) -> &str {
    if level == Level::Informational.as_str() { "info" } else { level }
}

/// What stands after the last `/`, unless nothing does.
fn base_name(name: &str) -> &str {
    match name.rsplit_once('/') {
        Some((_, base)) if !base.is_empty() => base,
        _ => name,
    }
}

/// `text` made harmless and cut to `width` columns, and the columns it takes.
fn fit(text: &str, width: usize, keep: Keep, unicode: bool) -> (String, usize) {
    let clipped = match keep {
        Keep::Start => &text[..text.floor_char_boundary(LONGEST)],
        Keep::End => &text[text.ceil_char_boundary(text.len().saturating_sub(LONGEST))..],
    };
    let shown = if unicode { escape::terminal(clipped) } else { escape::terminal_ascii(clipped) };
    let whole: usize = shown.chars().map(columns).sum();
    if whole <= width && clipped.len() == text.len() {
        return (shown.into_owned(), whole);
    }
    let mark = if unicode { "…" } else { ".." };
    let mark_width = mark.chars().count();
    let room = width.saturating_sub(mark_width);
    let mut used = 0;
    let mut fits = |character: char| {
        let more = used + columns(character) <= room;
        used += if more { columns(character) } else { 0 };
        more
    };
    let cut = match keep {
        Keep::Start => {
            let end = shown
                .char_indices()
                .find(|&(_, character)| !fits(character))
                .map_or(shown.len(), |(at, _)| at);
            format!("{}{mark}", &shown[..end])
        }
        Keep::End => {
            let start =
                shown.char_indices().rev().take_while(|&(_, character)| fits(character)).last();
            let rest = start.map_or("", |(at, _)| &shown[at..]);
            // Marks whose character was cut would sit on the sign of the cut.
            format!("{mark}{}", rest.trim_start_matches(|character| columns(character) == 0))
        }
    };
    (cut, used + mark_width)
}

/// Columns a character takes; what has no width of its own takes none.
fn columns(character: char) -> usize {
    character.width().unwrap_or(0)
}
