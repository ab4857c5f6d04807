//! Families of events, as far as records say to which they belong: `eventCategory`, which they have
//! since event version 1.07.

use memchr::memmem;

use super::key_filter::CATEGORY_KEY;

/// The families seen in a text or in an archive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Families(u8);

/// Each family by the value of `eventCategory`.
const CATEGORIES: [&str; 4] = ["Management", "Data", "NetworkActivity", "Insight"];

impl Families {
    /// Names of the families, in the order of [`Families::seen`].
    pub const NAMES: [&str; 4] = ["management", "data", "network_activity", "insight"];

    /// Which were seen.
    pub fn seen(self) -> [bool; 4] {
        [0, 1, 2, 3].map(|family| self.0 >> family & 1 == 1)
    }

    /// Adds those of `other`.
    pub fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// All of them as a number, for whoever keeps them.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// The families of such a number.
    pub fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// Notes the family that the value after a key names, which begins at the start of `text`.
    #[inline]
    pub(super) fn note(&mut self, text: &[u8]) {
        let Some(value) = text.strip_prefix(CATEGORY_KEY) else { return };
        // Nearly all records are of families that were seen before, now of this one and now of that: no branch tells which.
        let seen = |first: u8| {
            let families = CATEGORIES.iter().enumerate();
            let like = families.fold(0, |like, (family, name)| {
                like | u8::from(name.as_bytes()[0] == first) << family
            });
            like & self.0 != 0
        };
        if !matches!(value, [b':', b'"', first, ..] if seen(*first)) {
            self.note_value(value);
        }
    }

    /// Notes what stands behind a key.
    #[inline(never)]
    fn note_value(&mut self, value: &[u8]) {
        let after_blanks = || {
            let value = value.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
            value.strip_prefix(b"\"")
        };
        let Some(value) = value.strip_prefix(b":\"").or_else(after_blanks) else { return };
        for (family, name) in CATEGORIES.iter().enumerate() {
            let rest = value.strip_prefix(name.as_bytes());
            if rest.is_some_and(|rest| rest.first() == Some(&b'"')) {
                self.0 |= 1 << family;
                return;
            }
        }
    }

    /// The families of a text that no gate looks at.
    pub(super) fn of(text: &[u8]) -> Self {
        let mut families = Self::default();
        memmem::find_iter(text, CATEGORY_KEY).for_each(|at| families.note(&text[at..]));
        families
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_seen_by_its_exact_name() {
        let seen = |text: &str| Families::of(text.as_bytes()).seen();
        assert_eq!(seen(r#"{"eventCategory":"Data"}"#), [false, true, false, false]);
        assert_eq!(
            seen(r#"{"eventCategory" : "Insight", "eventCategory":"Management"}"#),
            [true, false, false, true]
        );
        for text in [
            r#"{"eventCategory":"data"}"#,
            r#"{"eventCategory":"DataX"}"#,
            r#"{"field":"eventCategory","equals":["Data"]}"#,
            r#""eventCategory":"Data"#,
        ] {
            assert_eq!(seen(text), [false; 4], "{text}");
        }
    }
}
