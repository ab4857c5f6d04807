//! What people see: messages on standard error, diagnostics with their place in the rule file.
//!
//! Names and texts from files are made harmless before a terminal gets them.

use std::{
    borrow::Cow,
    collections::HashMap,
    env,
    error::Error,
    io::{self, IsTerminal, Write},
    iter,
};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, renderer::DecorStyle};
use anstream::ColorChoice;
use anstyle::{AnsiColor, Effects, Style};
use anyhow::{Context, Result};
use backtrail::{
    hunt::{HuntError, Hunted},
    rule::{Severity, Span},
    ruleset::{Problem, RuleSet},
    sink::TableStyle,
    text::{self as wrap, counted, escape, without_os_code},
};
use unicode_width::UnicodeWidthStr;

use super::args::{Manner, When};

const ERROR: Style = AnsiColor::BrightRed.on_default().effects(Effects::BOLD);
const WARNING: Style = AnsiColor::Yellow.on_default().effects(Effects::BOLD);

/// Columns where the width of the terminal is not known.
const WIDTH: usize = 120;

/// Columns of messages where standard error is no terminal.
const SUMMARY_WIDTH: usize = 100;

/// How much is said, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Voice {
    quiet: bool,
    verbose: bool,
}

impl Voice {
    /// The voice that was asked for. Sets for the whole program whether colours are used.
    pub(super) fn new(manner: Manner) -> Self {
        match manner.color {
            When::Auto => ColorChoice::Auto,
            When::Always => ColorChoice::Always,
            When::Never => ColorChoice::Never,
        }
        .write_global();
        Self { quiet: manner.quiet, verbose: manner.verbose > 0 }
    }

    /// Whether only what is wrong is said.
    pub(super) fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Whether all is said.
    pub(super) fn is_verbose(self) -> bool {
        self.verbose
    }

    /// A plain line, unless quiet.
    pub(super) fn note(self, text: &str) {
        if !self.quiet {
            say(None, text);
        }
    }

    /// A plain line that is shown with `-v` only. It is not broken: it may be searched for by name.
    pub(super) fn detail(self, text: &str) {
        if self.verbose {
            tell(&format!("{}\n", escape::terminal(&without_os_code(text))));
        }
    }

    /// Problems of rules with their excerpts: errors always, warnings unless quiet.
    pub(super) fn problems(self, rules: &RuleSet) {
        for problem in self.shown(rules) {
            tell(&format!("{}\n", drawn(rules, problem)));
        }
    }

    /// Problems of rules in a line each, the errors of a document in one line, or with their excerpts
    /// if verbose.
    pub(super) fn problem_lines(self, rules: &RuleSet) {
        if self.verbose {
            return self.problems(rules);
        }
        let mut errors: HashMap<(usize, usize), usize> = HashMap::new();
        let document = |problem: &Problem| {
            let text = rules.files.get(problem.file).map_or("", |file| &*file.text);
            let before = text.get(..problem.diagnostic.span.start).unwrap_or_default();
            (problem.file, before.lines().filter(|line| line.starts_with("---")).count())
        };
        let is_error = |problem: &Problem| problem.diagnostic.severity == Severity::Error;
        for problem in self.shown(rules).filter(|problem| is_error(problem)) {
            *errors.entry(document(problem)).or_default() += 1;
        }
        for problem in self.shown(rules) {
            let more = if is_error(problem) {
                let Some(count) = errors.remove(&document(problem)) else { continue };
                count - 1
            } else {
                0
            };
            let more = match more as u64 {
                0 => String::new(),
                more => {
                    format!(" (and {} in this document; -v shows all)", counted(more, "more error"))
                }
            };
            let diagnostic = &problem.diagnostic;
            let label = match diagnostic.severity {
                Severity::Error => ("error", ERROR),
                Severity::Warning | Severity::Note => ("warning", WARNING),
            };
            let file = rules.files.get(problem.file);
            let place = file.map_or_else(String::new, |file| {
                let (line, column) = place(&file.text, diagnostic.span.start);
                format!("{}:{line}:{column}: ", file.name)
            });
            let help =
                diagnostic.help.as_ref().map_or_else(String::new, |help| format!("; {help}"));
            say(
                Some(label),
                &format!("{place}{}{help} [{}]{more}", diagnostic.message, diagnostic.code),
            );
        }
    }

