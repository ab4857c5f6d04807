//! Unicode simple case folding: one code point to one, no locale, no normalisation.
//!
//! `CaseFolding.txt`, status C and S. It is what regular expressions do for `(?i)`, so that plain
//! values, wildcards and `re|i` agree.

use std::num::NonZeroU32;

/// Folds one character.
pub(super) fn fold_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    unicode_case_mapping::case_folded(c).map(NonZeroU32::get).and_then(char::from_u32).unwrap_or(c)
}

/// Folds `text` into `out`, replacing what was there.
pub(super) fn fold_into(text: &str, out: &mut String) {
    out.clear();
    out.push_str(text);
    out.make_ascii_lowercase();
    if !text.is_ascii() {
        let folded: String = out.chars().map(fold_char).collect();
        *out = folded;
    }
}

/// Folds `text`.
pub(crate) fn fold(text: &str) -> String {
    text.chars().map(fold_char).collect()
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn folding_is_simple() {
        assert_eq!(fold("K\u{212a}\u{17f}ΣςẞßİIı"), "kksσσßßİiı");
    }
}
