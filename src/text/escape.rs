//! Hostile text made safe, per medium: the only place where that happens.
//!
//! Whoever is hunted chooses user agents, session names and object keys, and may choose them to act
//! on whoever reads the findings; so may the author of a rule. JSON text parses back to what went in.
//! CSV, HTML, Markdown and terminal text stay readable and are not meant to be turned back: a
//! backslash is left alone, so a value that spells an escape looks like one. The lossless format is
//! NDJSON.

use std::{borrow::Cow, fmt::Write as _};

use unicode_width::UnicodeWidthChar;

pub use self::json::{embed_json, json, json_line, json_text, write_json};

mod json;
#[cfg(test)]
pub(crate) mod tests;

/// More combining marks than this on one character are shown as escapes: a pile of them covers the
/// lines above.
const MARKS_KEPT: usize = 2;

/// Writes `text` as one CSV cell.
///
/// Quoted as RFC 4180 says where the text holds a comma, a quote or a line break, and also where it
/// holds a semicolon or a tab, or begins or ends with a blank.
///
/// Spreadsheets run a cell that begins with `= + - @` or their full-width forms, after any blanks.
/// Such a cell gets an apostrophe in front, and so does one that begins with a tab or a line break.
/// Programs that separate cells by semicolons or tabs ignore quotes inside a cell: for them a new
/// cell begins after each `;`, tab and line break, so an apostrophe comes after those too.
///
/// Control characters but tab and line breaks become visible escapes, since a NUL makes some
/// readers give up on the whole file, and so do line separators and bidirectional controls.
pub fn csv(text: &str, out: &mut Vec<u8>) {
    let quoted = text.contains([',', '"', ';', '\t', '\r', '\n'])
        || text.starts_with(char::is_whitespace)
        || text.ends_with(char::is_whitespace);
    let mut shown = String::with_capacity(text.len() + 2);
    let shown_first = text.trim_start_matches(|c: char| c == ' ' || is_unseen(c));
    if is_formula(text) || shown_first.starts_with(['\t', '\r', '\n']) {
        shown.push('\'');
    }
    for (at, character) in text.char_indices() {
        match character {
            '"' => shown.push_str("\"\""),
            ';' | '\t' | '\r' | '\n' => {
                shown.push(character);
                if is_formula(&text[at + 1..]) {
                    shown.push('\'');
                }
            }
            _ if is_obeyed(character) => escape(character, &mut shown),
            _ => shown.push(character),
        }
    }
    if quoted {
        out.push(b'"');
    }
    out.extend_from_slice(shown.as_bytes());
    if quoted {
        out.push(b'"');
    }
}

/// Writes `text` as HTML text, which may also stand in a quoted attribute.
///
/// Markup becomes text. Line feeds and tabs stay, of a line end of two characters the line feed.
/// What one cannot see, and what piles up on a character, is shown as an escape, as on a terminal.
pub fn html(text: &str, out: &mut String) {
    let mut marks = MARKS_KEPT;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\r' if characters.peek() == Some(&'\n') => {}
            '\t' | '\n' | ' '..='~' => out.push(character),
            _ => {
                marks = shown_or_escaped(character, marks, out);
                continue;
            }
        }
        marks = 0;
    }
}

/// Writes a character, or its escape where it cannot be seen or is one mark too many. Gives the
/// marks that stand on the last character then.
fn shown_or_escaped(character: char, marks: usize, out: &mut String) -> usize {
    let mark = character.width() == Some(0);
    if character.is_control() || is_unseen(character) || mark && marks >= MARKS_KEPT {
        escape(character, out);
        0
    } else {
        out.push(character);
        if mark { marks + 1 } else { 0 }
    }
}

/// Writes `text` as one line of Markdown text: nothing in it is markup or HTML.
///
/// What `CommonMark` and its dialects give a meaning inside a line is escaped, and at its start what
/// begins a block. Line breaks are blanks.
pub fn markdown(text: &str, out: &mut String) {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let mut marks = MARKS_KEPT;
    for (at, character) in text.char_indices() {
        let begins = match character {
            '+' | '-' | '=' | ':' => at == 0,
            '.' | ')' => at > 0 && at == text.len() - digits.len(),
            _ => false,
        };
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' | '\r' | '\t' => out.push(' '),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '!' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(character);
            }
            _ if begins => {
                out.push('\\');
                out.push(character);
            }
            ' '..='~' => out.push(character),
            _ => {
                marks = shown_or_escaped(character, marks, out);
                continue;
            }
        }
        marks = 0;
    }
}