    fn shown(self, rules: &RuleSet) -> impl Iterator<Item = &Problem> {
        let shown =
            move |problem: &&Problem| problem.diagnostic.severity == Severity::Error || !self.quiet;
        rules.problems.iter().filter(shown)
    }
}

/// Something the user should know although the program goes on.
pub(super) fn warn(text: &str) {
    say(Some(("warning", WARNING)), text);
}

/// Warns about requested accounts and regions that no file has: they may be typing errors.
pub(super) fn warn_without_files(hunted: &Hunted) {
    if !hunted.failure.as_ref().is_some_and(HuntError::is_void) {
        hunted.without_files.iter().for_each(|message| warn(message));
    }
}

/// An error on the command line.
pub(super) fn usage(text: &str) {
    say(Some(("error", ERROR)), text);
}

/// A plain line that was asked for by an option of its own.
pub(super) fn line(text: &str) {
    say(None, text);
}

/// Tells an error and its causes on one line.
pub(super) fn error(error: &(dyn Error + 'static)) {
    let causes = iter::successors(Some(error), |error: &&(dyn Error + 'static)| (**error).source());
    let causes: Vec<_> = causes.map(ToString::to_string).collect();
    say(Some(("error", ERROR)), &causes.join(": "));
}

/// One line on standard error.
fn say(label: Option<(&str, Style)>, text: &str) {
    let text = without_os_code(text);
    let text = escape::terminal(&text);
    let columns =
        terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| usize::from(width.0));
    // Errors and warnings stay on one line for programs that read them.
    let columns = columns.or_else(|| label.is_none().then_some(SUMMARY_WIDTH));
    let label =
        label.map(|(label, style)| (format!("{label}: "), format!("{style}{label}:{style:#} ")));
    let (plain, styled) = label.unwrap_or_default();
    let lines = wrapped_at(&format!("{plain}{text}"), columns.unwrap_or(usize::MAX));
    tell(&format!("{styled}{}\n", &lines[plain.len()..]));
}

fn wrapped_at(text: &str, columns: usize) -> String {
    wrap::wrapped(text, columns.max(20)).join("\n")
}

/// Writes to standard error, without colours where there are none. Who closed it does not listen.
fn tell(text: &str) {
    let _ = anstream::stderr().write_all(text.as_bytes());
}

/// Writes to standard output, without colours where there are none. A reader that has gone away
/// has read what it wanted.
pub(super) fn print(bytes: &[u8]) -> Result<()> {
    let mut stdout = anstream::stdout();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}

/// One problem with its place, an excerpt and the cure. Colours are in it; who writes it takes them
/// out where there are none.
pub(super) fn drawn(rules: &RuleSet, problem: &Problem) -> String {
    let diagnostic = &problem.diagnostic;
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(escape::terminal(&diagnostic.message)).id(diagnostic.code);
    let mut group = Group::with_title(title);
    if let Some(file) = rules.files.get(problem.file) {
        let (start, end) = one_line(&file.text, diagnostic.span.start, diagnostic.span.end);
        let [before, inside, after] =
            [&file.text[..start], &file.text[start..end], &file.text[end..]]
                .map(escape::terminal_lines);
        let span = before.len()..before.len() + inside.len();
        group = group.element(
            Snippet::source(before.into_owned() + &*inside + &*after)
                .path(escape::terminal(&file.name))
                .annotation(AnnotationKind::Primary.span(span)),
        );
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(escape::terminal(help)));
    }
    let decor = if is_unicode() { DecorStyle::Unicode } else { DecorStyle::Ascii };
    Renderer::styled().decor_style(decor).term_width(width()).render(&[group])
}

/// A span cut to the first line it touches, on the borders of characters.
fn one_line(text: &str, start: usize, end: usize) -> (usize, usize) {
    let start = text.floor_char_boundary(start.min(text.len()));
    let end = text.floor_char_boundary(end.clamp(start, text.len()));
    let line = text[start..end].find('\n').map_or(end, |length| start + length);
    (start, line)
}

/// Line and column of a byte, from 1; columns count characters.
pub(super) fn place(text: &str, at: usize) -> (usize, usize) {
    let at = text.floor_char_boundary(at.min(text.len()));
    Span::new(at, at).line_column(text)
}

/// A text for a terminal.
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    escape::terminal(text)
}

