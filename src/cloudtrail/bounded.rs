//! Texts of records, kept short: what is held of many records at once must not grow with one long text.

use std::{borrow::Cow, fmt::Write};

use sha2::{Digest, Sha256};

/// Bytes of the longest text that is kept as it is. Ids of `CloudTrail` have 36, ARNs up to some 200.
const LONGEST: usize = 256;

/// Bytes that are kept of the beginning of a longer one.
const BEGINNING: usize = 200;

/// The text itself, or of a long one its beginning, length and hash: `abc... [2000000 bytes, SHA-256 ...]`.
///
/// Texts that differ stay different: the short form of a long text is itself longer than any text that
/// is kept as it is.
pub fn bounded(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST {
        return Cow::Borrowed(text);
    }
    let beginning = &text[..text.floor_char_boundary(BEGINNING)];
    let mut short = format!("{beginning}... [{} bytes, SHA-256 ", text.len());
    for byte in Sha256::digest(text) {
        // Writing to a string cannot fail.
        let _ = write!(short, "{byte:02x}");
    }
    short.push(']');
    Cow::Owned(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_short_and_differ_as_before() {
        assert_eq!(bounded(&"a".repeat(LONGEST)), "a".repeat(LONGEST));
        let texts = [1, 2].map(|last| "é".repeat(1 << 20) + &last.to_string());
        let [one, two] = texts.each_ref().map(|text| bounded(text));
        assert_ne!(one, two);
        for short in [one, two] {
            assert!(short.len() > LONGEST && short.len() < 2 * LONGEST, "{short}");
            assert!(short.starts_with("éé") && short.contains("... [2097153 bytes, SHA-256 "));
            assert_eq!(bounded(&short).len().min(2 * LONGEST), bounded(&short).len());
        }
    }
}