/// Writes `text` as a Markdown code span that may stand in a table.
///
/// The fence is longer than any run of backticks inside. A bar is escaped, as tables ask for it
/// even here. Line breaks and what one cannot see are shown as escapes.
pub fn markdown_code(text: &str, out: &mut String) {
    let fence = "`".repeat(longest_run(text, '`') + 1);
    let shown = terminal(text);
    let padded = shown.is_empty() || shown.starts_with(['`', ' ']) || shown.ends_with(['`', ' ']);
    let pad = if padded { " " } else { "" };
    out.push_str(&fence);
    out.push_str(pad);
    out.push_str(&shown.replace('|', "\\|"));
    out.push_str(pad);
    out.push_str(&fence);
}

/// Writes `text` as a fenced block of Markdown, line by line as it is.
pub fn markdown_block(text: &str, language: &str, out: &mut String) {
    let fence = "`".repeat(longest_run(text, '`').max(2) + 1);
    let _ = writeln!(out, "{fence}{language}");
    for line in text.lines() {
        let _ = writeln!(out, "{}", terminal_lines(line));
    }
    let _ = writeln!(out, "{fence}");
}

/// The most of `character` in a row.
fn longest_run(text: &str, character: char) -> usize {
    text.split(|other| other != character).map(str::len).max().unwrap_or(0)
}

/// Whether a spreadsheet might run a cell that begins like this. Quotes count as blanks: where a
/// cell begins in the middle of quoted text, readers drop them.
fn is_formula(text: &str) -> bool {
    let blank = |c: char| c.is_whitespace() || c == '"' || is_unseen(c);
    text.trim_start_matches(blank).starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// `text` as it may go to a terminal: one line that neither moves the cursor nor hides anything.
///
/// Control characters, bidirectional controls and whatever else has no shape of its own are shown
/// as escapes: `\t`, `\n`, `\r`, `\x1b`, `\u{202e}`.
pub fn terminal(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    // No character stands before the first one for a mark to sit on.
    let mut marks = MARKS_KEPT;
    for character in text.chars() {
        marks = shown_or_escaped(character, marks, &mut shown);
    }
    Cow::Owned(shown)
}

/// `text` as [`terminal`] writes it, but with its line feeds and tabs.
pub fn terminal_lines(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for run in text.split_inclusive(['\n', '\t']) {
        let line = run.trim_end_matches(['\n', '\t']);
        shown.push_str(&terminal(line));
        shown.push_str(&run[line.len()..]);
    }
    Cow::Owned(shown)
}

/// `text` for a terminal that shows nothing but ASCII: everything else becomes an escape.
pub fn terminal_ascii(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, ' '..='~') {
            shown.push(character);
        } else {
            escape(character, &mut shown);
        }
    }
    Cow::Owned(shown)
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

fn escape(character: char, shown: &mut String) {
    match character {
        '\t' => shown.push_str("\\t"),
        '\n' => shown.push_str("\\n"),
        '\r' => shown.push_str("\\r"),
        _ => {
            let number = u32::from(character);
            // Writing to a string cannot fail.
            let _ = if number < 0x80 {
                write!(shown, "\\x{number:02x}")
            } else {
                write!(shown, "\\u{{{number:x}}}")
            };
        }
    }
}

/// Control characters, line and paragraph separators, and controls of the writing direction: what
/// [`json`] escapes beyond quotes and backslashes.
fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Characters one cannot see that change what one sees: the format characters (Cf), the line and
/// paragraph separators, and those that Unicode calls default ignorable (fillers, variation
/// selectors, tags).
fn is_unseen(character: char) -> bool {
    matches!(character,
        '\u{AD}' | '\u{34F}' | '\u{600}'..='\u{605}' | '\u{61C}' | '\u{6DD}' | '\u{70F}'
        | '\u{890}'..='\u{891}' | '\u{8E2}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}' | '\u{110BD}' | '\u{110CD}' | '\u{13430}'..='\u{1343F}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}
