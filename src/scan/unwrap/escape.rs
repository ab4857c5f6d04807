//! From a JSON string to the text in it.

use memchr::memchr;

/// Appends the text of a string, which stands in `string` with its quotes, to `out`. Gives whether
/// all escapes were whole; what is not becomes U+FFFD.
///
/// Bytes that are no escapes are taken as they are, also such that JSON forbids in strings.
pub(in crate::scan) fn unescape(string: &[u8], out: &mut Vec<u8>) -> bool {
    let mut rest = string.strip_prefix(b"\"").unwrap_or(string);
    rest = rest.strip_suffix(b"\"").unwrap_or(rest);
    let mut whole = true;
    while let Some(backslash) = memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..backslash]);
        rest = &rest[backslash + 1..];
        let Some((&letter, after)) = rest.split_first() else { return false };
        let plain = match letter {
            b'"' | b'\\' | b'/' => letter,
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 0x8,
            b'f' => 0xC,
            b'u' => {
                let (character, after) = code_point(after);
                whole &= character.is_some();
                let mut buffer = [0; 4];
                let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
                rest = after;
                continue;
            }
            _ => {
                whole = false;
                out.extend_from_slice("\u{fffd}".as_bytes());
                continue;
            }
        };
        out.push(plain);
        rest = after;
    }
    out.extend_from_slice(rest);
    whole
}

/// The character of the `\u` before `text`, which may be one of two that belong together, and what
/// stands after it.
fn code_point(text: &[u8]) -> (Option<char>, &[u8]) {
    let Some(first) = unit(text) else { return (None, text) };
    let after = &text[4..];
    if !(0xD800..0xDC00).contains(&first) {
        return (char::from_u32(first), after);
    }
    let second = after.strip_prefix(b"\\u").and_then(unit);
    match second.filter(|second| (0xDC00..0xE000).contains(second)) {
        Some(second) => {
            (char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)), &after[6..])
        }
        None => (None, after),
    }
}

fn unit(text: &[u8]) -> Option<u32> {
    text.first_chunk::<4>()?
        .iter()
        .try_fold(0, |unit, &byte| Some(unit << 4 | char::from(byte).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(string: &str) -> (String, bool) {
        let mut out = Vec::new();
        let whole = unescape(string.as_bytes(), &mut out);
        (String::from_utf8_lossy(&out).into_owned(), whole)
    }

    #[test]
    fn escapes_become_what_they_stand_for() {
        assert_eq!(text(r#""a\"\\\/\n\t\r\b\f é""#), ("a\"\\/\n\t\r\u{8}\u{c} é".to_owned(), true));
        assert_eq!(text(r#""\u0041\u00e9\ud83d\ude00\u0022""#), ("Aé😀\"".to_owned(), true));
        assert_eq!(text(r#""""#), (String::new(), true));
    }

    #[test]
    fn a_broken_escape_is_replaced_and_told_and_the_rest_goes_on() {
        for (string, expected) in [
            (r#""a\q b""#, "a\u{fffd}q b"),
            (r#""\ud800x""#, "\u{fffd}x"),
            (r#""\ud800\u0041""#, "\u{fffd}A"),
            (r#""\u12""#, "\u{fffd}12"),
            (r#""a\"#, "a"),
        ] {
            assert_eq!(text(string), (expected.to_owned(), false), "{string}");
        }
    }
}
