//! Finding the way again: where the next record begins after a broken one, and reading a key.

use memchr::memmem;

use super::walk::{Walk, Walked};

/// How many bytes at the end of a piece may hold the cut beginning of a record.
pub(super) const BEGINNING: usize = 256;

/// The start of the next record from `from` on, and whether it stands in an array.
///
/// `{"eventVersion"` cannot be the inside of a string: there its quote would end the string, and no
/// JSON goes on with a letter. Where no record begins like that, an object after a comma that is
/// whole and names its event is taken.
pub(super) fn next_record(text: &[u8], from: usize, lines: bool) -> Option<(usize, bool)> {
    let by_line = lines
        .then(|| memmem::find(&text[from..], b"\n{").map(|at| (from + at + 1, false)))
        .flatten();
    let mut at = from;
    let mut by_key = None;
    while let Some(found) = memmem::find(&text[at..], b"\"eventVersion\"") {
        let key = at + found;
        let brace = trim_blanks_back(text, key);
        if brace > from && text[brace - 1] == b'{' {
            let before = trim_blanks_back(text, brace - 1);
            if before > 0 && matches!(text[before - 1], b',' | b'[') {
                by_key = Some((brace - 1, true));
                break;
            }
        }
        at = key + 1;
    }
    match (by_line, by_key) {
        (Some(line), Some(key)) => Some(if line.0 <= key.0 { line } else { key }),
        (line, key) => line.or(key).or_else(|| next_whole_object(text, from)),
    }
}

/// The next object after a comma that is whole and has an `eventName` key, be it inside a string.
fn next_whole_object(text: &[u8], from: usize) -> Option<(usize, bool)> {
    let mut budget = 4 * text.len();
    let mut walk = Walk::default();
    for comma in memchr::memchr_iter(b',', &text[from..]).map(|at| from + at) {
        let start = comma
            + 1
            + text[comma + 1..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if text.get(start) != Some(&b'{') {
            continue;
        }
        walk.reset();
        let end = match walk.run(text, start, true) {
            Walked::End(end) => end,
            Walked::More(end) | Walked::Broken(end) => {
                budget = budget.checked_sub(end - start)?;
                continue;
            }
        };
        let names_event = |key: &[u8]| memmem::find(&text[start..end], key).is_some();
        if names_event(b"\"eventName\"") || names_event(b"eventName\\\"") {
            return Some((start, true));
        }
        budget = budget.checked_sub(end - start)?;
    }
    None
}

fn trim_blanks_back(text: &[u8], mut at: usize) -> usize {
    while at > 0 && text[at - 1].is_ascii_whitespace() {
        at -= 1;
    }
    at
}

/// Why there is no key.
pub(super) enum KeyError {
    /// The text ends first.
    More,
    /// It is no key with a colon after it.
    Broken,
}

/// The key at `at`, unescaped, and where its value begins.
pub(super) fn key_at(text: &[u8], at: usize) -> Result<(String, usize), KeyError> {
    if text[at] != b'"' {
        return Err(KeyError::Broken);
    }
    let mut walk = Walk::default();
    let Walked::End(end) = walk.run(text, at, false) else { return Err(KeyError::More) };
    let blanks = |from: usize| {
        from + text[from..].iter().take_while(|byte| byte.is_ascii_whitespace()).count()
    };
    let colon = blanks(end);
    match text.get(colon) {
        Some(b':') => {}
        Some(_) => return Err(KeyError::Broken),
        None => return Err(KeyError::More),
    }
    let value = blanks(colon + 1);
    if value == text.len() {
        return Err(KeyError::More);
    }
    let raw = String::from_utf8_lossy(&text[at..end]);
    let key = serde_json::from_str(&raw).unwrap_or_else(|_| raw.trim_matches('"').to_owned());
    Ok((key, value))
}
