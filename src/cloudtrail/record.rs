//! Record: the bytes of one record, as evidence.

use std::borrow::Cow;

use super::tolerant::push_escaped;

/// The bytes of one record in the text it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'t> {
    /// Its bytes, from brace to brace.
    pub bytes: &'t [u8],
    /// 0-based index in the file.
    pub index: u64,
}

/// The record's bytes on one line: blanks between tokens dropped, everything else as written, in
/// valid UTF-8. Bytes that are not UTF-8 become U+FFFD; control characters inside strings, which
/// JSON forbids, are escaped so that one record stays one line.
pub fn one_line(bytes: &[u8]) -> Cow<'_, str> {
    // Checking is much faster than looking for what to replace.
    let text =
        std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed);
    if !has_blank_outside_strings(text.as_bytes()) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    loop {
        let Some(quote) = rest.find('"') else {
            push_without_blanks(rest, &mut out);
            return Cow::Owned(out);
        };
        push_without_blanks(&rest[..quote], &mut out);
        let end = string_end(rest.as_bytes(), quote);
        push_string(&rest[quote..end], &mut out);
        rest = &rest[end..];
    }
}

fn push_without_blanks(text: &str, out: &mut String) {
    out.extend(text.chars().filter(|c| !c.is_ascii_whitespace()));
}

fn push_string(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c < ' ') {
        out.push_str(&rest[..at]);
        push_escaped(rest.as_bytes()[at], out);
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// The index after the string that opens at `quote`, or the end of the text.
fn string_end(bytes: &[u8], quote: usize) -> usize {
    let mut at = quote + 1;
    while let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[at.min(bytes.len())..]) {
        if bytes[at + found] == b'"' {
            return at + found + 1;
        }
        at += found + 2;
    }
    bytes.len()
}

/// A blank between tokens, or a control character anywhere.
fn has_blank_outside_strings(bytes: &[u8]) -> bool {
    // All of them, as that is done for many at once.
    if bytes.iter().fold(u8::MAX, |least, &byte| least.min(byte)) < b' ' {
        return true;
    }
    // Of two tokens that a blank divides one is a bracket, a comma or a colon. In strings blanks
    // seldom stand beside one, so most records need no closer look.
    let divides = |byte: Option<&u8>| {
        byte.is_none_or(|byte| matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':'))
    };
    let mut blanks = memchr::memchr_iter(b' ', bytes);
    if !blanks.any(|at| divides(bytes.get(at.wrapping_sub(1))) || divides(bytes.get(at + 1))) {
        return false;
    }
    let mut at = 0;
    while let Some(quote) = memchr::memchr(b'"', &bytes[at..]) {
        if memchr::memchr(b' ', &bytes[at..at + quote]).is_some() {
            return true;
        }
        at = string_end(bytes, at + quote);
    }
    memchr::memchr(b' ', &bytes[at..]).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_between_tokens_go_and_all_else_stays() {
        let record = b"{ \"a b\" :\t\"x \\\" y\",\n \"n\" : 1.0e0 , \"n\":[ 1 , 2 ] }";
        assert_eq!(one_line(record), "{\"a b\":\"x \\\" y\",\"n\":1.0e0,\"n\":[1,2]}");
    }

    #[test]
    fn a_compact_record_is_borrowed() {
        assert!(matches!(one_line(b"{\"a\":\"x y\"}"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_blank_is_seen_wherever_it_stands_between_tokens() {
        let compact = r#"{"a b":[1,"x, y",null,{"k":"[ v ]"},true],"n":-1.5e3}"#;
        for at in 0..=compact.len() {
            let inside = compact[..at].matches('"').count() % 2 == 1;
            let (head, tail) = compact.split_at(at);
            let within = |text: &str| text.ends_with(|c: char| c.is_alphanumeric() || c == '-');
            let in_word =
                within(head) && tail.starts_with(|c: char| c.is_alphanumeric() || c == '.');
            if inside || in_word || head.ends_with('.') {
                continue;
            }
            for blanks in [" ", "  ", "   "] {
                let spaced = format!("{head}{blanks}{tail}");
                assert_eq!(one_line(spaced.as_bytes()), compact, "{spaced}");
            }
        }
    }

    #[test]
    fn a_raw_line_feed_in_a_string_cannot_break_the_line() {
        assert_eq!(one_line(b"{\"a\":\"x\ny\"}"), "{\"a\":\"x\\ny\"}");
    }

    #[test]
    fn bytes_that_are_not_utf8_are_replaced() {
        assert_eq!(one_line(b"{\"a\":\"\xff\"}"), "{\"a\":\"\u{fffd}\"}");
    }
}
