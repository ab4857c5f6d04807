//! Hostile text made safe, per medium: the only place where that happens.
//!
//! Whoever is hunted chooses user agents, session names and object keys, and may choose them to act
//! on whoever reads the findings; so may the author of a rule. JSON text parses back to what went in.
//! CSV, HTML, Markdown and terminal text stay readable and are not meant to be turned back: a
//! backslash is left alone, so a value that spells an escape looks like one. The lossless format is
//! NDJSON.

use std::{borrow::Cow, fmt::Write as _};

use unicode_width::UnicodeWidthChar;

/// Bytes of a JSON string that cannot be copied without a look.
const JSON_CARE: [bool; 256] = {
    let mut care = [false; 256];
    let mut control = 0;
    while control < 0x20 {
        care[control] = true;
        control += 1;
    }
    care[b'"' as usize] = true;
    care[b'\\' as usize] = true;
    care[0x7F] = true;
    // The lead bytes of U+0080..U+009F and of U+2028 and U+2029.
    care[0xC2] = true;
    care[0xE2] = true;
    care
};

/// More combining marks than this on one character are shown as escapes: a pile of them covers the
/// lines above.
const MARKS_KEPT: usize = 2;

/// Writes `text` as a JSON string, quotes included.
///
/// JSON asks for `"`, `\` and U+0000..U+001F to be escaped. DEL, U+0080..U+009F (terminals obey
/// them) and U+2028 and U+2029 (some readers split lines there) are escaped too; it is the same
/// string to a parser.
pub fn json(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let mut copied = 0;
    let mut at = 0;
    out.push(b'"');
    // Most texts need no care, and that is seen of many bytes at once.
    let plain = |byte: u8| matches!(byte, b' '..=b'!' | b'#'..=b'[' | b']'..=b'~');
    if bytes.iter().fold(true, |all, &byte| all & plain(byte)) {
        at = bytes.len();
    }
    while let Some(run) = bytes[at..].iter().position(|&byte| JSON_CARE[usize::from(byte)]) {
        at += run;
        if let Some((length, unit)) = json_unit(&bytes[at..]) {
            out.extend_from_slice(&bytes[copied..at]);
            json_escape(unit, out);
            at += length;
            copied = at;
        } else {
            at += 1;
        }
    }
    out.extend_from_slice(&bytes[copied..]);
    out.push(b'"');
}

/// The character at the start of `rest` if it must be escaped: its length in bytes and its number.
fn json_unit(rest: &[u8]) -> Option<(usize, u16)> {
    match *rest {
        [0xC2, second @ 0x80..=0x9F, ..] => Some((2, u16::from(second))),
        [0xE2, 0x80, third @ 0xA8..=0xA9, ..] => Some((3, 0x2028 + u16::from(third - 0xA8))),
        [byte @ 0..=0x7F, ..] => Some((1, u16::from(byte))),
        _ => None,
    }
}

fn json_escape(unit: u16, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match unit {
        0x08 => b'b',
        0x09 => b't',
        0x0A => b'n',
        0x0C => b'f',
        0x0D => b'r',
        0x22 => b'"',
        0x5C => b'\\',
        _ => {
            let digit = |shift: u16| HEX[usize::from(unit >> shift & 0xF)];
            out.extend_from_slice(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// A whole JSON text that was written elsewhere, with what [`json`] would have escaped: outside
/// strings no such character stands.
pub fn json_text(text: &str) -> Cow<'_, str> {
    let care = |c: char| matches!(c, '\u{7F}'..='\u{9F}' | '\u{2028}'..='\u{2029}');
    if !text.contains(care) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if care(character) {
            // Writing to a string cannot fail.
            let _ = write!(shown, "\\u{:04x}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Writes `text` as one CSV cell.
///
/// Quoted as RFC 4180 says where the text holds a comma, a quote or a line break, or begins or ends
/// with a blank. A cell that a spreadsheet would run gets an apostrophe in front: one that begins,
/// after any blanks, with `= + - @` or their full-width forms, or with a tab or a line break.
/// Control characters but tab and line breaks become visible escapes, since a NUL makes some
/// readers give up on the whole file.
pub fn csv(text: &str, out: &mut Vec<u8>) {
    let quoted = text.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n'))
        || text.starts_with(char::is_whitespace)
        || text.ends_with(char::is_whitespace);
    if quoted {
        out.push(b'"');
    }
    if is_formula(text) {
        out.push(b'\'');
    }
    let care = |character: char| character == '"' || character.is_control();
    let mut shown = String::new();
    for run in text.split_inclusive(care) {
        let last = run.chars().next_back().filter(|&last| care(last));
        shown.push_str(&run[..run.len() - last.map_or(0, char::len_utf8)]);
        match last {
            Some('"') => shown.push_str("\"\""),
            Some(kept @ ('\t' | '\r' | '\n')) => shown.push(kept),
            Some(control) => escape(control, &mut shown),
            None => {}
        }
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
        // A tab has a width here and is no escape.
        let parts: Vec<_> = line.split('\t').map(terminal).collect();
        let _ = writeln!(out, "{}", parts.join("\t"));
    }
    let _ = writeln!(out, "{fence}");
}

/// The most of `character` in a row.
fn longest_run(text: &str, character: char) -> usize {
    text.split(|other| other != character).map(str::len).max().unwrap_or(0)
}

/// Whether a spreadsheet might take the cell for a formula.
fn is_formula(text: &str) -> bool {
    for character in text.chars() {
        match character {
            '\t' | '\r' | '\n' | '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' => {
                return true;
            }
            _ if character.is_whitespace() || is_unseen(character) => {}
            _ => return false,
        }
    }
    false
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
