//! What a search looks for, as tables that a [`Vector`](super::vector::Vector) looks bytes up in.
//!
//! A filter names places where something *may* begin. It never misses one; its user compares the text
//! there.

use super::AFTER;

/// Bytes that a fingerprint has at most.
pub const LONGEST_FINGERPRINT: usize = 8;

/// Finds the places where one of some keys or fingerprints may begin.
#[derive(Debug, Clone)]
pub struct Filter(pub(super) Kind);

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Keys(Keys),
    Fingerprints(Fingerprints),
}

/// Keys, each with its quotes. Two of their bytes tell them from most other strings.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    /// What byte `compared` of a key is, by the lower four bits of byte `index`.
    pub(super) expected: [u8; 16],
    pub(super) compared: usize,
    pub(super) index: usize,
}

/// Fingerprints, in eight buckets.
#[derive(Debug, Clone)]
pub(super) struct Fingerprints {
    /// For each of their bytes, the buckets that hold no fingerprint with such a byte there, by its
    /// lower four bits. What is not ASCII is in all buckets.
    pub(super) excluded: [[u8; 16]; LONGEST_FINGERPRINT],
    pub(super) width: Width,
}

/// How many bytes all fingerprints of a filter have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Four,
    Six,
    Eight,
}

impl Filter {
    /// A filter for keys, each with its quotes. Byte `compared` of a key must follow from the lower
    /// four bits of byte `index`.
    ///
    /// # Panics
    ///
    /// If that is not so, or a byte lies further than a filter looks.
    pub fn keys(keys: &[&[u8]], compared: usize, index: usize) -> Self {
        assert!(compared <= AFTER && index <= AFTER, "the bytes lie too far from the quote");
        let mut expected = [0; 16];
        for key in keys {
            let entry = &mut expected[usize::from(key[index] & 0xF)];
            assert!([0, key[compared]].contains(entry), "two keys differ in byte {compared}");
            *entry = key[compared];
        }
        Self(Kind::Keys(Keys { expected, compared, index }))
    }

    /// A filter for fingerprints of at least 4, 6 or 8 bytes: of the least of these that is not less
    /// than `width`. It has none yet.
    pub fn fingerprints(width: usize) -> Self {
        let width = match width {
            ..=4 => Width::Four,
            5..=6 => Width::Six,
            _ => Width::Eight,
        };
        Self(Kind::Fingerprints(Fingerprints {
            excluded: [[u8::MAX; 16]; LONGEST_FINGERPRINT],
            width,
        }))
    }

    /// How many bytes its fingerprints have; 0 for keys.
    pub fn width(&self) -> usize {
        match &self.0 {
            Kind::Keys(_) => 0,
            Kind::Fingerprints(fingerprints) => fingerprints.width(),
        }
    }

    /// Adds a fingerprint to a bucket, below 8. Letters have no case; what follows a fingerprint that
    /// is too short may be anything.
    pub fn add(&mut self, fingerprint: &[u8], bucket: usize) {
        let Kind::Fingerprints(fingerprints) = &mut self.0 else { return };
        let width = fingerprints.width();
        for (place, excluded) in fingerprints.excluded[..width].iter_mut().enumerate() {
            match fingerprint.get(place) {
                Some(byte) => excluded[usize::from(byte & 0xF)] &= !(1 << bucket),
                None => excluded.iter_mut().for_each(|entry| *entry &= !(1 << bucket)),
            }
        }
    }

    /// Whether something may begin where the text goes on like this; after its end there are blanks.
    pub fn may_begin(&self, text: &[u8]) -> bool {
        let byte = |place: usize| text.get(place).copied().unwrap_or(b' ');
        let entry = |table: &[u8; 16], byte: u8| {
            if byte.is_ascii() { table[usize::from(byte & 0xF)] } else { 0 }
        };
        match &self.0 {
            Kind::Keys(Keys { expected, compared, index }) => {
                byte(0) == b'"' && byte(*compared) == entry(expected, byte(*index))
            }
            Kind::Fingerprints(fingerprints) => {
                let excluded = fingerprints.excluded[..fingerprints.width()].iter().enumerate();
                excluded.fold(0, |all, (place, table)| all | entry(table, byte(place))) != u8::MAX
            }
        }
    }
}

impl Fingerprints {
    pub(super) fn width(&self) -> usize {
        match self.width {
            Width::Four => 4,
            Width::Six => 6,
            Width::Eight => 8,
        }
    }
}