/// The text in lines of at most that many columns, broken at blanks.
pub(in crate::cli) fn wrapped(text: &str, columns: usize) -> String {
    let mut lines = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let width = word.width();
        if used > 0 && used + 1 + width > columns {
            lines.push('\n');
            used = 0;
        } else if used > 0 {
            lines.push(' ');
            used += 1;
        }
        lines.push_str(word);
        used += width;
    }
    lines + "\n"
}

/// What tables on standard output may use.
pub(super) fn table_style(events: bool) -> TableStyle {
    let color = anstream::AutoStream::choice(&io::stdout()) != ColorChoice::Never;
    TableStyle { color, width: width(), unicode: is_unicode(), events }
}

/// Whether the environment forces colors although no terminal shows them.
pub(super) fn is_color_forced() -> bool {
    matches!(ColorChoice::global(), ColorChoice::Always | ColorChoice::AlwaysAnsi)
}

/// Whether standard error is watched.
pub(super) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

fn width() -> usize {
    terminal_size::terminal_size().map_or(WIDTH, |(width, _)| usize::from(width.0))
}

/// Whether the locale has characters beyond ASCII: the first of these variables that is set rules.
#[expect(clippy::disallowed_methods, reason = "the locale has no other home")]
fn is_unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().filter_map(|name| env::var(name).ok());
    let locale = locale.into_iter().find(|value| !value.is_empty()).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use backtrail::{rule::Diagnostic, ruleset::RuleFile};

    use super::*;

    fn shown(text: &str, start: usize, end: usize) -> String {
        let file = RuleFile {
            name: "r\x1b.yml".to_owned(),
            text: Arc::from(text),
            sha256: String::new(),
            raw: None,
        };
        let rules = RuleSet { files: vec![file], ..RuleSet::default() };
        let diagnostic = Diagnostic {
            code: "unknown-modifier",
            severity: Severity::Error,
            span: Span { start, end },
            message: "no such modifier".to_owned(),
            help: Some("write contains".to_owned()),
        };
        anstream::adapter::strip_str(&drawn(&rules, &Problem { file: 0, diagnostic })).to_string()
    }

    #[test]
    fn a_problem_shows_place_excerpt_and_cure() {
        let shown = shown("title: a\ndetection:\n  eventName|contians: x\n", 32, 40);
        for part in [
            "error[unknown-modifier]: no such modifier",
            ":3:13",
            "eventName|contians: x",
            "write contains",
        ] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
        assert!(!shown.contains('\x1b'), "{shown}");
    }

    #[test]
    fn no_span_is_too_odd_to_draw() {
        for (text, start, end) in
            [("", 0, 0), ("", 5, 9), ("ä", 1, 2), ("a\nb", 0, 3), ("a\n", 2, 2), ("ab", 9, 1)]
        {
            assert!(
                shown(text, start, end).contains("no such modifier"),
                "{text:?} {start}..{end}"
            );
        }
    }

    #[test]
    fn places_count_lines_and_characters_from_one() {
        assert_eq!(place("a\nbä c", 0), (1, 1));
        assert_eq!(place("a\nbä c", 6), (2, 4));
        assert_eq!(place("a\n", 99), (2, 1));
    }
}
